// A cell as plain text: what STRING, HASH, LIST, SET and ZSET elements hold.
#pragma once

#include <string>

#include "mysql/client/rows.h"

namespace sabil::proxy::readthrough {

// Integers and decimals in digits, reals in the fewest digits that read back equal, binary as its bytes; empty for
// NULL.
std::string cell_text(const mysql::RowsColumn& column, const mysql::Cell& cell);
inline bool is_null(const mysql::Cell& cell) noexcept {
    return std::holds_alternative<std::monostate>(cell);
}

}  // namespace sabil::proxy::readthrough
