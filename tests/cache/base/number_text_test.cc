#include "cache/base/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace sabil {
namespace {

TEST(NumberText, IntegersAreReadOnlyInTheirOneForm) {
    EXPECT_EQ(parse_integer("0"), 0);
    EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
    EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
    for (const char* text :
         {"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "1.0", "9223372036854775808", "0x1", "1e3"}) {
        EXPECT_EQ(parse_integer(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_unsigned("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(parse_unsigned("-1"), std::nullopt);
    EXPECT_EQ(parse_unsigned("18446744073709551616"), std::nullopt);
}

TEST(NumberText, DigitsAreCountedAsWritten) {
    DecimalBuffer buffer;
    for (std::int64_t value : {std::int64_t{0}, std::int64_t{9}, std::int64_t{10}, std::int64_t{-1}, std::int64_t{-100},
                               INT64_MIN, INT64_MAX}) {
        EXPECT_EQ(format_integer(value, buffer).size(), integer_digits(value)) << value;
        EXPECT_EQ(parse_integer(format_integer(value, buffer)), value);
    }
}

TEST(NumberText, DoublesAsClientsWriteThem) {
    EXPECT_EQ(parse_double("3.0e2"), 300);
    EXPECT_EQ(parse_double("0x10"), 16);
    EXPECT_EQ(parse_double("+5"), 5);
    EXPECT_EQ(parse_double("inf"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse_double("-Infinity"), -std::numeric_limits<double>::infinity());
    for (const char* text : {"", " 1", "1 ", "nan", "one", "1,5", "0x", "1e999"}) {
        EXPECT_EQ(parse_double(text), std::nullopt) << text;
    }
}

TEST(NumberText, DoublesAreWrittenShortestAndReadBack) {
    EXPECT_EQ(format_double(0), "0");
    EXPECT_EQ(format_double(-0.0), "-0");
    EXPECT_EQ(format_double(3), "3");
    EXPECT_EQ(format_double(0.1), "0.1");
    EXPECT_EQ(format_double(1.5), "1.5");
    EXPECT_EQ(format_double(1e21), "1e+21");
    EXPECT_EQ(format_double(-std::numeric_limits<double>::infinity()), "-inf");
    for (double value : {0.1 + 0.2, 1.0 / 3, 5e-324, std::numeric_limits<double>::max(), 123456789.123456789}) {
        EXPECT_EQ(parse_double(format_double(value)), value);
    }
}

TEST(NumberText, LongDoublesHaveNoExponentAndNoTrailingZeros) {
    EXPECT_EQ(format_long_double(10.5L + 0.1L), "10.6");
    EXPECT_EQ(format_long_double(5.0e3L + 200.0L), "5200");
    EXPECT_EQ(format_long_double(-0.0L), "0");
    EXPECT_EQ(format_long_double(0.000000001L), "0.000000001");
    EXPECT_EQ(parse_long_double("3.0"), 3.0L);
}

}  // namespace
}  // namespace sabil
