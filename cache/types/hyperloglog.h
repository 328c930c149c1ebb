// HyperLogLog in Redis' own bytes, so that GET, SET, DUMP and RDB interoperate.
//   header (16): "HYLL" | encoding (1): 0 dense, 1 sparse | 0 0 0 | cached cardinality (8, little-endian; highest bit:
//   stale) dense: 16,384 registers of 6 bits, lowest bits first sparse: runs of registers: 00nnnnnn n+1 zeros |
//   01nnnnnn nnnnnnnn n+1 zeros | 1vvvvvnn n+1 registers of value v+1
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "cache/types/encoding_limits.h"
#include "cache/types/string.h"

namespace sabil::cache {

// Thread-safety: pure, or that of the string.
std::string new_hyperloglog();  // an empty one, sparse
// Whether the header is one of ours or Redis'; the registers are checked where they are read.
bool is_hyperloglog(std::string_view bytes) noexcept;
// Adds an element: true where a register changed. An error where the bytes are corrupt.
Result<bool> hyperloglog_add(String& string, std::string_view element, const EncodingLimits& limits);
// The estimate of one (from its cache where that is valid) or of the union of several.
Result<std::uint64_t> hyperloglog_count(std::span<const std::string_view> sources);
// As for one, and writes the cache.
Result<std::uint64_t> hyperloglog_count(String& string);
// The union, dense where any source is.
Result<std::string> hyperloglog_merge(std::span<const std::string_view> sources, const EncodingLimits& limits);
// PFDEBUG and tests: "dense", "sparse".
std::string_view hyperloglog_encoding(std::string_view bytes) noexcept;

}  // namespace sabil::cache
