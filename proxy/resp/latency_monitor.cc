#include "proxy/resp/latency_monitor.h"

#include <algorithm>
#include <chrono>

namespace sabil::proxy::resp {

// Samples of one second are kept as one, with the largest value.
void LatencyMonitor::add(std::string_view event, std::uint64_t milliseconds) {
    auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    std::lock_guard lock(mutex_);
    auto& history = events_[std::string(event)];
    history.max_milliseconds = std::max(history.max_milliseconds, milliseconds);
    if (!history.samples.empty() && history.samples.back().unix_seconds == now.count()) {
        auto& newest = history.samples.back().milliseconds;
        newest = std::max(newest, milliseconds);
        return;
    }
    history.samples.push_back({now.count(), milliseconds});
    if (history.samples.size() > samples_max) history.samples.pop_front();
}

std::vector<LatencyEvent> LatencyMonitor::events() const {
    std::lock_guard lock(mutex_);
    std::vector<LatencyEvent> out;
    for (const auto& [name, history] : events_) {
        out.push_back({name,
                       history.samples.back(),
                       history.max_milliseconds,
                       {history.samples.begin(), history.samples.end()}});
    }
    return out;
}

std::size_t LatencyMonitor::reset(std::string_view event) {
    std::lock_guard lock(mutex_);
    auto found = events_.find(event);
    if (found == events_.end()) return 0;
    events_.erase(found);
    return 1;
}

std::size_t LatencyMonitor::reset_all() {
    std::lock_guard lock(mutex_);
    auto count = events_.size();
    events_.clear();
    return count;
}

}  // namespace sabil::proxy::resp
