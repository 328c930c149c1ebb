// One worker's share of the RESP face: its connections, dispatcher and clock.
#pragma once

#include "proxy/net/load_report.h"
#include "proxy/net/worker.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/dispatcher.h"

#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: its worker's thread, but for the constructor.
class WorkerFace {
  public:
    // `faces` holds those of all workers, by their index, once all are made.
    WorkerFace(ServerState& server, net::Worker& worker, const std::vector<std::unique_ptr<WorkerFace>>& faces);
    ~WorkerFace();
    WorkerFace(const WorkerFace&) = delete;
    WorkerFace& operator=(const WorkerFace&) = delete;

    void start();
    // Sends what is pending and closes all connections.
    void stop();
    // Takes the descriptor.
    void accept(int descriptor, bool is_unix);

    // Accepts what waits on the listening sockets; only the first worker's face has it.
    void set_accept_waiting(std::function<void()> accept) { accept_waiting_ = std::move(accept); }

    // Requests came: this worker tells its load from now on.
    void note_activity() { load_report_.note_activity(); }

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
    void even_out();
    void move(Connection& connection, WorkerFace& to);
    void serve_during_script();

    ServerState& server_;
    net::Worker& worker_;
    const std::vector<std::unique_ptr<WorkerFace>>& faces_;
    Dispatcher dispatcher_;
    Dispatcher script_dispatcher_;  // for others' commands in the middle of a script of dispatcher_
    asio::steady_timer timer_;
    net::LoadReport load_report_;
    std::function<void()> accept_waiting_;
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
    std::chrono::steady_clock::time_point served_during_script_at_{};
};

}  // namespace sabil::proxy::resp
