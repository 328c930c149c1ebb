#include "invalidation/canonical.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sabil::invalidation {
namespace {

using mysql::binlog::Value;
using mysql::binlog::ValueKind;
using sql::Literal;

Column column(std::string type, std::string collation = {}, bool is_unsigned = false) {
    Column c;
    c.type = std::move(type);
    c.collation = std::move(collation);
    c.is_unsigned = is_unsigned;
    c.value_class = value_class_of(c.type, c.collation);
    return c;
}

Literal integer(std::string digits) {
    return {Literal::Type::integer, std::move(digits)};
}
Literal text(std::string bytes) {
    return {Literal::Type::string, std::move(bytes)};
}
Literal decimal(std::string digits) {
    return {Literal::Type::decimal, std::move(digits)};
}

Value logged(std::int64_t v) {
    Value value;
    value.kind = ValueKind::integer;
    value.integer = v;
    return value;
}
Value logged(ValueKind kind, std::string_view bytes) {
    Value value;
    value.kind = kind;
    value.bytes = bytes;
    return value;
}

TEST(Canonical, IntegersAreHashedByValue) {
    std::mt19937_64 random(1);
    auto bigint = column("bigint");
    for (int i = 0; i < 2000; ++i) {
        auto v = static_cast<std::int64_t>(random() >> (random() % 64));
        if (random() % 2) v = -v;
        auto hash = hash_literal(bigint, integer(std::to_string(v)));
        ASSERT_TRUE(hash);
        EXPECT_EQ(hash, hash_value(bigint, logged(v))) << v;
        EXPECT_NE(hash, hash_value(bigint, logged(v ^ 1))) << v;
    }
    EXPECT_EQ(hash_literal(bigint, integer("007")), hash_value(bigint, logged(7)));
    EXPECT_EQ(hash_literal(bigint, integer("-0")), hash_value(bigint, logged(0)));
    EXPECT_FALSE(hash_literal(bigint, integer("99999999999999999999999"))) << "compared as a decimal";
    EXPECT_FALSE(hash_literal(bigint, decimal("7.0")));
}

TEST(Canonical, UnsignedColumnsWithoutToldSignednessReadTheSameBits) {
    auto col = column("int", {}, true);
    Value value = logged(-1);
    value.is_raw_integer = true;
    value.integer_bytes = 4;
    EXPECT_EQ(hash_literal(col, integer("4294967295")), hash_value(col, value));
    auto wide = column("bigint", {}, true);
    value.integer_bytes = 8;
    EXPECT_EQ(hash_literal(wide, integer("18446744073709551615")), hash_value(wide, value));
    Value told;
    told.kind = ValueKind::unsigned_integer;
    told.unsigned_integer = ~0ULL;
    EXPECT_EQ(hash_literal(wide, integer("18446744073709551615")), hash_value(wide, told));
}

TEST(Canonical, AQuotedNumberIsTakenOnlyInItsPlainForm) {
    auto col = column("int");
    EXPECT_EQ(hash_literal(col, text("42")), hash_value(col, logged(42)));
    EXPECT_EQ(hash_literal(col, text("-42")), hash_value(col, logged(-42)));
    EXPECT_EQ(hash_literal(col, text("0")), hash_value(col, logged(0)));
    for (const char* converted :
         {"042", " 42", "42 ", "42x", "4e1", "", "-", "-0", "+42", "0x2a", "42.0", "1234567890123456"}) {
        EXPECT_FALSE(hash_literal(col, text(converted))) << converted;
    }
}

TEST(Canonical, AConstantOfAnotherTypeTakesTheTable) {
    EXPECT_FALSE(hash_literal(column("varchar", "utf8mb4_general_ci"), integer("1")))
        << "compares as numbers: '1', '01', '1x'";
    EXPECT_FALSE(hash_literal(column("decimal"), text("1.5")));
    EXPECT_FALSE(hash_literal(column("date"), integer("20240131")));
    EXPECT_FALSE(hash_literal(column("int"), Literal{Literal::Type::floating, "1e0"}));
    EXPECT_FALSE(hash_literal(column("int"), Literal{Literal::Type::null, ""}));
    for (const char* type :
         {"timestamp", "float", "double", "enum", "set", "json", "bit", "year", "time", "geometry", "uuid"}) {
        EXPECT_EQ(column(type).value_class, ValueClass::none) << type;
        EXPECT_FALSE(hash_literal(column(type), text("1")));
    }
}

TEST(Canonical, FoldedTextsIgnoreCaseAndTrailingSpaces) {
    for (const char* collation :
         {"utf8mb4_general_ci", "utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci", "latin1_swedish_ci"}) {
        auto col = column("varchar", collation);
        ASSERT_EQ(col.value_class, ValueClass::text_folded) << collation;
        auto hash = hash_literal(col, text("Hello, World"));
        EXPECT_EQ(hash, hash_value(col, logged(ValueKind::text, "hELLO, wORLD  ")));
        EXPECT_EQ(hash, hash_value(col, logged(ValueKind::string, "hello, world")));
        EXPECT_NE(hash, hash_value(col, logged(ValueKind::text, "hello world")));
        EXPECT_FALSE(hash_value(col, logged(ValueKind::text, "h\xc3\xa9llo"))) << "may equal any constant";
        EXPECT_FALSE(hash_value(col, logged(ValueKind::text, std::string_view("a\0b", 3))));
        EXPECT_FALSE(hash_literal(col, text("h\xc3\xa9llo")));
        std::string long_upper(5000, 'X');
        std::string long_lower(5000, 'x');
        EXPECT_EQ(hash_literal(col, text(long_upper)), hash_value(col, logged(ValueKind::text, long_lower)));
    }
}

TEST(Canonical, ExactTextsTellCaseApart) {
    for (const char* collation : {"utf8mb4_bin", "utf8mb4_0900_bin", "latin1_bin", "utf8mb3_bin"}) {
        auto col = column("char", collation);
        ASSERT_EQ(col.value_class, ValueClass::text_exact) << collation;
        EXPECT_EQ(hash_literal(col, text("abc")), hash_value(col, logged(ValueKind::text, "abc  ")));
        EXPECT_NE(hash_literal(col, text("abc")), hash_value(col, logged(ValueKind::text, "ABC")));
        EXPECT_TRUE(hash_value(col, logged(ValueKind::text, "\xc3\xa9")))
            << "equals no constant that is hashed, and is known";
    }
}

TEST(Canonical, LanguageCollationsThatEquateLettersTakeTheTable) {
    for (const char* collation :
         {"utf8mb4_roman_ci", "utf8mb4_lithuanian_ci", "utf8mb4_swedish_ci", "utf8mb4_hungarian_ci",
          "utf8mb4_lt_0900_ai_ci", "sjis_japanese_ci", "ucs2_general_ci", "latin2_czech_cs", "whatever"}) {
        EXPECT_EQ(column("varchar", collation).value_class, ValueClass::none) << collation;
    }
}

TEST(Canonical, BytesIgnoreTrailingZerosOnly) {
    auto col = column("binary");
    Literal raw{Literal::Type::binary, std::string("\x01\xff\0\0", 4)};
    EXPECT_EQ(hash_literal(col, raw), hash_value(col, logged(ValueKind::binary, "\x01\xff")));
    EXPECT_NE(hash_literal(col, text("a ")), hash_value(col, logged(ValueKind::binary, "a")));
    EXPECT_FALSE(hash_literal(col, text("\xc3\xa9"))) << "its bytes depend on the connection's character set";
}

TEST(Canonical, DecimalsAreHashedByValue) {
    auto col = column("decimal");
    auto hash = hash_literal(col, decimal("-12.34"));
    ASSERT_TRUE(hash);
    EXPECT_EQ(hash, hash_value(col, logged(ValueKind::decimal, "-12.340000")));
    EXPECT_EQ(hash_literal(col, decimal("-0012.34")), hash);
    EXPECT_NE(hash_literal(col, decimal("12.34")), hash);
    EXPECT_NE(hash_literal(col, decimal("-1.234")), hash);
    EXPECT_EQ(hash_literal(col, integer("5")), hash_value(col, logged(ValueKind::decimal, "5.00")));
    EXPECT_EQ(hash_literal(col, decimal("-0.0")), hash_value(col, logged(ValueKind::decimal, "0.00")));
    EXPECT_EQ(hash_literal(col, decimal(".5")), hash_value(col, logged(ValueKind::decimal, "0.50")));
    EXPECT_FALSE(hash_literal(col, decimal("1e3")));
}

TEST(Canonical, MomentsAreTakenInTheirPlainFormOnly) {
    auto date = column("date");
    EXPECT_EQ(hash_literal(date, text("2024-01-31")), hash_value(date, logged(ValueKind::date, "2024-01-31")));
    for (const char* other : {"2024-1-31", "20240131", "2024-01-31 00:00:00", "24-01-31", ""}) {
        EXPECT_FALSE(hash_literal(date, text(other))) << other;
    }
    auto moment = column("datetime");
    auto hash = hash_literal(moment, text("2024-01-31 10:20:30"));
    ASSERT_TRUE(hash);
    EXPECT_EQ(hash, hash_value(moment, logged(ValueKind::datetime, "2024-01-31 10:20:30.000000")));
    EXPECT_EQ(hash, hash_literal(moment, text("2024-01-31 10:20:30.0")));
    EXPECT_NE(hash, hash_literal(moment, text("2024-01-31 10:20:30.5")));
    EXPECT_EQ(hash_literal(moment, text("2024-01-31 10:20:30.5")),
              hash_value(moment, logged(ValueKind::datetime, "2024-01-31 10:20:30.500")));
    for (const char* other :
         {"2024-01-31", "2024-01-31T10:20:30", "2024-01-31 10:20:30.", "2024-01-31 10:20:30.1234567"}) {
        EXPECT_FALSE(hash_literal(moment, text(other))) << other;
    }
}

TEST(Canonical, NullEqualsNoConstantAndAbsentMayBeAny) {
    auto col = column("int");
    Value null;
    null.kind = ValueKind::null;
    EXPECT_TRUE(hash_value(col, null));
    EXPECT_FALSE(hash_value(col, Value{}));
    EXPECT_FALSE(hash_value(col, logged(ValueKind::text, "1"))) << "not the column that the catalog knows";
}

}  // namespace
}  // namespace sabil::invalidation
