// The response tracker over real answers, in small pieces: it must end exactly where the server's answer ends, which a
// ping behind each command shows.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mysql/wire/auth_switch_request.h"
#include "mysql/wire/column_definition.h"
#include "mysql/wire/execute_request.h"
#include "mysql/wire/greeting.h"
#include "mysql/wire/handshake_response.h"
#include "mysql/wire/ok_packet.h"
#include "mysql/wire/query_request.h"
#include "mysql/wire/response_tracker.h"
#include "tests/mysql/live/server.h"

namespace sabil::mysql {
namespace {

constexpr Capabilities base = capability::protocol_41 | capability::secure_connection | capability::plugin_auth |
                              capability::plugin_auth_lenenc_data | capability::transactions |
                              capability::multi_statements | capability::multi_results | capability::ps_multi_results |
                              capability::local_files | capability::long_flag;

// A blocking client over the Unix socket; root has no password, so every plugin's answer is empty.
class RawClient {
  public:
    RawClient(const live::Server& server, Capabilities wanted) {
        descriptor_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        server.socket.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        auto greeting = parse_greeting(packet());
        EXPECT_TRUE(greeting);
        HandshakeResponse response;
        // MariaDB's extended flags are read only where long_password is absent; MySQL wants it.
        capabilities = wanted & (greeting->capabilities | capability::long_password);
        response.capabilities = capabilities;
        response.user = "root";
        response.auth_plugin = greeting->auth_plugin;
        std::string payload;
        build_handshake_response(payload, response);
        send(payload, 1);
        for (;;) {
            const auto answer = packet();
            if (!answer.empty() && static_cast<unsigned char>(answer[0]) == 0xfe) {
                send("", static_cast<std::uint8_t>(last_ + 1));
            } else if (!answer.empty() && answer[0] == 0x00) {
                break;
            } else if (answer.empty() || answer[0] != 0x01) {
                ADD_FAILURE() << "login: " << answer;
                break;
            }
        }
    }
    ~RawClient() { ::close(descriptor_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // Sends a command, follows its answer in pieces of `step` bytes, then proves by a ping that nothing is left over.
    ResponseSummary run(const std::string& payload, std::size_t step = 3) {
        std::uint8_t sequence = 0;
        send(payload, sequence);
        ResponseTracker tracker;
        tracker.start(static_cast<Command>(payload.front()), capabilities);
        answer_.clear();
        bool file_sent = false;
        while (!tracker.done()) {
            if (!file_sent && tracker.client_turn() && tracker.local_infile()) {
                file_sent = true;
                send("1\n2\n3\n", static_cast<std::uint8_t>(last_sequence() + 1));
                send("", static_cast<std::uint8_t>(last_sequence() + 2));
            }
            if (!fill()) break;
            const auto piece = std::string_view(buffer_).substr(0, step);
            auto consumed = tracker.consume(piece);
            if (!consumed) {
                ADD_FAILURE() << consumed.error().message;
                break;
            }
            answer_.append(piece.substr(0, *consumed));
            buffer_.erase(0, *consumed);
            if (*consumed < piece.size() && !tracker.done()) {
                ADD_FAILURE() << "the tracker stopped within an answer";
                break;
            }
        }
        EXPECT_TRUE(tracker.done()) << "after " << payload;
        EXPECT_TRUE(buffer_.empty()) << "left over after " << payload;
        send(std::string(1, static_cast<char>(Command::ping)), 0);
        const auto pong = packet();
        EXPECT_TRUE(!pong.empty() && pong[0] == 0x00) << "no ping after " << payload;
        return tracker.summary();
    }
    ResponseSummary query(const std::string& text, std::size_t step = 3) {
        std::string payload;
        EXPECT_TRUE(build_query(payload, text, capabilities));
        return run(payload, step);
    }
    const std::string& answer() const { return answer_; }
    Capabilities capabilities = 0;

  private:
    std::uint8_t last_sequence() const {
        // Of the last frame in the answer.
        std::uint8_t sequence = 0;
        for (std::size_t at = 0; at + 4 <= answer_.size();) {
            const auto header = read_frame_header(answer_.data() + at);
            sequence = header.sequence;
            at += 4 + header.length;
        }
        return sequence;
    }
    void send(const std::string& payload, std::uint8_t sequence) {
        std::string out;
        append_packet(out, sequence, payload);
        EXPECT_EQ(::send(descriptor_, out.data(), out.size(), MSG_NOSIGNAL), static_cast<ssize_t>(out.size()));
    }
    bool fill() {
        if (!buffer_.empty()) return true;
        pollfd wait{descriptor_, POLLIN, 0};
        char bytes[16384];
        if (::poll(&wait, 1, 10000) != 1) {
            ADD_FAILURE() << "the server sends nothing more";
            return false;
        }
        const auto got = ::read(descriptor_, bytes, sizeof bytes);
        if (got <= 0) return false;
        buffer_.assign(bytes, static_cast<std::size_t>(got));
        return true;
    }
    std::string packet() {
        PacketAssembler assembler(1 << 20);
        while (fill()) {
            std::string_view in = buffer_;
            auto packet = assembler.next(in);
            if (!packet) break;
            std::string payload;
            if (*packet) {
                payload = (*packet)->payload;
                last_ = (*packet)->last_sequence;
            }
            const bool whole = packet->has_value();
            buffer_.erase(0, buffer_.size() - in.size());
            if (whole) return payload;
        }
        return {};
    }

    int descriptor_ = -1;
    std::string buffer_;
    std::string answer_;
    std::uint8_t last_ = 0;
};

class TrackerLive : public ::testing::TestWithParam<const live::Server& (*)()> {
  protected:
    const live::Server& server() const { return GetParam()(); }
    std::vector<Capabilities> sets() const {
        std::vector<Capabilities> out{
            base | capability::long_password, base | capability::long_password | capability::deprecate_eof,
            base | capability::long_password | capability::deprecate_eof | capability::session_track,
            base | capability::long_password | capability::session_track};
        if (server().mariadb()) {
            out.push_back(base | capability::mariadb_extended_metadata | capability::mariadb_cache_metadata);
            out.push_back(base | capability::deprecate_eof | capability::mariadb_extended_metadata |
                          capability::mariadb_cache_metadata | capability::mariadb_progress);
        } else {
            out.push_back(base | capability::long_password | capability::deprecate_eof |
                          capability::optional_resultset_metadata);
            out.push_back(base | capability::long_password | capability::optional_resultset_metadata |
                          capability::query_attributes);
        }
        return out;
    }
};

TEST_P(TrackerLive, follows_text_answers) {
    live::Root(server()).sql("SET GLOBAL local_infile = 1");
    for (const auto set : sets()) {
        RawClient client(server(), set);
        EXPECT_EQ(client.query("CREATE DATABASE IF NOT EXISTS tracker_live").results, 1U);
        EXPECT_EQ(client.query("USE tracker_live").failed, false);
        client.query("DROP TABLE IF EXISTS t");
        client.query("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v LONGTEXT)");
        const auto insert = client.query("INSERT INTO t (v) VALUES ('a'), (NULL), (REPEAT('x', 100000))", 1000);
        EXPECT_EQ(insert.affected_rows, 3U);
        EXPECT_EQ(insert.last_insert_id, 1U);
        for (const std::size_t step : {1U, 7U, 100000U}) {
            const auto rows = client.query("SELECT id, v, 1.5, NULL FROM t", step);
            EXPECT_EQ(rows.rows, 3U);
            EXPECT_EQ(rows.columns, 4U);
        }
        EXPECT_EQ(client.query("SELECT 1 FROM t WHERE id = 77").rows, 0U);
        const auto several = client.query("SELECT 1; UPDATE t SET v = 'b'; SELECT id FROM t; DO 1");
        EXPECT_EQ(several.results, 4U);
        EXPECT_EQ(several.resultsets, 2U);
        const auto failed = client.query("SELECT 1; SELECT nowhere; SELECT 2");
        EXPECT_TRUE(failed.failed);
        EXPECT_EQ(failed.error_number, 1054);
        EXPECT_EQ(failed.error_sql_state, "42S22");
        EXPECT_TRUE(client.query("SELECT CAST('x' AS SIGNED)").warned);
        EXPECT_EQ(client.query("LOAD DATA LOCAL INFILE '/nowhere' INTO TABLE t (v)").affected_rows, 3U);
        client.query("DROP PROCEDURE IF EXISTS p");
        client.query("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2, 3 UNION SELECT 4, 5; END");
        const auto called = client.query("CALL p()");
        EXPECT_EQ(called.resultsets, 2U);
        EXPECT_EQ(called.results, 3U);
        if (has(client.capabilities, capability::session_track)) {
            const auto tracked = client.query("USE mysql");
            EXPECT_FALSE(tracked.session_state.empty());
        }
    }
}

TEST_P(TrackerLive, follows_prepared_statements_and_cursors) {
    for (const auto set : sets()) {
        RawClient client(server(), set);
        const auto prepare = [&](const std::string& text) {
            const auto s = client.run(static_cast<char>(Command::stmt_prepare) + text);
            EXPECT_FALSE(s.failed) << s.error_message;
            return s.prepared;
        };
        const auto execute = [&](const PrepareOk& statement, std::uint8_t flags, std::vector<Parameter> parameters) {
            ExecuteRequest request;
            request.statement_id = statement.statement_id;
            request.flags = flags;
            request.attributes_begin = parameters.size();
            request.parameters = std::move(parameters);
            std::string payload;
            EXPECT_TRUE(build_execute(payload, request, client.capabilities));
            return client.run(payload);
        };
        const Parameter five{"", {ColumnType::long_long, false}, std::int64_t{5}, false};
        const auto select = prepare("SELECT ?, 'x' UNION ALL SELECT 7, 'y'");
        EXPECT_EQ(select.parameters, 1);
        EXPECT_EQ(select.columns, 2);
        for (int i = 0; i < 2; ++i) EXPECT_EQ(execute(select, 0, {five}).rows, 2U);
        const auto open = execute(select, cursor_flag::read_only, {five});
        EXPECT_EQ(open.rows, 0U);
        EXPECT_NE(open.status & status::cursor_exists, 0);
        std::string fetch(1, static_cast<char>(Command::stmt_fetch));
        ByteWriter w(fetch);
        w.u32(select.statement_id);
        w.u32(1);
        EXPECT_EQ(client.run(fetch).rows, 1U);
        const auto last = client.run(fetch);
        EXPECT_EQ(last.rows, 1U);
        std::string reset(1, static_cast<char>(Command::stmt_reset));
        ByteWriter(reset).u32(select.statement_id);
        EXPECT_FALSE(client.run(reset).failed);
        EXPECT_EQ(execute(prepare("DO ?"), 0, {five}).results, 1U);
        prepare("SELECT 1, 2, 3");
        EXPECT_TRUE(client.run(static_cast<char>(Command::stmt_prepare) + std::string("SELEC")).failed);
        std::string unknown(1, static_cast<char>(Command::stmt_execute));
        ByteWriter u(unknown);
        u.u32(99999);
        u.zeros(5);
        EXPECT_TRUE(client.run(unknown).failed);
    }
}

TEST_P(TrackerLive, follows_the_other_commands) {
    for (const auto set : sets()) {
        RawClient client(server(), set);
        EXPECT_FALSE(client.run(static_cast<char>(Command::init_db) + std::string("mysql")).failed);
        EXPECT_TRUE(client.run(static_cast<char>(Command::init_db) + std::string("not_there")).failed);
        EXPECT_EQ(client.run(std::string(1, static_cast<char>(Command::statistics))).results, 1U);
        EXPECT_FALSE(client.run(std::string("\x1b\x01\x00", 3)).failed);  // set_option: no multi-statements
        client.run(static_cast<char>(Command::field_list) + std::string("user\0", 5));
        EXPECT_FALSE(client.run(std::string(1, static_cast<char>(Command::reset_connection))).failed);
        client.run(std::string(1, static_cast<char>(Command::process_info)));
        client.run(std::string(1, static_cast<char>(Command::debug)));
        client.run(std::string(1, '\x55'));  // no such command
        client.query("SET SESSION max_statement_time = 0, sql_mode = ''");
    }
}

// A metadata choice that only MySQL has.
TEST(TrackerMysqlLive, follows_results_without_their_definitions) {
    for (const auto eof : {Capabilities{0}, capability::deprecate_eof}) {
        RawClient client(live::mysql(),
                         base | capability::long_password | eof | capability::optional_resultset_metadata);
        client.query("SET SESSION resultset_metadata = NONE");
        const auto rows = client.query("SELECT 1, 2 UNION SELECT 3, 4");
        EXPECT_EQ(rows.rows, 2U);
        EXPECT_EQ(rows.columns, 2U);
        const auto prepared = client.run(static_cast<char>(Command::stmt_prepare) + std::string("SELECT ?, 1"));
        EXPECT_EQ(prepared.prepared.columns, 2);
    }
}

INSTANTIATE_TEST_SUITE_P(Servers, TrackerLive, ::testing::Values(&live::mariadb, &live::mysql),
                         [](const auto& which) { return which.index == 0 ? "mariadb" : "mysql"; });

}  // namespace
}  // namespace sabil::mysql
