// What a result depends on, in the ledger's terms.
#pragma once

#include <cstdint>
#include <vector>

namespace sabil::invalidation {

// n: the local number of a binlog group; 0 = before the first group.
using Sequence = std::uint64_t;

// One thing whose change makes a result stale: a table, or (table, column set, values).
struct Dependency {
    std::uint32_t slot = 0;  // index of its stamp in the ledger; two dependencies may share one (costs misses only)
    std::uint32_t signature = 0;  // index of its birth in the ledger; 0 = a table, which is always stamped
    bool operator==(const Dependency&) const = default;
};
using Dependencies = std::vector<Dependency>;

// A moment of the backend: everything up to and including group n is visible to a read sent after it was taken.
struct Floor {
    Sequence n = 0;
    std::uint64_t epoch = 0;
    bool operator==(const Floor&) const = default;
};

}  // namespace sabil::invalidation
