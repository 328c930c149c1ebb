// A worker's part in spreading connections over workers, and in serving others while one of its scripts runs too long.
#include "proxy/resp/worker_face.h"

#include <asio/post.hpp>

namespace sabil::proxy::resp {

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
