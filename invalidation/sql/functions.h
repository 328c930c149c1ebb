// The functions that a cached statement may call, and those known to forbid it. What is not here is unknown: it may be
// a stored or loadable function.
#pragma once

#include <cstdint>
#include <string_view>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

enum class FunctionClass : std::uint8_t {
    pure,   // the same arguments and rows give the same value
    clock,  // reads the clock
    random,
    session,   // reads what the session is
    previous,  // reads what the previous statement left
    effect,    // changes or waits for something
};

// How its arguments are written.
enum class FunctionForm : std::uint8_t {
    list,             // expressions
    aggregate,        // [DISTINCT] expressions [ORDER BY ..] [SEPARATOR ..] [LIMIT ..]
    cast,             // expression AS type [ARRAY]
    convert,          // expression USING charset, or expression, type
    character,        // expressions [USING charset]
    extract,          // unit FROM expression
    position,         // expression IN expression
    substring,        // expression FROM expression [FOR expression], or expressions
    parsed_date,      // expression, format: gives a TIME unless the format is a literal with a part of a date in it
    trim,             // [BOTH | LEADING | TRAILING] [expression] FROM expression, or expressions
    unit_first,       // unit, expressions
    type_first,       // DATE | TIME | DATETIME | TIMESTAMP, expression
    weight_string,    // expression [AS type] [LEVEL ..]
    json_value,       // expression, path [RETURNING type] [.. ON EMPTY] [.. ON ERROR]
    dynamic_columns,  // expressions, each [AS type]
};

// Where a call needs its parenthesis directly behind the name, unless sql_mode has IGNORE_SPACE: with a blank between
// them it is a call of a stored function of that name.
enum class Adjacency : std::uint8_t { no, mariadb, both };

struct FunctionRow {
    std::string_view name;        // upper case
    std::uint32_t mysql_since;    // server version; 0: not in MySQL
    std::uint32_t mariadb_since;  // 0: not in MariaDB
    FunctionClass kind = FunctionClass::pure;
    FunctionForm form = FunctionForm::list;
    Adjacency adjacent = Adjacency::no;
    bool reads_date = false;        // of an argument of type TIME it takes today's date
    bool gives_time = false;        // may yield a TIME
    std::uint32_t mysql_until = 0;  // the version that made it a loadable function; 0: none
};

// nullptr: not known in this dialect and version. Any letter case. Where the server's version is unknown, it is taken
// to be the oldest that is supported.
const FunctionRow* find_function(std::string_view name, const ParseMode& mode) noexcept;

}  // namespace sabil::invalidation::sql
