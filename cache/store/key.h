// A key with its hash, computed once per command and used for slice, table and prefetch.
#pragma once

#include <cstdint>
#include <string_view>

namespace sabil::cache {

// Seeded per process, so that clients cannot aim for collisions. Thread-safety: pure.
std::uint64_t hash_key(std::string_view key) noexcept;

// A view; the bytes must outlive it.
struct KeyRef {
    KeyRef() noexcept = default;
    explicit KeyRef(std::string_view bytes) noexcept : key(bytes), hash(hash_key(bytes)) {}

    std::string_view key;
    std::uint64_t hash = 0;
};

}  // namespace sabil::cache
