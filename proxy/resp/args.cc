#include "proxy/resp/args.h"

#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"

#include <charconv>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t integer_bytes_max = 20;
constexpr std::size_t float_bytes_max = 5 * 1024;
constexpr double timeout_limit_ms = static_cast<double>(std::numeric_limits<std::int64_t>::max()) / 2;

// strtod's grammar needs a closing zero byte; the whole text must be used up.
template <class Number, class Parse>
std::optional<Number> to_float(std::string_view text, Parse parse) noexcept {
    if (text.empty() || text.size() > float_bytes_max || std::isspace(static_cast<unsigned char>(text[0]))) return {};
    char small[128];
    std::string large;
    const char* start = small;
    if (text.size() < sizeof small) {
        text.copy(small, text.size());
        small[text.size()] = '\0';
    } else {
        large = text;
        start = large.c_str();
    }
    char* end = nullptr;
    errno = 0;
    Number value = parse(start, &end);
    if (static_cast<std::size_t>(end - start) != text.size() || std::isnan(value)) return {};
    bool overflowed = errno == ERANGE && (std::isinf(value) || value == 0);
    if (overflowed) return {};
    return value;
}

}  // namespace

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        if (c != lower[i]) return false;
    }
    return true;
}

std::optional<std::int64_t> to_integer(std::string_view text) noexcept {
    if (text.empty() || text.size() > integer_bytes_max) return {};
    std::size_t first = text[0] == '-' ? 1 : 0;
    if (text.size() == first) return {};
    if (text[first] == '0' && (text.size() > 1)) return {};
    std::int64_t value = 0;
    auto end = text.data() + text.size();
    auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || at != end) return {};
    return value;
}

std::optional<double> to_double(std::string_view text) noexcept { return to_float<double>(text, std::strtod); }

std::optional<long double> to_long_double(std::string_view text) noexcept {
    return to_float<long double>(text, std::strtold);
}

bool integer_argument(std::string_view text, std::int64_t& value, Reply& reply, std::string_view error) {
    auto parsed = to_integer(text);
    if (!parsed) {
        reply.error(error.empty() ? errors::not_integer : error);
        return false;
    }
    value = *parsed;
    return true;
}

bool integer_in_range(std::string_view text, std::int64_t low, std::int64_t high, std::int64_t& value, Reply& reply,
                      std::string_view error) {
    bool positive = (low == 0 || low == 1) && high == std::numeric_limits<std::int64_t>::max();
    if (error.empty() && positive) error = errors::must_be_positive;
    if (!integer_argument(text, value, reply, error)) return false;
    if (value >= low && value <= high) return true;
    if (!error.empty()) {
        reply.error(error);
    } else {
        reply.error("ERR value is out of range, value must between " + std::to_string(low) + " and " +
                    std::to_string(high));
    }
    return false;
}

bool double_argument(std::string_view text, double& value, Reply& reply, std::string_view error) {
    auto parsed = to_double(text);
    if (!parsed) {
        reply.error(error.empty() ? errors::not_float : error);
        return false;
    }
    value = *parsed;
    return true;
}

bool long_double_argument(std::string_view text, long double& value, Reply& reply, std::string_view error) {
    auto parsed = to_long_double(text);
    if (!parsed) {
        reply.error(error.empty() ? errors::not_float : error);
        return false;
    }
    value = *parsed;
    return true;
}

bool timeout_argument(std::string_view text, std::int64_t& timeout_ms, Reply& reply) {
    auto seconds = to_long_double(text);
    if (!seconds || std::isinf(*seconds)) {
        reply.error(errors::timeout_not_float);
        return false;
    }
    if (*seconds < 0) {
        reply.error(errors::timeout_negative);
        return false;
    }
    if (*seconds * 1000 > timeout_limit_ms) {
        reply.error("ERR timeout is out of range");
        return false;
    }
    timeout_ms = static_cast<std::int64_t>(std::ceil(*seconds * 1000));
    return true;
}

// What strtoul takes: a sign is fine, a zero byte ends the text, and nothing at all is zero.
bool cursor_argument(std::string_view text, std::uint64_t& cursor, Reply& reply) {
    text = text.substr(0, text.find('\0'));
    bool negative = !text.empty() && text[0] == '-';
    auto digits = text.substr(negative || (!text.empty() && text[0] == '+') ? 1 : 0);
    auto end = digits.data() + digits.size();
    cursor = 0;
    auto [at, error] = std::from_chars(digits.data(), end, cursor);
    if (text.empty() || (error == std::errc{} && at == end)) {
        if (negative) cursor = ~cursor + 1;
        return true;
    }
    reply.error(errors::invalid_cursor);
    return false;
}

}  // namespace sabil::proxy::resp
