#include "proxy/app/redis_conf.h"

#include <gtest/gtest.h>

#include <fstream>

namespace sabil::proxy::app {
namespace {

using Words = std::vector<std::string>;

TEST(SplitWords, KnowsBothQuotes) {
    EXPECT_EQ(split_words("  save 900  1\t").value(), (Words{"save", "900", "1"}));
    EXPECT_EQ(split_words(R"(requirepass "a b\n\x41\"" 'c\'d\n')").value(),
              (Words{"requirepass", "a b\nA\"", "c'd\\n"}));
    EXPECT_EQ(split_words(R"(save "")").value(), (Words{"save", ""}));
    EXPECT_EQ(split_words("").value(), Words{});
    EXPECT_EQ(split_words("a \"b").error().message, "unbalanced quotes");
    EXPECT_EQ(split_words("a \"b\"c").error().message, "unbalanced quotes");
}

TEST(RedisConf, SkipsCommentsAndKeepsRepeatedLines) {
    auto directives = parse_redis_conf("# comment\n\nPORT 7000\r\nsave 900 1\nsave 300 10", "r.conf").value();
    ASSERT_EQ(directives.size(), 3U);
    EXPECT_EQ(directives[0].name, "port");
    EXPECT_EQ(directives[0].words, Words{"7000"});
    EXPECT_EQ(directives[0].place, "r.conf:3");
    EXPECT_EQ(directives[2].words, (Words{"300", "10"}));
}

TEST(RedisConf, NamesTheLine) {
    EXPECT_EQ(parse_redis_conf("port 1\nsave \"x\n", "r.conf").error().message, "r.conf:2: unbalanced quotes");
    EXPECT_EQ(parse_redis_conf("port\n", "r.conf").error().message, "r.conf:1: 'port' has no value");
}

TEST(RedisConf, FollowsIncludesButNotForEver) {
    auto folder = testing::TempDir();
    auto inner = folder + "sabil_inner.conf";
    auto outer = folder + "sabil_outer.conf";
    std::ofstream(inner) << "port 7001\n";
    std::ofstream(outer) << "port 7000\ninclude " << inner << "\nsave 1 1\n";
    auto directives = load_redis_conf(outer).value();
    ASSERT_EQ(directives.size(), 3U);
    EXPECT_EQ(directives[1].words, Words{"7001"});
    std::ofstream(inner) << "include " << inner << "\n";
    auto looped = load_redis_conf(outer);
    ASSERT_FALSE(looped);
    EXPECT_NE(looped.error().message.find("includes go more than 16 deep"), std::string::npos);
    std::ofstream(outer) << "include /nonexistent.conf\n";
    EXPECT_NE(load_redis_conf(outer).error().message.find("sabil_outer.conf:1: include: '/nonexistent.conf'"),
              std::string::npos);
}

TEST(RedisFlags, TakeTheWordsUpToTheNextFlag) {
    auto directives = parse_redis_flags({"--port", "7000", "--save", "900", "1", "--requirepass", "-x"}).value();
    ASSERT_EQ(directives.size(), 3U);
    EXPECT_EQ(directives[1].words, (Words{"900", "1"}));
    EXPECT_EQ(directives[2].words, Words{"-x"});
    EXPECT_EQ(parse_redis_flags({"--port"}).error().message,
              "--port needs a value\n>>> 'port'\nBad directive or wrong number of arguments");
}

TEST(RedisFlags, AFlagAndItsValueMayBeOneWord) {
    auto directives = parse_redis_flags({"loglevel", "verbose", "--maxmemory 700mb", "--dir '/a b'"}).value();
    ASSERT_EQ(directives.size(), 3U);
    EXPECT_EQ(directives[0].name, "loglevel");
    EXPECT_EQ(directives[1].words, Words{"700mb"});
    EXPECT_EQ(directives[2].words, Words{"/a b"});
}

TEST(RedisFlags, ALoneFlagTakesTheNextWordWhateverItIs) {
    auto directives = parse_redis_flags({"--requirepass", "--secret", "--save", "--port", "0", "--save"}).value();
    ASSERT_EQ(directives.size(), 4U);
    EXPECT_EQ(directives[0].words, Words{"--secret"});
    EXPECT_EQ(directives[1].words, Words{""});
    EXPECT_EQ(directives[2].words, Words{"0"});
    EXPECT_EQ(directives[3].words, Words{""});
}

}  // namespace
}  // namespace sabil::proxy::app
