#include "proxy/observe/event_log.h"

#include <gtest/gtest.h>

namespace sabil::proxy::observe {
namespace {

TEST(EventLog, GivesTheNewestFirst) {
    EventLog log;
    log.add("epoch", "one");
    log.add("error", "two");
    log.add("error", "three");
    auto newest = log.newest(2);
    ASSERT_EQ(newest.size(), 2u);
    EXPECT_EQ(newest[0].text, "three");
    EXPECT_EQ(newest[1].text, "two");
    EXPECT_EQ(newest[0].number, 3u);
    EXPECT_GT(newest[0].unix_ms, 1'600'000'000'000);
}

TEST(EventLog, TheSameInARowCountsAsOne) {
    EventLog log;
    for (int i = 0; i < 5; ++i) log.add("error", "MySQL is away");
    log.add("warning", "MySQL is away");
    auto newest = log.newest(10);
    ASSERT_EQ(newest.size(), 2u);
    EXPECT_EQ(newest[0].times, 1u);
    EXPECT_EQ(newest[1].times, 5u);
}

TEST(EventLog, KeepsWithinItsLimits) {
    EventLog log;
    for (std::size_t i = 0; i < 3 * EventLog::events_count_max; ++i) log.add("error", std::to_string(i));
    log.add("error", std::string(10 * EventLog::text_bytes_max, 'x'));
    auto newest = log.newest(10'000);
    EXPECT_EQ(newest.size(), EventLog::events_count_max);
    EXPECT_EQ(newest[0].text.size(), EventLog::text_bytes_max);
    EXPECT_EQ(newest[0].number, 3 * EventLog::events_count_max + 1);
}

}  // namespace
}  // namespace sabil::proxy::observe
