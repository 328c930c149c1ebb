// Session state changes, the last field of an OK packet under session_track: a run of u8 type, length-encoded data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"

namespace sabil::mysql {

enum class SessionStateType : std::uint8_t {
    system_variable = 0,             // name, value
    schema = 1,                      // the new default schema in `value`
    state_change = 2,                // "1" in `value`: something of the session changed
    gtids = 3,                       // MySQL: the GTID set in `value`
    transaction_characteristics = 4, // the statements that would restore them
    transaction_state = 5,           // 8 letters
    unknown = 0xff,                  // kept as raw bytes
};

struct SessionStateChange {
    SessionStateType type = SessionStateType::unknown;
    std::string name;              // of a system variable
    std::string value;
    std::uint8_t raw_type = 0;     // the type's byte; of use with `unknown`
};
using SessionStateChanges = std::vector<SessionStateChange>;

inline constexpr std::size_t session_state_changes_count_max = 4096;

// The block without its outer length. Errors: protocol.
Result<SessionStateChanges> parse_session_state(std::string_view block);
std::string build_session_state(const SessionStateChanges& changes);

// What a write's identity is: the GTID in `gtids` (MySQL) or in the variable last_gtid (MariaDB); empty where neither is there.
std::string_view tracked_gtid(const SessionStateChanges& changes) noexcept;

}  // namespace sabil::mysql
