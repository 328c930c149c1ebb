#include "proxy/net/worker_spread.h"

#include <gtest/gtest.h>

#include <thread>

namespace sabil::proxy::net {
namespace {

using namespace std::chrono_literals;

TEST(WorkerSpreadTest, StartsWithOneWorkerAndPlacesEvenly) {
    WorkerSpread spread(4);
    EXPECT_EQ(spread.place(), 0U);
    EXPECT_EQ(spread.place(), 0U);
    spread.set_least(3);
    EXPECT_EQ(spread.active(), 3U);
    EXPECT_EQ(spread.place(), 1U);
    EXPECT_EQ(spread.place(), 2U);
    EXPECT_EQ(spread.receiver(0), std::nullopt) << "2, 1, 1 is even";
    EXPECT_EQ(spread.place(), 1U);
    EXPECT_EQ(spread.place(), 2U);
    EXPECT_EQ(spread.place(), 0U);
    spread.left(1);
    spread.left(1);
    EXPECT_EQ(spread.receiver(0), 1U);
    spread.moved(0, 1);
    spread.set_least(100);
    EXPECT_EQ(spread.active(), 4U) << "no more than there are";
}

TEST(WorkerSpreadTest, CalmEndsWorkersButNotBelowTheLeast) {
    WorkerSpread spread(3);
    spread.set_least(3);
    spread.set_least(2);
    auto until = std::chrono::steady_clock::now() + 10s;
    while (spread.active() == 3 && std::chrono::steady_clock::now() < until) {
        spread.report(0, 0.1);
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(spread.active(), 2U);
    EXPECT_EQ(spread.receiver(2), 0U) << "a worker that is not needed gives all away";
}

}  // namespace
}  // namespace sabil::proxy::net
