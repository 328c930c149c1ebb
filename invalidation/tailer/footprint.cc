#include "invalidation/tailer/footprint.h"

namespace sabil::invalidation {

namespace {
constexpr std::size_t node_bytes = 64;  // of a map or set, roughly
}

Footprint::Table* Footprint::touch(std::string_view schema, std::string_view table) {
    auto at = tables_.find(Names(schema, table));
    if (at != tables_.end()) return &at->second;
    if (tables_.size() >= tables_count_max) {
        touch_schema(schema);
        return nullptr;
    }
    bytes_ += sizeof(Table) + schema.size() + table.size() + node_bytes;
    return &tables_[{std::string(schema), std::string(table)}];
}

void Footprint::touch_all_rows(std::string_view schema, std::string_view table) {
    if (auto* entry = touch(schema, table)) {
        entry->all_rows = true;
        entry->parent.removed = entry->parent.any_column_updated = true;
    }
}

void Footprint::touch_whole(std::string_view schema, std::string_view table) {
    if (auto* entry = touch(schema, table)) entry->all_rows = true;
}

void Footprint::touch_row(Table& table, Dependency row) {
    if (table.all_rows) return;
    if (rows_count_ >= rows_count_max) {
        table.all_rows = true;
        table.rows.clear();
        return;
    }
    if (table.rows.insert(row.slot).second) {
        ++rows_count_;
        bytes_ += node_bytes;
    }
}

void Footprint::touch_schema(std::string_view schema) {
    if (schemas_.size() >= schemas_count_max) return touch_everything("too_large");
    if (schemas_.emplace(schema).second) bytes_ += schema.size() + node_bytes;
}

void Footprint::touch_everything(std::string_view reason) {
    if (everything_.empty()) everything_ = reason;
}

void Footprint::merge(const Footprint& other) {
    for (const auto& [name, theirs] : other.tables_) {
        auto* mine = touch(name.first, name.second);
        if (mine == nullptr) continue;
        mine->all_rows = mine->all_rows || theirs.all_rows;
        mine->parent.removed = mine->parent.removed || theirs.parent.removed;
        mine->parent.any_column_updated = mine->parent.any_column_updated || theirs.parent.any_column_updated;
        const auto& updated = theirs.parent.updated_columns;
        mine->parent.updated_columns.insert(mine->parent.updated_columns.end(), updated.begin(), updated.end());
        for (auto slot : theirs.rows) touch_row(*mine, {.slot = slot});
    }
    for (const auto& schema : other.schemas_) touch_schema(schema);
    if (!other.everything_.empty()) touch_everything(other.everything_);
}

void Footprint::forget_rows() {
    for (auto& [name, table] : tables_) {
        table.all_rows = true;
        table.rows.clear();
    }
    rows_count_ = 0;
}

void Footprint::stamp(Ledger& ledger, const CatalogSnapshot& catalog, Sequence n) const {
    auto stamp_all = [&](std::string_view schema, std::string_view table) {
        ledger.stamp(ledger.table(schema, table), n);
        ledger.stamp(ledger.all_rows(schema, table), n);
    };
    for (const auto& [name, table] : tables_) {
        ledger.stamp(ledger.table(name.first, name.second), n);
        if (table.all_rows) ledger.stamp(ledger.all_rows(name.first, name.second), n);
        for (auto slot : table.rows) ledger.stamp({.slot = slot}, n);
        if (!catalog.is_parent(name.first, name.second)) continue;
        for (const auto& child : catalog.closure(name.first, name.second, table.parent))
            stamp_all(child.schema, child.table);
    }
    for (const auto& schema : schemas_) {
        ledger.stamp(ledger.schema(schema), n);
        for (const auto& child : catalog.child_schemas(schema)) ledger.stamp(ledger.schema(child), n);
    }
}

}  // namespace sabil::invalidation
