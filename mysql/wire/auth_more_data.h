// AuthMoreData: 0x01, then whatever the plugin sends; and the values caching_sha2_password gives it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sabil::mysql {

inline constexpr char auth_more_data_marker = 0x01;

namespace caching_sha2 {
inline constexpr char request_public_key = 0x02;   // from the client, a packet of one byte
inline constexpr char fast_auth_success = 0x03;    // from the server, in AuthMoreData; an OK follows
inline constexpr char full_authentication = 0x04;  // from the server, in AuthMoreData: the client is to send the password
}  // namespace caching_sha2

namespace sha256 {
inline constexpr char request_public_key = 0x01;   // from the client, a packet of one byte
}  // namespace sha256

// The plugin's data; nothing where the packet is not AuthMoreData.
inline std::optional<std::string_view> parse_auth_more_data(std::string_view payload) noexcept {
    if (payload.empty() || payload.front() != auth_more_data_marker) return std::nullopt;
    return payload.substr(1);
}
inline void build_auth_more_data(std::string& out, std::string_view data) {
    out.push_back(auth_more_data_marker);
    out.append(data);
}

}  // namespace sabil::mysql
