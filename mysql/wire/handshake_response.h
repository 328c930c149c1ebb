// HandshakeResponse41, the client's answer to the greeting, and SSLRequest, which is its first 32 bytes sent ahead.
// u32 capabilities, u32 max packet, u8 collation, 19 zeros, u32 MariaDB capabilities, user NUL, answer (length-encoded,
// or u8 length, or NUL), [database NUL], [plugin NUL], [attributes], [u8 zstd level].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"

namespace sabil::mysql {

using ConnectAttributes = std::vector<std::pair<std::string, std::string>>;

struct HandshakeResponse {
    Capabilities capabilities = 0;
    std::uint32_t max_packet_bytes = 1U << 24;
    std::uint8_t collation = 45;        // utf8mb4_general_ci
    std::string user;
    std::string auth_response;
    std::string database;               // with connect_with_db
    std::string auth_plugin;            // with plugin_auth
    ConnectAttributes attributes;       // with connect_attrs; at most 64 KiB encoded
    std::uint8_t zstd_level = 0;        // with zstd_compression; 1..22
    bool attributes_present = false;    // the packet carried the attribute block, even an empty one
};

inline constexpr std::size_t ssl_request_bytes = 32;
inline constexpr std::size_t connect_attributes_bytes_max = 65536;

// True for the 32-byte packet that asks for TLS.
bool is_ssl_request(std::string_view payload) noexcept;
// The fields an SSLRequest has: capabilities, max packet and collation. Errors: protocol.
Result<HandshakeResponse> parse_ssl_request(std::string_view payload);
void build_ssl_request(std::string& out, const HandshakeResponse& response);

// Accepts what servers accept: optional fields missing at the end. Errors: protocol; unsupported for pre-4.1 clients.
Result<HandshakeResponse> parse_handshake_response(std::string_view payload);
// Which fields are written follows from response.capabilities alone: to rewrite a client's answer, parse it, change
// capabilities, attributes or answer, and build it again.
void build_handshake_response(std::string& out, const HandshakeResponse& response);

// The attribute block: length-encoded total, then length-encoded names and values. Shared with COM_CHANGE_USER.
Result<ConnectAttributes> parse_connect_attributes(std::string_view block);
std::string build_connect_attributes(const ConnectAttributes& attributes);

}  // namespace sabil::mysql
