#include "proxy/mysql_front/channel.h"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/write.hpp>

#include <sys/socket.h>

#include <algorithm>

#include "proxy/mysql_front/tls_sessions.h"

namespace sabil::proxy::mysql_front {

// The plain bytes are in Channel::input_, those of the connection here.
struct Channel::Compression {
    Compression(mysql::CompressionAlgorithm algorithm, int level) : in(algorithm), out(algorithm, level) {}
    mysql::Decompressor in;
    mysql::Compressor out;
    InputBuffer packed_input;
    std::string packed_output;
    std::uint8_t next_sequence = 0;
};

Channel::Channel(const Executor& executor) : socket_(executor) {}

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
    std::error_code error;
    socket_.assign(asio::generic::stream_protocol(is_unix ? AF_UNIX : AF_INET, is_unix ? 0 : IPPROTO_TCP), descriptor,
                   error);
    if (!error) socket_.non_blocking(true, error);
    std::error_code ignored;
    if (!is_unix) socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    return error;
}

Task<std::error_code> Channel::connect(const asio::generic::stream_protocol::endpoint& endpoint, bool is_unix) {
    is_unix_ = is_unix;
    std::error_code error;
    co_await socket_.async_connect(endpoint, asio::redirect_error(use_task, error));
    if (!error) socket_.non_blocking(true, error);
    std::error_code ignored;
    if (!is_unix) {
        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
        socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    }
    co_return error;
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

asio::mutable_buffer Channel::room_to_read(std::size_t min_bytes) {
    const auto space = input_.space(std::max(min_bytes, next_read_bytes_));
    asked_bytes_ = space.size();
    return {space.data(), space.size()};
}

std::error_code Channel::received(std::error_code error, std::size_t n) noexcept {
    input_.commit(n);
    next_read_bytes_ = n == asked_bytes_ ? std::min(2 * next_read_bytes_, read_bytes_max) : read_bytes_min;
    return n > 0 ? std::error_code{} : error;
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
        const auto room = in.space(read_bytes_min);
        const auto buffer = asio::buffer(room.data(), room.size());
        std::size_t n = 0;
        if (tls_) {
            n = co_await tls_->async_read_some(buffer, asio::redirect_error(use_task, error));
        } else {
            n = co_await socket_.async_read_some(buffer, asio::redirect_error(use_task, error));
        }
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
    const auto buffer = room_to_read(min_bytes);
    std::error_code error;
    std::size_t n = 0;
    if (tls_) {
        n = co_await tls_->async_read_some(buffer, asio::redirect_error(use_task, error));
    } else {
        n = co_await socket_.async_read_some(buffer, asio::redirect_error(use_task, error));
    }
    co_return received(error, n);
}

std::size_t Channel::try_write(std::string_view bytes) noexcept {
    if (tls_ || compression_) return 0;
    const auto n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
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
        co_await asio::async_write(socket_, pieces, asio::redirect_error(use_task, error));
    }
    writing_since_ = {};
    co_return error;
}

std::string Channel::drain() {
    char bytes[4096];
    if (tls_) return {};
    const auto n = ::recv(socket_.native_handle(), bytes, sizeof(bytes), MSG_DONTWAIT);
    return n > 0 ? std::string(bytes, static_cast<std::size_t>(n)) : std::string();
}

std::optional<unsigned> Channel::peer_user() const noexcept {
    ucred peer{};
    socklen_t size = sizeof(peer);
    auto& socket = const_cast<Socket&>(socket_);
    if (!is_unix_ || ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return peer.uid;
}

void Channel::close() noexcept {
    std::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace sabil::proxy::mysql_front
