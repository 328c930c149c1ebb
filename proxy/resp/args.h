// A command's arguments, and their conversion by Redis' rules. Each conversion writes the error reply itself, so a
// handler returns at once where it gives false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sabil::proxy::resp {

class Reply;

// args[0] is the command's name as the client wrote it. Views of the read buffer, valid during the handler only.
using Args = std::span<const std::string_view>;

// Letter case is ignored; `lower` must be lower case.
bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept;

// A 64-bit signed integer in canonical form: no blanks, no plus sign, no leading zeros. Nothing where it is not.
std::optional<std::int64_t> to_integer(std::string_view text) noexcept;
// A finite or infinite number (as strtod reads it, no blanks around it, not NaN). Nothing where it is not.
std::optional<double> to_double(std::string_view text) noexcept;
std::optional<long double> to_long_double(std::string_view text) noexcept;

// Errors: "ERR value is not an integer or out of range", or `error` where it is given (without the leading dash).
bool integer_argument(std::string_view text, std::int64_t& value, Reply& reply, std::string_view error = {});
// Errors: `error` where it is given; else, for low 0 or 1 and no upper bound, "ERR value is out of range, must be
// positive"; else not an integer as above, or "ERR value is out of range".
bool integer_in_range(std::string_view text, std::int64_t low, std::int64_t high, std::int64_t& value, Reply& reply,
                      std::string_view error = {});
// Errors: "ERR value is not a valid float", or `error`.
bool double_argument(std::string_view text, double& value, Reply& reply, std::string_view error = {});
bool long_double_argument(std::string_view text, long double& value, Reply& reply, std::string_view error = {});

// A blocking command's timeout in seconds, fractions allowed; 0 means for ever. In milliseconds, rounded up.
// Errors: "ERR timeout is not a float or out of range", "ERR timeout is negative".
bool timeout_argument(std::string_view text, std::int64_t& timeout_ms, Reply& reply);

// A SCAN cursor: an unsigned 64-bit integer; a minus sign wraps around, and the empty text is 0. Error: "ERR invalid cursor".
bool cursor_argument(std::string_view text, std::uint64_t& cursor, Reply& reply);

}  // namespace sabil::proxy::resp
