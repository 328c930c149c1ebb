#include "proxy/coherence/watches.h"

#include <algorithm>
#include <utility>

namespace sabil::proxy::coherence {

bool Watches::add(std::span<const invalidation::Dependency> dependencies, invalidation::Floor floor, Then then) {
    if (dependencies.empty() || dependencies.size() > slots_per_watch_max) return false;
    auto watch = std::make_shared<Watch>();
    for (auto dependency : dependencies) watch->slots.push_back(dependency.slot);
    std::sort(watch->slots.begin(), watch->slots.end());
    watch->slots.erase(std::unique(watch->slots.begin(), watch->slots.end()), watch->slots.end());
    watch->then = std::move(then);
    {
        std::lock_guard lock(mutex_);
        if (size() >= count_max) return false;
        for (auto slot : watch->slots) by_slot_[slot].insert(watch);
        size_.fetch_add(1, std::memory_order_relaxed);
        ledger_.watch(dependencies);
    }
    if (ledger_.current(dependencies, floor)) return true;
    std::unique_lock lock(mutex_);
    auto late = take(watch);
    lock.unlock();
    if (late) late();
    return true;
}

Watches::Then Watches::take(const WatchPtr& watch) {
    if (!watch->then) return nullptr;
    for (auto slot : watch->slots) {
        auto at = by_slot_.find(slot);
        if (at == by_slot_.end()) continue;
        at->second.erase(watch);
        if (!at->second.empty()) continue;
        by_slot_.erase(at);
        ledger_.unwatch(slot);
    }
    size_.fetch_sub(1, std::memory_order_relaxed);
    return std::exchange(watch->then, nullptr);
}

void Watches::applied() {
    if (size() == 0) return;
    auto touched = ledger_.take_touched();
    if (touched.overflowed) return run_all();
    std::vector<Then> ready;
    if (!touched.slots.empty()) {
        std::lock_guard lock(mutex_);
        for (auto slot : touched.slots) {
            auto at = by_slot_.find(slot);
            if (at == by_slot_.end()) continue;
            auto watching = at->second;  // take() changes the list
            for (const auto& watch : watching) {
                if (auto then = take(watch)) ready.push_back(std::move(then));
            }
        }
    }
    for (auto& then : ready) then();
}

void Watches::run_all() {
    std::vector<Then> ready;
    {
        std::lock_guard lock(mutex_);
        auto all = std::exchange(by_slot_, {});
        for (const auto& [slot, watching] : all) {
            ledger_.unwatch(slot);
            for (const auto& watch : watching) {
                if (watch->then) ready.push_back(std::exchange(watch->then, nullptr));
            }
        }
        size_.store(0, std::memory_order_relaxed);
    }
    for (auto& then : ready) then();
}

}  // namespace sabil::proxy::coherence
