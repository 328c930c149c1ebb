// A lock of four bytes: spins briefly, then sleeps. Debug builds remember the owner.
#pragma once

#include <atomic>
#include <cstdint>

namespace sabil::cache {

// Not recursive, not fair. Thread-safety: any thread.
class SliceLock {
  public:
    void lock() noexcept {
        std::uint32_t expected = free_state;
        if (!state_.compare_exchange_strong(expected, held, std::memory_order_acquire, std::memory_order_relaxed)) {
            lock_slowly();
        }
        note_owner();
    }
    bool try_lock() noexcept {
        std::uint32_t expected = free_state;
        if (!state_.compare_exchange_strong(expected, held, std::memory_order_acquire, std::memory_order_relaxed)) {
            return false;
        }
        note_owner();
        return true;
    }
    void unlock() noexcept {
#ifndef NDEBUG
        owner_.store(nullptr, std::memory_order_relaxed);
#endif
        if (state_.exchange(free_state, std::memory_order_release) == awaited) state_.notify_one();
    }
    // Always true in release builds.
    bool held_by_this_thread() const noexcept {
#ifndef NDEBUG
        return owner_.load(std::memory_order_relaxed) == &thread_mark;
#else
        return true;
#endif
    }

  private:
    static constexpr std::uint32_t free_state = 0;
    static constexpr std::uint32_t held = 1;
    static constexpr std::uint32_t awaited = 2;
    void lock_slowly() noexcept;
    void note_owner() noexcept {
#ifndef NDEBUG
        owner_.store(&thread_mark, std::memory_order_relaxed);
#endif
    }

    std::atomic<std::uint32_t> state_{free_state};
#ifndef NDEBUG
    static thread_local char thread_mark;
    std::atomic<const char*> owner_{nullptr};
#endif
};

}  // namespace sabil::cache
