// Streams: adding, reading and removing entries.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"
#include "proxy/resp/server_state.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::Stream;
using cache::StreamData;
using cache::StreamId;

struct NewId {
    bool automatic = false;           // *
    bool automatic_sequence = false;  // ms-*
    StreamId id;

    bool parse(std::string_view text, Reply& reply) {
        automatic = text == "*";
        if (automatic) return true;
        automatic_sequence = text.ends_with("-*");
        if (automatic_sequence) text.remove_suffix(2);
        return stream_id_argument(text, 0, id, reply);
    }

    bool is_zero() const noexcept { return !automatic && !automatic_sequence && id == StreamId::min(); }

    // The id to use; nothing where it would not be above the last one.
    std::optional<StreamId> after(StreamId last, WallTime now) const noexcept {
        StreamId next = id;
        if (automatic) {
            const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
            next = milliseconds > last.milliseconds ? StreamId{milliseconds, 0} : last.next();
        } else if (automatic_sequence && id.milliseconds == last.milliseconds) {
            next = last.next();
            if (next.milliseconds != id.milliseconds) return std::nullopt;
        }
        return next > last ? std::optional(next) : std::nullopt;
    }
};

struct AddRequest {
    bool only_existing = false;  // NOMKSTREAM
    TrimRequest trim;
    NewId id;
    std::size_t id_at = 0;

    bool parse(Args args, Reply& reply) {
        std::size_t at = 2;
        while (at < args.size() && args[at] != "*") {
            std::size_t taken = 0;
            if (!trim.take(args, at, taken, reply)) return false;
            if (taken == 0 && equals_ignoring_case(args[at], "nomkstream")) {
                only_existing = true;
                taken = 1;
            }
            if (taken == 0) break;
            at += taken;
        }
        id_at = at;
        if (at < args.size() && !id.parse(args[at], reply)) return false;
        if (!trim.check(reply)) return false;
        const std::size_t rest = args.size() - std::min(args.size(), at + 1);
        if (rest < 2 || rest % 2 != 0) {
            reply.wrong_arguments("xadd");
            return false;
        }
        if (id.is_zero()) reply.error("ERR The ID specified in XADD must be greater than 0-0");
        return !id.is_zero();
    }
};

// The log holds the id given, and a trim that does exactly what was done.
void log_addition(Session& session, Args args, const AddRequest& request, StreamId id, std::size_t length,
                  bool trimmed) {
    if (session.server().log() == nullptr) return;
    const std::string text = id.str();
    const std::string exact = std::to_string(length);
    std::vector<std::string_view> log{args[0], args[1]};
    if (trimmed) log.insert(log.end(), {"MAXLEN", "=", exact});
    log.emplace_back(text);
    log.insert(log.end(), args.begin() + static_cast<std::ptrdiff_t>(request.id_at) + 1, args.end());
    session.log_instead(log);
}

// XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] * | id field value [field value ...]
void xadd(Database& database, Args args, Reply& reply, Session& session) {
    AddRequest request;
    if (!request.parse(args, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto stream =
        request.only_existing ? database.find_for_write<Stream>(key) : database.find_or_create<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return;
    if (!stream) return reply.null();
    StreamData& data = **stream;
    if (data.last_id() == StreamId::max()) {
        return reply.error("ERR The stream has exhausted the last possible ID, unable to add more items");
    }
    const auto id = request.id.after(data.last_id(), database.now());
    if (!id) {
        return reply.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
    data.append(*id, args.subspan(request.id_at + 1), database.encodings());
    const bool trimmed = request.trim.apply(data, database.encodings()) > 0;
    const std::size_t length = data.size();
    database.changed(key, EventClass::stream, "xadd");
    if (trimmed) database.notify(key, EventClass::stream, "xtrim");
    log_addition(session, args, request, *id, length, trimmed);
    reply_stream_id(*id, reply);
}

// XLEN key
void xlen(Database& database, Args args, Reply& reply, Session& session) {
    const auto stream = database.find<Stream>(session.key(args[1]));
    if (!refuse_wrong_type(stream, reply)) reply.integer(stream ? static_cast<std::int64_t>(stream->size()) : 0);
}

void reply_range(Database& database, Args args, bool reverse, Reply& reply, Session& session) {
    StreamId from;
    StreamId to;
    if (!stream_start_argument(args[reverse ? 3 : 2], from, reply)) return;
    if (!stream_end_argument(args[reverse ? 2 : 3], to, reply)) return;
    std::int64_t count = -1;
    for (std::size_t i = 4; i < args.size(); i += 2) {
        if (!equals_ignoring_case(args[i], "count") || i + 1 >= args.size()) return reply.error(errors::syntax);
        if (!integer_argument(args[i + 1], count, reply)) return;
        count = std::max<std::int64_t>(0, count);
    }
    const auto stream = database.find<Stream>(session.key(args[1]));
    if (refuse_wrong_type(stream, reply)) return;
    if (!stream) return reply.array(0);
    if (count == 0) return reply.null_array();
    reply_stream_range(**stream, from, to, count < 0 ? 0 : static_cast<std::size_t>(count), reverse, reply);
}

// XRANGE key start end [COUNT count]
void xrange(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, false, reply, session);
}

// XREVRANGE key end start [COUNT count]
void xrevrange(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, true, reply, session);
}

// XDEL key id [id ...]
void xdel(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto stream = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return;
    if (!stream) return reply.integer(0);
    std::vector<StreamId> ids;
    for (const auto text : args.subspan(2)) {
        if (!stream_id_argument(text, 0, ids.emplace_back(), reply)) return;
    }
    std::int64_t erased = 0;
    for (const auto id : ids) erased += (*stream)->erase(id) ? 1 : 0;
    if (erased > 0) database.changed(key, EventClass::stream, "xdel");
    reply.integer(erased);
}

// XTRIM key MAXLEN | MINID [= | ~] threshold [LIMIT count]
void xtrim(Database& database, Args args, Reply& reply, Session& session) {
    TrimRequest trim;
    for (std::size_t at = 2; at < args.size();) {
        std::size_t taken = 0;
        if (!trim.take(args, at, taken, reply)) return;
        if (taken == 0) return reply.error(errors::syntax);
        at += taken;
    }
    if (!trim.check(reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto stream = database.find_for_write<Stream>(key);
    if (refuse_wrong_type(stream, reply)) return;
    if (!stream) return reply.integer(0);
    const auto gone = static_cast<std::int64_t>(trim.apply(**stream, database.encodings()));
    const std::string length = std::to_string((*stream)->size());
    if (gone > 0) database.changed(key, EventClass::stream, "xtrim");
    session.log_instead({"XTRIM", key.key, "MAXLEN", "=", length});
    reply.integer(gone);
}

struct IdsRequest {
    StreamId last;
    std::int64_t added = -1;
    StreamId deleted;

    bool parse(Args args, Reply& reply) {
        if (!stream_id_argument(args[2], 0, last, reply)) return false;
        for (std::size_t i = 3; i < args.size(); i += 2) {
            const bool has_next = i + 1 < args.size();
            if (has_next && equals_ignoring_case(args[i], "entriesadded")) {
                if (!integer_argument(args[i + 1], added, reply)) return false;
                if (added < 0) return refuse("ERR entries_added must be positive", reply);
            } else if (has_next && equals_ignoring_case(args[i], "maxdeletedid")) {
                if (!stream_id_argument(args[i + 1], 0, deleted, reply)) return false;
                if (last < deleted) {
                    return refuse("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                                  reply);
                }
            } else {
                return refuse(errors::syntax, reply);
            }
        }
        return true;
    }

    bool fits(const StreamData& stream, Reply& reply) const {
        if (last < stream.max_deleted_id()) {
            return refuse("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id", reply);
        }
        const auto top = stream.top_id();
        if (top && last < *top) {
            return refuse("ERR The ID specified in XSETID is smaller than the target stream top item", reply);
        }
        if (top && added >= 0 && static_cast<std::uint64_t>(added) < stream.size()) {
            return refuse("ERR The entries_added specified in XSETID is smaller than the target stream length", reply);
        }
        return true;
    }

    static bool refuse(std::string_view error, Reply& reply) {
        reply.error(error);
        return false;
    }
};

// XSETID key last-id [ENTRIESADDED count] [MAXDELETEDID id]
void xsetid(Database& database, Args args, Reply& reply, Session& session) {
    IdsRequest request;
    if (!request.parse(args, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto stream = database.find_for_write<Stream>(key);
    if (!stream && !stream.wrong_type) return reply.error(errors::no_such_key);
    if (refuse_wrong_type(stream, reply)) return;
    StreamData& data = **stream;
    if (!request.fits(data, reply)) return;
    data.set_ids(request.last, request.deleted == StreamId::min() ? data.max_deleted_id() : request.deleted,
                 request.added < 0 ? data.entries_added() : static_cast<std::uint64_t>(request.added));
    database.changed(key, EventClass::stream, "xsetid");
    reply.ok();
}

constexpr CommandSpec rows[] = {
    {.name = "xadd",
     .arguments = "key [NOMKSTREAM] [<trim> (<strategy> MAXLEN | MINID) [<operator> equal== | approximately=~] "
                  "threshold [LIMIT count:integer]] (<id-selector> auto-id=* | id) (<data> field value)...",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Appends an entry to a stream.",
     .complexity = "O(1)",
     .handler = xadd},
    {.name = "xlen",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Returns the number of entries.",
     .complexity = "O(1)",
     .handler = xlen},
    {.name = "xrange",
     .arguments = "key start end [COUNT count:integer]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Returns the entries within a range of ids.",
     .complexity = "O(N)",
     .handler = xrange},
    {.name = "xrevrange",
     .arguments = "key end start [COUNT count:integer]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Returns the entries within a range of ids, from the newest.",
     .complexity = "O(N)",
     .handler = xrevrange},
    {.name = "xdel",
     .arguments = "key id...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Deletes entries of a stream.",
     .complexity = "O(1)",
     .handler = xdel},
    {.name = "xtrim",
     .arguments = "key (<trim> (<strategy> MAXLEN | MINID) [<operator> equal== | approximately=~] threshold "
                  "[LIMIT count:integer])",
     .arity = -4,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Deletes the oldest entries of a stream.",
     .complexity = "O(N),",
     .handler = xtrim},
    {.name = "xsetid",
     .arguments = "key last-id [ENTRIESADDED entries-added:integer] [MAXDELETEDID max-deleted-id]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Sets a stream's last id.",
     .complexity = "O(1)",
     .handler = xsetid},
};

}  // namespace

CommandFamily stream_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
