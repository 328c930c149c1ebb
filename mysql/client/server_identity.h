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
    std::int64_t start_time = 0;       // Unix seconds by the server's clock at its start, however that was set since
    std::uint64_t connection_id = 0;   // of the connection that asked; a server counts from its start. 0 = not known

    // One server process: same uuid and id, started in the same second.
    bool same_process(const ServerIdentity& other) const noexcept {
        return same_server(other) && start_time == other.start_time;
    }
    // The same, where `earlier` was met by a connection that was made before this one's: a server that was restarted
    // within a second counts its connections anew.
    bool follows(const ServerIdentity& earlier) const noexcept {
        const bool counted = connection_id != 0 && earlier.connection_id != 0;
        return same_process(earlier) && (!counted || connection_id > earlier.connection_id);
    }
    // One server, perhaps restarted in between.
    bool same_server(const ServerIdentity& other) const noexcept {
        return kind == other.kind && server_uuid == other.server_uuid && server_id == other.server_id;
    }
};

}  // namespace sabil::mysql
