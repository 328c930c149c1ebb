// Length-encoded integers and strings: 0..250 in one byte; 0xfc, 0xfd, 0xfe announce 2, 3 or 8 bytes. 0xfb is NULL in a
// text row and 0xff begins an error packet: neither is an integer, and both latch the reader's error.
#pragma once

#include <cstdint>
#include <string_view>

#include "cache/base/bytes.h"

namespace sabil::mysql {

inline std::uint64_t read_length_encoded(ByteReader& in) noexcept {
    const auto first = in.u8();
    if (first < 0xfb) return first;
    if (first == 0xfc) return in.u16();
    if (first == 0xfd) return in.u24();
    if (first == 0xfe) return in.u64();
    in.fail();
    return 0;
}

inline std::string_view read_length_encoded_string(ByteReader& in) noexcept {
    const auto length = read_length_encoded(in);
    return in.take(static_cast<std::size_t>(length));
}

inline void write_length_encoded(ByteWriter& out, std::uint64_t value) {
    if (value < 0xfb) {
        out.u8(static_cast<std::uint8_t>(value));
    } else if (value <= 0xffff) {
        out.u8(0xfc);
        out.u16(static_cast<std::uint16_t>(value));
    } else if (value <= 0xffffff) {
        out.u8(0xfd);
        out.u24(static_cast<std::uint32_t>(value));
    } else {
        out.u8(0xfe);
        out.u64(value);
    }
}

inline void write_length_encoded_string(ByteWriter& out, std::string_view value) {
    write_length_encoded(out, value.size());
    out.bytes(value);
}

inline void write_nul_string(ByteWriter& out, std::string_view value) {
    out.bytes(value);
    out.u8(0);
}

}  // namespace sabil::mysql
