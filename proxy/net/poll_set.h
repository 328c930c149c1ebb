// Readiness of many sockets of one worker, at one system call a turn: a level-triggered epoll set inside the worker's
// own event loop. Asio alone costs one more call per socket and turn (a receive that finds nothing, or a re-arming).
#pragma once

#include "proxy/net/worker.h"

#include <asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>

namespace sabil::proxy::net {

class Pollable {
  public:
    virtual ~Pollable() = default;
    // EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR, EPOLLRDHUP as they apply. May remove itself and others from the set, but
    // objects must live until the turn's end (after_turn).
    virtual void on_ready(std::uint32_t events) = 0;
};

// Thread-safety: the worker's thread only.
class PollSet {
  public:
    static constexpr int events_per_turn = 256;

    explicit PollSet(Worker& worker);
    ~PollSet();
    PollSet(const PollSet&) = delete;
    PollSet& operator=(const PollSet&) = delete;

    void start();
    void stop();
    bool add(int descriptor, std::uint32_t events, Pollable& target) noexcept;
    void modify(int descriptor, std::uint32_t events, Pollable& target) noexcept;
    void remove(int descriptor) noexcept;

    // Called after each turn's last on_ready(): where objects that were removed may be freed.
    void set_after_turn(std::function<void()> after_turn) { after_turn_ = std::move(after_turn); }

  private:
    void wait();
    void turn();

    asio::posix::stream_descriptor epoll_;
    std::function<void()> after_turn_;
};

}  // namespace sabil::proxy::net
