// Error texts that clients depend on, each with its code word and without the leading dash.
#pragma once

#include <string_view>

namespace sabil::proxy::resp::errors {

inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view not_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view not_float = "ERR value is not a valid float";
inline constexpr std::string_view out_of_range = "ERR value is out of range";
inline constexpr std::string_view must_be_positive = "ERR value is out of range, must be positive";
inline constexpr std::string_view no_such_key = "ERR no such key";
inline constexpr std::string_view same_object = "ERR source and destination objects are the same";
inline constexpr std::string_view index_out_of_range = "ERR index out of range";
inline constexpr std::string_view min_or_max_not_float = "ERR min or max is not a float";
inline constexpr std::string_view min_or_max_not_string = "ERR min or max not valid string range item";
inline constexpr std::string_view increment_overflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view increment_not_finite = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view string_too_long = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view offset_out_of_range = "ERR offset is out of range";
inline constexpr std::string_view database_out_of_range = "ERR DB index is out of range";
inline constexpr std::string_view invalid_database = "ERR invalid DB index";
inline constexpr std::string_view value_out_of_range = "ERR value is out of range";
inline constexpr std::string_view busy_key = "BUSYKEY Target key name already exists.";
inline constexpr std::string_view timeout_not_float = "ERR timeout is not a float or out of range";
inline constexpr std::string_view timeout_negative = "ERR timeout is negative";
inline constexpr std::string_view invalid_cursor = "ERR invalid cursor";
inline constexpr std::string_view numkeys_not_positive = "ERR numkeys should be greater than 0";
inline constexpr std::string_view out_of_memory = "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view no_auth = "NOAUTH Authentication required.";
inline constexpr std::string_view no_script = "NOSCRIPT No matching script. Please use EVAL.";

inline constexpr std::string_view loading = "LOADING Sabil is loading the dataset in memory";

}  // namespace sabil::proxy::resp::errors
