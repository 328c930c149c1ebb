// XINFO: what streams, groups and consumers look like.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"
#include "proxy/resp/commands/stream_position.h"

#include <algorithm>
#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::KeyRef;
using cache::Stream;
using cache::StreamConsumer;
using cache::StreamData;
using cache::StreamGroup;
using cache::StreamId;

constexpr std::size_t full_default_count = 10;

void reply_integer(Reply& reply, std::string_view name, std::uint64_t value) {
    reply.bulk(name);
    reply.integer(static_cast<std::int64_t>(value));
}

void reply_optional(Reply& reply, std::string_view name, const std::optional<std::uint64_t>& value) {
    reply.bulk(name);
    value ? reply.integer(static_cast<std::int64_t>(*value)) : reply.null();
}

void reply_id(Reply& reply, std::string_view name, StreamId id) {
    reply.bulk(name);
    reply_stream_id(id, reply);
}

std::int64_t milliseconds(WallTime time) noexcept {
    return time.time_since_epoch().count();
}

// The stream, or nullptr with the error written.
StreamData* find_stream(Database& database, std::string_view name, Reply& reply) {
    const auto stream = database.find<Stream>(KeyRef(name));
    if (refuse_wrong_type(stream, reply)) return nullptr;
    if (!stream) reply.error(errors::no_such_key);
    return stream ? &**stream : nullptr;
}

// The seven fields that both forms of XINFO STREAM begin with.
void reply_head(const StreamData& stream, Reply& reply) {
    reply_integer(reply, "length", stream.size());
    reply_integer(reply, "radix-tree-keys", stream.nodes_count());
    reply_integer(reply, "radix-tree-nodes", stream.nodes_count() + 1);
    reply_id(reply, "last-generated-id", stream.last_id());
    reply_id(reply, "max-deleted-entry-id", stream.max_deleted_id());
    reply_integer(reply, "entries-added", stream.entries_added());
    reply_id(reply, "recorded-first-entry-id", stream.first_id().value_or(StreamId::min()));
}

void reply_end_entry(const StreamData& stream, std::string_view name, const std::optional<StreamId>& id, Reply& reply) {
    reply.bulk(name);
    if (!id || !reply_stream_entry_at(stream, *id, reply)) reply.null();
}

void reply_stream(const StreamData& stream, Reply& reply) {
    reply.map(10);
    reply_head(stream, reply);
    reply_integer(reply, "groups", stream.groups().size());
    reply_end_entry(stream, "first-entry", stream.first_id(), reply);
    reply_end_entry(stream, "last-entry", stream.top_id(), reply);
}

void reply_full_consumer(const StreamGroup& group, const StreamConsumer& consumer, std::size_t count, Reply& reply) {
    reply.map(5);
    reply.bulk("name");
    reply.bulk(consumer.name);
    reply.bulk("seen-time");
    reply.integer(milliseconds(consumer.seen));
    reply.bulk("active-time");
    reply.integer(consumer.active ? milliseconds(*consumer.active) : -1);
    reply_integer(reply, "pel-count", consumer.pending.size());
    reply.bulk("pending");
    std::size_t left = count == 0 ? consumer.pending.size() : std::min(count, consumer.pending.size());
    reply.array(left);
    for (auto at = consumer.pending.begin(); left > 0; ++at, --left) {
        const auto& pending = group.pending().at(*at);
        reply.array(3);
        reply_stream_id(*at, reply);
        reply.integer(milliseconds(pending.delivered));
        reply.integer(static_cast<std::int64_t>(pending.deliveries));
    }
}

void reply_full_group(const StreamData& stream, std::string_view name, const StreamGroup& group, std::size_t count,
                      Reply& reply) {
    reply.map(7);
    reply.bulk("name");
    reply.bulk(name);
    reply_id(reply, "last-delivered-id", group.last_delivered);
    reply_optional(reply, "entries-read", group.entries_read);
    reply_optional(reply, "lag", group_lag(stream, group));
    reply_integer(reply, "pel-count", group.pending().size());
    reply.bulk("pending");
    std::size_t left = count == 0 ? group.pending().size() : std::min(count, group.pending().size());
    reply.array(left);
    for (auto at = group.pending().begin(); left > 0; ++at, --left) {
        reply.array(4);
        reply_stream_id(at->first, reply);
        reply.bulk(at->second.consumer->name);
        reply.integer(milliseconds(at->second.delivered));
        reply.integer(static_cast<std::int64_t>(at->second.deliveries));
    }
    reply.bulk("consumers");
    reply.array(group.consumers().size());
    for (const auto& [consumer_name, consumer] : group.consumers()) reply_full_consumer(group, consumer, count, reply);
}

