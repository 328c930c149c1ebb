#include "invalidation/tailer/row_hashes.h"

#include <algorithm>
#include <array>

#include "cache/base/hash.h"
#include "invalidation/canonical.h"
#include "invalidation/ordinal.h"
#include "mysql/binlog/row_reader.h"

namespace sabil::invalidation {

namespace {

using mysql::ColumnType;
using mysql::binlog::RowChange;
using mysql::binlog::RowReader;
using mysql::binlog::RowsEvent;
using mysql::binlog::TableColumn;
using mysql::binlog::Value;

// A signature, with the places of its columns among the decoded ones.
struct Plan {
    const Signature* signature = nullptr;
    std::vector<std::size_t> places;
};

std::size_t place_of(std::vector<std::uint16_t>& columns, std::uint16_t column) {
    auto at = std::find(columns.begin(), columns.end(), column);
    auto place = static_cast<std::size_t>(at - columns.begin());
    if (at == columns.end()) columns.push_back(column);
    return place;
}

bool in_image(const mysql::binlog::ColumnBits& image, const std::vector<std::uint16_t>& columns) {
    return std::all_of(columns.begin(), columns.end(), [&](auto column) { return image.test(column); });
}

// Can both images be hashed? What an update's after image leaves out (MINIMAL, NOBLOB) is as in the before image.
bool covered(const RowsEvent& event, const Signature& signature) {
    return in_image(event.has_before() ? event.before : event.after, signature.columns);
}

// Where the value of a range signature's column lies. nullopt: in no range of it.
std::optional<std::uint64_t> place_hash(const SignatureShape& shape, const Column& column, const Value& value) {
    using Kind = SignatureShape::Kind;
    if (value.kind == mysql::binlog::ValueKind::absent) return unhashable_value;
    if (value.is_null()) return std::nullopt;
    if (shape.kind == Kind::prefix) return hash_value_prefix(column, value, shape.bound).value_or(unhashable_value);
    auto ordinal = value_ordinal(column, value);
    if (!ordinal) return unhashable_value;
    if (shape.kind == Kind::bucket) return bucket_hash(*ordinal >> shape.bound);
    bool inside = shape.kind == Kind::above ? *ordinal >= shape.bound : *ordinal <= shape.bound;
    return inside ? std::optional(value_hash_seed) : std::nullopt;
}

// values: the image's; those absent are taken from `others`. nullopt: nothing of the signature is touched.
std::optional<std::uint64_t> value_hash(const Plan& plan, const TableDefinition& table, std::span<const Value> values,
                         std::span<const Value> others) {
    auto hash = value_hash_seed;
    for (std::size_t i = 0; i < plan.places.size(); ++i) {
        const auto& value = values[plan.places[i]].present() ? values[plan.places[i]] : others[plan.places[i]];
        const auto& column = table.columns[plan.signature->columns[i]];
        const auto& shape = plan.signature->shape;
        if (shape.kind != SignatureShape::Kind::values) return place_hash(shape, column, value);
        auto one = hash_value(column, value);
        if (!one) return unhashable_value;
        hash = hash_combine(hash, *one);
    }
    return hash;
}

bool same_value(const Value& a, const Value& b) {
    if (a.kind != b.kind) return false;
    return a.bytes == b.bytes && a.unsigned_integer == b.unsigned_integer && a.microseconds == b.microseconds;
}

class RowWalk {
  public:
    RowWalk(Footprint& footprint, const Ledger& ledger, const RowsEvent& event, const TableDefinition& definition)
        : footprint_(footprint), ledger_(ledger), event_(event), definition_(definition) {}

    void add_signatures(const std::vector<Signature>& signatures, Footprint::Table& table) {
        for (const auto& signature : signatures) {
            if (!covered(event_, signature)) {
                footprint_.touch_row(table, row(signature, unhashable_value));
                continue;
            }
            Plan plan{&signature, {}};
            for (auto column : signature.columns) plan.places.push_back(place_of(columns_, column));
            plans_.push_back(std::move(plan));
        }
    }
    // The columns that foreign keys refer to: only their change reaches the children.
    void add_parent_columns(std::vector<std::string> names, Footprint::Table& table) {
        for (auto& name : names) {
            auto position = definition_.column(name);
            if (position < 0) {
                table.parent.any_column_updated = true;
                continue;
            }
            // Absent in the after image: unchanged. Present there alone: it may have changed.
            if (!event_.after.test(static_cast<std::size_t>(position))) continue;
            compared_.push_back({std::move(name), place_of(columns_, static_cast<std::uint16_t>(position))});
        }
    }

