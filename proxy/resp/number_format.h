// Numbers as Redis writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sabil::proxy::resp {

inline constexpr std::size_t number_bytes_max = 40;
inline constexpr std::size_t long_double_bytes_max = 5 * 1024;

// Each writes at most number_bytes_max bytes at `out` and gives their number.
std::size_t format_integer(std::int64_t value, char* out) noexcept;
// Shortest form that reads back equal: "inf", "-inf", "nan", "-0", "3", "3.5", "1e+20".
std::size_t format_double(double value, char* out) noexcept;
// INCRBYFLOAT's form: 17 decimals at most, trailing zeros dropped, never an exponent. At most long_double_bytes_max.
std::size_t format_long_double(long double value, char* out) noexcept;

}  // namespace sabil::proxy::resp
