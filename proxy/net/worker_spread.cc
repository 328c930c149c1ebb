#include "proxy/net/worker_spread.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sabil::proxy::net {
namespace {

struct Limits {
    double full;  // of a worker's time
    double calm;  // of the time of one worker fewer: that many would do
    double least_idle_cores;
};
constexpr Limits answering_limits{0.8, 0.6, 0.5};
constexpr Limits relaying_limits{0.3, 0.15, 0.1};
constexpr double begins_relaying = 0.5, ends_relaying = 0.3;  // of what the workers compute
constexpr unsigned calm_intervals_before_fewer = 20;

}  // namespace

std::optional<double> IdleCores::operator()() {
    std::FILE* file = std::fopen("/proc/stat", "re");
    if (file == nullptr) return std::nullopt;
    unsigned long long idle = 0, waiting = 0;
    int found = std::fscanf(file, "cpu %*u %*u %*u %llu %llu", &idle, &waiting);
    std::fclose(file);
    if (found != 2) return std::nullopt;
    auto now = std::chrono::steady_clock::now();
    auto before = std::exchange(idle_ticks_, idle + waiting);
    double seconds = std::chrono::duration<double>(now - std::exchange(at_, now)).count();
    constexpr double longest_seconds = 1;  // an older measure says nothing about now
    if (before == 0 || seconds > longest_seconds || seconds <= 0 || idle_ticks_ < before) return std::nullopt;
    return static_cast<double>(idle_ticks_ - before) / static_cast<double>(::sysconf(_SC_CLK_TCK)) / seconds;
}

WorkerSpread::WorkerSpread(std::size_t workers, std::function<std::optional<double>()> idle_cores)
    : workers_(workers),
      connections_(std::make_unique<std::atomic<std::int64_t>[]>(workers)),
      loads_(std::make_unique<Load[]>(workers)),
      idle_cores_(std::move(idle_cores)) {}

void WorkerSpread::set_least(std::size_t count) noexcept {
    count = std::clamp<std::size_t>(count, 1, workers_);
    least_.store(count, std::memory_order_relaxed);
    if (active() < count) active_.store(count, std::memory_order_relaxed);
}

std::size_t WorkerSpread::emptiest() const noexcept {
    std::size_t best = 0;
    for (std::size_t i = 1; i < active(); ++i) {
        if (connections_[i].load(std::memory_order_relaxed) < connections_[best].load(std::memory_order_relaxed)) best = i;
    }
    return best;
}

std::size_t WorkerSpread::place() noexcept {
    std::size_t worker = emptiest();
    connections_[worker].fetch_add(1, std::memory_order_relaxed);
    return worker;
}

void WorkerSpread::moved(std::size_t from, std::size_t to) noexcept {
    connections_[from].fetch_sub(1, std::memory_order_relaxed);
    connections_[to].fetch_add(1, std::memory_order_relaxed);
}

std::optional<std::size_t> WorkerSpread::receiver(std::size_t worker) const noexcept {
    std::size_t to = emptiest();
    if (to == worker) return std::nullopt;
    if (worker >= active()) return to;
    auto difference = connections_[worker].load(std::memory_order_relaxed) - connections_[to].load(std::memory_order_relaxed);
    return difference >= 2 ? std::optional(to) : std::nullopt;
}

void WorkerSpread::report(std::size_t worker, double busy, double relayed) {
    auto now = std::chrono::steady_clock::now();
    std::lock_guard lock(mutex_);
    loads_[worker] = {busy, relayed, now};
    if (now - decided_at_ < report_interval) return;
    decided_at_ = now;
    decide(now);
}

// What relaying took, it gives back at once: answers from memory cost less on few workers.
void WorkerSpread::decide_relaying(double busy, double relayed) noexcept {
    const bool relaying = relayed > (relaying_ ? ends_relaying : begins_relaying) * busy;
    if (relaying && !relaying_) active_before_relaying_ = active();
    if (!relaying && relaying_) {
        const auto before = std::max(active_before_relaying_, least_.load(std::memory_order_relaxed));
        active_.store(std::min(active(), before), std::memory_order_relaxed);
    }
    relaying_ = relaying;
}

// With the mutex held.
void WorkerSpread::decide(std::chrono::steady_clock::time_point now) {
    constexpr auto stale = 3 * report_interval;  // a worker without requests does not report
    double sum = 0, relayed = 0, least_busy = 1;
    for (std::size_t i = 0; i < workers_; ++i) {
        double busy = now - loads_[i].at > stale ? 0 : loads_[i].busy;
        sum += busy;
        relayed += busy * loads_[i].relayed;
        if (i < active()) least_busy = std::min(least_busy, busy);
    }
    decide_relaying(sum, relayed);
    const auto& limits = relaying_ ? relaying_limits : answering_limits;
    const bool all_full = least_busy >= limits.full;
    const std::size_t count = active();
    if (all_full && count < workers_) {
        auto idle = idle_cores_();
        if (idle && *idle >= limits.least_idle_cores) {
            auto more = std::clamp<std::size_t>(static_cast<std::size_t>(*idle), 1, count);
            active_.store(std::min(workers_, count + more), std::memory_order_relaxed);
        }
    }
    bool fewer_would_do = count > least_.load(std::memory_order_relaxed) && sum < limits.calm * static_cast<double>(count - 1);
    calm_intervals_ = fewer_would_do ? calm_intervals_ + 1 : 0;
    if (calm_intervals_ < calm_intervals_before_fewer) return;
    calm_intervals_ = 0;
    active_.store(count - 1, std::memory_order_relaxed);
}

}  // namespace sabil::proxy::net
