#include "proxy/net/poll_set.h"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

namespace sabil::proxy::net {
namespace {

int open_epoll() {
    int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return descriptor;
}

}  // namespace

PollSet::PollSet(Worker& worker) : epoll_(worker.context(), open_epoll()) {}

PollSet::~PollSet() = default;

void PollSet::start() { wait(); }

void PollSet::stop() {
    std::error_code ignored;
    epoll_.close(ignored);
}

bool PollSet::add(int descriptor, std::uint32_t events, Pollable& target) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &target;
    return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void PollSet::modify(int descriptor, std::uint32_t events, Pollable& target) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &target;
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
}

void PollSet::remove(int descriptor) noexcept {
    if (epoll_.is_open()) ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void PollSet::wait() {
    epoll_.async_wait(asio::posix::stream_descriptor::wait_read, [this](std::error_code error) {
        if (!error) turn();
    });
}

void PollSet::turn() {
    epoll_event events[events_per_turn];
    int count = ::epoll_wait(epoll_.native_handle(), events, events_per_turn, 0);
    for (int i = 0; i < count; ++i) static_cast<Pollable*>(events[i].data.ptr)->on_ready(events[i].events);
    if (after_turn_) after_turn_();
    if (epoll_.is_open()) wait();
}

}  // namespace sabil::proxy::net
