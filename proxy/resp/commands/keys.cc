// Keys as such: existence, removal, names.
#include "cache/base/glob.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

void erase_keys(Database& database, Args names, bool background, Reply& reply) {
    std::int64_t erased = 0;
    for (const auto name : names) {
        const KeyRef key(name);
        if (!database.erase(key, background)) continue;
        database.changed(key, EventClass::generic, "del");
        ++erased;
    }
    reply.integer(erased);
}

// DEL key [key ...]
void del(Database& database, Args args, Reply& reply, Session&) {
    erase_keys(database, args.subspan(1), false, reply);
}

// UNLINK key [key ...]
void unlink(Database& database, Args args, Reply& reply, Session&) {
    erase_keys(database, args.subspan(1), true, reply);
}

// EXISTS key [key ...]; a key named twice counts twice
void exists(Database& database, Args args, Reply& reply, Session&) {
    std::int64_t found = 0;
    for (const auto name : args.subspan(1)) found += database.find(KeyRef(name), cache::Touch::no) != nullptr ? 1 : 0;
    reply.integer(found);
}

// TOUCH key [key ...]
void touch(Database& database, Args args, Reply& reply, Session&) {
    std::int64_t found = 0;
    for (const auto name : args.subspan(1)) {
        const KeyRef key(name);
        if (!database.contains(key)) continue;
        database.touch(key);
        ++found;
    }
    reply.integer(found);
}

// TYPE key
void type(Database& database, Args args, Reply& reply, Session& session) {
    const auto* entry = database.find(session.key(args[1]), cache::Touch::no);
    reply.simple(entry != nullptr ? cache::type_name(entry->type()) : "none");
}

// KEYS pattern
void keys_command(Database& database, Args args, Reply& reply, Session&) {
    const auto pattern = args[1];
    const bool all = pattern == "*";
    const auto mark = reply.open();
    std::size_t count = 0;
    database.for_each([&](const KeyRef& key, const cache::Entry&) {
        if (!all && !glob_match(pattern, key.key)) return;
        reply.bulk(key.key);
        ++count;
    });
    reply.close_array(mark, count);
}

// RANDOMKEY
void randomkey(Database& database, Args, Reply& reply, Session&) {
    if (const auto key = database.random_key()) return reply.bulk(*key);
    reply.null();
}

// RENAME's work; the reply is its caller's. True where it was done.
bool rename_key(Database& database, const KeyRef& from, const KeyRef& to, bool replace, Reply& reply) {
    if (!database.contains(from)) {
        reply.error(errors::no_such_key);
        return false;
    }
    if (from.key == to.key) {
        replace ? reply.ok() : reply.integer(0);
        return false;
    }
    if (!replace && database.contains(to)) {
        reply.integer(0);
        return false;
    }
    auto taken = database.take(from);
    if (!taken) {
        reply.error(errors::no_such_key);
        return false;
    }
    database.replace(to, std::move(taken->value), taken->expiry);
    database.changed(from, EventClass::generic, "rename_from");
    database.changed(to, EventClass::generic, "rename_to");
    return true;
}

// RENAME key newkey
void rename(Database& database, Args args, Reply& reply, Session& session) {
    if (rename_key(database, session.key(args[1]), KeyRef(args[2]), true, reply)) reply.ok();
}

// RENAMENX key newkey
void renamenx(Database& database, Args args, Reply& reply, Session& session) {
    if (rename_key(database, session.key(args[1]), KeyRef(args[2]), false, reply)) reply.integer(1);
}

constexpr CommandSpec rows[] = {
    {.name = "del",
     .arguments = "key...",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::drops_filled,
     .keys = {keys::range(1, -1, 1, key_flag::rm | key_flag::remove)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Deletes keys.",
     .complexity = "O(N)",
     .handler = del},
    {.name = "unlink",
     .arguments = "key...",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast | flag::drops_filled,
     .keys = {keys::range(1, -1, 1, key_flag::rm | key_flag::remove)},
     .group = Group::generic,
     .since = "4.0.0",
     .summary = "Deletes keys; their memory is released later.",
     .complexity = "O(1)",
     .handler = unlink},
    {.name = "exists",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::range(1, -1, 1, key_flag::ro)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Counts the keys that exist.",
     .complexity = "O(N)",
     .handler = exists},
    {.name = "touch",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::range(1, -1, 1, key_flag::ro)},
     .group = Group::generic,
     .since = "3.2.1",
     .summary = "Counts the keys that exist and marks them as used.",
     .complexity = "O(N)",
     .handler = touch},
    {.name = "type",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Returns the type of the value stored at a key.",
     .complexity = "O(1)",
     .handler = type},
    {.name = "keys",
     .arguments = "pattern:pattern",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::own_slices,
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Returns the names of all keys that match a pattern.",
     .complexity = "O(N)",
     .acl = acl::dangerous,
     .handler = keys_command},
    {.name = "randomkey",
     .arity = 1,
     .access = Access::read(),
     .flags = flag::own_slices | flag::touches_arbitrary_keys,
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Returns the name of a key chosen at random.",
     .complexity = "O(1)",
     .handler = randomkey},
    {.name = "rename",
     .arguments = "key newkey:key",
     .arity = 3,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::ow | key_flag::update)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Renames a key, replacing what the new name held.",
     .complexity = "O(1)",
     .handler = rename},
    {.name = "renamenx",
     .arguments = "key newkey:key",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::ow | key_flag::insert)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Renames a key where the new name is free.",
     .complexity = "O(1)",
     .handler = renamenx},
};

}  // namespace

CommandFamily keys_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
