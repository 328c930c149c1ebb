// A statement's text, understood once: what the sessions and the statistics need of it, shared by all its executions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "invalidation/sql/statement.h"

namespace sabil::proxy::mysql_front {

// Index of a normalised statement in the statistics; 0: the one that takes what does not fit.
using StatementId = std::uint32_t;

// Thread-safety: immutable.
struct Analysis {
    invalidation::sql::Statement statement;
    StatementId id = 0;
    bool names_user_lock = false;     // GET_LOCK somewhere in the text
    bool names_release_all = false;   // RELEASE_ALL_LOCKS
    bool names_found_rows = false;    // FOUND_ROWS() somewhere in the text
    bool counts_rows = false;         // SELECT SQL_CALC_FOUND_ROWS, cacheable but for that
    bool asks_found_rows = false;     // SELECT FOUND_ROWS(), and nothing else
    bool unlocks_tables = false;      // UNLOCK TABLES
    bool shows_tracking = false;      // may show or set the session_track_* variables
};
using AnalysisRef = std::shared_ptr<const Analysis>;

// Does `text` contain `word` (lower case), whatever the letter case?
bool contains_word(std::string_view text, std::string_view word) noexcept;

// SQL_CALC_FOUND_ROWS is no obstacle on the MySQL port, which keeps the count beside the result (see found_rows_key). Lifts
// that reason; false where it was not the statement's.
bool lift_row_counting(invalidation::sql::Statement& statement) noexcept;

Analysis make_analysis(std::string_view text, const invalidation::sql::ParseMode& mode);

// May executing it change data, schema or accounts, as far as can be told?
bool may_write(const invalidation::sql::Statement& statement) noexcept;

}  // namespace sabil::proxy::mysql_front
