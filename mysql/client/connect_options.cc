#include "mysql/client/connect_options.h"

namespace sabil::mysql {

std::string Endpoint::to_string() const {
    if (!socket.empty()) return "unix:" + socket;
    const bool bare_v6 = host.find(':') != std::string::npos;
    return (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<TlsMode> parse_tls_mode(std::string_view text) {
    if (text == "disabled") return TlsMode::disabled;
    if (text == "preferred") return TlsMode::preferred;
    if (text == "required") return TlsMode::required;
    if (text == "verify-identity") return TlsMode::verify_identity;
    return fail(ErrorCode::invalid, "tls = \"" + std::string(text) +
                                        "\" is not known; use disabled, preferred, required or verify-identity");
}

}  // namespace sabil::mysql
