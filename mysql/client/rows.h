// A typed result of a prepared statement.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "mysql/wire/column_type.h"

namespace sabil::mysql {

// What a cell's alternative means is told by its column's kind.
enum class CellKind : std::uint8_t {
    integer,           // int64_t
    unsigned_integer,  // uint64_t; also BIT and YEAR
    real,              // double; a FLOAT's value is exactly a float's
    decimal,           // string: its exact digits, "-12.340"
    text,              // string: UTF-8
    binary,            // string: bytes
    json,              // string: JSON text
    date,              // string: "2024-01-31"
    datetime,          // string: "2024-01-31 12:00:00[.ffffff]"; DATETIME and TIMESTAMP
    time,              // string: "[-]hh:mm:ss[.ffffff]"
};

struct RowsColumn {
    std::string name;
    CellKind kind = CellKind::text;
    ColumnType type = ColumnType::null;  // as the server named it
    bool is_unsigned = false;
    bool is_float = false;  // FLOAT, not DOUBLE: print with a float's shortest digits
    std::uint8_t decimals = 0;
    std::string charset;  // "utf8mb4", "binary"; empty where the library does not tell
};

using Cell = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string>;  // monostate = NULL

struct Rows {
    std::vector<RowsColumn> columns;
    std::vector<std::vector<Cell>> rows;
    std::uint64_t affected_rows = 0;  // of a statement without columns
};

}  // namespace sabil::mysql
