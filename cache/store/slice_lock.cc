#include "cache/store/slice_lock.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace sabil::cache {
namespace {

constexpr int spins = 200;  // about two commands' time

void pause_briefly() noexcept {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

// Who closes the gate holds this one meanwhile. Never destroyed: threads may end after main().
std::mutex& closing() {
    static auto* mutex = new std::mutex;
    return *mutex;
}

struct Threads {
    std::mutex mutex;
    std::vector<void*> all;
};

Threads& threads() {
    static auto* threads = new Threads;
    return *threads;
}

}  // namespace

#ifndef NDEBUG
thread_local char SliceLock::thread_mark = 0;
#endif

alignas(64) std::atomic<std::uint32_t> SliceGate::state_{SliceGate::opened};
std::atomic<std::uint32_t> SliceGate::impatient_{0};

SliceGate::Thread::Thread() noexcept {
    std::lock_guard lock(threads().mutex);
    threads().all.push_back(this);
}

SliceGate::Thread::~Thread() {
    std::lock_guard lock(threads().mutex);
    std::erase(threads().all, this);
}

void SliceGate::close() noexcept {
    auto& own = here();
    closing().lock();
    while (impatient_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
    state_.store(shut, std::memory_order_seq_cst);
    // A thread that comes later finds the gate closed.
    std::lock_guard lock(threads().mutex);
    for (void* entry : threads().all) {
        const auto& thread = *static_cast<const Thread*>(entry);
        for (int i = 0; thread.locks.load(std::memory_order_seq_cst) != 0; ++i) {
            if (i < spins) {
                pause_briefly();
            } else {
                std::this_thread::yield();
            }
        }
    }
    own.closed_gate = true;
}

void SliceGate::open() noexcept {
    here().closed_gate = false;
    if (state_.exchange(opened, std::memory_order_seq_cst) == awaited) state_.notify_all();
    closing().unlock();
}

void SliceGate::sleep() noexcept {
    for (int i = 0; i < spins; ++i) {
        if (!is_closed()) return;
        pause_briefly();
    }
    std::uint32_t expected = shut;
    if (state_.compare_exchange_strong(expected, awaited, std::memory_order_relaxed) || expected == awaited) {
        state_.wait(awaited, std::memory_order_relaxed);
    }
}

void SliceGate::pass(Thread& thread, unsigned& turned_away) noexcept {
    bool impatient = false;
    for (;;) {
        if (++turned_away > patience && !impatient) {
            impatient = true;
            impatient_.fetch_add(1, std::memory_order_relaxed);
        }
        sleep();
        thread.locks.fetch_add(1, std::memory_order_seq_cst);
        if (!is_closed()) break;
        leave(thread);
    }
    if (impatient) impatient_.fetch_sub(1, std::memory_order_release);
}

void SliceLock::lock_slowly(SliceGate::Thread& thread) noexcept {
    const bool outside = thread.locks.load(std::memory_order_relaxed) == 0 && !thread.closed_gate;
    unsigned turned_away = 0;
    for (;;) {
        if (outside && SliceGate::is_closed()) {
            SliceGate::pass(thread, turned_away);
            const bool taken = enter(thread);
            SliceGate::leave(thread);
            if (taken) return;
        }
        for (int i = 0; i < spins; ++i) {
            if (state_.load(std::memory_order_relaxed) == free_state) {
                if (enter(thread)) return;
                break;  // somebody was faster, or the gate was closed
            }
            pause_briefly();
        }
        // Sleeps outside of the count, so that the gate's owner waits for no sleeper; what wakes it tries anew.
        std::uint32_t expected = held;
        if (state_.compare_exchange_strong(expected, awaited, std::memory_order_relaxed) || expected == awaited) {
            state_.wait(awaited, std::memory_order_relaxed);
        }
    }
}

}  // namespace sabil::cache
