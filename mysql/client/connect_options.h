// Where a server is and how to log in there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/handshake_response.h"

namespace sabil::mysql {

struct Endpoint {
    std::string host = "127.0.0.1";  // name or address
    std::uint16_t port = 3306;
    std::string socket;  // path of a Unix socket; where not empty, host and port are not used

    std::string to_string() const;  // "127.0.0.1:3306", "[::1]:3306", "unix:/run/mysqld/mysqld.sock"
};

enum class TlsMode : std::uint8_t {
    disabled,
    preferred,        // TLS where the server has it; not checked; never over a Unix socket
    required,         // or no connection; checked against `ca` where one is given
    verify_identity,  // required, and the certificate names the host; `ca`, or the system's store
};
Result<TlsMode> parse_tls_mode(std::string_view text);  // "disabled", "preferred", "required", "verify-identity"

struct TlsOptions {
    TlsMode mode = TlsMode::preferred;
    std::string ca;  // PEM files; empty = none
    std::string cert;
    std::string key;
};

struct ConnectOptions {
    Endpoint endpoint;
    std::string user;
    std::string password;
    std::string database;  // empty = none
    TlsOptions tls;
    std::chrono::milliseconds connect_limit{5000};  // for the whole of connecting and logging in; > 0
    std::uint8_t collation = 45;                    // utf8mb4_general_ci: both servers know it
    ConnectAttributes attributes{{"program_name", "sabil"}};
};

}  // namespace sabil::mysql
