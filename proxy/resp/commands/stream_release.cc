// XDELEX and XACKDEL: deleting entries with regard to the groups that still refer to them.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"

#include <algorithm>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::Stream;
using cache::StreamData;
using cache::StreamId;

enum class References : std::uint8_t {
    keep,   // KEEPREF: the entry goes, pending lists stay as they are
    drop,   // DELREF: the entry goes from all pending lists as well
    acked,  // ACKED: only what every group has been given and has acknowledged goes
};

// Per id: -1 there is none, 1 deleted, 2 left alone as a group still needs it.
enum class Released : std::int8_t { missing = -1, deleted = 1, still_referred = 2 };

struct ReleaseRequest {
    References references = References::keep;
    std::vector<StreamId> ids;

    // `[KEEPREF | DELREF | ACKED] IDS numids id [id ...]`
    bool parse(Args args, std::size_t at, Reply& reply) {
        if (take_references(args[at])) ++at;
        if (at + 2 > args.size() || !equals_ignoring_case(args[at], "ids")) {
            reply.error(errors::syntax);
            return false;
        }
        std::int64_t count = 0;
        constexpr std::string_view not_positive = "ERR Number of IDs must be a positive integer";
        if (!integer_in_range(args[at + 1], 1, INT32_MAX, count, reply, not_positive)) return false;
        const Args texts = args.subspan(at + 2);
        if (static_cast<std::size_t>(count) != texts.size()) {
            reply.error("ERR The `numids` parameter must match the number of arguments");
            return false;
        }
        for (const auto text : texts) {
            if (!stream_id_argument(text, 0, ids.emplace_back(), reply)) return false;
        }
        return true;
    }

  private:
    bool take_references(std::string_view word) noexcept {
        if (equals_ignoring_case(word, "keepref")) {
            references = References::keep;
        } else if (equals_ignoring_case(word, "delref")) {
            references = References::drop;
        } else if (equals_ignoring_case(word, "acked")) {
            references = References::acked;
        } else {
            return false;
        }
        return true;
    }
};

bool is_needed(const StreamData& stream, StreamId id) {
    const auto& groups = stream.groups();
    return std::any_of(groups.begin(), groups.end(), [&](const auto& named) {
        const auto& group = named.second;
        return id > group.last_delivered || group.pending().contains(id);
    });
}

Released release(StreamData& stream, StreamId id, References references) {
    if (!stream.contains(id)) return Released::missing;
    if (references == References::acked && is_needed(stream, id)) return Released::still_referred;
    if (references == References::drop) {
        for (auto& [name, group] : stream.groups()) group.acknowledge(id);
    }
    stream.erase(id);
    return Released::deleted;
}

void reply_all_missing(std::size_t count, Reply& reply) {
    reply.array(count);
    for (std::size_t i = 0; i < count; ++i) reply.integer(static_cast<std::int64_t>(Released::missing));
}

// XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]
void xdelex(Database& database, Args args, Reply& reply, Session& session) {
    ReleaseRequest request;
    if (!request.parse(args, 2, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto stream = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return;
    if (!stream) return reply_all_missing(request.ids.size(), reply);
    reply.array(request.ids.size());
    bool changed = false;
    for (const auto id : request.ids) {
        const auto outcome = release(**stream, id, request.references);
        changed |= outcome == Released::deleted;
        reply.integer(static_cast<std::int64_t>(outcome));
    }
    if (changed) database.changed(key, EventClass::stream, "xdel");
}

// XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]
void xackdel(Database& database, Args args, Reply& reply, Session& session) {
    ReleaseRequest request;
    if (!request.parse(args, 3, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto stream = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return;
    auto* group = stream ? (*stream)->find_group(args[2]) : nullptr;
    if (group == nullptr) return reply_all_missing(request.ids.size(), reply);
    reply.array(request.ids.size());
    bool changed = false;
    bool deleted = false;
    for (const auto id : request.ids) {
        if (!group->acknowledge(id)) {
            reply.integer(static_cast<std::int64_t>(Released::missing));
            continue;
        }
        changed = true;
        // An entry that had been deleted before is done with as well.
        const auto outcome = release(**stream, id, request.references);
        deleted |= outcome == Released::deleted;
        reply.integer(static_cast<std::int64_t>(outcome == Released::missing ? Released::deleted : outcome));
    }
    if (changed) database.changed(key);
    if (deleted) database.notify(key, EventClass::stream, "xdel");
}

constexpr CommandSpec rows[] = {
    {.name = "xdelex",
     .arguments = "key [<condition> KEEPREF | DELREF | ACKED] (<ids:IDS> numids:integer id...)",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "8.2.0",
     .summary = "Deletes entries with regard to the groups that still refer to them.",
     .complexity = "O(1) for each entry",
     .handler = xdelex},
    {.name = "xackdel",
     .arguments = "key group [<condition> KEEPREF | DELREF | ACKED] (<ids:IDS> numids:integer id...)",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "8.2.0",
     .summary = "Acknowledges entries of a group and deletes them with regard to other groups.",
     .complexity = "O(1) for each entry",
     .handler = xackdel},
};

}  // namespace

CommandFamily stream_release_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
