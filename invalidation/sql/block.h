// One SELECT block (or the tables of an UPDATE or DELETE) while it is read, and the equalities that its conjuncts give.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "invalidation/sql/statement.h"
#include "invalidation/sql/token.h"

namespace sabil::invalidation::sql {

// As written: t.c, s.t.c or c. A missing part has an empty text.
struct ColumnName {
    Token schema;
    Token table;
    Token column;
};

// A constant, not yet decoded. `token` spans adjacent string literals.
struct Constant {
    Token token;
    bool negative = false;
    std::uint16_t parameter = 0;
};

// What must be true of a row: `column = one of constants`, `column = other`, or the column is in a range.
struct Conjunct {
    ColumnName column;
    ColumnName other;  // of an equality of two columns
    std::vector<Constant> any_of;
    enum class Kind : std::uint8_t { equality, range, prefix } kind = Kind::equality;
    std::optional<Constant> low = {};  // of a range; of a prefix, the pattern
    std::optional<Constant> high = {};
};

struct Source {
    std::string alias;                // how columns name it
    std::optional<std::size_t> read;  // index into the statement's reads; none: a derived table or a CTE
    bool aliased = false;             // then `schema.alias.column` does not name it
    std::vector<Conjunct> own_on;     // ON of the LEFT JOIN whose null-complemented side is this table alone
};

struct Block {
    std::vector<Source> sources;
    std::vector<Conjunct> where;
    std::vector<Conjunct> on;  // of inner joins that every row of the block has passed
    bool on_is_sound = true;   // false: joins nested such that `on` may not hold for every row
};

inline constexpr std::size_t max_conjuncts_count = 128;   // of one block; above: no equalities
inline constexpr std::size_t max_closure_steps = 20'000;  // of one statement, of carrying constants over; then none are

// Fills the equalities of the block's tables in `reads`.
//
// A row of a table matters to a block only if, joined with others, it passes WHERE and the ON of inner joins. So a
// conjunct `column = constant` on one of its own columns is one that must hold, also for the null-complemented side of
// an outer join (a row made of NULLs does not pass it). What a LEFT JOIN has in its ON must hold for the rows of its
// right table only. `steps` is what may still be spent on carrying constants from column to column.
void resolve_equalities(const Block& block, bool backslash_escapes, std::size_t& steps, std::vector<TableUse>& reads);

// One entry a name; tables that are read more than once lose their equalities.
void merge_uses(std::vector<TableUse>& reads);

Literal to_literal(const Constant& constant, bool backslash_escapes);

// ASCII letters only.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
std::string lower_case(std::string_view text);

}  // namespace sabil::invalidation::sql
