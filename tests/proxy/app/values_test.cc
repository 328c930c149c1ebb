#include "proxy/app/values.h"

#include <gtest/gtest.h>

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;

TEST(ParseBytes, KnowsRedisUnits) {
    EXPECT_EQ(parse_bytes("0").value(), 0U);
    EXPECT_EQ(parse_bytes("100").value(), 100U);
    EXPECT_EQ(parse_bytes("1k").value(), 1000U);
    EXPECT_EQ(parse_bytes("1kb").value(), 1024U);
    EXPECT_EQ(parse_bytes("256MB").value(), 256U << 20);
    EXPECT_EQ(parse_bytes("2 gb").value(), 2ULL << 30);
}

TEST(ParseBytes, RefusesWhatIsNotASize) {
    EXPECT_EQ(parse_bytes("").error().message, "does not begin with a whole number");
    EXPECT_EQ(parse_bytes("-1").error().message, "does not begin with a whole number");
    EXPECT_EQ(parse_bytes("1.5gb").error().message, "has the unit '.5gb'; use kb, mb or gb");
    EXPECT_EQ(parse_bytes("1tb").error().message, "has the unit 'tb'; use kb, mb or gb");
    EXPECT_EQ(parse_bytes("99999999999999999999").error().message, "is too large");
    EXPECT_EQ(parse_bytes("9999999999999gb").error().message, "is too large");
}

TEST(ParseDuration, KnowsItsUnits) {
    EXPECT_EQ(parse_duration("250ms").value(), 250ms);
    EXPECT_EQ(parse_duration("60s").value(), 60s);
    EXPECT_EQ(parse_duration("10m").value(), 10min);
    EXPECT_EQ(parse_duration("1h").value(), 1h);
    EXPECT_EQ(parse_duration("7d").value(), 168h);
    EXPECT_EQ(parse_duration("0").value(), 0ms);
}

TEST(ParseDuration, NamesTheFix) {
    EXPECT_EQ(parse_duration("60").error().message, "has no unit; write \"60s\" for seconds");
    EXPECT_EQ(parse_duration("1 year").error().message, "has the unit 'year'; use ms, s, m, h or d");
    EXPECT_EQ(parse_duration("999999999d").error().message, "is longer than a century");
    EXPECT_FALSE(parse_duration("soon"));
}

TEST(Nearest, FindsAMisspelling) {
    std::vector<std::string> known{"maxmemory", "max_staleness", "max_result", "coherence"};
    EXPECT_EQ(nearest("maxmemroy", known), "maxmemory");
    EXPECT_EQ(nearest("max_memory", known), "maxmemory");
    EXPECT_EQ(nearest("Coherense", known), "coherence");
    EXPECT_EQ(nearest("frobnicate", known), "");
    EXPECT_EQ(nearest(std::string(1000, 'x'), known), "");
}

}  // namespace
}  // namespace sabil::proxy::app
