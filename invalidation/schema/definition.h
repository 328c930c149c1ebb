// What information_schema says about one schema's tables, read at one moment.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "invalidation/schema/column.h"
#include "invalidation/sql/statement.h"

namespace sabil::invalidation {

enum class TableKind : std::uint8_t {
    base,
    view,
    unlogged,  // the server does not log its changes (FEDERATED, CONNECT ...), or not as changes of a table: never
               // cached
};

struct TableDefinition {
    std::string schema;
    std::string name;
    TableKind kind = TableKind::base;
    std::vector<Column> columns;            // in order of position
    std::vector<sql::TableUse> view_reads;  // of a view: what its definition reads; empty: it could not be told

    // Position of a column by name, letter case aside; -1 where there is none.
    int column(std::string_view name) const noexcept;
};

// A foreign key by which a change of the parent's rows changes the child's.
struct ForeignKey {
    std::string name;
    sql::TableName child;
    sql::TableName parent;
    std::vector<std::string> parent_columns;
    bool on_delete = true;  // CASCADE or SET NULL; true also where the server does not show the rule
    bool on_update = true;
};

struct SchemaDefinition {
    std::string name;
    std::unordered_map<std::string, std::shared_ptr<const TableDefinition>> tables;  // by name as the server tells it
    std::vector<ForeignKey> foreign_keys;                                            // whose child is in this schema
    bool complete = true;  // false: a table was dropped from here since it was read; ask again for one that is missing
};

}  // namespace sabil::invalidation
