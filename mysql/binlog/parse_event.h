// Bodies of the events that need no state: one function each. body: the event without header and checksum. Views into
// it. Errors: protocol.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/binlog/event.h"

namespace sabil::mysql::binlog {

// 19 bytes: u32 timestamp, u8 type, u32 server, u32 length of the event, u32 end position, u16 flags.
Result<EventHeader> parse_event_header(std::string_view event);

// The body with the checksum algorithm's byte and the four bytes of the checksum behind it.
Result<FormatDescription> parse_format_description(std::string_view body);
Result<RotateEvent> parse_rotate(std::string_view body);
Result<MysqlGtidEvent> parse_gtid(std::string_view body, bool anonymous);
Result<MysqlGtidEvent> parse_gtid_tagged(std::string_view body);
Result<MariadbGtidEvent> parse_mariadb_gtid(std::string_view body, std::uint32_t server_id);
Result<std::vector<MariadbGtid>> parse_gtid_list(std::string_view body);
Result<std::string_view> parse_binlog_checkpoint(std::string_view body);
Result<StartEncryptionEvent> parse_start_encryption(std::string_view body);
// with_load_file: EXECUTE_LOAD_QUERY, which has 13 more bytes in its head.
Result<QueryEvent> parse_query_event(std::string_view body, bool with_load_file);
Result<XidEvent> parse_xid(std::string_view body);
Result<XaPrepareEvent> parse_xa_prepare(std::string_view body);
HeartbeatEvent parse_heartbeat(std::string_view body, const EventHeader& header);
Result<HeartbeatEvent> parse_heartbeat_v2(std::string_view body);
Result<IncidentEvent> parse_incident(std::string_view body);

}  // namespace sabil::mysql::binlog
