#include "proxy/app/watchdog.h"

#include <spdlog/spdlog.h>

#include <cstdlib>

namespace sabil::proxy::app {

Watchdog::Watchdog(std::chrono::milliseconds limit) {
    thread_ = std::thread([this, limit] {
        std::unique_lock lock(mutex_);
        if (done_.wait_for(lock, limit, [this] { return is_done_; })) return;
        spdlog::error("stopping took more than {} s; leaving at once", limit.count() / 1000);
        std::_Exit(1);
    });
}

Watchdog::~Watchdog() {
    {
        std::lock_guard lock(mutex_);
        is_done_ = true;
    }
    done_.notify_all();
    thread_.join();
}

}  // namespace sabil::proxy::app
