// Short forms for the rows of config_parameters_*.cc.
#pragma once

#include "proxy/resp/config_registry.h"

#include <cstdint>
#include <limits>
#include <string_view>

namespace sabil::proxy::resp::config_rows {

using Apply = Result<void> (*)(ServerState&, const ParameterValue&);

constexpr Parameter yes_no(std::string_view name, bool initial, Apply apply = nullptr, std::uint8_t flags = 0) {
    return {.name = name,
            .kind = ParameterKind::boolean,
            .initial = initial ? "yes" : "no",
            .flags = flags,
            .parse = nullptr,
            .apply = apply};
}

constexpr Parameter number(std::string_view name, std::string_view initial, std::int64_t low, std::int64_t high,
                           Apply apply = nullptr, std::uint8_t flags = 0, std::string_view alias = {}) {
    return {.name = name,
            .kind = ParameterKind::integer,
            .initial = initial,
            .alias = alias,
            .low = low,
            .high = high,
            .flags = flags,
            .parse = nullptr,
            .apply = apply};
}

constexpr Parameter size(std::string_view name, std::string_view initial, Apply apply = nullptr,
                         std::uint8_t flags = 0, std::int64_t low = 0,
                         std::int64_t high = std::numeric_limits<std::int64_t>::max(), std::string_view alias = {}) {
    return {.name = name,
            .kind = ParameterKind::bytes,
            .initial = initial,
            .alias = alias,
            .low = low,
            .high = high,
            .flags = flags,
            .parse = nullptr,
            .apply = apply};
}

constexpr Parameter text(std::string_view name, std::string_view initial, Apply apply = nullptr,
                         std::uint8_t flags = 0, std::string_view alias = {}) {
    return {.name = name,
            .kind = ParameterKind::text,
            .initial = initial,
            .alias = alias,
            .flags = flags,
            .parse = nullptr,
            .apply = apply};
}

constexpr Parameter one_of(std::string_view name, std::string_view initial, std::span<const std::string_view> choices,
                           Apply apply = nullptr, std::uint8_t flags = 0) {
    return {.name = name,
            .kind = ParameterKind::choice,
            .initial = initial,
            .choices = choices,
            .flags = flags,
            .parse = nullptr,
            .apply = apply};
}

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t uint_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

// Of parameters that another room acts upon: tells it (ServerServices::on_parameter).
template <std::size_t N>
struct Name {
    constexpr Name(const char (&name)[N]) {
        for (std::size_t i = 0; i < N; ++i) characters[i] = name[i];
    }
    constexpr std::string_view view() const { return {characters, N - 1}; }
    char characters[N] = {};
};
Result<void> tell(ServerState& server, std::string_view name, const ParameterValue& value);
template <Name name>
Result<void> outside(ServerState& server, const ParameterValue& value) {
    return tell(server, name.view(), value);
}

}  // namespace sabil::proxy::resp::config_rows
