// Ranges: what a WHERE clause says of a column's order against what a row's images say, for all small cases.
#include <gtest/gtest.h>

#include <random>

#include "invalidation/canonical.h"
#include "invalidation/ordinal.h"
#include "invalidation/resolver.h"
#include "invalidation/sql/statement.h"
#include "invalidation/tailer/row_hashes.h"

namespace sabil::invalidation {
namespace {

using mysql::ColumnType;
using mysql::binlog::ColumnBits;
using mysql::binlog::RowChange;
using mysql::binlog::RowsEvent;
using mysql::binlog::TableMap;

std::string le32(int v) {
    std::string out;
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(static_cast<unsigned>(v) >> (8 * i)));
    return out;
}

class Ranges : public testing::Test {
  protected:
    Ranges() {
        map_.schema = "s";
        map_.table = "t";
        map_.columns.resize(2);
        map_.columns[0].type = ColumnType::long_int;
        map_.columns[1].type = ColumnType::varchar;
        map_.columns[1].metadata = 100;
        TableDefinition table;
        table.schema = "s";
        table.name = "t";
        table.columns.resize(2);
        table.columns[0].name = "a";
        table.columns[0].type = "int";
        table.columns[0].value_class = ValueClass::integer;
        table.columns[1].name = "b";
        table.columns[1].type = "varchar";
        table.columns[1].collation = "utf8mb4_general_ci";
        table.columns[1].value_class = ValueClass::text_folded;
        SchemaDefinition schema;
        schema.name = "s";
        schema.tables["t"] = std::make_shared<const TableDefinition>(std::move(table));
        EXPECT_TRUE(catalog_.accept(std::move(schema), 0));
    }

    Dependencies resolve(const std::string& where) {
        auto statement = sql::analyze("SELECT * FROM t WHERE " + where, {});
        auto found = resolver_.resolve(statement, "s", {}, Precision::rows);
        EXPECT_TRUE(found.dependencies) << where << ": " << found.reason;
        return found.dependencies.value_or(Dependencies{});
    }

    // A row that is inserted. nullopt: NULL.
    void insert(std::optional<int> a, const std::string& b = "") {
        RowsEvent event;
        event.change = RowChange::insert;
        event.table = &map_;
        event.after = ColumnBits(std::string_view("\x03", 1), 2);
        std::string bytes(1, a ? '\0' : '\1');
        if (a) bytes += le32(*a);
        bytes += static_cast<char>(b.size());
        bytes += b;
        event.rows = bytes;
        auto n = ledger_.begin_group();
        Footprint footprint;
        auto snapshot = catalog_.snapshot();
        auto signatures = ledger_.signatures("s", "t");
        EXPECT_TRUE(touch_rows(footprint, ledger_, *snapshot, event, signatures.get(), snapshot->table("s", "t")));
        footprint.stamp(ledger_, *snapshot, n);
        ledger_.publish(n);
        ledger_.advance_watermark(n);
    }
    bool ends(const std::string& where, std::optional<int> a, const std::string& b = "") {
        auto dependencies = resolve(where);
        auto floor = ledger_.floor();
        EXPECT_TRUE(ledger_.current(dependencies, floor));
        insert(a, b);
        return !ledger_.current(dependencies, floor);
    }

