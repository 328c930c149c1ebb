#include "proxy/net/hangup_watch.h"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

namespace sabil::proxy::net {
namespace {

int open_epoll() {
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return descriptor;
}

}  // namespace

HangupWatch::HangupWatch(asio::io_context& loop) : epoll_(loop, open_epoll()) { wait(); }

bool HangupWatch::add(int descriptor, HangupTarget& target) noexcept {
    epoll_event event{};
    event.events = EPOLLRDHUP | EPOLLONESHOT;
    event.data.ptr = &target;
    return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void HangupWatch::remove(int descriptor) noexcept {
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void HangupWatch::wait() {
    epoll_.async_wait(asio::posix::stream_descriptor::wait_read, [this](std::error_code error) {
        if (!error) turn();
    });
}

// One at a time: what follows from one may end the target of the next.
void HangupWatch::turn() {
    epoll_event event{};
    for (int i = 0; i < hangups_per_turn_max; ++i) {
        if (::epoll_wait(epoll_.native_handle(), &event, 1, 0) != 1) break;
        static_cast<HangupTarget*>(event.data.ptr)->on_hangup();
    }
    wait();
}

}  // namespace sabil::proxy::net
