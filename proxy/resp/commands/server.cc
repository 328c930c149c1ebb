// DBSIZE, FLUSHALL, FLUSHDB, SWAPDB, TIME, SAVE and SHUTDOWN with their kin, MONITOR, LOLWUT.
#include "cache/store/database.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/persistence.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_identity.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <chrono>

namespace sabil::proxy::resp {
namespace {

constexpr std::string_view no_persistence = "ERR this server keeps its data in memory only";

// DBSIZE
void dbsize(cache::Database& database, Args, Reply& reply, Session&) {
    reply.integer(static_cast<std::int64_t>(database.size()));
}

bool parse_flush_mode(Args args, bool& in_background, Reply& reply, Session& session) {
    in_background = session.server().config.value("lazyfree-lazy-user-flush") == "yes";
    if (args.size() == 1) return true;
    in_background = args.size() == 2 && equals_ignoring_case(args[1], "async");
    if (in_background || (args.size() == 2 && equals_ignoring_case(args[1], "sync"))) return true;
    reply.error(errors::syntax);
    return false;
}

void flush(std::optional<unsigned> index, Args args, Reply& reply, Session& session) {
    bool in_background = false;
    if (!parse_flush_mode(args, in_background, reply, session)) return;
    auto& keyspace = session.keyspace();
    session.server().watches.touch_all(index, [&](unsigned database, std::string_view key) {
        bool was_there = cache::Database(keyspace, database, true).peek(cache::KeyRef(key)) != nullptr;
        return WatchRegistry::Replaced{was_there, WatchRegistry::After::absent};
    });
    keyspace.flush(index, in_background);
    auto* persistence = session.server().services.persistence;
    if (persistence != nullptr) index ? persistence->note_change() : persistence->data_set_emptied();
    reply.ok();
}

// FLUSHDB [ASYNC|SYNC]
void flushdb(cache::Database& database, Args args, Reply& reply, Session& session) {
    flush(database.index(), args, reply, session);
}

// FLUSHALL [ASYNC|SYNC]
void flushall(cache::Database&, Args args, Reply& reply, Session& session) {
    flush(std::nullopt, args, reply, session);
}

WatchRegistry::After state_of(const cache::Database& database, const cache::KeyRef& key) {
    const auto* entry = database.peek(key);
    if (entry == nullptr) return WatchRegistry::After::absent;
    bool expired = entry->has_expiry() && *entry->expiry() <= database.now();
    return expired ? WatchRegistry::After::expired : WatchRegistry::After::alive;
}

// SWAPDB index1 index2
void swapdb(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t first = 0;
    std::int64_t second = 0;
    if (!integer_argument(args[1], first, reply, "ERR invalid first DB index")) return;
    if (!integer_argument(args[2], second, reply, "ERR invalid second DB index")) return;
    auto& keyspace = session.keyspace();
    std::int64_t count = keyspace.databases_count();
    if (first < 0 || first >= count || second < 0 || second >= count) {
        return reply.error(errors::database_out_of_range);
    }
    auto one = static_cast<unsigned>(first);
    auto other = static_cast<unsigned>(second);
    auto replaced = [&](unsigned watched, std::string_view key) {
        cache::KeyRef ref(key);
        return WatchRegistry::Replaced{cache::Database(keyspace, watched, true).peek(ref) != nullptr,
                                       state_of(cache::Database(keyspace, watched == one ? other : one, true), ref)};
    };
    if (one != other) {
        session.server().watches.touch_all(one, replaced);
        session.server().watches.touch_all(other, replaced);
    }
    keyspace.swap_databases(one, other);
    reply.ok();
}

// TIME
void time(cache::Database& database, Args, Reply& reply, Session& session) {
    using std::chrono::microseconds;
    // Time stands still in scripts.
    const auto since_epoch = session.in_script()
                                 ? microseconds(database.now().time_since_epoch())
                                 : std::chrono::duration_cast<microseconds>(
                                       std::chrono::system_clock::now().time_since_epoch());
    const auto now = since_epoch.count();
    reply.array(2);
    reply.bulk_integer(now / 1'000'000);
    reply.bulk_integer(now % 1'000'000);
}

void answer(const Result<std::string>& result, Reply& reply) {
    if (!result) return reply.error("ERR ", result.error().message);
    reply.simple(*result);
}

// SAVE
void save(cache::Database&, Args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error(no_persistence);
    auto saved = persistence->save();
    if (!saved) return reply.error("ERR ", saved.error().message);
    reply.ok();
}

// BGSAVE [SCHEDULE]
void bgsave(cache::Database&, Args args, Reply& reply, Session& session) {
    bool schedule = args.size() == 2 && equals_ignoring_case(args[1], "schedule");
    if (args.size() > 2 || (args.size() == 2 && !schedule)) return reply.error(errors::syntax);
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error(no_persistence);
    answer(persistence->save_in_background({schedule, !session.may_block()}), reply);
}

// BGREWRITEAOF
void bgrewriteaof(cache::Database&, Args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    if (persistence == nullptr) return reply.error(no_persistence);
    answer(persistence->rewrite_log_in_background({true, !session.may_block()}), reply);
}

// LASTSAVE
void lastsave(cache::Database&, Args, Reply& reply, Session& session) {
    auto* persistence = session.server().services.persistence;
    reply.integer(persistence == nullptr ? 0 : persistence->last_save_unix_seconds());
}

// SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]
void shutdown(cache::Database&, Args args, Reply& reply, Session& session) {
    std::optional<bool> saves;
    bool abort = false;
    bool others = false;
    bool force = false;
    for (auto arg : args.subspan(1)) {
        bool nosave = equals_ignoring_case(arg, "nosave");
        if (nosave || equals_ignoring_case(arg, "save")) {
            if (saves) return reply.error(errors::syntax);
            saves = !nosave;
        } else if (equals_ignoring_case(arg, "now") || equals_ignoring_case(arg, "force")) {
            others = true;
            force |= equals_ignoring_case(arg, "force");
        } else if (equals_ignoring_case(arg, "abort")) {
            abort = true;
        } else {
            return reply.error(errors::syntax);
        }
    }
    if (abort && (saves || others)) return reply.error(errors::syntax);
    auto& services = session.server().services;
    if (abort) return reply.error("ERR No shutdown in progress.");
    if (!services.shut_down) return reply.error("ERR this server is stopped by the program that holds it");
    auto* persistence = session.server().services.persistence;
    if (persistence != nullptr && !persistence->prepare_shutdown(saves, force)) {
        return reply.error("ERR Errors trying to SHUTDOWN. Check logs.");
    }
    // Whoever sees this connection end finds no server.
    if (services.on_parameter) (void)services.on_parameter("bind", "");
    session.client().close_after_reply = true;
    services.shut_down(saves);
}

// MONITOR
void monitor(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    if (!client.monitor.exchange(true)) session.server().monitors.add(client.shared_from_this());
    reply.ok();
}

// LOLWUT [VERSION version] ...
void lolwut(cache::Database&, Args, Reply& reply, Session&) {
    std::string text =
        "     .-\"\"\"\"\"-.\n    /  o o o  \\\n   |___________|\n    \\  ~ ~ ~  /\n     \\_______/\n      |     |\n   "
        "   |_____|\n\nA sabil gives water to whoever passes by.\nRedis ver. ";
    reply.verbatim((text += redis_version) += '\n');
}

constexpr auto group = Group::server;
constexpr auto usual = flag::noscript | flag::loading | flag::stale;

constexpr CommandSpec write(std::string_view name, int arity, std::uint32_t flags, std::string_view since,
                            std::string_view summary, CommandHandler handler, std::uint32_t acl) {
    return {.name = name,
            .arity = arity,
            .access = Access::write(),
            .flags = flags,
            .group = group,
            .since = since,
            .summary = summary,
            .complexity = "O(N) for the keys that go",
            .acl = acl,
            .handler = handler};
}

constexpr CommandSpec table[] = {
    {.name = "dbsize",
     .arity = 1,
     .access = Access::read(),
     .flags = flag::fast,
     .group = group,
     .since = "1.0.0",
     .summary = "Returns how many keys the database holds.",
     .complexity = "O(1)",
     .acl = acl::keyspace,
     .handler = dbsize},
    write("flushall", -1, flag::all_slices | flag::drops_filled, "1.0.0", "Removes the keys of all databases.",
          flushall, acl::keyspace | acl::dangerous)
        .takes("[<flush-type> ASYNC | SYNC]"),
    write("flushdb", -1, flag::all_slices | flag::drops_filled, "1.0.0", "Removes the keys of the database.", flushdb,
          acl::keyspace | acl::dangerous)
        .takes("[<flush-type> ASYNC | SYNC]"),
    write("swapdb", 3, flag::all_slices | flag::fast, "4.0.0", "Exchanges the keys of two databases.", swapdb,
          acl::keyspace | acl::dangerous)
        .takes("index1:integer index2:integer"),
    rows::plain(group, "time", 1, flag::loading | flag::stale | flag::fast, "2.6.0", "Returns the server's time.",
                time),
    rows::plain(group, "save", 1, flag::no_async_loading | flag::admin | flag::noscript | flag::no_multi, "1.0.0",
                "Writes the data set to disk, while everybody waits.", save),
    rows::plain(group, "bgsave", -1, flag::no_async_loading | flag::admin | flag::noscript, "1.0.0",
                "Writes the data set to disk in the background.", bgsave)
        .takes("[SCHEDULE]"),
    rows::plain(group, "bgrewriteaof", 1, flag::no_async_loading | flag::admin | flag::noscript, "1.0.0",
                "Writes the append-only file anew.", bgrewriteaof),
    rows::plain(group, "lastsave", 1, flag::loading | flag::stale | flag::fast, "1.0.0",
                "Returns when the data set was last written.", lastsave, acl::admin | acl::dangerous),
    rows::plain(group, "shutdown", -1, usual | flag::admin | flag::no_multi | flag::allow_busy, "1.0.0",
                "Ends the server.", shutdown)
        .takes("[<save-selector> NOSAVE | SAVE] [NOW] [FORCE] [ABORT]"),
    rows::plain(group, "monitor", 1, usual | flag::admin, "1.0.0", "Shows every command as it is run.", monitor),
    {.name = "lolwut",
     .arguments = "[VERSION version:integer]",
     .arity = -1,
     .access = Access::read(),
     .flags = flag::fast,
     .group = group,
     .since = "5.0.0",
     .summary = "Shows a drawing.",
     .complexity = "O(1)",
     .handler = lolwut},
};

}  // namespace

CommandFamily server_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
