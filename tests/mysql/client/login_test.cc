#include "mysql/client/login.h"

#include <gtest/gtest.h>

#include "mysql/auth/rsa_key.h"
#include "mysql/auth/scramble.h"
#include "mysql/client/result_reader.h"
#include "mysql/wire/auth_switch_request.h"
#include "mysql/wire/column_definition.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/handshake_response.h"
#include "mysql/wire/ok_packet.h"

namespace sabil::mysql {
namespace {

const std::string nonce = "12345678abcdefghijkl";
const std::string ok("\0\0\0\2\0\0\0", 7);

std::string greeting(Capabilities without = 0, const std::string& plugin = "caching_sha2_password") {
    Greeting g;
    g.server_version = "9.7.0";
    g.nonce = nonce;
    g.capabilities = 0xdfffffffULL & ~without;
    g.auth_plugin = plugin;
    std::string out;
    build_greeting(out, g);
    return out;
}

ConnectOptions options(TlsMode mode = TlsMode::preferred) {
    ConnectOptions o;
    o.user = "sabil";
    o.password = "secret";
    o.database = "news";
    o.tls.mode = mode;
    return o;
}

TEST(Login, takes_the_fast_path) {
    const auto o = options(TlsMode::disabled);
    Login login(o, false);
    auto step = login.on_packet(greeting());
    ASSERT_TRUE(step) << step.error().message;
    auto response = parse_handshake_response(step->send);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->user, "sabil");
    EXPECT_EQ(response->database, "news");
    EXPECT_EQ(response->auth_response, scramble_caching_sha2("secret", nonce));
    EXPECT_EQ(response->attributes, o.attributes);
    step = login.on_packet(std::string("\1\3", 2));
    ASSERT_TRUE(step);
    EXPECT_TRUE(step->send.empty() && !step->done);
    step = login.on_packet(ok);
    ASSERT_TRUE(step);
    EXPECT_TRUE(step->done);
    EXPECT_FALSE(login.on_packet(ok));
}

TEST(Login, encrypts_the_password_on_an_open_connection) {
    auto key = RsaKeyPair::generate();
    const auto o = options(TlsMode::disabled);
    Login login(o, false);
    ASSERT_TRUE(login.on_packet(greeting()));
    auto step = login.on_packet(std::string("\1\4", 2));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->send, "\2");
    step = login.on_packet('\1' + key->public_key_pem());
    ASSERT_TRUE(step);
    EXPECT_EQ(key->decrypt_password(step->send, nonce).value(), "secret");
    EXPECT_TRUE(login.on_packet(ok)->done);
}

TEST(Login, sends_the_password_within_tls) {
    const auto o = options(TlsMode::required);
    Login login(o, false);
    auto step = login.on_packet(greeting());
    ASSERT_TRUE(step);
    EXPECT_TRUE(step->start_tls);
    EXPECT_TRUE(is_ssl_request(step->send));
    EXPECT_FALSE(login.on_packet(ok));
    step = login.after_tls();
    ASSERT_TRUE(step);
    EXPECT_TRUE(has(parse_handshake_response(step->send)->capabilities, capability::ssl));
    step = login.on_packet(std::string("\1\4", 2));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->send, std::string("secret\0", 7));
}

TEST(Login, tls_as_the_options_say) {
    const auto starts = [](TlsMode mode, bool offered, bool local) -> std::string {
        const auto o = options(mode);
        Login login(o, local);
        auto step = login.on_packet(greeting(offered ? 0 : capability::ssl));
        if (!step) return "refused";
        return step->start_tls ? "tls" : "plain";
    };
    EXPECT_EQ(starts(TlsMode::disabled, true, false), "plain");
    EXPECT_EQ(starts(TlsMode::preferred, true, false), "tls");
    EXPECT_EQ(starts(TlsMode::preferred, false, false), "plain");
    EXPECT_EQ(starts(TlsMode::preferred, true, true), "plain");
    EXPECT_EQ(starts(TlsMode::required, true, true), "tls");
    EXPECT_EQ(starts(TlsMode::required, false, false), "refused");
    EXPECT_EQ(starts(TlsMode::verify_identity, false, false), "refused");
}

