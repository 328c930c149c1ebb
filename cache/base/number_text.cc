#include "cache/base/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sabil {
namespace {

constexpr std::size_t longest_number_text = 255;

// strtod and strtold need an end; texts are short, longer ones are no numbers worth reading.
template <class Float, class Convert>
std::optional<Float> parse_float(std::string_view text, Convert convert) noexcept {
    if (text.empty() || text.size() > longest_number_text) return std::nullopt;
    const char first = text.front();
    if (first == ' ' || (first >= '\t' && first <= '\r')) return std::nullopt;
    char copy[longest_number_text + 1];
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    char* end = nullptr;
    errno = 0;
    Float value = convert(copy, &end);
    if (end != copy + text.size() || std::isnan(value)) return std::nullopt;
    if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
    if (text.empty() || text.size() > 20) return std::nullopt;
    const bool negative = text.front() == '-';
    const char first = text[negative && text.size() > 1 ? 1 : 0];
    if (first < '0' || first > '9') return std::nullopt;
    if (first == '0' && text.size() > 1) return std::nullopt;
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    if (text.front() == '0' && text.size() > 1) return std::nullopt;
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view format_integer(std::int64_t value, DecimalBuffer& buffer) noexcept {
    auto end = std::to_chars(buffer.bytes, buffer.bytes + sizeof buffer.bytes, value).ptr;
    return {buffer.bytes, static_cast<std::size_t>(end - buffer.bytes)};
}

std::size_t integer_digits(std::int64_t value) noexcept {
    std::size_t digits = value < 0 ? 2 : 1;
    auto rest = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    while (rest >= 10) {
        rest /= 10;
        ++digits;
    }
    return digits;
}

std::optional<double> parse_double(std::string_view text) noexcept {
    if (!text.empty()) {
        double value = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc{} && end == text.data() + text.size() && !std::isnan(value)) return value;
    }
    return parse_float<double>(text, [](const char* t, char** end) { return std::strtod(t, end); });
}

std::optional<long double> parse_long_double(std::string_view text) noexcept {
    return parse_float<long double>(text, [](const char* t, char** end) { return std::strtold(t, end); });
}

std::string format_double(double value) {
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    if (std::isnan(value)) return "nan";
    constexpr double exact_integer = 9007199254740992.0;  // 2^53
    if (value == 0) return std::signbit(value) ? "-0" : "0";
    if (value == std::trunc(value) && std::fabs(value) <= exact_integer) {
        DecimalBuffer buffer;
        return std::string(format_integer(static_cast<std::int64_t>(value), buffer));
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    // The shortest digits that read back, in printf's %g layout, which clients have always seen.
    for (int precision = 15; precision < 17; ++precision) {
        char shorter[32];
        std::snprintf(shorter, sizeof shorter, "%.*g", precision, value);
        if (std::strtod(shorter, nullptr) == value) return shorter;
    }
    return text;
}

std::string format_long_double(long double value) {
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char text[5120];  // the largest long double has 4,933 digits before the point
    auto size = std::snprintf(text, sizeof text, "%.17Lf", value);
    std::string out(text, static_cast<std::size_t>(size));
    if (out.find('.') != std::string::npos) {
        auto last = out.find_last_not_of('0');
        out.erase(out[last] == '.' ? last : last + 1);
    }
    if (out == "-0") out = "0";
    return out;
}

}  // namespace sabil
