#include "proxy/resp/worker_face.h"

#include "proxy/resp/socket_names.h"

#include <asio/post.hpp>

#include <future>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sabil::proxy::resp {
namespace {

void set_option(int descriptor, int level, int option, int value) {
    ::setsockopt(descriptor, level, option, &value, sizeof value);
}

void set_keepalive(int descriptor, std::uint64_t seconds) {
    if (seconds == 0) return;
    auto idle = static_cast<int>(std::min<std::uint64_t>(seconds, 32767));
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, idle / 3));
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

constexpr std::string_view protected_text =
    "-DENIED Sabil is running in protected mode because protected mode is enabled and no password is set for the "
    "default user. In this mode connections are only accepted from the loopback interface. Set requirepass or an ACL "
    "password, or switch protected-mode to 'no'.\r\n";

}  // namespace

WorkerFace::WorkerFace(ServerState& server, net::Worker& worker,
                       const std::vector<std::unique_ptr<WorkerFace>>& faces)
    : server_(server),
      worker_(worker),
      faces_(faces),
      dispatcher_(server, worker),
      script_dispatcher_(server, worker),
      timer_(worker.context()),
      load_report_(worker, server.spread, [this] { even_out(); }) {
    dispatcher_.set_during_script([this] { serve_during_script(); });
}

WorkerFace::~WorkerFace() = default;

void WorkerFace::start() {
    each_second();
}

void WorkerFace::stop() {
    stopped_ = true;
    timer_.cancel();
    wait_for_log();
    load_report_.stop();
    auto connections = std::move(connections_);
    connections_.clear();
    for (auto& [connection, owned] : connections) {
        if (connection->is_open()) connection->flush();
        if (connection->is_open()) connection->close();
    }
}

void WorkerFace::accept(int descriptor, bool is_unix) {
    auto& stats = dispatcher_.stats();
    stats.connections_received.add();
    if (stopped_) {
        server_.spread.left(worker_.index());
        return static_cast<void>(::close(descriptor));
    }
    if (server_.clients.size() >= server_.settings.maxclients.load(std::memory_order_relaxed)) {
        stats.connections_rejected.add();
        return refuse(descriptor, "-ERR max number of clients reached\r\n");
    }
    auto client = std::make_shared<ClientState>(worker_, server_.clients.next_id());
    client->descriptor = descriptor;
    client->is_unix = is_unix;
    client->address = peer_name(descriptor);
    client->local_address = local_name(descriptor);
    if (server_.settings.protected_mode && !is_unix && !server_.acl.auth_required() && !is_loopback(descriptor)) {
        stats.connections_rejected.add();
        return refuse(descriptor, protected_text);
    }
    client->connected_at = std::chrono::steady_clock::now();
    client->active_at_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(client->connected_at.time_since_epoch()).count();
    client->authenticated = !server_.acl.auth_required();
    refresh_user(*client, server_.acl);
    if (!is_unix) {
        set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
        set_keepalive(descriptor, server_.settings.tcp_keepalive_seconds);
    }
    auto owned = std::make_unique<Connection>(*this, descriptor, client);
    auto& connection = *owned;
    server_.clients.add(client);
    connections_.emplace(&connection, std::move(owned));
    connection.join(*this);
}

void WorkerFace::refuse(int descriptor, std::string_view why) {
    server_.spread.left(worker_.index());
    (void)!::send(descriptor, why.data(), why.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(descriptor);
}

void WorkerFace::release(Connection& connection) {
    auto& client = connection.client();
    end_client(client, server_);
    client.connection = nullptr;
    auto found = connections_.find(&connection);
    if (found == connections_.end()) return;
    server_.spread.left(worker_.index());
    released_.push_back(std::move(found->second));
    connections_.erase(found);
    if (released_.size() == 1) {
        asio::post(worker_.context(), [this] { released_.clear(); });
    }
}

void WorkerFace::continue_later(Connection& connection) {
    asio::post(worker_.context(), [client = connection.client().shared_from_this()] {
        if (client->connection != nullptr) client->connection->go_on();
    });
}

void WorkerFace::flush_later(Connection& connection) {
    to_flush_.push_back(connection.client().shared_from_this());
    if (flush_posted_) return;
    flush_posted_ = true;
    asio::post(worker_.context(), [this] {
        flush_posted_ = false;
        auto clients = std::move(to_flush_);
        to_flush_.clear();
        for (const auto& client : clients) {
            if (client->connection != nullptr && client->connection->is_open()) client->connection->flush();
        }
    });
}

void WorkerFace::release_when_durable(Connection& connection, std::uint64_t position) {
    held_.push_back({position, connection.client().shared_from_this()});
    if (held_.size() == 1) await_durable(position);
}

void WorkerFace::await_durable(std::uint64_t position) {
    server_.services.log->when_durable(position,
                                       [this] { asio::post(worker_.context(), [this] { release_durable(); }); });
}

void WorkerFace::release_durable() {
    auto& log = *server_.services.log;
    const bool all = !log.delays_replies();
    const auto durable = log.durable();
    std::vector<std::shared_ptr<ClientState>> clients;
    while (!held_.empty() && (all || held_.front().position <= durable)) {
        clients.push_back(std::move(held_.front().client));
        held_.pop_front();
    }
    if (!held_.empty()) await_durable(held_.front().position);
    for (const auto& client : clients) {
        if (client->connection != nullptr && client->connection->is_open()) client->connection->released();
    }
}

// The last replies of all connections are sent when the log has caught up, if that is soon.
void WorkerFace::wait_for_log() {
    auto* log = server_.services.log;
    if (log == nullptr || !log->delays_replies()) return;
    auto durable = std::make_shared<std::promise<void>>();
    log->when_durable(log->appended(), [durable] { durable->set_value(); });
    (void)durable->get_future().wait_for(std::chrono::seconds(2));
    for (auto& held : std::exchange(held_, {})) {
        if (held.client->connection != nullptr) held.client->connection->released();
    }
}

void WorkerFace::sample_rates() {
    std::uint64_t commands = 0, bytes_in = 0, bytes_out = 0;
    for (const auto& stats : server_.stats) {
        commands += stats->commands_processed.get();
        bytes_in += stats->bytes_in.get();
        bytes_out += stats->bytes_out.get();
    }
    server_.rates.sample(commands, bytes_in, bytes_out);
}

void WorkerFace::each_second() {
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](std::error_code error) {
        if (error || stopped_) return;
        if (worker_.index() == 0) sample_rates();
        auto now = std::chrono::steady_clock::now();
        std::vector<std::shared_ptr<ClientState>> clients;
        for (auto& [connection, owned] : connections_) clients.push_back(connection->client().shared_from_this());
        for (const auto& client : clients) {
            if (client->connection != nullptr) client->connection->check_limits(now);
        }
        each_second();
    });
}

}  // namespace sabil::proxy::resp
