#include "proxy/net/stream_socket.h"

#include <asio/error.hpp>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace sabil::proxy::net {
namespace {

std::error_code last_error() noexcept { return {errno, std::system_category()}; }

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

StreamSocket::~StreamSocket() {
    drop_waits();
    watch_.close();
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::error_code StreamSocket::adopt(int descriptor) {
    close();
    descriptor_ = descriptor;
    return join(*worker_);
}

std::error_code StreamSocket::join(Worker& worker) {
    worker_ = &worker;
    may_have_input_ = true;
    if (is_open() && watch_.open(worker, descriptor_)) return {};
    const auto error = is_open() ? last_error() : std::error_code(asio::error::bad_descriptor);
    close();
    return error;
}

// From the loop, or dropped with it.
void StreamSocket::resume_closed(executor_type executor, SocketWait& wait) {
    const auto drop = [](SocketWait* waiting) { waiting->drop(); };
    asio::post(executor, [owned = std::unique_ptr<SocketWait, decltype(drop)>(&wait, drop)]() mutable {
        owned.release()->resume(asio::error::operation_aborted);
    });
}

void StreamSocket::close() noexcept {
    if (!is_open()) return;
    watch_.close();
    ::shutdown(descriptor_, SHUT_RDWR);
    ::close(std::exchange(descriptor_, -1));
    if (reader_ != nullptr) resume_closed(get_executor(), *std::exchange(reader_, nullptr));
    if (writer_ != nullptr) resume_closed(get_executor(), *std::exchange(writer_, nullptr));
}

void StreamSocket::drop_waits() noexcept {
    auto* reader = std::exchange(reader_, nullptr);
    auto* writer = std::exchange(writer_, nullptr);
    if (reader != nullptr) reader->drop();
    if (writer != nullptr) writer->drop();
}

std::size_t StreamSocket::receive(std::span<char> room, std::error_code& error) noexcept {
    if (!is_open()) {
        error = asio::error::bad_descriptor;
        return 0;
    }
    if (!may_have_input_ || room.empty()) return 0;
    ssize_t n = 0;
    do {
        n = ::recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        // Less than there was room for: the socket is empty, and the next bytes make an edge.
        may_have_input_ = n == static_cast<ssize_t>(room.size());
        return static_cast<std::size_t>(n);
    }
    if (n == 0) {
        error = asio::error::eof;
    } else if (would_block(errno)) {
        may_have_input_ = false;
    } else {
        error = last_error();
    }
    return 0;
}

std::size_t StreamSocket::send(std::span<const char> bytes, std::error_code& error) noexcept {
    if (!is_open()) {
        error = asio::error::bad_descriptor;
        return 0;
    }
    const auto n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (!would_block(errno)) error = last_error();
    return 0;
}

std::size_t StreamSocket::send(std::span<const iovec> pieces, std::error_code& error) noexcept {
    if (!is_open()) {
        error = asio::error::bad_descriptor;
        return 0;
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    const auto n = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (!would_block(errno)) error = last_error();
    return 0;
}

void StreamSocket::wait_readable(SocketWait& wait) {
    if (!is_open()) return resume_closed(get_executor(), wait);
    reader_ = &wait;
    watch_.want_readable();
}

void StreamSocket::wait_writable(SocketWait& wait) {
    if (!is_open()) return resume_closed(get_executor(), wait);
    writer_ = &wait;
    watch_.want_writable();
}

void StreamSocket::on_readable() {
    may_have_input_ = true;
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->resume({});
}

void StreamSocket::on_writable() {
    if (writer_ != nullptr) std::exchange(writer_, nullptr)->resume({});
}

void StreamSocket::on_peer_end() {
    may_have_input_ = true;
    if (peer_end_target_ != nullptr) peer_end_target_->on_peer_end();
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->resume({});
}

}  // namespace sabil::proxy::net
