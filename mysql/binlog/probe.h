// The watermark and the server's settings, asked over a Connection. Each runs `done` once, on the connection's thread;
// errors are the connection's, or unsupported naming the setting.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cache/base/result.h"
#include "mysql/binlog/gtid_set.h"
#include "mysql/binlog/position.h"
#include "mysql/client/connection.h"
#include "mysql/client/server_identity.h"

namespace sabil::mysql::binlog {

// All transactions in the set are engine-committed: SELECT @@global.gtid_executed.
void read_gtid_executed(Connection& connection, std::chrono::milliseconds limit,
                        std::function<void(Result<MysqlGtidSet>)> done);
// MariaDB: everything before the position is visible to a snapshot: START TRANSACTION WITH CONSISTENT SNAPSHOT, the
// snapshot's position, COMMIT, in one round trip. Errors: unsupported where the binlog is off.
void read_snapshot_position(Connection& connection, std::chrono::milliseconds limit,
                            std::function<void(Result<BinlogPosition>)> done);
// Where the server is writing now (SHOW MASTER STATUS, SHOW BINARY LOG STATUS): ahead of visibility, good to start a
// dump.
struct BinlogEnd {
    BinlogPosition position;
    MysqlGtidSet gtid_executed;         // MySQL
    MariadbGtidPosition gtid_position;  // MariaDB: @@gtid_binlog_pos
};
void read_binlog_end(Connection& connection, std::chrono::milliseconds limit,
                     std::function<void(Result<BinlogEnd>)> done);

void read_server_identity(Connection& connection, std::chrono::milliseconds limit,
                          std::function<void(Result<ServerIdentity>)> done);

// What decides the coherence mode; texts are the variables' own, upper case.
struct ServerSettings {
    bool log_bin = false;
    std::string binlog_format;     // "ROW", "MIXED", "STATEMENT"; empty where the server has no such variable any more
    std::string binlog_row_image;  // "FULL", "MINIMAL", "NOBLOB", "FULL_NODUP"
    std::string binlog_row_metadata;  // "FULL", "MINIMAL", "NO_LOG"
    std::string gtid_mode;            // MySQL: "ON", "OFF", ...; empty on MariaDB
    bool sees_binlog_status =
        false;                 // the account may ask where the binlog stands (REPLICATION CLIENT, BINLOG MONITOR)
    std::string binlog_do_db;  // filters, told with that status
    std::string binlog_ignore_db;
    std::string partial_json;  // MySQL binlog_row_value_options
    bool transaction_compression = false;
    std::uint8_t lower_case_table_names = 0;
    bool read_only = false;
};
void read_server_settings(Connection& connection, std::chrono::milliseconds limit,
                          std::function<void(Result<ServerSettings>)> done);

}  // namespace sabil::mysql::binlog
