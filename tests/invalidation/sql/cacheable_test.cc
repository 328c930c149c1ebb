#include <gtest/gtest.h>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/cacheable_cases.h"
#include "tests/invalidation/sql/show.h"

namespace sabil::invalidation::sql {
namespace {

void expect_cacheable(const CacheableCase& row, Dialect dialect) {
    ParseMode mode;
    mode.dialect = dialect;
    mode.server_version = dialect == Dialect::mysql ? 90700 : 101100;
    const Statement statement = analyze(row.sql, mode);
    EXPECT_TRUE(statement.cacheable()) << row.sql << "\n  " << reason_name(statement.reason) << ": "
                                       << statement.detail;
    EXPECT_EQ(show_reads(statement), row.reads) << row.sql;
    EXPECT_TRUE(statement.writes_known) << row.sql;
    EXPECT_FALSE(statement.reads_previous) << row.sql;
}

TEST(Cacheable, TablesAndEqualitiesInMariadb) {
    for (const CacheableCase& row : cacheable_cases) {
        if (row.servers != Servers::mysql) expect_cacheable(row, Dialect::mariadb);
    }
}

TEST(Cacheable, TablesAndEqualitiesInMysql) {
    for (const CacheableCase& row : cacheable_cases) {
        if (row.servers != Servers::mariadb) expect_cacheable(row, Dialect::mysql);
    }
}

TEST(Cacheable, ManyOperandsGiveNoEquality) {
    std::string sql = "SELECT id FROM t WHERE id IN (0";
    for (std::size_t i = 1; i < max_operands_count; ++i) sql += "," + std::to_string(i);
    EXPECT_EQ(analyze(sql + ")", {}).reads.at(0).equalities.at(0).any_of.size(), max_operands_count);
    const Statement more = analyze(sql + ",99)", {});
    EXPECT_TRUE(more.cacheable());
    EXPECT_TRUE(more.reads.at(0).equalities.empty());
}

}  // namespace
}  // namespace sabil::invalidation::sql
