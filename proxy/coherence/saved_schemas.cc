#include "proxy/coherence/saved_schemas.h"

#include <algorithm>

namespace sabil::proxy::coherence {

using invalidation::Column;
using invalidation::ForeignKey;
using invalidation::SchemaDefinition;
using invalidation::TableDefinition;
using invalidation::TableKind;
using invalidation::ValueClass;

namespace {

void write_text(ByteWriter& out, std::string_view text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(text);
}

std::string read_text(ByteReader& in) {
    return std::string(in.take(in.u32()));
}

// Which flags: the first is bit 0.
std::uint8_t flags(bool first, bool second) {
    return static_cast<std::uint8_t>((first ? 1 : 0) | (second ? 2 : 0));
}

void write_table(ByteWriter& out, const TableDefinition& table) {
    write_text(out, table.schema);
    write_text(out, table.name);
    out.u8(static_cast<std::uint8_t>(table.kind));
    out.u16(static_cast<std::uint16_t>(table.columns.size()));
    for (const auto& column : table.columns) {
        write_text(out, column.name);
        write_text(out, column.type);
        write_text(out, column.collation);
        out.u8(flags(column.is_unsigned, column.generated));
        out.u8(static_cast<std::uint8_t>(column.value_class));
    }
}

TableDefinition read_table(ByteReader& in) {
    TableDefinition table;
    table.schema = read_text(in);
    table.name = read_text(in);
    const auto kind = in.u8();
    if (kind > static_cast<std::uint8_t>(TableKind::unlogged)) in.fail();
    table.kind = static_cast<TableKind>(kind);
    const auto columns = in.u16();
    for (std::uint16_t i = 0; i < columns && in.ok(); ++i) {
        Column column;
        column.name = read_text(in);
        column.type = read_text(in);
        column.collation = read_text(in);
        const auto bits = in.u8();
        column.is_unsigned = (bits & 1) != 0;
        column.generated = (bits & 2) != 0;
        const auto value_class = in.u8();
        if (value_class > static_cast<std::uint8_t>(ValueClass::datetime)) in.fail();
        column.value_class = static_cast<ValueClass>(value_class);
        table.columns.push_back(std::move(column));
    }
    return table;
}

void write_foreign_key(ByteWriter& out, const ForeignKey& key) {
    for (const auto* text : {&key.name, &key.child.schema, &key.child.table, &key.parent.schema, &key.parent.table}) {
        write_text(out, *text);
    }
    out.u16(static_cast<std::uint16_t>(key.parent_columns.size()));
    for (const auto& column : key.parent_columns) write_text(out, column);
    out.u8(flags(key.on_delete, key.on_update));
}

ForeignKey read_foreign_key(ByteReader& in) {
    ForeignKey key;
    for (auto* text : {&key.name, &key.child.schema, &key.child.table, &key.parent.schema, &key.parent.table}) {
        *text = read_text(in);
    }
    const auto columns = in.u16();
    for (std::uint16_t i = 0; i < columns && in.ok(); ++i) key.parent_columns.push_back(read_text(in));
    const auto bits = in.u8();
    key.on_delete = (bits & 1) != 0;
    key.on_update = (bits & 2) != 0;
    return key;
}

}  // namespace

std::vector<SchemaDefinition> schemas_to_save(const invalidation::CatalogSnapshot& catalog) {
    std::vector<SchemaDefinition> out;
    for (const auto& [name, definition] : catalog.schemas) {
        auto copy = *definition;
        const auto views = std::erase_if(
            copy.tables, [](const auto& table) { return table.second->kind == TableKind::view; });
        if (views > 0) copy.complete = false;
        out.push_back(std::move(copy));
    }
    // The same bytes for the same schemas.
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

void write_schemas(ByteWriter& out, const std::vector<SchemaDefinition>& schemas) {
    out.u32(static_cast<std::uint32_t>(schemas.size()));
    for (const auto& schema : schemas) {
        write_text(out, schema.name);
        out.u8(schema.complete ? 1 : 0);
        std::vector<const TableDefinition*> tables;
        for (const auto& [name, table] : schema.tables) tables.push_back(table.get());
        std::sort(tables.begin(), tables.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
        out.u32(static_cast<std::uint32_t>(tables.size()));
        for (const auto* table : tables) write_table(out, *table);
        out.u32(static_cast<std::uint32_t>(schema.foreign_keys.size()));
        for (const auto& key : schema.foreign_keys) write_foreign_key(out, key);
    }
}

std::vector<SchemaDefinition> read_schemas(ByteReader& in) {
    std::vector<SchemaDefinition> out;
    const auto count = in.u32();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        SchemaDefinition schema;
        schema.name = read_text(in);
        schema.complete = in.u8() != 0;
        const auto tables = in.u32();
        for (std::uint32_t k = 0; k < tables && in.ok(); ++k) {
            auto table = std::make_shared<const TableDefinition>(read_table(in));
            schema.tables.emplace(table->name, table);
        }
        const auto keys = in.u32();
        for (std::uint32_t k = 0; k < keys && in.ok(); ++k) schema.foreign_keys.push_back(read_foreign_key(in));
        out.push_back(std::move(schema));
    }
    return out;
}

}  // namespace sabil::proxy::coherence
