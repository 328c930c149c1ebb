// Times as SET, GETEX, EXPIRE and their kin take them.
#pragma once

#include "cache/base/clock.h"
#include "proxy/resp/args.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

class Reply;

enum class TimeUnit : std::uint8_t { seconds, milliseconds };
enum class TimeBase : std::uint8_t { now, epoch };

struct TimeForm {
    TimeUnit unit = TimeUnit::seconds;
    TimeBase base = TimeBase::now;
    bool operator==(const TimeForm&) const noexcept = default;
};

// EX, PX, EXAT, PXAT in any letter case.
std::optional<TimeForm> time_option(std::string_view word) noexcept;

// The absolute time that `text` means. `command` is the name in "ERR invalid expire time in '...' command".
// positive_only: zero and below are such an error as well, as in SET and SETEX.
bool expiry_argument(std::string_view text, TimeForm form, WallTime now, bool positive_only, std::string_view command,
                     WallTime& at, Reply& reply);

}  // namespace sabil::proxy::resp
