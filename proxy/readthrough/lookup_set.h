// All lookups, compiled: which one fills a key, found without locking or allocating.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/base/hash.h"
#include "proxy/readthrough/key_template.h"
#include "proxy/readthrough/lookup.h"
#include "proxy/readthrough/query_template.h"

namespace sabil::proxy::readthrough {

struct Lookup {
    LookupConfig config;
    KeyTemplate key;
    QueryTemplate query;
};

// Thread-safety: immutable.
class LookupSet {
  public:
    LookupSet() = default;
    // Errors go to `errors`, one sentence each with `place` ("file") and the line in front; the set is then unusable.
    LookupSet(const std::vector<LookupConfig>& configs, const std::string& place, std::vector<std::string>& errors);

    bool empty() const noexcept { return lookups_.empty(); }
    const std::vector<Lookup>& lookups() const noexcept { return lookups_; }
    // The first lookup, in the order of the file, that matches; its index.
    std::optional<std::size_t> match(std::string_view key, Captures& captures) const noexcept;
    std::optional<std::size_t> find(std::string_view name) const noexcept;

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return hash_bytes(text); }
    };
    template <class T>
    using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

    std::vector<Lookup> lookups_;
    Map<std::vector<std::uint32_t>> by_first_part_;  // indices in order
    std::vector<std::uint32_t> any_first_part_;
    Map<std::size_t> by_name_;
};

}  // namespace sabil::proxy::readthrough
