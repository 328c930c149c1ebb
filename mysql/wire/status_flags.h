// Server status flags, as OK and EOF packets carry them.
#pragma once

#include <cstdint>

namespace sabil::mysql {

using StatusFlags = std::uint16_t;

namespace status {
inline constexpr StatusFlags in_transaction = 1U << 0;
inline constexpr StatusFlags autocommit = 1U << 1;
inline constexpr StatusFlags more_results = 1U << 3;
inline constexpr StatusFlags no_good_index_used = 1U << 4;
inline constexpr StatusFlags no_index_used = 1U << 5;
inline constexpr StatusFlags cursor_exists = 1U << 6;
inline constexpr StatusFlags last_row_sent = 1U << 7;
inline constexpr StatusFlags schema_dropped = 1U << 8;
inline constexpr StatusFlags no_backslash_escapes = 1U << 9;
inline constexpr StatusFlags metadata_changed = 1U << 10;
inline constexpr StatusFlags query_was_slow = 1U << 11;
inline constexpr StatusFlags ps_out_params = 1U << 12;
inline constexpr StatusFlags in_read_only_transaction = 1U << 13;  // MySQL; MariaDB uses the same bit
inline constexpr StatusFlags session_state_changed = 1U << 14;
}  // namespace status

}  // namespace sabil::mysql
