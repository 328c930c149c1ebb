#include "proxy/coherence/back_off.h"

#include <gtest/gtest.h>

namespace sabil::proxy {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t key = 0x1234'5678'9abc'def0;

class BackOffTest : public testing::Test {
  protected:
    void die_unread(unsigned times) {
        for (unsigned i = 0; i < times; ++i) back_off_.died(key, false, now_);
    }
    // How long it is left alone from now on; 0: not at all.
    std::chrono::milliseconds pause() const {
        std::chrono::milliseconds at{0};
        while (back_off_.paused(key, now_ + at)) at += 100ms;
        return at;
    }
    BackOff back_off_;
    SteadyTime now_{1000s};
};

TEST_F(BackOffTest, ManyThatDieUnreadPauseTheirKeyForASecond) {
    EXPECT_EQ(pause(), 0ms);
    die_unread(BackOff::unread_count_max - 1);
    EXPECT_EQ(pause(), 0ms);
    die_unread(1);
    EXPECT_EQ(pause(), 1000ms);
}

TEST_F(BackOffTest, TheNextOneUnreadDoublesThePauseUpToAnEnd) {
    die_unread(BackOff::unread_count_max);
    auto last = pause();
    for (int i = 0; i < 10; ++i) {
        now_ += last;
        EXPECT_FALSE(back_off_.paused(key, now_)) << "tried again";
        die_unread(1);
        EXPECT_EQ(pause(), std::min<std::chrono::milliseconds>(2 * last, BackOff::pause_max));
        last = pause();
    }
    EXPECT_EQ(last, BackOff::pause_max);
}

TEST_F(BackOffTest, OneReadBeginsTheCountAnew) {
    die_unread(BackOff::unread_count_max - 1);
    back_off_.died(key, true, now_);
    die_unread(BackOff::unread_count_max - 1);
    EXPECT_EQ(pause(), 0ms);
    die_unread(5);
    now_ += pause();
    back_off_.died(key, true, now_);
    die_unread(1);
    EXPECT_EQ(pause(), 0ms);
}

TEST_F(BackOffTest, OtherKeysAreLeftAsTheyAre) {
    die_unread(BackOff::unread_count_max);
    EXPECT_FALSE(back_off_.paused(key + 1, now_));
    EXPECT_FALSE(back_off_.paused(key ^ std::uint64_t{1} << 60, now_)) << "of the same cell";
    back_off_.died(key ^ std::uint64_t{1} << 60, true, now_);
    EXPECT_TRUE(back_off_.paused(key, now_));
}

TEST(EntryReads, AreToldToTheFirstWhoAsks) {
    EntryReads reads;
    for (int i = 0; i < 5; ++i) reads.count();
    EXPECT_EQ(reads.tell(), EntryReads::most);
    EXPECT_EQ(reads.tell(), EntryReads::told);
    reads.count();
    EXPECT_EQ(reads.tell(), EntryReads::told);
}

}  // namespace
}  // namespace sabil::proxy
