#include "proxy/mysql_front/pending_fills.h"

#include <gtest/gtest.h>

#include "fake_coherence.h"

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::chrono_literals;

class PendingFillsTest : public ::testing::Test {
  protected:
    void add(std::string key) {
        pending.add({std::move(key), cache::BlobRef::make("", std::string_view("result")),
                     ResultProvenance::make(coherence, invalidation::Dependencies{{1, 0}}, coherence.floor(),
                                            ResultProvenance::Mark{}, ResultProvenance::Mark{}),
                     std::nullopt, now, now});
    }
    FakeCoherence coherence;
    cache::Keyspace keyspace;
    ResultCache results{keyspace};
    SteadyTime now{1h};
    int stored = 0, dropped = 0;
    PendingFills pending{[this](bool kept) { ++(kept ? stored : dropped); }};
};

TEST_F(PendingFillsTest, AreStoredOnceTheirConnectionIsConfirmed) {
    coherence.confirmed_ = false;
    add("k");
    pending.settle(coherence, results, now);
    EXPECT_FALSE(results.find("k").result);
    coherence.confirmed_ = true;
    pending.settle(coherence, results, now);
    EXPECT_TRUE(results.find("k").result);
    EXPECT_TRUE(pending.empty());
    EXPECT_EQ(stored, 1);
}

TEST_F(PendingFillsTest, AreDroppedWhereTheirTableChangedMeanwhile) {
    add("k");
    coherence.touch("first");  // takes slot 1
    pending.settle(coherence, results, now);
    EXPECT_EQ(dropped, 1);
    EXPECT_FALSE(results.find("k").result);
}

TEST_F(PendingFillsTest, WaitABoundedTimeAndInBoundedNumber) {
    coherence.confirmed_ = false;
    for (std::size_t i = 0; i < PendingFills::fills_count_max + 5; ++i) add(std::to_string(i));
    EXPECT_EQ(dropped, 5);
    pending.settle(coherence, results, now + PendingFills::wait_limit + 1ms);
    EXPECT_TRUE(pending.empty());
    EXPECT_EQ(dropped, static_cast<int>(PendingFills::fills_count_max) + 5);
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
