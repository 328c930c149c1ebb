// A worker's part in spreading connections over workers, and in serving others while one of its scripts runs too long.
#include "proxy/resp/worker_face.h"

#include <asio/post.hpp>

#include <ctime>

namespace sabil::proxy::resp {
namespace {

std::chrono::nanoseconds thread_cpu_time() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

void WorkerFace::begin_reports() {
    if (stopped_ || faces_.size() < 2) return;
    reporting_ = true;
    reported_cpu_ = thread_cpu_time();
    reported_at_ = std::chrono::steady_clock::now();
    reported_reads_ = dispatcher_.stats().reads.get();
    wait_to_report();
}

void WorkerFace::wait_to_report() {
    report_timer_.expires_after(WorkerSpread::report_interval);
    report_timer_.async_wait([this](std::error_code error) {
        if (!error && !stopped_) report();
    });
}

void WorkerFace::report() {
    auto now = std::chrono::steady_clock::now();
    auto cpu = thread_cpu_time();
    auto reads = dispatcher_.stats().reads.get();
    server_.spread.report(worker_.index(), std::chrono::duration<double>(cpu - reported_cpu_) / (now - reported_at_));
    even_out();
    if (reads == reported_reads_) {
        reporting_ = false;
        return;
    }
    reported_cpu_ = cpu;
    reported_at_ = now;
    reported_reads_ = reads;
    wait_to_report();
}

void WorkerFace::even_out() {
    constexpr std::size_t moves_per_report = 256;
    std::vector<Connection*> movable;
    for (auto& [connection, owned] : connections_) {
        if (movable.size() == moves_per_report || !server_.spread.receiver(worker_.index())) break;
        if (connection->may_move()) movable.push_back(connection);
    }
    for (auto* connection : movable) {
        auto to = server_.spread.receiver(worker_.index());
        if (!to) break;
        move(*connection, *faces_[*to]);
    }
}

void WorkerFace::move(Connection& connection, WorkerFace& to) {
    auto found = connections_.find(&connection);
    auto owned = std::move(found->second);
    connections_.erase(found);
    server_.spread.moved(worker_.index(), to.worker_.index());
    connection.leave();
    connection.client().hand_to(to.worker_);
    asio::post(to.worker_.context(), [&to, owned = std::move(owned)]() mutable {
        auto& arrived = *owned;
        to.connections_.emplace(&arrived, std::move(owned));
        arrived.join(to);
        if (to.stopped_ && arrived.is_open()) arrived.close();
    });
}

// In the middle of a script of this worker, between two of its instructions.
void WorkerFace::serve_during_script() {
    auto limit = std::chrono::milliseconds(server_.settings.script_time_limit_ms.load(std::memory_order_relaxed));
    if (!server_.scripting.gate.runs_longer_than(limit)) return;
    constexpr auto interval = std::chrono::milliseconds(20);
    auto now = std::chrono::steady_clock::now();
    if (now - served_during_script_at_ < interval) return;
    if (accept_waiting_) accept_waiting_();
    std::vector<std::shared_ptr<ClientState>> clients;
    for (auto& [connection, owned] : connections_) clients.push_back(connection->client().shared_from_this());
    for (const auto& client : clients) {
        if (client->connection != nullptr) client->connection->serve_during_script(script_dispatcher_);
    }
    served_during_script_at_ = std::chrono::steady_clock::now();
}

}  // namespace sabil::proxy::resp
