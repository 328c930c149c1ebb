// What a binlog group touches, kept until it commits: tables and row hashes, never rows. Bounded: past its limits a
// footprint gets coarser, down to "everything".
//
// Thread-safety: a value type.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "invalidation/dependency.h"
#include "invalidation/ledger.h"
#include "invalidation/schema/catalog.h"

namespace sabil::invalidation {

class Footprint {
  public:
    struct Table {
        bool all_rows = false;  // which rows, cannot be told
        ParentChange parent;
        std::unordered_set<std::uint32_t> rows;  // slots of row stamps
    };

    bool empty() const noexcept { return tables_.empty() && schemas_.empty() && everything_.empty(); }
    // The table's entry, or null where the group is coarser than tables already.
    Table* touch(std::string_view schema, std::string_view table);
    // Rows of the table, not known which and how.
    void touch_all_rows(std::string_view schema, std::string_view table);
    // Its definition, or all its rows at once (TRUNCATE): nothing that foreign keys would carry on.
    void touch_whole(std::string_view schema, std::string_view table);
    void touch_row(Table& table, Dependency row);
    void touch_schema(std::string_view schema);
    // Something that no stamp can name; the reason is a new epoch's.
    void touch_everything(std::string_view reason);
    void merge(const Footprint& other);
    // Rows that were hashed for the signatures of an earlier group say nothing about later signatures.
    void forget_rows();

    // Why this group begins a new epoch; empty: it does not.
    const std::string& everything() const noexcept { return everything_; }
    // Writes the stamps, children through foreign keys included.
    void stamp(Ledger& ledger, const CatalogSnapshot& catalog, Sequence n) const;
    // Approximate heap bytes.
    std::size_t heap_bytes() const noexcept { return bytes_; }

    static constexpr std::size_t rows_count_max = 65536;    // of the group; more: tables' all_rows
    static constexpr std::size_t tables_count_max = 16384;  // more: their schemas
    static constexpr std::size_t schemas_count_max = 4096;  // more: everything

  private:
    using Names = std::pair<std::string_view, std::string_view>;
    struct ByName {
        using is_transparent = void;
        bool operator()(Names a, Names b) const noexcept { return a < b; }
    };
    std::map<std::pair<std::string, std::string>, Table, ByName> tables_;  // by schema and table
    std::unordered_set<std::string> schemas_;
    std::string everything_;
    std::size_t rows_count_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace sabil::invalidation
