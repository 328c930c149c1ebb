#include "cache/store/slice_lock.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sabil::cache {
namespace {

// Whether a thread of this process sleeps in the system; false for 0.
bool asleep(pid_t thread) {
    if (thread == 0) return false;
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    return name_end != std::string::npos && text.size() > name_end + 2 && text[name_end + 2] == 'S';
}

template <class Condition>
bool until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

// Plain counters behind locks; what one thread alone may touch must never be touched by two.
struct Counters {
    static constexpr std::size_t count = 4;
    std::array<SliceLock, count> locks;
    std::array<long, count> values{};
};

TEST(SliceLockTest, OneOrAllExcludeEachOther) {
    Counters counters;
    constexpr int threads_count = 4, rounds = 20'000;
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < rounds; ++i) {
                auto at = static_cast<std::size_t>(i + t) % Counters::count;
                if (i % 16 == 0) {
                    SliceGate::close();
                    for (auto& value : counters.values) ++value;
                    SliceGate::open();
                } else if (i % 3 == 0 && at + 1 < Counters::count) {
                    std::lock_guard first(counters.locks[at]);
                    std::lock_guard second(counters.locks[at + 1]);
                    ++counters.values[at];
                    --counters.values[at + 1];
                } else if (counters.locks[at].try_lock()) {
                    ++counters.values[at];
                    --counters.values[at];
                    counters.locks[at].unlock();
                } else {
                    std::lock_guard lock(counters.locks[at]);
                    ++counters.values[at];
                    --counters.values[at];
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    long sum = 0;
    for (auto value : counters.values) sum += value;
    EXPECT_EQ(sum, static_cast<long>(Counters::count) * threads_count * (rounds / 16));
}

TEST(SliceLockTest, NoSleeperIsForgotten) {
    SliceLock lock;
    long value = 0;
    constexpr int threads_count = 8, rounds = 300;
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) {
                std::lock_guard held(lock);
                ++value;
                if (i % 50 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));  // the others go to sleep
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(value, static_cast<long>(threads_count) * rounds);
}

// Sleepers of which one holds another lock already, and a gate that waits for that one.
TEST(SliceLockTest, HoldersOfOneLockGetTheNextWhileTheGateCloses) {
    SliceLock first, second;
    long value = 0;
    constexpr int rounds = 400, threads_count = 6;
    std::atomic<int> running{threads_count};
    std::thread closer([&] {
        while (running > 0) {
            SliceGate::close();
            SliceGate::open();
            std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < rounds; ++i) {
                if (t < 2) {
                    std::lock_guard one(first);
                    std::lock_guard other(second);
                    ++value;
                } else {
                    std::lock_guard held(second);
                    ++value;
                    std::this_thread::sleep_for(std::chrono::microseconds(50));
                }
            }
            --running;
        });
    }
    for (auto& thread : threads) thread.join();
    closer.join();
    EXPECT_EQ(value, static_cast<long>(threads_count) * rounds);
}

TEST(SliceLockTest, NothingIsTakenThroughAClosedGate) {
    SliceLock lock;
    std::atomic<bool> tried{false}, taken{false};
    SliceGate::close();
    EXPECT_TRUE(lock.try_lock()) << "who closed it passes";
    lock.unlock();
    EXPECT_TRUE(SliceGate::closed_by_this_thread());
    std::thread other([&] {
        const bool passed = lock.try_lock();
        EXPECT_FALSE(passed);
        if (passed) lock.unlock();
        tried = true;
        tried.notify_one();
        std::lock_guard held(lock);
        taken = true;
    });
    tried.wait(false);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(taken);
    SliceGate::open();
    other.join();
    EXPECT_TRUE(taken);
}

TEST(SliceLockTest, TheGateWaitsForWhoeverIsInside) {
    SliceLock lock, second;
    std::atomic<bool> closed{false};
    lock.lock();
    std::thread other([&] {
        SliceGate::close();
        closed = true;
        SliceGate::open();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(closed);
    second.lock();  // a holder passes
    second.unlock();
    EXPECT_FALSE(closed);
    lock.unlock();
    other.join();
    EXPECT_TRUE(closed);
}

// How many openings one thread needs, at most in so many rounds, to take a lock while another closes the gate again at
// once, each time with the thread asleep at it.
long openings_needed(int rounds) {
    SliceLock lock;
    std::atomic<pid_t> waiting{0};
    std::atomic<int> wanted{0}, taken{0};
    std::thread waiter([&] {
        const sched_param none{};
        ::sched_setscheduler(0, SCHED_BATCH, &none);  // its waking does not take the core from who opens the gate
        waiting = ::gettid();
        while (taken < rounds) {
            if (taken == wanted) {
                std::this_thread::yield();
                continue;
            }
            std::lock_guard held(lock);
            ++taken;
        }
    });
    long most = 0;
    for (int round = 0; round < rounds; ++round) {
        SliceGate::close();
        ++wanted;
        for (long openings = 1; until([&] { return taken > round || asleep(waiting); }) && taken == round; ++openings) {
            most = std::max(most, openings);
            SliceGate::open();
            SliceGate::close();
        }
        SliceGate::open();
    }
    waiter.join();
    return most;
}

// Scripts that follow each other closely: the gate is open for moments only, and whoever sleeps at it wakes too late
// for most of them. Who was turned away a few times is let through, each time; were it left to chance, some would wait
// long.
TEST(SliceLockTest, ClosingsInCloseSuccessionKeepNobodyOut) {
    constexpr int patience = 3;
    EXPECT_LE(openings_needed(300), patience + 1);
}

// Two sleep at a lock, of whom the second holds another one, for which the gate waits. The first is woken first, and
// has to wait at the gate: the second must not sleep on.
TEST(SliceLockTest, TheWakeUpReachesWhomTheGateWaitsFor) {
    SliceLock wanted, other, probe;
    std::atomic<pid_t> outsider{0}, holder{0};
    std::atomic<int> done{0};
    std::atomic<bool> looking{false}, closed{false};
    wanted.lock();
    std::thread first([&] {
        outsider = ::gettid();
        std::lock_guard held(wanted);
        ++done;
    });
    ASSERT_TRUE(until([&] { return asleep(outsider); }));
    std::thread second([&] {
        std::lock_guard one(other);
        holder = ::gettid();
        std::lock_guard held(wanted);
        ++done;
    });
    ASSERT_TRUE(until([&] { return asleep(holder); }));
    std::thread looker([&] {
        while (probe.try_lock()) {
            probe.unlock();
            looking = true;
        }
        closed = true;
        ++done;
    });
    ASSERT_TRUE(until([&] { return looking.load(); }));
    std::thread closer([&] {
        SliceGate::close();
        SliceGate::open();
        ++done;
    });
    ASSERT_TRUE(until([&] { return closed.load(); }));
    wanted.unlock();
    if (!until([&] { return done == 4; })) {
        std::fputs("whom the gate waits for sleeps on\n", stderr);
        std::abort();  // there is no end to these threads
    }
    for (auto* thread : {&first, &second, &closer, &looker}) thread->join();
}

}  // namespace
}  // namespace sabil::cache
