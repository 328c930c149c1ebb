#include "mysql/binlog/probe.h"

#include <charconv>
#include <memory>
#include <utility>

namespace sabil::mysql::binlog {

namespace {

using Milliseconds = std::chrono::milliseconds;
constexpr std::size_t answer_bytes_max = 16U << 20;  // a GTID set may be long

template <class T>
T number_in(const QueryResult& result, std::size_t row, std::size_t column) {
    T value{};
    if (auto text = result.at(row, column)) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
}

std::string text_in(const QueryResult& result, std::size_t row, std::size_t column) {
    return std::string(result.at(row, column).value_or(""));
}

std::string upper(std::string text) {
    for (auto& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
}

bool is_on(const std::string& text) {
    return text == "1" || upper(text) == "ON";
}

// SHOW MASTER STATUS went away in MySQL 8.4; its successor came in 8.2.
const char* status_statement(const Connection& connection) {
    const auto& greeting = connection.greeting();
    const bool renamed = !greeting.is_mariadb() && version_number(greeting.server_version) >= 80200;
    return renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

// Runs `text` and hands its result to `then`; an error goes to `done`.
template <class T, class Then>
void ask(Connection& connection, std::string text, Milliseconds limit, std::function<void(Result<T>)> done, Then then) {
    connection.async_query(std::move(text), limit, answer_bytes_max,
                           [done = std::move(done), then = std::move(then)](Result<QueryResult> result) {
                               if (!result) return done(tl::unexpected(result.error()));
                               then(*result, done);
                           });
}

ServerIdentity identity_in(const QueryResult& result, ServerKind kind) {
    ServerIdentity identity;
    identity.kind = kind;
    identity.version = text_in(result, 0, 0);
    identity.version_number = version_number(identity.version);
    identity.server_id = number_in<std::uint32_t>(result, 0, 1);
    identity.server_uuid = text_in(result, 0, 2);
    identity.start_time = number_in<std::int64_t>(result, 0, 3);
    identity.connection_id = number_in<std::uint64_t>(result, 0, 4);
    return identity;
}

ServerSettings settings_in(const QueryResult& result) {
    ServerSettings settings;
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
        const auto name = result.at(row, 0).value_or("");
        auto value = text_in(result, row, 1);
        if (name == "log_bin") settings.log_bin = is_on(value);
        if (name == "binlog_format") settings.binlog_format = upper(value);
        if (name == "binlog_row_image") settings.binlog_row_image = upper(value);
        if (name == "binlog_row_metadata") settings.binlog_row_metadata = upper(value);
        if (name == "gtid_mode") settings.gtid_mode = upper(value);
        if (name == "binlog_row_value_options") settings.partial_json = upper(value);
        if (name == "binlog_transaction_compression") settings.transaction_compression = is_on(value);
        if (name == "lower_case_table_names")
            settings.lower_case_table_names = static_cast<std::uint8_t>(value == "1" ? 1 : value == "2" ? 2 : 0);
        if (name == "read_only") settings.read_only = is_on(value);
    }
    return settings;
}

}  // namespace

void read_gtid_executed(Connection& connection, Milliseconds limit, std::function<void(Result<MysqlGtidSet>)> done) {
    ask<MysqlGtidSet>(connection, "SELECT @@global.gtid_executed", limit, std::move(done),
                      [](const QueryResult& result, const auto& finish) {
                          finish(MysqlGtidSet::parse(result.at(0, 0).value_or("")));
                      });
}

void read_snapshot_position(Connection& connection, Milliseconds limit,
                            std::function<void(Result<BinlogPosition>)> done) {
    ask<BinlogPosition>(
        connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT; SHOW STATUS LIKE 'binlog_snapshot_%'; COMMIT", limit,
        std::move(done), [](const QueryResult& result, const auto& finish) {
            BinlogPosition position;
            for (std::size_t row = 0; row < result.rows.size(); ++row) {
                const auto name = result.at(row, 0).value_or("");
                if (name == "Binlog_snapshot_file") position.file = text_in(result, row, 1);
                if (name == "Binlog_snapshot_position") {
                    position.offset = number_in<std::uint64_t>(result, row, 1);
                }
            }
            if (position.file.empty()) {
                return finish(fail(ErrorCode::unsupported,
                                   "the server tells no snapshot position: its binlog is off; set log_bin"));
            }
            finish(position);
        });
}

void read_binlog_end(Connection& connection, Milliseconds limit, std::function<void(Result<BinlogEnd>)> done) {
    const bool mariadb = connection.greeting().is_mariadb();
    const auto after_status = [&connection, limit, mariadb](const QueryResult& result, const auto& finish) {
        BinlogEnd end;
        end.position = {text_in(result, 0, 0), number_in<std::uint64_t>(result, 0, 1)};
        if (end.position.file.empty()) {
            return finish(fail(ErrorCode::unsupported, "the server writes no binlog; set log_bin"));
        }
        if (!mariadb) {
            auto executed = MysqlGtidSet::parse(result.at(0, 4).value_or(""));
            if (!executed) return finish(tl::unexpected(executed.error()));
            end.gtid_executed = std::move(*executed);
            return finish(end);
        }
        ask<BinlogEnd>(connection, "SELECT @@global.gtid_binlog_pos", limit, finish,
                       [end](const QueryResult& answer, const auto& complete) {
                           auto position = MariadbGtidPosition::parse(answer.at(0, 0).value_or(""));
                           if (!position) return complete(tl::unexpected(position.error()));
                           auto whole = end;
                           whole.gtid_position = std::move(*position);
                           complete(whole);
                       });
    };
    ask<BinlogEnd>(connection, status_statement(connection), limit, std::move(done), after_status);
}

void read_server_identity(Connection& connection, Milliseconds limit,
                          std::function<void(Result<ServerIdentity>)> done) {
    const bool mariadb = connection.greeting().is_mariadb();
    const auto kind = mariadb ? ServerKind::mariadb : ServerKind::mysql;
    const std::string uuid = mariadb ? "CONCAT_WS(':', @@hostname, @@port, @@datadir)" : "@@server_uuid";
    const std::string status = mariadb ? "information_schema.GLOBAL_STATUS" : "performance_schema.global_status";
    ask<ServerIdentity>(connection,
                        "SELECT @@version, @@server_id, " + uuid +
                            ", CAST(UNIX_TIMESTAMP() AS SIGNED) - CAST(VARIABLE_VALUE AS SIGNED), CONNECTION_ID() FROM " + status +
                            " WHERE VARIABLE_NAME = 'UPTIME'",
                        limit, std::move(done), [kind](const QueryResult& result, const auto& finish) {
                            if (result.rows.empty()) {
                                return finish(fail(ErrorCode::unsupported, "the server does not tell its uptime"));
                            }
                            finish(identity_in(result, kind));
                        });
}

void read_server_settings(Connection& connection, Milliseconds limit,
                          std::function<void(Result<ServerSettings>)> done) {
    ask<ServerSettings>(
        connection,
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', "
        "'binlog_row_metadata', 'gtid_mode', 'binlog_row_value_options', 'binlog_transaction_compression', "
        "'lower_case_table_names', 'read_only')",
        limit, std::move(done), [&connection, limit](const QueryResult& result, const auto& finish) {
            auto settings = settings_in(result);
            connection.async_query(status_statement(connection), limit, answer_bytes_max,
                                   [settings, finish](Result<QueryResult> status) mutable {
                                       const bool refused = !status && (status.error().code == ErrorCode::denied ||
                                                                        status.error().code == ErrorCode::server);
                                       if (!status && !refused) return finish(tl::unexpected(status.error()));
                                       settings.sees_binlog_status = status.has_value();
                                       if (status) {
                                           settings.binlog_do_db = text_in(*status, 0, 2);
                                           settings.binlog_ignore_db = text_in(*status, 0, 3);
                                       }
                                       finish(settings);
                                   });
        });
}

}  // namespace sabil::mysql::binlog
