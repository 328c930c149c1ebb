// Elements from list to list, and from the first list that has any.
//
// The blocking forms are the same handlers: where no list has an element they ask the session to wait, and run again
// when one of their keys was changed.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/list_end.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::List;
using cache::ListEnd;

void wait_for(Args names, std::int64_t timeout_ms, TimeoutReply on_timeout, Reply& reply, Session& session) {
    BlockRequest request;
    request.keys.assign(names.begin(), names.end());
    request.timeout_ms = timeout_ms;
    request.on_timeout = on_timeout;
    session.block(std::move(request), reply);
}

std::string_view word_of(ListEnd end) noexcept {
    return end == ListEnd::front ? "LEFT" : "RIGHT";
}

enum class Moved : std::uint8_t { yes, source_is_empty, refused };

// Moves one element, which may be within one list. Writes the reply unless the source is empty.
Moved move_element(Database& database, const KeyRef& from, const KeyRef& to, ListEnd from_end, ListEnd to_end,
                   Reply& reply) {
    const auto source = database.find_for_write<List>(from);
    if (refuse_wrong_type(source, reply)) return Moved::refused;
    if (!source) return Moved::source_is_empty;
    if (refuse_wrong_type(database.find_for_write<List>(to), reply)) return Moved::refused;
    const std::string element = *source->pop(from_end);
    source->compact(database.encodings());
    reply.bulk(element);
    if (from.key == to.key) {
        source->push(to_end, element, database.encodings());
        database.changed(from, EventClass::list, pop_event(from_end));
        database.notify(to, EventClass::list, push_event(to_end));
        return Moved::yes;
    }
    tell_shrunk(database, from, EventClass::list, pop_event(from_end), source->empty());
    database.find_or_create<List>(to)->push(to_end, element, database.encodings());
    database.changed(to, EventClass::list, push_event(to_end));
    return Moved::yes;
}

struct EndPair {
    ListEnd from = ListEnd::back;
    ListEnd to = ListEnd::front;

    bool parse(std::string_view from_word, std::string_view to_word, Reply& reply) {
        return list_end_argument(from_word, from, reply) && list_end_argument(to_word, to, reply);
    }
};

// RPOPLPUSH source destination
void rpoplpush(Database& database, Args args, Reply& reply, Session& session) {
    const auto moved =
        move_element(database, session.key(args[1]), KeyRef(args[2]), ListEnd::back, ListEnd::front, reply);
    if (moved == Moved::source_is_empty) reply.null();
}

// LMOVE source destination LEFT|RIGHT LEFT|RIGHT
void lmove(Database& database, Args args, Reply& reply, Session& session) {
    EndPair ends;
    if (!ends.parse(args[3], args[4], reply)) return;
    const auto moved = move_element(database, session.key(args[1]), KeyRef(args[2]), ends.from, ends.to, reply);
    if (moved == Moved::source_is_empty) reply.null();
}

void move_or_wait(Database& database, Args args, EndPair ends, std::int64_t timeout_ms, Reply& reply,
                  Session& session) {
    const auto moved = move_element(database, session.key(args[1]), KeyRef(args[2]), ends.from, ends.to, reply);
    if (moved == Moved::source_is_empty) {
        wait_for(args.subspan(1, 1), timeout_ms, TimeoutReply::null, reply, session);
    } else if (moved == Moved::yes) {
        session.log_instead({"LMOVE", args[1], args[2], word_of(ends.from), word_of(ends.to)});
    }
}

// BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout
void blmove(Database& database, Args args, Reply& reply, Session& session) {
    EndPair ends;
    std::int64_t timeout_ms = 0;
    if (!ends.parse(args[3], args[4], reply) || !timeout_argument(args[5], timeout_ms, reply)) return;
    move_or_wait(database, args, ends, timeout_ms, reply, session);
}

// BRPOPLPUSH source destination timeout
void brpoplpush(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t timeout_ms = 0;
    if (timeout_argument(args[3], timeout_ms, reply)) {
        move_or_wait(database, args, EndPair{}, timeout_ms, reply, session);
    }
}

void pop_or_wait(Database& database, Args args, ListEnd end, Reply& reply, Session& session) {
    std::int64_t timeout_ms = 0;
    if (!timeout_argument(args.back(), timeout_ms, reply)) return;
    const Args names = args.subspan(1, args.size() - 2);
    for (const auto name : names) {
        const KeyRef key(name);
        const auto list = database.find_for_write<List>(key);
        if (refuse_wrong_type(list, reply)) return;
        if (!list) continue;
        reply.array(2);
        reply.bulk(name);
        list->pop(end, [&](ElementView element) { reply_element(reply, element); });
        list->compact(database.encodings());
        tell_shrunk(database, key, EventClass::list, pop_event(end), list->empty());
        session.log_instead({end == ListEnd::front ? "LPOP" : "RPOP", name});
        return;
    }
    wait_for(names, timeout_ms, TimeoutReply::null_array, reply, session);
}

// BLPOP key [key ...] timeout
void blpop(Database& database, Args args, Reply& reply, Session& session) {
    pop_or_wait(database, args, ListEnd::front, reply, session);
}

// BRPOP key [key ...] timeout
void brpop(Database& database, Args args, Reply& reply, Session& session) {
    pop_or_wait(database, args, ListEnd::back, reply, session);
}

