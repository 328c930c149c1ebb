// TABLE_MAP (19): which table the row events behind it with the same number speak of. u48 number, u16 flags, u8 length,
// schema, 0, u8 length, table, 0, length-encoded count, types, length-encoded length, per-type metadata, NULL bits;
// then optional metadata: u8 kind, length-encoded length, data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/wire/column_type.h"

namespace sabil::mysql::binlog {

// A column as its table map tells it. Signedness, charset and name are there only with binlog_row_metadata.
struct TableColumn {
    ColumnType type = ColumnType::null;  // STRING columns that are ENUM or SET are told as such
    std::uint16_t metadata = 0;  // by type: maximum bytes, precision and scale, digits of fraction, length bytes
    bool nullable = false;
    enum class Signedness : std::uint8_t { unknown, is_signed, is_unsigned } signedness = Signedness::unknown;
    std::uint32_t collation = 0;  // of CHAR, VARCHAR, TEXT, ENUM, SET; 0 = not told; 63 = binary
    std::uint32_t geometry_type = 0;
    bool visible = true;
    bool in_primary_key = false;
    std::string name;                  // empty = not told
    std::vector<std::string> members;  // of ENUM or SET; empty = not told
};

struct TableMap {
    std::uint64_t number = 0;
    std::uint16_t flags = 0;
    std::string schema;
    std::string table;
    std::vector<TableColumn> columns;  // at most 4,096
    bool has_names = false;            // FULL metadata
    bool has_signedness = false;
    bool has_charsets = false;
    bool has_primary_key = false;            // told, and not empty
    std::vector<std::uint16_t> primary_key;  // positions in key order

    static constexpr std::size_t columns_count_max = 4096;
};

// body: the event without header and checksum. mariadb: its servers give GEOMETRY columns a charset. Errors: protocol.
Result<TableMap> parse_table_map(std::string_view body, bool mariadb);

}  // namespace sabil::mysql::binlog
