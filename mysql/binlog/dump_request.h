// The packets with which a replica asks for the binlog.
#pragma once

#include <cstdint>
#include <string>

#include "mysql/binlog/gtid_set.h"
#include "mysql/binlog/position.h"

namespace sabil::mysql::binlog {

// COM_REGISTER_SLAVE: u32 replica, host, user and password each with a u8 length, u16 port, u32 rank, u32 source.
std::string register_replica_request(std::uint32_t replica_id);
// COM_BINLOG_DUMP: u32 offset, u16 flags, u32 replica, file. An empty file starts at the first one, or, on MariaDB,
// where
// @slave_connect_state says.
std::string binlog_dump_request(std::uint32_t replica_id, const BinlogPosition& from);
// COM_BINLOG_DUMP_GTID: u16 flags, u32 replica, u32 length of the file's name, u64 offset, u32 length and the set.
std::string binlog_dump_gtid_request(std::uint32_t replica_id, const MysqlGtidSet& executed);

}  // namespace sabil::mysql::binlog
