// Tells when the other end of a connection has closed it, while nobody reads: once per connection, and at no cost before.
#pragma once

#include <asio/posix/stream_descriptor.hpp>

#include "proxy/net/worker.h"

namespace sabil::proxy::mysql_front {

class HangupTarget {
  public:
    virtual void on_hangup() = 0;

  protected:
    ~HangupTarget() = default;
};

// A second epoll set inside the worker's loop, in which only ends of connections count. Thread-safety: the worker's
// thread only, but for the constructor.
class HangupWatch {
  public:
    // Throws std::system_error where the system has no descriptor left.
    explicit HangupWatch(net::Worker& worker);

    void start() { wait(); }
    void stop() noexcept;
    // Until the descriptor is closed, which must come before the target's end. False: the system refused.
    bool add(int descriptor, HangupTarget& target) noexcept;

    static constexpr int hangups_per_turn_max = 64;

  private:
    void wait();
    void turn();

    asio::posix::stream_descriptor epoll_;
};

}  // namespace sabil::proxy::mysql_front
