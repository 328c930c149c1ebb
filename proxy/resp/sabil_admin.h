// What the SABIL command family asks of the other rooms; proxy/app implements it.
#pragma once

#include "cache/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sabil::proxy::resp {

using AdminValue = std::variant<std::int64_t, double, bool, std::string>;
// A map's fields, in the order of the reply.
using AdminRecord = std::vector<std::pair<std::string, AdminValue>>;

enum class QueryOrder : std::uint8_t { hits, saved, bytes, misses };

enum class PurgeScope : std::uint8_t { all, table, lookup, query, tag };

// Thread-safety: any thread; must not block for long (it is called on a worker).
class SabilAdmin {
  public:
    virtual ~SabilAdmin() = default;
    virtual AdminRecord status() = 0;
    virtual std::vector<AdminRecord> lookups() = 0;  // the first field of each is ("lookup", name)
    virtual std::vector<AdminRecord> queries(std::size_t limit, QueryOrder order) = 0;
    // Errors: invalid where the statement cannot be read.
    virtual Result<AdminRecord> explain(std::string_view statement) = 0;
    // The number of entries dropped. `what` is empty for PurgeScope::all. Errors: not_found, invalid.
    virtual Result<std::uint64_t> purge(PurgeScope scope, std::string_view what) = 0;
};

}  // namespace sabil::proxy::resp
