#include "invalidation/schema/column.h"

#include <algorithm>
#include <array>

namespace sabil::invalidation {

namespace {

template <std::size_t n>
bool one_of(std::string_view text, const std::array<std::string_view, n>& list) noexcept {
    return std::find(list.begin(), list.end(), text) != list.end();
}

constexpr std::array<std::string_view, 6> integers{"tinyint", "smallint", "mediumint", "int", "integer", "bigint"};
constexpr std::array<std::string_view, 7> binaries{"binary",     "varbinary", "tinyblob", "blob",
                                                   "mediumblob", "longblob",  "bytea"};
constexpr std::array<std::string_view, 6> texts{"char", "varchar", "tinytext", "text", "mediumtext", "longtext"};

// Character sets in which printable ASCII is one byte each, and the same byte as in the client's.
constexpr std::array<std::string_view, 5> charsets{"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"};

// Collations under which two printable ASCII strings are equal only if they differ in case and trailing spaces at most.
// Language-specific ones are left out on purpose: some equate letters (v and w, i and y, i and j).
constexpr std::array<std::string_view, 16> folding{
    "general_ci",     "general_nopad_ci",     "unicode_ci",          "unicode_nopad_ci",
    "unicode_520_ci", "unicode_520_nopad_ci", "0900_ai_ci",          "0900_as_ci",
    "0900_as_cs",     "swedish_ci",           "swedish_nopad_ci",    "general_mysql500_ci",
    "uca1400_ai_ci",  "uca1400_as_ci",        "uca1400_nopad_ai_ci", "uca1400_nopad_as_ci"};

ValueClass text_class(std::string_view collation) noexcept {
    auto at = collation.find('_');
    if (at == std::string_view::npos) return ValueClass::none;
    auto charset = collation.substr(0, at);
    auto rule = collation.substr(at + 1);
    if (!one_of(charset, charsets)) {
        // MariaDB may leave the character set out of the name.
        return one_of(collation, folding) ? ValueClass::text_folded : ValueClass::none;
    }
    if (rule == "bin" || rule == "nopad_bin" || rule == "0900_bin") return ValueClass::text_exact;
    bool swedish = rule.starts_with("swedish");
    if (swedish && charset != "latin1") return ValueClass::none;
    return one_of(rule, folding) ? ValueClass::text_folded : ValueClass::none;
}

}  // namespace

ValueClass value_class_of(std::string_view type, std::string_view collation) noexcept {
    if (one_of(type, integers)) return ValueClass::integer;
    if (type == "decimal" || type == "numeric") return ValueClass::decimal;
    if (type == "date") return ValueClass::date;
    if (type == "datetime") return ValueClass::datetime;
    if (one_of(type, binaries)) return ValueClass::bytes;
    if (one_of(type, texts)) return text_class(collation);
    return ValueClass::none;
}

}  // namespace sabil::invalidation
