// What a client may be called: printable characters without blanks, so that CLIENT LIST stays readable by machines.
#pragma once

#include <algorithm>
#include <string_view>

namespace sabil::proxy::resp {

inline constexpr std::string_view client_name_error =
    "ERR Client names cannot contain spaces, newlines or special characters.";

inline bool is_client_name(std::string_view name) noexcept {
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace sabil::proxy::resp
