#include "cache/persist/rdb_encoder.h"

#include <bit>

#include "cache/persist/lzf.h"

namespace sabil::cache {

void RdbEncoder::little_endian(std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) byte(static_cast<std::uint8_t>(value >> (8 * i)));
}

void RdbEncoder::big_endian(std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i > 0; --i) byte(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

void RdbEncoder::real(double value) {
    little_endian(std::bit_cast<std::uint64_t>(value), 8);
}

void RdbEncoder::length(std::uint64_t value) {
    if (value < 1 << 6) {
        byte(static_cast<std::uint8_t>(value));
    } else if (value < 1 << 14) {
        byte(static_cast<std::uint8_t>(rdb::length_14_bits << 6 | value >> 8));
        byte(static_cast<std::uint8_t>(value));
    } else if (value <= UINT32_MAX) {
        byte(rdb::length_32_bits);
        big_endian(value, 4);
    } else {
        byte(rdb::length_64_bits);
        big_endian(value, 8);
    }
}

void RdbEncoder::string(std::string_view text) {
    constexpr std::size_t longest_integer = 11;
    if (text.size() <= longest_integer) {
        if (auto value = parse_integer(text); value && *value >= INT32_MIN && *value <= INT32_MAX) {
            const unsigned bytes = *value >= INT8_MIN && *value <= INT8_MAX     ? 1
                                   : *value >= INT16_MIN && *value <= INT16_MAX ? 2
                                                                                : 4;
            const unsigned kind = bytes == 1 ? rdb::string_int8 : bytes == 2 ? rdb::string_int16 : rdb::string_int32;
            byte(static_cast<std::uint8_t>(rdb::length_special << 6 | kind));
            little_endian(static_cast<std::uint64_t>(*value), bytes);
            return;
        }
    }
    blob(text);
}

void RdbEncoder::element(ElementView element) {
    DecimalBuffer scratch;
    string(element.text(scratch));
}

void RdbEncoder::blob(std::string_view bytes) {
    constexpr std::size_t worth_compressing_bytes = 21;
    if (compress_ && bytes.size() >= worth_compressing_bytes) {
        const auto packed = lzf_compress(bytes);
        if (packed && packed->size() + 4 < bytes.size()) {
            byte(static_cast<std::uint8_t>(rdb::length_special << 6 | rdb::string_lzf));
            length(packed->size());
            length(bytes.size());
            raw(*packed);
            return;
        }
    }
    length(bytes.size());
    raw(bytes);
}

}  // namespace sabil::cache
