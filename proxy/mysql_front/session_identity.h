// What one query on the backend connection says of the session: who it is and the variables that shape results. Asked once, before the first statement that could be cached or could write, and again after the
// account, the role or the whole session changed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "proxy/mysql_front/key_variables.h"

namespace sabil::proxy::mysql_front {

// The server's settings for session tracking as the client would have them: what the port asks for on top is hidden.
struct TrackingSettings {
    std::string system_variables;  // comma-separated list, or "*"
    bool schema = true;
    bool state_change = false;
    bool gtids = false;            // MySQL
};

struct SessionIdentity {
    std::string account;        // CURRENT_USER()
    std::string role;           // CURRENT_ROLE(), empty where there is none
    std::string schema;         // DATABASE(), empty where there is none
    bool autocommit = true;
    bool sql_log_bin = true;
    std::chrono::seconds wait_timeout{28800};
    TrackingSettings tracking;
    std::array<std::string, key_variables.size()> variables;  // empty where the server has no such variable
};

struct ServerKind {
    invalidation::sql::Dialect dialect = invalidation::sql::Dialect::mariadb;
    std::uint32_t version = 0;  // mysql::version_number()
};

// The SELECT to send.
std::string identity_query(ServerKind server);
// Its one row, a packet's payload of the text protocol. Errors: protocol.
Result<SessionIdentity> parse_identity(std::string_view row, ServerKind server);
// The SET that makes the server report every change of the session, and the one that puts back what was before.
std::string tracking_query(ServerKind server);
std::string untracking_query(ServerKind server, const TrackingSettings& settings);

}  // namespace sabil::proxy::mysql_front
