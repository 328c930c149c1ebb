// A connection to a server of our own account: probes, settings, the binlog dump. Asynchronous on an Asio io_context;
// every wait has a limit, and when it passes the connection is closed and the operation ends with timeout.
//
// Thread-safety: one io_context run by one thread; call and be called back there. One operation at a time. Destroying
// or closing the connection ends an operation under way with unavailable, its callback still runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/client/connect_options.h"
#include "mysql/wire/column_type.h"
#include "mysql/wire/greeting.h"

namespace asio {
class io_context;
}

namespace sabil::mysql {

// A small result of the text protocol, whole.
struct QueryResult {
    struct Column {
        std::string name;
        ColumnType type = ColumnType::null;
        ColumnFlags flags = 0;
        std::uint16_t collation = 0;
    };
    std::vector<Column> columns;  // empty: the statement gave an OK
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::uint64_t affected_rows = 0;
    std::uint64_t last_insert_id = 0;
    std::uint16_t warnings = 0;
    std::uint16_t status = 0;
    std::string gtid;  // of the write, where the server told it

    // The row's field by position; nothing for NULL and outside the result.
    std::optional<std::string_view> at(std::size_t row, std::size_t column) const noexcept;
};

class Connection {
  public:
    using Done = std::function<void(Result<void>)>;
    using QueryDone = std::function<void(Result<QueryResult>)>;
    using Milliseconds = std::chrono::milliseconds;

    explicit Connection(asio::io_context& io);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Errors: unavailable (naming the endpoint), timeout, denied (the server's number and text; or a plugin or TLS rule
    // that forbids the login), protocol.
    void async_connect(ConnectOptions options, Done done);

    // A text of one or several statements; the last result that has columns, else the last OK. Errors: server with its
    // number, out_of_range where the results are over result_bytes_max (the connection is then closed), timeout,
    // unavailable, protocol.
    void async_query(std::string text, Milliseconds limit, std::size_t result_bytes_max, QueryDone done);
    void async_ping(Milliseconds limit, Done done);

    // A command answered with one OK, EOF or ERR; payload includes the command byte.
    void async_command(std::string payload, Milliseconds limit, Done done);

    // Sends a command whose answer is a stream of packets (the binlog dump) and hands over each as it comes, several
    // per read. `on_packet` returns false to end the stream (the connection is closed). `on_end` runs once, with the
    // reason: unavailable where closed, timeout where nothing came for silence_limit, out_of_range for a packet over
    // packet_bytes_max, server for an ERR packet, protocol.
    using OnPacket = std::function<bool(std::string_view payload)>;
    using OnEnd = std::function<void(Error)>;
    void async_stream(std::string payload, Milliseconds silence_limit, std::size_t packet_bytes_max, OnPacket on_packet,
                      OnEnd on_end);

    void close() noexcept;
    bool open() const noexcept;    // logged in and not closed
    bool secure() const noexcept;  // TLS or a Unix socket
    bool tls() const noexcept;
    const Greeting& greeting() const noexcept;  // of the last connect that got one

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace sabil::mysql
