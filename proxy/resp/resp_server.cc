#include "proxy/resp/resp_server.h"

#include "proxy/net/bind_words.h"
#include "proxy/net/listener.h"
#include "proxy/resp/args.h"
#include "proxy/resp/worker_face.h"

#include <asio/post.hpp>

#include <atomic>
#include <future>

namespace sabil::proxy::resp {
namespace {

// Runs `work` on each worker's own thread, or here where the workers do not run.
template <class Work>
void on_each_worker(net::WorkerPool& workers, const Work& work) {
    for (std::size_t i = 0; i < workers.size(); ++i) {
        if (!workers.running()) {
            work(i);
            continue;
        }
        std::promise<void> done;
        asio::post(workers[i].context(), [&] {
            work(i);
            done.set_value();
        });
        done.get_future().wait();
    }
}

}  // namespace

struct RespServer::Parts {
    explicit Parts(ServerState& server_state)
        : state(server_state), listener(server_state.workers, [this](net::Worker& worker, int descriptor, bool is_unix) {
              faces[worker.index()]->accept(descriptor, is_unix);
          }, [this]() -> net::Worker& { return state.workers[state.spread.place()]; }) {
        for (std::size_t i = 0; i < state.workers.size(); ++i) {
            faces.push_back(std::make_unique<WorkerFace>(state, state.workers[i], faces));
        }
        faces[0]->set_accept_waiting([this] { listener.accept_waiting(); });
    }

    Result<void> listen(const std::vector<net::Address>& wanted);
    // CONFIG SET port and bind: listens there instead, or goes on as before and says why not. One call at a time.
    Result<void> listen_elsewhere(std::string_view bind, int port);
    Result<void> take_parameter(std::string_view name, std::string_view value);

    ServerState& state;
    std::vector<std::unique_ptr<WorkerFace>> faces;
    net::Listener listener;
    bool started = false;
    std::atomic<bool> open{false};  // who opens the listeners first knows where
};

Result<void> RespServer::Parts::listen(const std::vector<net::Address>& wanted) {
    net::ListenerOptions options;
    options.backlog = static_cast<int>(std::stoll("0" + state.config.value("tcp-backlog")));
    options.unix_mode = static_cast<unsigned>(std::stoul("0" + state.config.value("unixsocketperm"), nullptr, 8));
    std::uint16_t first_port = 0;
    for (auto address : wanted) {
        // What port 0 has found for the first address is the port of all of them.
        const bool optional = net::may_be_missing(address);
        const bool shares_port = optional && address.port == 0;
        if (shares_port) address.port = first_port;
        auto opened = listener.open(address, options);
        if (!opened) {
            if (optional) continue;
            return tl::unexpected(opened.error());
        }
        if (!opened->is_unix() && first_port == 0) first_port = opened->port;
    }
    if (first_port != 0) state.tcp_port = first_port;
    return {};
}

Result<void> RespServer::Parts::listen_elsewhere(std::string_view bind, int port) {
    std::vector<net::Address> wanted;
    if (port != 0) {
        for (const auto& text : net::bind_addresses(bind, port)) {
            auto address = net::parse_address(text);
            if (!address) return tl::unexpected(address.error());
            wanted.push_back(*std::move(address));
        }
    }
    auto before = listener.addresses();
    std::erase_if(before, [](const net::Address& address) { return address.is_unix(); });
    listener.close_tcp();
    auto opened = listen(wanted);
    if (opened) {
        state.tcp_port = port;
        return opened;
    }
    listener.close_tcp();
    for (auto& address : before) address = net::made_optional(std::move(address));
    (void)listen(before);
    return opened;
}

Result<void> RespServer::Parts::take_parameter(std::string_view name, std::string_view value) {
    const bool is_port = name == "port";
    const auto port = is_port ? static_cast<int>(to_integer(value).value_or(0)) : state.tcp_port.load();
    if (!open) {
        state.tcp_port = port;
        return {};
    }
    if (listen_elsewhere(is_port ? state.config.value("bind") : std::string(value), port)) return {};
    return fail(ErrorCode::unavailable, is_port ? "Unable to listen on this port. Check server logs."
                                                : "Failed to bind to specified addresses.");
}

RespServer::RespServer(cache::Keyspace& keyspace, net::WorkerPool& workers, ServerServices services)
    : state_(std::make_unique<ServerState>(keyspace, workers, std::move(services))),
      parts_(std::make_unique<Parts>(*state_)) {
    keyspace.set_observer(&state_->events);
    state_->services.on_parameter = [this, outer = std::move(state_->services.on_parameter)](std::string_view name,
                                                                                           std::string_view value) {
        if (name == "port" || name == "bind") return parts_->take_parameter(name, value);
        return outer ? outer(name, value) : Result<void>{};
    };
}

RespServer::~RespServer() {
    stop();
    state_->keyspace.set_observer(nullptr);
}

Result<void> RespServer::apply(const RespServerOptions& options) {
    for (const auto& [name, value] : options.parameters) {
        if (auto loaded = state_->config.load(name, value); !loaded) return loaded;
    }
    state_->config.set_file(options.config_file);
    return {};
}

Result<void> RespServer::start(const RespServerOptions& options) {
    if (auto applied = apply(options); !applied) return applied;
    if (!parts_->started) {
        on_each_worker(state_->workers, [this](std::size_t i) { parts_->faces[i]->start(); });
        parts_->started = true;
    }
    std::vector<net::Address> wanted;
    for (const auto& text : options.listen) {
        auto address = net::parse_address(text);
        if (!address) return tl::unexpected(address.error());
        wanted.push_back(*std::move(address));
    }
    if (auto opened = parts_->listen(wanted); !opened) {
        parts_->listener.close();
        return opened;
    }
    parts_->open = true;
    return {};
}

void RespServer::stop() {
    // A script that does not end would keep its worker, and with it everything that is to end on it.
    constexpr auto patience = std::chrono::seconds(5);
    auto& gate = state_->scripting.gate;
    (void)gate.wait_until_idle(std::chrono::milliseconds(0), patience);
    gate.shut_down();
    parts_->listener.close();
    if (!parts_->started) return;
    parts_->started = false;
    on_each_worker(state_->workers, [this](std::size_t i) { parts_->faces[i]->stop(); });
}

std::vector<net::Address> RespServer::addresses() const { return parts_->listener.addresses(); }

void RespServer::key_invalidated(std::string_view key) { state_->tracking.invalidate(key, 0); }

RespCounters RespServer::counters() const {
    RespCounters out;
    for (const auto& stats : state_->stats) {
        out.commands += stats->commands_processed.get();
        out.connections_received += stats->connections_received.get();
        out.connections_rejected += stats->connections_rejected.get();
        out.bytes_in += stats->bytes_in.get();
        out.bytes_out += stats->bytes_out.get();
        out.errors += stats->errors.get();
    }
    out.connections = state_->clients.size();
    out.blocked = state_->waiters.size();
    return out;
}

std::map<std::string, std::uint64_t> RespServer::calls_by_command() const {
    std::map<std::string, std::uint64_t> out;
    for (const auto& command : command_table().all()) {
        std::uint64_t calls = 0;
        for (const auto& stats : state_->stats) calls += stats->commands[command->id].calls.get();
        if (calls != 0) out[command->name] = calls;
    }
    return out;
}

}  // namespace sabil::proxy::resp
