#include "mysql/client/blocking_connection.h"

#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/parameter_metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <array>
#include <charconv>
#include <mutex>

#include "mysql/client/rows_reader.h"
#include "mysql/wire/greeting.h"

namespace sabil::mysql {

namespace {

using std::chrono::milliseconds;

constexpr int tls_failed = 2026;
constexpr int statement_gone = 1243;
constexpr int must_prepare_again = 1615;

sql::Driver& driver() {
    static std::once_flag once;
    static sql::Driver* instance = nullptr;
    std::call_once(once, [] { instance = sql::mysql::get_driver_instance(); });
    return *instance;
}

int whole_seconds(milliseconds limit) {
    return static_cast<int>(std::max<std::int64_t>(1, (limit.count() + 999) / 1000));
}

sql::ConnectOptionsMap properties(const ConnectOptions& options, milliseconds statement_limit, bool tls) {
    sql::ConnectOptionsMap map;
    const auto& to = options.endpoint;
    const bool v6 = to.host.find(':') != std::string::npos;
    map["hostName"] = sql::SQLString(to.socket.empty() ? "tcp://" + (v6 ? "[" + to.host + "]" : to.host) + ":" +
                                                             std::to_string(to.port)
                                                       : "unix://" + to.socket);
    map["userName"] = sql::SQLString(options.user);
    map["password"] = sql::SQLString(options.password);
    if (!options.database.empty()) map["schema"] = sql::SQLString(options.database);
    map["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
    map["OPT_CONNECT_TIMEOUT"] = whole_seconds(options.connect_limit);
    map["OPT_READ_TIMEOUT"] = whole_seconds(statement_limit) + 1;
    map["OPT_WRITE_TIMEOUT"] = whole_seconds(statement_limit) + 1;
    if (!tls) return map;
    map["sslEnforce"] = true;
    if (!options.tls.ca.empty()) map["sslCA"] = sql::SQLString(options.tls.ca);
    if (!options.tls.cert.empty()) {
        map["sslCert"] = sql::SQLString(options.tls.cert);
        map["sslKey"] = sql::SQLString(options.tls.key.empty() ? options.tls.cert : options.tls.key);
    }
    if (options.tls.mode == TlsMode::verify_identity) map["sslVerify"] = true;
    return map;
}

std::unique_ptr<sql::Connection> connect(const ConnectOptions& options, milliseconds statement_limit) {
    const auto mode = options.tls.mode;
    const bool local = !options.endpoint.socket.empty();
    const bool try_tls = mode != TlsMode::disabled && !(mode == TlsMode::preferred && local);
    try {
        auto map = properties(options, statement_limit, try_tls);
        return std::unique_ptr<sql::Connection>(driver().connect(map));
    } catch (const sql::SQLException& e) {
        if (!try_tls || mode != TlsMode::preferred || e.getErrorCode() != tls_failed) throw;
        auto map = properties(options, statement_limit, false);
        return std::unique_ptr<sql::Connection>(driver().connect(map));
    }
}

ErrorCode code_of(int number) {
    switch (number) {
        case 2002:  // cannot connect: socket
        case 2003:  // cannot connect: TCP
        case 2005:  // unknown host
        case 2006:  // gone away
        case 2012:  // in the handshake
        case 2013:  // lost during the query
        case 2055:  // lost at a step
        case 1040:  // too many connections
        case 1053:  // shutting down
        case 1203:  // too many connections of the account
        case 1927:  // connection was killed, MariaDB
        case 4031:
            return ErrorCode::unavailable;  // disconnected for idleness
        case 1044:
        case 1045:
        case 1130:
        case 1142:
        case 1143:
        case 1227:
        case 1698:
        case tls_failed:
            return ErrorCode::denied;
        case 1317:  // interrupted
        case 1969:  // max_statement_time
        case 3024:
            return ErrorCode::timeout;  // max_execution_time
        default:
            return ErrorCode::server;
    }
}

Error error_of(const sql::SQLException& e) {
    return {code_of(e.getErrorCode()), e.what(), static_cast<std::uint16_t>(e.getErrorCode())};
}

// Values as literals of a SET, text and bytes in hexadecimal.
std::string literal(const std::string& text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "CONVERT(x'";
    for (const char c : text) {
        out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
        out.push_back(digits[static_cast<unsigned char>(c) & 0xf]);
    }
    return out + "' USING utf8mb4)";
}
std::string literal(std::monostate) {
    return "NULL";
}
std::string literal(std::int64_t value) {
    return std::to_string(value);
}
std::string literal(std::uint64_t value) {
    return std::to_string(value);
}
std::string literal(double value) {
    std::array<char, 40> text{};
    return {text.data(),
            std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr};
}

void bind(sql::PreparedStatement& statement, const std::vector<BlockingConnection::Parameter>& parameters) {
    struct Visitor {
        sql::PreparedStatement& statement;
        unsigned at;
        void operator()(std::monostate) const { statement.setNull(at, 0); }
        void operator()(std::int64_t v) const { statement.setInt64(at, v); }
        void operator()(std::uint64_t v) const { statement.setUInt64(at, v); }
        void operator()(double v) const { statement.setDouble(at, v); }
        void operator()(const std::string& v) const { statement.setString(at, sql::SQLString(v)); }
    };
    statement.clearParameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        std::visit(Visitor{statement, static_cast<unsigned>(i + 1)}, parameters[i]);
    }
}

}  // namespace

BlockingConnection::BlockingConnection(std::unique_ptr<sql::Connection> connection, Limits limits)
    : connection_(std::move(connection)), limits_(limits) {}

BlockingConnection::~BlockingConnection() {
    try {
        statements_.clear();
        connection_.reset();
    } catch (...) {
        // The library may throw while it says goodbye to a server that is gone.
    }
}

void BlockingConnection::end_thread() noexcept {
    try {
        driver().threadEnd();
    } catch (...) {
    }
}

Result<std::unique_ptr<BlockingConnection>> BlockingConnection::open(const ConnectOptions& options, Limits limits) {
    try {
        driver().threadInit();
        auto connection =
            std::unique_ptr<BlockingConnection>(new BlockingConnection(connect(options, limits.statement), limits));
        if (auto ready = connection->set_up(); !ready) return tl::unexpected(ready.error());
        return connection;
    } catch (const sql::SQLException& e) {
        auto error = error_of(e);
        error.message =
            "cannot connect to " + options.endpoint.to_string() + " as '" + options.user + "': " + error.message;
        return tl::unexpected(std::move(error));
    } catch (const std::exception& e) {
        return fail(ErrorCode::unavailable, "cannot connect to " + options.endpoint.to_string() + ": " + e.what());
    }
}

// Settings of the session, and who the server is.
Result<void> BlockingConnection::set_up() {
    connection_->setAutoCommit(true);
    std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    std::unique_ptr<sql::ResultSet> version(statement->executeQuery("SELECT @@version"));
    if (!version->next()) return fail(ErrorCode::protocol, "the server does not tell its version");
    identity_.version = version->getString(1);
    identity_.version_number = version_number(identity_.version);
    const bool mariadb = identity_.version.find("MariaDB") != std::string::npos;
    identity_.kind = mariadb ? ServerKind::mariadb : ServerKind::mysql;
    version.reset();
    const auto limit = limits_.statement.count();
    statement->execute(mariadb ? "SET SESSION max_statement_time = " + std::to_string(static_cast<double>(limit) / 1000)
                               : "SET SESSION max_execution_time = " + std::to_string(limit));
    const std::string uuid = mariadb ? "CONCAT_WS(':', @@hostname, @@port, @@datadir)" : "@@server_uuid";
    const std::string status = mariadb ? "information_schema.GLOBAL_STATUS" : "performance_schema.global_status";
    std::unique_ptr<sql::ResultSet> who(statement->executeQuery(
        "SELECT @@server_id, " + uuid + ", CAST(UNIX_TIMESTAMP() AS SIGNED) - CAST(VARIABLE_VALUE AS SIGNED) FROM " +
        status + " WHERE VARIABLE_NAME = 'UPTIME'"));
    if (!who->next()) return fail(ErrorCode::unsupported, "the server does not tell its uptime");
    identity_.server_id = who->getUInt(1);
    identity_.server_uuid = who->getString(2);
    identity_.start_time = who->getInt64(3);
    return {};
}

sql::PreparedStatement& BlockingConnection::prepared(const std::string& text) {
    if (const auto known = by_text_.find(text); known != by_text_.end()) {
        statements_.splice(statements_.begin(), statements_, known->second);
        return *statements_.front().statement;
    }
    std::unique_ptr<sql::PreparedStatement> statement(connection_->prepareStatement(text));
    if (statements_.size() >= limits_.prepared_count) {
        by_text_.erase(statements_.back().text);
        statements_.pop_back();
    }
    statements_.push_front({text, std::move(statement)});
    by_text_[text] = statements_.begin();
    return *statements_.front().statement;
}

void BlockingConnection::forget(const std::string& text) {
    const auto known = by_text_.find(text);
    if (known == by_text_.end()) return;
    statements_.erase(known->second);
    by_text_.erase(known);
}

Rows BlockingConnection::execute(const std::string& text, const std::vector<Parameter>& parameters) {
    auto& statement = prepared(text);
    bind(statement, parameters);
    Rows rows;
    if (!statement.execute()) {
        rows.affected_rows = statement.getUpdateCount();
        return rows;
    }
    std::unique_ptr<sql::ResultSet> result(statement.getResultSet());
    read_rows(*result, limits_.result_bytes, rows);
    return rows;
}

// The library's prepared statements know no JSON and no VECTOR. Such a statement is prepared by PREPARE and its
// parameters are bound as user variables, so that they still never become part of its text; the result comes in the
// text protocol.
Rows BlockingConnection::execute_as_text(const std::string& text, const std::vector<Parameter>& parameters) {
    std::unique_ptr<sql::Statement> statement(connection_->createStatement());
    statement->execute("SET @sabil_statement = " + literal(text));
    statement->execute("PREPARE sabil_statement FROM @sabil_statement");
    std::string assignments;
    std::string names;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto name = "@sabil_" + std::to_string(i + 1);
        assignments += (i == 0 ? "SET " : ", ") + name + " = " +
                       std::visit([](const auto& v) { return literal(v); }, parameters[i]);
        names += (i == 0 ? " USING " : ", ") + name;
    }
    if (!assignments.empty()) statement->execute(assignments);
    Rows rows;
    std::unique_ptr<sql::ResultSet> result(statement->executeQuery("EXECUTE sabil_statement" + names));
    read_rows(*result, limits_.result_bytes, rows);
    return rows;
}

