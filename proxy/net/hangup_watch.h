// Tells when the other end of a connection has closed it or stopped sending: once per connection, and at no cost before.
// The loop's own set tells it as one more edge of input, which is lost on who has just read all that came before it.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

namespace sabil::proxy::net {

class HangupTarget {
  public:
    // May close or end any target.
    virtual void on_hangup() = 0;

  protected:
    ~HangupTarget() = default;
};

// A second epoll set inside the worker's loop, in which only ends of connections count. Thread-safety: the worker's
// thread only, but for the constructor and destructor.
class HangupWatch {
  public:
    // Throws std::system_error where the system has no descriptor left.
    explicit HangupWatch(asio::io_context& loop);

    // False: the system refused.
    bool add(int descriptor, HangupTarget& target) noexcept;
    // Before the descriptor is closed and the target ends.
    void remove(int descriptor) noexcept;

    static constexpr int hangups_per_turn_max = 64;

  private:
    void wait();
    void turn();

    asio::posix::stream_descriptor epoll_;
};

}  // namespace sabil::proxy::net