struct PopRequest {
    Args names;
    ListEnd end = ListEnd::front;
    std::int64_t count = 1;

    // `numkeys key [key ...] LEFT|RIGHT [COUNT count]`
    bool parse(Args args, Reply& reply) {
        std::int64_t names_count = 0;
        if (!integer_in_range(args[0], 1, INT64_MAX, names_count, reply, errors::numkeys_not_positive)) return false;
        if (static_cast<std::uint64_t>(names_count) + 1 >= args.size()) {
            reply.error(errors::syntax);
            return false;
        }
        names = args.subspan(1, static_cast<std::size_t>(names_count));
        const Args rest = args.subspan(names.size() + 1);
        if (!list_end_argument(rest[0], end, reply)) return false;
        if (rest.size() == 1) return true;
        const bool has_count = rest.size() >= 3 && equals_ignoring_case(rest[1], "count");
        constexpr std::string_view not_positive = "ERR count should be greater than 0";
        if (has_count && !integer_in_range(rest[2], 1, INT64_MAX, count, reply, not_positive)) return false;
        if (has_count && rest.size() == 3) return true;
        reply.error(errors::syntax);
        return false;
    }
};

// True where a list had elements or an error was written.
bool pop_first(Database& database, const PopRequest& request, Reply& reply, Session& session) {
    for (const auto name : request.names) {
        const KeyRef key(name);
        const auto list = database.find_for_write<List>(key);
        if (refuse_wrong_type(list, reply)) return true;
        if (!list) continue;
        const auto taken = std::min(static_cast<std::size_t>(request.count), list->size());
        reply.array(2);
        reply.bulk(name);
        reply_popped(*list, request.end, taken, reply);
        list->compact(database.encodings());
        tell_shrunk(database, key, EventClass::list, pop_event(request.end), list->empty());
        DecimalBuffer digits;
        session.log_instead({request.end == ListEnd::front ? "LPOP" : "RPOP", name,
                             format_integer(static_cast<std::int64_t>(taken), digits)});
        return true;
    }
    return false;
}

// LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]
void lmpop(Database& database, Args args, Reply& reply, Session& session) {
    PopRequest request;
    if (!request.parse(args.subspan(1), reply)) return;
    if (!pop_first(database, request, reply, session)) reply.null_array();
}

// BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]
void blmpop(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t timeout_ms = 0;
    PopRequest request;
    if (!request.parse(args.subspan(2), reply) || !timeout_argument(args[1], timeout_ms, reply)) return;
    if (pop_first(database, request, reply, session)) return;
    wait_for(request.names, timeout_ms, TimeoutReply::null_array, reply, session);
}

constexpr CommandSpec rows[] = {
    {.name = "rpoplpush",
     .arguments = "source:key destination:key",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "1.2.0",
     .summary = "Moves the last element of a list to the head of another.",
     .complexity = "O(1)",
     .handler = rpoplpush,
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments"},
    {.name = "lmove",
     .arguments = "source:key destination:key (<wherefrom> LEFT | RIGHT) (<whereto> LEFT | RIGHT)",
     .arity = 5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "6.2.0",
     .summary = "Moves an element from an end of a list to an end of another.",
     .complexity = "O(1)",
     .handler = lmove},
    {.name = "blmove",
     .arguments = "source:key destination:key (<wherefrom> LEFT | RIGHT) (<whereto> LEFT | RIGHT) timeout:double",
     .arity = 6,
     .access = Access::write(),
     .flags = flag::denyoom | flag::blocking,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "6.2.0",
     .summary = "Moves an element from an end of a list to an end of another; waits for one.",
     .complexity = "O(1)",
     .handler = blmove},
    {.name = "brpoplpush",
     .arguments = "source:key destination:key timeout:double",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::blocking,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "2.2.0",
     .summary = "Moves the last element of a list to the head of another; waits for one.",
     .complexity = "O(1)",
     .handler = brpoplpush,
     .deprecated_since = "6.2.0",
     .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments"},
    {.name = "blpop",
     .arguments = "key... timeout:double",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::blocking,
     .keys = {keys::range(1, -2, 1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::list,
     .since = "2.0.0",
     .summary = "Removes and returns the first element of one of the lists; waits for one.",
     .complexity = "O(N)",
     .handler = blpop},
    {.name = "brpop",
     .arguments = "key... timeout:double",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::blocking,
     .keys = {keys::range(1, -2, 1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::list,
     .since = "2.0.0",
     .summary = "Removes and returns the last element of one of the lists; waits for one.",
     .complexity = "O(N)",
     .handler = brpop},
    {.name = "lmpop",
     .arguments = "numkeys:integer key... (<where> LEFT | RIGHT) [COUNT count:integer]",
     .arity = -4,
     .access = Access::write(),
     .keys = {keys::counted(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::list,
     .since = "7.0.0",
     .summary = "Removes and returns elements of the first list that has any.",
     .complexity = "O(N+M)",
     .handler = lmpop},
    {.name = "blmpop",
     .arguments = "timeout:double numkeys:integer key... (<where> LEFT | RIGHT) [COUNT count:integer]",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::blocking,
     .keys = {keys::counted(2, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::list,
     .since = "7.0.0",
     .summary = "Removes and returns elements of the first list that has any; waits for them.",
     .complexity = "O(N+M)",
     .handler = blmpop},
};

}  // namespace

CommandFamily list_move_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
