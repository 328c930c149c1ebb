// What each authentication plugin makes of a password and the server's nonce. Passwords are UTF-8 bytes without NUL.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

namespace plugin {
inline constexpr std::string_view native_password = "mysql_native_password";
inline constexpr std::string_view caching_sha2_password = "caching_sha2_password";
inline constexpr std::string_view sha256_password = "sha256_password";
inline constexpr std::string_view ed25519 = "client_ed25519";
inline constexpr std::string_view clear_password = "mysql_clear_password";
}  // namespace plugin

// 20 bytes; empty for an empty password. SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))).
std::string scramble_native_password(std::string_view password, std::string_view nonce);
// 32 bytes; empty for an empty password. SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce).
std::string scramble_caching_sha2(std::string_view password, std::string_view nonce);
// The first answer to the greeting or to an auth switch. secure: TLS or a Unix socket. For caching_sha2_password it is
// the fast path's scramble. Errors: unsupported, naming the plugin; denied for clear_password where not secure.
Result<std::string> first_auth_response(std::string_view plugin, std::string_view password, std::string_view nonce,
                                        bool secure);

}  // namespace sabil::mysql
