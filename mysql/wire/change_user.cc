#include "mysql/wire/change_user.h"

#include "cache/base/bytes.h"
#include "mysql/wire/command.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

Result<ChangeUserRequest> parse_change_user(std::string_view payload, Capabilities capabilities) {
    ByteReader in(payload);
    if (in.u8() != static_cast<std::uint8_t>(Command::change_user)) {
        return fail(ErrorCode::protocol, "the packet is no COM_CHANGE_USER");
    }
    ChangeUserRequest request;
    request.user = in.take_until('\0');
    request.auth_response = has(capabilities, capability::secure_connection) ? in.take(in.u8()) : in.take_until('\0');
    request.database = in.take_until('\0');
    if (!in.at_end()) request.collation = in.u16();
    if (has(capabilities, capability::plugin_auth) && !in.at_end()) request.auth_plugin = in.take_until('\0');
    if (has(capabilities, capability::connect_attrs) && !in.at_end()) {
        auto attributes = parse_connect_attributes(read_length_encoded_string(in));
        if (!attributes) return tl::unexpected(attributes.error());
        request.attributes = std::move(*attributes);
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "a COM_CHANGE_USER is cut short");
    return request;
}

void build_change_user(std::string& out, const ChangeUserRequest& request, Capabilities capabilities) {
    ByteWriter w(out);
    w.u8(static_cast<std::uint8_t>(Command::change_user));
    write_nul_string(w, request.user);
    if (has(capabilities, capability::secure_connection)) {
        const auto answer = std::string_view(request.auth_response).substr(0, 255);
        w.u8(static_cast<std::uint8_t>(answer.size()));
        w.bytes(answer);
    } else {
        write_nul_string(w, request.auth_response);
    }
    write_nul_string(w, request.database);
    w.u16(request.collation);
    if (has(capabilities, capability::plugin_auth)) write_nul_string(w, request.auth_plugin);
    if (has(capabilities, capability::connect_attrs)) {
        write_length_encoded_string(w, build_connect_attributes(request.attributes));
    }
}

}  // namespace sabil::mysql
