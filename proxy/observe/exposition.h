// Writes metric families as text: Prometheus 0.0.4 or OpenMetrics 1.0. Thread-safety: one thread.
#pragma once

#include <string>
#include <string_view>

#include "proxy/observe/registry.h"

namespace sabil::proxy::observe {

enum class Format : std::uint8_t { prometheus, open_metrics };

class Exposition {
  public:
    explicit Exposition(Format format) : format_(format) {}
    // Begins a family; its samples follow. name: as in the interface, a counter's with _total.
    void family(std::string_view name, MetricType type, std::string_view help);
    void sample(const Labels& labels, double value);
    void histogram(const Labels& labels, const Histogram::Snapshot& snapshot);
    std::string finish() &&;

  private:
    void line(std::string_view suffix, const Labels& labels, std::string_view le, double value);
    Format format_;
    std::string name_;
    std::string out_;
};

}  // namespace sabil::proxy::observe
