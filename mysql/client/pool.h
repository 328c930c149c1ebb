// Prepared statements off the workers: MySQL Connector/C++ connections, each with a thread of its own that is started
// when first needed. Sessions are autocommit, utf8mb4, time zone and SQL mode as the server has them.
//
// Thread-safety: every function from any thread. Callbacks run on a pool thread: be short, or post. Destruction ends
// what is queued with unavailable, waits for statements under way (at most their limit) and joins the threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cache/base/result.h"
#include "mysql/client/connect_options.h"
#include "mysql/client/rows.h"
#include "mysql/client/server_identity.h"

namespace sabil::mysql {

struct PoolOptions {
    ConnectOptions connect;
    unsigned connections_max = 8;                     // 1..1024
    std::size_t queue_statements_max = 4096;          // waiting; past it submit() answers unavailable at once
    std::size_t prepared_per_connection_max = 256;    // the least recently used is closed
    std::size_t result_bytes_max = 64U << 20;         // of one result, else out_of_range
    std::chrono::milliseconds statement_limit{5000};  // the longest; where submit() names none
    std::chrono::milliseconds backoff_first{50};      // between attempts to connect, doubled with jitter up to
    std::chrono::milliseconds backoff_max{5000};
};

class Pool {
  public:
    using Parameter = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string>;
    using Callback = std::function<void(Result<Rows>)>;

    explicit Pool(PoolOptions options);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Runs a statement with `?` marks once per parameter. `done` runs exactly once, on a pool thread, or on the
    // caller's where the queue is full or the pool is stopping. Errors: unavailable (no connection; the reason and the
    // endpoint), timeout, denied, server with its number, out_of_range, invalid (count of parameters). limit 0 =
    // statement_limit.
    void submit(std::string statement, std::vector<Parameter> parameters, Callback done,
                std::chrono::milliseconds limit = std::chrono::milliseconds{0});

    // Each new connection asks who the server is before it serves. Where the check refuses, the connection is closed
    // and statements fail with its error. Set before the first submit(); runs on a pool thread.
    using IdentityCheck = std::function<Result<void>(const ServerIdentity&)>;
    void set_identity_check(IdentityCheck check);
    // Of the newest connection; nothing before the first.
    std::optional<ServerIdentity> identity() const;

    // Closes every connection once idle; the next statement opens anew (and is checked anew).
    void reset_connections();

    struct Stats {
        unsigned connections = 0;  // open
        unsigned busy = 0;
        std::size_t queued = 0;
        std::uint64_t statements = 0;  // ended, whatever the outcome
        std::uint64_t errors = 0;
        std::uint64_t connects = 0;  // that succeeded
        std::string last_error;      // of the last failed connect; empty after a success
    };
    Stats stats() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sabil::mysql
