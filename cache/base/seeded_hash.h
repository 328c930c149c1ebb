// Hashes of bytes that clients choose.
#pragma once

#include <cstdint>
#include <string_view>

namespace sabil {

// Seeded once per process, so that clients cannot aim for collisions. Thread-safety: pure.
std::uint64_t seeded_hash(std::string_view bytes) noexcept;

}  // namespace sabil
