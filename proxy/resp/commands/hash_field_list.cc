#include "proxy/resp/commands/hash_field_list.h"

#include "proxy/resp/reply.h"

#include <string>

namespace sabil::proxy::resp {

bool field_list_argument(Args args, std::size_t at, std::string_view not_positive, Args& fields, Reply& reply) {
    if (at + 1 >= args.size() || !equals_ignoring_case(args[at], "fields")) {
        reply.error("ERR Mandatory argument FIELDS is missing or not at the right position");
        return false;
    }
    std::int64_t count = 0;
    if (!integer_in_range(args[at + 1], 1, INT64_MAX, count, reply, not_positive)) return false;
    fields = args.subspan(at + 2);
    if (static_cast<std::uint64_t>(count) == fields.size()) return true;
    reply.error("ERR The `numfields` parameter must match the number of arguments");
    return false;
}

bool field_expiry_argument(std::string_view text, TimeForm form, WallTime now, std::string_view command, WallTime& at,
                           Reply& reply) {
    const auto value = to_integer(text);
    if (value && *value < 0) {
        reply.error("ERR invalid expire time, must be >= 0");
        return false;
    }
    if (!expiry_argument(text, form, now, false, command, at, reply)) return false;
    if (at.time_since_epoch().count() <= field_expiry_latest_ms) return true;
    reply.error("ERR invalid expire time in '" + std::string(command) + "' command");
    return false;
}

}  // namespace sabil::proxy::resp
