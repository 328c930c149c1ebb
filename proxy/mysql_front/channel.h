// One side of a session: a TCP or Unix socket, with TLS on it or not, and compression on that or not. Reading and writing
// suspend the caller's coroutine.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "cache/base/clock.h"
#include "mysql/wire/compression.h"
#include "proxy/mysql_front/input_buffer.h"
#include "proxy/net/stream_socket.h"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12, when it inlines, takes the delete of one coroutine's frame for that of another.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace sabil::proxy::mysql_front {

using Executor = asio::io_context::executor_type;
template <class T>
using Task = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> use_task{};

// Thread-safety: its worker's thread only. close() may be called while a coroutine waits: the wait ends with an error.
class Channel {
  public:
    explicit Channel(net::Worker& worker);
    ~Channel();

    // Takes over a connected descriptor. Errors: the system's.
    std::error_code adopt(int descriptor, bool is_unix);
    // Connects; the caller bounds the time by close().
    Task<std::error_code> connect(const asio::generic::stream_protocol::endpoint& endpoint, bool is_unix);

    // TLS from here on. already_read: bytes of the peer's first message that came with what was read before.
    Task<std::error_code> accept_tls(asio::ssl::context& context, std::string_view already_read);
    // server_name: verified where the context verifies names; empty: none.
    Task<std::error_code> connect_tls(asio::ssl::context& context, const std::string& server_name);

    // Both ways from here on. level: zstd's.
    void compress(mysql::CompressionAlgorithm algorithm, int level);
    bool compressed() const noexcept { return compression_ != nullptr; }

    // Reads at least one byte into input(); room for at least min_bytes is made first.
    Task<std::error_code> read(std::size_t min_bytes);
    InputBuffer& input() noexcept { return input_; }
    // The same without a coroutine, only where plain(): whether input() got anything; else wait_input() tells when to
    // try again.
    bool read_now(std::size_t min_bytes, std::error_code& error) noexcept;
    bool may_have_input() const noexcept { return socket_.may_have_input(); }
    void wait_input(net::SocketWait& wait) { socket_.wait_readable(wait); }
    void wake_input() { socket_.on_readable(); }
    void forget_input() noexcept { socket_.forget_reader(); }
    // Neither TLS nor compression.
    bool plain() const noexcept { return !tls_ && !compression_; }
    // Writes all of it.
    Task<std::error_code> write(std::string_view bytes);
    Task<std::error_code> write(std::span<const asio::const_buffer> pieces);
    // Writes what the socket takes at once; never with TLS or compression, where it is 0. A broken connection also gives 0: the next
    // write() tells.
    std::size_t try_write(std::string_view bytes) noexcept;

    // What is there to read at once, as it came: only without TLS.
    std::string drain();

    void close() noexcept;
    // Nobody reads or writes: on to another worker, see StreamSocket. Never with TLS.
    void leave() noexcept { socket_.leave(); }
    std::error_code join(net::Worker& worker) { return socket_.join(worker); }
    // Its worker's loop has ended.
    void drop_waits() noexcept { socket_.drop_waits(); }
    void set_peer_end_target(net::PeerEndTarget* target) noexcept { socket_.set_peer_end_target(target); }
    // Gives back the memory of buffers that are empty.
    void release_buffers() noexcept;
    // The operating system's user at the other end of a Unix socket; nothing for TCP.
    std::optional<unsigned> peer_user() const noexcept;
    bool is_unix() const noexcept { return is_unix_; }
    bool is_open() const noexcept { return socket_.is_open(); }
    bool encrypted() const noexcept { return tls_ != nullptr; }
    // Nobody on the way can read along: TLS or a Unix socket.
    bool secure() const noexcept { return encrypted() || is_unix_; }
    // When the write under way began; the default value: none is.
    SteadyTime writing_since() const noexcept { return writing_since_; }
    // Limits the next reads' chunks; larger reads cost fewer system calls for long results.
    static constexpr std::size_t read_bytes_min = 16 * 1024;
    static constexpr std::size_t read_bytes_max = 128 * 1024;

  private:
    using Tls = asio::ssl::stream<net::StreamSocket&>;
    struct Compression;
    std::span<char> room_to_read(std::size_t min_bytes);
    void received(std::size_t n) noexcept;
    Task<std::size_t> receive(std::span<char> room, std::error_code& error);
    Task<std::error_code> wait_connected(const asio::generic::stream_protocol::endpoint& endpoint);
    Task<std::error_code> read_compressed(std::size_t min_bytes);
    Task<std::error_code> write_compressed(std::span<const asio::const_buffer> pieces);
    Task<std::error_code> write_raw(std::span<const asio::const_buffer> pieces);
    Task<std::error_code> write_plain(std::span<const asio::const_buffer> pieces);

    net::StreamSocket socket_;
    std::unique_ptr<Tls> tls_;
    std::unique_ptr<Compression> compression_;
    InputBuffer input_;
    bool is_unix_ = false;
    std::size_t asked_bytes_ = 0;  // by the read under way
    std::size_t next_read_bytes_ = read_bytes_min;
    SteadyTime writing_since_{};
};

}  // namespace sabil::proxy::mysql_front
