#include "invalidation/resolver.h"

#include <algorithm>
#include <array>

#include "cache/base/hash.h"
#include "invalidation/canonical.h"
#include "invalidation/ordinal.h"

namespace sabil::invalidation {

namespace {

// One column compared with constants: the hashes of its values.
struct Pinned {
    std::uint16_t column = 0;
    std::vector<std::uint64_t> hashes;
};

const sql::Literal* literal_of(const sql::Operand& operand, std::span<const sql::Literal> parameters) {
    if (const auto* literal = std::get_if<sql::Literal>(&operand)) return literal;
    auto index = std::get<sql::Parameter>(operand).index;
    return index < parameters.size() ? &parameters[index] : nullptr;
}

std::optional<Pinned> pin(const TableDefinition& table, const sql::Equality& equality,
                          std::span<const sql::Literal> parameters) {
    auto position = table.column(equality.column);
    if (position < 0 || equality.any_of.empty() || equality.any_of.size() > Resolver::values_per_use)
        return std::nullopt;
    const auto& column = table.columns[static_cast<std::size_t>(position)];
    Pinned pinned{static_cast<std::uint16_t>(position), {}};
    for (const auto& operand : equality.any_of) {
        const auto* literal = literal_of(operand, parameters);
        auto hash = literal != nullptr ? hash_literal(column, *literal) : std::nullopt;
        if (!hash) return std::nullopt;
        pinned.hashes.push_back(*hash);
    }
    std::sort(pinned.hashes.begin(), pinned.hashes.end());
    pinned.hashes.erase(std::unique(pinned.hashes.begin(), pinned.hashes.end()), pinned.hashes.end());
    return pinned;
}

// Any subset of the conjuncts is enough; the ones with the fewest values are kept.
void limit_combinations(std::vector<Pinned>& pinned) {
    std::stable_sort(pinned.begin(), pinned.end(),
                     [](const auto& a, const auto& b) { return a.hashes.size() < b.hashes.size(); });
    std::size_t product = 1;
    std::size_t kept = 0;
    while (kept < pinned.size() && product * pinned[kept].hashes.size() <= Resolver::values_per_use) {
        product *= pinned[kept++].hashes.size();
    }
    pinned.resize(kept);
    std::sort(pinned.begin(), pinned.end(), [](const auto& a, const auto& b) { return a.column < b.column; });
}

std::vector<std::uint64_t> combine(const std::vector<Pinned>& pinned) {
    std::vector<std::uint64_t> out{value_hash_seed};
    for (const auto& column : pinned) {
        std::vector<std::uint64_t> next;
        next.reserve(out.size() * column.hashes.size());
        for (auto before : out) {
            for (auto hash : column.hashes) next.push_back(hash_combine(before, hash));
        }
        out = std::move(next);
    }
    return out;
}

// A column between two ends, of which either may be open; or a text's first characters.
struct Bounded {
    std::uint16_t column = 0;
    std::optional<std::uint64_t> low;
    std::optional<std::uint64_t> high;
    std::optional<std::uint64_t> prefix_hash;
    std::size_t prefix_characters = 0;

