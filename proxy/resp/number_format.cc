#include "proxy/resp/number_format.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace sabil::proxy::resp {
namespace {

std::size_t copy(std::string_view text, char* out) noexcept {
    std::memcpy(out, text.data(), text.size());
    return text.size();
}

// A double that is a whole number well within 53 bits is written as an integer.
constexpr double whole_limit = 4503599627370496.0;  // 2^52

struct Decimal {
    char digits[24];
    int count = 0;
    int exponent = 0;  // value = 0.digits * 10^exponent, scaled so that the first digit is not 0
    bool negative = false;
};

Decimal decompose(double value) noexcept {
    Decimal d;
    char text[40];
    auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
    const char* at = text;
    if (*at == '-') {
        d.negative = true;
        ++at;
    }
    for (; at != end && *at != 'e'; ++at) {
        if (*at != '.') d.digits[d.count++] = *at;
    }
    int power = 0;
    if (at != end) {
        bool negative_power = at[1] == '-';
        std::from_chars(at + 2, end, power);
        if (negative_power) power = -power;
    }
    while (d.count > 1 && d.digits[d.count - 1] == '0') --d.count;
    d.exponent = power + 1;
    return d;
}

std::size_t write_decimal(const Decimal& d, char* out) noexcept {
    char* at = out;
    if (d.negative) *at++ = '-';
    int scale = d.exponent - d.count;  // value = digits * 10^scale
    int magnitude = d.exponent - 1 < 0 ? 1 - d.exponent : d.exponent - 1;
    if (scale >= 0 && magnitude < d.count + 7) {
        at += copy({d.digits, static_cast<std::size_t>(d.count)}, at);
        for (int i = 0; i < scale; ++i) *at++ = '0';
        return static_cast<std::size_t>(at - out);
    }
    if (scale < 0 && (scale > -7 || magnitude < 4)) {
        if (d.exponent <= 0) {
            at += copy("0.", at);
            for (int i = d.exponent; i < 0; ++i) *at++ = '0';
            at += copy({d.digits, static_cast<std::size_t>(d.count)}, at);
        } else {
            at += copy({d.digits, static_cast<std::size_t>(d.exponent)}, at);
            *at++ = '.';
            at += copy({d.digits + d.exponent, static_cast<std::size_t>(d.count - d.exponent)}, at);
        }
        return static_cast<std::size_t>(at - out);
    }
    *at++ = d.digits[0];
    if (d.count > 1) {
        *at++ = '.';
        at += copy({d.digits + 1, static_cast<std::size_t>(d.count - 1)}, at);
    }
    *at++ = 'e';
    *at++ = d.exponent - 1 < 0 ? '-' : '+';
    return static_cast<std::size_t>(std::to_chars(at, at + 8, magnitude).ptr - out);
}

}  // namespace

std::size_t format_integer(std::int64_t value, char* out) noexcept {
    return static_cast<std::size_t>(std::to_chars(out, out + number_bytes_max, value).ptr - out);
}

std::size_t format_double(double value, char* out) noexcept {
    if (std::isnan(value)) return copy("nan", out);
    if (std::isinf(value)) return copy(value < 0 ? "-inf" : "inf", out);
    if (value == 0) return copy(std::signbit(value) ? "-0" : "0", out);
    if (value > -whole_limit && value < whole_limit) {
        auto whole = static_cast<std::int64_t>(value);
        if (static_cast<double>(whole) == value) return format_integer(whole, out);
    }
    return write_decimal(decompose(value), out);
}

std::size_t format_long_double(long double value, char* out) noexcept {
    if (std::isinf(value)) return copy(value < 0 ? "-inf" : "inf", out);
    int written = std::snprintf(out, long_double_bytes_max, "%.17Lf", value);
    if (written <= 0 || static_cast<std::size_t>(written) >= long_double_bytes_max) return 0;
    auto size = static_cast<std::size_t>(written);
    if (std::memchr(out, '.', size) != nullptr) {
        while (out[size - 1] == '0') --size;
        if (out[size - 1] == '.') --size;
    }
    if (size == 2 && out[0] == '-' && out[1] == '0') return copy("0", out);
    return size;
}

}  // namespace sabil::proxy::resp
