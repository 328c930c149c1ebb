#include "cache/store/slice_lock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <mutex>
#include <thread>
#include <vector>

namespace sabil::cache {
namespace {

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

// How many closings kept one thread out of a lock in so many rounds, while another closes the gate again at once; no
// more than `most` are waited for.
long closings_met(int rounds, long most) {
    SliceLock lock;
    std::atomic<bool> done{false};
    std::atomic<long> closings{0};
    std::thread closer([&] {
        while (!done) {
            SliceGate::close();
            ++closings;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            SliceGate::open();
        }
    });
    std::atomic<long> met{0};
    std::thread waiter([&] {
        for (int round = 0; round < rounds && !done; ++round) {
            const auto before = closings.load();
            std::lock_guard held(lock);
            met += closings - before;
        }
        done = true;
    });
    while (!done && closings < most) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto result = done ? met.load() : most;
    done = true;
    waiter.join();
    closer.join();
    return result;
}

// Scripts that follow each other closely: the gate is open for moments only, and whoever sleeps at it wakes too late
// for most of them. About 3 closings a round; were the gate closed again whoever waits, hundreds. A waiter that gets no
// core meets more, so the bound is wide.
TEST(SliceLockTest, ClosingsInCloseSuccessionKeepNobodyOut) {
    constexpr int rounds = 6;
    EXPECT_LT(closings_met(rounds, 900), 40 * rounds);
}

}  // namespace
}  // namespace sabil::cache
