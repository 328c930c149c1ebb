// Why a session, whatever the statement, is not served from memory. Names are stable: `reason` of sabil_bypass_total.
#pragma once

#include <cstdint>
#include <string_view>

namespace sabil::proxy::mysql_front {

enum class Bypass : std::uint8_t {
    none,
    no_session_tracking,  // the server does not report changes of the session
    wrong_server,         // not the server whose changes are followed
    identity_unknown,     // account or variables could not be read
    in_transaction,
    autocommit_off,
    locked_tables,        // LOCK TABLES, FLUSH ... READ LOCK
    user_lock,            // GET_LOCK()
    temporary_table,      // one may hide the table of the same name
    unknown_variable,     // a variable was set whose effect on results is not known
    sql_log_off,          // sql_log_bin = 0: this session's writes cannot be followed
    read_uncommitted,
    opaque_state,         // a routine or a statement that was not read changed the session
    own_write,            // the session's last write is not yet known to be applied
    auto_is_null,         // sql_auto_is_null = 1: `id IS NULL` asks for the row inserted last
    coherence_off,
    xa_transaction,       // from XA START until its end
};

constexpr std::string_view bypass_name(Bypass bypass) noexcept {
    switch (bypass) {
        case Bypass::none: return "none";
        case Bypass::no_session_tracking: return "no_session_tracking";
        case Bypass::wrong_server: return "wrong_server";
        case Bypass::identity_unknown: return "identity_unknown";
        case Bypass::in_transaction: return "in_transaction";
        case Bypass::autocommit_off: return "autocommit_off";
        case Bypass::locked_tables: return "locked_tables";
        case Bypass::user_lock: return "user_lock";
        case Bypass::temporary_table: return "temporary_table";
        case Bypass::unknown_variable: return "unknown_variable";
        case Bypass::sql_log_off: return "sql_log_off";
        case Bypass::read_uncommitted: return "read_uncommitted";
        case Bypass::opaque_state: return "opaque_state";
        case Bypass::own_write: return "own_write";
        case Bypass::auto_is_null: return "auto_is_null";
        case Bypass::coherence_off: return "coherence_off";
        case Bypass::xa_transaction: return "xa_transaction";
    }
    return "unknown";
}

}  // namespace sabil::proxy::mysql_front
