#include "proxy/net/address.h"

#include <charconv>

namespace sabil::proxy::net {
namespace {

constexpr std::size_t unix_path_bytes_max = 107;  // sun_path, with its closing zero byte

auto malformed(std::string_view text, std::string_view why) {
    return fail(ErrorCode::invalid, "listen address '" + std::string(text) + "' " + std::string(why) +
                                        "; write host:port, [v6 address]:port or unix:/path");
}

}  // namespace

std::string Address::text() const {
    if (is_unix()) return "unix:" + unix_path;
    bool v6 = host.find(':') != std::string::npos;
    const bool optional = host.starts_with('-');
    const auto name = optional ? host.substr(1) : host;
    return (optional ? "-" : "") + (v6 ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
    Address address;
    if (text.substr(0, 5) == "unix:") {
        address.unix_path = text.substr(5);
        if (address.unix_path.empty()) return malformed(text, "has no path");
        if (address.unix_path.size() > unix_path_bytes_max) return malformed(text, "has a path over 107 bytes");
        return address;
    }
    const bool optional = text.starts_with('-');
    if (optional) text.remove_prefix(1);
    auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed(text, "has no port");
    auto host = text.substr(0, colon);
    auto port = text.substr(colon + 1);
    if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return malformed(text, "holds a v6 address without brackets");
    }
    auto end = port.data() + port.size();
    auto [at, error] = std::from_chars(port.data(), end, address.port);
    if (port.empty() || error != std::errc{} || at != end) return malformed(text, "has a port that is not 0..65535");
    address.host = (optional ? "-" : "") + std::string(host);
    return address;
}

}  // namespace sabil::proxy::net
