// The session variables that can change a result's bytes and therefore belong to the cache key, and those that cannot.
// Any other variable that a session sets pins it to bypass.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "invalidation/sql/statement.h"

namespace sabil::proxy::mysql_front {

struct KeyVariable {
    std::string_view name;
    bool mariadb = true;               // known to MariaDB from `mariadb_since` on
    bool mysql = true;                 // known to MySQL from `mysql_since` on
    std::uint32_t mariadb_since = 0;   // as mysql::version_number() gives it
    std::uint32_t mysql_since = 0;
};

inline constexpr std::array key_variables = {
    KeyVariable{"character_set_client"},
    KeyVariable{"character_set_results"},
    KeyVariable{"character_set_connection"},
    KeyVariable{"collation_connection"},
    KeyVariable{"sql_mode"},
    KeyVariable{"time_zone"},
    KeyVariable{"sql_select_limit"},
    KeyVariable{"group_concat_max_len"},
    KeyVariable{"max_sort_length"},
    KeyVariable{"default_week_format"},
    KeyVariable{"div_precision_increment"},
    KeyVariable{"lc_time_names"},
    KeyVariable{"sql_auto_is_null"},
    KeyVariable{"sql_big_selects"},
    KeyVariable{"max_join_size"},
    KeyVariable{"tx_isolation", true, false},
    KeyVariable{"transaction_isolation", true, true, 110101, 50720},
    KeyVariable{"old_mode", true, false, 100300},
    KeyVariable{"default_regex_flags", true, false},
    KeyVariable{"system_versioning_asof", true, false, 100304},
    KeyVariable{"max_recursive_iterations", true, false, 100202},
    KeyVariable{"character_set_collations", true, false, 110200},
    KeyVariable{"block_encryption_mode", true, true, 110200, 50700},
    KeyVariable{"cte_max_recursion_depth", false, true, 0, 80003},
    KeyVariable{"windowing_use_high_precision", false, true, 0, 80002},
    KeyVariable{"resultset_metadata", false, true, 0, 80003},
    KeyVariable{"default_collation_for_utf8mb4", false, true, 0, 80011},
};

// Does a server of this dialect and version have the variable?
constexpr bool server_has(const KeyVariable& variable, invalidation::sql::Dialect dialect,
                          std::uint32_t version) noexcept {
    if (dialect == invalidation::sql::Dialect::mariadb) return variable.mariadb && version >= variable.mariadb_since;
    return variable.mysql && version >= variable.mysql_since;
}

// Index into key_variables; nothing where the variable is not part of the key.
std::optional<std::size_t> key_variable_index(std::string_view name) noexcept;

// True for variables that change neither a cached result nor what a session may see.
bool is_harmless_variable(std::string_view name) noexcept;

}  // namespace sabil::proxy::mysql_front
