// What the server calls itself.
#pragma once

#include <string_view>

namespace sabil::proxy::resp {

inline constexpr std::string_view server_name = "sabil";
inline constexpr std::string_view redis_version = "7.2.4";  // the level of compatibility that clients ask for
constexpr std::string_view sabil_version() noexcept { return SABIL_VERSION; }

}  // namespace sabil::proxy::resp
