// One worker's share of the RESP face: its connections, dispatcher and clock.
#pragma once

#include "proxy/net/worker.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/dispatcher.h"

#include <asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: its worker's thread, but for the constructor.
class WorkerFace {
  public:
    WorkerFace(ServerState& server, net::Worker& worker);
    ~WorkerFace();
    WorkerFace(const WorkerFace&) = delete;
    WorkerFace& operator=(const WorkerFace&) = delete;

    void start();
    // Sends what is pending and closes all connections.
    void stop();
    // Takes the descriptor.
    void accept(int descriptor, bool is_unix);

    // The connection is closed; it is freed at the turn's end.
    void release(Connection& connection);
    // Has the connection go on with what is in its read buffer, after others had their turn.
    void continue_later(Connection& connection);
    // Has it sent at the end of this turn, so that many messages make one send.
    void flush_later(Connection& connection);

    // Calls released() when the log is on disk up to this position.
    void release_when_durable(Connection& connection, std::uint64_t position);

    ServerState& server() noexcept { return server_; }
    Dispatcher& dispatcher() noexcept { return dispatcher_; }
    net::Worker& worker() noexcept { return worker_; }

  private:
    void refuse(int descriptor, std::string_view why);
    void wait_for_log();
    void release_durable();
    void await_durable(std::uint64_t position);
    void each_second();
    void sample_rates();

    ServerState& server_;
    net::Worker& worker_;
    Dispatcher dispatcher_;
    asio::steady_timer timer_;
    std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
    std::vector<std::unique_ptr<Connection>> released_;
    std::vector<std::shared_ptr<ClientState>> to_flush_;
    struct Held {
        std::uint64_t position;
        std::shared_ptr<ClientState> client;
    };
    std::deque<Held> held_;  // whose replies wait for the log; positions ascend
    bool flush_posted_ = false;
    bool stopped_ = false;
};

}  // namespace sabil::proxy::resp
