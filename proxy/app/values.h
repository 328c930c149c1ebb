// Words in a configuration, read: sizes and durations; and the nearest name to a misspelt one.
// Thread-safety: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::proxy::app {

// "256mb", "1gb", "100" (bytes); kb, mb, gb are powers of 1024, k, m, g powers of 1000, as in Redis. Case does not
// count.
Result<std::uint64_t> parse_bytes(std::string_view text);

// "250ms", "60s", "10m", "1h", "7d"; a bare "0" is zero, any other number needs its unit.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// The known name within a third of its length in edits, the closest first; empty where none is near.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

}  // namespace sabil::proxy::app
