// Consumer groups: making and removing them and their consumers, and acknowledging entries.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"

#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::Stream;
using cache::StreamData;
using cache::StreamGroup;
using cache::StreamId;

constexpr std::string_view needs_key =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option "
    "to create an empty stream automatically.";

// The options behind `id | $` of CREATE and SETID.
struct GroupOptions {
    bool make_stream = false;
    bool has_read = false;
    std::optional<std::uint64_t> read;

    bool parse(Args args, bool creates, Reply& reply) {
        for (std::size_t i = 5; i < args.size(); ++i) {
            if (creates && equals_ignoring_case(args[i], "mkstream")) {
                make_stream = true;
            } else if (i + 1 < args.size() && equals_ignoring_case(args[i], "entriesread")) {
                if (!parse_read(args[++i], reply)) return false;
            } else {
                reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1]) +
                            "'. Try XGROUP HELP.");
                return false;
            }
        }
        return true;
    }

  private:
    bool parse_read(std::string_view text, Reply& reply) {
        std::int64_t value = 0;
        if (!integer_argument(text, value, reply)) return false;
        if (value < -1) {
            reply.error("ERR value for ENTRIESREAD must be positive or -1");
            return false;
        }
        has_read = true;
        read = value < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(value));
        return true;
    }
};

// The stream, which must be there; nullptr with the error written where not.
StreamData* find_stream(Database& database, const KeyRef& key, Reply& reply) {
    const auto stream = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return nullptr;
    if (!stream) reply.error(needs_key);
    return stream ? &**stream : nullptr;
}

StreamGroup* find_group_of(StreamData& stream, Args args, Reply& reply) {
    StreamGroup* group = stream.find_group(args[3]);
    if (group == nullptr) {
        reply.error("NOGROUP No such consumer group '" + std::string(args[3]) + "' for key name '" +
                    std::string(args[2]) + "'");
    }
    return group;
}

bool start_argument(std::string_view text, const StreamData* stream, StreamId& id, Reply& reply) {
    if (text == "-" || text == "+") {
        id = text == "-" ? StreamId::min() : StreamId::max();
        return true;
    }
    if (text != "$") return stream_id_argument(text, 0, id, reply);
    id = stream != nullptr ? stream->last_id() : StreamId::min();
    return true;
}

// XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD entries-read]
void xgroup_create(Database& database, Args args, Reply& reply, Session&) {
    GroupOptions options;
    if (!options.parse(args, true, reply)) return;
    const KeyRef key(args[2]);
    const auto found = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(found, reply)) return;
    if (!found && !options.make_stream) return reply.error(needs_key);
    StreamId start;
    if (!start_argument(args[4], found ? &**found : nullptr, start, reply)) return;
    const auto stream = database.find_or_create<Stream>(key);
    const auto [at, is_new] = (*stream)->groups().try_emplace(std::string(args[3]), start, options.read);
    if (!is_new) return reply.error("BUSYGROUP Consumer Group name already exists");
    database.changed(key, EventClass::stream, "xgroup-create");
    reply.ok();
}

// XGROUP SETID key group id|$ [ENTRIESREAD entries-read]
void xgroup_setid(Database& database, Args args, Reply& reply, Session&) {
    GroupOptions options;
    if (!options.parse(args, false, reply)) return;
    const KeyRef key(args[2]);
    StreamData* stream = find_stream(database, key, reply);
    StreamGroup* group = stream != nullptr ? find_group_of(*stream, args, reply) : nullptr;
    StreamId start;
    if (group == nullptr || !start_argument(args[4], stream, start, reply)) return;
    group->last_delivered = start;
    group->entries_read = options.read;
    database.changed(key, EventClass::stream, "xgroup-setid");
    reply.ok();
}

// XGROUP DESTROY key group
void xgroup_destroy(Database& database, Args args, Reply& reply, Session&) {
    const KeyRef key(args[2]);
    StreamData* stream = find_stream(database, key, reply);
    if (stream == nullptr) return;
    const auto at = stream->groups().find(args[3]);
    if (at == stream->groups().end()) return reply.integer(0);
    stream->groups().erase(at);
    database.changed(key, EventClass::stream, "xgroup-destroy");
    reply.integer(1);
}

