#include "mysql/binlog/rows_event.h"

#include <bit>

#include "cache/base/bytes.h"
#include "mysql/binlog/inflate.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::uint16_t statement_end_flag = 0x01;
constexpr std::uint16_t no_foreign_keys_flag = 0x02;

struct Form {
    RowChange change = RowChange::insert;
    bool v2 = false;
    bool compressed = false;
    bool partial = false;
    bool known = true;
};

Form form_of(EventType type) noexcept {
    switch (type) {
        case EventType::write_rows_v1:
            return {RowChange::insert, false};
        case EventType::update_rows_v1:
            return {RowChange::update, false};
        case EventType::delete_rows_v1:
            return {RowChange::remove, false};
        case EventType::write_rows_v2:
            return {RowChange::insert, true};
        case EventType::update_rows_v2:
            return {RowChange::update, true};
        case EventType::delete_rows_v2:
            return {RowChange::remove, true};
        case EventType::partial_update_rows:
            return {RowChange::update, true, false, true};
        case EventType::mariadb_write_rows_compressed_v1:
            return {RowChange::insert, false, true};
        case EventType::mariadb_update_rows_compressed_v1:
            return {RowChange::update, false, true};
        case EventType::mariadb_delete_rows_compressed_v1:
            return {RowChange::remove, false, true};
        case EventType::mariadb_write_rows_compressed:
            return {RowChange::insert, true, true};
        case EventType::mariadb_update_rows_compressed:
            return {RowChange::update, true, true};
        case EventType::mariadb_delete_rows_compressed:
            return {RowChange::remove, true, true};
        default:
            return {RowChange::insert, false, false, false, false};
    }
}

}  // namespace

std::size_t ColumnBits::set_count() const noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < bits_.size(); ++i) {
        auto byte = static_cast<unsigned char>(bits_[i]);
        if (i == bits_.size() - 1 && count_ % 8 != 0)
            byte = static_cast<unsigned char>(byte & ((1U << count_ % 8) - 1));
        count += static_cast<std::size_t>(std::popcount(byte));
    }
    return count;
}

bool is_rows_event(EventType type) noexcept {
    return form_of(type).known;
}

Result<RowsEvent> parse_rows_event(EventType type, std::string_view body, std::size_t unpacked_bytes_max,
                                   std::string& unpacked) {
    const auto form = form_of(type);
    ByteReader in(body);
    RowsEvent event;
    event.change = form.change;
    event.partial_json = form.partial;
    event.table_number = in.u48();
    const auto flags = in.u16();
    event.statement_end = (flags & statement_end_flag) != 0;
    event.foreign_key_checks_off = (flags & no_foreign_keys_flag) != 0;
    if (form.v2) {
        const auto extra = in.u16();
        if (extra < 2) in.fail();
        in.skip(in.ok() ? extra - 2U : 0U);
    }
    const auto columns = read_length_encoded(in);
    if (!form.known || !in.ok() || columns > TableMap::columns_count_max) {
        return fail(ErrorCode::protocol, "a row event's head does not fit");
    }
    const auto count = static_cast<std::size_t>(columns);
    const ColumnBits first(in.take((count + 7) / 8), count);
    ColumnBits second;
    if (form.change == RowChange::update) second = ColumnBits(in.take((count + 7) / 8), count);
    if (!in.ok()) return fail(ErrorCode::protocol, "a row event is cut short");
    event.before = form.change == RowChange::insert ? ColumnBits() : first;
    event.after = form.change == RowChange::insert ? first : second;
    event.rows = in.take_rest();
    if (form.compressed) {
        if (auto done = unpack_record(event.rows, unpacked_bytes_max, unpacked); !done) {
            return tl::unexpected(done.error());
        }
        event.rows = unpacked;
    }
    return event;
}

}  // namespace sabil::mysql::binlog
