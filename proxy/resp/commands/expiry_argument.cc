#include "proxy/resp/commands/expiry_argument.h"

#include "proxy/resp/reply.h"

#include <limits>
#include <string>

namespace sabil::proxy::resp {
namespace {

void refuse(std::string_view command, Reply& reply) {
    reply.error("ERR invalid expire time in '" + std::string(command) + "' command");
}

}  // namespace

std::optional<TimeForm> time_option(std::string_view word) noexcept {
    if (equals_ignoring_case(word, "ex")) return TimeForm{TimeUnit::seconds, TimeBase::now};
    if (equals_ignoring_case(word, "px")) return TimeForm{TimeUnit::milliseconds, TimeBase::now};
    if (equals_ignoring_case(word, "exat")) return TimeForm{TimeUnit::seconds, TimeBase::epoch};
    if (equals_ignoring_case(word, "pxat")) return TimeForm{TimeUnit::milliseconds, TimeBase::epoch};
    return std::nullopt;
}

bool expiry_argument(std::string_view text, TimeForm form, WallTime now, bool positive_only, std::string_view command,
                     WallTime& at, Reply& reply) {
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    std::int64_t value = 0;
    if (!integer_argument(text, value, reply)) return false;
    if (positive_only && value <= 0) {
        refuse(command, reply);
        return false;
    }
    if (form.unit == TimeUnit::seconds) {
        if (value > highest / 1000 || value < lowest / 1000) {
            refuse(command, reply);
            return false;
        }
        value *= 1000;
    }
    if (form.base == TimeBase::now) {
        const std::int64_t base = now.time_since_epoch().count();
        if (value > highest - base) {
            refuse(command, reply);
            return false;
        }
        value += base;
    }
    at = WallTime{std::chrono::milliseconds{value}};
    return true;
}

}  // namespace sabil::proxy::resp
