// The dump connection's ends: silence, stop, refusals, a server that goes.
#include <gtest/gtest.h>

#include "mysql/binlog/probe.h"
#include "tests/mysql/live/recorder.h"

namespace sabil::mysql {
namespace {

using binlog::BinlogPosition;
using live::Recorder;
using std::chrono::milliseconds;
using std::chrono::seconds;

class DumpLive : public ::testing::TestWithParam<const live::Server& (*)()> {
  protected:
    const live::Server& server() const { return GetParam()(); }
    BinlogPosition end_of_binlog() {
        live::Root root(server());
        const auto status = root.sql(server().mariadb() ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
        return {std::string(*status.at(0, 0)), std::stoull(std::string(*status.at(0, 1)))};
    }
    binlog::DumpOptions options() const {
        binlog::DumpOptions out;
        out.connect = server().sabil();
        out.replica_id = 4711;
        out.heartbeat_period = milliseconds(100);
        return out;
    }
    // Runs until the dump is lost, or `until` holds.
    template <class Until>
    std::optional<Error> follow(const binlog::DumpOptions& with, binlog::DumpStart from, Until until) {
        binlog::DumpClient client(io, with, recorder);
        std::optional<Error> error;
        client.start(
            std::move(from),
            [&](const ServerIdentity& who) { return on_connected ? on_connected(who) : Result<void>{}; },
            [&](const Error& why) { error = why; });
        const auto end = std::chrono::steady_clock::now() + seconds(15);
        while (!error && !until(client) && std::chrono::steady_clock::now() < end) io.run_one_for(milliseconds(20));
        EXPECT_EQ(client.running(), !error);
        return error;
    }
    asio::io_context io;
    Recorder recorder;
    binlog::DumpClient::OnConnected on_connected;
};

TEST_P(DumpLive, hears_heartbeats) {
    const auto error = follow(options(), end_of_binlog(), [&](auto&) { return recorder.heartbeats >= 3; });
    EXPECT_FALSE(error) << error->message;
    EXPECT_TRUE(recorder.unknown.empty());
}

TEST_P(DumpLive, silence_is_a_loss) {
    auto with = options();
    with.heartbeat_period = seconds(60);
    with.silence_limit = milliseconds(300);
    const auto error = follow(with, end_of_binlog(), [](auto&) { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::timeout) << error->message;
}

TEST_P(DumpLive, a_stop_is_told_once) {
    int stops = 0;
    const auto error = follow(options(), end_of_binlog(), [&](auto& client) {
        if (recorder.heartbeats > 0 && stops++ == 0) client.stop();
        return false;
    });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::unavailable);
}

TEST_P(DumpLive, a_position_that_is_gone_is_refused_with_the_server_s_number) {
    const auto error = follow(options(), BinlogPosition{"binlog.999999", 4}, [](auto&) { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->number, 1236) << error->message;
    EXPECT_EQ(error->code, ErrorCode::server);
    const auto beyond =
        follow(options(), BinlogPosition{end_of_binlog().file, std::uint64_t{1} << 33}, [](auto&) { return false; });
    ASSERT_TRUE(beyond);
    EXPECT_EQ(beyond->code, ErrorCode::out_of_range);
}

TEST_P(DumpLive, a_position_within_an_event_is_an_error_and_not_a_guess) {
    auto from = end_of_binlog();
    live::Root(server()).sql("CREATE DATABASE IF NOT EXISTS dump_live");
    from.offset += 7;
    const auto error = follow(options(), from, [](auto&) { return false; });
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->code == ErrorCode::server || error->code == ErrorCode::protocol) << error->message;
}

TEST_P(DumpLive, the_owner_may_refuse_the_server) {
    on_connected = [&](const ServerIdentity& who) -> Result<void> {
        EXPECT_EQ(who.kind, server().mariadb() ? ServerKind::mariadb : ServerKind::mysql);
        return fail(ErrorCode::denied, "another server");
    };
    const auto error = follow(options(), end_of_binlog(), [](auto&) { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message, "another server");
}

TEST_P(DumpLive, a_missing_grant_is_named) {
    live::Root root(server());
    root.sql("CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON *.* TO 'reader'@'%'");
    auto with = options();
    with.connect.user = "reader";
    const auto error = follow(with, end_of_binlog(), [](auto&) { return false; });
    ASSERT_TRUE(error);
    EXPECT_NE(error->message.find("GRANT REPLICATION SLAVE"), std::string::npos)
        << error->number << " " << error->message;
    root.sql("DROP USER 'reader'@'%'");
}

TEST_P(DumpLive, a_killed_connection_is_told_and_can_be_started_anew) {
    live::Root root(server());
    const auto kill = [&] {
        const auto list = root.sql(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%' AND USER = 'sabil'");
        for (std::size_t row = 0; row < list.rows.size(); ++row) root.try_sql("KILL " + std::string(*list.at(row, 0)));
    };
    int kills = 0;
    const auto error = follow(options(), end_of_binlog(), [&](auto&) {
        if (recorder.heartbeats > 0 && kills++ == 0) kill();
        return false;
    });
    ASSERT_TRUE(error);
    EXPECT_NE(error->code, ErrorCode::timeout) << error->message;
    recorder.heartbeats = 0;
    EXPECT_FALSE(follow(options(), end_of_binlog(), [&](auto&) { return recorder.heartbeats > 0; }));
}

TEST_P(DumpLive, reads_an_event_of_over_16_mb) {
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS dump_live; DROP TABLE IF EXISTS dump_live.marker, dump_live.big");
    root.sql("CREATE TABLE dump_live.big (id INT, b LONGBLOB); CREATE TABLE dump_live.marker (n INT)");
    root.sql("SET GLOBAL max_allowed_packet = 67108864");
    const auto from = end_of_binlog();
    live::Root writer(server());
    writer.sql("INSERT INTO dump_live.big VALUES (1, REPEAT(REPEAT('z', 1000), 17000)), (2, 'x')");
    writer.sql("INSERT INTO dump_live.marker VALUES (1)");
    live::record(server(), from, "dump_live.marker", recorder);
    ASSERT_GE(recorder.rows.size(), 2U);
    EXPECT_EQ(recorder.rows[0].after[2], std::string(17000000, 'z'));
    EXPECT_EQ(recorder.rows[1].after[2], "x");
    root.sql("DROP TABLE dump_live.big");

    auto with = options();
    with.event_bytes_max = 1 << 20;
    const auto error = follow(with, from, [](auto&) { return false; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::out_of_range) << error->message;
}

INSTANTIATE_TEST_SUITE_P(Servers, DumpLive, ::testing::Values(&live::mariadb, &live::mysql),
                         [](const auto& which) { return which.index == 0 ? "mariadb" : "mysql"; });

}  // namespace
}  // namespace sabil::mysql
