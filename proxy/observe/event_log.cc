#include "proxy/observe/event_log.h"

#include <algorithm>
#include <chrono>

namespace sabil::proxy::observe {
namespace {

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

void EventLog::add(std::string_view kind, std::string_view text) {
    text = text.substr(0, text_bytes_max);
    std::lock_guard lock(mutex_);
    if (!events_.empty() && events_.back().kind == kind && events_.back().text == text) {
        ++events_.back().times;
        events_.back().unix_ms = now_ms();
        return;
    }
    events_.push_back({next_++, now_ms(), 1, std::string(kind), std::string(text)});
    if (events_.size() > events_count_max) events_.pop_front();
}

std::vector<Event> EventLog::newest(std::size_t count) const {
    std::lock_guard lock(mutex_);
    count = std::min(count, events_.size());
    return {events_.rbegin(), events_.rbegin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace sabil::proxy::observe
