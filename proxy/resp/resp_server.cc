#include "proxy/resp/resp_server.h"

#include "proxy/net/listener.h"
#include "proxy/resp/worker_face.h"

#include <asio/post.hpp>

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
    explicit Parts(ServerState& state)
        : listener(state.workers, [this](net::Worker& worker, int descriptor, bool is_unix) {
              faces[worker.index()]->accept(descriptor, is_unix);
          }, [&state]() -> net::Worker& { return state.workers[state.spread.place()]; }) {
        for (std::size_t i = 0; i < state.workers.size(); ++i) {
            faces.push_back(std::make_unique<WorkerFace>(state, state.workers[i], faces));
        }
        faces[0]->set_accept_waiting([this] { listener.accept_waiting(); });
    }
    std::vector<std::unique_ptr<WorkerFace>> faces;
    net::Listener listener;
    bool started = false;
};

RespServer::RespServer(cache::Keyspace& keyspace, net::WorkerPool& workers, ServerServices services)
    : state_(std::make_unique<ServerState>(keyspace, workers, std::move(services))),
      parts_(std::make_unique<Parts>(*state_)) {
    keyspace.set_observer(&state_->events);
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
    for (const auto& text : options.listen) {
        auto address = net::parse_address(text);
        if (!address) return tl::unexpected(address.error());
        net::ListenerOptions listen;
        listen.backlog = static_cast<int>(std::stoll("0" + state_->config.value("tcp-backlog")));
        listen.unix_mode = static_cast<unsigned>(std::stoul("0" + state_->config.value("unixsocketperm"), nullptr, 8));
        auto opened = parts_->listener.open(*address, listen);
        if (!opened) {
            parts_->listener.close();
            return tl::unexpected(opened.error());
        }
        if (!opened->is_unix() && state_->tcp_port == 0) state_->tcp_port = opened->port;
    }
    return {};
}

void RespServer::stop() {
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
