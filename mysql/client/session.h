// The transport under a Connection, from connect to close: socket, TLS, packets, one deadline. Internal to this folder.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/client/connection.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/frame.h"

namespace sabil::mysql {

// One transport from connect to close. A coroutine keeps its session alive, so that one that ends late, after its
// deadline, touches nothing newer.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(asio::io_context& io, ConnectOptions options)
        : io_(io), options_(std::move(options)), socket_(io), timer_(io), assembler_(login_packet_bytes_max) {}

    asio::awaitable<Result<void>> connect();
    asio::awaitable<Result<QueryResult>> query(std::string payload, std::size_t result_bytes_max);
    asio::awaitable<Result<void>> command(std::string payload);
    asio::awaitable<Error> stream(std::string payload, std::size_t packet_bytes_max, Connection::OnPacket on_packet);

    // Runs `late` once `limit` has passed without a touch(); stop_waiting() ends the watch.
    void watch(std::chrono::milliseconds limit, std::function<void()> late);
    void stop_waiting();

    void close(std::string why) noexcept;
    bool closed() const noexcept { return closed_; }
    const std::string& why_closed() const noexcept { return why_closed_; }
    std::string where() const { return options_.endpoint.to_string(); }

    bool busy = false;
    bool logged_in = false;
    bool tls() const noexcept { return stream_ != nullptr && tls_ready_; }
    bool local() const noexcept { return !options_.endpoint.socket.empty(); }
    const Greeting& greeting() const noexcept { return greeting_; }

    static constexpr std::size_t read_buffer_bytes = 64U << 10;
    static constexpr std::size_t login_packet_bytes_max = 64U << 10;

  private:
    void arm(std::chrono::milliseconds in);
    Error lost(const asio::error_code& bad) const;
    Error fail_transport(const asio::error_code& bad);

    asio::awaitable<Result<void>> open_socket();
    asio::awaitable<Result<void>> log_in();
    asio::awaitable<Result<void>> start_tls();
    asio::awaitable<Result<void>> send(std::string_view payload);
    asio::awaitable<Result<void>> read_some();
    asio::awaitable<Result<Packet>> next_packet();

    asio::io_context& io_;
    ConnectOptions options_;
    asio::generic::stream_protocol::socket socket_;
    std::unique_ptr<asio::ssl::context> tls_context_;
    std::unique_ptr<asio::ssl::stream<asio::generic::stream_protocol::socket&>> stream_;
    bool tls_ready_ = false;
    asio::steady_timer timer_;
    std::chrono::milliseconds limit_{0};
    std::chrono::steady_clock::time_point touched_;
    std::function<void()> late_;
    bool closed_ = false;
    std::string why_closed_;
    PacketAssembler assembler_;
    std::array<char, read_buffer_bytes> buffer_{};
    std::string_view unread_;  // of buffer_
    std::uint8_t sequence_ = 0;
    Greeting greeting_;
    Capabilities capabilities_ = 0;
};

}  // namespace sabil::mysql
