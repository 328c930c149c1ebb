#include "proxy/net/worker_spread.h"

#include <gtest/gtest.h>

#include <optional>
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

// Reports every interval for as long as it takes, until there are `count` workers or it has reported `intervals` times.
std::size_t active_after(WorkerSpread& spread, double busy, double relayed, int intervals, std::size_t count) {
    for (int i = 0; i < intervals && spread.active() != count; ++i) {
        std::this_thread::sleep_for(WorkerSpread::report_interval + 5ms);
        for (std::size_t worker = 0; worker < spread.active(); ++worker) spread.report(worker, busy, relayed);
    }
    return spread.active();
}

TEST(WorkerSpreadTest, RelayedRequestsSpreadWhereAnswersFromMemoryDoNot) {
    WorkerSpread spread(2, [] { return std::optional(0.3); });
    EXPECT_EQ(active_after(spread, 0.7, 0.1, 5, 2), 1U) << "answers from memory stay together";
    EXPECT_EQ(active_after(spread, 0.5, 0.9, 5, 2), 2U) << "each relayed request waits for another server";
    EXPECT_EQ(active_after(spread, 0.3, 0.9, 25, 1), 2U) << "two are still of use";
    EXPECT_EQ(active_after(spread, 0.45, 0.1, 2, 1), 1U) << "given back as soon as memory answers";
}

TEST(WorkerSpreadTest, RelayedRequestsDoNotSpreadOnAMachineWithoutIdleCores) {
    WorkerSpread spread(2, [] { return std::optional(0.02); });
    EXPECT_EQ(active_after(spread, 0.5, 1, 5, 2), 1U);
}

TEST(WorkerSpreadTest, WorkersThatMemoryNeedsOutliveRelaying) {
    WorkerSpread spread(4, [] { return std::optional(1.0); });
    EXPECT_EQ(active_after(spread, 0.9, 0, 5, 2), 2U);
    EXPECT_EQ(active_after(spread, 0.5, 1, 5, 3), 3U);
    EXPECT_EQ(active_after(spread, 0.7, 0, 2, 2), 2U);
}

}  // namespace
}  // namespace sabil::proxy::net
