// Pending entries: taking them over from other consumers.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"
#include "proxy/resp/commands/stream_group_access.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::StreamConsumer;
using cache::StreamId;
using cache::StreamPending;

constexpr std::int64_t scanned_per_claim = 10;

struct ClaimRequest {
    std::int64_t least_idle_ms = 0;
    std::vector<StreamId> ids;
    WallTime delivered;
    std::optional<std::int64_t> deliveries;
    StreamId last;
    bool force = false;
    bool only_ids = false;

    // `args[4]` is min-idle-time, then ids, then options.
    bool parse(Args args, WallTime now, Reply& reply) {
        if (!integer_argument(args[4], least_idle_ms, reply, "ERR Invalid min-idle-time argument for XCLAIM")) {
            return false;
        }
        least_idle_ms = std::max<std::int64_t>(0, least_idle_ms);
        delivered = now;
        std::size_t at = 5;
        for (; at < args.size(); ++at) {
            const auto id = to_stream_id(args[at], 0);
            if (!id) break;
            ids.push_back(*id);
        }
        while (at < args.size()) {
            std::size_t taken = 0;
            if (!take_option(args, at, now, taken, reply)) return false;
            if (taken == 0) {
                reply.error("ERR Unrecognized XCLAIM option '" + std::string(args[at]) + "'");
                return false;
            }
            at += taken;
        }
        delivered = std::min(delivered, now);
        return true;
    }

  private:
    bool take_option(Args args, std::size_t at, WallTime now, std::size_t& taken, Reply& reply) {
        const auto word = args[at];
        const bool has_next = at + 1 < args.size();
        taken = 1;
        if (equals_ignoring_case(word, "force")) {
            force = true;
        } else if (equals_ignoring_case(word, "justid")) {
            only_ids = true;
        } else if (has_next && equals_ignoring_case(word, "idle")) {
            taken = 2;
            std::int64_t idle = 0;
            if (!integer_argument(args[at + 1], idle, reply, "ERR Invalid IDLE option argument for XCLAIM"))
                return false;
            delivered =
                idle < 0 ? now : now - std::chrono::milliseconds(std::min(idle, now.time_since_epoch().count()));
        } else if (has_next && equals_ignoring_case(word, "time")) {
            taken = 2;
            std::int64_t time = 0;
            if (!integer_argument(args[at + 1], time, reply, "ERR Invalid TIME option argument for XCLAIM"))
                return false;
            delivered = time < 0 ? now : WallTime{std::chrono::milliseconds(time)};
        } else if (has_next && equals_ignoring_case(word, "retrycount")) {
            taken = 2;
            std::int64_t count = 0;
            if (!integer_argument(args[at + 1], count, reply, "ERR Invalid RETRYCOUNT option argument for XCLAIM")) {
                return false;
            }
            deliveries = count < 0 ? std::nullopt : std::optional(count);
        } else if (has_next && equals_ignoring_case(word, "lastid")) {
            taken = 2;
            return stream_id_argument(args[at + 1], 0, last, reply);
        } else {
            taken = 0;
        }
        return true;
    }
};

// The log holds what the entry has come to, whatever the moment of the replay.
void log_claim(Session& session, Args args, const GroupAccess& access, StreamId id, const StreamPending& pending) {
    const std::string text = id.str();
    const std::string time = std::to_string(pending.delivered.time_since_epoch().count());
    const std::string count = std::to_string(pending.deliveries);
    const std::string last = access.group->last_delivered.str();
    session.log_instead({"XCLAIM", args[1], args[2], args[3], "0", text, "TIME", time, "RETRYCOUNT", count, "FORCE",
                         "JUSTID", "LASTID", last});
}

// The consumer, made where it is new, which is told as an event.
StreamConsumer& consumer_for(Database& database, Args args, const KeyRef& key, const GroupAccess& access,
                             Session& session) {
    const bool is_new = access.group->find_consumer(args[3]) == nullptr;
    StreamConsumer& consumer = access.group->consumer(args[3], database.now());
    consumer.seen = database.now();
    if (is_new) {
        database.changed(key, EventClass::stream, "xgroup-createconsumer");
        session.log_instead({"XGROUP", "CREATECONSUMER", args[1], args[2], args[3]});
    }
    return consumer;
}

// Gives the entry to the consumer; nullptr where it is not to be claimed.
StreamPending* claim(const GroupAccess& access, StreamConsumer& consumer, StreamId id, const ClaimRequest& request,
                     WallTime now) {
    StreamPending* pending = access.group->find_pending(id);
    if (pending == nullptr && !request.force) return nullptr;
    // FORCE makes a delivery of its own before the claim counts as one more.
    std::uint64_t deliveries = pending != nullptr ? pending->deliveries : 1;
    if (pending != nullptr && request.least_idle_ms > 0 && (now - pending->delivered).count() < request.least_idle_ms) {
        return nullptr;
    }
    if (request.deliveries) {
        deliveries = static_cast<std::uint64_t>(*request.deliveries);
    } else if (!request.only_ids) {
        ++deliveries;
    }
    return &access.group->assign(id, consumer, request.delivered, deliveries);
}

// XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-ms] [RETRYCOUNT n] [FORCE] [JUSTID]
// [LASTID id]
void xclaim(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto access = find_group(database, key, args[2], true, reply);
    if (!access) return;
    const WallTime now = database.now();
    ClaimRequest request;
    if (!request.parse(args, now, reply)) return;
    access.group->last_delivered = std::max(access.group->last_delivered, request.last);
    StreamConsumer& consumer = consumer_for(database, args, key, access, session);
    const auto mark = reply.open();
    std::size_t written = 0;
    bool dropped = false;
    for (const auto id : request.ids) {
        if (!access.stream->contains(id)) {
            // What was deleted cannot be processed any more.
            if (!access.group->acknowledge(id)) continue;
            dropped = true;
            const std::string text = id.str();
            session.log_instead({"XACK", args[1], args[2], text});
            continue;
        }
        const StreamPending* pending = claim(access, consumer, id, request, now);
        if (pending == nullptr) continue;
        request.only_ids ? reply_stream_id(id, reply) : (void)reply_stream_entry_at(*access.stream, id, reply);
        log_claim(session, args, access, id, *pending);
        consumer.active = now;
        ++written;
    }
    reply.close_array(mark, written);
    if (written > 0 || dropped || request.last != StreamId::min()) database.changed(key);
}

struct AutoClaimRequest {
    ClaimRequest claim;
    StreamId from;
    std::int64_t count = 100;

    bool parse(Args args, WallTime now, Reply& reply) {
        if (!integer_argument(args[4], claim.least_idle_ms, reply,
                              "ERR Invalid min-idle-time argument for XAUTOCLAIM")) {
            return false;
        }
        claim.least_idle_ms = std::max<std::int64_t>(0, claim.least_idle_ms);
        claim.delivered = now;
        if (!stream_start_argument(args[5], from, reply)) return false;
        for (std::size_t i = 6; i < args.size(); ++i) {
            if (i + 1 < args.size() && equals_ignoring_case(args[i], "count")) {
                constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / scanned_per_claim;
                if (!integer_in_range(args[++i], 1, most, count, reply, "ERR COUNT must be > 0")) return false;
            } else if (equals_ignoring_case(args[i], "justid")) {
                claim.only_ids = true;
            } else {
                reply.error(errors::syntax);
                return false;
            }
        }
        return true;
    }
};

struct AutoClaimed {
    std::size_t written = 0;
    std::vector<StreamId> deleted;
    StreamId next;  // where to go on; 0-0 at the end
};

// Walks through the pending entries and writes those that are claimed.
AutoClaimed claim_in_order(Args args, const GroupAccess& access, StreamConsumer& consumer,
                           const AutoClaimRequest& request, WallTime now, Reply& reply, Session& session) {
    AutoClaimed out;
    std::int64_t attempts = request.count * scanned_per_claim;
    std::int64_t left = request.count;
    const auto& pending = access.group->pending();
    auto at = pending.lower_bound(request.from);
    for (; at != pending.end() && attempts > 0 && left > 0; --attempts) {
        const StreamId id = at->first;
        ++at;
        if (!access.stream->contains(id)) {
            access.group->acknowledge(id);
            out.deleted.push_back(id);
            const std::string text = id.str();
            session.log_instead({"XACK", args[1], args[2], text});
            --left;
            continue;
        }
        const StreamPending* claimed = claim(access, consumer, id, request.claim, now);
        if (claimed == nullptr) continue;
        request.claim.only_ids ? reply_stream_id(id, reply) : (void)reply_stream_entry_at(*access.stream, id, reply);
        log_claim(session, args, access, id, *claimed);
        consumer.active = now;
        ++out.written;
        --left;
    }
    out.next = at == pending.end() ? StreamId::min() : at->first;
    return out;
}

// XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]
void xautoclaim(Database& database, Args args, Reply& reply, Session& session) {
    const WallTime now = database.now();
    AutoClaimRequest request;
    if (!request.parse(args, now, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto access = find_group(database, key, args[2], true, reply);
    if (!access) return;
    StreamConsumer& consumer = consumer_for(database, args, key, access, session);
    reply.array(3);
    const auto start = reply.open();
    const auto claimed = claim_in_order(args, access, consumer, request, now, reply, session);
    reply.close_array(start, claimed.written);
    reply.array(claimed.deleted.size());
    for (const auto id : claimed.deleted) reply_stream_id(id, reply);
    const std::string cursor = claimed.next.str();
    reply.buffer().insert(start, "$" + std::to_string(cursor.size()) + "\r\n" + cursor + "\r\n");
    if (claimed.written > 0 || !claimed.deleted.empty()) database.changed(key);
}

constexpr CommandSpec rows[] = {
    {.name = "xclaim",
     .arguments = "key group consumer min-idle-time id... [IDLE ms:integer] [TIME "
                  "unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] [FORCE] [JUSTID] [LASTID lastid]",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Makes another consumer the owner of pending entries.",
     .complexity = "O(log N)",
     .handler = xclaim},
    {.name = "xautoclaim",
     .arguments = "key group consumer min-idle-time start [COUNT count:integer] [JUSTID]",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "6.2.0",
     .summary = "Makes another consumer the owner of pending entries, found by iterating.",
     .complexity = "O(1) if COUNT is small",
     .handler = xautoclaim},
};

}  // namespace

CommandFamily stream_claim_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
