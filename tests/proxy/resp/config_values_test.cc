#include "proxy/resp/config_values.h"

#include <gtest/gtest.h>

namespace sabil::proxy::resp {
namespace {

TEST(ConfigValues, ReadsSizesWithUnits) {
    std::int64_t bytes = 0;
    EXPECT_TRUE(parse_bytes("100", bytes) && bytes == 100);
    EXPECT_TRUE(parse_bytes("1k", bytes) && bytes == 1000);
    EXPECT_TRUE(parse_bytes("1KB", bytes) && bytes == 1024);
    EXPECT_TRUE(parse_bytes("2gb", bytes) && bytes == 2LL << 30);
    for (auto text : {"", "kb", "-1", "1x", "99999999999999999999", "9999999999999gb"}) {
        EXPECT_FALSE(parse_bytes(text, bytes)) << text;
    }
}

TEST(ConfigValues, RewritesLinesAndAppendsNewOnes) {
    std::vector<std::string> lines = {"# comment", "maxmemory 1mb", "  timeout 3", "maxmemory 2mb", "port 1"};
    auto out = rewrite_lines(lines, {{"maxmemory", "5"}, {"timeout", "0"}, {"logfile", ""}, {"save", "60 1"}});
    EXPECT_EQ(out, (std::vector<std::string>{"# comment", "maxmemory 5", "timeout 0", "port 1", "logfile \"\"",
                                             "save 60 1"}));
}

TEST(ConfigValues, EveryDefaultIsValid) {
    for (const auto& group : parameter_groups()) {
        for (const auto& parameter : group) {
            ParameterValue value;
            auto text = canonical_parameter(parameter, parameter.initial, value);
            EXPECT_TRUE(text) << parameter.name << ": " << (text ? "" : text.error().message);
        }
    }
}

}  // namespace
}  // namespace sabil::proxy::resp
