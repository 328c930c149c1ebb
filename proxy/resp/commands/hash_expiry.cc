// When fields of hashes expire: setting, asking, dropping.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/expire_conditions.h"
#include "proxy/resp/commands/hash_field_list.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::Hash;
using cache::KeyRef;

// Per field: -2 no such field, 0 the condition does not hold, 1 set, 2 the moment has passed and the field is gone.
enum class FieldOutcome : std::int8_t { missing = -2, refused = 0, set = 1, removed = 2 };

FieldOutcome expire_field(Hash& hash, std::string_view field, WallTime at, WallTime now,
                          const ExpireConditions& conditions) {
    if (!hash.contains(field)) return FieldOutcome::missing;
    if (!conditions.hold(hash.expiry(field), at)) return FieldOutcome::refused;
    if (at <= now) {
        hash.erase(field);
        return FieldOutcome::removed;
    }
    hash.set_expiry(field, at);
    return FieldOutcome::set;
}

// The log holds the moment, in milliseconds, for the fields it applies to.
void log_expiry(Session& session, std::string_view key, WallTime at, const std::vector<std::string_view>& fields) {
    DecimalBuffer moment;
    DecimalBuffer count;
    std::vector<std::string_view> log{"HPEXPIREAT", key, format_integer(at.time_since_epoch().count(), moment),
                                      "FIELDS", format_integer(static_cast<std::int64_t>(fields.size()), count)};
    log.insert(log.end(), fields.begin(), fields.end());
    session.log_instead(log);
}

void expire_fields(Database& database, Args args, TimeForm form, std::string_view command, Reply& reply,
                   Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto hash = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return;
    WallTime at;
    if (!field_expiry_argument(args[2], form, database.now(), command, at, reply)) return;
    ExpireConditions conditions;
    const std::size_t list_at = conditions.take(args[3]) ? 4 : 3;
    Args fields;
    if (!field_list_argument(args, list_at, "ERR Parameter `numFields` should be greater than 0", fields, reply))
        return;
    reply.array(fields.size());
    std::vector<std::string_view> affected;
    bool removed = false;
    for (const auto field : fields) {
        const auto outcome = hash ? expire_field(*hash, field, at, database.expiry_now(), conditions) : FieldOutcome::missing;
        if (outcome == FieldOutcome::set || outcome == FieldOutcome::removed) affected.push_back(field);
        removed |= outcome == FieldOutcome::removed;
        reply.integer(static_cast<std::int64_t>(outcome));
    }
    if (affected.empty()) return;
    tell_shrunk(database, key, EventClass::hash, removed ? "hdel" : "hexpire", hash->empty());
    log_expiry(session, key.key, at, affected);
}

// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
void hexpire(Database& database, Args args, Reply& reply, Session& session) {
    expire_fields(database, args, {TimeUnit::seconds, TimeBase::now}, "hexpire", reply, session);
}

// HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
void hpexpire(Database& database, Args args, Reply& reply, Session& session) {
    expire_fields(database, args, {TimeUnit::milliseconds, TimeBase::now}, "hpexpire", reply, session);
}

// HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
void hexpireat(Database& database, Args args, Reply& reply, Session& session) {
    expire_fields(database, args, {TimeUnit::seconds, TimeBase::epoch}, "hexpireat", reply, session);
}

// HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
void hpexpireat(Database& database, Args args, Reply& reply, Session& session) {
    expire_fields(database, args, {TimeUnit::milliseconds, TimeBase::epoch}, "hpexpireat", reply, session);
}

// Seconds left are rounded up, moments down.
std::int64_t in_form(WallTime at, WallTime now, TimeForm form) noexcept {
    const std::int64_t moment = at.time_since_epoch().count();
    const std::int64_t left = std::max<std::int64_t>(0, (at - now).count());
    if (form.unit == TimeUnit::milliseconds) return form.base == TimeBase::now ? left : moment;
    return form.base == TimeBase::now ? (left + 999) / 1000 : moment / 1000;
}

