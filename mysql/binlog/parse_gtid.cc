// MySQL's GTID events.
// GTID: u8 flags, 16 bytes UUID, u64 number, [u8 2, u64 last committed, u64 sequence, [7 bytes immediate commit time,
// its top bit says that 7 bytes of original commit time follow, [length-encoded transaction length, ...]]].
// GTID_TAGGED: serialised version, size and last field, then fields by number; see serialization.h.
#include "cache/base/bytes.h"
#include "mysql/binlog/parse_event.h"
#include "mysql/binlog/serialization.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::uint8_t may_have_statements_flag = 0x01;
constexpr std::uint64_t has_original_bit = std::uint64_t{1} << 55;
constexpr std::size_t tag_bytes_max = 32;

tl::unexpected<Error> cut_short() {
    return fail(ErrorCode::protocol, "a GTID event does not fit its length");
}

void read_uuid(ByteReader& in, Uuid& uuid) {
    for (auto& byte : uuid.bytes) byte = in.u8();
}

}  // namespace

Result<MysqlGtidEvent> parse_gtid(std::string_view body, bool anonymous) {
    ByteReader in(body);
    MysqlGtidEvent event;
    event.anonymous = anonymous;
    event.may_have_statements = (in.u8() & may_have_statements_flag) != 0;
    read_uuid(in, event.gtid.uuid);
    event.gtid.number = in.u64();
    if (!in.at_end() && in.peek_u8() == 2) {
        in.skip(1);
        event.last_committed = in.u64();
        event.sequence_number = in.u64();
        if (in.ok() && in.remaining() >= 7) {
            const auto raw = in.uint_le(7);
            event.immediate_commit_us = raw & ~has_original_bit;
            event.original_commit_us = (raw & has_original_bit) != 0 ? in.uint_le(7) : event.immediate_commit_us;
        }
        if (in.ok() && !in.at_end()) event.transaction_bytes = read_length_encoded(in);
    }
    if (!in.ok() || (!anonymous && event.gtid.number == 0)) return cut_short();
    if (anonymous) event.gtid = {};
    return event;
}

Result<MysqlGtidEvent> parse_gtid_tagged(std::string_view body) {
    ByteReader in(body);
    MysqlGtidEvent event;
    const auto version = read_serialized_unsigned(in);
    const auto size = read_serialized_unsigned(in);
    const auto last_required = read_serialized_unsigned(in);
    if (!in.ok() || size > body.size()) return cut_short();
    constexpr std::uint64_t last_known = 11;
    if (version != 1 || last_required > last_known + 1) {
        return fail(ErrorCode::unsupported,
                    "a GTID_TAGGED event has fields of a later server that must not be ignored");
    }
    while (in.ok() && !in.at_end()) {
        const auto field = read_serialized_unsigned(in);
        switch (field) {
            case 0:
                event.may_have_statements = (read_serialized_unsigned(in) & may_have_statements_flag) != 0;
                break;
            case 1:
                for (auto& byte : event.gtid.uuid.bytes) byte = static_cast<std::uint8_t>(read_serialized_unsigned(in));
                break;
            case 2:
                event.gtid.number = static_cast<std::uint64_t>(read_serialized_signed(in));
                break;
            case 3: {
                const auto length = read_serialized_unsigned(in);
                if (length > tag_bytes_max) return cut_short();
                event.gtid.tag = in.take(static_cast<std::size_t>(length));
                break;
            }
            case 4:
                event.last_committed = static_cast<std::uint64_t>(read_serialized_signed(in));
                break;
            case 5:
                event.sequence_number = static_cast<std::uint64_t>(read_serialized_signed(in));
                break;
            case 6:
                event.immediate_commit_us = read_serialized_unsigned(in);
                break;
            case 7:
                event.original_commit_us = read_serialized_unsigned(in);
                break;
            case 8:
                event.transaction_bytes = read_serialized_unsigned(in);
                break;
            case 9:
            case 10:
            case 11:
                read_serialized_unsigned(in);
                break;
            default:
                in.skip(in.remaining());
                break;  // a later server's, allowed to be ignored
        }
    }
    if (!in.ok() || event.gtid.number == 0 || event.gtid.number >> 63 != 0) return cut_short();
    if (event.original_commit_us == 0) event.original_commit_us = event.immediate_commit_us;
    return event;
}

}  // namespace sabil::mysql::binlog
