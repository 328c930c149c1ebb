// `FIELDS numfields field [field ...]`, and the times at which fields expire.
#pragma once

#include "cache/base/clock.h"
#include "proxy/resp/args.h"
#include "proxy/resp/commands/expiry_argument.h"

#include <string_view>

namespace sabil::proxy::resp {

class Reply;

// The latest moment at which a field may expire, in milliseconds since the Unix epoch: 46 bits, as in Redis.
inline constexpr std::int64_t field_expiry_latest_ms = (std::int64_t{1} << 46) - 1;

// `args[at]` must be FIELDS and the list the rest. not_positive is the error for numfields below 1.
bool field_list_argument(Args args, std::size_t at, std::string_view not_positive, Args& fields, Reply& reply);

// As expiry_argument, with 0 and the past allowed. Errors: "ERR invalid expire time, must be >= 0", "ERR invalid expire
// time in '...' command".
bool field_expiry_argument(std::string_view text, TimeForm form, WallTime now, std::string_view command, WallTime& at,
                           Reply& reply);

}  // namespace sabil::proxy::resp
