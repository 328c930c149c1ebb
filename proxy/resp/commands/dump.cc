// DUMP, RESTORE and MIGRATE: values as bytes that other servers understand.
#include "cache/persist/dump_payload.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/migrate.h"
#include "proxy/resp/commands/typed_access.h"

#include <optional>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

// DUMP key
void dump(Database& database, Args args, Reply& reply, Session& session) {
    const auto* entry = database.find(session.key(args[1]), cache::Touch::no);
    if (entry == nullptr || !cache::has_rdb_form(*entry)) return reply.null();
    reply.bulk(cache::dump_payload(*entry));
}

struct RestoreOptions {
    bool replace = false;
    bool absolute = false;
    std::optional<std::int64_t> idle_seconds;
    std::optional<std::int64_t> frequency;

    bool parse(Args args, Reply& reply) {
        for (std::size_t i = 4; i < args.size(); ++i) {
            const bool has_next = i + 1 < args.size();
            if (equals_ignoring_case(args[i], "replace")) {
                replace = true;
            } else if (equals_ignoring_case(args[i], "absttl")) {
                absolute = true;
            } else if (has_next && !frequency && equals_ignoring_case(args[i], "idletime")) {
                constexpr std::string_view error = "ERR Invalid IDLETIME value, must be >= 0";
                if (!number(args[++i], INT64_MAX, idle_seconds, error, reply)) return false;
            } else if (has_next && !idle_seconds && equals_ignoring_case(args[i], "freq")) {
                constexpr std::string_view error = "ERR Invalid FREQ value, must be >= 0 and <= 255";
                if (!number(args[++i], 255, frequency, error, reply)) return false;
            } else {
                reply.error(errors::syntax);
                return false;
            }
        }
        return true;
    }

    static bool number(std::string_view text, std::int64_t most, std::optional<std::int64_t>& out,
                       std::string_view error, Reply& reply) {
        std::int64_t value = 0;
        if (!integer_argument(text, value, reply)) return false;
        if (value < 0 || value > most) {
            reply.error(error);
            return false;
        }
        out = value;
        return true;
    }
};

void remember_use(Database& database, const KeyRef& key, const RestoreOptions& options) {
    if (options.idle_seconds) database.set_idle(key, std::chrono::seconds(*options.idle_seconds));
    if (options.frequency) database.set_frequency(key, static_cast<unsigned>(*options.frequency));
}

// RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
void restore(Database& database, Args args, Reply& reply, Session& session) {
    RestoreOptions options;
    if (!options.parse(args, reply)) return;
    const KeyRef key = session.key(args[1]);
    const bool exists = database.contains(key);
    if (exists && !options.replace) return reply.error(errors::busy_key);
    std::optional<std::int64_t> ttl_ms;
    if (!RestoreOptions::number(args[2], INT64_MAX, ttl_ms, "ERR Invalid TTL value, must be >= 0", reply)) return;
    auto value = cache::restore_payload(args[3], {database.encodings(), database.expiry_now()});
    if (!value) {
        return reply.error(value.error() == cache::RestoreError::bad_data
                               ? "ERR Bad data format"
                               : "ERR DUMP payload version or checksum are wrong");
    }
    const std::int64_t base = options.absolute ? 0 : database.now().time_since_epoch().count();
    std::int64_t moment = 0;
    const bool fits = !__builtin_add_overflow(*ttl_ms, base, &moment);
    const WallTime at{std::chrono::milliseconds(fits ? moment : INT64_MAX)};
    if ((*ttl_ms > 0 && at <= database.expiry_now()) || cache::is_empty_container(*value)) {
        if (database.erase(key)) database.changed(key, EventClass::generic, "del");
        session.log_instead({"DEL", key.key});
        return reply.ok();
    }
    database.replace(key, *std::move(value), *ttl_ms > 0 ? std::optional(at) : std::nullopt);
    remember_use(database, key, options);
    database.changed(key, EventClass::generic, "restore");
    if (*ttl_ms > 0) {
        DecimalBuffer digits;
        const auto until = format_integer(at.time_since_epoch().count(), digits);
        if (exists) {
            session.log_instead({"RESTORE", key.key, until, args[3], "REPLACE", "ABSTTL"});
        } else {
            session.log_instead({"RESTORE", key.key, until, args[3], "ABSTTL"});
        }
    } else if (exists) {
        session.log_instead({"RESTORE", key.key, "0", args[3], "REPLACE"});
    } else {
        session.log_instead({"RESTORE", key.key, "0", args[3]});
    }
    reply.ok();
}

constexpr auto moved_key = key_flag::rw | key_flag::access | key_flag::remove | key_flag::incomplete;

constexpr CommandSpec rows[] = {
    {.name = "dump",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::generic,
     .since = "2.6.0",
     .summary = "Returns a key's value in serialised form.",
     .complexity = "O(N*M)",
     .handler = dump},
    {.name = "restore",
     .arguments = "key ttl:integer serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds:integer] [FREQ "
                  "frequency:integer]",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update)},
     .group = Group::generic,
     .since = "2.6.0",
     .summary = "Creates a key from a serialised value.",
     .complexity = "O(N*M)",
     .acl = acl::dangerous,
     .handler = restore},
    {.name = "migrate",
     .arguments = "host port:integer (<key-selector> key | empty-string=\"\") destination-db:integer "
                  "timeout:integer [COPY] [REPLACE] [<authentication> AUTH auth/password | (<auth2:AUTH2> "
                  "username password)] [KEYS keys:key/key]...",
     .arity = -6,
     .access = Access::write(),
     .keys = {keys::range(3, 0, 1, moved_key), keys::after("KEYS", -2, -1, 1, 0, moved_key)},
     .find_keys = find_migrate_keys,
     .group = Group::generic,
     .since = "2.6.0",
     .summary = "Moves keys to another server.",
     .complexity = "O(N) where N is the size of the values",
     .acl = acl::dangerous,
     .handler = migrate},
};

}  // namespace

CommandFamily dump_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
