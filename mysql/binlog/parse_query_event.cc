// QUERY: u32 thread, u32 seconds, u8 length of the schema, u16 error, u16 length of the status variables, [u32 file,
// u32 and u32 positions, u8 duplicates: EXECUTE_LOAD_QUERY], status variables, schema NUL, text.
#include "cache/base/bytes.h"
#include "mysql/binlog/parse_event.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::uint8_t updated_schemas_overflow_marker = 254;
constexpr std::size_t updated_schemas_count_max = 16;

void read_updated_schemas(ByteReader& in, QueryEvent& event) {
    const auto count = in.u8();
    if (count == updated_schemas_overflow_marker) {
        event.updated_schemas_overflow = true;
        return;
    }
    if (count > updated_schemas_count_max) in.fail();
    for (std::size_t i = 0; i < count && in.ok(); ++i) event.updated_schemas.push_back(in.take_until('\0'));
}

// Bytes of the status variables that are stepped over; -1 where their length stands in front, -2 for those not known.
constexpr int length_in_front = -1;
constexpr int not_known = -2;
int status_variable_bytes(std::uint8_t code) noexcept {
    switch (code) {
        case 0:
            return 4;  // flags
        case 3:
            return 4;  // auto increment and offset
        case 5:        // time zone
        case 6:
            return length_in_front;  // catalog
        case 7:                      // lc_time_names
        case 8:
            return 2;  // collation_database
        case 9:
            return 8;  // tables of a multi-table update
        case 10:
            return 4;
        case 13:
            return 3;  // microseconds
        case 16:
            return 1;  // explicit_defaults_for_timestamp
        case 17:
            return 8;  // XID of a DDL
        case 18:
            return 2;  // default_collation_for_utf8mb4
        case 19:       // sql_require_primary_key
        case 20:
            return 1;  // default_table_encryption
        case 128:
            return 3;  // MariaDB: microseconds
        case 129:
            return 8;  // MariaDB: XID of a DDL
        default:
            return not_known;
    }
}

void read_status_variables(ByteReader& in, QueryEvent& event) {
    while (in.ok() && !in.at_end()) {
        const auto code = in.u8();
        if (code == 1) {
            event.sql_mode = in.u64();
            event.has_sql_mode = in.ok();
        } else if (code == 4) {
            event.client_charset = in.u16();
            in.skip(4);
        } else if (code == 2) {  // the catalog of old: a length, the text and a NUL
            in.skip(in.u8());
            in.skip(1);
        } else if (code == 11) {  // invoker: user and host
            in.skip(in.u8());
            in.skip(in.u8());
        } else if (code == 12) {
            read_updated_schemas(in, event);
        } else if (const auto bytes = status_variable_bytes(code); bytes == length_in_front) {
            in.skip(in.u8());
        } else if (bytes == not_known) {
            return;  // as servers do: what comes behind is of later versions
        } else {
            in.skip(static_cast<std::size_t>(bytes));
        }
    }
}

}  // namespace

Result<QueryEvent> parse_query_event(std::string_view body, bool with_load_file) {
    ByteReader in(body);
    QueryEvent event;
    event.thread_id = in.u32();
    event.seconds = in.u32();
    const auto schema_bytes = in.u8();
    event.error_code = in.u16();
    const auto status_bytes = in.u16();
    if (with_load_file) in.skip(13);
    ByteReader status(in.take(status_bytes));
    event.schema = in.take(schema_bytes);
    in.skip(1);
    event.text = in.take_rest();
    if (in.ok()) read_status_variables(status, event);
    if (!in.ok() || !status.ok()) return fail(ErrorCode::protocol, "a QUERY event does not fit its length");
    return event;
}

}  // namespace sabil::mysql::binlog
