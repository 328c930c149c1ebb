// COM_CHANGE_USER: 0x11, user NUL, u8 length and answer, database NUL, [u16 collation, [plugin NUL, [attributes]]].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/handshake_response.h"

namespace sabil::mysql {

struct ChangeUserRequest {
    std::string user;
    std::string auth_response;
    std::string database;
    std::uint16_t collation = 0;      // 0: not sent, the session keeps the server's default
    std::string auth_plugin;          // with plugin_auth
    ConnectAttributes attributes;     // with connect_attrs
};

// payload includes the command byte. Errors: protocol.
Result<ChangeUserRequest> parse_change_user(std::string_view payload, Capabilities capabilities);
void build_change_user(std::string& out, const ChangeUserRequest& request, Capabilities capabilities);

}  // namespace sabil::mysql
