// Column types and flags as the protocol and the binlog number them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sabil::mysql {

enum class ColumnType : std::uint8_t {
    decimal = 0x00,
    tiny = 0x01,
    short_int = 0x02,
    long_int = 0x03,
    float_ = 0x04,
    double_ = 0x05,
    null = 0x06,
    timestamp = 0x07,
    long_long = 0x08,
    int24 = 0x09,
    date = 0x0a,
    time = 0x0b,
    datetime = 0x0c,
    year = 0x0d,
    new_date = 0x0e,
    varchar = 0x0f,
    bit = 0x10,
    timestamp2 = 0x11,   // binlog only
    datetime2 = 0x12,    // binlog only
    time2 = 0x13,        // binlog only
    typed_array = 0x14,  // MySQL, binlog only
    blob_compressed = 0x8c,     // MariaDB, binlog only
    varchar_compressed = 0x8d,  // MariaDB, binlog only
    vector = 0xf2,       // MySQL 9
    json = 0xf5,
    new_decimal = 0xf6,
    enum_ = 0xf7,
    set = 0xf8,
    tiny_blob = 0xf9,
    medium_blob = 0xfa,
    long_blob = 0xfb,
    blob = 0xfc,
    var_string = 0xfd,
    string = 0xfe,
    geometry = 0xff,
};
// "LONGLONG", ... ; "UNKNOWN" for a byte that names none.
std::string_view column_type_name(ColumnType type) noexcept;

using ColumnFlags = std::uint16_t;
namespace column_flag {
inline constexpr ColumnFlags not_null = 1U << 0;
inline constexpr ColumnFlags primary_key = 1U << 1;
inline constexpr ColumnFlags unique_key = 1U << 2;
inline constexpr ColumnFlags multiple_key = 1U << 3;
inline constexpr ColumnFlags blob = 1U << 4;
inline constexpr ColumnFlags unsigned_ = 1U << 5;
inline constexpr ColumnFlags zerofill = 1U << 6;
inline constexpr ColumnFlags binary = 1U << 7;
inline constexpr ColumnFlags enum_ = 1U << 8;
inline constexpr ColumnFlags auto_increment = 1U << 9;
inline constexpr ColumnFlags timestamp = 1U << 10;
inline constexpr ColumnFlags set = 1U << 11;
}  // namespace column_flag

inline constexpr std::uint16_t binary_collation = 63;  // values of a column with it are bytes, not text

}  // namespace sabil::mysql
