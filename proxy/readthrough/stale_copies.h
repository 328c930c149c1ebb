// Copies of values for lookups that may answer stale: kept as filled entries of the internal database, so that they
// count against maxmemory and are evicted like any other.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/store/keyspace.h"
#include "cache/store/value.h"
#include "proxy/readthrough/lookup_provenance.h"

namespace sabil::proxy::readthrough {

// Thread-safety: every function from any thread; none may be called with a slice locked.
class StaleCopies {
  public:
    explicit StaleCopies(cache::Keyspace& keyspace) : keyspace_(keyspace) {}

    void keep(unsigned database, std::string_view key, cache::Value value,
              std::unique_ptr<const StaleProvenance> provenance, WallTime until);
    // A value that was last known to be current at most `window` ago.
    std::shared_ptr<const cache::Value> find(unsigned database, std::string_view key, std::chrono::milliseconds window);

  private:
    cache::Keyspace& keyspace_;
};

}  // namespace sabil::proxy::readthrough
