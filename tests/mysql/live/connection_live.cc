#include <gtest/gtest.h>

#include "mysql/binlog/probe.h"
#include "mysql/client/connection.h"
#include "tests/mysql/live/server.h"

namespace sabil::mysql {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ConnectionLive : public ::testing::TestWithParam<const live::Server& (*)()> {
  protected:
    const live::Server& server() const { return GetParam()(); }
    Result<void> connect(const ConnectOptions& options) {
        Result<void> out = fail(ErrorCode::timeout, "no answer");
        bool done = false;
        connection.async_connect(options, [&](Result<void> result) {
            out = std::move(result);
            done = true;
        });
        EXPECT_TRUE(live::run_until(io, done));
        return out;
    }
    Result<QueryResult> query(const std::string& text, milliseconds limit = seconds(10), std::size_t bytes = 1 << 20) {
        Result<QueryResult> out = fail(ErrorCode::timeout, "no answer");
        bool done = false;
        connection.async_query(text, limit, bytes, [&](Result<QueryResult> result) {
            out = std::move(result);
            done = true;
        });
        EXPECT_TRUE(live::run_until(io, done));
        return out;
    }
    void expect_login(const ConnectOptions& options) {
        auto connected = connect(options);
        ASSERT_TRUE(connected) << connected.error().message;
        auto user = query("SELECT CURRENT_USER()");
        ASSERT_TRUE(user) << user.error().message;
        EXPECT_TRUE(user->at(0, 0)->starts_with(options.user));
    }
    asio::io_context io;
    Connection connection{io};
};

TEST_P(ConnectionLive, logs_in_over_tcp_and_socket) {
    expect_login(server().sabil());
    EXPECT_EQ(connection.greeting().is_mariadb(), server().mariadb());
    EXPECT_EQ(connection.tls(), !server().mariadb());  // MySQL makes a certificate, MariaDB 10.11 has none
    expect_login(server().root());
    EXPECT_TRUE(connection.secure());
    EXPECT_FALSE(connection.tls());
}

TEST_P(ConnectionLive, logs_in_without_tls) {
    auto options = server().sabil();
    options.tls.mode = TlsMode::disabled;
    // FLUSH empties caching_sha2_password's memory of the account, so that the key exchange runs; then the fast path.
    live::Root(server()).sql("FLUSH PRIVILEGES");
    expect_login(options);
    EXPECT_FALSE(connection.secure());
    expect_login(options);
}

// What the server has closed is closed here too: who asks again hears of it at once, not when its limit has passed.
TEST_P(ConnectionLive, a_lost_transport_is_closed) {
    for (const auto& options : {server().sabil(), server().root()}) {
        ASSERT_TRUE(connect(options));
        auto id = query("SELECT CONNECTION_ID()");
        ASSERT_TRUE(id) << id.error().message;
        live::Root(server()).sql("KILL " + std::string(*id->at(0, 0)));
        auto lost = query("SELECT 1");
        ASSERT_FALSE(lost);
        // The server may have had the time to say why before it closed; whoever asks next meets the end.
        if (lost.error().code != ErrorCode::unavailable) lost = query("SELECT 1");
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().code, ErrorCode::unavailable);
        EXPECT_FALSE(connection.open());
        const auto asked = std::chrono::steady_clock::now();
        EXPECT_FALSE(query("SELECT 1"));
        EXPECT_LT(std::chrono::steady_clock::now() - asked, seconds(1));
    }
}

TEST_P(ConnectionLive, reads_results) {
    auto options = server().sabil();
    ASSERT_TRUE(connect(options));
    auto result = query("SELECT 1 AS one, NULL, 'text', REPEAT('x', 70000); SELECT 2; DO 1");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->at(0, 0), "2");
    result = query("SELECT 1 AS one, NULL, REPEAT('x', 70000) UNION ALL SELECT 2, 'b', ''");
    ASSERT_TRUE(result);
    ASSERT_EQ(result->rows.size(), 2U);
    EXPECT_EQ(result->columns[0].name, "one");
    EXPECT_EQ(result->at(0, 1), std::nullopt);
    EXPECT_EQ(result->at(0, 2)->size(), 70000U);
    EXPECT_EQ(result->at(1, 2), "");
    EXPECT_EQ(result->at(2, 0), std::nullopt);
}

TEST_P(ConnectionLive, tells_a_server_s_error_and_stays_open) {
    ASSERT_TRUE(connect(server().sabil()));
    auto result = query("SELEC 1");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::server);
    EXPECT_EQ(result.error().number, 1064);
    EXPECT_TRUE(query("SELECT 1"));
    result = query("SELECT 1; SELECT nowhere; SELECT 2");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().number, 1054);
    EXPECT_TRUE(query("SELECT 1"));
}

TEST_P(ConnectionLive, every_wait_has_a_limit) {
    ASSERT_TRUE(connect(server().sabil()));
    const auto begin = std::chrono::steady_clock::now();
    auto result = query("SELECT SLEEP(5)", milliseconds(200));
    const auto took = std::chrono::steady_clock::now() - begin;
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::timeout);
    EXPECT_LT(took, seconds(2));
    EXPECT_FALSE(connection.open());
    EXPECT_EQ(query("SELECT 1").error().code, ErrorCode::unavailable);
    expect_login(server().sabil());
}

TEST_P(ConnectionLive, a_result_over_the_limit_closes) {
    ASSERT_TRUE(connect(server().sabil()));
    auto result = query("SELECT REPEAT('x', 100000)", seconds(5), 50000);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::out_of_range);
    EXPECT_FALSE(connection.open());
}

