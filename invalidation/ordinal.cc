#include "invalidation/ordinal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "cache/base/hash.h"
#include "invalidation/canonical.h"

namespace sabil::invalidation {

namespace {

using mysql::binlog::Value;
using mysql::binlog::ValueKind;
using sql::Literal;

constexpr std::uint64_t zero = std::uint64_t{1} << 63;  // the ordinal of 0 among signed numbers
constexpr unsigned significant_bits = 8;
constexpr std::size_t quoted_digits_max = 15;  // a text and a number are compared as doubles

struct Signed {
    bool negative = false;
    std::uint64_t magnitude = 0;
};

std::optional<Signed> read_integer(std::string_view digits) noexcept {
    Signed out;
    out.negative = digits.starts_with('-');
    if (out.negative || digits.starts_with('+')) digits.remove_prefix(1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.magnitude);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return out;
}

// Clamped: what lies beyond all values of the column is at its end.
std::uint64_t signed_ordinal(Signed number) noexcept {
    if (number.negative) return number.magnitude >= zero ? 0 : zero - number.magnitude;
    return number.magnitude >= zero ? ~std::uint64_t{0} : zero + number.magnitude;
}

std::uint64_t integer_ordinal(const Column& column, Signed number) noexcept {
    if (!column.is_unsigned) return signed_ordinal(number);
    return number.negative ? 0 : number.magnitude;
}

// The whole part, rounded down: one below it where a negative number has a fraction.
std::optional<std::uint64_t> decimal_ordinal(std::string_view text) noexcept {
    auto point = text.find('.');
    auto whole = text.substr(0, point);
    bool has_fraction = point != std::string_view::npos && text.find_first_not_of('0', point + 1) != text.npos;
    if (point != std::string_view::npos && text.find_first_not_of("0123456789", point + 1) != text.npos) {
        return std::nullopt;
    }
    if (whole.empty() || whole == "-" || whole == "+") whole = whole == "-" ? "-0" : "0";
    auto number = read_integer(whole);
    if (!number) return std::nullopt;
    if (number->negative && has_fraction && number->magnitude < zero) ++number->magnitude;
    return signed_ordinal(*number);
}

// `count` digits from there on.
std::optional<unsigned> digits_at(std::string_view text, std::size_t at, std::size_t count) noexcept {
    if (text.size() < at + count) return std::nullopt;
    unsigned out = 0;
    for (char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        out = out * 10 + static_cast<unsigned>(c - '0');
    }
    return out;
}

unsigned days_of(unsigned year, unsigned month) noexcept {
    constexpr std::array<unsigned, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

enum class Strictness : std::uint8_t { any, real };  // real: a day that there is

std::optional<std::uint64_t> date_ordinal(std::string_view text, Strictness strictness) noexcept {
    if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    auto year = digits_at(text, 0, 4);
    auto month = digits_at(text, 5, 2);
    auto day = digits_at(text, 8, 2);
    if (!year || !month || !day) return std::nullopt;
    bool real = *year > 0 && *month >= 1 && *month <= 12 && *day >= 1 && *day <= days_of(*year, *month);
    if (strictness == Strictness::real && !real) return std::nullopt;
    return std::uint64_t{*year} * 10000 + *month * 100 + *day;
}

// YYYYMMDDhhmmss; the fraction is left out.
std::optional<std::uint64_t> moment_ordinal(std::string_view text, Strictness strictness) noexcept {
    auto date = date_ordinal(text, strictness);
    if (!date) return std::nullopt;
    if (text.size() == 10) return *date * 1'000'000;
    if (text.size() < 19 || text[10] != ' ' || text[13] != ':' || text[16] != ':') return std::nullopt;
    auto hour = digits_at(text, 11, 2);
    auto minute = digits_at(text, 14, 2);
    auto second = digits_at(text, 17, 2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    auto fraction = text.substr(19);
    if (!fraction.empty() && (fraction.front() != '.' || fraction.find_first_not_of("0123456789", 1) != fraction.npos ||
                              fraction.size() < 2 || fraction.size() > 7)) {
        return std::nullopt;
    }
    return *date * 1'000'000 + *hour * 10000 + *minute * 100 + *second;
}

// How much may be rounded away.
std::uint64_t grain(const Column& column, std::uint64_t ordinal) noexcept {
    if (column.value_class == ValueClass::datetime) return 10000;
    if (column.value_class == ValueClass::date) return 1;
    bool is_unsigned = column.value_class == ValueClass::integer && column.is_unsigned;
    auto magnitude = is_unsigned ? ordinal : ordinal >= zero ? ordinal - zero : zero - ordinal;
    auto bits = static_cast<unsigned>(std::bit_width(magnitude));
    return bits > significant_bits ? std::uint64_t{1} << (bits - significant_bits) : 1;
}

}  // namespace

std::optional<std::uint64_t> literal_ordinal(const Column& column, const Literal& literal) noexcept {
    bool is_string = literal.type == Literal::Type::string;
    switch (column.value_class) {
        case ValueClass::integer: {
            if (is_string && literal.value.size() > quoted_digits_max) return std::nullopt;
            if (!is_string && literal.type != Literal::Type::integer) return std::nullopt;
            auto number = read_integer(literal.value);
            if (!number || (is_string && literal.value.starts_with('+'))) return std::nullopt;
            return integer_ordinal(column, *number);
        }
        case ValueClass::decimal:
            if (literal.type != Literal::Type::integer && literal.type != Literal::Type::decimal) return std::nullopt;
            return decimal_ordinal(literal.value);
        case ValueClass::date:
            if (!is_string || literal.value.size() != 10) return std::nullopt;
            return date_ordinal(literal.value, Strictness::real);
        case ValueClass::datetime:
            return is_string ? moment_ordinal(literal.value, Strictness::real) : std::nullopt;
        default:
            return std::nullopt;
    }
}

std::optional<std::uint64_t> value_ordinal(const Column& column, const Value& value) noexcept {
    switch (column.value_class) {
        case ValueClass::integer: {
            if (value.kind == ValueKind::unsigned_integer) return integer_ordinal(column, {false, value.unsigned_integer});
            if (value.kind != ValueKind::integer) return std::nullopt;
            if (column.is_unsigned) {
                return value.is_raw_integer ? value.as_unsigned() : static_cast<std::uint64_t>(value.integer);
            }
            auto bits = static_cast<std::uint64_t>(value.integer);
            return signed_ordinal({value.integer < 0, value.integer < 0 ? ~bits + 1 : bits});
        }
        case ValueClass::decimal:
            return value.kind == ValueKind::decimal ? decimal_ordinal(value.bytes) : std::nullopt;
        case ValueClass::date:
            return value.kind == ValueKind::date ? date_ordinal(value.bytes, Strictness::any) : std::nullopt;
        case ValueClass::datetime:
            return value.kind == ValueKind::datetime ? moment_ordinal(value.bytes, Strictness::any) : std::nullopt;
        default:
            return std::nullopt;
    }
}

std::uint64_t coarse_low(const Column& column, std::uint64_t ordinal) noexcept {
    return ordinal - ordinal % grain(column, ordinal);
}

std::uint64_t coarse_high(const Column& column, std::uint64_t ordinal) noexcept {
    auto size = grain(column, ordinal);
    auto low = ordinal - ordinal % size;
    return low > ~std::uint64_t{0} - (size - 1) ? ~std::uint64_t{0} : low + (size - 1);
}

std::string_view like_prefix(std::string_view pattern) noexcept {
    return pattern.substr(0, std::min(pattern.size(), pattern.find_first_of("%_\\")));
}

std::uint64_t bucket_hash(std::uint64_t bucket) noexcept {
    return hash_combine(value_hash_seed, bucket);
}

}  // namespace sabil::invalidation
