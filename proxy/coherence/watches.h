// Callbacks that wait for a dependency to be stamped: an index from the stamps' slots to those who wait for them. Each
// watch runs once.
//
// Thread-safety: every function from any thread; callbacks run outside the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "invalidation/ledger.h"

namespace sabil::proxy::coherence {

class Watches {
  public:
    using Then = std::function<void()>;
    static constexpr std::size_t count_max = std::size_t{1} << 17;
    static constexpr std::size_t slots_per_watch_max = 512;

    explicit Watches(invalidation::Ledger& ledger) : ledger_(ledger) {}

    // False where there are too many, or too many dependencies. Runs `then` before it returns where one of them was
    // stamped past the floor already.
    bool add(std::span<const invalidation::Dependency> dependencies, invalidation::Floor floor, Then then);
    // A group was applied: runs what waited for its stamps. Costs one load where nothing is watched.
    void applied();
    // An epoch began.
    void run_all();
    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  private:
    struct Watch {
        std::vector<std::uint32_t> slots;
        Then then;  // moved out by the one who runs it
    };
    using WatchPtr = std::shared_ptr<Watch>;
    // Under the lock; null where it has run.
    Then take(const WatchPtr& watch);

    invalidation::Ledger& ledger_;
    std::mutex mutex_;
    std::unordered_map<std::uint32_t, std::unordered_set<WatchPtr>> by_slot_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace sabil::proxy::coherence