    // The fewer rows it can hold, the better.
    unsigned rank() const noexcept { return prefix_hash ? 0 : low && high ? 1 : 2; }
};

std::optional<Bounded> bound(const TableDefinition& table, const sql::Range& range,
                             std::span<const sql::Literal> parameters) {
    auto position = table.column(range.column);
    if (position < 0) return std::nullopt;
    const auto& column = table.columns[static_cast<std::size_t>(position)];
    Bounded out;
    out.column = static_cast<std::uint16_t>(position);
    if (range.is_prefix) {
        const auto* pattern = range.low ? literal_of(*range.low, parameters) : nullptr;
        if (pattern == nullptr || pattern->type != sql::Literal::Type::string) return std::nullopt;
        auto prefix = like_prefix(pattern->value).substr(0, Resolver::prefix_characters_max);
        out.prefix_hash = hash_prefix(column, prefix);
        out.prefix_characters = prefix.size();
        return out.prefix_hash ? std::optional(out) : std::nullopt;
    }
    for (auto [operand, end] : {std::pair(&range.low, &out.low), std::pair(&range.high, &out.high)}) {
        if (!*operand) continue;
        const auto* literal = literal_of(**operand, parameters);
        *end = literal != nullptr ? literal_ordinal(column, *literal) : std::nullopt;
    }
    return out.low || out.high ? std::optional(out) : std::nullopt;
}

// a >= 5 AND a < 9 are one range; any subset of the conjuncts is enough.
void intersect(std::vector<Bounded>& ranges, const Bounded& next) {
    auto same = std::find_if(ranges.begin(), ranges.end(), [&](const Bounded& range) {
        return range.column == next.column && !range.prefix_hash && !next.prefix_hash;
    });
    if (same == ranges.end()) return ranges.push_back(next);
    if (next.low) same->low = same->low ? std::max(*same->low, *next.low) : *next.low;
    if (next.high) same->high = same->high ? std::min(*same->high, *next.high) : *next.high;
}

// The bits to drop so that the range falls into few buckets. Even, so that few signatures do for ranges of all sizes.
unsigned bucket_shift(std::uint64_t low, std::uint64_t high) noexcept {
    unsigned shift = 0;
    while ((high >> shift) - (low >> shift) >= Resolver::buckets_per_range) shift += 2;
    return shift;
}

}  // namespace

struct Resolver::Walk {
    struct Use {
        const TableDefinition* table = nullptr;
        const sql::TableUse* use = nullptr;
    };

    std::shared_ptr<const CatalogSnapshot> catalog;
    const sql::Statement& statement;
    std::string_view default_schema;
    std::span<const sql::Literal> parameters;
    Precision precision = Precision::rows;
    std::vector<Use> uses = {};  // base tables, through views too
    Dependencies found = {};
    std::string_view reason = {};
    std::vector<std::string> missing = {};
    std::size_t tables = 0;

