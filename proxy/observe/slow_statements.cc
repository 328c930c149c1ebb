#include "proxy/observe/slow_statements.h"

#include <spdlog/spdlog.h>

namespace sabil::proxy::observe {

using namespace std::chrono_literals;

void SlowStatements::write(std::chrono::nanoseconds took, std::string_view text, std::string_view outcome) {
    std::lock_guard lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    if (minute_began_ == std::chrono::steady_clock::time_point{} || now - minute_began_ >= 1min) {
        if (unsaid_ > 0) spdlog::warn("{} more slow statements in the last minute", unsaid_);
        minute_began_ = now;
        lines_ = 0;
        unsaid_ = 0;
    }
    if (lines_ >= lines_per_minute_max) {
        ++unsaid_;
        return;
    }
    ++lines_;
    auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    spdlog::warn("slow: {} ms ({}): {}{}", ms, outcome, text.substr(0, text_bytes_max),
                 text.size() > text_bytes_max ? " ..." : "");
}

}  // namespace sabil::proxy::observe
