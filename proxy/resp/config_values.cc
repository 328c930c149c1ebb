#include "proxy/resp/config_values.h"

#include "proxy/resp/args.h"
#include "proxy/resp/monitor_feed.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>

namespace sabil::proxy::resp {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

auto invalid(std::string why) { return fail(ErrorCode::invalid, std::move(why)); }

Result<std::string> boolean(std::string_view text, ParameterValue& value) {
    if (!equals_ignoring_case(text, "yes") && !equals_ignoring_case(text, "no")) {
        return invalid("argument must be 'yes' or 'no'");
    }
    value.number = equals_ignoring_case(text, "yes") ? 1 : 0;
    return std::string(value.number != 0 ? "yes" : "no");
}

Result<std::string> check_range(const Parameter& parameter, std::int64_t number) {
    if (number >= parameter.low && number <= parameter.high) return std::to_string(number);
    return invalid("argument must be between " + std::to_string(parameter.low) + " and " +
                   std::to_string(parameter.high) + " inclusive");
}

Result<std::string> integer(const Parameter& parameter, std::string_view text, ParameterValue& value) {
    bool percent = (parameter.flags & parameter_flag::percent) != 0 && !text.empty() && text.back() == '%';
    auto number = to_integer(percent ? text.substr(0, text.size() - 1) : text);
    if (!number) {
        return invalid((parameter.flags & parameter_flag::percent) != 0 ? "argument must be a memory or percent value"
                                                                        : "argument couldn't be parsed into an integer");
    }
    if (percent) {
        if (*number < 0 || *number > 100) return invalid("percentage argument must be less or equal to 100");
        value.number = -*number;
        return std::to_string(*number) + "%";
    }
    value.number = *number;
    return check_range(parameter, *number);
}

Result<std::string> bytes(const Parameter& parameter, std::string_view text, ParameterValue& value) {
    if ((parameter.flags & parameter_flag::percent) != 0 && !text.empty() && text.back() == '%') {
        return integer(parameter, text, value);
    }
    if (!parse_bytes(text, value.number)) return invalid("argument must be a memory value");
    return check_range(parameter, value.number);
}

Result<std::string> choice(const Parameter& parameter, std::string_view text, ParameterValue& value) {
    for (std::size_t i = 0; i < parameter.choices.size(); ++i) {
        if (lower(text) != parameter.choices[i]) continue;
        value.number = static_cast<std::int64_t>(i);
        return std::string(parameter.choices[i]);
    }
    std::string names;
    for (auto name : parameter.choices) {
        if (!names.empty()) names += ", ";
        names += name;
    }
    return invalid("argument(s) must be one of the following: " + names);
}

Result<std::string> octal(const Parameter& parameter, std::string_view text, ParameterValue& value) {
    auto end = text.data() + text.size();
    auto [at, error] = std::from_chars(text.data(), end, value.number, 8);
    if (text.empty() || error != std::errc{} || at != end || value.number < parameter.low ||
        value.number > parameter.high) {
        return invalid("argument couldn't be parsed as an octal number");
    }
    return std::string(text);
}

}  // namespace

bool parse_bytes(std::string_view text, std::int64_t& value) {
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    auto number = std::from_chars(text.data(), text.data() + digits, value);
    if (digits == 0 || number.ec != std::errc{}) return false;
    struct Unit {
        std::string_view name;
        std::int64_t factor;
    };
    constexpr Unit units[] = {{"", 1},          {"b", 1},        {"k", 1000},          {"kb", 1LL << 10},
                              {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30}};
    for (const auto& unit : units) {
        if (!equals_ignoring_case(text.substr(digits), unit.name)) continue;
        if (value > std::numeric_limits<std::int64_t>::max() / unit.factor) return false;
        value *= unit.factor;
        return true;
    }
    return false;
}

Result<std::string> canonical_parameter(const Parameter& parameter, std::string_view text, ParameterValue& value) {
    if (parameter.parse != nullptr) return parameter.parse(text);
    switch (parameter.kind) {
        case ParameterKind::boolean: return boolean(text, value);
        case ParameterKind::integer: return integer(parameter, text, value);
        case ParameterKind::bytes: return bytes(parameter, text, value);
        case ParameterKind::choice: return choice(parameter, text, value);
        case ParameterKind::octal: return octal(parameter, text, value);
        case ParameterKind::text:
        case ParameterKind::special: return std::string(text);
    }
    return std::string(text);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::vector<std::string> rewrite_lines(const std::vector<std::string>& lines,
                                       const std::map<std::string, std::string>& values) {
    auto remaining = values;
    std::vector<std::string> out;
    auto format = [](const std::string& name, const std::string& value) {
        bool plain = !value.empty() && value.find_first_of(" \t\"'\\\n") == std::string::npos;
        // These take several words; quoting would make one of them.
        bool several = name == "save" || name == "client-output-buffer-limit" || name == "bind" ||
                       name == "oom-score-adj-values";
        std::string line = name + " ";
        if (plain || (several && !value.empty())) return line += value;
        append_quoted(line, value);
        return line;
    };
    for (const auto& line : lines) {
        auto start = line.find_first_not_of(" \t");
        auto name = start == std::string::npos ? std::string() : lower(line.substr(start, line.find_first_of(" \t", start) - start));
        if (values.find(name) == values.end()) {
            out.push_back(line);
        } else if (auto found = remaining.find(name); found != remaining.end()) {
            out.push_back(format(found->first, found->second));
            remaining.erase(found);
        }
    }
    for (const auto& [name, value] : remaining) out.push_back(format(name, value));
    return out;
}

}  // namespace sabil::proxy::resp