    void refuse(std::string_view why) {
        if (reason.empty()) reason = why;
    }
    std::string_view schema_of(const sql::TableName& name) const {
        return name.schema.empty() ? default_schema : std::string_view(name.schema);
    }
    const Column* column_of(const sql::ColumnUse& use) const {
        if (use.read >= statement.reads.size()) return nullptr;
        const auto& name = statement.reads[use.read].name;
        const auto* table = catalog->table(schema_of(name), name.table);
        if (table == nullptr || table->kind != TableKind::base) return nullptr;
        auto position = table->column(use.column);
        return position < 0 ? nullptr : &table->columns[static_cast<std::size_t>(position)];
    }
    // A constant carried over `a.x = b.y` is compared with y as it is with x only where both are of one kind.
    bool holds(const Column& column, const sql::Equality& equality) const {
        return std::all_of(equality.propagated_from.begin(), equality.propagated_from.end(), [&](const auto& use) {
            const auto* from = column_of(use);
            return from != nullptr && from->type == column.type && from->collation == column.collation &&
                   from->is_unsigned == column.is_unsigned;
        });
    }
};

bool is_system_schema(std::string_view schema) noexcept {
    constexpr std::array<std::string_view, 4> names{"information_schema", "performance_schema", "mysql", "sys"};
    auto same = [&](std::string_view name) {
        return std::equal(schema.begin(), schema.end(), name.begin(), name.end(),
                          [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
    };
    return std::any_of(names.begin(), names.end(), same);
}

Resolution Resolver::resolve(const sql::Statement& statement, std::string_view default_schema,
                             std::span<const sql::Literal> parameters, Precision precision) const {
    Walk walk{.catalog = catalog_.snapshot(),
              .statement = statement,
              .default_schema = default_schema,
              .parameters = parameters,
              .precision = precision};
    for (const auto& use : statement.reads) find_table(walk, use, walk.schema_of(use.name), 0);
    for (const auto& [table, use] : walk.uses) {
        if (!walk.reason.empty()) break;
        // Two names of one table: a row may matter for either.
        auto same = [&, wanted = table](const Walk::Use& other) { return other.table == wanted; };
        bool alone = std::count_if(walk.uses.begin(), walk.uses.end(), same) == 1;
        if (!alone || precision != Precision::rows || !use_rows(walk, *table, *use)) add_table(walk, *table);
    }
    if (walk.reason.empty() && walk.found.size() > dependencies_max && precision == Precision::rows) {
        return resolve(statement, default_schema, parameters, Precision::tables);
    }
    if (walk.reason.empty() && walk.found.empty()) walk.refuse("no_table");
    if (walk.reason.empty() && walk.found.size() > dependencies_max) walk.refuse("too_many_tables");
    // Had a definition changed meanwhile, the signatures just registered might describe the older one.
    if (walk.reason.empty() && catalog_.revision() != walk.catalog->revision) walk.refuse("schema_loading");
    if (!walk.reason.empty()) return {std::nullopt, walk.reason, std::move(walk.missing)};
    auto order = [](Dependency a, Dependency b) {
        return std::pair(a.slot, a.signature) < std::pair(b.slot, b.signature);
    };
    std::sort(walk.found.begin(), walk.found.end(), order);
    walk.found.erase(std::unique(walk.found.begin(), walk.found.end()), walk.found.end());
    return {std::move(walk.found), {}, {}};
}

void Resolver::find_table(Walk& walk, const sql::TableUse& use, std::string_view schema, unsigned depth) const {
    if (!walk.reason.empty()) return;
    if (schema.empty()) return walk.refuse("no_schema");
    if (is_system_schema(schema)) return walk.refuse("system_schema");
    if (++walk.tables > tables_max) return walk.refuse("too_many_tables");
    if (walk.precision == Precision::names) {
        walk.found.push_back(ledger_.table(schema, use.name.table));
        walk.found.push_back(ledger_.schema(schema));
        return;
    }
    const auto* definition = walk.catalog->schema(schema);
    const auto* table = walk.catalog->table(schema, use.name.table);
    if (table == nullptr) {
        bool known = definition != nullptr && definition->complete;
        if (!known) walk.missing.emplace_back(schema);
        return walk.refuse(known ? "unknown_table" : "schema_loading");
    }
    if (table->kind == TableKind::unlogged) return walk.refuse("unlogged_table");
    bool clock = walk.statement.reads_clock_given_time && std::any_of(table->columns.begin(), table->columns.end(),
                                                                      [](const Column& c) { return c.type == "time"; });
    if (clock) return walk.refuse("nondeterministic");
    if (table->kind == TableKind::base) {
        walk.uses.push_back({table, &use});
        return;
    }
    if (table->view_reads.empty() || depth >= view_depth_max) return walk.refuse("view");
    for (const auto& read : table->view_reads) {
        find_table(walk, read, read.name.schema.empty() ? schema : std::string_view(read.name.schema), depth + 1);
    }
    add_table(walk, *table);
}

void Resolver::add_table(Walk& walk, const TableDefinition& table) const {
    auto definition = ledger_.register_signature(table.schema, table.name, {});
    if (!definition) return walk.refuse("too_many_signatures");
    auto stamp = ledger_.table(table.schema, table.name);
    stamp.signature = definition->id;
    walk.found.push_back(stamp);
    walk.found.push_back(ledger_.schema(table.schema));
}

bool Resolver::use_rows(Walk& walk, const TableDefinition& table, const sql::TableUse& use) const {
    std::vector<Pinned> pinned;
    for (const auto& equality : use.equalities) {
        auto one = pin(table, equality, walk.parameters);
        if (one && !walk.holds(table.columns[one->column], equality)) continue;
        auto same = [&](const Pinned& other) { return one && other.column == one->column; };
        if (one && std::none_of(pinned.begin(), pinned.end(), same)) pinned.push_back(std::move(*one));
    }
    limit_combinations(pinned);
    if (pinned.empty()) return use_range(walk, table, use);
    std::vector<std::uint16_t> columns;
    for (const auto& column : pinned) columns.push_back(column.column);
    return use_signature(walk, table, std::move(columns), {}, combine(pinned));
}

bool Resolver::use_range(Walk& walk, const TableDefinition& table, const sql::TableUse& use) const {
    using Kind = SignatureShape::Kind;
    std::vector<Bounded> ranges;
    for (const auto& range : use.ranges) {
        if (auto next = bound(table, range, walk.parameters)) intersect(ranges, *next);
    }
    auto best = std::min_element(ranges.begin(), ranges.end(),
                                 [](const Bounded& a, const Bounded& b) { return a.rank() < b.rank(); });
    if (best == ranges.end()) return false;
    const auto& column = table.columns[best->column];
    if (best->prefix_hash) {
        return use_signature(walk, table, {best->column}, {Kind::prefix, best->prefix_characters},
                             {*best->prefix_hash});
    }
    if (best->low && best->high) {
        if (*best->low > *best->high) return false;
        auto shift = bucket_shift(*best->low, *best->high);
        std::vector<std::uint64_t> hashes;
        for (auto bucket = *best->low >> shift; bucket <= *best->high >> shift; ++bucket) {
            hashes.push_back(bucket_hash(bucket));
            if (bucket == ~std::uint64_t{0}) break;
        }
        return use_signature(walk, table, {best->column}, {Kind::bucket, shift}, hashes);
    }
    auto shape = best->low ? SignatureShape{Kind::above, coarse_low(column, *best->low)}
                           : SignatureShape{Kind::below, coarse_high(column, *best->high)};
    return use_signature(walk, table, {best->column}, shape, {value_hash_seed});
}

bool Resolver::use_signature(Walk& walk, const TableDefinition& table, std::vector<std::uint16_t> columns,
                             SignatureShape shape, const std::vector<std::uint64_t>& hashes) const {
    auto definition = ledger_.register_signature(table.schema, table.name, {});
    auto signature = ledger_.register_signature(table.schema, table.name, std::move(columns), shape);
    if (!definition || !signature) return false;
    for (auto hash : hashes) walk.found.push_back(ledger_.row(table.schema, table.name, *signature, hash));
    walk.found.push_back(ledger_.row(table.schema, table.name, *signature, unhashable_value));
    auto all_rows = ledger_.all_rows(table.schema, table.name);
    all_rows.signature = definition->id;
    walk.found.push_back(all_rows);
    walk.found.push_back(ledger_.schema(table.schema));
    return true;
}

Dependencies Resolver::write_stamps(const sql::Statement& statement, std::string_view default_schema) const {
    auto catalog = catalog_.snapshot();
    Dependencies out;
    auto add = [&](std::string_view schema, std::string_view table) {
        out.push_back(ledger_.table(schema, table));
        out.push_back(ledger_.all_rows(schema, table));
    };
    if (!statement.writes_known || statement.writes.empty()) out.push_back(ledger_.schema(default_schema));
    for (const auto& name : statement.writes) {
        auto schema = name.schema.empty() ? default_schema : std::string_view(name.schema);
        const auto* table = catalog->table(schema, name.table);
        if (table == nullptr || table->kind != TableKind::base) out.push_back(ledger_.schema(schema));
        add(schema, name.table);
        for (const auto& child : catalog->closure(
                 schema, name.table, {.removed = true, .updated_columns = {}, .any_column_updated = true})) {
            add(child.schema, child.table);
        }
    }
    return out;
}

}  // namespace sabil::invalidation
