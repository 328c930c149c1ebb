// A connected stream socket whose waits cost no system call of their own (socket_watch.h): it is read where it is known to
// be readable, and else waited for. Serves as the layer below asio::ssl::stream too.
#pragma once

#include "proxy/net/socket_watch.h"

#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

struct iovec;

namespace sabil::proxy::net {

// Somebody who waits for a socket, once.
class SocketWait {
  public:
    // The socket is ready (perhaps), or was closed: operation_aborted. May end the wait, and the socket.
    virtual void resume(std::error_code error) = 0;
    // It never will be.
    virtual void drop() noexcept = 0;

  protected:
    ~SocketWait() = default;
};

// A completion handler that waits.
template <class Handler>
class HandlerWait final : public SocketWait {
  public:
    explicit HandlerWait(Handler handler) : handler_(std::move(handler)) {}
    void resume(std::error_code error) override {
        auto handler = std::move(handler_);
        delete this;
        std::move(handler)(error);
    }
    void drop() noexcept override { delete this; }

  private:
    Handler handler_;
};

class PeerEndTarget {
  public:
    // The peer has closed, or sends no more. What it sent before may not be read yet. May close the socket.
    virtual void on_peer_end() = 0;

  protected:
    ~PeerEndTarget() = default;
};

// At most one wait, or operation, for each direction. Thread-safety: its worker's thread.
class StreamSocket final : public ReadinessTarget {
  public:
    using executor_type = asio::io_context::executor_type;
    using lowest_layer_type = StreamSocket;

    explicit StreamSocket(Worker& worker) : worker_(&worker), watch_(*this) {}
    ~StreamSocket();
    StreamSocket(const StreamSocket&) = delete;
    StreamSocket& operator=(const StreamSocket&) = delete;

    // Takes a non-blocking descriptor. Errors: no room in the system; it is closed then.
    std::error_code adopt(int descriptor);
    // Between leave(), on the thread of its worker, and join(), on that of the next, nobody may wait. join() as adopt().
    void leave() noexcept { watch_.close(); }
    std::error_code join(Worker& worker);
    // Waits under way end with an error, later.
    void close() noexcept;
    // The reader waits no longer.
    void forget_reader() noexcept { reader_ = nullptr; }
    // Ends waits without a word: their loop has ended.
    void drop_waits() noexcept;

    bool is_open() const noexcept { return descriptor_ >= 0; }
    int native_handle() const noexcept { return descriptor_; }
    executor_type get_executor() const noexcept { return worker_->context().get_executor(); }
    StreamSocket& lowest_layer() noexcept { return *this; }
    const StreamSocket& lowest_layer() const noexcept { return *this; }
    // Both nullptr after construction.
    void set_peer_end_target(PeerEndTarget* target) noexcept { peer_end_target_ = target; }

    // What is there at once; 0 without an error: nothing, wait_readable(). Errors: eof, and the system's.
    std::size_t receive(std::span<char> room, std::error_code& error) noexcept;
    // Might receive() find something?
    bool may_have_input() const noexcept { return may_have_input_; }
    // What the socket takes at once; 0 without an error: wait_writable().
    std::size_t send(std::span<const char> bytes, std::error_code& error) noexcept;
    std::size_t send(std::span<const iovec> pieces, std::error_code& error) noexcept;

    // Never resumed from inside.
    void wait_readable(SocketWait& wait);
    void wait_writable(SocketWait& wait);
    template <class Token>
    auto async_wait_readable(Token&& token);  // void(std::error_code)
    template <class Token>
    auto async_wait_writable(Token&& token);

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token);  // void(std::error_code, std::size_t)
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token);

    void on_readable() override;
    void on_writable() override;
    void on_peer_end() override;

  private:
    template <class Handler>
    class ReadOperation;
    template <class Handler>
    class WriteOperation;
    static void resume_closed(executor_type executor, SocketWait& wait);

    Worker* worker_;
    int descriptor_ = -1;
    bool may_have_input_ = false;
    SocketWait* reader_ = nullptr;
    SocketWait* writer_ = nullptr;
    PeerEndTarget* peer_end_target_ = nullptr;
    SocketWatch watch_;
};

