// OK packets as the client would have had them from the server: without the reports of session changes that only the
// port asked for.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/session_state.h"
#include "proxy/mysql_front/session_identity.h"

namespace sabil::proxy::mysql_front {

// An EOF whose flags say that there were changes.
bool is_eof_with_changes(std::string_view payload) noexcept;

// Does this payload begin like an OK packet that reports changes of the session? first bytes only; may only say yes
// wrongly where the packet is no OK at all.
bool reports_session_state(std::string_view payload) noexcept;

// Appends the OK packet (0x00 or 0xfe) with the reports reduced to what `client` asked for; without any (client_tracks
// false, or nothing left) they and their status flag are gone, and so is an empty message; but the flag stays where the
// server would set it without a report (always_marked). Appends the payload unchanged where it cannot be read.
void append_filtered_ok(std::string& out, std::string_view payload, bool client_tracks,
                        const TrackingSettings& settings, bool always_marked = false);

// The changes in a block of reports. A report that "something changed" is the bare text 1 on the wire, without a length of
// its own, on MySQL and MariaDB alike. Errors: protocol.
Result<mysql::SessionStateChanges> read_session_changes(std::string_view block);

// Is the variable in the comma-separated list, or the list "*"?
bool list_names_variable(std::string_view list, std::string_view name) noexcept;

}  // namespace sabil::proxy::mysql_front
