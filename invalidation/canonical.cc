#include "invalidation/canonical.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "cache/base/hash.h"

namespace sabil::invalidation {

namespace {

using mysql::binlog::Value;
using mysql::binlog::ValueKind;
using sql::Literal;

constexpr std::size_t folded_bytes_max = 1024;  // longer texts are hashed in pieces

bool printable_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::string_view without_trailing(std::string_view text, char pad) noexcept {
    while (!text.empty() && text.back() == pad) text.remove_suffix(1);
    return text;
}

std::uint64_t tagged(ValueClass value_class, std::string_view bytes) noexcept {
    return hash_bytes(bytes, static_cast<std::uint64_t>(value_class));
}

std::uint64_t hash_integer(bool negative, std::uint64_t magnitude) noexcept {
    std::array<char, 9> raw{};
    raw[0] = negative && magnitude != 0 ? '-' : '+';
    for (std::size_t i = 0; i < 8; ++i) raw[i + 1] = static_cast<char>(magnitude >> (8 * i));
    return tagged(ValueClass::integer, {raw.data(), raw.size()});
}

std::optional<std::uint64_t> hash_integer_text(std::string_view digits) noexcept {
    bool negative = !digits.empty() && digits.front() == '-';
    if (negative || (!digits.empty() && digits.front() == '+')) digits.remove_prefix(1);
    std::uint64_t magnitude = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return hash_integer(negative, magnitude);
}

// A quoted number, as drivers that splice parameters send it. The server compares such a pair as doubles, which is by
// value as long as the digits are few.
std::optional<std::uint64_t> hash_quoted_integer(std::string_view text) noexcept {
    auto digits = text.starts_with('-') ? text.substr(1) : text;
    bool plain = !digits.empty() && digits.size() <= 15 && std::all_of(digits.begin(), digits.end(), is_digit) &&
                 (digits.front() != '0' || text == "0");
    return plain ? hash_integer_text(text) : std::nullopt;
}

// "-0012.3400" and "-12.34" are one number; "0.0", "-0" and "" (of ".0") are zero.
std::optional<std::uint64_t> hash_decimal(std::string_view text) noexcept {
    bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    auto point = text.find('.');
    auto whole = text.substr(0, point);
    auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() && fraction.empty()) return std::nullopt;
    if (!std::all_of(whole.begin(), whole.end(), is_digit) ||
        !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
        return std::nullopt;
    }
    while (whole.starts_with('0')) whole.remove_prefix(1);
    fraction = without_trailing(fraction, '0');
    bool zero = whole.empty() && fraction.empty();
    auto hash = hash_combine(tagged(ValueClass::decimal, whole), hash_bytes(fraction));
    return hash_combine(hash, negative && !zero ? 1 : 0);
}

std::uint64_t hash_folded(std::string_view text) noexcept {
    std::array<char, folded_bytes_max> folded;
    std::uint64_t hash = static_cast<std::uint64_t>(ValueClass::text_folded);
    for (text = without_trailing(text, ' '); !text.empty(); text.remove_prefix(std::min(text.size(), folded.size()))) {
        auto piece = text.substr(0, folded.size());
        std::transform(piece.begin(), piece.end(), folded.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        hash = hash_bytes({folded.data(), piece.size()}, hash);
    }
    return hash;
}

// `pattern`: 0 stands for a digit.
bool has_shape(std::string_view text, std::string_view pattern) noexcept {
    return text.size() == pattern.size() && std::equal(text.begin(), text.end(), pattern.begin(),
                                                       [](char c, char p) { return p == '0' ? is_digit(c) : c == p; });
}

std::optional<std::uint64_t> hash_date(std::string_view text) noexcept {
    if (!has_shape(text, "0000-00-00")) return std::nullopt;
    return tagged(ValueClass::date, text);
}

std::optional<std::uint64_t> hash_datetime(std::string_view text) noexcept {
    constexpr std::size_t seconds_end = 19;
    constexpr std::size_t longest = 26;
    if (text.size() > longest || !has_shape(text.substr(0, seconds_end), "0000-00-00 00:00:00")) return std::nullopt;
    auto fraction = text.substr(seconds_end);
    if (!fraction.empty()) {
        if (fraction.size() < 2 || fraction.front() != '.') return std::nullopt;
        if (!std::all_of(fraction.begin() + 1, fraction.end(), is_digit)) return std::nullopt;
        text = without_trailing(without_trailing(text, '0'), '.');
    }
    return tagged(ValueClass::datetime, text);
}

std::optional<std::uint64_t> hash_integer_value(const Column& column, const Value& value) noexcept {
    if (value.kind == ValueKind::unsigned_integer) return hash_integer(false, value.unsigned_integer);
    if (value.kind != ValueKind::integer) return std::nullopt;
    if (column.is_unsigned)
        return hash_integer(false,
                            value.is_raw_integer ? value.as_unsigned() : static_cast<std::uint64_t>(value.integer));
    bool negative = value.integer < 0;
    auto bits = static_cast<std::uint64_t>(value.integer);
    return hash_integer(negative, negative ? ~bits + 1 : bits);
}

bool is_text(ValueKind kind) noexcept {
    return kind == ValueKind::text || kind == ValueKind::string || kind == ValueKind::binary;
}

}  // namespace

std::optional<std::uint64_t> hash_literal(const Column& column, const Literal& literal) noexcept {
    bool is_integer = literal.type == Literal::Type::integer || literal.type == Literal::Type::boolean;
    bool is_string = literal.type == Literal::Type::string;
    switch (column.value_class) {
        case ValueClass::integer:
            if (is_string) return hash_quoted_integer(literal.value);
            return is_integer ? hash_integer_text(literal.value) : std::nullopt;
        case ValueClass::decimal:
            return is_integer || literal.type == Literal::Type::decimal ? hash_decimal(literal.value) : std::nullopt;
        case ValueClass::text_exact:
            if (!is_string || !printable_ascii(literal.value)) return std::nullopt;
            return tagged(ValueClass::text_exact, without_trailing(literal.value, ' '));
        case ValueClass::text_folded:
            if (!is_string || !printable_ascii(literal.value)) return std::nullopt;
            return hash_folded(literal.value);
        case ValueClass::bytes:
            if (literal.type != Literal::Type::binary && !(is_string && printable_ascii(literal.value)))
                return std::nullopt;
            return tagged(ValueClass::bytes, without_trailing(literal.value, '\0'));
        case ValueClass::date:
            return is_string ? hash_date(literal.value) : std::nullopt;
        case ValueClass::datetime:
            return is_string ? hash_datetime(literal.value) : std::nullopt;
        case ValueClass::none:
            break;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> hash_value(const Column& column, const Value& value) noexcept {
    constexpr std::uint64_t null_hash =
        0x6e75'6c6c;  // `= constant` is never true of it, whatever else it collides with
    if (value.kind == ValueKind::absent) return std::nullopt;
    if (value.is_null()) return null_hash;
    switch (column.value_class) {
        case ValueClass::integer:
            return hash_integer_value(column, value);
        case ValueClass::decimal:
            return value.kind == ValueKind::decimal ? hash_decimal(value.bytes) : std::nullopt;
        case ValueClass::text_exact:
            if (!is_text(value.kind)) return std::nullopt;
            return tagged(ValueClass::text_exact, without_trailing(value.bytes, ' '));
        case ValueClass::text_folded:
            if (!is_text(value.kind) || !printable_ascii(value.bytes)) return std::nullopt;
            return hash_folded(value.bytes);
        case ValueClass::bytes:
            if (!is_text(value.kind)) return std::nullopt;
            return tagged(ValueClass::bytes, without_trailing(value.bytes, '\0'));
        case ValueClass::date:
            return value.kind == ValueKind::date ? hash_date(value.bytes) : std::nullopt;
        case ValueClass::datetime:
            return value.kind == ValueKind::datetime ? hash_datetime(value.bytes) : std::nullopt;
        case ValueClass::none:
            break;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> hash_prefix(const Column& column, std::string_view prefix) noexcept {
    if (prefix.empty() || !printable_ascii(prefix)) return std::nullopt;
    if (column.value_class == ValueClass::text_exact) return tagged(ValueClass::text_exact, prefix);
    if (column.value_class == ValueClass::text_folded) return hash_folded(prefix);
    return std::nullopt;
}

// Other characters may weigh nothing or stand for several, so that the text's first ones are not the value's.
std::optional<std::uint64_t> hash_value_prefix(const Column& column, const Value& value,
                                               std::size_t characters) noexcept {
    constexpr std::uint64_t too_short = 0x7368'6f72;
    if (!is_text(value.kind) || !printable_ascii(value.bytes)) return std::nullopt;
    if (value.bytes.size() < characters) return too_short;
    return hash_prefix(column, std::string_view(value.bytes).substr(0, characters));
}

}  // namespace sabil::invalidation
