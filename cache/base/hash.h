// The project's one non-cryptographic hash: XXH3-64. Equal bytes give equal hashes within one build only; hashes are
// never written to disk or sent to a peer.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace sabil {

inline std::uint64_t hash_bytes(std::string_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

// Mixes two hashes; not commutative.
inline std::uint64_t hash_combine(std::uint64_t a, std::uint64_t b) noexcept {
    return (a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 12) + (a >> 4))) * 0xff51afd7ed558ccdULL;
}

}  // namespace sabil