    void run(Footprint::Table& table) {
        if (table.all_rows) plans_.clear();
        if (plans_.empty() && compared_.empty()) return;
        RowReader reader(event_, columns_);
        while (reader.next() && !(table.all_rows && compared_.empty())) {
            for (const auto& plan : plans_) touch(table, plan, reader);
            compare(table, reader);
        }
        if (!reader.status()) {
            table.all_rows = true;
            table.parent.any_column_updated = true;
        }
    }

  private:
    struct Compared {
        std::string column;
        std::size_t place;
    };

    void touch(Footprint::Table& table, const Plan& plan, const RowReader& reader) {
        if (event_.has_before()) touch_image(table, plan, reader.before(), reader.before());
        if (event_.has_after()) touch_image(table, plan, reader.after(), reader.before());
    }
    void touch_image(Footprint::Table& table, const Plan& plan, std::span<const Value> values,
                     std::span<const Value> others) {
        auto hash = value_hash(plan, definition_, values, others);
        if (hash) footprint_.touch_row(table, row(*plan.signature, *hash));
    }
    Dependency row(const Signature& signature, std::uint64_t value_hash_of_row) const {
        return ledger_.row(definition_.schema, definition_.name, signature, value_hash_of_row);
    }
    void compare(Footprint::Table& table, const RowReader& reader) {
        std::erase_if(compared_, [&](const Compared& one) {
            if (same_value(reader.before()[one.place], reader.after()[one.place])) return false;
            table.parent.updated_columns.push_back(one.column);
            return true;
        });
    }

    Footprint& footprint_;
    const Ledger& ledger_;
    const RowsEvent& event_;
    const TableDefinition& definition_;
    std::vector<std::uint16_t> columns_;
    std::vector<Plan> plans_;
    std::vector<Compared> compared_;
};

// The types by which a column of this data type is logged.
bool type_fits(const Column& column, const TableColumn& logged) noexcept {
    switch (column.value_class) {
        case ValueClass::integer:
            return logged.type == ColumnType::tiny || logged.type == ColumnType::short_int ||
                   logged.type == ColumnType::int24 || logged.type == ColumnType::long_int ||
                   logged.type == ColumnType::long_long;
        case ValueClass::decimal:
            return logged.type == ColumnType::new_decimal;
        case ValueClass::date:
            return logged.type == ColumnType::date || logged.type == ColumnType::new_date;
        case ValueClass::datetime:
            return logged.type == ColumnType::datetime || logged.type == ColumnType::datetime2;
        case ValueClass::text_exact:
        case ValueClass::text_folded:
        case ValueClass::bytes:
            return logged.type == ColumnType::varchar || logged.type == ColumnType::var_string ||
                   logged.type == ColumnType::string || logged.type == ColumnType::blob ||
                   logged.type == ColumnType::tiny_blob || logged.type == ColumnType::medium_blob ||
                   logged.type == ColumnType::long_blob;
        case ValueClass::none:
            return true;
    }
    return false;
}

}  // namespace

bool same_layout(const TableDefinition& definition, const mysql::binlog::TableMap& map) noexcept {
    if (definition.columns.size() != map.columns.size()) return false;
    for (std::size_t i = 0; i < map.columns.size(); ++i) {
        const auto& column = definition.columns[i];
        const auto& logged = map.columns[i];
        // Compressed columns have types of their own; their rows are taken as a whole.
        bool compressed = logged.type == ColumnType::blob_compressed || logged.type == ColumnType::varchar_compressed;
        if (!compressed && !type_fits(column, logged)) return false;
        if (map.has_names && definition.column(logged.name) != static_cast<int>(i)) return false;
        bool said_unsigned = logged.signedness == TableColumn::Signedness::is_unsigned;
        bool told = logged.signedness != TableColumn::Signedness::unknown;
        if (told && column.value_class == ValueClass::integer && said_unsigned != column.is_unsigned) return false;
    }
    return true;
}

bool touch_rows(Footprint& footprint, const Ledger& ledger, const CatalogSnapshot& catalog, const RowsEvent& event,
                const std::vector<Signature>* signatures, const TableDefinition* definition) {
    const auto& map = *event.table;
    auto* table = footprint.touch(map.schema, map.table);
    if (table == nullptr) return true;
    if (event.change == RowChange::remove) table->parent.removed = true;
    bool update_of_parent = event.change == RowChange::update && catalog.is_parent(map.schema, map.table);
    bool known = definition != nullptr && same_layout(*definition, map);
    if (!known) {
        table->all_rows = true;
        if (event.change == RowChange::update) table->parent.any_column_updated = true;
        return definition == nullptr;
    }
    RowWalk walk(footprint, ledger, event, *definition);
    if (signatures != nullptr) walk.add_signatures(*signatures, *table);
    if (update_of_parent) walk.add_parent_columns(catalog.parent_columns(map.schema, map.table), *table);
    walk.run(*table);
    return true;
}

}  // namespace sabil::invalidation
