// LATENCY: spikes at or above `latency-monitor-threshold`, by event.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct LatencySample {
    std::int64_t unix_seconds = 0;
    std::uint64_t milliseconds = 0;
};

struct LatencyEvent {
    std::string name;
    LatencySample newest;
    std::uint64_t max_milliseconds = 0;
    std::vector<LatencySample> samples;  // oldest first
};

// Thread-safety: any thread.
class LatencyMonitor {
  public:
    static constexpr std::size_t samples_max = 160;
    void add(std::string_view event, std::uint64_t milliseconds);
    std::vector<LatencyEvent> events() const;
    std::size_t reset(std::string_view event);  // how many events were forgotten
    std::size_t reset_all();

  private:
    struct History {
        std::deque<LatencySample> samples;
        std::uint64_t max_milliseconds = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, History, std::less<>> events_;
};

}  // namespace sabil::proxy::resp
