#include "proxy/coherence/waiters.h"

#include <algorithm>
#include <utility>

namespace sabil::proxy::coherence {

namespace {

// Takes the waiters that `ready` accepts out of the list first: a callback may add others.
template <class Waiter, class Ready>
std::vector<Waiter> take(std::vector<Waiter>& waiting, Ready ready) {
    std::vector<Waiter> out;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        if (ready(waiting[i])) {
            out.push_back(std::move(waiting[i]));
        } else {
            if (kept != i) waiting[kept] = std::move(waiting[i]);
            ++kept;
        }
    }
    waiting.resize(kept);
    return out;
}

}  // namespace

bool FloorWaiters::add(invalidation::Dependencies dependencies, SteadyTime asked, SteadyTime deadline, Pace pace,
                       Then& then) {
    if (waiting_.size() >= count_max) return false;
    waiting_.push_back({std::move(dependencies), asked, deadline, pace, 0, std::move(then)});
    return true;
}

FloorWaiters::Next FloorWaiters::probed(const invalidation::Ledger& ledger, SteadyTime sent) {
    auto floor = ledger.floor();
    auto ready = take(waiting_, [&](Waiter& waiter) {
        if (sent >= waiter.asked) ++waiter.probes;
        bool held_enough = waiter.pace == Pace::hurried && waiter.probes >= probes_max;
        return held_enough || (waiter.probes > 0 && ledger.current(waiter.dependencies, floor));
    });
    for (auto& waiter : ready) waiter.then(floor);
    // Who was not asked for yet, or is in a hurry, must not wait.
    bool at_once = std::any_of(waiting_.begin(), waiting_.end(), [](const Waiter& waiter) {
        return waiter.pace == Pace::hurried || waiter.probes < probes_max;
    });
    return waiting_.empty() ? Next::none : at_once ? Next::probe_at_once : Next::probe_soon;
}

void FloorWaiters::expire(SteadyTime now) {
    for (auto& waiter : take(waiting_, [&](const Waiter& w) { return w.deadline <= now; })) waiter.then(std::nullopt);
}

void FloorWaiters::fail_all() {
    for (auto& waiter : std::exchange(waiting_, {})) waiter.then(std::nullopt);
}

bool AppliedWaiters::add(std::string gtid, SteadyTime deadline, Then& then) {
    if (waiting_.size() >= count_max) return false;
    waiting_.push_back({std::move(gtid), deadline, std::move(then)});
    return true;
}

void AppliedWaiters::applied(const invalidation::Executed& executed) {
    if (waiting_.empty()) return;
    for (auto& waiter : take(waiting_, [&](const Waiter& w) { return executed.contains(w.gtid); })) waiter.then(true);
}

void AppliedWaiters::expire(SteadyTime now) {
    for (auto& waiter : take(waiting_, [&](const Waiter& w) { return w.deadline <= now; })) waiter.then(false);
}

void AppliedWaiters::fail_all() {
    for (auto& waiter : std::exchange(waiting_, {})) waiter.then(false);
}

}  // namespace sabil::proxy::coherence
