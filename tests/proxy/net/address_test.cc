#include "proxy/net/address.h"

#include <gtest/gtest.h>

namespace sabil::proxy::net {
namespace {

TEST(Address, ReadsWhatUsersWrite) {
    auto tcp = parse_address("127.0.0.1:6379");
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->host, "127.0.0.1");
    EXPECT_EQ(tcp->port, 6379);
    EXPECT_EQ(tcp->text(), "127.0.0.1:6379");
    auto v6 = parse_address("[::1]:0");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->text(), "[::1]:0");
    auto socket = parse_address("unix:/run/sabil.sock");
    ASSERT_TRUE(socket);
    EXPECT_TRUE(socket->is_unix());
    EXPECT_EQ(socket->text(), "unix:/run/sabil.sock");
    EXPECT_EQ(parse_address(":6379")->host, "");
}

TEST(Address, RefusesOthersNamingThem) {
    for (auto text : {"", "localhost", "host:", "host:x", "host:65536", "::1:6379", "unix:"}) {
        auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().code, ErrorCode::invalid);
        EXPECT_NE(address.error().message.find("'" + std::string(text) + "'"), std::string::npos);
    }
    EXPECT_FALSE(parse_address("unix:/" + std::string(200, 'a')));
}

}  // namespace
}  // namespace sabil::proxy::net
