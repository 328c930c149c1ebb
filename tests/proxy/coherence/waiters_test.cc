#include "proxy/coherence/waiters.h"

#include <gtest/gtest.h>

#include <array>

namespace sabil::proxy::coherence {
namespace {

using invalidation::Dependencies;
using invalidation::Floor;

SteadyTime at(int ms) { return SteadyTime{std::chrono::milliseconds(ms)}; }

class FloorWaitersTest : public testing::Test {
  protected:
    using Pace = FloorWaiters::Pace;
    using Next = FloorWaiters::Next;
    void wait(SteadyTime asked, Pace pace = Pace::hurried) {
        FloorWaiters::Then then = [this](std::optional<Floor> floor) { answers_.push_back(floor); };
        ASSERT_TRUE(waiters_.add(dependencies_, asked, asked + std::chrono::milliseconds(1000), pace, then));
    }
    invalidation::Ledger ledger_{1 << 10};
    Dependencies dependencies_{ledger_.table("s", "t")};
    FloorWaiters waiters_;
    std::vector<std::optional<Floor>> answers_;
};

TEST_F(FloorWaitersTest, AProbeSentBeforeTheQuestionDoesNotAnswerIt) {
    wait(at(10));
    EXPECT_EQ(waiters_.probed(ledger_, at(9)), Next::probe_at_once);
    EXPECT_TRUE(answers_.empty());
    EXPECT_EQ(waiters_.probed(ledger_, at(11)), Next::none);
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_EQ(answers_[0], ledger_.floor());
}

TEST_F(FloorWaitersTest, AFillIsHeldUntilItsStampIsVisibleButNotForLong) {
    auto n = ledger_.begin_group();
    ledger_.stamp(dependencies_[0], n);
    ledger_.publish(n);
    wait(at(1));
    EXPECT_EQ(waiters_.probed(ledger_, at(2)), Next::probe_at_once) << "not visible yet";
    ledger_.advance_watermark(n);
    EXPECT_EQ(waiters_.probed(ledger_, at(3)), Next::none);
    EXPECT_EQ(answers_[0]->n, n);

    auto later = ledger_.begin_group();
    ledger_.stamp(dependencies_[0], later);
    wait(at(4));
    EXPECT_EQ(waiters_.probed(ledger_, at(5)), Next::probe_at_once);
    EXPECT_EQ(waiters_.probed(ledger_, at(6)), Next::none) << "it goes on with the floor there is";
    ASSERT_EQ(answers_.size(), 2U);
    EXPECT_FALSE(ledger_.current(dependencies_, *answers_[1]));
}

TEST_F(FloorWaitersTest, WhoIsPatientIsHeldUntilAFloorCoversIt) {
    auto n = ledger_.begin_group();
    ledger_.stamp(dependencies_[0], n);
    ledger_.publish(n);
    wait(at(1), Pace::patient);
    EXPECT_EQ(waiters_.probed(ledger_, at(2)), Next::probe_at_once);
    for (int i = 3; i < 20; ++i) EXPECT_EQ(waiters_.probed(ledger_, at(i)), Next::probe_soon);
    EXPECT_TRUE(answers_.empty());
    ledger_.advance_watermark(n);
    EXPECT_EQ(waiters_.probed(ledger_, at(20)), Next::none);
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_TRUE(ledger_.current(dependencies_, *answers_[0]));
    wait(at(30), Pace::patient);
    ledger_.stamp(dependencies_[0], ledger_.begin_group());
    EXPECT_EQ(waiters_.probed(ledger_, at(31)), Next::probe_at_once);
    waiters_.expire(at(1030));
    ASSERT_EQ(answers_.size(), 2U);
    EXPECT_EQ(answers_[1], std::nullopt);
}

TEST_F(FloorWaitersTest, EveryoneIsAnsweredOnce) {
    wait(at(0));
    wait(at(500));
    waiters_.expire(at(1200));
    EXPECT_EQ(answers_.size(), 1U);
    EXPECT_EQ(answers_[0], std::nullopt);
    waiters_.fail_all();
    EXPECT_EQ(answers_.size(), 2U);
    EXPECT_TRUE(waiters_.empty());
}

TEST_F(FloorWaitersTest, ACallbackMayAskAgain) {
    FloorWaiters::Then again = [this](std::optional<Floor>) { wait(at(50)); };
    ASSERT_TRUE(waiters_.add(dependencies_, at(0), at(10), Pace::hurried, again));
    waiters_.expire(at(20));
    EXPECT_FALSE(waiters_.empty());
    waiters_.fail_all();
    EXPECT_EQ(answers_.size(), 1U);
}

TEST(AppliedWaiters, AreAnsweredWhenTheGtidIsApplied) {
    invalidation::Executed executed;
    executed.reset(mysql::binlog::BinlogPosition{"bin.1", 4}, {}, {});
    AppliedWaiters waiters;
    std::vector<bool> answers;
    AppliedWaiters::Then then = [&](bool applied) { answers.push_back(applied); };
    auto other = then;
    ASSERT_TRUE(waiters.add("0-1-2", at(100), then));
    ASSERT_TRUE(waiters.add("0-1-9", at(100), other));
    executed.applied(1, {mysql::binlog::MariadbGtid{0, 1, 2}, {"bin.1", 100}});
    waiters.applied(executed);
    EXPECT_EQ(answers, std::vector<bool>{true});
    waiters.expire(at(101));
    EXPECT_EQ(answers, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace sabil::proxy::coherence
