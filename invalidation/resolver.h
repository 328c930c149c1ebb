// From a statement to what its result depends on. Tables and columns are looked up in the catalog, signatures are
// registered in the ledger; what is not understood gives a reason and no dependencies.
//
// Thread-safety: resolve() from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "invalidation/dependency.h"
#include "invalidation/ledger.h"
#include "invalidation/schema/catalog.h"
#include "invalidation/sql/statement.h"

namespace sabil::invalidation {

enum class Precision : std::uint8_t {
    rows,    // by values where the statement allows
    tables,  // by table
    names,   // by table name as written, without the catalog: views and missing tables are not told apart
};

struct Resolution {
    std::optional<Dependencies> dependencies;
    std::string_view reason;           // stable and label-safe; empty where there are dependencies
    std::vector<std::string> missing;  // schemas to be read before asking again
};

class Resolver {
  public:
    // Both must outlive it.
    Resolver(Ledger& ledger, const Catalog& catalog) : ledger_(ledger), catalog_(catalog) {}

    // parameters: of the statement's `?`, in order.
    Resolution resolve(const sql::Statement& statement, std::string_view default_schema,
                       std::span<const sql::Literal> parameters, Precision precision) const;

    // The stamps of a write seen in the path: its tables with their rows, their foreign keys' closure, or the schema
    // where the tables could not be told. Deterministic for one catalog revision; the caller keeps it from begin to
    // end.
    Dependencies write_stamps(const sql::Statement& statement, std::string_view default_schema) const;

    static constexpr std::size_t values_per_use = 64;     // row dependencies of one table; more: the table
    static constexpr std::size_t buckets_per_range = 32;  // that a range with two ends is cut into
    static constexpr std::size_t prefix_characters_max = 32;
    static constexpr std::size_t dependencies_max = 512;  // of one result; more: by table
    static constexpr unsigned view_depth_max = 16;
    static constexpr std::size_t tables_max = 256;

  private:
    struct Walk;
    void find_table(Walk& walk, const sql::TableUse& use, std::string_view schema, unsigned depth) const;
    bool use_rows(Walk& walk, const TableDefinition& table, const sql::TableUse& use) const;
    bool use_range(Walk& walk, const TableDefinition& table, const sql::TableUse& use) const;
    bool use_signature(Walk& walk, const TableDefinition& table, std::vector<std::uint16_t> columns,
                       SignatureShape shape, const std::vector<std::uint64_t>& hashes) const;
    void add_table(Walk& walk, const TableDefinition& table) const;

    Ledger& ledger_;
    const Catalog& catalog_;
};

bool is_system_schema(std::string_view schema) noexcept;

}  // namespace sabil::invalidation
