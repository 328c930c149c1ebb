#include "proxy/mysql_front/channel.h"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/write.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace sabil::proxy::mysql_front {

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

Task<std::error_code> Channel::read(std::size_t min_bytes) {
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
    if (tls_) return 0;
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

void Channel::notify_readable(std::function<void()> callback) {
    socket_.async_wait(Socket::wait_read, [callback = std::move(callback)](std::error_code) { callback(); });
}

bool Channel::peer_closed() const noexcept {
    if (!socket_.is_open()) return true;
    auto& socket = const_cast<Socket&>(socket_);
    pollfd poller{socket.native_handle(), POLLRDHUP, 0};
    return ::poll(&poller, 1, 0) > 0;
}

std::string Channel::drain() {
    char bytes[4096];
    if (tls_) return {};
    const auto n = ::recv(socket_.native_handle(), bytes, sizeof(bytes), MSG_DONTWAIT);
    return n > 0 ? std::string(bytes, static_cast<std::size_t>(n)) : std::string();
}

void Channel::close() noexcept {
    std::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace sabil::proxy::mysql_front
