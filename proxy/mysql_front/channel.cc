#include "proxy/mysql_front/channel.h"

#include <asio/redirect_error.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "proxy/mysql_front/tls_sessions.h"

namespace sabil::proxy::mysql_front {
namespace {

constexpr auto full_backlog_pause = std::chrono::milliseconds(5);
constexpr std::size_t pieces_per_send_max = 16;

void switch_on(int descriptor, int level, int option) noexcept {
    const int on = 1;
    (void)::setsockopt(descriptor, level, option, &on, sizeof on);
}

}  // namespace

// The plain bytes are in Channel::input_, those of the connection here.
struct Channel::Compression {
    Compression(mysql::CompressionAlgorithm algorithm, int level) : in(algorithm), out(algorithm, level) {}
    mysql::Decompressor in;
    mysql::Compressor out;
    InputBuffer packed_input;
    std::string packed_output;
    std::uint8_t next_sequence = 0;
};

Channel::Channel(net::Worker& worker) : socket_(worker) {}

Channel::~Channel() = default;

void Channel::compress(mysql::CompressionAlgorithm algorithm, int level) {
    compression_ = std::make_unique<Compression>(algorithm, level);
    const auto early = input_.data();
    if (early.empty()) return;
    std::copy(early.begin(), early.end(), compression_->packed_input.space(early.size()).begin());
    compression_->packed_input.commit(early.size());
    input_.consume(early.size());
}

std::error_code Channel::adopt(int descriptor, bool is_unix) {
    is_unix_ = is_unix;
    if (!is_unix) switch_on(descriptor, IPPROTO_TCP, TCP_NODELAY);
    return socket_.adopt(descriptor);
}

Task<std::error_code> Channel::connect(const asio::generic::stream_protocol::endpoint& endpoint, bool is_unix) {
    const int descriptor =
        ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) co_return std::error_code(errno, std::system_category());
    // Connecting first: a socket that is not is one that was hung up.
    const bool failed = ::connect(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0;
    std::error_code error(failed ? errno : 0, std::system_category());
    if (const auto refused = adopt(descriptor, is_unix)) co_return refused;
    if (!is_unix) switch_on(descriptor, SOL_SOCKET, SO_KEEPALIVE);
    if (failed && (error == std::errc::operation_in_progress || error == std::errc::resource_unavailable_try_again)) {
        error = co_await wait_connected(endpoint);
    }
    co_return error;
}

Task<std::error_code> Channel::wait_connected(const asio::generic::stream_protocol::endpoint& endpoint) {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> pause(
        socket_.get_executor());
    std::error_code error;
    while (true) {
        if (is_unix_) {  // its listener's backlog is full, and nothing tells when it is not
            pause.expires_after(full_backlog_pause);
            co_await pause.async_wait(asio::redirect_error(use_task, error));
        } else {
            co_await socket_.async_wait_writable(asio::redirect_error(use_task, error));
        }
        if (error) co_return error;
        if (!socket_.is_open()) co_return std::make_error_code(std::errc::operation_canceled);
        const auto size = static_cast<socklen_t>(endpoint.size());
        if (::connect(socket_.native_handle(), endpoint.data(), size) == 0 || errno == EISCONN) co_return error;
        if (errno != EALREADY && errno != EINPROGRESS && errno != EAGAIN && errno != EINTR) {
            co_return std::error_code(errno, std::system_category());
        }
    }
}

Task<std::error_code> Channel::accept_tls(asio::ssl::context& context, std::string_view already_read) {
    auto tls = std::make_unique<Tls>(socket_, context);
    std::error_code error;
    const auto used = co_await tls->async_handshake(asio::ssl::stream_base::server,
                                                    asio::buffer(already_read.data(), already_read.size()),
                                                    asio::redirect_error(use_task, error));
    (void)used;
    tls_ = std::move(tls);
    co_return error;
}

Task<std::error_code> Channel::connect_tls(asio::ssl::context& context, const std::string& server_name) {
    auto tls = std::make_unique<Tls>(socket_, context);
    if (!server_name.empty()) {
        SSL_set_tlsext_host_name(tls->native_handle(), server_name.c_str());
        tls->set_verify_callback(asio::ssl::host_name_verification(server_name));
    }
    offer_tls_session(tls->native_handle());
    std::error_code error;
    co_await tls->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(use_task, error));
    tls_ = std::move(tls);
    co_return error;
}

std::span<char> Channel::room_to_read(std::size_t min_bytes) {
    const auto room = input_.space(std::max(min_bytes, next_read_bytes_));
    asked_bytes_ = room.size();
    return room;
}

void Channel::received(std::size_t n) noexcept {
    input_.commit(n);
    next_read_bytes_ = n == asked_bytes_ ? std::min(2 * next_read_bytes_, read_bytes_max) : read_bytes_min;
}

bool Channel::read_now(std::size_t min_bytes, std::error_code& error) noexcept {
    const auto n = socket_.receive(room_to_read(min_bytes), error);
    if (n > 0) received(n);
    return n > 0;
}

