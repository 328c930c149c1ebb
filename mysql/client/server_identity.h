// Which server a connection has reached.
#pragma once

#include <cstdint>
#include <string>

namespace sabil::mysql {

enum class ServerKind : std::uint8_t { mysql, mariadb };

// Thread-safety: a value type.
struct ServerIdentity {
    ServerKind kind = ServerKind::mysql;
    std::string version;               // @@version: "10.11.6-MariaDB-log", "9.7.0"
    std::uint32_t version_number = 0;  // 101106, 90700
    std::string server_uuid;           // MySQL's @@server_uuid; MariaDB: hostname, port and data folder in one text
    std::uint32_t server_id = 0;       // @@server_id; 0 = not set
    std::int64_t start_time = 0;       // Unix seconds by the server's clock, from its uptime: good to 2 s

    // One server process: same uuid and id, started at the same time (within 2 s).
    bool same_process(const ServerIdentity& other) const noexcept {
        const auto apart = start_time - other.start_time;
        return same_server(other) && apart >= -2 && apart <= 2;
    }
    // One server, perhaps restarted in between.
    bool same_server(const ServerIdentity& other) const noexcept {
        return kind == other.kind && server_uuid == other.server_uuid && server_id == other.server_id;
    }
};

}  // namespace sabil::mysql
