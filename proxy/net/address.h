// Where to listen, as users write it: "host:port", "[v6]:port", "unix:/path".
#pragma once

#include "cache/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::proxy::net {

// Thread-safety: a value type.
struct Address {
    std::string host;         // numeric or a name; empty for a unix socket
    std::uint16_t port = 0;   // 0 picks a free one
    std::string unix_path;    // empty for TCP
    bool is_unix() const noexcept { return !unix_path.empty(); }
    // As it was written, with the given port.
    std::string text() const;
};

// Errors: invalid, naming the text and the form it should have.
Result<Address> parse_address(std::string_view text);

}  // namespace sabil::proxy::net
