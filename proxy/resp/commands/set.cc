// Sets: members of one set, and moving them.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::Set;

// SADD key member [member ...]
void sadd(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto set = database.find_or_create<Set>(key);
    if (refuse_wrong_type(set, reply)) return;
    std::int64_t added = 0;
    for (const auto member : args.subspan(2)) added += set->add(member, database.encodings()) ? 1 : 0;
    if (added > 0) database.changed(key, EventClass::set, "sadd");
    reply.integer(added);
}

// SREM key member [member ...]
void srem(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto set = database.find_for_write<Set>(key);
    if (refuse_wrong_type(set, reply)) return;
    std::int64_t erased = 0;
    if (set) {
        for (const auto member : args.subspan(2)) erased += set->erase(member) ? 1 : 0;
    }
    if (erased > 0) tell_shrunk(database, key, EventClass::set, "srem", set->empty());
    reply.integer(erased);
}

// SCARD key
void scard(Database& database, Args args, Reply& reply, Session& session) {
    const auto set = database.find<Set>(session.key(args[1]));
    if (!refuse_wrong_type(set, reply)) reply.integer(set ? static_cast<std::int64_t>(set->size()) : 0);
}

// SISMEMBER key member
void sismember(Database& database, Args args, Reply& reply, Session& session) {
    const auto set = database.find<Set>(session.key(args[1]));
    if (!refuse_wrong_type(set, reply)) reply.integer(set && set->contains(args[2]) ? 1 : 0);
}

// SMISMEMBER key member [member ...]
void smismember(Database& database, Args args, Reply& reply, Session& session) {
    const auto set = database.find<Set>(session.key(args[1]));
    if (refuse_wrong_type(set, reply)) return;
    reply.array(args.size() - 2);
    for (const auto member : args.subspan(2)) reply.integer(set && set->contains(member) ? 1 : 0);
}

// SMEMBERS key
void smembers(Database& database, Args args, Reply& reply, Session& session) {
    const auto set = database.find<Set>(session.key(args[1]));
    if (refuse_wrong_type(set, reply)) return;
    reply.set(set ? set->size() : 0);
    if (!set) return;
    set->for_each([&](ElementView member) {
        reply_element(reply, member);
        return true;
    });
}

// SMOVE source destination member
void smove(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef from = session.key(args[1]);
    const KeyRef to(args[2]);
    const auto source = database.find_for_write<Set>(from);
    if (!source && !source.wrong_type) return reply.integer(0);
    if (refuse_wrong_type(source, reply) || refuse_wrong_type(database.find_for_write<Set>(to), reply)) return;
    if (from.key == to.key) return reply.integer(source->contains(args[3]) ? 1 : 0);
    if (!source->erase(args[3])) return reply.integer(0);
    tell_shrunk(database, from, EventClass::set, "srem", source->empty());
    if (database.find_or_create<Set>(to)->add(args[3], database.encodings())) {
        database.changed(to, EventClass::set, "sadd");
    }
    reply.integer(1);
}

constexpr CommandSpec rows[] = {
    {.name = "sadd",
     .arguments = "key member...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Adds members to a set.",
     .complexity = "O(1)",
     .handler = sadd},
    {.name = "srem",
     .arguments = "key member...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Removes members of a set.",
     .complexity = "O(N)",
     .handler = srem},
    {.name = "scard",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Returns the number of members.",
     .complexity = "O(1)",
     .handler = scard},
    {.name = "sismember",
     .arguments = "key member",
     .arity = 3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Tells whether a member is in a set.",
     .complexity = "O(1)",
     .handler = sismember},
    {.name = "smismember",
     .arguments = "key member...",
     .arity = -3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "6.2.0",
     .summary = "Tells for several members whether they are in a set.",
     .complexity = "O(N)",
     .handler = smismember},
    {.name = "smembers",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Returns all members of a set.",
     .complexity = "O(N)",
     .handler = smembers},
    {.name = "smove",
     .arguments = "source:key destination:key member",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove),
              keys::one(2, key_flag::rw | key_flag::insert)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Moves a member from one set to another.",
     .complexity = "O(1)",
     .handler = smove},
};

}  // namespace

CommandFamily set_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
