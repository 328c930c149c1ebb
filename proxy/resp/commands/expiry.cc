// When keys expire: setting, asking, dropping.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/expire_conditions.h"
#include "proxy/resp/commands/expiry_argument.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

bool parse_conditions(Args args, ExpireConditions& conditions, Reply& reply) {
    for (const auto word : args.subspan(3)) {
        if (conditions.take(word)) continue;
        reply.error("ERR Unsupported option ", word);
        return false;
    }
    if (conditions.missing && (conditions.present || conditions.greater || conditions.less)) {
        reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if (conditions.greater && conditions.less) {
        reply.error("ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

void expire_key(Database& database, Args args, TimeForm form, std::string_view command, Reply& reply,
                Session& session) {
    ExpireConditions conditions;
    if (!parse_conditions(args, conditions, reply)) return;
    WallTime at;
    if (!expiry_argument(args[2], form, database.now(), false, command, at, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto* entry = database.find(key);
    if (entry == nullptr || !conditions.hold(entry->expiry(), at)) return reply.integer(0);
    // What was filled from the database is dropped rather than kept under another expiry.
    if (entry->filled() || at <= database.expiry_now()) {
        database.erase(key);
        database.changed(key, EventClass::generic, "del");
        session.log_instead({"DEL", key.key});
    } else {
        database.set_expiry(key, at);
        database.changed(key, EventClass::generic, "expire");
        DecimalBuffer digits;
        session.log_instead({"PEXPIREAT", key.key, format_integer(at.time_since_epoch().count(), digits)});
    }
    reply.integer(1);
}

// EXPIRE key seconds [NX | XX | GT | LT]
void expire(Database& database, Args args, Reply& reply, Session& session) {
    expire_key(database, args, {TimeUnit::seconds, TimeBase::now}, "expire", reply, session);
}

// PEXPIRE key milliseconds [NX | XX | GT | LT]
void pexpire(Database& database, Args args, Reply& reply, Session& session) {
    expire_key(database, args, {TimeUnit::milliseconds, TimeBase::now}, "pexpire", reply, session);
}

// EXPIREAT key unix-time-seconds [NX | XX | GT | LT]
void expireat(Database& database, Args args, Reply& reply, Session& session) {
    expire_key(database, args, {TimeUnit::seconds, TimeBase::epoch}, "expireat", reply, session);
}

// PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]
void pexpireat(Database& database, Args args, Reply& reply, Session& session) {
    expire_key(database, args, {TimeUnit::milliseconds, TimeBase::epoch}, "pexpireat", reply, session);
}

// -2: no key, -1: no expiry; else the time left, or the moment, in the unit; seconds are rounded to the nearest.
void reply_expiry(Database& database, const KeyRef& key, TimeForm form, Reply& reply) {
    const auto* entry = database.find(key, cache::Touch::no);
    if (entry == nullptr) return reply.integer(-2);
    const auto at = entry->expiry();
    if (!at) return reply.integer(-1);
    std::int64_t milliseconds = at->time_since_epoch().count();
    if (form.base == TimeBase::now) {
        milliseconds = std::max<std::int64_t>(0, milliseconds - database.now().time_since_epoch().count());
    }
    if (form.unit == TimeUnit::milliseconds) return reply.integer(milliseconds);
    reply.integer(milliseconds / 1000 + (milliseconds % 1000 >= 500 ? 1 : 0));
}

// TTL key
void ttl(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiry(database, session.key(args[1]), {TimeUnit::seconds, TimeBase::now}, reply);
}

// PTTL key
void pttl(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiry(database, session.key(args[1]), {TimeUnit::milliseconds, TimeBase::now}, reply);
}

// EXPIRETIME key
void expiretime(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiry(database, session.key(args[1]), {TimeUnit::seconds, TimeBase::epoch}, reply);
}

// PEXPIRETIME key
void pexpiretime(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiry(database, session.key(args[1]), {TimeUnit::milliseconds, TimeBase::epoch}, reply);
}

// PERSIST key
void persist(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    if (!database.persist(key)) return reply.integer(0);
    database.changed(key, EventClass::generic, "persist");
    reply.integer(1);
}

constexpr CommandSpec rows[] = {
    {.name = "expire",
     .arguments = "key seconds:integer [<condition> NX | XX | GT | LT]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast | flag::drops_filled,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Sets a key's expiry in seconds from now.",
     .complexity = "O(1)",
     .handler = expire},
    {.name = "pexpire",
     .arguments = "key milliseconds:integer [<condition> NX | XX | GT | LT]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast | flag::drops_filled,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::generic,
     .since = "2.6.0",
     .summary = "Sets a key's expiry in milliseconds from now.",
     .complexity = "O(1)",
     .handler = pexpire},
    {.name = "expireat",
     .arguments = "key unix-time-seconds:unix-time [<condition> NX | XX | GT | LT]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast | flag::drops_filled,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::generic,
     .since = "1.2.0",
     .summary = "Sets a key's expiry to a Unix time in seconds.",
     .complexity = "O(1)",
     .handler = expireat},
    {.name = "pexpireat",
     .arguments = "key unix-time-milliseconds:unix-time [<condition> NX | XX | GT | LT]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast | flag::drops_filled,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::generic,
     .since = "2.6.0",
     .summary = "Sets a key's expiry to a Unix time in milliseconds.",
     .complexity = "O(1)",
     .handler = pexpireat},
    {.name = "ttl",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Returns the seconds a key has left.",
     .complexity = "O(1)",
     .handler = ttl},
    {.name = "pttl",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::generic,
     .since = "2.6.0",
     .summary = "Returns the milliseconds a key has left.",
     .complexity = "O(1)",
     .handler = pttl},
    {.name = "expiretime",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::generic,
     .since = "7.0.0",
     .summary = "Returns a key's expiry as a Unix time in seconds.",
     .complexity = "O(1)",
     .handler = expiretime},
    {.name = "pexpiretime",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::generic,
     .since = "7.0.0",
     .summary = "Returns a key's expiry as a Unix time in milliseconds.",
     .complexity = "O(1)",
     .handler = pexpiretime},
    {.name = "persist",
     .arguments = "key",
     .arity = 2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::generic,
     .since = "2.2.0",
     .summary = "Drops a key's expiry.",
     .complexity = "O(1)",
     .handler = persist},
};

}  // namespace

CommandFamily expiry_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
