#include "proxy/mysql_front/statement_statistics.h"

#include <gtest/gtest.h>

#include "proxy/mysql_front/reason_table.h"

namespace sabil::proxy::mysql_front {
namespace {

TEST(StatementStatistics, SumsOverWorkers) {
    StatementStatistics statistics(3);
    const auto id = statistics.intern("SELECT ?");
    EXPECT_EQ(statistics.intern("SELECT ?"), id);
    EXPECT_NE(statistics.intern("SELECT ? FROM a"), id);
    statistics.count_hit(0, id, 1500);
    statistics.count_hit(2, id, 500);
    statistics.count_miss(1, id);
    statistics.count_fill(1, id, 100);
    ReasonTable reasons;
    statistics.count_bypass(1, id, ReasonTable::name(reasons.id("rule")));
    statistics.count_stale(0, id);
    const auto figures = statistics.collect();
    ASSERT_EQ(figures.size(), 3U);
    const auto& f = figures[id];
    EXPECT_EQ(f.text, "SELECT ?");
    EXPECT_EQ(f.hits, 2U);
    EXPECT_EQ(f.misses, 1U);
    EXPECT_EQ(f.bypassed, 1U);
    EXPECT_EQ(f.reason, "rule");
    EXPECT_EQ(f.invalidations, 1U);
    EXPECT_EQ(f.bytes, 100U);
    EXPECT_DOUBLE_EQ(f.saved_ms, 2.0);
    EXPECT_EQ(statistics.find_digest(f.digest), id);
}

TEST(StatementStatistics, IsBounded) {
    StatementStatistics statistics(1);
    for (std::size_t i = 1; i < StatementStatistics::statements_count_max; ++i) {
        ASSERT_NE(statistics.intern("q" + std::to_string(i)), 0U);
    }
    EXPECT_EQ(statistics.intern("one too many"), 0U);
}

TEST(StatementStatistics, PurgeChangesTheGeneration) {
    StatementStatistics statistics(1);
    const auto id = statistics.intern("q");
    const auto before = statistics.generation(id);
    statistics.purge(id);
    EXPECT_NE(statistics.generation(id), before);
    EXPECT_EQ(statistics.generation_cell(id)->load(), statistics.generation(id));
    EXPECT_EQ(statistics.find_digest("nothing"), 0U);
}

TEST(ReasonTable, GivesEachNameOneId) {
    ReasonTable first, second;
    const auto id = first.id("some reason");
    EXPECT_EQ(second.id("some reason"), id);
    EXPECT_EQ(ReasonTable::name(id), "some reason");
    EXPECT_NE(first.id("another"), id);
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
