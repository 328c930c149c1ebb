// A lock of four bytes: spins briefly, then sleeps. Debug builds remember the owner. All locks together can be taken
// through SliceGate at the price of one.
#pragma once

#include <atomic>
#include <cstdint>

namespace sabil::cache {

// Who wants every slice of the process closes the gate and waits until no thread holds a lock; threads that want a lock
// then wait at the gate. So scripts and transactions that need everything do not take a thousand locks.
//
// Why it holds: a thread counts itself as inside, takes its lock (a locked instruction), then looks at the gate; who
// closes the gate does so, then looks at every thread's count. One of the two sees the other.
//
// Scripts that follow each other closely must not keep the others out: who has met the gate closed a few times is
// impatient, and it stays open until all who are have gone through.
// Thread-safety: any thread. Not recursive.
class SliceGate {
  public:
    static void close() noexcept;
    static void open() noexcept;
    static bool closed_by_this_thread() noexcept { return here().closed_gate; }
    // Who holds slices must not wait for somebody who may want all of them.
    static bool this_thread_holds_slices() noexcept {
        return here().closed_gate || here().locks.load(std::memory_order_relaxed) != 0;
    }

  private:
    friend class SliceLock;

    // One per thread, on a cache line of its own.
    struct alignas(64) Thread {
        std::atomic<std::uint32_t> locks{0};  // held or being taken
        bool closed_gate = false;
        Thread() noexcept;
        ~Thread();
    };
    static Thread& here() noexcept {
        thread_local Thread thread;
        return thread;
    }
    static bool is_closed() noexcept { return state_.load(std::memory_order_seq_cst) != opened; }
    static void count_in(Thread& thread) noexcept {
        thread.locks.store(thread.locks.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
#if defined(__x86_64__)
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the locked instruction that follows is the fence
#else
        std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
    }
    static void leave(Thread& thread) noexcept {
        thread.locks.store(thread.locks.load(std::memory_order_relaxed) - 1, std::memory_order_release);
    }
    // Until it is open; the thread is counted in then. turned_away: how often it was met closed, by this caller.
    static void pass(Thread& thread, unsigned& turned_away) noexcept;
    static void sleep() noexcept;

    static constexpr unsigned patience = 3;

    static constexpr std::uint32_t opened = 0;
    static constexpr std::uint32_t shut = 1;
    static constexpr std::uint32_t awaited = 2;
    alignas(64) static std::atomic<std::uint32_t> state_;
    static std::atomic<std::uint32_t> impatient_;
};

// Not recursive, not fair. Thread-safety: any thread.
class SliceLock {
  public:
    void lock() noexcept {
        auto& thread = SliceGate::here();
        if (!enter(thread)) lock_slowly(thread);
        note_owner();
    }
    bool try_lock() noexcept {
        auto& thread = SliceGate::here();
        if (!enter(thread)) return false;
        note_owner();
        return true;
    }
    void unlock() noexcept {
#ifndef NDEBUG
        owner_.store(nullptr, std::memory_order_relaxed);
#endif
        release();
        SliceGate::leave(SliceGate::here());
    }
    // Always true in release builds.
    bool held_by_this_thread() const noexcept {
#ifndef NDEBUG
        return owner_.load(std::memory_order_relaxed) == &thread_mark || SliceGate::closed_by_this_thread();
#else
        return true;
#endif
    }

  private:
    static constexpr std::uint32_t free_state = 0;
    static constexpr std::uint32_t held = 1;
    static constexpr std::uint32_t awaited = 2;

    // Who closed the gate passes it. So does a thread that already holds a lock: whoever closed it waits for it anyway.
    static bool may_pass(const SliceGate::Thread& thread) noexcept {
        return !SliceGate::is_closed() || thread.closed_gate || thread.locks.load(std::memory_order_relaxed) > 1;
    }
    // Wakes every sleeper: one alone might go to wait at the gate, while another that passes it sleeps on.
    void release() noexcept {
        if (state_.exchange(free_state, std::memory_order_release) == awaited) state_.notify_all();
    }
    bool enter(SliceGate::Thread& thread) noexcept {
        SliceGate::count_in(thread);
        std::uint32_t expected = free_state;
        if (state_.compare_exchange_strong(expected, held, std::memory_order_seq_cst, std::memory_order_relaxed)) [[likely]] {
            if (may_pass(thread)) [[likely]] return true;
            release();
        }
        SliceGate::leave(thread);
        return false;
    }
    void lock_slowly(SliceGate::Thread& thread) noexcept;
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
