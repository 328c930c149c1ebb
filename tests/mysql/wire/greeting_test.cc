#include "mysql/wire/greeting.h"

#include <gtest/gtest.h>

#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

Greeting mysql_greeting() {
    Greeting g;
    g.server_version = "9.7.0";
    g.connection_id = 0x01020304;
    g.nonce = "12345678abcdefghijkl";
    g.capabilities = 0xdfffffffULL;
    g.collation = 255;
    g.status = 2;
    g.auth_plugin = "caching_sha2_password";
    return g;
}

TEST(Greeting, has_the_layout_of_the_protocol) {
    std::string out;
    build_greeting(out, mysql_greeting());
    EXPECT_EQ(out, testing::bytes({10}) + "9.7.0" + testing::bytes({0, 4, 3, 2, 1}) + "12345678" +
                       testing::bytes({0, 0xff, 0xff, 255, 2, 0, 0xff, 0xdf, 21}) + std::string(10, '\0') +
                       "abcdefghijkl" + testing::bytes({0}) + "caching_sha2_password" + testing::bytes({0}));
}

TEST(Greeting, survives_a_round_trip_in_both_dialects) {
    auto maria = mysql_greeting();
    maria.server_version = "5.5.5-10.11.6-MariaDB-log";
    maria.capabilities = (0x81bff7feULL & ~capability::long_password) | capability::mariadb_extended_metadata |
                         capability::mariadb_cache_metadata;
    maria.auth_plugin = "mysql_native_password";
    for (const auto& greeting : {mysql_greeting(), maria}) {
        std::string out;
        build_greeting(out, greeting);
        auto back = parse_greeting(out);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->server_version, greeting.server_version);
        EXPECT_EQ(back->connection_id, greeting.connection_id);
        EXPECT_EQ(back->nonce, greeting.nonce);
        EXPECT_EQ(back->capabilities, greeting.capabilities);
        EXPECT_EQ(back->collation, greeting.collation);
        EXPECT_EQ(back->status, greeting.status);
        EXPECT_EQ(back->auth_plugin, greeting.auth_plugin);
    }
    EXPECT_TRUE(maria.is_mariadb());
    EXPECT_FALSE(mysql_greeting().is_mariadb());
}

TEST(Greeting, refuses_every_truncation_of_its_fixed_part) {
    std::string out;
    build_greeting(out, mysql_greeting());
    const auto legacy_end = std::size_t{1 + 6 + 4 + 8 + 1 + 2};  // a 3.23 server stops here
    for (std::size_t cut = 0; cut < legacy_end + 16; ++cut) {
        if (cut == legacy_end) continue;
        EXPECT_FALSE(parse_greeting(std::string_view(out).substr(0, cut))) << cut;
    }
}

TEST(Greeting, an_error_instead_is_told_with_its_number) {
    const auto payload = testing::bytes({0xff, 0x10, 0x04}) + "Too many connections";
    auto greeting = parse_greeting(payload);
    ASSERT_FALSE(greeting);
    EXPECT_EQ(greeting.error().code, ErrorCode::server);
    EXPECT_EQ(greeting.error().number, 1040);
    EXPECT_EQ(greeting.error().message, "Too many connections");
}

TEST(Greeting, names_a_wrong_protocol) {
    auto greeting = parse_greeting("+OK\r\n");
    ASSERT_FALSE(greeting);
    EXPECT_NE(greeting.error().message.find("version 43"), std::string::npos) << greeting.error().message;
}

TEST(VersionNumber, knows_both_dialects) {
    EXPECT_EQ(version_number("9.7.0"), 90700U);
    EXPECT_EQ(version_number("8.4.12-commercial"), 80412U);
    EXPECT_EQ(version_number("10.11.6-MariaDB"), 101106U);
    EXPECT_EQ(version_number("5.5.5-10.11.6-MariaDB-1:10.11.6+maria~deb12"), 101106U);
    EXPECT_EQ(version_number("5.5.5-m3"), 50505U);
    EXPECT_EQ(version_number("nonsense"), 0U);
    EXPECT_EQ(version_number("8.0"), 0U);
    EXPECT_EQ(version_number("8.4294967297.1"), 0U);
}

}  // namespace
}  // namespace sabil::mysql
