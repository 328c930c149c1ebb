// Readiness of a socket in its worker's event loop without any system call of its own: the socket is registered once,
// edge-triggered, and the one epoll_wait of the loop's turn reports it. Asio's own operations on sockets cost one more
// call per socket and turn: a receive that finds nothing, or a re-arming epoll_ctl.
#pragma once

#include "proxy/net/worker.h"

namespace sabil::proxy::net {

class ReadinessTarget {
  public:
    // Either may close the watch and end the target.
    virtual void on_readable() = 0;  // bytes, the peer's end, or an error
    virtual void on_writable() = 0;
    // The peer's end has come, wished for or not; once.
    virtual void on_peer_end() { on_readable(); }

  protected:
    ~ReadinessTarget() = default;
};

// Each want_*() gives one call, from the loop and never from inside want_*(): at once where the socket became ready
// since the last one, else when it does. Readiness is an edge: whoever stops reading before the socket is empty asks
// the socket again by itself; but who found it empty need not ask for its end as well. Spurious calls happen.
// Thread-safety: the thread of the worker it was opened for; a closed one may be handed to another thread.
class SocketWatch {
  public:
    explicit SocketWatch(ReadinessTarget& target) : target_(target) {}
    ~SocketWatch() { close(); }
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    // The descriptor stays the caller's: close the watch first. False where the system has no room for it.
    bool open(Worker& worker, int descriptor);
    void close() noexcept;

    void want_readable();
    void want_writable();

  private:
    struct Registration;

    ReadinessTarget& target_;
    Registration* registration_ = nullptr;  // outlives the watch while the loop still holds one of its operations
};

}  // namespace sabil::proxy::net
