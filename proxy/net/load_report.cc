#include "proxy/net/load_report.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace sabil::proxy::net {
namespace {

std::chrono::nanoseconds thread_cpu_time() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

LoadReport::LoadReport(Worker& worker, WorkerSpread& spread, std::function<void()> even_out)
    : worker_(worker), spread_(spread), even_out_(std::move(even_out)), timer_(worker.context()) {}

void LoadReport::begin() {
    if (stopped_ || spread_.workers() < 2) return;
    reporting_ = true;
    cpu_ = thread_cpu_time();
    at_ = std::chrono::steady_clock::now();
    wait();
}

void LoadReport::wait() {
    timer_.expires_after(WorkerSpread::report_interval);
    timer_.async_wait([this](std::error_code error) {
        if (!error && !stopped_) report();
    });
}

void LoadReport::report() {
    const auto now = std::chrono::steady_clock::now();
    const auto cpu = thread_cpu_time();
    const auto requests = std::exchange(requests_, 0), relayed = std::exchange(relayed_, 0);
    spread_.report(worker_.index(), std::chrono::duration<double>(cpu - cpu_) / (now - at_),
                   requests == 0 ? 0 : std::min(1.0, static_cast<double>(relayed) / requests));
    even_out_();
    reporting_ = requests > 0;
    if (!reporting_) return;
    cpu_ = cpu;
    at_ = now;
    wait();
}

void LoadReport::stop() noexcept {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace sabil::proxy::net
