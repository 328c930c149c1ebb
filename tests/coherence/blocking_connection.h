// A connection that waits: each thread of the workload has one of its own.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "mysql/client/connection.h"

namespace sabil::coherence_test {

// Thread-safety: one thread.
class BlockingConnection {
  public:
    Result<void> connect(const mysql::ConnectOptions& options) {
        std::optional<Result<void>> out;
        connection_ = std::make_unique<mysql::Connection>(io_);
        connected_at_ = std::chrono::steady_clock::now();
        connection_->async_connect(options, [&](Result<void> result) { out = std::move(result); });
        run([&] { return out.has_value(); });
        return out.value_or(fail(ErrorCode::unavailable, "no answer"));
    }
    Result<mysql::QueryResult> query(std::string text) {
        std::optional<Result<mysql::QueryResult>> out;
        connection_->async_query(std::move(text), std::chrono::seconds(10), 1U << 20,
                                 [&](Result<mysql::QueryResult> result) { out = std::move(result); });
        run([&] { return out.has_value(); });
        return out ? std::move(*out) : fail(ErrorCode::unavailable, "no answer");
    }
    void close() { connection_.reset(); }
    // Before its handshake began.
    std::chrono::steady_clock::time_point connected_at() const { return connected_at_; }
    bool open() const { return connection_ && connection_->open(); }

  private:
    template <class Done>
    void run(Done done) {
        io_.restart();
        while (!done() && io_.run_one() != 0) {
        }
    }
    asio::io_context io_{1};
    std::unique_ptr<mysql::Connection> connection_;
    std::chrono::steady_clock::time_point connected_at_{};
};

}  // namespace sabil::coherence_test
