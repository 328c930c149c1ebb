#include "proxy/coherence/watches.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace sabil::proxy::coherence {
namespace {

using invalidation::Dependency;
using invalidation::Ledger;

class WatchesTest : public testing::Test {
  protected:
    void touch(Dependency dependency) {
        auto n = ledger_.begin_group();
        ledger_.stamp(dependency, n);
        ledger_.publish(n);
        ledger_.advance_watermark(n);
        watches_.applied();
    }
    bool watch(std::vector<Dependency> dependencies) {
        return watches_.add(dependencies, ledger_.floor(), [this] { ++runs_; });
    }

    Ledger ledger_{1 << 12};
    Watches watches_{ledger_};
    int runs_ = 0;
    Dependency a_ = ledger_.table("s", "a");
    Dependency b_ = ledger_.table("s", "b");
};

TEST_F(WatchesTest, EachRunsOnceWhenOneOfItsDependenciesIsStamped) {
    EXPECT_TRUE(watch({a_, b_}));
    EXPECT_TRUE(watch({b_}));
    touch(ledger_.table("s", "other"));
    EXPECT_EQ(runs_, 0);
    touch(a_);
    EXPECT_EQ(runs_, 1);
    touch(a_);
    EXPECT_EQ(runs_, 1);
    touch(b_);
    EXPECT_EQ(runs_, 2);
    EXPECT_EQ(watches_.size(), 0U);
}

TEST_F(WatchesTest, WhatWasStampedBeforeRunsAtOnce) {
    auto floor = ledger_.floor();
    touch(a_);
    EXPECT_TRUE(watches_.add(std::array{a_}, floor, [this] { ++runs_; }));
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(watches_.size(), 0U);
    EXPECT_TRUE(watches_.add(std::array{a_}, {ledger_.floor().n, ledger_.epoch() + 1}, [this] { ++runs_; }));
    EXPECT_EQ(runs_, 2) << "of another epoch";
}

TEST_F(WatchesTest, AnEpochRunsAll) {
    EXPECT_TRUE(watch({a_}));
    EXPECT_TRUE(watch({b_}));
    watches_.run_all();
    EXPECT_EQ(runs_, 2);
    touch(a_);
    EXPECT_EQ(runs_, 2);
}

TEST_F(WatchesTest, ACallbackMayWatchAgain) {
    EXPECT_TRUE(watches_.add(std::array{a_}, ledger_.floor(), [this] {
        ++runs_;
        (void)watch({a_});
    }));
    touch(a_);
    EXPECT_EQ(runs_, 1);
    touch(a_);
    EXPECT_EQ(runs_, 2);
}

TEST_F(WatchesTest, ThereIsALimit) {
    EXPECT_FALSE(watch({})) << "nothing would ever run it";
    for (std::size_t i = 0; i < Watches::count_max; ++i) ASSERT_TRUE(watch({a_}));
    EXPECT_FALSE(watch({a_}));
    touch(a_);
    EXPECT_EQ(runs_, static_cast<int>(Watches::count_max));
    EXPECT_TRUE(watch({a_}));
}

TEST_F(WatchesTest, NoneIsLostWhileGroupsAreApplied) {
    std::atomic<int> added{0}, ran{0};
    std::atomic<bool> stop{false};
    std::thread reader([&] {
        for (int i = 0; i < 20000; ++i) {
            if (watches_.add(std::array{a_}, ledger_.floor(), [&] { ++ran; })) ++added;
        }
        stop = true;
    });
    while (!stop) touch(a_);
    reader.join();
    touch(a_);
    EXPECT_EQ(ran, added);
}

}  // namespace
}  // namespace sabil::proxy::coherence
