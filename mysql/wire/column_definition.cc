#include "mysql/wire/column_definition.h"

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {
constexpr std::uint64_t fixed_fields_bytes = 12;
}

Result<ColumnDefinition> parse_column_definition(std::string_view payload, Capabilities capabilities) {
    ByteReader in(payload);
    ColumnDefinition column;
    column.catalog = read_length_encoded_string(in);
    column.schema = read_length_encoded_string(in);
    column.table = read_length_encoded_string(in);
    column.original_table = read_length_encoded_string(in);
    column.name = read_length_encoded_string(in);
    column.original_name = read_length_encoded_string(in);
    if (has(capabilities, capability::mariadb_extended_metadata)) column.extended = read_length_encoded_string(in);
    if (read_length_encoded(in) < fixed_fields_bytes) in.fail();
    column.collation = in.u16();
    column.length = in.u32();
    column.type = static_cast<ColumnType>(in.u8());
    column.flags = in.u16();
    column.decimals = in.u8();
    in.skip(2);
    if (!in.ok()) return fail(ErrorCode::protocol, "a column definition is cut short");
    if (in.at_end()) return column;
    // COM_FIELD_LIST: NULL, or the default's text.
    if (in.peek_u8() == 0xfb) {
        column.default_value = std::string_view{};
        return column;
    }
    column.default_value = read_length_encoded_string(in);
    if (!in.ok()) return fail(ErrorCode::protocol, "a column's default is cut short");
    return column;
}

void build_column_definition(std::string& out, const ColumnDefinition& column, Capabilities capabilities) {
    ByteWriter w(out);
    write_length_encoded_string(w, column.catalog);
    write_length_encoded_string(w, column.schema);
    write_length_encoded_string(w, column.table);
    write_length_encoded_string(w, column.original_table);
    write_length_encoded_string(w, column.name);
    write_length_encoded_string(w, column.original_name);
    if (has(capabilities, capability::mariadb_extended_metadata)) write_length_encoded_string(w, column.extended);
    write_length_encoded(w, fixed_fields_bytes);
    w.u16(column.collation);
    w.u32(column.length);
    w.u8(static_cast<std::uint8_t>(column.type));
    w.u16(column.flags);
    w.u8(column.decimals);
    w.zeros(2);
    if (column.default_value) write_length_encoded_string(w, *column.default_value);
}

Result<ExtendedMetadata> parse_extended_metadata(std::string_view block) {
    ExtendedMetadata metadata;
    ByteReader in(block);
    while (in.ok() && !in.at_end()) {
        const auto kind = in.u8();
        const auto text = read_length_encoded_string(in);
        if (kind == 0) metadata.type_name = text;
        if (kind == 1) metadata.format = text;
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "a column's extended metadata is cut short");
    return metadata;
}

}  // namespace sabil::mysql
