// What must hold for any text: no crash, no exception, linear cost.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/cacheable_cases.h"

namespace sabil::invalidation::sql {
namespace {

std::vector<ParseMode> modes() {
    std::vector<ParseMode> all;
    for (unsigned bits = 0; bits < 32; ++bits) {
        ParseMode mode;
        mode.dialect = (bits & 1U) != 0 ? Dialect::mysql : Dialect::mariadb;
        mode.ansi_quotes = (bits & 2U) != 0;
        mode.no_backslash_escapes = (bits & 4U) != 0;
        mode.pipes_as_concat = (bits & 8U) != 0;
        mode.ignore_space = (bits & 16U) != 0;
        all.push_back(mode);
    }
    return all;
}

bool within(std::string_view outer, std::string_view inner) {
    return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

void check(std::string_view text, const ParseMode& mode) {
    const Statement statement = analyze(text, mode);
    if (statement.cacheable()) {
        ASSERT_FALSE(statement.reads.empty()) << text;
        ASSERT_TRUE(statement.writes_known) << text;
    }
    for (const TableUse& use : statement.reads) {
        ASSERT_FALSE(use.name.table.empty()) << text;
        for (const Equality& equality : use.equalities) {
            ASSERT_FALSE(equality.any_of.empty()) << text;
            ASSERT_LE(equality.any_of.size(), max_operands_count) << text;
            for (const ColumnUse& from : equality.propagated_from) ASSERT_LT(from.read, statement.reads.size()) << text;
        }
    }
    const std::string normal = normalize(text, mode, 200);
    ASSERT_LE(normal.size(), 200U) << text;
    ASSERT_TRUE(within(text, key_text(text))) << text;
}

std::string mutate(std::string text, std::mt19937& random) {
    static constexpr std::string_view bytes = "'\"`\\;()*/-#!@?.,= \n\0x1aN{}:%&|<>";
    const std::size_t changes = 1 + random() % 3;
    for (std::size_t i = 0; i < changes; ++i) {
        const std::size_t at = text.empty() ? 0 : random() % text.size();
        const char byte = bytes[random() % bytes.size()];
        switch (random() % 4) {
            case 0:
                text.insert(at, 1, byte);
                break;
            case 1:
                text.erase(at, 1 + random() % 4);
                break;
            case 2:
                text.resize(at);
                break;
            default:
                if (!text.empty()) text[at] = byte;
        }
    }
    return text;
}

TEST(Property, MutatedStatementsNeverBreakIt) {
    std::mt19937 random(20240607);
    const std::vector<ParseMode> all = modes();
    for (const CacheableCase& row : cacheable_cases) {
        for (int i = 0; i < 60; ++i) check(mutate(std::string(row.sql), random), all[random() % all.size()]);
    }
}

TEST(Property, PrefixesOfStatements) {
    for (const CacheableCase& row : cacheable_cases) {
        for (std::size_t n = 0; n < row.sql.size(); n += 3) check(row.sql.substr(0, n), {});
    }
}

// A comment or a trailing blank changes neither the facts nor the key.
TEST(Property, OuterCommentsChangeNothing) {
    for (const CacheableCase& row : cacheable_cases) {
        const std::string text = "/* trace_id=1 */ " + std::string(row.sql) + "\n-- end";
        for (const Dialect dialect : {Dialect::mariadb, Dialect::mysql}) {
            ParseMode mode;
            mode.dialect = dialect;
            EXPECT_EQ(analyze(text, mode).reason, analyze(row.sql, mode).reason) << text;
            EXPECT_EQ(normalize(text, mode), normalize(row.sql, mode)) << text;
        }
    }
}

// Normalising is a projection, so that a digest does not depend on how often it was done.
TEST(Property, NormalisedTextIsAFixedPoint) {
    for (const CacheableCase& row : cacheable_cases) {
        const std::string once = normalize(row.sql, {});
        if (once.find("...") != std::string::npos) continue;
        EXPECT_EQ(normalize(once, {}), once) << row.sql;
    }
}

std::string repeat(std::string_view part, std::size_t bytes) {
    std::string out;
    while (out.size() + part.size() < bytes) out += part;
    return out;
}

// Each text once at a quarter of the size and once in full: four times the text may cost about four times as much.
TEST(Property, CostIsLinear) {
    constexpr std::size_t large_bytes = max_statement_bytes / 8;
    const std::vector<std::pair<std::string, std::string>> shapes = {
        {"SELECT ", "("},
        {"SELECT ", "-"},
        {"SELECT ", "- "},
        {"SELECT ", "NOT "},
        {"SELECT ", "f("},
        {"SELECT ", "(SELECT "},
        {"SELECT ", "CASE WHEN "},
        {"SELECT * FROM ", "("},
        {"SELECT * FROM ", "t JOIN "},
        {"SELECT * FROM t WHERE a = 1", " AND a = 1"},
        {"SELECT * FROM t WHERE a = 1", " OR b = 2 AND c = 3"},
        {"SELECT * FROM t WHERE a IN (1", ",1"},
        {"SELECT * FROM t WHERE a IN (1) ", "AND a IN (1) "},
        {"SELECT 1", " UNION SELECT * FROM t"},
        {"SELECT a", ",a"},
        {"WITH c AS (SELECT 1)", ",c AS (SELECT 1)"},
        {"SELECT * FROM t a JOIN t b ON a.x = b.y ", " AND a.x = b.y"},
        {"SELECT '", "''"},
        {"SELECT '", "\\'"},
        {"SELECT ", "'a' "},
        {"SELECT ", "/**/"},
        {"SELECT ", "/*"},
        {"SELECT ", "/*!"},
        {"SELECT ", "#\n"},
        {"/*", " sabil:tag=a"},
        {"DROP TABLE t", ",t"},
        {"DROP TABLE t", ",t1,t2,t3,t4,t5,t6"},
        {"SELECT 1", ";SELECT 1"},
        {"INSERT INTO t VALUES (1)", ",(1)"},
        {"INSERT INTO t VALUES (1)", ",(f(VALUES (1)))"},
        {"SET a = 1", ",a = 1"},
        {"EXPLAIN ", "ANALYZE EXPLAIN "},
        {"ANALYZE ", "ANALYZE "},
    };
    const auto cost = [](const std::string& text) {
        const auto start = std::chrono::steady_clock::now();
        analyze(text, {});
        normalize(text, {});
        key_text(text);
        return std::chrono::steady_clock::now() - start;
    };
    for (const auto& [head, part] : shapes) {
        const std::string small = head + repeat(part, large_bytes / 4 - head.size());
        const std::string large = head + repeat(part, large_bytes - head.size());
        // The best of several, since other programs share the processors.
        auto quarter = cost(small);
        auto whole = cost(large);
        for (int i = 0; i < 4 && whole > 8 * quarter + std::chrono::milliseconds(20); ++i) {
            quarter = std::max(quarter, cost(small));
            whole = std::min(whole, cost(large));
        }
        EXPECT_LT(whole, 8 * quarter + std::chrono::milliseconds(20)) << head << part;
        EXPECT_LT(whole, std::chrono::seconds(1)) << head << part;
    }
}

TEST(Property, TooLongTextsAreNotRead) {
    const std::string tail(max_statement_bytes, ' ');
    EXPECT_EQ(analyze("SELECT * FROM t" + tail, {}).reason, Reason::too_large);
    EXPECT_EQ(analyze("SELECT * FROM t" + tail, {}).kind, StatementKind::select);
    const Statement insert = analyze("INSERT INTO news.t VALUES (1)" + tail, {});
    EXPECT_EQ(insert.kind, StatementKind::write);
    ASSERT_EQ(insert.writes.size(), 1U);
    EXPECT_EQ(insert.writes[0].table, "t");
    EXPECT_FALSE(insert.writes_known);
    EXPECT_EQ(analyze("SELECT 1; DELETE FROM t" + tail, {}).writes_known, false);
    EXPECT_EQ(analyze("SET a = 1" + tail, {}).kind, StatementKind::other);
}

TEST(Property, NestingIsLimited) {
    const auto nested = [](std::size_t levels) {
        return "SELECT " + std::string(levels, '(') + "a" + std::string(levels, ')') + " FROM t";
    };
    EXPECT_EQ(analyze(nested(50), {}).reason, Reason::none);
    EXPECT_EQ(analyze(nested(max_nesting_levels + 1), {}).reason, Reason::parse_error);
}

}  // namespace
}  // namespace sabil::invalidation::sql
