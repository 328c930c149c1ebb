#include "mysql/binlog/table_map.h"

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql::binlog {

namespace {

using Signedness = TableColumn::Signedness;

bool bit_from_top(std::string_view bits, std::size_t i) noexcept {
    return i / 8 < bits.size() && (static_cast<unsigned char>(bits[i / 8]) >> (7 - i % 8) & 1U) != 0;
}

// STRING's two bytes: the real type, with the two high bits of a length over 255 folded into it, and the length.
void read_string_metadata(TableColumn& column, std::uint8_t first, std::uint8_t second) {
    auto type = first;
    std::uint16_t length = second;
    if ((first & 0x30) != 0x30) {
        length = static_cast<std::uint16_t>(second | ((first & 0x30) ^ 0x30) << 4);
        type = static_cast<std::uint8_t>(first | 0x30);
    }
    if (type == static_cast<std::uint8_t>(ColumnType::enum_) || type == static_cast<std::uint8_t>(ColumnType::set)) {
        column.type = static_cast<ColumnType>(type);
    }
    column.metadata = length;
}

void read_metadata(TableColumn& column, ByteReader& in) {
    switch (column.type) {
        case ColumnType::float_:
        case ColumnType::double_:
        case ColumnType::tiny_blob:
        case ColumnType::medium_blob:
        case ColumnType::long_blob:
        case ColumnType::blob:
        case ColumnType::blob_compressed:
        case ColumnType::geometry:
        case ColumnType::json:
        case ColumnType::vector:
        case ColumnType::timestamp2:
        case ColumnType::datetime2:
        case ColumnType::time2:
            column.metadata = in.u8();
            break;
        case ColumnType::varchar:
        case ColumnType::varchar_compressed:
        case ColumnType::bit:
            column.metadata = in.u16();
            break;
        case ColumnType::new_decimal:
            column.metadata = static_cast<std::uint16_t>(in.uint_be(2));
            break;
        case ColumnType::string:
        case ColumnType::enum_:
        case ColumnType::set: {
            const auto first = in.u8();
            read_string_metadata(column, first, in.u8());
            break;
        }
        case ColumnType::typed_array: {
            TableColumn element;
            element.type = static_cast<ColumnType>(in.u8());
            if (element.type == ColumnType::typed_array) {
                in.fail();
            } else if (element.type == ColumnType::varchar) {
                in.skip(3);
            } else {
                read_metadata(element, in);
            }
            break;
        }
        default:
            break;
    }
}

bool is_numeric(const TableColumn& column) noexcept {
    switch (column.type) {
        case ColumnType::tiny:
        case ColumnType::short_int:
        case ColumnType::int24:
        case ColumnType::long_int:
        case ColumnType::long_long:
        case ColumnType::new_decimal:
        case ColumnType::float_:
        case ColumnType::double_:
            return true;
        default:
            return false;
    }
}

bool is_character(const TableColumn& column) noexcept {
    switch (column.type) {
        case ColumnType::string:
        case ColumnType::var_string:
        case ColumnType::varchar:
        case ColumnType::varchar_compressed:
        case ColumnType::blob_compressed:
        case ColumnType::blob:
            return true;
        default:
            return false;
    }
}

bool is_character_or_geometry(const TableColumn& column) noexcept {
    return is_character(column) || column.type == ColumnType::geometry;
}

bool is_enum_or_set(const TableColumn& column) noexcept {
    return column.type == ColumnType::enum_ || column.type == ColumnType::set;
}

using Test = bool (*)(const TableColumn&) noexcept;

void read_signedness(TableMap& map, std::string_view data) {
    std::size_t i = 0;
    for (auto& column : map.columns) {
        if (!is_numeric(column)) continue;
        column.signedness = bit_from_top(data, i) ? Signedness::is_unsigned : Signedness::is_signed;
        ++i;
    }
    map.has_signedness = true;
}

// One default, and pairs of (position among the columns that pass the test, collation) for the others.
void read_default_charset(TableMap& map, ByteReader& in, Test test) {
    const auto standard = static_cast<std::uint32_t>(read_length_encoded(in));
    std::vector<TableColumn*> columns;
    for (auto& column : map.columns) {
        if (!test(column)) continue;
        column.collation = standard;
        columns.push_back(&column);
    }
    while (in.ok() && !in.at_end()) {
        const auto i = read_length_encoded(in);
        const auto collation = static_cast<std::uint32_t>(read_length_encoded(in));
        if (i >= columns.size()) in.fail();
        if (in.ok()) columns[static_cast<std::size_t>(i)]->collation = collation;
    }
}

// One number for each column that passes the test.
void read_numbers(TableMap& map, ByteReader& in, Test test, std::uint32_t TableColumn::*member) {
    for (auto& column : map.columns) {
        if (in.at_end()) return;
        if (test(column)) column.*member = static_cast<std::uint32_t>(read_length_encoded(in));
    }
}

void read_names(TableMap& map, ByteReader& in) {
    for (auto& column : map.columns) column.name = read_length_encoded_string(in);
    map.has_names = in.ok();
}

void read_members(TableMap& map, ByteReader& in, ColumnType type) {
    for (auto& column : map.columns) {
        if (column.type != type || in.at_end()) continue;
        const auto count = read_length_encoded(in);
        for (std::uint64_t i = 0; i < count && in.ok(); ++i)
            column.members.emplace_back(read_length_encoded_string(in));
    }
}

void read_primary_key(TableMap& map, ByteReader& in, bool with_prefix) {
    while (in.ok() && !in.at_end()) {
        const auto i = read_length_encoded(in);
        if (with_prefix) read_length_encoded(in);
        if (i >= map.columns.size()) in.fail();
        if (!in.ok()) return;
        map.columns[static_cast<std::size_t>(i)].in_primary_key = true;
        map.primary_key.push_back(static_cast<std::uint16_t>(i));
    }
    map.has_primary_key = !map.primary_key.empty();
}

bool is_geometry(const TableColumn& column) noexcept {
    return column.type == ColumnType::geometry;
}

bool read_optional(TableMap& map, std::uint8_t kind, std::string_view data, bool mariadb) {
    ByteReader in(data);
    const auto has_charset = mariadb ? is_character_or_geometry : is_character;
    switch (kind) {
        case 1:
            read_signedness(map, data);
            break;
        case 2:
            read_default_charset(map, in, has_charset);
            map.has_charsets = true;
            break;
        case 3:
            read_numbers(map, in, has_charset, &TableColumn::collation);
            map.has_charsets = true;
            break;
        case 4:
            read_names(map, in);
            break;
        case 5:
            read_members(map, in, ColumnType::set);
            break;
        case 6:
            read_members(map, in, ColumnType::enum_);
            break;
        case 7:
            read_numbers(map, in, is_geometry, &TableColumn::geometry_type);
            break;
        case 8:
            read_primary_key(map, in, false);
            break;
        case 9:
            read_primary_key(map, in, true);
            break;
        case 10:
            read_default_charset(map, in, is_enum_or_set);
            break;
        case 11:
            read_numbers(map, in, is_enum_or_set, &TableColumn::collation);
            break;
        case 12:
            for (std::size_t i = 0; i < map.columns.size(); ++i) map.columns[i].visible = bit_from_top(data, i);
            break;
        default:
            break;  // later servers add kinds; each has its length
    }
    return in.ok();
}

}  // namespace

Result<TableMap> parse_table_map(std::string_view body, bool mariadb) {
    ByteReader in(body);
    TableMap map;
    map.number = in.u48();
    map.flags = in.u16();
    map.schema = in.take(in.u8());
    in.skip(1);
    map.table = in.take(in.u8());
    in.skip(1);
    const auto count = read_length_encoded(in);
    if (!in.ok() || count > TableMap::columns_count_max) {
        return fail(ErrorCode::protocol, "a TABLE_MAP event's count of columns does not fit");
    }
    map.columns.resize(static_cast<std::size_t>(count));
    for (auto& column : map.columns) column.type = static_cast<ColumnType>(in.u8());
    ByteReader metadata(read_length_encoded_string(in));
    for (auto& column : map.columns) read_metadata(column, metadata);
    const auto nullable = in.take((map.columns.size() + 7) / 8);
    if (!in.ok() || !metadata.ok()) {
        return fail(ErrorCode::protocol, "the TABLE_MAP event of " + map.schema + "." + map.table + " is cut short");
    }
    for (std::size_t i = 0; i < map.columns.size(); ++i) {
        map.columns[i].nullable = (static_cast<unsigned char>(nullable[i / 8]) >> (i % 8) & 1U) != 0;
    }
    while (in.ok() && !in.at_end()) {
        const auto kind = in.u8();
        const auto data = read_length_encoded_string(in);
        if (!in.ok() || !read_optional(map, kind, data, mariadb)) {
            return fail(ErrorCode::protocol,
                        "the optional metadata of " + map.schema + "." + map.table + " does not fit");
        }
    }
    return map;
}

}  // namespace sabil::mysql::binlog
