// Hashes: setting and reading fields.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::Hash;
using cache::KeyRef;

// Sets `pairs` (field value [field value ...]); nothing where the key holds another type, else how many were new.
std::optional<std::int64_t> set_fields(Database& database, const KeyRef& key, Args pairs, Reply& reply) {
    const auto hash = database.find_or_create<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return std::nullopt;
    std::int64_t added = 0;
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
        added += hash->set(pairs[i], pairs[i + 1], database.encodings()) ? 1 : 0;
    }
    database.changed(key, EventClass::hash, "hset");
    return added;
}

// HSET key field value [field value ...]
void hset(Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() % 2 != 0) return reply.wrong_arguments("hset");
    if (const auto added = set_fields(database, session.key(args[1]), args.subspan(2), reply)) reply.integer(*added);
}

// HMSET key field value [field value ...]
void hmset(Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() % 2 != 0) return reply.wrong_arguments("hmset");
    if (set_fields(database, session.key(args[1]), args.subspan(2), reply)) reply.ok();
}

// HSETNX key field value
void hsetnx(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto hash = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return;
    if (hash && hash->contains(args[2])) return reply.integer(0);
    if (set_fields(database, key, args.subspan(2), reply)) reply.integer(1);
}

void reply_field(const cache::Lookup<Hash>& hash, std::string_view field, Reply& reply) {
    const auto value = hash ? hash->get(field) : std::nullopt;
    if (value) return reply_element(reply, *value);
    reply.null();
}

// HGET key field
void hget(Database& database, Args args, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (!refuse_wrong_type(hash, reply)) reply_field(hash, args[2], reply);
}

// HMGET key field [field ...]
void hmget(Database& database, Args args, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (refuse_wrong_type(hash, reply)) return;
    reply.array(args.size() - 2);
    for (const auto field : args.subspan(2)) reply_field(hash, field, reply);
}

// HDEL key field [field ...]
void hdel(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto hash = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return;
    std::int64_t erased = 0;
    if (hash) {
        for (const auto field : args.subspan(2)) erased += hash->erase(field) ? 1 : 0;
    }
    if (erased > 0) tell_shrunk(database, key, EventClass::hash, "hdel", hash->empty());
    reply.integer(erased);
}

// HLEN key
void hlen(Database& database, Args args, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (!refuse_wrong_type(hash, reply)) reply.integer(hash ? static_cast<std::int64_t>(hash->size()) : 0);
}

// HSTRLEN key field
void hstrlen(Database& database, Args args, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (refuse_wrong_type(hash, reply)) return;
    const auto value = hash ? hash->get(args[2]) : std::nullopt;
    reply.integer(value ? static_cast<std::int64_t>(value->size()) : 0);
}

// HEXISTS key field
void hexists(Database& database, Args args, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (!refuse_wrong_type(hash, reply)) reply.integer(hash && hash->contains(args[2]) ? 1 : 0);
}

enum class Part : std::uint8_t { fields, values, both };

void reply_all(Database& database, Args args, Part part, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (refuse_wrong_type(hash, reply)) return;
    const std::size_t size = hash ? hash->size() : 0;
    part == Part::both ? reply.map(size) : reply.array(size);
    if (!hash) return;
    hash->for_each([&](ElementView field, ElementView value) {
        if (part != Part::values) reply_element(reply, field);
        if (part != Part::fields) reply_element(reply, value);
    });
}

// HKEYS key
void hkeys(Database& database, Args args, Reply& reply, Session& session) {
    reply_all(database, args, Part::fields, reply, session);
}

// HVALS key
void hvals(Database& database, Args args, Reply& reply, Session& session) {
    reply_all(database, args, Part::values, reply, session);
}

// HGETALL key
void hgetall(Database& database, Args args, Reply& reply, Session& session) {
    reply_all(database, args, Part::both, reply, session);
}

constexpr CommandSpec rows[] = {
    {.name = "hset",
     .arguments = "key (<data> field value)...",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Sets fields of a hash.",
     .complexity = "O(1)",
     .handler = hset},
    {.name = "hmset",
     .arguments = "key (<data> field value)...",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Sets fields of a hash.",
     .complexity = "O(N)",
     .handler = hmset,
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with multiple field-value pairs"},
    {.name = "hsetnx",
     .arguments = "key field value",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Sets a field of a hash that does not exist.",
     .complexity = "O(1)",
     .handler = hsetnx},
    {.name = "hget",
     .arguments = "key field",
     .arity = 3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Returns a field's value.",
     .complexity = "O(1)",
     .handler = hget},
    {.name = "hmget",
     .arguments = "key field...",
     .arity = -3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Returns the values of several fields.",
     .complexity = "O(N)",
     .handler = hmget},
    {.name = "hdel",
     .arguments = "key field...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Deletes fields of a hash.",
     .complexity = "O(N)",
     .handler = hdel},
    {.name = "hlen",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Returns the number of fields.",
     .complexity = "O(1)",
     .handler = hlen},
    {.name = "hstrlen",
     .arguments = "key field",
     .arity = 3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::hash,
     .since = "3.2.0",
     .summary = "Returns the length of a field's value.",
     .complexity = "O(1)",
     .handler = hstrlen},
    {.name = "hexists",
     .arguments = "key field",
     .arity = 3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Tells whether a field exists.",
     .complexity = "O(1)",
     .handler = hexists},
    {.name = "hkeys",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Returns all fields.",
     .complexity = "O(N)",
     .handler = hkeys},
    {.name = "hvals",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Returns all values of a hash.",
     .complexity = "O(N)",
     .handler = hvals},
    {.name = "hgetall",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Returns all fields with their values.",
     .complexity = "O(N)",
     .handler = hgetall},
};

}  // namespace

CommandFamily hash_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
