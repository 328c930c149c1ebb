// A table's column as information_schema tells it, as far as coherence must know it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::invalidation {

// How a column's values are hashed for a signature. Values that the server calls equal to one literal hash equally;
// `none`: that cannot be promised, so predicates on the column depend on the table.
enum class ValueClass : std::uint8_t {
    none,
    integer,      // TINYINT..BIGINT, by value
    decimal,      // exact digits, without trailing zeros
    text_exact,   // a _bin collation: bytes without trailing spaces
    text_folded,  // a collation known to tell all printable ASCII letters apart but for their case
    bytes,        // BINARY, VARBINARY, BLOB: bytes without trailing zeros
    date,         // "2024-01-31"
    datetime,     // "2024-01-31 12:00:00[.ffffff]" without trailing zeros of the fraction
};

struct Column {
    std::string name;
    std::string type;       // DATA_TYPE, lower case: "int", "varchar"
    std::string collation;  // empty where the type has none
    bool is_unsigned = false;
    bool generated = false;
    ValueClass value_class = ValueClass::none;
};

// By data type and collation name, both as information_schema spells them.
ValueClass value_class_of(std::string_view type, std::string_view collation) noexcept;

}  // namespace sabil::invalidation
