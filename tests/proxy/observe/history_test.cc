#include "proxy/observe/history.h"

#include <gtest/gtest.h>

namespace sabil::proxy::observe {
namespace {

using namespace std::chrono_literals;

Sample sample_of(std::uint64_t hits) {
    Sample sample;
    sample.mysql.hits = hits;
    return sample;
}

TEST(History, GivesWhatCameAfterANumber) {
    History history;
    EXPECT_TRUE(history.after(0).empty());
    for (std::uint64_t i = 1; i <= 10; ++i) history.add(sample_of(i * 100));
    auto all = history.after(0);
    ASSERT_EQ(all.size(), 10u);
    EXPECT_EQ(all.front().number, 1u);
    auto newer = history.after(7);
    ASSERT_EQ(newer.size(), 3u);
    EXPECT_EQ(newer[0].number, 8u);
    EXPECT_EQ(newer[0].mysql.hits, 800u);
    EXPECT_TRUE(history.after(10).empty());
    EXPECT_TRUE(history.after(UINT64_MAX).empty());
}

TEST(History, ForgetsTheOldest) {
    History history;
    constexpr auto added = 2 * History::samples_count_max + 17;
    for (std::uint64_t i = 1; i <= added; ++i) history.add(sample_of(i));
    auto all = history.after(0);
    ASSERT_EQ(all.size(), History::samples_count_max);
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i].number, added - History::samples_count_max + 1 + i);
        ASSERT_EQ(all[i].mysql.hits, all[i].number);
    }
}

TEST(History, AsJson) {
    Sample sample;
    sample.number = 3;
    sample.unix_ms = 1700000000000;
    sample.mysql = {1, 2, 3};
    sample.resp = {4, 5, 6};
    sample.owned_bytes = 7;
    sample.filled_bytes = 8;
    sample.horizon_seconds = 0.25;
    EXPECT_EQ(to_json(std::vector{sample, sample}),
              "[[3,1700000000000,1,2,3,4,5,6,7,8,0,0.25],[3,1700000000000,1,2,3,4,5,6,7,8,0,0.25]]");
    EXPECT_EQ(to_json(std::vector<Sample>{}), "[]");
}

TEST(RecentLatency, LeavesOutWhatIsOlderThanTheMarks) {
    Registry registry;
    auto histogram = registry.histogram("sabil_test_seconds", "A test.");
    for (int i = 0; i < 1000; ++i) histogram.record(1s);
    RecentLatency recent(histogram);
    EXPECT_EQ(recent.recent().count, 1000u);  // nothing is known of before
    recent.mark();
    histogram.record(20us);
    EXPECT_EQ(recent.recent().count, 1u);
    EXPECT_LT(recent.recent().quantile_seconds(0.99), 1e-4);
    for (std::size_t i = 0; i < RecentLatency::marks_count_max; ++i) recent.mark();
    EXPECT_EQ(recent.recent().count, 0u);
}

TEST(FaceMetrics, WritesAreNoBypassedReads) {
    Registry registry;
    FaceMetrics face(registry, "mysql");
    face.bypass("not_select").add(5);
    face.bypass("nondeterministic").add(2);
    EXPECT_EQ(face.bypassed(), 2u);
    EXPECT_EQ(counts_of(face).bypassed, 2u);
}

}  // namespace
}  // namespace sabil::proxy::observe
