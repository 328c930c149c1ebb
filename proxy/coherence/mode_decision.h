// Which mode a server's settings allow, and what would improve it.
#pragma once

#include <string>

#include "mysql/binlog/probe.h"
#include "mysql/client/server_identity.h"
#include "proxy/coherence/coherence.h"
#include "proxy/coherence/coherence_options.h"

namespace sabil::proxy::coherence {

// A server as met by a fresh connection.
struct Server {
    mysql::ServerIdentity identity;
    std::string identity_text;  // as identity_query() answers
    mysql::binlog::ServerSettings settings;
    bool logs_replicated = true;  // log_replica_updates
    bool is_replica = false;      // it applies another server's changes
    std::uint64_t resets = 0;     // RESET statements run since it started
};

// One row, one column: the same on every connection to one server, and on no other server's.
std::string_view identity_query(mysql::ServerKind kind) noexcept;

struct ModeDecision {
    CoherenceMode mode = CoherenceMode::ttl;
    std::string why;     // why not coherent, and the setting that would fix it; empty in coherent
    std::string advice;  // in coherent: settings that would make it more precise; empty where there are none
};

// Pure. The dump has not been tried yet: a missing grant shows then.
ModeDecision decide_mode(const Server& server, Wish wish);

// The sentence for a dump that was refused for want of a privilege; user as in CREATE USER, without its host.
std::string missing_grant(const Server& server, const std::string& user);

}  // namespace sabil::proxy::coherence
