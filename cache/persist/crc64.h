// CRC-64 as RDB files and DUMP payloads carry it: polynomial 0xad93d23594c935a9, reflected, no inversion ("Jones").
#pragma once

#include <cstdint>
#include <string_view>

namespace sabil::cache {

// Continues from an earlier result; 0 starts. Thread-safety: pure.
std::uint64_t crc64(std::uint64_t crc, std::string_view bytes) noexcept;

}  // namespace sabil::cache
