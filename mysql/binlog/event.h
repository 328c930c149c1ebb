// Binlog events, decoded. Views are valid during the handler's call only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/binlog/event_type.h"
#include "mysql/binlog/gtid.h"
#include "mysql/binlog/gtid_set.h"

namespace sabil::mysql::binlog {

// The 19 bytes in front of every event.
struct EventHeader {
    std::uint32_t timestamp = 0;  // Unix seconds on the origin's clock; 0 on events made up by the dump thread
    EventType type = EventType::unknown;
    std::uint8_t raw_type = 0;
    std::uint32_t server_id = 0;     // of the origin
    std::uint32_t event_bytes = 0;   // header and checksum included
    std::uint32_t end_position = 0;  // of the event in its file, low 32 bits; 0 on artificial events, on events of a
                                     // compressed payload, and on MariaDB 11.8+ row events
    std::uint16_t flags = 0;
    bool artificial() const noexcept { return (flags & 0x20U) != 0; }  // not in the file: made by the dump thread
    bool ignorable() const noexcept { return (flags & 0x80U) != 0; }   // may be stepped over where not understood
};
inline constexpr std::size_t event_header_bytes = 19;

struct FormatDescription {
    std::uint16_t binlog_version = 0;  // 4
    std::string_view server_version;
    std::uint32_t created = 0;  // Unix seconds where the file was begun by the server's start or a RESET; else 0. Also 0
                                // at a dump's start within a file
    bool is_mariadb = false;
    bool checksums = false;  // every event from here ends in a CRC-32
};

struct RotateEvent {
    std::uint64_t position = 4;
    std::string_view file;
};

// GTID (33), ANONYMOUS_GTID (34), GTID_TAGGED (42): begins a group.
struct MysqlGtidEvent {
    bool anonymous = false;  // gtid is then empty
    MysqlGtid gtid;
    bool may_have_statements = true;  // false: all changes of the group are row events
    std::uint64_t last_committed = 0;
    std::uint64_t sequence_number = 0;
    std::uint64_t immediate_commit_us = 0;  // Unix microseconds on the sending server; 0 = not told
    std::uint64_t original_commit_us = 0;
    std::uint64_t transaction_bytes = 0;  // 0 = not told
};

// MariaDB GTID (162): begins a group.
struct MariadbGtidEvent {
    MariadbGtid gtid;
    bool standalone = false;        // no XID or COMMIT follows: the group is the one event (and its rows) behind it
    bool is_transactional = false;  // can be rolled back safely
    bool is_ddl = false;
    bool waited = false;
    bool prepared_xa = false;     // the group is an XA PREPARE; xid below
    bool completed_xa = false;    // the group is an XA COMMIT or ROLLBACK; xid below
    std::uint64_t commit_id = 0;  // 0 = not in a group commit
    std::uint32_t xid_format = 0;
    std::string_view xid_gtrid;
    std::string_view xid_bqual;
};

// QUERY (2), and MariaDB's QUERY_COMPRESSED (165), unpacked.
struct QueryEvent {
    std::uint32_t thread_id = 0;
    std::uint32_t seconds = 0;     // it took
    std::uint16_t error_code = 0;  // the error it ended with on the origin, 0 = none
    std::string_view schema;       // default schema; empty = none
    std::string_view text;
    std::uint64_t sql_mode = 0;
    bool has_sql_mode = false;
    std::uint16_t client_charset = 0;               // collation id, 0 = not told
    std::vector<std::string_view> updated_schemas;  // MySQL: at most 16; empty where not told or more
    bool updated_schemas_overflow = false;          // more than 16
};

struct XidEvent {
    std::uint64_t xid = 0;
};

// XA_PREPARE (38).
struct XaPrepareEvent {
    bool one_phase = false;  // XA COMMIT ... ONE PHASE
    std::uint32_t format = 0;
    std::string_view gtrid;
    std::string_view bqual;
};

struct HeartbeatEvent {
    std::string_view file;
    std::uint64_t position = 0;
};

struct IncidentEvent {
    std::uint16_t number = 0;  // 1 = lost events
    std::string_view message;
};

// MariaDB's START_ENCRYPTION (164): seen only where a file is read; over a dump events come decrypted.
struct StartEncryptionEvent {
    std::uint8_t scheme = 0;
    std::uint32_t key_version = 0;
};

}  // namespace sabil::mysql::binlog
