#include "proxy/observe/http_access.h"

#include <openssl/crypto.h>

#include <optional>
#include <string_view>

namespace sabil::proxy::observe {
namespace {

bool is_loopback(std::string_view peer) {
    return peer.empty() || peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
}

// A name that somebody else's DNS resolves to 127.0.0.1 would let their page read ours.
bool is_own_name(std::string_view host) {
    if (host.empty() || host.starts_with("[")) return true;
    auto name = host.substr(0, host.rfind(':'));
    return name == "localhost" || name.ends_with(".localhost") ||
           name.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// The password of "Basic base64(user:password)"; nothing where the header is another.
std::optional<std::string> basic_password(const std::string& header) {
    constexpr std::string_view scheme = "Basic ";
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!header.starts_with(scheme)) return std::nullopt;
    std::string text;
    std::uint32_t bits = 0;
    int have = 0;
    for (char c : std::string_view(header).substr(scheme.size())) {
        auto value = digits.find(c);
        if (value == std::string_view::npos) break;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        have += 6;
        if (have >= 8) text += static_cast<char>(bits >> (have -= 8) & 255);
    }
    auto colon = text.find(':');
    return colon == std::string::npos ? std::nullopt : std::optional(text.substr(colon + 1));
}

bool is_open_path(const std::string& path, const AccessRules& rules) {
    return path == "/healthz" || path == "/readyz" ||
           (path == "/metrics" && (rules.password.empty() || rules.public_metrics));
}

// "http://host:port" of a browser, against the Host it asked for.
bool is_same_site(std::string_view origin, std::string_view host) {
    auto at = origin.find("://");
    return origin.empty() || (at != std::string_view::npos && origin.substr(at + 3) == host);
}

}  // namespace

Access access_of(const HttpCaller& caller, const AccessRules& rules) {
    if (is_open_path(caller.path, rules)) return Access::granted;
    if (rules.password.empty()) {
        if (!is_loopback(caller.peer)) return Access::loopback_only;
        if (!is_own_name(caller.host)) return Access::wrong_host;
    } else {
        auto given = basic_password(caller.authorization);
        if (!given || !same_secret(*given, rules.password)) return Access::wrong_password;
    }
    if (caller.is_change && !is_same_site(caller.origin, caller.host)) return Access::foreign_origin;
    return Access::granted;
}

}  // namespace sabil::proxy::observe