Result<Rows> BlockingConnection::run(const std::string& text, const std::vector<Parameter>& parameters) {
    for (int attempt = 0;; ++attempt) {
        try {
            const auto marks = prepared(text).getParameterMetaData()->getParameterCount();
            if (static_cast<std::size_t>(marks) != parameters.size()) {
                return fail(ErrorCode::invalid, "the statement takes " + std::to_string(marks) + " parameters, " +
                                                    std::to_string(parameters.size()) +
                                                    " were given: " + text.substr(0, 200));
            }
            if (as_text_.contains(text)) return execute_as_text(text, parameters);
            return execute(text, parameters);
        } catch (const sql::InvalidArgumentException& e) {
            if (attempt > 0) return fail(ErrorCode::unsupported, std::string("the MySQL client library: ") + e.what());
            if (as_text_.size() >= limits_.prepared_count) as_text_.clear();
            as_text_.insert(text);
        } catch (const sql::SQLException& e) {
            const int number = e.getErrorCode();
            forget(text);
            if (attempt == 0 && (number == statement_gone || number == must_prepare_again)) continue;
            auto error = error_of(e);
            if (number == tls_failed) error.code = ErrorCode::unavailable;  // once connected, TLS fails by being cut
            broken_ = error.code == ErrorCode::unavailable;
            return tl::unexpected(std::move(error));
        } catch (const ResultTooLarge& e) {
            broken_ = true;  // the rest of the result is still on its way
            return fail(ErrorCode::out_of_range, e.what());
        } catch (const std::exception& e) {
            broken_ = true;
            return fail(ErrorCode::io, std::string("the MySQL client library failed: ") + e.what());
        }
    }
}

}  // namespace sabil::mysql
