#include "mysql/binlog/column_value.h"

#include <bit>

#include "mysql/binlog/inflate.h"
#include "mysql/binlog/packed_decimal.h"
#include "mysql/binlog/packed_time.h"

namespace sabil::mysql::binlog {

namespace {

using Signedness = TableColumn::Signedness;

std::string_view take_prefixed(ByteReader& in, std::size_t length_bytes) noexcept {
    return in.take(static_cast<std::size_t>(in.uint_le(length_bytes)));
}

// DECIMAL's metadata is precision and scale, one byte each.
unsigned precision_of(const TableColumn& column) noexcept {
    return column.metadata >> 8;
}
unsigned scale_of(const TableColumn& column) noexcept {
    return column.metadata & 0xff;
}

std::size_t bit_bytes(const TableColumn& column) noexcept {
    return (column.metadata >> 8) + ((column.metadata & 0xff) != 0 ? 1U : 0U);
}

// Latches the error on a length that no column of the type can have.
std::string_view take_checked(ByteReader& in, std::size_t bytes, std::size_t least, std::size_t most) noexcept {
    if (bytes < least || bytes > most) in.fail();
    return in.take(bytes);
}

std::string_view take_fraction(ByteReader& in, std::size_t whole, const TableColumn& column) noexcept {
    if (column.metadata > 6) in.fail();
    return in.take(whole + fraction_bytes(column.metadata));
}

}  // namespace

std::optional<std::string_view> take_value_bytes(ByteReader& in, const TableColumn& column) noexcept {
    switch (column.type) {
        case ColumnType::null:
            return std::string_view{};
        case ColumnType::tiny:
        case ColumnType::year:
            return in.take(1);
        case ColumnType::short_int:
            return in.take(2);
        case ColumnType::int24:
        case ColumnType::date:
        case ColumnType::new_date:
        case ColumnType::time:
            return in.take(3);
        case ColumnType::long_int:
        case ColumnType::float_:
        case ColumnType::timestamp:
            return in.take(4);
        case ColumnType::long_long:
        case ColumnType::double_:
        case ColumnType::datetime:
            return in.take(8);
        case ColumnType::timestamp2:
            return take_fraction(in, 4, column);
        case ColumnType::datetime2:
            return take_fraction(in, 5, column);
        case ColumnType::time2:
            return take_fraction(in, 3, column);
        case ColumnType::new_decimal:
            return take_checked(in, packed_decimal_bytes(precision_of(column), scale_of(column)), 1, 36);
        case ColumnType::bit:
            return take_checked(in, bit_bytes(column), 1, 8);
        case ColumnType::enum_:
            return take_checked(in, column.metadata, 1, 2);
        case ColumnType::set:
            return take_checked(in, column.metadata, 1, 8);
        case ColumnType::varchar:
        case ColumnType::varchar_compressed:
        case ColumnType::string:
            return take_prefixed(in, column.metadata > 255 ? 2 : 1);
        case ColumnType::typed_array:
            return take_prefixed(in, 4);
        case ColumnType::tiny_blob:
        case ColumnType::medium_blob:
        case ColumnType::long_blob:
        case ColumnType::blob:
        case ColumnType::blob_compressed:
        case ColumnType::geometry:
        case ColumnType::json:
        case ColumnType::vector:
            if (column.metadata < 1 || column.metadata > 4) in.fail();
            return take_prefixed(in, in.ok() ? column.metadata : 0);
        default:
            return std::nullopt;
    }
}

namespace {

void set_integer(std::string_view bytes, const TableColumn& column, Value& out) noexcept {
    const auto raw = ByteReader(bytes).uint_le(bytes.size());
    out.integer_bytes = static_cast<std::uint8_t>(bytes.size());
    if (column.signedness == Signedness::is_unsigned) {
        out.kind = ValueKind::unsigned_integer;
        out.unsigned_integer = raw;
        return;
    }
    const auto shift = 64 - 8 * bytes.size();
    out.kind = ValueKind::integer;
    out.integer = static_cast<std::int64_t>(raw << shift) >> shift;
    out.is_raw_integer = column.signedness == Signedness::unknown;
}

void set_unsigned(std::uint64_t value, Value& out) noexcept {
    out.kind = ValueKind::unsigned_integer;
    out.unsigned_integer = value;
}

void set_text(std::string_view bytes, const TableColumn& column, Value& out) noexcept {
    out.kind = column.collation == 0                  ? ValueKind::string
               : column.collation == binary_collation ? ValueKind::binary
                                                      : ValueKind::text;
    out.bytes = bytes;
}

void set_bytes(ValueKind kind, std::string_view bytes, Value& out) noexcept {
    out.kind = kind;
    out.bytes = bytes;
}

// A value whose text is appended to storage by `append`.
template <class Append>
bool make_text(ValueKind kind, std::string& storage, Value& out, Append append) {
    const auto begin = storage.size();
    const bool good = append(storage);
    set_bytes(kind, std::string_view(storage).substr(begin), out);
    return good;
}

// MariaDB's COMPRESSED columns: a byte of 0 and the plain value; or 0x80, bit 3 where there is no zlib header, the
// count of length bytes in bits 0..2, the length big-endian, and the data. An empty value has no byte at all.
bool set_compressed(std::string_view bytes, const TableColumn& column, std::deque<std::string>& unpacked, Value& out) {
    if (bytes.empty()) {
        set_text(bytes, column, out);
        return true;
    }
    ByteReader in(bytes);
    const auto head = in.u8();
    if (head == 0) {
        set_text(in.rest(), column, out);
        return true;
    }
    const auto length_bytes = static_cast<std::size_t>(head & 0x07);
    if ((head & 0xf0) != 0x80 || length_bytes < 1 || length_bytes > 4) return false;
    const auto length = in.uint_be(length_bytes);
    if (!in.ok() || length > unpacked_column_bytes_max) return false;
    auto& plain = unpacked.emplace_back();
    if (!inflate_exactly(in.rest(), static_cast<std::size_t>(length), (head & 0x08) != 0, plain)) return false;
    set_text(plain, column, out);
    return true;
}

bool read_temporal(std::string_view bytes, const TableColumn& column, std::string& storage, Value& out) {
    const unsigned digits = column.metadata;
    switch (column.type) {
        case ColumnType::date:
        case ColumnType::new_date:
            return make_text(ValueKind::date, storage, out, [&](auto& to) { return append_date(to, bytes); });
        case ColumnType::time:
            return make_text(ValueKind::time, storage, out, [&](auto& to) { return append_old_time(to, bytes); });
        case ColumnType::datetime:
            return make_text(ValueKind::datetime, storage, out,
                             [&](auto& to) { return append_old_datetime(to, bytes); });
        case ColumnType::time2:
            return make_text(ValueKind::time, storage, out, [&](auto& to) { return append_time2(to, bytes, digits); });
        case ColumnType::datetime2:
            return make_text(ValueKind::datetime, storage, out,
                             [&](auto& to) { return append_datetime2(to, bytes, digits); });
        case ColumnType::timestamp:
            out.kind = ValueKind::timestamp;
            out.integer = static_cast<std::int64_t>(ByteReader(bytes).u32());
            return true;
        default:
            out.kind = ValueKind::timestamp;
            return read_timestamp2(bytes, digits, out.integer, out.microseconds);
    }
}

}  // namespace

bool read_value(std::string_view bytes, const TableColumn& column, std::string& storage,
                std::deque<std::string>& unpacked, Value& out) {
    out = Value{};
    switch (column.type) {
        case ColumnType::null:
            out.kind = ValueKind::null;
            return true;
        case ColumnType::tiny:
        case ColumnType::short_int:
        case ColumnType::int24:
        case ColumnType::long_int:
        case ColumnType::long_long:
            set_integer(bytes, column, out);
            return true;
        case ColumnType::year: {
            const auto raw = ByteReader(bytes).u8();
            set_unsigned(raw == 0 ? 0 : raw + 1900U, out);
            return true;
        }
        case ColumnType::enum_:
        case ColumnType::set:
            set_unsigned(ByteReader(bytes).uint_le(bytes.size()), out);
            return true;
        case ColumnType::bit:
            set_unsigned(ByteReader(bytes).uint_be(bytes.size()), out);
            return true;
        case ColumnType::float_:
            out.kind = ValueKind::real;
            out.real = static_cast<double>(std::bit_cast<float>(ByteReader(bytes).u32()));
            return true;
        case ColumnType::double_:
            out.kind = ValueKind::real;
            out.real = std::bit_cast<double>(ByteReader(bytes).u64());
            return true;
        case ColumnType::new_decimal:
            return make_text(ValueKind::decimal, storage, out, [&](auto& to) {
                return append_packed_decimal(to, bytes, precision_of(column), scale_of(column));
            });
        case ColumnType::varchar_compressed:
        case ColumnType::blob_compressed:
            return set_compressed(bytes, column, unpacked, out);
        case ColumnType::json:
            set_bytes(ValueKind::json, bytes, out);
            return true;
        case ColumnType::typed_array:
        case ColumnType::vector:
            set_bytes(ValueKind::binary, bytes, out);
            return true;
        case ColumnType::geometry:
            set_bytes(ValueKind::geometry, bytes, out);
            return true;
        case ColumnType::date:
        case ColumnType::new_date:
        case ColumnType::time:
        case ColumnType::datetime:
        case ColumnType::timestamp:
        case ColumnType::time2:
        case ColumnType::datetime2:
        case ColumnType::timestamp2:
            return read_temporal(bytes, column, storage, out);
        default:
            set_text(bytes, column, out);
            return true;
    }
}

}  // namespace sabil::mysql::binlog
