// XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015): a read shortly
// before an entry's end fills it anew with a probability that grows towards the end, so that neither do all readers find
// it gone at once, nor do entries that were filled together end together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sabil::proxy {

// The longest time before its end, in costs of a fill, at which an entry is filled anew: -ln of the smallest draw, 2^-53.
inline constexpr int early_refresh_costs_max = 37;

// left: until the entry ends; cost: what its last fill took. True with probability exp(-left / cost), drawn anew for
// each call. Thread-safety: any thread, without a lock.
bool draws_early_refresh(std::chrono::nanoseconds left, std::chrono::nanoseconds cost) noexcept;

// One entry's early refresh: wanted by the first read that draws it, and begun once. Thread-safety: any thread.
class EarlyRefresh {
  public:
    // True for the first whose draw succeeds.
    bool wanted(std::chrono::nanoseconds left, std::chrono::nanoseconds cost) const noexcept {
        return left < early_refresh_costs_max * cost && draws_early_refresh(left, cost) &&
               !drawn_.exchange(true, std::memory_order_relaxed);
    }

  private:
    mutable std::atomic<bool> drawn_{false};
};

}  // namespace sabil::proxy
