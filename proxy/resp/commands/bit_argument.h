// Where a bit stands in a string, as SETBIT, GETBIT and BITFIELD take it.
#pragma once

#include "cache/base/limits.h"
#include "proxy/resp/args.h"
#include "proxy/resp/reply.h"

#include <cstdint>
#include <string_view>

namespace sabil::proxy::resp {

// An offset in bits, or, where unit_bits is not 0, `#n` for the n-th integer of that width.
// Error: "ERR bit offset is not an integer or out of range", also beyond the longest string.
inline bool bit_offset_argument(std::string_view text, unsigned unit_bits, std::uint64_t& bit, Reply& reply) {
    const bool in_units = unit_bits != 0 && !text.empty() && text[0] == '#';
    const auto parsed = to_integer(in_units ? text.substr(1) : text);
    const std::int64_t factor = in_units ? unit_bits : 1;
    std::int64_t value = 0;
    const bool fits = parsed && !__builtin_mul_overflow(*parsed, factor, &value);
    if (!fits || value < 0 || static_cast<std::uint64_t>(value) / 8 >= limits::value_bytes) {
        reply.error("ERR bit offset is not an integer or out of range");
        return false;
    }
    bit = static_cast<std::uint64_t>(value);
    return true;
}

}  // namespace sabil::proxy::resp
