// Accepts connections and hands their sockets to the workers.
#pragma once

#include "cache/base/result.h"
#include "proxy/net/address.h"
#include "proxy/net/worker.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sabil::proxy::net {

struct ListenerOptions {
    int backlog = 511;
    unsigned unix_mode = 0;  // permissions of the socket file; 0 leaves what the umask gives
};

// An accepted, non-blocking, close-on-exec socket; the callee owns the descriptor. Runs on `worker`'s thread.
using AcceptHandler = std::function<void(Worker& worker, int descriptor, bool is_unix)>;

// Which worker the next connection goes to. Runs on the first worker's thread.
using Placement = std::function<Worker&()>;

// One or more listening sockets of one face. Thread-safety: close() from a thread that is no worker; the rest from any.
class Listener {
  public:
    // Without a placement the workers have their turn one after the other.
    Listener(WorkerPool& workers, AcceptHandler handler, Placement placement = {});
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Binds and listens on the first address the host name stands for. A leftover socket file at a unix path is replaced if
    // nobody listens there. Errors: unavailable, naming the address and the system's reason.
    Result<Address> open(const Address& address, const ListenerOptions& options = {});
    // Stops accepting and removes socket files; waits for accepts under way to end where the workers run.
    void close();
    // Stops accepting on TCP at once, from any thread: the ports are free when it returns.
    void close_tcp();
    // Accepts what waits to be, for whoever keeps the first worker's loop from doing so. On the first worker's thread.
    void accept_waiting();
    // Each with the port it really has.
    std::vector<Address> addresses() const {
        std::lock_guard lock(mutex_);
        return addresses_;
    }

  private:
    struct Socket;
    WorkerPool& workers_;
    AcceptHandler handler_;
    Placement placement_;
    mutable std::mutex mutex_;  // of what follows
    std::vector<std::shared_ptr<Socket>> sockets_;
    std::vector<Address> addresses_;
};

}  // namespace sabil::proxy::net
