#include "mysql/wire/handshake_response.h"

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {

// The 32 bytes that SSLRequest and the response begin with.
HandshakeResponse read_head(ByteReader& in) {
    HandshakeResponse response;
    response.capabilities = in.u32();
    response.max_packet_bytes = in.u32();
    response.collation = in.u8();
    in.skip(19);
    const Capabilities extended = in.u32();
    if (!has(response.capabilities, capability::long_password)) response.capabilities |= extended << 32;
    return response;
}

void write_head(ByteWriter& out, const HandshakeResponse& response) {
    const auto caps = response.capabilities;
    out.u32(static_cast<std::uint32_t>(caps));
    out.u32(response.max_packet_bytes);
    out.u8(response.collation);
    out.zeros(19);
    out.u32(has(caps, capability::long_password) ? 0 : static_cast<std::uint32_t>(caps >> 32));
}

std::string_view read_auth_response(ByteReader& in, Capabilities caps) {
    if (has(caps, capability::plugin_auth_lenenc_data)) return read_length_encoded_string(in);
    if (has(caps, capability::secure_connection)) return in.take(in.u8());
    return in.take_until('\0');
}

// A text that old clients end by the packet's end.
std::string_view take_nul_or_rest(ByteReader& in) {
    return in.rest().find('\0') == std::string_view::npos ? in.take_rest() : in.take_until('\0');
}

}  // namespace

bool is_ssl_request(std::string_view payload) noexcept {
    if (payload.size() != ssl_request_bytes) return false;
    ByteReader in(payload);
    const Capabilities caps = in.u32();
    return has(caps, capability::ssl | capability::protocol_41);
}

Result<HandshakeResponse> parse_ssl_request(std::string_view payload) {
    if (!is_ssl_request(payload)) return fail(ErrorCode::protocol, "the packet is no SSLRequest");
    ByteReader in(payload);
    return read_head(in);
}

void build_ssl_request(std::string& out, const HandshakeResponse& response) {
    ByteWriter w(out);
    write_head(w, response);
}

Result<HandshakeResponse> parse_handshake_response(std::string_view payload) {
    if (payload.size() >= 2) {
        ByteReader probe(payload);
        if (const Capabilities low = probe.u16(); !has(low, capability::protocol_41)) {
            return fail(ErrorCode::unsupported, "the client speaks the protocol of MySQL before 4.1");
        }
    }
    ByteReader in(payload);
    auto response = read_head(in);
    const auto caps = response.capabilities;
    response.user = in.take_until('\0');
    response.auth_response = read_auth_response(in, caps);
    if (has(caps, capability::connect_with_db) && !in.at_end()) response.database = take_nul_or_rest(in);
    if (has(caps, capability::plugin_auth) && !in.at_end()) response.auth_plugin = take_nul_or_rest(in);
    if (has(caps, capability::connect_attrs) && !in.at_end()) {
        auto attributes = parse_connect_attributes(read_length_encoded_string(in));
        if (!attributes) return tl::unexpected(attributes.error());
        response.attributes = std::move(*attributes);
        response.attributes_present = true;
    }
    if (has(caps, capability::zstd_compression) && !in.at_end()) response.zstd_level = in.u8();
    if (!in.ok()) return fail(ErrorCode::protocol, "the client's handshake response is cut short");
    return response;
}

void build_handshake_response(std::string& out, const HandshakeResponse& response) {
    ByteWriter w(out);
    const auto caps = response.capabilities;
    write_head(w, response);
    write_nul_string(w, response.user);
    if (has(caps, capability::plugin_auth_lenenc_data)) {
        write_length_encoded_string(w, response.auth_response);
    } else if (has(caps, capability::secure_connection)) {
        const auto answer = std::string_view(response.auth_response).substr(0, 255);
        w.u8(static_cast<std::uint8_t>(answer.size()));
        w.bytes(answer);
    } else {
        write_nul_string(w, response.auth_response);
    }
    if (has(caps, capability::connect_with_db)) write_nul_string(w, response.database);
    if (has(caps, capability::plugin_auth)) write_nul_string(w, response.auth_plugin);
    if (has(caps, capability::connect_attrs)) {
        write_length_encoded_string(w, build_connect_attributes(response.attributes));
    }
    if (has(caps, capability::zstd_compression)) w.u8(response.zstd_level);
}

Result<ConnectAttributes> parse_connect_attributes(std::string_view block) {
    if (block.size() > connect_attributes_bytes_max) {
        return fail(ErrorCode::protocol, "connection attributes of " + std::to_string(block.size()) +
                                             " bytes, at most " + std::to_string(connect_attributes_bytes_max) +
                                             " are allowed");
    }
    ConnectAttributes attributes;
    ByteReader in(block);
    while (in.ok() && !in.at_end()) {
        const auto name = read_length_encoded_string(in);
        const auto value = read_length_encoded_string(in);
        if (in.ok()) attributes.emplace_back(name, value);
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "the connection attributes are cut short");
    return attributes;
}

std::string build_connect_attributes(const ConnectAttributes& attributes) {
    std::string out;
    ByteWriter w(out);
    for (const auto& [name, value] : attributes) {
        write_length_encoded_string(w, name);
        write_length_encoded_string(w, value);
    }
    return out;
}

}  // namespace sabil::mysql