// Per field: -2 no such field, -1 no expiry.
void reply_expiries(Database& database, Args args, TimeForm form, Reply& reply, Session& session) {
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (refuse_wrong_type(hash, reply)) return;
    Args fields;
    if (!field_list_argument(args, 2, "ERR Number of fields must be a positive integer", fields, reply)) return;
    reply.array(fields.size());
    for (const auto field : fields) {
        if (!hash || !hash->contains(field)) {
            reply.integer(-2);
        } else if (const auto at = hash->expiry(field)) {
            reply.integer(in_form(*at, database.now(), form));
        } else {
            reply.integer(-1);
        }
    }
}

// HTTL key FIELDS numfields field [field ...]
void httl(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiries(database, args, {TimeUnit::seconds, TimeBase::now}, reply, session);
}

// HPTTL key FIELDS numfields field [field ...]
void hpttl(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiries(database, args, {TimeUnit::milliseconds, TimeBase::now}, reply, session);
}

// HEXPIRETIME key FIELDS numfields field [field ...]
void hexpiretime(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiries(database, args, {TimeUnit::seconds, TimeBase::epoch}, reply, session);
}

// HPEXPIRETIME key FIELDS numfields field [field ...]
void hpexpiretime(Database& database, Args args, Reply& reply, Session& session) {
    reply_expiries(database, args, {TimeUnit::milliseconds, TimeBase::epoch}, reply, session);
}

// HPERSIST key FIELDS numfields field [field ...]; per field: -2 no such field, -1 no expiry, 1 dropped
void hpersist(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto hash = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return;
    Args fields;
    if (!field_list_argument(args, 2, "ERR Number of fields must be a positive integer", fields, reply)) return;
    reply.array(fields.size());
    bool changed = false;
    for (const auto field : fields) {
        const bool exists = hash && hash->contains(field);
        const bool expires = exists && hash->expiry(field).has_value();
        if (expires) hash->set_expiry(field, std::nullopt);
        changed |= expires;
        reply.integer(!exists ? -2 : expires ? 1 : -1);
    }
    if (changed) database.changed(key, EventClass::hash, "hpersist");
}

constexpr CommandSpec rows[] = {
    {.name = "hexpire",
     .arguments = "key seconds:integer [<condition> NX | XX | GT | LT] (<fields:FIELDS> numfields:integer "
                  "field...)",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Sets the expiry of fields in seconds from now.",
     .complexity = "O(N)",
     .handler = hexpire},
    {.name = "hpexpire",
     .arguments = "key milliseconds:integer [<condition> NX | XX | GT | LT] (<fields:FIELDS> numfields:integer "
                  "field...)",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Sets the expiry of fields in milliseconds from now.",
     .complexity = "O(N)",
     .handler = hpexpire},
    {.name = "hexpireat",
     .arguments = "key unix-time-seconds:unix-time [<condition> NX | XX | GT | LT] (<fields:FIELDS> "
                  "numfields:integer field...)",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Sets the expiry of fields to a Unix time in seconds.",
     .complexity = "O(N)",
     .handler = hexpireat},
    {.name = "hpexpireat",
     .arguments = "key unix-time-milliseconds:unix-time [<condition> NX | XX | GT | LT] (<fields:FIELDS> "
                  "numfields:integer field...)",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Sets the expiry of fields to a Unix time in milliseconds.",
     .complexity = "O(N)",
     .handler = hpexpireat},
    {.name = "httl",
     .arguments = "key (<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Returns the seconds that fields have left.",
     .complexity = "O(N)",
     .handler = httl},
    {.name = "hpttl",
     .arguments = "key (<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Returns the milliseconds that fields have left.",
     .complexity = "O(N)",
     .handler = hpttl},
    {.name = "hexpiretime",
     .arguments = "key (<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Returns the expiry of fields as Unix times in seconds.",
     .complexity = "O(N)",
     .handler = hexpiretime},
    {.name = "hpexpiretime",
     .arguments = "key (<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Returns the expiry of fields as Unix times in milliseconds.",
     .complexity = "O(N)",
     .handler = hpexpiretime},
    {.name = "hpersist",
     .arguments = "key (<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "7.4.0",
     .summary = "Drops the expiry of fields.",
     .complexity = "O(N)",
     .handler = hpersist},
};

}  // namespace

CommandFamily hash_expiry_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
