// Metrics by name: counters, gauges and histograms that cost a few nanoseconds on a hot path, and callbacks asked at
// scrape time. Names and labels are those of the interface; a family's series are bounded.
//
// Thread-safety: handles (Counter, Gauge, Histogram) are values, to be used from any thread without lock or allocation;
// the registry's functions lock, so obtain handles at start. The process's registry must outlive its callbacks' targets
// only until remove_callbacks().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/observe/cells.h"

namespace sabil::proxy::observe {

// Only grows. A default-constructed handle counts into nothing that is shown.
class Counter {
  public:
    Counter() = default;
    void add(std::uint64_t n = 1) const noexcept { add_cell(cell_, n); }
    std::uint64_t value() const noexcept { return cell_ == 0 ? 0 : read_cell(cell_); }

  private:
    friend class Registry;
    explicit Counter(Cell cell) : cell_(cell) {}
    Cell cell_ = 0;
};

// A whole number that goes up and down; add() and sub() may come from different threads.
class Gauge {
  public:
    Gauge() = default;
    void add(std::uint64_t n = 1) const noexcept { add_cell(cell_, n); }
    void sub(std::uint64_t n = 1) const noexcept { add_cell(cell_, 0 - n); }
    std::int64_t value() const noexcept { return cell_ == 0 ? 0 : static_cast<std::int64_t>(read_cell(cell_)); }

  private:
    friend class Registry;
    explicit Gauge(Cell cell) : cell_(cell) {}
    Cell cell_ = 0;
};

// Upper bounds of latency buckets, 1 us to 10 s.
std::span<const std::chrono::nanoseconds> latency_bounds() noexcept;

// Durations in buckets, exposed in seconds.
class Histogram {
  public:
    struct Snapshot {
        std::vector<std::uint64_t> counts;  // per bucket, not cumulative; the last is +Inf
        std::uint64_t count = 0;
        double sum_seconds = 0;
        // Estimated within its bucket; 0 where nothing was recorded. q in 0..1.
        double quantile_seconds(double q) const noexcept;
    };
    Histogram() = default;
    void record(std::chrono::nanoseconds duration) const noexcept;
    Snapshot snapshot() const;

  private:
    friend class Registry;
    explicit Histogram(Cell first) : first_(first) {}
    Cell first_ = 0;  // cells: one per bucket, +Inf, sum in nanoseconds
};

using Labels = std::vector<std::pair<std::string, std::string>>;

enum class MetricType : std::uint8_t { counter, gauge, histogram };

// What a callback gives at scrape time: call it once per series.
using Emit = std::function<void(const Labels& labels, double value)>;

class Registry {
  public:
    // Series per family; past it, label values become "other".
    static constexpr std::size_t series_per_family = 512;

    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // Find or make: the same name and labels give the same series. A counter's name ends in _total. A name taken by
    // another type gives a handle that counts into nothing.
    Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
    Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
    Histogram histogram(std::string_view name, std::string_view help, const Labels& labels = {});
    // Series of a counter or gauge that are asked for at each scrape, on the scraping thread, the registry unlocked. A
    // family may have both kinds; a second callback of a family replaces the first.
    void callback(MetricType type, std::string_view name, std::string_view help,
                  std::function<void(const Emit&)> collect);
    // Before the callbacks' targets end. Waits for a scrape under way.
    void remove_callbacks();

    // A counter family's series with this label, summed; 0 where there are none.
    std::uint64_t sum(std::string_view name, const std::pair<std::string, std::string>& label) const;

    // Prometheus text format 0.0.4, or OpenMetrics 1.0 with its closing # EOF.
    std::string prometheus() const;
    std::string open_metrics() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sabil::proxy::observe
