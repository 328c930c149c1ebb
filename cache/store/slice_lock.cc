#include "cache/store/slice_lock.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace sabil::cache {

#ifndef NDEBUG
thread_local char SliceLock::thread_mark = 0;
#endif

void SliceLock::lock_slowly() noexcept {
    constexpr int spins = 200;  // about two commands' time
    for (int i = 0; i < spins; ++i) {
        std::uint32_t expected = free_state;
        if (state_.load(std::memory_order_relaxed) == free_state &&
            state_.compare_exchange_weak(expected, held, std::memory_order_acquire, std::memory_order_relaxed)) {
            return;
        }
#if defined(__x86_64__)
        _mm_pause();
#endif
    }
    while (state_.exchange(awaited, std::memory_order_acquire) != free_state) {
        state_.wait(awaited, std::memory_order_relaxed);
    }
}

}  // namespace sabil::cache
