// ERR: 0xff, u16 number, ['#', 5 bytes of SQLSTATE], message. Before the capabilities are agreed there is no SQLSTATE.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

// Views into the packet it was parsed from.
struct ErrPacket {
    std::uint16_t number = 0;      // 0xffff: not an error but MariaDB's progress report
    std::string_view sql_state;    // 5 bytes, or empty where the packet has none
    std::string_view message;
};

inline bool is_err(std::string_view payload) noexcept {
    return !payload.empty() && static_cast<unsigned char>(payload.front()) == 0xff;
}
Result<ErrPacket> parse_err(std::string_view payload);
void build_err(std::string& out, const ErrPacket& err);
// As Error: code denied for refused logins, server for the rest; the server's number and text.
Error to_error(const ErrPacket& err);

}  // namespace sabil::mysql