    Ledger ledger_{1 << 20};
    Catalog catalog_;
    Resolver resolver_{ledger_, catalog_};
    TableMap map_;
};

TEST_F(Ranges, RowsInsideEndTheAnswerAndThoseFarOutsideDoNot) {
    for (const char* where : {"a BETWEEN 100 AND 120", "a >= 100 AND a <= 120", "a > 99 AND 121 > a", "120 >= a AND 100 <= a"}) {
        EXPECT_TRUE(ends(where, 100)) << where;
        EXPECT_TRUE(ends(where, 120)) << where;
        EXPECT_FALSE(ends(where, 90)) << where;
        EXPECT_FALSE(ends(where, 130)) << where;
        EXPECT_FALSE(ends(where, -110)) << where;
        EXPECT_FALSE(ends(where, std::nullopt)) << where << ": NULL is in no range";
    }
}

TEST_F(Ranges, OpenRangesHaveOneEnd) {
    EXPECT_TRUE(ends("a > 1000", 1001));
    EXPECT_TRUE(ends("a > 1000", 2000000000));
    EXPECT_FALSE(ends("a > 1000", 900));
    EXPECT_FALSE(ends("a > 1000", -5));
    EXPECT_TRUE(ends("a < 0", -1));
    EXPECT_TRUE(ends("a <= -7", -7));
    EXPECT_FALSE(ends("a < 0", 5));
    EXPECT_TRUE(ends("a >= '1000'", 1000)) << "a quoted number";
}

TEST_F(Ranges, TextsBeginAsTheirCollationSaysSo) {
    EXPECT_TRUE(ends("b LIKE 'Ab%'", 1, "aBc"));
    EXPECT_TRUE(ends("b LIKE 'Ab%'", 1, "AB"));
    EXPECT_FALSE(ends("b LIKE 'Ab%'", 1, "a"));
    EXPECT_FALSE(ends("b LIKE 'Ab%'", 1, "xab"));
    EXPECT_TRUE(ends("b LIKE 'Ab%'", 1, "\xc3\xa1" "b")) << "it may weigh as 'ab'";
    EXPECT_TRUE(ends("b LIKE 'Ab_d%'", 1, "abcd"));
    EXPECT_TRUE(ends("b LIKE '%b'", 1, "ab")) << "no prefix: the table";
    EXPECT_TRUE(ends("b NOT LIKE 'Ab%'", 1, "xx"));
    EXPECT_TRUE(ends("b LIKE 'Ab%' ESCAPE 'b'", 1, "a%"));
}

TEST_F(Ranges, WhatIsNoConjunctLimitsNothing) {
    EXPECT_TRUE(ends("a > 1000 OR b = 'x'", 1));
    EXPECT_TRUE(ends("NOT (a > 1000)", 1));
    EXPECT_TRUE(ends("a NOT BETWEEN 5 AND 9", 1));
    EXPECT_TRUE(ends("(a > 1000) IS NULL", std::nullopt));
    EXPECT_TRUE(ends("a + 0 > 1000", 1));
    EXPECT_TRUE(ends("a > 5.5", 6));
    EXPECT_TRUE(ends("b > 'm'", 1, "a")) << "texts have no order that is known here";
    EXPECT_TRUE(ends("a BETWEEN 9 AND b", 1));
}

// Every predicate of a small world, against every row of it.
TEST_F(Ranges, NoRowThatMattersIsMissed) {
    std::mt19937 random(7);
    auto number = [&](std::int64_t spread) {
        return static_cast<int>(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * spread)) - spread);
    };
    int kept = 0;
    for (int round = 0; round < 4000; ++round) {
        int spread = round % 3 == 0 ? 20 : round % 3 == 1 ? 3000 : 2000000000;
        int low = number(spread);
        int high = number(spread);
        if (low > high) std::swap(low, high);
        int row = number(spread);
        std::string where;
        bool matters = false;
        switch (round % 5) {
            case 0:
                where = "a BETWEEN " + std::to_string(low) + " AND " + std::to_string(high);
                matters = row >= low && row <= high;
                break;
            case 1:
                where = "a > " + std::to_string(low) + " AND a < " + std::to_string(high);
                matters = row > low && row < high;
                break;
            case 2:
                where = "a >= " + std::to_string(low);
                matters = row >= low;
                break;
            case 3:
                where = "a < " + std::to_string(high) + " AND b LIKE '%x'";
                matters = row < high;
                break;
            default:
                where = "a <= " + std::to_string(high) + " AND a >= " + std::to_string(low) + " AND a < " + std::to_string(high);
                matters = row >= low && row < high;
                break;
        }
        bool ended = ends(where, row);
        EXPECT_TRUE(ended || !matters) << where << " and " << row;
        kept += !ended;
    }
    EXPECT_GT(kept, 1000) << "and most rows that do not matter end nothing";
}

