// DEBUG: for test suites.
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
    auto info = database.object_info(session.key(args[2]));
    if (!info) return reply.error(errors::no_such_key);
    reply.simple("Value at:0x0 refcount:1 encoding:" + std::string(info->encoding) +
                 " serializedlength:" + std::to_string(info->memory_bytes) +
                 " lru:0 lru_seconds_idle:" + std::to_string(info->idle.count()));
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
void reload(cache::Database&, Args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error("ERR this server keeps its data in memory only");
    answer(persistence->reload(), reply);
}

// DEBUG LOADAOF
void loadaof(cache::Database&, Args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error("ERR this server keeps its data in memory only");
    answer(persistence->load_log(), reply);
}

// DEBUG ERROR text
void error(cache::Database&, Args args, Reply& reply, Session&) {
    reply.error(args[2]);
}

// DEBUG LOG text
void log(cache::Database&, Args, Reply& reply, Session&) {
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
                 "LOADAOF",
                 "    Read the append-only file again.",
                 "OBJECT <key>",
                 "    How a value is kept.",
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

constexpr auto group = Group::server;
constexpr auto usual =
    flag::admin | flag::noscript | flag::loading | flag::stale | flag::protected_command;

constexpr CommandSpec row(std::string_view name, int arity, CommandHandler handler, std::uint32_t flags = 0) {
    return rows::plain(group, name, arity, usual | flags, "1.0.0", "For test suites.", handler);
}

constexpr CommandSpec keyed(CommandSpec spec, std::int16_t last) {
    spec.keys = {keys::range(2, last, 1, key_flag::ro)};
    return spec;
}

constexpr CommandSpec subcommands[] = {
    row("sleep", 3, sleep),
    row("set-active-expire", 3, set_active_expire),
    keyed(row("object", -3, object), 0),
    row("digest", 2, digest, flag::all_slices),
    keyed(row("digest-value", -2, digest_value), -1),
    row("protocol", 3, protocol),
    row("reload", -2, reload),
    row("loadaof", 2, loadaof),
    row("error", 3, error),
    row("log", 3, log),
    row("jmap", -2, accept),
    row("change-repl-id", 2, accept),
    row("set-disable-deny-scripts", 3, accept),
    row("replicate", -3, accept),
    row("quicklist-packed-threshold", 3, accept),
    row("pause-cron", 3, accept),
    row("replybuffer", -3, accept),
    row("dict-resizing", 3, accept),
    row("stringmatch-len", 4, accept),
    row("hexpire-debug", -2, accept),
    row("help", 2, help),
};
constexpr CommandSpec container = [] {
    auto spec = rows::container(group, "debug", "1.0.0", "Commands for test suites.", subcommands);
    spec.flags = usual;
    return spec;
}();
constexpr CommandSpec table[] = {container};

}  // namespace

CommandFamily debug_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
