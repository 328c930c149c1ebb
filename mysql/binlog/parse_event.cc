#include "mysql/binlog/parse_event.h"

#include "cache/base/bytes.h"
#include "mysql/wire/greeting.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::size_t version_field_bytes = 50;
constexpr std::size_t gtid_list_count_max = 1U << 20;

tl::unexpected<Error> cut_short(EventType type) {
    return fail(ErrorCode::protocol, "a " + std::string(event_type_name(type)) + " event does not fit its length");
}

}  // namespace

Result<EventHeader> parse_event_header(std::string_view event) {
    ByteReader in(event);
    EventHeader header;
    header.timestamp = in.u32();
    header.raw_type = in.u8();
    header.type = static_cast<EventType>(header.raw_type);
    if (event_type_name(header.type) == "UNKNOWN") header.type = EventType::unknown;
    header.server_id = in.u32();
    header.event_bytes = in.u32();
    header.end_position = in.u32();
    header.flags = in.u16();
    if (!in.ok() || header.event_bytes != event.size()) {
        return fail(ErrorCode::protocol, "a binlog event of " + std::to_string(event.size()) +
                                             " bytes says that it has " + std::to_string(header.event_bytes));
    }
    return header;
}

Result<FormatDescription> parse_format_description(std::string_view body) {
    ByteReader in(body);
    FormatDescription format;
    format.binlog_version = in.u16();
    const auto version = in.take(version_field_bytes);
    format.server_version = version.substr(0, version.find('\0'));
    format.created = in.u32();
    const auto header_bytes = in.u8();
    format.is_mariadb = format.server_version.find("MariaDB") != std::string_view::npos;
    // Post-header lengths, the algorithm's byte and a checksum's room; older servers end with the lengths.
    const auto number = version_number(format.server_version);
    const bool has_algorithm = format.is_mariadb ? number >= 50300 : number >= 50601;
    if (!in.ok() || header_bytes != event_header_bytes) return cut_short(EventType::format_description);
    if (format.binlog_version != 4) {
        return fail(ErrorCode::unsupported,
                    "the binlog has version " + std::to_string(format.binlog_version) + ", only 4 is known");
    }
    if (has_algorithm) {
        if (in.remaining() < 5) return cut_short(EventType::format_description);
        const auto algorithm = static_cast<unsigned char>(body[body.size() - 5]);
        if (algorithm > 1) {
            return fail(ErrorCode::unsupported, "the binlog's checksum algorithm " + std::to_string(algorithm) +
                                                    " is not known; set binlog_checksum = CRC32");
        }
        format.checksums = algorithm == 1;
    }
    return format;
}

Result<RotateEvent> parse_rotate(std::string_view body) {
    ByteReader in(body);
    RotateEvent event;
    event.position = in.u64();
    event.file = in.take_rest();
    if (!in.ok()) return cut_short(EventType::rotate);
    return event;
}

// u64 sequence, u32 domain, u8 flags, [u64 commit id], [XA id: u32 format, u8 and u8 lengths, bytes].
Result<MariadbGtidEvent> parse_mariadb_gtid(std::string_view body, std::uint32_t server_id) {
    ByteReader in(body);
    MariadbGtidEvent event;
    event.gtid.sequence = in.u64();
    event.gtid.domain = in.u32();
    event.gtid.server_id = server_id;
    const auto flags = in.u8();
    event.standalone = (flags & 0x01) != 0;
    event.is_transactional = (flags & 0x04) != 0;
    event.waited = (flags & 0x10) != 0;
    event.is_ddl = (flags & 0x20) != 0;
    event.prepared_xa = (flags & 0x40) != 0;
    event.completed_xa = (flags & 0x80) != 0;
    if ((flags & 0x02) != 0) event.commit_id = in.u64();
    if (event.prepared_xa || event.completed_xa) {
        event.xid_format = in.u32();
        const auto gtrid = in.u8();
        const auto bqual = in.u8();
        event.xid_gtrid = in.take(gtrid);
        event.xid_bqual = in.take(bqual);
    }
    if (!in.ok()) return cut_short(EventType::mariadb_gtid);
    return event;
}

Result<std::vector<MariadbGtid>> parse_gtid_list(std::string_view body) {
    ByteReader in(body);
    const auto count = in.u32() & 0x0fffffffU;
    if (!in.ok() || count > gtid_list_count_max || count > in.remaining() / 16) {
        return cut_short(EventType::mariadb_gtid_list);
    }
    std::vector<MariadbGtid> list(count);
    for (auto& gtid : list) {
        gtid.domain = in.u32();
        gtid.server_id = in.u32();
        gtid.sequence = in.u64();
    }
    return list;
}

Result<std::string_view> parse_binlog_checkpoint(std::string_view body) {
    ByteReader in(body);
    const auto file = in.take(in.u32());
    if (!in.ok()) return cut_short(EventType::mariadb_binlog_checkpoint);
    return file;
}

Result<StartEncryptionEvent> parse_start_encryption(std::string_view body) {
    ByteReader in(body);
    StartEncryptionEvent event;
    event.scheme = in.u8();
    event.key_version = in.u32();
    in.skip(12);
    if (!in.ok()) return cut_short(EventType::mariadb_start_encryption);
    return event;
}

Result<XidEvent> parse_xid(std::string_view body) {
    ByteReader in(body);
    const XidEvent event{in.u64()};
    if (!in.ok()) return cut_short(EventType::xid);
    return event;
}

Result<XaPrepareEvent> parse_xa_prepare(std::string_view body) {
    ByteReader in(body);
    XaPrepareEvent event;
    event.one_phase = in.u8() != 0;
    event.format = in.u32();
    const auto gtrid = in.u32();
    const auto bqual = in.u32();
    event.gtrid = in.take(gtrid);
    event.bqual = in.take(bqual);
    if (!in.ok()) return cut_short(EventType::xa_prepare);
    return event;
}

HeartbeatEvent parse_heartbeat(std::string_view body, const EventHeader& header) {
    return {body, header.end_position};
}

// Fields of u8 kind, length-encoded length and data: 1 file, 2 position, 0 the end.
Result<HeartbeatEvent> parse_heartbeat_v2(std::string_view body) {
    ByteReader in(body);
    HeartbeatEvent event;
    while (in.ok() && !in.at_end()) {
        const auto kind = read_length_encoded(in);
        if (kind == 0) break;
        const auto data = read_length_encoded_string(in);
        if (kind == 1) event.file = data;
        if (kind == 2) {
            ByteReader position(data);
            event.position = read_length_encoded(position);
            if (!position.ok()) in.fail();
        }
    }
    if (!in.ok()) return cut_short(EventType::heartbeat_v2);
    return event;
}

Result<IncidentEvent> parse_incident(std::string_view body) {
    ByteReader in(body);
    IncidentEvent event;
    event.number = in.u16();
    if (in.ok() && !in.at_end()) event.message = in.take(in.u8());
    if (!in.ok()) return cut_short(EventType::incident);
    return event;
}

}  // namespace sabil::mysql::binlog
