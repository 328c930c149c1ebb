// OK: u8 0x00 (or 0xfe where it ends rows under deprecate_eof), length-encoded affected rows and last insert id, u16
// status, u16 warnings, then the message: length-encoded under session_track, with the session's state changes behind
// it where the status says so; else the rest of the packet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/session_state.h"
#include "mysql/wire/status_flags.h"

namespace sabil::mysql {

// Views into the packet it was parsed from.
struct OkPacket {
    std::uint8_t header = 0x00;         // 0x00, or 0xfe
    std::uint64_t affected_rows = 0;
    std::uint64_t last_insert_id = 0;
    StatusFlags status = 0;
    std::uint16_t warnings = 0;
    std::string_view message;
    std::string_view session_state;     // the block, undecoded: parse_session_state() reads it; empty = none
};

// capabilities: those negotiated on the connection the packet came from. Errors: protocol.
Result<OkPacket> parse_ok(std::string_view payload, Capabilities capabilities);
// capabilities: those of the connection it goes to. Without session_track the state changes and their status flag are
// left out; with it, they are written where session_state is not empty.
void build_ok(std::string& out, const OkPacket& ok, Capabilities capabilities);
// The payload re-encoded for a peer with other capabilities; appends to out. Errors: protocol.
Result<void> translate_ok(std::string& out, std::string_view payload, Capabilities from, Capabilities to);

}  // namespace sabil::mysql
