#include "proxy/mysql_front/hangup_watch.h"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

namespace sabil::proxy::mysql_front {
namespace {

int open_epoll() {
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return descriptor;
}

}  // namespace

HangupWatch::HangupWatch(net::Worker& worker) : epoll_(worker.context(), open_epoll()) {}

void HangupWatch::stop() noexcept {
    std::error_code ignored;
    epoll_.close(ignored);
}

bool HangupWatch::add(int descriptor, HangupTarget& target) noexcept {
    epoll_event event{};
    event.events = EPOLLRDHUP | EPOLLONESHOT;
    event.data.ptr = &target;
    return epoll_.is_open() && ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void HangupWatch::wait() {
    epoll_.async_wait(asio::posix::stream_descriptor::wait_read, [this](std::error_code error) {
        if (!error) turn();
    });
}

void HangupWatch::turn() {
    epoll_event events[hangups_per_turn_max];
    const int count = ::epoll_wait(epoll_.native_handle(), events, hangups_per_turn_max, 0);
    for (int i = 0; i < count; ++i) static_cast<HangupTarget*>(events[i].data.ptr)->on_hangup();
    if (epoll_.is_open()) wait();
}

}  // namespace sabil::proxy::mysql_front
