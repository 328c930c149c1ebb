// Numbers as Redis writes and reads them in text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sabil {

// Room for any 64-bit integer in decimal.
struct DecimalBuffer {
    char bytes[24];
};

// Decimal without leading zeros, plus sign or spaces: exactly what format_integer writes; nullopt for all else.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;
// Views into buffer.
std::string_view format_integer(std::int64_t value, DecimalBuffer& buffer) noexcept;
std::size_t integer_digits(std::int64_t value) noexcept;  // length of the decimal, sign included

// A double as clients send scores and increments: decimal, hexadecimal float, inf, +inf, -inf, infinity; no NaN, no
// surrounding spaces.
std::optional<double> parse_double(std::string_view text) noexcept;
std::optional<long double> parse_long_double(std::string_view text) noexcept;
// Shortest text that reads back as the same double; integers without exponent up to 2^53; "inf", "-inf".
std::string format_double(double value);
// As INCRBYFLOAT and HINCRBYFLOAT answer: 17 digits after the point, trailing zeros removed, never an exponent.
std::string format_long_double(long double value);

}  // namespace sabil