TEST_F(Ranges, ManyMovingBoundsLeaveTheTableItsSignatures) {
    auto first = resolve("a > 1");
    auto equal = resolve("a = 5");
    auto floor = ledger_.floor();
    for (int i = 2; i < 2000000; i = i * 5 / 4 + 1) (void)resolve("a > " + std::to_string(i));
    EXPECT_TRUE(ledger_.current(equal, floor));
    for (int i = 2; i < 2000000; i = i * 5 / 4 + 1) (void)resolve("a < " + std::to_string(-i));
    EXPECT_FALSE(ledger_.current(first, floor)) << "the oldest bound made room";
    EXPECT_TRUE(ledger_.current(equal, floor));
    EXPECT_LE(ledger_.signatures("s", "t")->size(), Ledger::signatures_per_table);
    EXPECT_TRUE(ends("a > 1", 7));
}

TEST(Ordinals, FollowTheOrderOfEachType) {
    Column column;
    auto literal = [&](sql::Literal::Type type, const char* text) { return literal_ordinal(column, {type, text}); };
    using Type = sql::Literal::Type;
    column.value_class = ValueClass::integer;
    EXPECT_LT(literal(Type::integer, "-9223372036854775808"), literal(Type::integer, "-1"));
    EXPECT_LT(literal(Type::integer, "-1"), literal(Type::integer, "0"));
    EXPECT_LT(literal(Type::integer, "9"), literal(Type::integer, "10"));
    EXPECT_EQ(literal(Type::integer, "18446744073709551615"), ~std::uint64_t{0});
    EXPECT_FALSE(literal(Type::decimal, "5.5"));
    EXPECT_FALSE(literal(Type::string, "5 apples"));
    column.value_class = ValueClass::decimal;
    EXPECT_LT(literal(Type::decimal, "-1.5"), literal(Type::decimal, "-1.0"));
    EXPECT_LE(literal(Type::decimal, "1.2"), literal(Type::decimal, "1.9"));
    EXPECT_LT(literal(Type::decimal, "-0.5"), literal(Type::integer, "0"));
    column.value_class = ValueClass::date;
    EXPECT_LT(literal(Type::string, "2024-01-31"), literal(Type::string, "2024-02-01"));
    EXPECT_FALSE(literal(Type::string, "2024-02-30"));
    EXPECT_FALSE(literal(Type::string, "2023-02-29"));
    EXPECT_TRUE(literal(Type::string, "2024-02-29"));
    column.value_class = ValueClass::datetime;
    EXPECT_LT(literal(Type::string, "2024-01-31"), literal(Type::string, "2024-01-31 00:00:01"));
    EXPECT_LE(literal(Type::string, "2024-01-31 10:00:00.5"), literal(Type::string, "2024-01-31 10:00:01"));
    EXPECT_FALSE(literal(Type::string, "2024-01-31 25:00:00"));
    auto noon = *literal(Type::string, "2024-01-31 12:34:56");
    EXPECT_EQ(coarse_low(column, noon), *literal(Type::string, "2024-01-31 12:00:00"));
    EXPECT_GE(coarse_high(column, noon), *literal(Type::string, "2024-01-31 12:59:59"));
    column.value_class = ValueClass::text_folded;
    EXPECT_FALSE(literal(Type::string, "abc"));
}

TEST(Ordinals, APatternsPrefixEndsAtItsFirstWildcard) {
    EXPECT_EQ(like_prefix("abc%"), "abc");
    EXPECT_EQ(like_prefix("a_c"), "a");
    EXPECT_EQ(like_prefix("a\\%c"), "a");
    EXPECT_EQ(like_prefix("%"), "");
    EXPECT_EQ(like_prefix("plain"), "plain");
}

}  // namespace
}  // namespace sabil::invalidation
