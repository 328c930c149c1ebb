// DEBUG: for test suites.
#include "cache/base/glob.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/dataset_digest.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/persistence.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace sabil::proxy::resp {
namespace {

// DEBUG SLEEP seconds
void sleep(cache::Database&, Args args, Reply& reply, Session&) {
    constexpr double longest_seconds = 3600;
    auto seconds = to_double(args[2]);
    if (!seconds || *seconds < 0 || *seconds > longest_seconds) return reply.error(errors::not_float);
    std::this_thread::sleep_for(std::chrono::duration<double>(*seconds));
    reply.ok();
}

// DEBUG SET-ACTIVE-EXPIRE 0|1
void set_active_expire(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t on = 0;
    if (!integer_argument(args[2], on, reply)) return;
    session.keyspace().tunables().active_expiry = on != 0;
    reply.ok();
}

// DEBUG OBJECT key
void object(cache::Database& database, Args args, Reply& reply, Session& session) {
    // A key past its time is there until something meets it: this does not.
    const auto* entry = database.peek(session.key(args[2]));
    const bool expired = entry != nullptr && entry->has_expiry() && *entry->expiry() <= database.now();
    auto info = expired ? std::optional(cache::ObjectInfo{}) : database.object_info(session.key(args[2]));
    if (!info) return reply.error(errors::no_such_key);
    if (expired) info->encoding = entry->encoding_name();
    // The moment of the last access, in seconds, in as many bits as others give it.
    constexpr std::int64_t clock_mask = (1 << 24) - 1;
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(database.now().time_since_epoch());
    std::string more;
    if (info->encoding == "quicklist") {
        auto& config = session.server().config;
        more = " ql_listpack_max:" + config.value("list-max-listpack-size") +
               " ql_compressed:" + (config.value("list-compress-depth") == "0" ? "0" : "1");
    }
    reply.simple("Value at:0x0 refcount:1 encoding:" + std::string(info->encoding) +
                 " serializedlength:" + std::to_string(info->memory_bytes) +
                 " lru:" + std::to_string((now - info->idle).count() & clock_mask) +
                 " lru_seconds_idle:" + std::to_string(info->idle.count()) + more);
}

// DEBUG DIGEST
void digest(cache::Database&, Args, Reply& reply, Session& session) {
    reply.simple(dataset_digest(session.keyspace()));
}

// DEBUG DIGEST-VALUE key [key ...]
void digest_value(cache::Database& database, Args args, Reply& reply, Session& session) {
    reply.array(args.size() - 2);
    for (auto key : args.subspan(2)) reply.bulk(value_digest_text(database, session.key(key)));
}

// DEBUG PROTOCOL type
void protocol(cache::Database&, Args args, Reply& reply, Session&) {
    auto type = args[2];
    if (equals_ignoring_case(type, "string")) return reply.bulk("Hello World");
    if (equals_ignoring_case(type, "integer")) return reply.integer(12345);
    if (equals_ignoring_case(type, "double")) return reply.number(3.141);
    if (equals_ignoring_case(type, "null")) return reply.null();
    if (equals_ignoring_case(type, "true")) return reply.boolean(true);
    if (equals_ignoring_case(type, "false")) return reply.boolean(false);
    if (equals_ignoring_case(type, "bignum")) return reply.big_number("1234567999999999999999999999999999999");
    if (equals_ignoring_case(type, "verbatim")) return reply.verbatim("This is a verbatim\nstring");
    if (equals_ignoring_case(type, "array") || equals_ignoring_case(type, "set")) {
        equals_ignoring_case(type, "set") ? reply.set(3) : reply.array(3);
        for (std::int64_t i = 0; i < 3; ++i) reply.integer(i);
        return;
    }
    if (equals_ignoring_case(type, "map")) {
        reply.map(3);
        for (std::int64_t i = 0; i < 3; ++i) {
            reply.integer(i);
            reply.boolean(i == 1);
        }
        return;
    }
    if (equals_ignoring_case(type, "push") && reply.resp_version() == 3) {
        reply.push(2);
        reply.bulk("server-cpu-usage");
        reply.integer(42);
        return reply.ok();
    }
    if (equals_ignoring_case(type, "attrib")) {
        if (reply.resp_version() == 3) {
            reply.attribute(1);
            reply.bulk("key-popularity");
            reply.array(2);
            reply.bulk("key:123");
            reply.integer(90);
        }
        return reply.bulk("Some real reply following the attribute");
    }
    reply.error(
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map|attrib|"
        "push|verbatim|true|false");
}

void answer(const Result<void>& done, Reply& reply) {
    if (!done) return reply.error("ERR ", done.error().message);
    reply.ok();
}

// DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE]
void reload(cache::Database&, Args args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error("ERR this server keeps its data in memory only");
    if (!session.may_block()) return reply.error("ERR DEBUG RELOAD is not allowed in transactions");
    Persistence::ReloadRequest request;
    for (auto arg : args.subspan(2)) {
        if (equals_ignoring_case(arg, "nosave")) {
            request.save = false;
        } else if (equals_ignoring_case(arg, "noflush")) {
            request.flush = false;
        } else if (equals_ignoring_case(arg, "merge")) {
            request.merge = true;
        } else {
            return reply.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
        }
    }
    answer(persistence->reload(request), reply);
}

// DEBUG LOADAOF
void loadaof(cache::Database&, Args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error("ERR this server keeps its data in memory only");
    if (!session.may_block()) return reply.error("ERR DEBUG LOADAOF is not allowed in transactions");
    answer(persistence->load_log(), reply);
}

// DEBUG CONFIG-REWRITE-FORCE-ALL
void rewrite_config(cache::Database&, Args, Reply& reply, Session& session) {
    answer(session.server().config.rewrite(), reply);
}

// DEBUG SET-DISABLE-DENY-SCRIPTS 0|1
void let_scripts_call_all(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t on = 0;
    if (!integer_argument(args[2], on, reply)) return;
    session.server().settings.scripts_may_call_all = on != 0;
    reply.ok();
}

// DEBUG POPULATE count [prefix] [size]: keys that are not there yet.
void populate(cache::Database& database, Args args, Reply& reply, Session& session) {
    constexpr std::int64_t keys_max = 100'000'000, value_bytes_max = 512LL << 20;
    std::int64_t count = 0, size = 0;
    if (!integer_in_range(args[2], 0, keys_max, count, reply)) return;
    if (args.size() > 4 && !integer_in_range(args[4], 0, value_bytes_max, size, reply)) return;
    const std::string prefix(args.size() > 3 ? args[3] : std::string_view("key"));
    for (std::int64_t i = 0; i < count; ++i) {
        const std::string name = prefix + ":" + std::to_string(i);
        const cache::KeyRef key(name);
        auto locks = database.holds_all() ? cache::LockSet{} : cache::LockSet(session.keyspace(), key);
        if (database.presence(key) == cache::Presence::present) continue;
        std::string value = "value:" + std::to_string(i);
        if (size > 0) value.resize(static_cast<std::size_t>(size), '\0');
        database.set_string(key, value);
        database.changed(key);
    }
    reply.ok();
}

// DEBUG STRINGMATCH-LEN length pattern
void stringmatch(cache::Database&, Args args, Reply& reply, Session&) {
    constexpr std::int64_t longest_bytes = 512LL << 20;
    std::int64_t length = 0;
    if (!integer_in_range(args[2], 0, longest_bytes, length, reply)) return;
    (void)glob_match(args[3], std::string(static_cast<std::size_t>(length), 'a'));
    reply.simple("Apparently Redis did not crash: test passed");
}

// DEBUG LISTPACK key
void listpack(cache::Database& database, Args args, Reply& reply, Session& session) {
    const auto info = database.object_info(session.key(args[2]));
    if (!info) return reply.error(errors::no_such_key);
    if (info->encoding != "listpack") return reply.error("ERR Not a listpack encoded object.");
    reply.simple("Listpack structure printed on stdout");
}

// DEBUG ERROR text
void error(cache::Database&, Args args, Reply& reply, Session&) {
    reply.error(args[2]);
}

// DEBUG LOG text
void log(cache::Database&, Args, Reply& reply, Session&) {
    reply.ok();
}

// DEBUG REPLYBUFFER PEAK-RESET-TIME milliseconds|never|reset, RESIZING 0|1
void reply_buffer(cache::Database&, Args args, Reply& reply, Session& session) {
    constexpr std::int64_t usual_ms = 5'000, never_ms = INT64_MAX;
    auto& rest_ms = session.server().settings.output_rest_ms;
    std::int64_t value = 0;
    if (equals_ignoring_case(args[2], "peak-reset-time")) {
        if (equals_ignoring_case(args[3], "never")) {
            value = never_ms;
        } else if (equals_ignoring_case(args[3], "reset")) {
            value = usual_ms;
        } else if (!integer_in_range(args[3], 0, never_ms, value, reply)) {
            return;
        }
    } else if (equals_ignoring_case(args[2], "resizing")) {
        if (!integer_argument(args[3], value, reply)) return;
        value = value != 0 ? usual_ms : never_ms;
    } else {
        return reply.error(errors::syntax);
    }
    rest_ms.store(value, std::memory_order_relaxed);
    reply.ok();
}

// Switches of other servers' internals, which test suites set: they change nothing here.
void accept(cache::Database&, Args, Reply& reply, Session&) {
    reply.ok();
}

// DEBUG HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "DIGEST",
                 "    A checksum of the whole data set.",
                 "DIGEST-VALUE <key> [<key> ...]",
                 "    Checksums of values.",
                 "ERROR <string>",
                 "    Answer an error with this text.",
                 "LISTPACK <key>",
                 "    Whether a value is a listpack.",
                 "LOADAOF",
                 "    Read the append-only file again.",
                 "OBJECT <key>",
                 "    How a value is kept.",
                 "POPULATE <count> [<prefix>] [<size>]",
                 "    Make keys.",
                 "PROTOCOL <type>",
                 "    A reply of this type.",
                 "RELOAD",
                 "    Write the data set, empty the server, read it back.",
                 "SET-ACTIVE-EXPIRE <0|1>",
                 "    Whether expired keys are looked for.",
                 "SLEEP <seconds>",
                 "    Do nothing for a while.",
                 "HELP",
                 "    This text."});
}

