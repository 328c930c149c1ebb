#include "mysql/auth/relay.h"

#include <gtest/gtest.h>

#include "mysql/wire/auth_more_data.h"
#include "mysql/wire/auth_switch_request.h"

namespace sabil::mysql {
namespace {

const std::string nonce = "12345678abcdefghijkl";
const std::string sha2 = "caching_sha2_password";
const std::string ok("\0\0\0\2\0\0\0", 7);
const std::string full("\1\4", 2);
const std::string fast("\1\3", 2);
const std::string request_key("\2", 1);
const std::string err = std::string("\xff\x15\x04", 3) + "#28000Access denied";

const RsaKeyPair& own_key() {
    static const auto pair = RsaKeyPair::generate();
    return *pair;
}

Relay relay(bool client_secure, bool server_secure, std::string plugin = sha2) {
    return Relay({client_secure, 0}, {server_secure, 0}, nonce, std::move(plugin), own_key());
}

void expect_one(const Result<Relay::Messages>& messages, Relay::To to, std::string_view payload) {
    ASSERT_TRUE(messages) << messages.error().message;
    ASSERT_EQ(messages->size(), 1U);
    EXPECT_EQ((*messages)[0].to, to);
    EXPECT_EQ((*messages)[0].payload, payload);
}

TEST(Relay, passes_the_fast_path_through) {
    auto r = relay(false, false);
    expect_one(r.from_server(fast), Relay::To::client, fast);
    expect_one(r.from_server(ok), Relay::To::client, ok);
    EXPECT_EQ(r.state(), Relay::State::accepted);
    EXPECT_FALSE(r.from_client("more"));
    EXPECT_FALSE(r.from_server(ok));
}

TEST(Relay, passes_a_refusal_through) {
    auto r = relay(false, false, "mysql_native_password");
    expect_one(r.from_server(err), Relay::To::client, err);
    EXPECT_EQ(r.state(), Relay::State::refused);
}

TEST(Relay, passes_a_switch_through_and_remembers_its_nonce) {
    auto r = relay(false, false);
    std::string request;
    build_auth_switch_request(request, {"mysql_native_password", "ABCDEFGHIJKLMNOPQRST", true});
    expect_one(r.from_server(request), Relay::To::client, request);
    EXPECT_EQ(r.nonce(), "ABCDEFGHIJKLMNOPQRST");
    EXPECT_EQ(r.plugin(), "mysql_native_password");
    expect_one(r.from_client("twenty bytes of hash"), Relay::To::server, "twenty bytes of hash");
    expect_one(r.from_server(ok), Relay::To::client, ok);
}

TEST(Relay, with_equal_transports_the_whole_exchange_is_the_server_s) {
    auto secure = relay(true, true);
    expect_one(secure.from_server(full), Relay::To::client, full);
    const std::string password("secret\0", 7);
    expect_one(secure.from_client(password), Relay::To::server, password);
    auto open = relay(false, false);
    expect_one(open.from_server(full), Relay::To::client, full);
    expect_one(open.from_client(request_key), Relay::To::server, request_key);
    expect_one(open.from_server("\1a public key"), Relay::To::client, "\1a public key");
    expect_one(open.from_client("256 bytes"), Relay::To::server, "256 bytes");
}

TEST(Relay, encrypts_for_a_server_on_an_open_connection) {
    auto server_key = RsaKeyPair::generate();
    auto r = relay(true, false);
    expect_one(r.from_server(full), Relay::To::client, full);
    expect_one(r.from_client(std::string("secret\0", 7)), Relay::To::server, request_key);
    EXPECT_FALSE(relay(true, false).from_client("x").value().empty());
    auto messages = r.from_server('\1' + server_key->public_key_pem());
    ASSERT_TRUE(messages) << messages.error().message;
    ASSERT_EQ(messages->size(), 1U);
    EXPECT_EQ((*messages)[0].to, Relay::To::server);
    EXPECT_EQ(server_key->decrypt_password((*messages)[0].payload, nonce).value(), "secret");
    expect_one(r.from_server(ok), Relay::To::client, ok);
}

TEST(Relay, decrypts_for_a_server_behind_tls) {
    auto r = relay(false, true);
    expect_one(r.from_server(full), Relay::To::client, full);
    expect_one(r.from_client(request_key), Relay::To::client, '\1' + own_key().public_key_pem());
    auto encrypted = encrypt_password("secret", nonce, own_key().public_key_pem());
    expect_one(r.from_client(*encrypted), Relay::To::server, std::string("secret\0", 7));
    expect_one(r.from_server(ok), Relay::To::client, ok);
}

TEST(Relay, a_password_under_another_key_is_refused) {
    auto other = RsaKeyPair::generate();
    auto r = relay(false, true);
    ASSERT_TRUE(r.from_server(full));
    auto refused = r.from_client(*encrypt_password("secret", nonce, other->public_key_pem()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::denied);
}

TEST(Relay, uses_the_nonce_of_the_switch_for_the_password) {
    auto r = relay(false, true, "mysql_native_password");
    std::string request;
    build_auth_switch_request(request, {sha2, "ABCDEFGHIJKLMNOPQRST", true});
    ASSERT_TRUE(r.from_server(request));
    expect_one(r.from_client("hash"), Relay::To::server, "hash");
    ASSERT_TRUE(r.from_server(full));
    ASSERT_TRUE(r.from_client(request_key));
    auto encrypted = encrypt_password("pw", "ABCDEFGHIJKLMNOPQRST", own_key().public_key_pem());
    expect_one(r.from_client(*encrypted), Relay::To::server, std::string("pw\0", 3));
}

TEST(Relay, a_clear_password_does_not_leave_its_protection) {
    std::string request;
    build_auth_switch_request(request, {"mysql_clear_password", "", false});
    auto refused = relay(true, false).from_server(request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::denied);
    EXPECT_TRUE(relay(true, true).from_server(request));
}

TEST(Relay, changes_the_form_of_sha256_passwords_too) {
    std::string request;
    build_auth_switch_request(request, {"sha256_password", nonce, true});
    const std::string request_key_256("\1", 1), password("secret\0", 7), nothing("\0", 1);
    auto open_behind = relay(true, false);
    expect_one(open_behind.from_server(request), Relay::To::client, request);
    expect_one(open_behind.from_client(password), Relay::To::server, request_key_256);
    auto messages = open_behind.from_server('\1' + own_key().public_key_pem());
    ASSERT_TRUE(messages) << messages.error().message;
    EXPECT_EQ(own_key().decrypt_password((*messages)[0].payload, nonce).value(), "secret");
    auto open_in_front = relay(false, true);
    expect_one(open_in_front.from_server(request), Relay::To::client, request);
    expect_one(open_in_front.from_client(request_key_256), Relay::To::client, '\1' + own_key().public_key_pem());
    expect_one(open_in_front.from_client(*encrypt_password("secret", nonce, own_key().public_key_pem())), Relay::To::server, password);
    auto empty = relay(true, false);
    ASSERT_TRUE(empty.from_server(request));
    expect_one(empty.from_client(nothing), Relay::To::server, nothing);
    auto alike = relay(true, true);
    ASSERT_TRUE(alike.from_server(request));
    expect_one(alike.from_client(password), Relay::To::server, password);
}

TEST(Relay, translates_the_ok_for_the_client_s_capabilities) {
    const std::string tracked("\0\0\0\2\x40\0\0\0\4\1\2\1x", 13);
    Relay r({false, 0}, {false, capability::session_track}, nonce, sha2, own_key());
    expect_one(r.from_server(tracked), Relay::To::client, std::string("\0\0\0\2\0\0\0", 7));
}

TEST(Relay, breaks_off_what_does_not_end_or_does_not_fit) {
    auto r = relay(false, false);
    Result<Relay::Messages> last = Relay::Messages{};
    for (unsigned i = 0; i < Relay::round_trips_max && last; ++i) last = r.from_server("\1again");
    EXPECT_TRUE(last);
    EXPECT_FALSE(r.from_server("\1again"));
    EXPECT_FALSE(relay(false, false).from_server(""));
    EXPECT_FALSE(relay(false, false).from_server("\x55"));
    EXPECT_FALSE(relay(false, false).from_server("\xfe"));
    auto s = relay(true, false);
    ASSERT_TRUE(s.from_server(full));
    EXPECT_FALSE(s.from_client("no NUL"));
    auto t = relay(true, false);
    ASSERT_TRUE(t.from_server(full));
    ASSERT_TRUE(t.from_client(std::string("secret\0", 7)));
    EXPECT_FALSE(t.from_client("again"));
    EXPECT_FALSE(t.from_server("\1no key at all"));
}

}  // namespace
}  // namespace sabil::mysql
