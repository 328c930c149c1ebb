// Integers as MySQL 8.3+ serialises them (GTID_TAGGED, tags in GTID sets): the run of one bits at the low end of the
// first byte counts the bytes that follow; the value sits above them, little-endian. Signed values keep their sign in
// the lowest bit.
#pragma once

#include <bit>
#include <cstdint>

#include "cache/base/bytes.h"

namespace sabil::mysql::binlog {

inline std::uint64_t read_serialized_unsigned(ByteReader& in) noexcept {
    const auto first = in.u8();
    const auto more = static_cast<std::size_t>(std::countr_one(first));
    if (more == 0) return first >> 1;
    const auto rest = in.uint_le(more);
    if (more >= 7) return rest;  // the first byte is all marks
    return rest << (7 - more) | static_cast<std::uint64_t>(first >> (more + 1));
}

inline std::int64_t read_serialized_signed(ByteReader& in) noexcept {
    const auto raw = read_serialized_unsigned(in);
    const auto half = static_cast<std::int64_t>(raw >> 1);
    return (raw & 1) != 0 ? ~half : half;
}

inline void write_serialized_unsigned(ByteWriter& out, std::uint64_t value) {
    std::size_t more = 0;
    while (more < 8 && value >> (7 * (more + 1)) != 0) ++more;
    if (more == 8) {
        out.u8(0xff);
        out.u64(value);
        return;
    }
    const auto marks = (std::uint64_t{1} << more) - 1;
    const auto first_bits = 7 - more;
    const auto first = (value & ((std::uint64_t{1} << first_bits) - 1)) << (more + 1) | marks;
    out.u8(static_cast<std::uint8_t>(first));
    out.uint_le(value >> first_bits, more);
}

}  // namespace sabil::mysql::binlog
