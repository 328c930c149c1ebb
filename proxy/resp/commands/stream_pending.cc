// XPENDING: what a group was given and has not acknowledged.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"
#include "proxy/resp/commands/stream_group_access.h"

#include <algorithm>
#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::StreamGroup;
using cache::StreamId;

void reply_summary(const StreamGroup& group, Reply& reply) {
    const auto& pending = group.pending();
    reply.array(4);
    reply.integer(static_cast<std::int64_t>(pending.size()));
    if (pending.empty()) {
        reply.null();
        reply.null();
        return reply.null_array();
    }
    reply_stream_id(pending.begin()->first, reply);
    reply_stream_id(pending.rbegin()->first, reply);
    const auto mark = reply.open();
    std::size_t written = 0;
    for (const auto& [name, consumer] : group.consumers()) {
        if (consumer.pending.empty()) continue;
        reply.array(2);
        reply.bulk(name);
        reply.bulk_integer(static_cast<std::int64_t>(consumer.pending.size()));
        ++written;
    }
    reply.close_array(mark, written);
}

struct PendingRequest {
    std::int64_t least_idle_ms = 0;
    StreamId from;
    StreamId to;
    std::int64_t count = 0;
    std::string_view consumer;
    bool has_consumer = false;

    // `[IDLE min-idle-time] start end count [consumer]` from args[3] on.
    bool parse(Args args, Reply& reply) {
        std::size_t at = 3;
        if (equals_ignoring_case(args[3], "idle")) {
            if (!integer_argument(args[4], least_idle_ms, reply)) return false;
            if (args.size() < 8) {
                reply.error(errors::syntax);
                return false;
            }
            at = 5;
        }
        if (!integer_argument(args[at + 2], count, reply)) return false;
        count = std::max<std::int64_t>(0, count);
        has_consumer = at + 3 < args.size();
        if (has_consumer) consumer = args[at + 3];
        return stream_start_argument(args[at], from, reply) && stream_end_argument(args[at + 1], to, reply);
    }
};

void reply_entries(const StreamGroup& group, const PendingRequest& request, WallTime now, Reply& reply) {
    const auto mark = reply.open();
    std::int64_t written = 0;
    const auto& pending = group.pending();
    for (auto at = pending.lower_bound(request.from); at != pending.end() && at->first <= request.to; ++at) {
        if (written == request.count) break;
        const std::int64_t idle = (now - at->second.delivered).count();
        if (request.has_consumer && at->second.consumer->name != request.consumer) continue;
        if (request.least_idle_ms > 0 && idle < request.least_idle_ms) continue;
        reply.array(4);
        reply_stream_id(at->first, reply);
        reply.bulk(at->second.consumer->name);
        reply.integer(std::max<std::int64_t>(0, idle));
        reply.integer(static_cast<std::int64_t>(at->second.deliveries));
        ++written;
    }
    reply.close_array(mark, static_cast<std::size_t>(written));
}

// XPENDING key group [[IDLE min-idle-time] start end count [consumer]]
void xpending(Database& database, Args args, Reply& reply, Session& session) {
    const bool summary = args.size() == 3;
    if (!summary && (args.size() < 6 || args.size() > 9)) return reply.error(errors::syntax);
    PendingRequest request;
    if (!summary && !request.parse(args, reply)) return;
    const auto access = find_group(database, session.key(args[1]), args[2], false, reply);
    if (!access) return;
    summary ? reply_summary(*access.group, reply) : reply_entries(*access.group, request, database.now(), reply);
}

constexpr CommandSpec rows[] = {
    {.name = "xpending",
     .arguments = "key group [<filters> [IDLE min-idle-time:integer] start end count:integer [consumer]]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Lists the entries that a group has delivered and that wait to be acknowledged.",
     .complexity = "O(N)",
     .handler = xpending},
};

}  // namespace

CommandFamily stream_pending_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
