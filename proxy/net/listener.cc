#include "proxy/net/listener.h"

#include "proxy/net/bind_words.h"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>

namespace sabil::proxy::net {
namespace {

constexpr auto out_of_descriptors_pause = std::chrono::milliseconds(100);
constexpr int accepts_per_turn = 64;

auto refused(const Address& address, std::string_view what, int error) {
    return fail(ErrorCode::unavailable,
                "cannot " + std::string(what) + " " + address.text() + ": " + std::strerror(error));
}

bool somebody_listens(const sockaddr_un& where) {
    int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return true;
    bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
    ::close(probe);
    return connected;
}

Result<int> listen_unix(const Address& address, const ListenerOptions& options) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::memcpy(where.sun_path, address.unix_path.data(), std::min(address.unix_path.size(), sizeof where.sun_path - 1));
    int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return refused(address, "open a socket for", errno);
    struct stat found {};
    // An empty file keeps the name for us: so do test harnesses make temporary ones.
    bool leftover = ::stat(where.sun_path, &found) == 0 &&
                    (S_ISSOCK(found.st_mode) || (S_ISREG(found.st_mode) && found.st_size == 0));
    if (leftover && !somebody_listens(where)) ::unlink(where.sun_path);
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 ||
        ::listen(descriptor, options.backlog) != 0) {
        int error = errno;
        ::close(descriptor);
        return refused(address, "listen on", error);
    }
    if (options.unix_mode != 0) ::chmod(where.sun_path, options.unix_mode);
    return descriptor;
}

Result<int> listen_tcp(const Address& address, const addrinfo& where, const ListenerOptions& options) {
    int descriptor = ::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return refused(address, "open a socket for", errno);
    int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where.ai_family == AF_INET6) ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(descriptor, where.ai_addr, where.ai_addrlen) != 0 || ::listen(descriptor, options.backlog) != 0) {
        int error = errno;
        ::close(descriptor);
        return refused(address, "listen on", error);
    }
    return descriptor;
}

std::uint16_t bound_port(int descriptor) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
    if (bound.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
    return ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

}  // namespace

// A listening socket, served by the first worker; its descriptor is closed on that worker's thread.
struct Listener::Socket : std::enable_shared_from_this<Listener::Socket> {
    Socket(WorkerPool& pool, AcceptHandler& on_accept, Placement& on_place, int opened, bool unix_socket, std::string socket_file)
        : workers(pool),
          handler(on_accept),
          placement(on_place),
          acceptor(pool[0].context(), opened),
          timer(pool[0].context()),
          is_unix(unix_socket),
          path(std::move(socket_file)) {}

    void wait() {
        acceptor.async_wait(asio::posix::stream_descriptor::wait_read,
                            [self = shared_from_this()](std::error_code error) {
                                if (!error && self->acceptor.is_open()) self->accept_all();
                            });
    }

    void accept_all() {
        if (accept_some()) wait();
    }

    // False where it goes on by itself, after a pause.
    bool accept_some() {
        for (int i = 0; i < accepts_per_turn; ++i) {
            int descriptor = ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor >= 0) {
                hand_out(descriptor);
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                break;
            } else if (errno == EINVAL) {
                return false;  // shut down by close_tcp
            } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                pause();
                return false;
            }
        }
        return true;
    }

    // Waiting for readiness again would spin: the connection that cannot be taken stays ready.
    void pause() {
        timer.expires_after(out_of_descriptors_pause);
        timer.async_wait([self = shared_from_this()](std::error_code error) {
            if (!error && self->acceptor.is_open()) self->wait();
        });
    }

    void hand_out(int descriptor) {
        Worker& worker = placement();
        if (worker.index() == 0) return handler(worker, descriptor, is_unix);
        asio::post(worker.context(), [self = shared_from_this(), &worker, descriptor] {
            self->handler(worker, descriptor, self->is_unix);
        });
    }

    void close() {
        std::error_code ignored;
        timer.cancel();
        acceptor.close(ignored);
        if (is_unix) ::unlink(path.c_str());
    }

    WorkerPool& workers;
    AcceptHandler& handler;
    Placement& placement;
    asio::posix::stream_descriptor acceptor;
    asio::steady_timer timer;
    bool is_unix;
    std::string path;
};

Listener::Listener(WorkerPool& workers, AcceptHandler handler, Placement placement)
    : workers_(workers), handler_(std::move(handler)), placement_(std::move(placement)) {
    if (!placement_) placement_ = [this]() -> Worker& { return workers_.next(); };
}

Listener::~Listener() { close(); }

Result<Address> Listener::open(const Address& address, const ListenerOptions& options) {
    std::vector<int> opened;
    Address real = address;
    if (may_be_missing(real)) real.host.erase(0, 1);
    if (address.is_unix()) {
        auto descriptor = listen_unix(address, options);
        if (!descriptor) return tl::unexpected(descriptor.error());
        opened.push_back(*descriptor);
    } else {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_PASSIVE;
        addrinfo* found = nullptr;
        std::string host = real.host == "*" ? "" : real.host;
        int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(address.port).c_str(), &hints,
                                  &found);
        if (error != 0) {
            return fail(ErrorCode::unavailable, "cannot listen on " + address.text() + ": " + ::gai_strerror(error));
        }
        std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
        auto first = listen_tcp(address, *found, options);
        if (!first) return tl::unexpected(first.error());
        opened.push_back(*first);
        real.port = bound_port(*first);
    }
    std::lock_guard lock(mutex_);
    for (int descriptor : opened) {
        auto socket = std::make_shared<Socket>(workers_, handler_, placement_, descriptor, address.is_unix(), address.unix_path);
        sockets_.push_back(socket);
        asio::post(workers_[0].context(), [socket] { socket->wait(); });
    }
    addresses_.push_back(real);
    return real;
}

void Listener::accept_waiting() {
    std::lock_guard lock(mutex_);
    for (auto& socket : sockets_) {
        if (socket->acceptor.is_open()) socket->accept_some();
    }
}

void Listener::close_tcp() {
    std::lock_guard lock(mutex_);
    for (auto& socket : sockets_) {
        if (socket->is_unix) continue;
        // The descriptor itself belongs to the first worker's thread.
        ::shutdown(socket->acceptor.native_handle(), SHUT_RDWR);
        asio::post(workers_[0].context(), [socket] { socket->close(); });
    }
    std::erase_if(sockets_, [](const auto& socket) { return !socket->is_unix; });
    std::erase_if(addresses_, [](const Address& address) { return !address.is_unix(); });
}

void Listener::close() {
    decltype(sockets_) sockets;
    {
        std::lock_guard lock(mutex_);
        sockets.swap(sockets_);
        addresses_.clear();
    }
    for (auto& socket : sockets) {
        auto& context = workers_[0].context();
        if (context.stopped() || !workers_.running()) {
            socket->close();
            continue;
        }
        std::promise<void> closed;
        asio::post(context, [&socket, &closed] {
            socket->close();
            closed.set_value();
        });
        closed.get_future().wait();
    }
}

}  // namespace sabil::proxy::net
