// The numbers of the RDB format (Redis 2.8 to 8, Valkey): a file is
//   "REDIS" | version in 4 digits | records | 255 | CRC-64 (8, little-endian; 0: none)
// and a record is an opcode with its operands, or: attributes (expiry, idle, frequency), type, key, value.
#pragma once

#include <cstdint>

namespace sabil::cache::rdb {

inline constexpr unsigned oldest_version = 1;
inline constexpr unsigned newest_version = 12;
// What Redis 7.0 reads, and so everything after it.
inline constexpr unsigned written_version = 10;
// Hashes with field expiries exist from here on.
inline constexpr unsigned field_expiry_version = 12;

enum class Type : std::uint8_t {
    string = 0,
    list = 1,
    set = 2,
    zset_text = 3,  // scores as text
    hash = 4,
    zset = 5,  // scores as doubles
    hash_zipmap = 9,
    list_ziplist = 10,
    set_intset = 11,
    zset_ziplist = 12,
    hash_ziplist = 13,
    list_of_ziplists = 14,
    stream_1 = 15,
    hash_listpack = 16,
    zset_listpack = 17,
    list_of_listpacks = 18,
    stream_2 = 19,  // and first id, largest deleted id, entries added, entries read
    set_listpack = 20,
    stream_3 = 21,  // and consumers' active times
    hash_with_expiries = 24,
    hash_listpack_with_expiries = 25,
};

enum class Opcode : std::uint8_t {
    slot_info = 244,
    function = 245,
    module_aux = 247,
    idle = 248,
    frequency = 249,
    aux = 250,
    resize = 251,
    expiry_ms = 252,
    expiry_seconds = 253,
    database = 254,
    end = 255,
};

// Lengths: the two high bits of the first byte tell which.
inline constexpr unsigned length_6_bits = 0;
inline constexpr unsigned length_14_bits = 1;
inline constexpr unsigned length_special = 3;  // not a length: the low bits tell the string's encoding
inline constexpr std::uint8_t length_32_bits = 0x80;
inline constexpr std::uint8_t length_64_bits = 0x81;
inline constexpr unsigned string_int8 = 0;
inline constexpr unsigned string_int16 = 1;
inline constexpr unsigned string_int32 = 2;
inline constexpr unsigned string_lzf = 3;

// How a quicklist's node is kept.
inline constexpr std::uint64_t node_plain = 1;
inline constexpr std::uint64_t node_packed = 2;

}  // namespace sabil::cache::rdb
