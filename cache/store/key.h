// A key with its hash, computed once per command and used for slice, table and prefetch.
#pragma once

#include <cstdint>
#include <string_view>

#include "cache/base/seeded_hash.h"

namespace sabil::cache {

inline std::uint64_t hash_key(std::string_view key) noexcept {
    return seeded_hash(key);
}

// A view; the bytes must outlive it.
struct KeyRef {
    KeyRef() noexcept = default;
    explicit KeyRef(std::string_view bytes) noexcept : key(bytes), hash(hash_key(bytes)) {}

    std::string_view key;
    std::uint64_t hash = 0;
};

}  // namespace sabil::cache