TEST_P(ConnectionLive, errors_name_what_is_wrong) {
    auto options = server().sabil();
    options.password = "wrong";
    auto refused = connect(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::denied);
    EXPECT_EQ(refused.error().number, 1045);
    EXPECT_NE(refused.error().message.find("sabil"), std::string::npos);

    options = server().sabil();
    options.database = "not_there";
    refused = connect(options);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().number == 1049 || refused.error().number == 1044) << refused.error().message;

    options = server().sabil();
    options.endpoint.port = 1;
    refused = connect(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("127.0.0.1:1"), std::string::npos) << refused.error().message;

    options.endpoint.socket = "/nowhere/mysqld.sock";
    refused = connect(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);

    options = server().sabil();
    options.tls.ca = "/nowhere/ca.pem";
    options.tls.mode = TlsMode::verify_identity;
    refused = connect(options);
    ASSERT_FALSE(refused);
    const std::string named = server().mariadb() ? "has no TLS" : "/nowhere/ca.pem";
    EXPECT_NE(refused.error().message.find(named), std::string::npos) << refused.error().message;
}

TEST_P(ConnectionLive, an_unsuitable_certificate_is_refused) {
    if (server().mariadb()) return;  // it has no TLS, see above
    auto options = server().sabil();
    options.tls.mode = TlsMode::verify_identity;
    auto refused = connect(options);  // self-signed, and in nobody's store
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::denied) << refused.error().message;
    options.tls.mode = TlsMode::required;
    expect_login(options);
    EXPECT_TRUE(connection.tls());
}

TEST_P(ConnectionLive, tells_who_the_server_is_and_how_it_is_set) {
    ASSERT_TRUE(connect(server().root()));
    bool done = false;
    binlog::read_server_identity(connection, seconds(5), [&](Result<ServerIdentity> identity) {
        ASSERT_TRUE(identity) << identity.error().message;
        EXPECT_EQ(identity->kind, server().mariadb() ? ServerKind::mariadb : ServerKind::mysql);
        EXPECT_GE(identity->server_id, 100U);
        EXPECT_FALSE(identity->server_uuid.empty());
        EXPECT_GT(identity->start_time, 1'700'000'000);
        EXPECT_GT(identity->version_number, 90000U);
        EXPECT_TRUE(identity->same_process(*identity));
        EXPECT_GT(identity->connection_id, 0U);
        done = true;
    });
    ASSERT_TRUE(live::run_until(io, done));
    done = false;
    binlog::read_server_settings(connection, seconds(5), [&](Result<binlog::ServerSettings> settings) {
        ASSERT_TRUE(settings) << settings.error().message;
        EXPECT_TRUE(settings->log_bin);
        EXPECT_EQ(settings->binlog_format, "ROW");
        EXPECT_EQ(settings->binlog_row_image, "FULL");
        EXPECT_EQ(settings->gtid_mode, server().mariadb() ? "" : "ON");
        EXPECT_TRUE(settings->sees_binlog_status);
        done = true;
    });
    ASSERT_TRUE(live::run_until(io, done));
}

TEST_P(ConnectionLive, reads_the_watermark) {
    ASSERT_TRUE(connect(server().sabil()));
    bool done = false;
    binlog::BinlogPosition snapshot;
    binlog::MysqlGtidSet executed;
    if (server().mariadb()) {
        binlog::read_snapshot_position(connection, seconds(5), [&](Result<binlog::BinlogPosition> position) {
            ASSERT_TRUE(position) << position.error().message;
            snapshot = *position;
            done = true;
        });
        ASSERT_TRUE(live::run_until(io, done));
        EXPECT_GT(snapshot.offset, 4U);
        done = false;
        binlog::read_binlog_end(connection, seconds(5), [&](Result<binlog::BinlogEnd> end) {
            ASSERT_TRUE(end) << end.error().message;
            EXPECT_GE(end->position, snapshot);
            EXPECT_FALSE(end->gtid_position.empty());
            done = true;
        });
    } else {
        binlog::read_gtid_executed(connection, seconds(5), [&](Result<binlog::MysqlGtidSet> set) {
            ASSERT_TRUE(set) << set.error().message;
            executed = *set;
            done = true;
        });
        ASSERT_TRUE(live::run_until(io, done));
        EXPECT_FALSE(executed.empty());
        done = false;
        binlog::read_binlog_end(connection, seconds(5), [&](Result<binlog::BinlogEnd> end) {
            ASSERT_TRUE(end) << end.error().message;
            EXPECT_TRUE(end->gtid_executed.contains(executed))
                << end->gtid_executed.to_string() << " " << executed.to_string();
            done = true;
        });
    }
    ASSERT_TRUE(live::run_until(io, done));
}

INSTANTIATE_TEST_SUITE_P(Servers, ConnectionLive, ::testing::Values(&live::mariadb, &live::mysql),
                         [](const auto& which) { return which.index == 0 ? "mariadb" : "mysql"; });

TEST(AccountsLive, ed25519_logs_in) {
    live::Root root(live::mariadb());
    root.sql("INSTALL SONAME 'auth_ed25519'");
    root.sql(
        "CREATE OR REPLACE USER 'curve'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('a longer secret than 32 bytes, by "
        "far')");
    auto options = live::mariadb().sabil();
    options.user = "curve";
    options.password = "a longer secret than 32 bytes, by far";
    asio::io_context io;
    Connection connection(io);
    for (const bool right : {true, false}) {
        bool done = false;
        if (!right) options.password = "wrong";
        connection.async_connect(options, [&](Result<void> result) {
            EXPECT_EQ(result.has_value(), right) << (result ? "" : result.error().message);
            done = true;
        });
        ASSERT_TRUE(live::run_until(io, done));
    }
    root.sql("DROP USER 'curve'@'%'");
    root.sql("UNINSTALL SONAME 'auth_ed25519'");
}

}  // namespace
}  // namespace sabil::mysql