TEST(Login, follows_a_switch) {
    const auto o = options(TlsMode::disabled);
    Login login(o, false);
    ASSERT_TRUE(login.on_packet(greeting(0, "some_default_of_the_server")));
    std::string request;
    build_auth_switch_request(request, {"mysql_native_password", "ABCDEFGHIJKLMNOPQRST", true});
    auto step = login.on_packet(request);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->send, scramble_native_password("secret", "ABCDEFGHIJKLMNOPQRST"));
    build_auth_switch_request(request = "", {"authentication_windows_client", "x", true});
    step = login.on_packet(request);
    ASSERT_FALSE(step);
    EXPECT_NE(step.error().message.find("authentication_windows_client"), std::string::npos);
}

TEST(Login, an_error_at_any_step_is_told) {
    std::string err;
    build_err(err, {1045, "28000", "Access denied for user"});
    const std::vector<std::string> steps{greeting(), std::string("\1\4", 2), ""};
    for (std::size_t at = 0; at < steps.size(); ++at) {
        const auto o = options(TlsMode::disabled);
        Login login(o, false);
        for (std::size_t i = 0; i < at; ++i) ASSERT_TRUE(login.on_packet(steps[i]));
        auto step = login.on_packet(err);
        ASSERT_FALSE(step);
        EXPECT_EQ(step.error().number, 1045);
        EXPECT_EQ(step.error().code, ErrorCode::denied);
        for (const std::string& bad : {std::string(), std::string("\x55"), std::string("\1"), std::string("\xfe")}) {
            Login other(o, false);
            for (std::size_t i = 0; i < at; ++i) ASSERT_TRUE(other.on_packet(steps[i]));
            EXPECT_FALSE(other.on_packet(bad)) << at;
        }
    }
}

TEST(ResultReader, keeps_the_last_result_with_columns_and_the_limit) {
    std::string column;
    ColumnDefinition definition;
    definition.name = "n";
    build_column_definition(column, definition, 0);
    const std::string end_more("\xfe\0\0\x0a\0\0\0", 7);
    for (const std::size_t limit : {std::size_t{1000}, column.size() + 3}) {
        ResultReader reader(capability::deprecate_eof, limit);
        EXPECT_FALSE(*reader.on_packet("\1"));
        EXPECT_FALSE(*reader.on_packet(column));
        EXPECT_FALSE(*reader.on_packet("\1a"));
        auto next = reader.on_packet(end_more);
        if (limit != 1000) {
            ASSERT_FALSE(next);
            EXPECT_EQ(next.error().code, ErrorCode::out_of_range);
            continue;
        }
        EXPECT_FALSE(*next);
        EXPECT_TRUE(*reader.on_packet(ok));
        const auto result = reader.take();
        EXPECT_EQ(result.at(0, 0), "a");
        EXPECT_EQ(result.columns[0].name, "n");
    }
    ResultReader infile(0, 1000);
    EXPECT_EQ(infile.on_packet("\xfb/etc/passwd").error().code, ErrorCode::unsupported);
    for (const std::string& bad : {std::string(), std::string("\0\1", 2), std::string("\xfd\1\0\1", 4)}) {
        ResultReader reader(0, 1000);
        EXPECT_FALSE(reader.on_packet(bad));
    }
}

TEST(Endpoint, prints_what_one_would_type) {
    Endpoint e;
    EXPECT_EQ(e.to_string(), "127.0.0.1:3306");
    e.host = "::1";
    EXPECT_EQ(e.to_string(), "[::1]:3306");
    e.socket = "/run/s.sock";
    EXPECT_EQ(e.to_string(), "unix:/run/s.sock");
    EXPECT_EQ(parse_tls_mode("verify-identity").value(), TlsMode::verify_identity);
    EXPECT_FALSE(parse_tls_mode("yes"));
}

}  // namespace
}  // namespace sabil::mysql
