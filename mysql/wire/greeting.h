// HandshakeV10, the server's first packet.
// u8 10, version NUL, u32 connection, 8 bytes nonce, 0, u16 capabilities, u8 collation, u16 status, u16 capabilities,
// u8 nonce length, 6 zeros, u32 MariaDB capabilities, rest of the nonce with its NUL, plugin NUL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/status_flags.h"

namespace sabil::mysql {

struct Greeting {
    std::string server_version;         // as sent: "8.4.0", "5.5.5-10.11.6-MariaDB-..."
    std::uint32_t connection_id = 0;    // low 32 bits
    std::string nonce;                  // 20 bytes from every server of today; 8..254, without the closing NUL
    Capabilities capabilities = 0;
    std::uint8_t collation = 0;         // id of the server's default collation, low 8 bits
    StatusFlags status = 0;
    std::string auth_plugin;            // empty where the server has no plugin_auth

    bool is_mariadb() const noexcept;   // by the version's text
};

// Errors: protocol (bad format, old protocol version); server, with number, where the packet is an ERR ("Too many connections").
Result<Greeting> parse_greeting(std::string_view payload);
// Appends the payload, no frame header. The MariaDB part is written iff capabilities lacks long_password.
void build_greeting(std::string& out, const Greeting& greeting);

// "5.5.5-10.11.6-MariaDB" -> 101106; "9.7.0" -> 90700; 0 where the text has no version.
std::uint32_t version_number(std::string_view server_version) noexcept;

}  // namespace sabil::mysql
