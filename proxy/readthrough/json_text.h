// JSON as lookups write it. Thread-safety: pure functions that append to `out`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mysql/client/rows.h"

namespace sabil::proxy::readthrough {

// A string in quotes. Bytes that are not UTF-8 become U+FFFD, so that the text is always valid JSON.
void append_json_string(std::string& out, std::string_view text);
// Base64 with padding (RFC 4648), without quotes.
void append_base64(std::string& out, std::string_view bytes);
bool is_json(std::string_view text) noexcept;
// Columns of these names that hold text become JSON columns, where every value is JSON or NULL.
void mark_json_columns(mysql::Rows& rows, const std::vector<std::string>& names);
// Numbers bare, DECIMAL with its exact digits, JSON columns embedded, NULL as null, binary as base64, the rest as
// strings.
void append_json_cell(std::string& out, const mysql::RowsColumn& column, const mysql::Cell& cell);
// {"column":value,...}
void append_json_row(std::string& out, const mysql::Rows& rows, std::size_t row);

}  // namespace sabil::proxy::readthrough
