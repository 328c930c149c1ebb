// Fields of hashes together with their expiry or their removal.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/hash_field_list.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::Hash;
using cache::KeyRef;

constexpr std::string_view count_not_positive = "ERR Number of fields must be a positive integer";

void reply_fields(const cache::Lookup<Hash>& hash, Args fields, Reply& reply) {
    reply.array(fields.size());
    for (const auto field : fields) {
        const auto value = hash ? hash->get(field) : std::nullopt;
        value ? reply_element(reply, *value) : reply.null();
    }
}

void log_fields(Session& session, std::initializer_list<std::string_view> head, Args fields) {
    DecimalBuffer count;
    std::vector<std::string_view> log(head);
    log.emplace_back("FIELDS");
    log.emplace_back(format_integer(static_cast<std::int64_t>(fields.size()), count));
    log.insert(log.end(), fields.begin(), fields.end());
    session.log_instead(log);
}

// HGETDEL key FIELDS numfields field [field ...]
void hgetdel(Database& database, Args args, Reply& reply, Session& session) {
    Args fields;
    if (!field_list_argument(args, 2, count_not_positive, fields, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto hash = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return;
    reply_fields(hash, fields, reply);
    if (!hash) return;
    std::size_t erased = 0;
    for (const auto field : fields) erased += hash->erase(field) ? 1 : 0;
    if (erased > 0) tell_shrunk(database, key, EventClass::hash, "hdel", hash->empty());
}

struct FieldTimes {
    std::optional<TimeForm> form;
    std::string_view text;
    bool persist = false;
    bool keep_ttl = false;

    // How many arguments the option at args[at] takes; 0 where it is none of these.
    std::size_t take(Args args, std::size_t at, bool may_persist) {
        if (may_persist && equals_ignoring_case(args[at], "persist")) {
            persist = true;
            return 1;
        }
        if (!may_persist && equals_ignoring_case(args[at], "keepttl")) {
            keep_ttl = true;
            return 1;
        }
        const auto found = time_option(args[at]);
        if (!found || at + 1 >= args.size()) return 0;
        form = found;
        text = args[at + 1];
        return 2;
    }
};

// Sets the field's expiry, where it exists; true where it is gone, as the moment has passed.
bool expire_field(Hash& hash, std::string_view field, WallTime at, WallTime now) {
    if (at <= now) return hash.erase(field);
    hash.set_expiry(field, at);
    return false;
}

void reply_and_expire(Database& database, const KeyRef& key, Hash& hash, Args fields, WallTime at, Reply& reply,
                      Session& session) {
    bool any = false;
    bool removed = false;
    reply.array(fields.size());
    for (const auto field : fields) {
        const auto value = hash.get(field);
        value ? reply_element(reply, *value) : reply.null();
        any |= value.has_value();
        removed |= expire_field(hash, field, at, database.expiry_now());
    }
    if (!any) return;
    tell_shrunk(database, key, EventClass::hash, removed ? "hdel" : "hexpire", hash.empty());
    DecimalBuffer moment;
    log_fields(session, {"HPEXPIREAT", key.key, format_integer(at.time_since_epoch().count(), moment)}, fields);
}

// HGETEX key [EX s | PX ms | EXAT t | PXAT t | PERSIST] FIELDS numfields field [field ...]
void hgetex(Database& database, Args args, Reply& reply, Session& session) {
    FieldTimes times;
    const std::size_t list_at = 2 + times.take(args, 2, true);
    WallTime at;
    if (times.form && !field_expiry_argument(times.text, *times.form, database.now(), "hgetex", at, reply)) return;
    constexpr std::size_t list_words_least = 3;
    if (args.size() < list_at + list_words_least) return reply.wrong_arguments("hgetex");
    Args fields;
    if (!field_list_argument(args, list_at, count_not_positive, fields, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto hash = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(hash, reply)) return;
    if (hash && times.form) return reply_and_expire(database, key, *hash, fields, at, reply, session);
    reply_fields(hash, fields, reply);
    bool changed = false;
    for (const auto field : fields) {
        if (!hash || !times.persist || !hash->expiry(field)) continue;
        changed |= hash->set_expiry(field, std::nullopt);
    }
    if (!changed) return;
    database.changed(key, EventClass::hash, "hpersist");
    log_fields(session, {"HPERSIST", key.key}, fields);
}

struct SetRequest {
    enum class Fields : std::uint8_t { any, none_exist, all_exist };
    Fields condition = Fields::any;  // FNX, FXX
    std::optional<bool> key_exists;  // XX, NX: only where that is so
    FieldTimes times;
    WallTime at;  // where times.form
    Args pairs;

    bool parse(Args args, WallTime now, Reply& reply) {
        std::size_t next = 2;
        while (next < args.size() && !equals_ignoring_case(args[next], "fields")) {
            const bool only_new = equals_ignoring_case(args[next], "nx");
            if (only_new || equals_ignoring_case(args[next], "xx")) {
                if (key_exists) return refuse("ERR Only one of XX or NX arguments can be specified", reply);
                key_exists = !only_new;
                ++next;
                continue;
            }
            const bool none = equals_ignoring_case(args[next], "fnx");
            if (none || equals_ignoring_case(args[next], "fxx")) {
                if (condition != Fields::any) {
                    return refuse("ERR Only one of FXX or FNX arguments can be specified", reply);
                }
                condition = none ? Fields::none_exist : Fields::all_exist;
                ++next;
                continue;
            }
            const bool second = times.form || times.keep_ttl;
            const std::size_t taken = times.take(args, next, false);
            if (taken == 0) return refuse("ERR unknown argument: ", reply, args[next]);
            if (second) {
                return refuse("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified", reply);
            }
            if (times.form && !field_expiry_argument(times.text, *times.form, now, "hsetex", at, reply)) return false;
            next += taken;
        }
        return parse_pairs(args, next, reply);
    }

  private:
    bool parse_pairs(Args args, std::size_t first, Reply& reply) {
        if (first + 1 >= args.size()) return refuse("ERR missing FIELDS argument", reply);
        std::int64_t count = 0;
        if (!integer_in_range(args[first + 1], 1, INT32_MAX, count, reply, "ERR invalid number of fields"))
            return false;
        pairs = args.subspan(first + 2);
        if (pairs.size() == static_cast<std::size_t>(count) * 2) return true;
        reply.wrong_arguments("hsetex");
        return false;
    }
    static bool refuse(std::string_view error, Reply& reply, std::string_view detail = {}) {
        reply.error(error, detail);
        return false;
    }
};

bool condition_holds(const cache::Lookup<Hash>& hash, const SetRequest& request) {
    if (request.key_exists && *request.key_exists != (hash.value != nullptr)) return false;
    if (request.condition == SetRequest::Fields::any) return true;
    const bool wanted = request.condition == SetRequest::Fields::all_exist;
    for (std::size_t i = 0; i < request.pairs.size(); i += 2) {
        if ((hash && hash->contains(request.pairs[i])) != wanted) return false;
    }
    return true;
}

// HSETEX key [NX | XX] [FNX | FXX] [EX s | PX ms | EXAT t | PXAT t | KEEPTTL] FIELDS numfields field value [field value ...]
void hsetex(Database& database, Args args, Reply& reply, Session& session) {
    SetRequest request;
    if (!request.parse(args, database.now(), reply)) return;
    const auto& times = request.times;
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(found, reply)) return;
    if (!condition_holds(found, request)) return reply.integer(0);
    const auto hash = database.find_or_create<Hash>(key);
    std::vector<std::string_view> fields;
    for (std::size_t i = 0; i < request.pairs.size(); i += 2) {
        hash->set(request.pairs[i], request.pairs[i + 1], database.encodings(), times.keep_ttl);
        fields.push_back(request.pairs[i]);
    }
    bool removed = false;
    for (const auto field : fields) {
        if (times.form) removed |= expire_field(*hash, field, request.at, database.expiry_now());
    }
    tell_shrunk(database, key, EventClass::hash, removed ? "hdel" : "hset", hash->empty());
    if (times.form) {
        if (!removed) database.notify(key, EventClass::hash, "hexpire");
        DecimalBuffer moment;
        DecimalBuffer count;
        std::vector<std::string_view> log{"HSETEX", key.key,
                                          "PXAT",   format_integer(request.at.time_since_epoch().count(), moment),
                                          "FIELDS", format_integer(static_cast<std::int64_t>(fields.size()), count)};
        log.insert(log.end(), request.pairs.begin(), request.pairs.end());
        session.log_instead(log);
    }
    reply.integer(1);
}

constexpr CommandSpec rows[] = {
    {.name = "hgetdel",
     .arguments = "key (<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::hash,
     .since = "8.0.0",
     .summary = "Returns the values of fields and deletes them.",
     .complexity = "O(N)",
     .handler = hgetdel},
    {.name = "hgetex",
     .arguments = "key [<expiration> EX seconds:integer | PX milliseconds:integer | EXAT "
                  "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST] "
                  "(<fields:FIELDS> numfields:integer field...)",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::hash,
     .since = "8.0.0",
     .summary = "Returns the values of fields and sets or drops their expiry.",
     .complexity = "O(N)",
     .handler = hgetex},
    {.name = "hsetex",
     .arguments = "key [<key-condition> NX | XX] [<fields-condition> FNX | FXX] [<expiration> EX seconds:integer "
                  "| PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
                  "unix-time-milliseconds:unix-time | KEEPTTL] (<fields:FIELDS> numfields:integer (<data> field "
                  "value)...)",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::hash,
     .since = "8.0.0",
     .summary = "Sets fields with an expiry.",
     .complexity = "O(N)",
     .handler = hsetex},
};

}  // namespace

CommandFamily hash_extended_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
