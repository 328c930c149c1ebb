// One blocking connection of MySQL Connector/C++ with its prepared statements. Internal to the pool.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "cache/base/result.h"
#include "mysql/client/connect_options.h"
#include "mysql/client/rows.h"
#include "mysql/client/server_identity.h"

namespace sql {
class Connection;
class PreparedStatement;
}  // namespace sql

namespace sabil::mysql {

// Thread-safety: one thread at a time.
class BlockingConnection {
  public:
    using Parameter = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string>;
    struct Limits {
        std::chrono::milliseconds statement{5000};  // the server ends a SELECT past it
        std::size_t prepared_count = 256;
        std::size_t result_bytes = 64U << 20;
    };

    // Logs in and asks who the server is. Errors: unavailable, denied, timeout, server.
    static Result<std::unique_ptr<BlockingConnection>> open(const ConnectOptions& options, Limits limits);
    ~BlockingConnection();
    BlockingConnection(const BlockingConnection&) = delete;
    BlockingConnection& operator=(const BlockingConnection&) = delete;

    // Errors: as Pool::submit. After unavailable or timeout the connection is of no further use: see broken().
    Result<Rows> run(const std::string& statement, const std::vector<Parameter>& parameters);
    bool broken() const noexcept { return broken_; }
    const ServerIdentity& identity() const noexcept { return identity_; }

    // Libraries keep state per thread: call at the end of each thread that used a connection.
    static void end_thread() noexcept;

  private:
    struct Prepared {
        std::string text;
        std::unique_ptr<sql::PreparedStatement> statement;
    };
    BlockingConnection(std::unique_ptr<sql::Connection> connection, Limits limits);
    Result<void> set_up();
    sql::PreparedStatement& prepared(const std::string& statement);
    void forget(const std::string& statement);
    Rows execute(const std::string& statement, const std::vector<Parameter>& parameters);
    Rows execute_as_text(const std::string& statement, const std::vector<Parameter>& parameters);

    std::unique_ptr<sql::Connection> connection_;
    Limits limits_;
    ServerIdentity identity_;
    bool broken_ = false;
    std::list<Prepared> statements_;  // the most recently used in front
    std::unordered_map<std::string, std::list<Prepared>::iterator> by_text_;
    std::unordered_set<std::string> as_text_;  // statements whose columns the library cannot fetch in binary
};

}  // namespace sabil::mysql
