// Lists: both ends, and elements by index.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/list_end.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::List;
using cache::ListEnd;

void push(Database& database, Args args, ListEnd end, bool must_exist, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto list = must_exist ? database.find_for_write<List>(key) : database.find_or_create<List>(key);
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.integer(0);
    for (const auto element : args.subspan(2)) list->push(end, element, database.encodings());
    const auto size = static_cast<std::int64_t>(list->size());
    database.changed(key, EventClass::list, push_event(end));
    reply.integer(size);
}

// LPUSH key element [element ...]
void lpush(Database& database, Args args, Reply& reply, Session& session) {
    push(database, args, ListEnd::front, false, reply, session);
}

// RPUSH key element [element ...]
void rpush(Database& database, Args args, Reply& reply, Session& session) {
    push(database, args, ListEnd::back, false, reply, session);
}

// LPUSHX key element [element ...]
void lpushx(Database& database, Args args, Reply& reply, Session& session) {
    push(database, args, ListEnd::front, true, reply, session);
}

// RPUSHX key element [element ...]
void rpushx(Database& database, Args args, Reply& reply, Session& session) {
    push(database, args, ListEnd::back, true, reply, session);
}

void pop(Database& database, Args args, ListEnd end, std::string_view command, Reply& reply, Session& session) {
    if (args.size() > 3) return reply.wrong_arguments(command);
    std::int64_t count = 1;
    const bool has_count = args.size() == 3;
    if (has_count && !integer_in_range(args[2], 0, INT64_MAX, count, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto list = database.find_for_write<List>(key);
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return has_count ? reply.null_array() : reply.null();
    if (!has_count) {
        list->pop(end, [&](ElementView element) { reply_element(reply, element); });
        list->compact(database.encodings());
        return tell_shrunk(database, key, EventClass::list, pop_event(end), list->empty());
    }
    const auto taken = std::min(static_cast<std::size_t>(count), list->size());
    reply_popped(*list, end, taken, reply);
    list->compact(database.encodings());
    if (taken > 0) tell_shrunk(database, key, EventClass::list, pop_event(end), list->empty());
}

// LPOP key [count]
void lpop(Database& database, Args args, Reply& reply, Session& session) {
    pop(database, args, ListEnd::front, "lpop", reply, session);
}

// RPOP key [count]
void rpop(Database& database, Args args, Reply& reply, Session& session) {
    pop(database, args, ListEnd::back, "rpop", reply, session);
}

// LLEN key
void llen(Database& database, Args args, Reply& reply, Session& session) {
    const auto list = database.find<List>(session.key(args[1]));
    if (!refuse_wrong_type(list, reply)) reply.integer(list ? static_cast<std::int64_t>(list->size()) : 0);
}

// LINDEX key index
void lindex(Database& database, Args args, Reply& reply, Session& session) {
    const auto list = database.find<List>(session.key(args[1]));
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.null();
    std::int64_t index = 0;
    if (!integer_argument(args[2], index, reply)) return;
    const auto size = static_cast<std::int64_t>(list->size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return reply.null();
    reply_element(reply, *list->at(static_cast<std::size_t>(index)));
}

// LSET key index element
void lset(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto list = database.find_for_write<List>(key);
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.error(errors::no_such_key);
    std::int64_t index = 0;
    if (!integer_argument(args[2], index, reply)) return;
    const auto size = static_cast<std::int64_t>(list->size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return reply.error(errors::index_out_of_range);
    list->set(static_cast<std::size_t>(index), args[3], database.encodings());
    list->compact(database.encodings());
    database.changed(key, EventClass::list, "lset");
    reply.ok();
}

// LRANGE key start stop
void lrange(Database& database, Args args, Reply& reply, Session& session) {
    IndexRange range;
    if (!range.parse(args[2], args[3], reply)) return;
    const auto list = database.find<List>(session.key(args[1]));
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.array(0);
    const auto [first, count] = range.within(list->size());
    reply.array(count);
    if (count == 0) return;
    list->for_range(first, count, [&](ElementView element) {
        reply_element(reply, element);
        return true;
    });
}

// LTRIM key start stop
void ltrim(Database& database, Args args, Reply& reply, Session& session) {
    IndexRange range;
    if (!range.parse(args[2], args[3], reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto list = database.find_for_write<List>(key);
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.ok();
    const auto [first, count] = range.within(list->size());
    const std::size_t end = first + count;
    if (end < list->size()) list->erase(end, list->size() - end);
    if (first > 0) list->erase(0, std::min(first, list->size()));
    list->compact(database.encodings());
    tell_shrunk(database, key, EventClass::list, "ltrim", list->empty());
    reply.ok();
}

constexpr CommandSpec rows[] = {
    {.name = "lpush",
     .arguments = "key element...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Adds elements at the head of a list.",
     .complexity = "O(1)",
     .handler = lpush},
    {.name = "rpush",
     .arguments = "key element...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Adds elements at the tail of a list.",
     .complexity = "O(1)",
     .handler = rpush},
    {.name = "lpushx",
     .arguments = "key element...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "2.2.0",
     .summary = "Adds elements at the head of a list that exists.",
     .complexity = "O(1)",
     .handler = lpushx},
    {.name = "rpushx",
     .arguments = "key element...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "2.2.0",
     .summary = "Adds elements at the tail of a list that exists.",
     .complexity = "O(1)",
     .handler = rpushx},
    {.name = "lpop",
     .arguments = "key [count:integer]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Removes and returns elements at the head of a list.",
     .complexity = "O(N)",
     .handler = lpop},
    {.name = "rpop",
     .arguments = "key [count:integer]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Removes and returns elements at the tail of a list.",
     .complexity = "O(N)",
     .handler = rpop},
    {.name = "llen",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Returns the length of a list.",
     .complexity = "O(1)",
     .handler = llen},
    {.name = "lindex",
     .arguments = "key index:integer",
     .arity = 3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Returns the element at an index.",
     .complexity = "O(N)",
     .handler = lindex},
    {.name = "lset",
     .arguments = "key index:integer element",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Replaces the element at an index.",
     .complexity = "O(N)",
     .handler = lset},
    {.name = "lrange",
     .arguments = "key start:integer stop:integer",
     .arity = 4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Returns a range of elements.",
     .complexity = "O(S+N)",
     .handler = lrange},
    {.name = "ltrim",
     .arguments = "key start:integer stop:integer",
     .arity = 4,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Keeps only a range of elements.",
     .complexity = "O(N)",
     .handler = ltrim},
};

}  // namespace

CommandFamily list_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
