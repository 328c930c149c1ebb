#include "proxy/app/redis_parameters.h"

#include <gtest/gtest.h>

namespace sabil::proxy::app {
namespace {

Config good(const std::string& text, const std::vector<std::string>& flags = {}) {
    auto file = parse_redis_conf(text, "r.conf").value();
    auto given = parse_redis_flags(flags).value();
    auto config = config_of_directives(file, given);
    EXPECT_TRUE(config.has_value());
    return config ? *config : Config{};
}

std::string value_of(const Config& config, const std::string& name) {
    std::string out = "(none)";
    for (const auto& [known, value] : config.redis) {
        if (known == name) out = value;
    }
    return out;
}

TEST(RedisParameters, ListensWhereRedisWould) {
    auto plain = good("");
    ASSERT_EQ(plain.listen.resp.size(), 2U) << "everywhere, in protected mode";
    EXPECT_EQ(plain.listen.resp[0].text(), "0.0.0.0:6379");
    EXPECT_EQ(plain.listen.resp[1].text(), "-[::]:6379") << "where the machine has IPv6";
    auto config = good("port 7000\nbind 127.0.0.1 -::1\nunixsocket /tmp/r.sock\n");
    ASSERT_EQ(config.listen.resp.size(), 3U);
    EXPECT_EQ(config.listen.resp[1].text(), "-[::1]:7000");
    EXPECT_EQ(config.listen.resp[2].text(), "unix:/tmp/r.sock");
    auto only_unix = good("port 0\nunixsocket /tmp/r.sock\n");
    ASSERT_EQ(only_unix.listen.resp.size(), 1U);
    EXPECT_TRUE(config.listen.http.empty());
}

TEST(RedisParameters, FlagsWinOverTheFile) {
    auto config = good("port 7000\nappendonly no\nmaxmemory 1gb\n", {"--port", "7001", "--appendonly", "yes"});
    EXPECT_EQ(config.listen.resp[0].port, 7001);
    EXPECT_EQ(value_of(config, "appendonly"), "yes");
    EXPECT_EQ(value_of(config, "maxmemory"), "1gb");
}

TEST(RedisParameters, SaveLinesAddUp) {
    EXPECT_EQ(value_of(good("save 900 1\nsave 300 10\n"), "save"), "900 1 300 10");
    EXPECT_EQ(value_of(good("save 900 1\nsave \"\"\n"), "save"), "");
    EXPECT_EQ(value_of(good("save 900 1\n", {"--save", ""}), "save"), "");
    EXPECT_EQ(value_of(good("save 900 1\n", {"--save", "60", "5"}), "save"), "900 1 60 5") << "flags follow the file";
    EXPECT_EQ(value_of(good(""), "save"), "3600 1 300 100 60 10000") << "as redis-server starts";
}

TEST(RedisParameters, AUserIsDefinedOnce) {
    EXPECT_EQ(good("user u on\n", {"--user", "v", "on"}).users.size(), 2U);
    const auto twice = config_of_directives(parse_redis_conf("user u on\n", "r.conf").value(),
                                            parse_redis_flags({"--user", "u", "off"}).value());
    ASSERT_FALSE(twice.has_value());
    EXPECT_NE(twice.error().front().find("Duplicate user"), std::string::npos) << twice.error().front();
}

TEST(RedisParameters, KeepsWordsApart) {
    EXPECT_EQ(join_words({"a b"}), "a b");
    EXPECT_EQ(join_words({"a", "b c", "", "d\"e"}), "a \"b c\" \"\" \"d\\\"e\"");
}

}  // namespace
}  // namespace sabil::proxy::app