// What a subcommand holds while it runs. One command to statistics and ACLs, it takes its slices itself.
enum class Holds : std::uint8_t { nothing, key, keys, all };

struct Subcommand {
    std::string_view name;
    int arity;  // with DEBUG and its own name; negative: at least
    CommandHandler handler;
    Holds holds = Holds::nothing;
};

constexpr Subcommand subcommands[] = {
    {"sleep", 3, sleep},
    {"set-active-expire", 3, set_active_expire},
    {"object", -3, object, Holds::key},
    {"listpack", 3, listpack, Holds::key},
    {"digest", 2, digest, Holds::all},
    {"digest-value", -2, digest_value, Holds::keys},
    {"protocol", 3, protocol},
    {"reload", -2, reload},
    {"loadaof", 2, loadaof},
    {"error", 3, error},
    {"log", 3, log},
    {"config-rewrite-force-all", 2, rewrite_config},
    {"stringmatch-len", 4, stringmatch},
    {"jmap", -2, accept},
    {"change-repl-id", 2, accept},
    {"set-disable-deny-scripts", 3, let_scripts_call_all},
    {"populate", -3, populate},
    {"replicate", -3, accept},
    {"quicklist-packed-threshold", 3, accept},
    {"pause-cron", 3, accept},
    {"replybuffer", 4, reply_buffer},
    {"dict-resizing", 3, accept},
    {"hexpire-debug", -2, accept},
    {"help", 2, help},
};

