// The RESP face: listeners, workers' shares and what clients share. What proxy/app constructs.
#pragma once

#include "cache/base/result.h"
#include "proxy/net/address.h"
#include "proxy/net/worker.h"
#include "proxy/resp/server_state.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sabil::proxy::resp {

struct RespServerOptions {
    std::vector<std::string> listen;  // "host:port", "unix:/path"; port 0 picks a free one
    // CONFIG parameters under their Redis names, in the order they are to take effect.
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string config_file;  // where CONFIG REWRITE writes; empty: it is refused
};

// Sums over all workers, for metrics. Counters only grow, except by CONFIG RESETSTAT.
struct RespCounters {
    std::uint64_t commands = 0;
    std::uint64_t connections_received = 0;
    std::uint64_t connections_rejected = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t errors = 0;
    std::size_t connections = 0;
    std::size_t blocked = 0;
};

// Thread-safety: start(), stop() from one thread that is no worker; the rest from any.
class RespServer {
  public:
    // The keyspace's observer is this server's from here on. Keyspace, workers and services outlive the server.
    RespServer(cache::Keyspace& keyspace, net::WorkerPool& workers, ServerServices services);
    ~RespServer();
    RespServer(const RespServer&) = delete;
    RespServer& operator=(const RespServer&) = delete;

    // Applies the parameters and opens the listeners; the workers must run. Errors: invalid parameter, unavailable
    // address; nothing is left open.
    Result<void> start(const RespServerOptions& options);
    // Only the parameters, for `sabil check`. Errors: invalid.
    Result<void> apply(const RespServerOptions& options);
    // Closes the listeners, sends what is pending, closes all connections.
    void stop();

    // With the ports they really have.
    std::vector<net::Address> addresses() const;

    // A key of a lookup was made stale by the database: CLIENT TRACKING clients that read it are told. Any thread, with or
    // without slices held; never blocks for long: one load where nobody tracks anything, else one short lock of the key's
    // share of the table and a message posted to each reader's worker.
    void key_invalidated(std::string_view key);

    RespCounters counters() const;
    // Calls by full command name ("get", "config|set"); commands never called are left out.
    std::map<std::string, std::uint64_t> calls_by_command() const;

    ServerState& state() noexcept { return *state_; }

  private:
    struct Parts;
    std::unique_ptr<ServerState> state_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sabil::proxy::resp
