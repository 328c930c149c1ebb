// EOF: 0xfe, u16 warnings, u16 status. Only without deprecate_eof.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/status_flags.h"

namespace sabil::mysql {

struct EofPacket {
    std::uint16_t warnings = 0;
    StatusFlags status = 0;
};

inline constexpr std::size_t eof_packet_bytes_max = 8;  // a longer packet with 0xfe in front is a row

Result<EofPacket> parse_eof(std::string_view payload);
void build_eof(std::string& out, const EofPacket& eof);

// Does this packet end a run of rows? length: of the whole packet; first: its first byte.
constexpr bool ends_rows(std::uint8_t first, std::size_t length, Capabilities capabilities) noexcept {
    if (first != 0xfe) return false;
    return has(capabilities, capability::deprecate_eof) ? length < (1U << 24) - 1 : length <= eof_packet_bytes_max;
}

}  // namespace sabil::mysql
