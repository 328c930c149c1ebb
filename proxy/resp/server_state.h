// What all clients of the RESP face share. Each part is its own class with its own thread-safety; this only holds them.
#pragma once

#include "cache/store/keyspace.h"
#include "proxy/net/worker.h"
#include "proxy/net/worker_spread.h"
#include "proxy/resp/acl_store.h"
#include "proxy/resp/client_memory.h"
#include "proxy/resp/client_registry.h"
#include "proxy/resp/command_log.h"
#include "proxy/resp/config_registry.h"
#include "proxy/resp/keyspace_events.h"
#include "proxy/resp/latency_monitor.h"
#include "proxy/resp/monitor_feed.h"
#include "proxy/resp/pause_state.h"
#include "proxy/resp/pubsub_hub.h"
#include "proxy/resp/rates.h"
#include "proxy/resp/scripting/scripting.h"
#include "proxy/resp/settings.h"
#include "proxy/resp/slow_log.h"
#include "proxy/resp/tracking_table.h"
#include "proxy/resp/waiters.h"
#include "proxy/resp/watch_registry.h"
#include "proxy/resp/worker_stats.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sabil::proxy::resp {

class Persistence;
class ReadThrough;
class SabilAdmin;

// Other rooms' services; each may be null, and then the server answers without them. They outlive the server.
struct ServerServices {
    ReadThrough* read_through = nullptr;
    SabilAdmin* admin = nullptr;
    CommandLog* log = nullptr;
    Persistence* persistence = nullptr;
    // A parameter of persistence or the program (dir, save, appendonly, loglevel ...) was set; errors refuse it. Also
    // called for the defaults, while the server is being built.
    std::function<Result<void>(std::string_view name, std::string_view value)> on_parameter = {};
    // SHUTDOWN: asks the program to end. Its argument: whether to save (nothing: where save points are configured).
    std::function<void(std::optional<bool> save)> shut_down = {};
};

// Thread-safety: see each part.
class ServerState {
  public:
    ServerState(cache::Keyspace& store, net::WorkerPool& pool, ServerServices given);
    ServerState(const ServerState&) = delete;
    ServerState& operator=(const ServerState&) = delete;

    cache::Keyspace& keyspace;
    net::WorkerPool& workers;
    ServerServices services;

    // The log that writes go to; null while there is none. To be asked with the written keys' slices held.
    CommandLog* log() const noexcept {
        return services.log != nullptr && services.log->active() ? services.log : nullptr;
    }

    Settings settings;
    ClientRegistry clients;
    ClientMemory client_memory{clients};
    net::WorkerSpread spread{workers.size()};
    AclStore acl;
    PubSubHub pubsub;
    WatchRegistry watches;
    TrackingTable tracking{clients};
    WaiterRegistry waiters;
    SlowLog slow_log;
    LatencyMonitor latency;
    MonitorFeed monitors;
    PauseState pause;
    scripting::Scripting scripting;
    KeyspaceEvents events{*this};
    ConfigRegistry config;
    Rates rates;
    std::vector<std::unique_ptr<WorkerStats>> stats;  // one per worker

    const std::string run_id;
    const std::chrono::steady_clock::time_point started_at = std::chrono::steady_clock::now();
    std::atomic<int> tcp_port{0};  // of the first TCP listener
};

}  // namespace sabil::proxy::resp
