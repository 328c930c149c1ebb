#include "mysql/wire/auth_switch_request.h"

#include "cache/base/bytes.h"

namespace sabil::mysql {

Result<AuthSwitchRequest> parse_auth_switch_request(std::string_view payload) {
    if (payload.size() == 1 && static_cast<unsigned char>(payload.front()) == 0xfe) {
        return fail(ErrorCode::unsupported,
                    "the server asks for the password format of MySQL before 4.1 (old_passwords)");
    }
    ByteReader in(payload);
    if (in.u8() != 0xfe) return fail(ErrorCode::protocol, "the packet is no AuthSwitchRequest");
    AuthSwitchRequest request;
    request.plugin = in.take_until('\0');
    auto data = in.take_rest();
    if (!in.ok()) return fail(ErrorCode::protocol, "the AuthSwitchRequest is cut short");
    request.data_nul = !data.empty() && data.back() == '\0';
    if (request.data_nul) data.remove_suffix(1);
    request.data = data;
    return request;
}

void build_auth_switch_request(std::string& out, const AuthSwitchRequest& request) {
    out.push_back(static_cast<char>(0xfe));
    out.append(request.plugin).push_back('\0');
    out.append(request.data);
    if (request.data_nul) out.push_back('\0');
}

}  // namespace sabil::mysql
