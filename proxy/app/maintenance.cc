#include "proxy/app/maintenance.h"

#include <spdlog/spdlog.h>

#include "proxy/net/cpu_list.h"

namespace sabil::proxy::app {

using namespace std::chrono_literals;

Maintenance::Maintenance(cache::Keyspace& keyspace, const std::string& cpus) : keyspace_(keyspace) {
    auto start = [this, cpus](void (Maintenance::*work)()) {
        return std::thread([this, cpus, work] {
            if (auto there = net::run_on_cpus(cpus); !there) spdlog::warn("{}", there.error().message);
            (this->*work)();
        });
    };
    expiring_ = start(&Maintenance::expire);
    freeing_ = start(&Maintenance::free_values);
}

Maintenance::~Maintenance() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_.notify_all();
    expiring_.join();
    freeing_.join();
}

bool Maintenance::wait(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    return !stop_.wait_for(lock, duration, [this] { return stopping_; });
}

void Maintenance::expire() {
    constexpr auto period = 100ms;
    constexpr auto expiry_budget = 20ms;
    constexpr auto sweep_budget = 2ms;
    constexpr auto eviction_budget = 10ms;
    while (wait(period)) {
        keyspace_.expire_cycle(expiry_budget);
        keyspace_.sweep_unservable(sweep_budget);
        (void)keyspace_.evict_until_within_budget(eviction_budget);
        keyspace_.defragment(period * keyspace_.tunables().defragment_cpu_percent / 100);
    }
}

void Maintenance::free_values() {
    constexpr auto busy_period = 10ms;
    constexpr auto idle_period = 100ms;
    while (wait(keyspace_.drain_lazy_free() > 0 ? busy_period : idle_period)) {
    }
}

}  // namespace sabil::proxy::app
