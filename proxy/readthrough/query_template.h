// A lookup's query with its {names} turned into the `?` of a prepared statement. Names are bound, never spliced.
#pragma once

#include <string>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::readthrough {

struct Binding {
    std::size_t name = 0;       // index into the key's names
    bool is_row_count = false;  // stands after LIMIT or OFFSET: must be bound as an integer
};

struct QueryTemplate {
    std::string text;               // with `?`
    std::vector<Binding> bindings;  // one per `?`, in order
};

inline constexpr std::size_t max_query_bytes = 64U << 10;
inline constexpr std::size_t max_bindings = 256;

// names: those of the key. Errors: invalid, naming the fault: an unknown name, a name inside quotes, a bare `?`, more
// than one statement.
Result<QueryTemplate> parse_query_template(const std::string& query, const std::vector<std::string>& names);

}  // namespace sabil::proxy::readthrough
