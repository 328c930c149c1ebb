#include "mysql/wire/handshake_response.h"

#include <gtest/gtest.h>

#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

HandshakeResponse full_response() {
    HandshakeResponse r;
    r.capabilities = capability::long_password | capability::protocol_41 | capability::secure_connection |
                     capability::plugin_auth | capability::plugin_auth_lenenc_data | capability::connect_with_db |
                     capability::connect_attrs | capability::zstd_compression;
    r.max_packet_bytes = 1U << 30;
    r.collation = 255;
    r.user = "web";
    r.auth_response = std::string("\x01\x00\x03", 3);
    r.database = "news";
    r.auth_plugin = "caching_sha2_password";
    r.attributes = {{"_client_name", "libmysql"}, {"program_name", ""}};
    r.zstd_level = 3;
    return r;
}

void expect_equal(const HandshakeResponse& a, const HandshakeResponse& b) {
    EXPECT_EQ(a.capabilities, b.capabilities);
    EXPECT_EQ(a.max_packet_bytes, b.max_packet_bytes);
    EXPECT_EQ(a.collation, b.collation);
    EXPECT_EQ(a.user, b.user);
    EXPECT_EQ(a.auth_response, b.auth_response);
    EXPECT_EQ(a.database, b.database);
    EXPECT_EQ(a.auth_plugin, b.auth_plugin);
    EXPECT_EQ(a.attributes, b.attributes);
    EXPECT_EQ(a.zstd_level, b.zstd_level);
}

std::string built(const HandshakeResponse& response) {
    std::string out;
    build_handshake_response(out, response);
    return out;
}

TEST(HandshakeResponse, survives_a_round_trip) {
    auto back = parse_handshake_response(built(full_response()));
    ASSERT_TRUE(back) << back.error().message;
    expect_equal(*back, full_response());
}

TEST(HandshakeResponse, carries_mariadb_capabilities_in_the_reserved_bytes) {
    auto response = full_response();
    response.capabilities &= ~capability::long_password;
    response.capabilities |= capability::mariadb_extended_metadata | capability::mariadb_progress;
    const auto out = built(response);
    EXPECT_EQ(out.substr(28, 4), testing::bytes({0x09, 0, 0, 0}));
    auto back = parse_handshake_response(out);
    ASSERT_TRUE(back);
    expect_equal(*back, response);
}

TEST(HandshakeResponse, writes_only_what_the_capabilities_name) {
    auto response = full_response();
    response.capabilities = capability::long_password | capability::protocol_41 | capability::secure_connection;
    EXPECT_EQ(built(response).substr(32), "web" + testing::bytes({0, 3, 1, 0, 3}));
}

TEST(HandshakeResponse, accepts_clients_that_leave_out_what_they_announce) {
    auto response = full_response();
    const auto all = built(response);
    const auto head = std::size_t{32 + 4 + 4};  // up to and with the answer
    auto back = parse_handshake_response(std::string_view(all).substr(0, head));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->database, "");
    auto no_nul = parse_handshake_response(std::string_view(all).substr(0, head + 4));
    ASSERT_TRUE(no_nul) << no_nul.error().message;
    EXPECT_EQ(no_nul->database, "news");
}

TEST(HandshakeResponse, refuses_truncation_before_the_answer_ends) {
    const auto all = built(full_response());
    for (std::size_t cut = 0; cut < 32 + 4 + 4; ++cut) {
        EXPECT_FALSE(parse_handshake_response(std::string_view(all).substr(0, cut))) << cut;
    }
}

TEST(HandshakeResponse, refuses_the_protocol_before_4_1) {
    auto response = parse_handshake_response(testing::bytes({0x85, 0x01, 0, 0, 0}) + "root");
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unsupported);
}

TEST(SslRequest, is_the_first_32_bytes) {
    auto response = full_response();
    response.capabilities |= capability::ssl;
    std::string request;
    build_ssl_request(request, response);
    EXPECT_EQ(request, built(response).substr(0, 32));
    EXPECT_TRUE(is_ssl_request(request));
    EXPECT_FALSE(is_ssl_request(built(response)));
    EXPECT_FALSE(is_ssl_request(built(full_response()).substr(0, 32)));
    auto back = parse_ssl_request(request);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->capabilities, response.capabilities);
}

TEST(ConnectAttributes, refuses_a_value_that_is_cut) {
    EXPECT_FALSE(parse_connect_attributes(testing::bytes({1, 'a', 5, 'b'})));
    EXPECT_FALSE(parse_connect_attributes(testing::bytes({1, 'a'})));
    EXPECT_FALSE(parse_connect_attributes(std::string(connect_attributes_bytes_max + 1, '\0')));
    EXPECT_TRUE(parse_connect_attributes(""));
}

}  // namespace
}  // namespace sabil::mysql
