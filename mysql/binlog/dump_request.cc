#include "mysql/binlog/dump_request.h"

#include "cache/base/bytes.h"
#include "mysql/wire/command.h"

namespace sabil::mysql::binlog {

namespace {
constexpr std::uint64_t first_event_offset = 4;
constexpr std::uint16_t through_gtid_flag = 0x04;
}  // namespace

std::string register_replica_request(std::uint32_t replica_id) {
    std::string out;
    ByteWriter w(out);
    w.u8(static_cast<std::uint8_t>(Command::register_slave));
    w.u32(replica_id);
    w.zeros(3);  // no host, user or password: they would only be shown in SHOW REPLICAS
    w.u16(0);
    w.u32(0);
    w.u32(0);
    return out;
}

std::string binlog_dump_request(std::uint32_t replica_id, const BinlogPosition& from) {
    std::string out;
    ByteWriter w(out);
    w.u8(static_cast<std::uint8_t>(Command::binlog_dump));
    w.u32(static_cast<std::uint32_t>(from.offset));
    w.u16(0);
    w.u32(replica_id);
    w.bytes(from.file);
    return out;
}

std::string binlog_dump_gtid_request(std::uint32_t replica_id, const MysqlGtidSet& executed) {
    const auto set = executed.encode();
    std::string out;
    ByteWriter w(out);
    w.u8(static_cast<std::uint8_t>(Command::binlog_dump_gtid));
    w.u16(through_gtid_flag);
    w.u32(replica_id);
    w.u32(0);
    w.u64(first_event_offset);
    w.u32(static_cast<std::uint32_t>(set.size()));
    w.bytes(set);
    return out;
}

}  // namespace sabil::mysql::binlog