void reply_full_stream(const StreamData& stream, std::size_t count, Reply& reply) {
    reply.map(9);
    reply_head(stream, reply);
    reply.bulk("entries");
    reply_stream_range(stream, StreamId::min(), StreamId::max(), count, false, reply);
    reply.bulk("groups");
    reply.array(stream.groups().size());
    for (const auto& [name, group] : stream.groups()) reply_full_group(stream, name, group, count, reply);
}

// XINFO STREAM key [FULL [COUNT count]]
void xinfo_stream(Database& database, Args args, Reply& reply, Session&) {
    const StreamData* stream = find_stream(database, args[2], reply);
    if (stream == nullptr) return;
    if (args.size() == 3) return reply_stream(*stream, reply);
    std::size_t count = full_default_count;
    const bool has_count = args.size() == 6 && equals_ignoring_case(args[4], "count");
    if (!equals_ignoring_case(args[3], "full") || (args.size() != 4 && !has_count)) {
        return reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1]) +
                           "'. Try XINFO HELP.");
    }
    if (has_count) {
        std::int64_t given = 0;
        if (!integer_argument(args[5], given, reply)) return;
        count = given < 0 ? full_default_count : static_cast<std::size_t>(given);
    }
    reply_full_stream(*stream, count, reply);
}

// XINFO GROUPS key
void xinfo_groups(Database& database, Args args, Reply& reply, Session&) {
    const StreamData* stream = find_stream(database, args[2], reply);
    if (stream == nullptr) return;
    reply.array(stream->groups().size());
    for (const auto& [name, group] : stream->groups()) {
        reply.map(6);
        reply.bulk("name");
        reply.bulk(name);
        reply_integer(reply, "consumers", group.consumers().size());
        reply_integer(reply, "pending", group.pending().size());
        reply_id(reply, "last-delivered-id", group.last_delivered);
        reply_optional(reply, "entries-read", group.entries_read);
        reply_optional(reply, "lag", group_lag(*stream, group));
    }
}

// XINFO CONSUMERS key group
void xinfo_consumers(Database& database, Args args, Reply& reply, Session&) {
    StreamData* stream = find_stream(database, args[2], reply);
    if (stream == nullptr) return;
    const StreamGroup* group = stream->find_group(args[3]);
    if (group == nullptr) {
        return reply.error("NOGROUP No such consumer group '" + std::string(args[3]) + "' for key name '" +
                           std::string(args[2]) + "'");
    }
    const auto since = [&](WallTime time) { return std::max<std::int64_t>(0, (database.now() - time).count()); };
    reply.array(group->consumers().size());
    for (const auto& [name, consumer] : group->consumers()) {
        reply.map(4);
        reply.bulk("name");
        reply.bulk(name);
        reply_integer(reply, "pending", consumer.pending.size());
        reply.bulk("idle");
        reply.integer(since(consumer.seen));
        reply.bulk("inactive");
        reply.integer(consumer.active ? since(*consumer.active) : -1);
    }
}

// XINFO HELP
void xinfo_help(Database&, Args, Reply& reply, Session&) {
    reply.lines({
        "XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CONSUMERS <key> <groupname>",
        "    Describe the consumers of a group.",
        "GROUPS <key>",
        "    Describe the groups of a stream.",
        "STREAM <key> [FULL [COUNT <count>]]",
        "    Describe a stream.",
        "HELP",
        "    Print this help.",
    });
}

constexpr CommandSpec subcommands[] = {
    {.name = "stream",
     .arguments = "key [<full-block> FULL [COUNT count:integer]]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Describes a stream.",
     .complexity = "O(1)",
     .handler = xinfo_stream},
    {.name = "groups",
     .arguments = "key",
     .arity = 3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Lists the consumer groups of a stream.",
     .complexity = "O(1)",
     .handler = xinfo_groups},
    {.name = "consumers",
     .arguments = "key group",
     .arity = 4,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Lists the consumers of a group.",
     .complexity = "O(1)",
     .handler = xinfo_consumers},
    {.name = "help",
     .arity = 2,
     .access = Access::none(),
     .flags = flag::loading | flag::stale,
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Lists the subcommands of XINFO.",
     .complexity = "O(1)",
     .handler = xinfo_help},
};

constexpr CommandSpec rows[] = {
    {.name = "xinfo",
     .arity = -2,
     .access = Access::none(),
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "A container for questions about streams.",
     .complexity = "Depends on subcommand",
     .subcommands = subcommands},
};

}  // namespace

CommandFamily stream_info_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