template <class Handler>
class StreamSocket::ReadOperation final : public SocketWait {
  public:
    ReadOperation(StreamSocket& socket, asio::mutable_buffer room, Handler handler)
        : socket_(socket), room_(room), handler_(std::move(handler)) {}
    // Now, or once there is something. A read into no room is over at once: asio::ssl asks for such turns.
    void start() {
        std::error_code error;
        const auto received = receive(error);
        if (received == 0 && !error && room_.size() > 0) return socket_.wait_readable(*this);
        const auto executor = socket_.get_executor();
        asio::post(executor, [handler = take_handler(), error, received]() mutable {
            std::move(handler)(error, received);
        });
    }
    void resume(std::error_code error) override {
        std::size_t received = 0;
        if (!error) {
            received = receive(error);
            if (received == 0 && !error) return socket_.wait_readable(*this);
        }
        auto handler = take_handler();
        std::move(handler)(error, received);
    }
    void drop() noexcept override { delete this; }

  private:
    std::size_t receive(std::error_code& error) noexcept {
        return socket_.receive({static_cast<char*>(room_.data()), room_.size()}, error);
    }
    Handler take_handler() {
        auto handler = std::move(handler_);
        delete this;
        return handler;
    }

    StreamSocket& socket_;
    asio::mutable_buffer room_;
    Handler handler_;
};

template <class Handler>
class StreamSocket::WriteOperation final : public SocketWait {
  public:
    WriteOperation(StreamSocket& socket, asio::const_buffer bytes, Handler handler)
        : socket_(socket), bytes_(bytes), handler_(std::move(handler)) {}
    void start() {
        std::error_code error;
        const auto sent = send(error);
        if (sent == 0 && !error && bytes_.size() > 0) return socket_.wait_writable(*this);
        const auto executor = socket_.get_executor();
        asio::post(executor, [handler = take_handler(), error, sent]() mutable { std::move(handler)(error, sent); });
    }
    void resume(std::error_code error) override {
        std::size_t sent = 0;
        if (!error) {
            sent = send(error);
            if (sent == 0 && !error) return socket_.wait_writable(*this);
        }
        auto handler = take_handler();
        std::move(handler)(error, sent);
    }
    void drop() noexcept override { delete this; }

  private:
    std::size_t send(std::error_code& error) noexcept {
        return socket_.send(std::span(static_cast<const char*>(bytes_.data()), bytes_.size()), error);
    }
    Handler take_handler() {
        auto handler = std::move(handler_);
        delete this;
        return handler;
    }

    StreamSocket& socket_;
    asio::const_buffer bytes_;
    Handler handler_;
};

template <class Token>
auto StreamSocket::async_wait_readable(Token&& token) {
    return asio::async_initiate<Token, void(std::error_code)>(
        [this](auto handler) { wait_readable(*new HandlerWait<decltype(handler)>(std::move(handler))); }, token);
}

template <class Token>
auto StreamSocket::async_wait_writable(Token&& token) {
    return asio::async_initiate<Token, void(std::error_code)>(
        [this](auto handler) { wait_writable(*new HandlerWait<decltype(handler)>(std::move(handler))); }, token);
}

template <class Buffers, class Token>
auto StreamSocket::async_read_some(const Buffers& buffers, Token&& token) {
    const asio::mutable_buffer room = *asio::buffer_sequence_begin(buffers);
    return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
        [this, room](auto handler) {
            (new ReadOperation<decltype(handler)>(*this, room, std::move(handler)))->start();
        },
        token);
}

template <class Buffers, class Token>
auto StreamSocket::async_write_some(const Buffers& buffers, Token&& token) {
    const asio::const_buffer bytes = *asio::buffer_sequence_begin(buffers);
    return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
        [this, bytes](auto handler) {
            (new WriteOperation<decltype(handler)>(*this, bytes, std::move(handler)))->start();
        },
        token);
}

}  // namespace sabil::proxy::net
