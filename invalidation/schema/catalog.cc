#include "invalidation/schema/catalog.h"

#include <algorithm>
#include <unordered_set>

namespace sabil::invalidation {

namespace {

std::string folded(std::string_view name, bool fold) {
    std::string out(name);
    if (fold) {
        std::transform(out.begin(), out.end(), out.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    }
    return out;
}

bool touches(const ForeignKey& key, const ParentChange& change) {
    if (change.removed && key.on_delete) return true;
    if (!key.on_update) return false;
    if (change.any_column_updated) return true;
    return std::any_of(key.parent_columns.begin(), key.parent_columns.end(), [&](const auto& column) {
        return std::find(change.updated_columns.begin(), change.updated_columns.end(), column) !=
               change.updated_columns.end();
    });
}

}  // namespace

std::string CatalogSnapshot::key(std::string_view schema_name, std::string_view table_name) const {
    auto out = folded(schema_name, fold_names);
    out.push_back('\0');
    return out + folded(table_name, fold_names);
}

const SchemaDefinition* CatalogSnapshot::schema(std::string_view name) const {
    auto at = schemas.find(folded(name, fold_names));
    return at == schemas.end() ? nullptr : at->second.get();
}

const TableDefinition* CatalogSnapshot::table(std::string_view schema_name, std::string_view table_name) const {
    const auto* found = schema(schema_name);
    if (found == nullptr) return nullptr;
    auto at = found->tables.find(folded(table_name, fold_names));
    return at == found->tables.end() ? nullptr : at->second.get();
}

void CatalogSnapshot::index_foreign_keys() {
    children_.clear();
    for (const auto& [name, definition] : schemas) {
        for (const auto& foreign_key : definition->foreign_keys) {
            children_[key(foreign_key.parent.schema, foreign_key.parent.table)].push_back(&foreign_key);
        }
    }
}

bool CatalogSnapshot::is_parent(std::string_view schema_name, std::string_view table_name) const {
    return !children_.empty() && children_.contains(key(schema_name, table_name));
}

std::vector<std::string> CatalogSnapshot::parent_columns(std::string_view schema_name,
                                                         std::string_view table_name) const {
    std::vector<std::string> out;
    auto at = children_.find(key(schema_name, table_name));
    if (at == children_.end()) return out;
    for (const auto* foreign_key : at->second) {
        if (!foreign_key->on_update) continue;
        for (const auto& column : foreign_key->parent_columns) {
            if (std::find(out.begin(), out.end(), column) == out.end()) out.push_back(column);
        }
    }
    return out;
}

std::vector<sql::TableName> CatalogSnapshot::closure(std::string_view schema_name, std::string_view table_name,
                                                     const ParentChange& change) const {
    std::vector<sql::TableName> out;
    std::unordered_set<std::string> seen;
    auto follow = [&](const std::string& parent, auto&& wanted) {
        auto at = children_.find(parent);
        if (at == children_.end()) return;
        for (const auto* foreign_key : at->second) {
            if (!wanted(*foreign_key)) continue;
            if (seen.insert(key(foreign_key->child.schema, foreign_key->child.table)).second)
                out.push_back(foreign_key->child);
        }
    };
    follow(key(schema_name, table_name), [&](const ForeignKey& foreign_key) { return touches(foreign_key, change); });
    // How the children's rows changed is not known: every key leads on.
    for (std::size_t i = 0; i < out.size(); ++i) {
        follow(key(out[i].schema, out[i].table), [](const ForeignKey&) { return true; });
    }
    return out;
}

std::vector<std::string> CatalogSnapshot::child_schemas(std::string_view schema_name) const {
    std::vector<std::string> out{folded(schema_name, fold_names)};
    for (std::size_t i = 0; i < out.size(); ++i) {
        for (const auto& [parent, keys] : children_) {
            if (!parent.starts_with(key(out[i], {}))) continue;
            for (const auto* foreign_key : keys) {
                auto child = folded(foreign_key->child.schema, fold_names);
                if (std::find(out.begin(), out.end(), child) == out.end()) out.push_back(std::move(child));
            }
        }
    }
    out.erase(out.begin());
    return out;
}

Catalog::Catalog(bool fold_names) {
    auto first = std::make_shared<CatalogSnapshot>();
    first->revision = 1;
    first->fold_names = fold_names;
    snapshot_ = first;
}

std::shared_ptr<const CatalogSnapshot> Catalog::snapshot() const {
    std::lock_guard lock(mutex_);
    return snapshot_;
}

std::shared_ptr<CatalogSnapshot> Catalog::copy() const {
    auto next = std::make_shared<CatalogSnapshot>();
    next->fold_names = snapshot_->fold_names;
    next->schemas = snapshot_->schemas;
    return next;
}

void Catalog::replace(std::shared_ptr<CatalogSnapshot> next) {
    next->index_foreign_keys();
    std::lock_guard lock(mutex_);
    next->revision = revision_.fetch_add(1, std::memory_order_seq_cst) + 1;
    snapshot_ = std::move(next);
}

void Catalog::note_change(std::string_view schema, Sequence n) {
    if (last_change_.size() >= schemas_count_max) {
        last_change_of_all_ = std::max(last_change_of_all_, n);
        last_change_.clear();
    }
    auto& last = last_change_[folded(schema, snapshot_->fold_names)];
    last = std::max(last, n);
}

void Catalog::drop_table(std::string_view schema, std::string_view table, Sequence n) {
    note_change(schema, n);
    auto next = copy();
    auto at = next->schemas.find(folded(schema, next->fold_names));
    if (at != next->schemas.end()) {
        auto definition = std::make_shared<SchemaDefinition>(*at->second);
        definition->tables.erase(folded(table, next->fold_names));
        definition->complete = false;
        at->second = std::move(definition);
    }
    replace(std::move(next));
}

void Catalog::drop_schema(std::string_view schema, Sequence n) {
    note_change(schema, n);
    auto next = copy();
    next->schemas.erase(folded(schema, next->fold_names));
    replace(std::move(next));
}

void Catalog::drop_all(Sequence n) {
    last_change_of_all_ = std::max(last_change_of_all_, n);
    last_change_.clear();
    auto next = copy();
    next->schemas.clear();
    replace(std::move(next));
}

void Catalog::set_fold_names(bool fold) {
    auto next = copy();
    if (next->fold_names == fold) return;
    next->fold_names = fold;
    next->schemas.clear();
    replace(std::move(next));
}

bool Catalog::accept(SchemaDefinition definition, Sequence read_floor) {
    auto next = copy();
    auto name = folded(definition.name, next->fold_names);
    auto last = last_change_.find(name);
    if (last_change_of_all_ > read_floor || (last != last_change_.end() && last->second > read_floor)) return false;
    if (next->schemas.size() >= schemas_count_max && !next->schemas.contains(name)) return false;
    if (next->fold_names) {
        std::unordered_map<std::string, std::shared_ptr<const TableDefinition>> renamed;
        for (auto& [table, what] : definition.tables) renamed.emplace(folded(table, true), std::move(what));
        definition.tables = std::move(renamed);
    }
    next->schemas[name] = std::make_shared<const SchemaDefinition>(std::move(definition));
    replace(std::move(next));
    return true;
}

}  // namespace sabil::invalidation