// XGROUP CREATECONSUMER key group consumer
void xgroup_createconsumer(Database& database, Args args, Reply& reply, Session&) {
    const KeyRef key(args[2]);
    StreamData* stream = find_stream(database, key, reply);
    StreamGroup* group = stream != nullptr ? find_group_of(*stream, args, reply) : nullptr;
    if (group == nullptr) return;
    if (group->find_consumer(args[4]) != nullptr) return reply.integer(0);
    group->consumer(args[4], database.now());
    database.changed(key, EventClass::stream, "xgroup-createconsumer");
    reply.integer(1);
}

// XGROUP DELCONSUMER key group consumer
void xgroup_delconsumer(Database& database, Args args, Reply& reply, Session&) {
    const KeyRef key(args[2]);
    StreamData* stream = find_stream(database, key, reply);
    StreamGroup* group = stream != nullptr ? find_group_of(*stream, args, reply) : nullptr;
    if (group == nullptr) return;
    const auto pending = group->erase_consumer(args[4]);
    if (pending) database.changed(key, EventClass::stream, "xgroup-delconsumer");
    reply.integer(static_cast<std::int64_t>(pending.value_or(0)));
}

// XGROUP HELP
void xgroup_help(Database&, Args, Reply& reply, Session&) {
    reply.lines({
        "XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "CREATE <key> <groupname> <id|$> [MKSTREAM] [ENTRIESREAD entries_read]",
        "    Create a consumer group that starts behind an id; MKSTREAM creates the stream as well.",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a consumer in a group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove a consumer.",
        "DESTROY <key> <groupname>",
        "    Remove a group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the last delivered id of a group.",
        "HELP",
        "    Print this help.",
    });
}

// XACK key group id [id ...]
void xack(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto stream = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return;
    StreamGroup* group = stream ? (*stream)->find_group(args[2]) : nullptr;
    if (group == nullptr) return reply.integer(0);
    std::vector<StreamId> ids;
    for (const auto text : args.subspan(3)) {
        if (!stream_id_argument(text, 0, ids.emplace_back(), reply)) return;
    }
    std::int64_t acknowledged = 0;
    for (const auto id : ids) acknowledged += group->acknowledge(id) ? 1 : 0;
    if (acknowledged > 0) database.changed(key);
    reply.integer(acknowledged);
}

constexpr CommandSpec subcommands[] = {
    {.name = "create",
     .arguments = "key group (<id-selector> id | new-id=$) [MKSTREAM] [ENTRIESREAD "
                  "entriesread:integer/entries-read]",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Creates a consumer group.",
     .complexity = "O(1)",
     .handler = xgroup_create},
    {.name = "setid",
     .arguments = "key group (<id-selector> id | new-id=$) [ENTRIESREAD entriesread:integer/entries-read]",
     .arity = -5,
     .access = Access::write(),
     .keys = {keys::one(2, key_flag::rw | key_flag::update)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Sets the last delivered id of a group.",
     .complexity = "O(1)",
     .handler = xgroup_setid},
    {.name = "destroy",
     .arguments = "key group",
     .arity = 4,
     .access = Access::write(),
     .keys = {keys::one(2, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Deletes a consumer group.",
     .complexity = "O(N)",
     .handler = xgroup_destroy},
    {.name = "createconsumer",
     .arguments = "key group consumer",
     .arity = 5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::stream,
     .since = "6.2.0",
     .summary = "Creates a consumer in a group.",
     .complexity = "O(1)",
     .handler = xgroup_createconsumer},
    {.name = "delconsumer",
     .arguments = "key group consumer",
     .arity = 5,
     .access = Access::write(),
     .keys = {keys::one(2, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Deletes a consumer of a group.",
     .complexity = "O(1)",
     .handler = xgroup_delconsumer},
    {.name = "help",
     .arity = 2,
     .access = Access::none(),
     .flags = flag::loading | flag::stale,
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Lists the subcommands of XGROUP.",
     .complexity = "O(1)",
     .handler = xgroup_help},
};

constexpr CommandSpec rows[] = {
    {.name = "xgroup",
     .arity = -2,
     .access = Access::none(),
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "A container for commands on consumer groups.",
     .complexity = "Depends on subcommand",
     .subcommands = subcommands},
    {.name = "xack",
     .arguments = "key group id...",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Acknowledges entries that a group has delivered.",
     .complexity = "O(1)",
     .handler = xack},
};

}  // namespace

CommandFamily stream_group_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
