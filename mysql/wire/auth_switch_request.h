// AuthSwitchRequest: 0xfe, plugin NUL, plugin data. A lone 0xfe asks for the pre-4.1 password and is not supported.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

struct AuthSwitchRequest {
    std::string plugin;
    std::string data;  // the new nonce, without its closing NUL
    bool data_nul = true;  // the data was, or is to be, closed with a NUL
};

Result<AuthSwitchRequest> parse_auth_switch_request(std::string_view payload);
void build_auth_switch_request(std::string& out, const AuthSwitchRequest& request);

}  // namespace sabil::mysql
