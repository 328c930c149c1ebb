// The newest things worth an operator's look: epochs, changes of mode, evictions, errors. What the page shows below its
// charts.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::observe {

struct Event {
    std::uint64_t number = 0;  // from 1, without gaps
    std::int64_t unix_ms = 0;  // when it was seen last
    std::uint64_t times = 1;   // the same kind and text in a row count as one
    std::string kind;          // "mode", "epoch", "eviction", "purge", "reload", "warning", "error"
    std::string text;
};

// Thread-safety: every function from any thread.
class EventLog {
  public:
    static constexpr std::size_t events_count_max = 200;  // past it the oldest goes
    static constexpr std::size_t text_bytes_max = 500;

    void add(std::string_view kind, std::string_view text);
    std::vector<Event> newest(std::size_t count) const;  // newest first

  private:
    mutable std::mutex mutex_;
    std::deque<Event> events_;  // oldest first
    std::uint64_t next_ = 1;
};

}  // namespace sabil::proxy::observe
