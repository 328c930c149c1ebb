// CONFIG GET, SET, RESETSTAT, REWRITE.
#include "cache/store/database.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

// CONFIG GET parameter [parameter ...]
void get(cache::Database&, Args args, Reply& reply, Session& session) {
    auto found = session.server().config.get(args.subspan(2));
    reply.map(found.size());
    for (const auto& [name, value] : found) {
        reply.bulk(name);
        reply.bulk(value);
    }
}

// CONFIG SET parameter value [parameter value ...]
void set(cache::Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() % 2 != 0) return reply.wrong_arguments("config|set");
    std::vector<ConfigRegistry::Pair> pairs;
    for (std::size_t i = 2; i < args.size(); i += 2) pairs.emplace_back(args[i], args[i + 1]);
    auto done = session.server().config.set(pairs, is_local(session.client()));
    if (!done) return reply.error("ERR ", done.error().message);
    // A lower maxmemory takes effect before the reply; within a transaction, soon after it.
    if (!database.holds_all()) (void)session.keyspace().evict_until_within_budget();
    reply.ok();
}

// CONFIG RESETSTAT
void resetstat(cache::Database&, Args, Reply& reply, Session& session) {
    auto& server = session.server();
    for (auto& stats : server.stats) stats->reset();
    server.keyspace.reset_counters();
    reply.ok();
}

// CONFIG REWRITE
void rewrite(cache::Database&, Args, Reply& reply, Session& session) {
    auto done = session.server().config.rewrite();
    if (!done) return reply.error("ERR ", done.error().message);
    reply.ok();
}

// CONFIG HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "GET <pattern>",
                 "    Parameters whose names match, with their values.",
                 "RESETSTAT",
                 "    Set the counters of INFO to zero.",
                 "REWRITE",
                 "    Write changed parameters into the configuration file.",
                 "SET <directive> <value>",
                 "    Change parameters.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto admin = flag::admin | flag::noscript | flag::loading | flag::stale;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "get", -3, admin, "2.0.0", "Returns parameters.", get)
        .takes("parameter..."),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "5.0.0", "Lists the subcommands.", help),
    rows::plain(group, "resetstat", 2, admin, "2.0.0", "Sets the counters to zero.", resetstat),
    rows::plain(group, "rewrite", 2, admin, "2.8.0", "Writes the parameters into the configuration file.", rewrite),
    rows::plain(group, "set", -4, admin, "2.0.0", "Changes parameters, all or none.", set)
        .takes("(<data> parameter value)..."),
};
constexpr CommandSpec table[] = {
    rows::container(group, "config", "2.0.0", "Commands about the configuration.", subcommands),
};

}  // namespace

CommandFamily config_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
