// A column's value in a row image.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::mysql::binlog {

enum class ValueKind : std::uint8_t {
    absent,  // the image does not hold the column (MINIMAL, NOBLOB)
    null,
    integer,  // `integer`: signed, or of a column whose signedness the server did not tell (see is_raw_integer)
    unsigned_integer,  // `unsigned_integer`: integers known to be unsigned, YEAR, BIT (up to 64 bits), ENUM index, SET
                       // mask
    real,              // `real`; FLOAT exactly widened
    decimal,           // `bytes`: "-12.340", all digits of its scale, no leading zeros but one
    text,              // `bytes` in the column's own charset: CHAR (without trailing pads), VARCHAR, TEXT
    binary,            // `bytes`: BINARY (without trailing zeros, as the server logs it), VARBINARY, BLOB, VECTOR
    string,            // `bytes`: CHAR, VARCHAR, TEXT or BLOB whose charset the server did not tell
    date,              // `bytes`: "2024-01-31"
    datetime,          // `bytes`: "2024-01-31 12:00:00[.f]" with as many digits as the column has
    time,              // `bytes`: "[-]hhh:mm:ss[.f]" likewise
    timestamp,         // `integer`: Unix seconds (0 = zero date), `microseconds`
    json,              // `bytes`: MySQL's binary JSON
    partial_json,      // `bytes`: a list of changes, undecoded
    geometry,          // `bytes`: SRID and WKB
};

// Views the event, or its reader's storage: valid until the reader's next row.
struct Value {
    ValueKind kind = ValueKind::absent;
    bool is_raw_integer = false;     // signedness unknown: `integer` is sign-extended
    std::uint8_t integer_bytes = 0;  // width of an integer column: 1, 2, 3, 4 or 8
    std::uint32_t microseconds = 0;  // of a timestamp
    union {
        std::int64_t integer = 0;
        std::uint64_t unsigned_integer;
        double real;
    };
    std::string_view bytes;

    bool present() const noexcept { return kind != ValueKind::absent; }
    bool is_null() const noexcept { return kind == ValueKind::null; }
    // The value of a raw integer, were its column UNSIGNED.
    std::uint64_t as_unsigned() const noexcept;
};

// For logs and tests: NULL, digits, or the bytes.
std::string to_string(const Value& value);

}  // namespace sabil::mysql::binlog
