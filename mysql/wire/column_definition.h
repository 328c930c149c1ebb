// Column definition of the 4.1 protocol: length-encoded catalog "def", schema, table, original table, name, original
// name, [MariaDB extended metadata, length-encoded], then 0x0c and u16 collation, u32 length, u8 type, u16 flags, u8
// decimals, u16 zero; for COM_FIELD_LIST a length-encoded default behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/column_type.h"

namespace sabil::mysql {

// Views into the packet it was parsed from.
struct ColumnDefinition {
    std::string_view catalog = "def";
    std::string_view schema;
    std::string_view table;           // its alias
    std::string_view original_table;  // empty for an expression
    std::string_view name;
    std::string_view original_name;
    std::string_view extended;        // MariaDB's block, undecoded: u8 0 type name | u8 1 format, length-encoded texts
    std::uint16_t collation = binary_collation;
    std::uint32_t length = 0;         // widest value in bytes
    ColumnType type = ColumnType::null;
    ColumnFlags flags = 0;
    std::uint8_t decimals = 0;        // 31 = not fixed
    std::optional<std::string_view> default_value;  // COM_FIELD_LIST only; an empty one also stands for NULL

    bool is_unsigned() const noexcept { return (flags & column_flag::unsigned_) != 0; }
    bool is_binary() const noexcept { return collation == binary_collation; }
};

// capabilities: mariadb_extended_metadata decides whether the block is there. Errors: protocol.
Result<ColumnDefinition> parse_column_definition(std::string_view payload, Capabilities capabilities);
void build_column_definition(std::string& out, const ColumnDefinition& column, Capabilities capabilities);

// What MariaDB's extended block says of a column: "uuid", "inet6", "point" ..., and "json".
struct ExtendedMetadata {
    std::string_view type_name;
    std::string_view format;
};
Result<ExtendedMetadata> parse_extended_metadata(std::string_view block);

}  // namespace sabil::mysql
