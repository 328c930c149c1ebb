#include "mysql/wire/greeting.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "cache/base/bytes.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {
constexpr std::size_t first_nonce_bytes = 8;
constexpr std::size_t second_nonce_bytes_min = 13;  // with its NUL
}  // namespace

bool Greeting::is_mariadb() const noexcept {
    return server_version.find("MariaDB") != std::string::npos;
}

Result<Greeting> parse_greeting(std::string_view payload) {
    if (is_err(payload)) {
        auto err = parse_err(payload);
        if (!err) return tl::unexpected(err.error());
        return tl::unexpected(to_error(*err));
    }
    ByteReader in(payload);
    if (const auto version = in.u8(); version != 10) {
        return fail(ErrorCode::protocol, "the server greets with protocol version " + std::to_string(version) +
                                             ", only 10 is known: is this a MySQL or MariaDB port?");
    }
    Greeting greeting;
    greeting.server_version = in.take_until('\0');
    greeting.connection_id = in.u32();
    greeting.nonce = in.take(first_nonce_bytes);
    in.skip(1);
    greeting.capabilities = in.u16();
    if (in.ok() && in.at_end()) return greeting;
    greeting.collation = in.u8();
    greeting.status = in.u16();
    greeting.capabilities |= static_cast<Capabilities>(in.u16()) << 16;
    const std::size_t nonce_bytes = in.u8();
    in.skip(6);
    const Capabilities extended = in.u32();
    if (!has(greeting.capabilities, capability::long_password)) greeting.capabilities |= extended << 32;
    if (has(greeting.capabilities, capability::secure_connection)) {
        const auto length = std::max(
            second_nonce_bytes_min, nonce_bytes > first_nonce_bytes ? nonce_bytes - first_nonce_bytes : std::size_t{0});
        auto second = in.take(std::min(length, in.remaining()));
        if (!second.empty() && second.back() == '\0') second.remove_suffix(1);
        greeting.nonce.append(second);
    }
    if (has(greeting.capabilities, capability::plugin_auth)) {
        // Some old servers forget the closing NUL.
        auto name = in.take_rest();
        greeting.auth_plugin = name.substr(0, name.find('\0'));
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "the server's greeting is cut short");
    return greeting;
}

void build_greeting(std::string& out, const Greeting& greeting) {
    ByteWriter w(out);
    const auto caps = greeting.capabilities;
    const std::string_view nonce = greeting.nonce;
    w.u8(10);
    write_nul_string(w, greeting.server_version);
    w.u32(greeting.connection_id);
    const auto first = nonce.substr(0, first_nonce_bytes);
    w.bytes(first);
    w.zeros(first_nonce_bytes - first.size());
    w.u8(0);
    w.u16(static_cast<std::uint16_t>(caps));
    w.u8(greeting.collation);
    w.u16(greeting.status);
    w.u16(static_cast<std::uint16_t>(caps >> 16));
    w.u8(has(caps, capability::plugin_auth) ? static_cast<std::uint8_t>(nonce.size() + 1) : std::uint8_t{0});
    w.zeros(6);
    w.u32(has(caps, capability::long_password) ? 0 : static_cast<std::uint32_t>(caps >> 32));
    if (has(caps, capability::secure_connection)) {
        const auto second = nonce.size() > first_nonce_bytes ? nonce.substr(first_nonce_bytes) : std::string_view{};
        w.bytes(second);
        w.zeros(std::max<std::size_t>(1, second_nonce_bytes_min - std::min(second_nonce_bytes_min, second.size())));
    }
    if (has(caps, capability::plugin_auth)) write_nul_string(w, greeting.auth_plugin);
}

std::uint32_t version_number(std::string_view text) noexcept {
    // MariaDB before 11 hides its version behind one that old replicas accept.
    constexpr std::string_view replication_prefix = "5.5.5-";
    if (text.starts_with(replication_prefix) && text.find("MariaDB") != std::string_view::npos) {
        text.remove_prefix(replication_prefix.size());
    }
    std::array<std::uint32_t, 3> part{};
    for (std::size_t i = 0; i < part.size(); ++i) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part[i]);
        if (error != std::errc{} || part[i] > 999) return 0;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (i < 2) {
            if (text.empty() || text.front() != '.') return 0;
            text.remove_prefix(1);
        }
    }
    return part[0] * 10000 + part[1] * 100 + part[2];
}

}  // namespace sabil::mysql