const Subcommand* find_subcommand(Args args) {
    const auto* found = std::find_if(std::begin(subcommands), std::end(subcommands), [&](const Subcommand& one) {
        return equals_ignoring_case(args[1], one.name);
    });
    if (found == std::end(subcommands)) return nullptr;
    const auto count = static_cast<int>(args.size());
    return (found->arity >= 0 ? count == found->arity : count >= -found->arity) ? found : nullptr;
}

// DEBUG subcommand [argument ...]
void debug(cache::Database& database, Args args, Reply& reply, Session& session) {
    const auto* subcommand = find_subcommand(args);
    if (subcommand == nullptr) {
        return reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1]),
                           "'. Try DEBUG HELP.");
    }
    // Scripts and EXEC hold everything already.
    if (database.holds_all() || subcommand->holds == Holds::nothing) {
        return subcommand->handler(database, args, reply, session);
    }
    if (subcommand->holds == Holds::all) {
        auto locks = cache::LockSet::all(session.keyspace());
        cache::Database whole(session.keyspace(), database.index(), true);
        return subcommand->handler(whole, args, reply, session);
    }
    std::vector<cache::KeyRef> keys;
    for (auto key : args.subspan(2)) {
        keys.emplace_back(key);
        if (subcommand->holds == Holds::key) break;
    }
    cache::LockSet locks(session.keyspace(), keys);
    subcommand->handler(database, args, reply, session);
}

constexpr CommandSpec table[] = {
    rows::plain(Group::server, "debug", -2,
                flag::admin | flag::noscript | flag::loading | flag::stale | flag::protected_command | flag::own_slices,
                "1.0.0", "For test suites.", debug),
};

}  // namespace

CommandFamily debug_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
