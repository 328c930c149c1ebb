// The schemas as far as they are known to agree with the groups applied. A change of definitions drops them, and they
// are read again; what was read is accepted only under rule 1 (the read's floor is past the last change) and once A has
// passed a probe taken after the read, so that the tailer never meets a layout older than the catalog's.
//
// Thread-safety: snapshot() and revision() from any thread; the rest from the tailer's.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "invalidation/dependency.h"
#include "invalidation/schema/definition.h"

namespace sabil::invalidation {

// What happened to a parent's rows, for its foreign keys' sake.
struct ParentChange {
    bool removed = false;
    std::vector<std::string> updated_columns;  // empty: none
    bool any_column_updated = false;           // which ones could not be told
};

// Thread-safety: immutable.
class CatalogSnapshot {
  public:
    std::uint64_t revision = 0;
    bool fold_names = false;  // lower_case_table_names is not 0
    std::unordered_map<std::string, std::shared_ptr<const SchemaDefinition>> schemas;

    // Null where it is not loaded.
    const SchemaDefinition* schema(std::string_view name) const;
    // Null where it is not there, or its schema is not loaded.
    const TableDefinition* table(std::string_view schema_name, std::string_view table_name) const;
    // The tables whose rows may have changed with the parent's through foreign keys, however far; without the parent
    // unless a key leads back to it.
    std::vector<sql::TableName> closure(std::string_view schema_name, std::string_view table_name,
                                        const ParentChange& change) const;
    // Do rows of other tables change with this table's? Cheap.
    bool is_parent(std::string_view schema_name, std::string_view table_name) const;
    // The columns whose update reaches them.
    std::vector<std::string> parent_columns(std::string_view schema_name, std::string_view table_name) const;

    // Other schemas whose tables may change with some table of this one, however far.
    std::vector<std::string> child_schemas(std::string_view schema_name) const;

    void index_foreign_keys();

  private:
    std::string key(std::string_view schema_name, std::string_view table_name) const;
    std::unordered_map<std::string, std::vector<const ForeignKey*>> children_;  // by parent
};

class Catalog {
  public:
    explicit Catalog(bool fold_names = false);

    std::shared_ptr<const CatalogSnapshot> snapshot() const;
    std::uint64_t revision() const noexcept { return revision_.load(std::memory_order_seq_cst); }

    // A change of definitions in group n. Call before the ledger drops the signatures: whoever resolved against the
    // older revision and registered before the drop is dropped with it, whoever registers after it sees the revision.
    void drop_table(std::string_view schema, std::string_view table, Sequence n);
    void drop_schema(std::string_view schema, Sequence n);
    void drop_all(Sequence n);
    void set_fold_names(bool fold);

    // read_floor: W before the schema was read. False: a definition changed after it, read again.
    bool accept(SchemaDefinition definition, Sequence read_floor);

    static constexpr std::size_t schemas_count_max = 4096;

  private:
    void replace(std::shared_ptr<CatalogSnapshot> next);
    std::shared_ptr<CatalogSnapshot> copy() const;
    void note_change(std::string_view schema, Sequence n);

    mutable std::mutex mutex_;
    std::shared_ptr<const CatalogSnapshot> snapshot_;
    std::atomic<std::uint64_t> revision_{1};
    std::unordered_map<std::string, Sequence> last_change_;  // by schema
    Sequence last_change_of_all_ = 0;
};

}  // namespace sabil::invalidation
