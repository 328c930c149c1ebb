// What a key's names are bound as. The server compares a number column with a string as numbers, and a string column
// with a number as numbers too, so each value is bound in its column's own type where that is known.
#pragma once

#include <cstdint>
#include <vector>

#include "mysql/client/pool.h"
#include "proxy/coherence/coherence.h"
#include "proxy/readthrough/key_template.h"
#include "proxy/readthrough/query_template.h"

namespace sabil::proxy::readthrough {

enum class ParameterKind : std::uint8_t {
    text,       // bound as a string; also where the column is not known
    integer,    // compared with an integer column: bound as an integer where the text is one
    row_count,  // after LIMIT or OFFSET: must be an integer from 0
};

struct BoundParameters {
    std::vector<mysql::Pool::Parameter> values;
    std::vector<ParameterValue> literals;  // the same, as coherence wants them
};

// kinds: one per binding. Errors: invalid, where a row count is no number. Thread-safety: pure.
Result<BoundParameters> bind(const QueryTemplate& query, const std::vector<ParameterKind>& kinds,
                             const Captures& captures);

}  // namespace sabil::proxy::readthrough