// At least one byte, or an error.
Task<std::size_t> Channel::receive(std::span<char> room, std::error_code& error) {
    if (tls_) {
        co_return co_await tls_->async_read_some(asio::buffer(room.data(), room.size()),
                                                 asio::redirect_error(use_task, error));
    }
    while (true) {
        const auto n = socket_.receive(room, error);
        if (n > 0 || error) co_return n;
        co_await socket_.async_wait_readable(asio::redirect_error(use_task, error));
        if (error) co_return 0;
    }
}

Task<std::error_code> Channel::read_compressed(std::size_t min_bytes) {
    auto& in = compression_->packed_input;
    std::error_code error;
    while (!error) {
        const auto space = input_.space(std::max(min_bytes, read_bytes_min));
        const auto unpacked = compression_->in.unpack(in.data(), space);
        if (!unpacked) co_return std::make_error_code(std::errc::bad_message);
        in.consume(unpacked->consumed);
        input_.commit(unpacked->produced);
        if (unpacked->produced > 0) {
            compression_->next_sequence = static_cast<std::uint8_t>(compression_->in.sequence() + 1);
            co_return error;
        }
        const auto n = co_await receive(in.space(read_bytes_min), error);
        in.commit(n);
    }
    co_return error;
}

Task<std::error_code> Channel::write_compressed(std::span<const asio::const_buffer> pieces) {
    auto& c = *compression_;
    for (const auto& piece : pieces) {
        std::string_view plain(static_cast<const char*>(piece.data()), piece.size());
        while (!plain.empty()) {
            const auto part = plain.substr(0, mysql::Compressor::plain_bytes_max);
            c.packed_output.clear();
            c.out.pack(c.packed_output, c.next_sequence++, part);
            const asio::const_buffer buffer(c.packed_output.data(), c.packed_output.size());
            if (const auto error = co_await write_raw({&buffer, 1})) co_return error;
            plain.remove_prefix(part.size());
        }
    }
    co_return std::error_code{};
}

Task<std::error_code> Channel::read(std::size_t min_bytes) {
    if (compression_) co_return co_await read_compressed(min_bytes);
    std::error_code error;
    if (tls_) {
        const auto n = co_await receive(room_to_read(min_bytes), error);
        if (n > 0) received(n);
        co_return n > 0 ? std::error_code{} : error;
    }
    while (!read_now(min_bytes, error) && !error) {
        co_await socket_.async_wait_readable(asio::redirect_error(use_task, error));
    }
    co_return error;
}

std::size_t Channel::try_write(std::string_view bytes) noexcept {
    if (!plain()) return 0;
    std::error_code ignored;
    return socket_.send(bytes, ignored);
}

Task<std::error_code> Channel::write(std::string_view bytes) {
    bytes.remove_prefix(try_write(bytes));
    if (bytes.empty()) co_return std::error_code{};
    const auto buffer = asio::const_buffer(bytes.data(), bytes.size());
    co_return co_await write({&buffer, 1});
}

Task<std::error_code> Channel::write(std::span<const asio::const_buffer> pieces) {
    if (compression_) co_return co_await write_compressed(pieces);
    co_return co_await write_raw(pieces);
}

Task<std::error_code> Channel::write_raw(std::span<const asio::const_buffer> pieces) {
    writing_since_ = system_clock().steady();
    std::error_code error;
    if (tls_) {
        co_await asio::async_write(*tls_, pieces, asio::redirect_error(use_task, error));
    } else {
        error = co_await write_plain(pieces);
    }
    writing_since_ = {};
    co_return error;
}

Task<std::error_code> Channel::write_plain(std::span<const asio::const_buffer> pieces) {
    std::error_code error;
    std::size_t skip = 0;  // bytes of the first piece that are sent
    while (!pieces.empty()) {
        iovec vectors[pieces_per_send_max];
        const auto count = std::min(pieces.size(), pieces_per_send_max);
        for (std::size_t i = 0; i < count; ++i) {
            vectors[i] = {const_cast<void*>(pieces[i].data()), pieces[i].size()};
        }
        vectors[0].iov_base = static_cast<char*>(vectors[0].iov_base) + skip;
        vectors[0].iov_len -= skip;
        auto sent = socket_.send(std::span<const iovec>(vectors, count), error);
        if (error) co_return error;
        if (sent == 0 && vectors[0].iov_len > 0) {
            co_await socket_.async_wait_writable(asio::redirect_error(use_task, error));
            if (error) co_return error;
            continue;
        }
        while (!pieces.empty() && sent >= pieces.front().size() - skip) {
            sent -= pieces.front().size() - skip;
            skip = 0;
            pieces = pieces.subspan(1);
        }
        skip += sent;
    }
    co_return error;
}

std::string Channel::drain() {
    char bytes[4096];
    if (tls_) return {};
    std::error_code ignored;
    return std::string(bytes, socket_.receive(bytes, ignored));
}

std::optional<unsigned> Channel::peer_user() const noexcept {
    ucred peer{};
    socklen_t size = sizeof(peer);
    const int descriptor = socket_.native_handle();
    if (!is_unix_ || ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return peer.uid;
}

void Channel::release_buffers() noexcept {
    input_.shrink(0);
    if (compression_) compression_->packed_input.shrink(0);
}

void Channel::close() noexcept { socket_.close(); }

}  // namespace sabil::proxy::mysql_front
