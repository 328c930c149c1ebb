// ROLE, REPLICAOF, WAIT, CLUSTER and their kin: the answers of a single node without replication, cluster mode off.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

constexpr std::string_view cluster_off = "ERR This instance has cluster support disabled";

// ROLE
void role(cache::Database&, Args, Reply& reply, Session&) {
    reply.array(3);
    reply.bulk("master");
    reply.integer(0);
    reply.array(0);
}

// REPLICAOF NO ONE
void replicaof(cache::Database&, Args args, Reply& reply, Session&) {
    if (equals_ignoring_case(args[1], "no") && equals_ignoring_case(args[2], "one")) return reply.ok();
    std::int64_t port = 0;
    if (!integer_in_range(args[2], 0, 65535, port, reply, "ERR Invalid master port")) return;
    reply.error("ERR this server cannot be a replica: its data comes from its clients and from MySQL");
}

// WAIT numreplicas timeout
void wait(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t replicas = 0;
    std::int64_t timeout_ms = 0;
    if (!integer_argument(args[1], replicas, reply)) return;
    if (!integer_argument(args[2], timeout_ms, reply, "ERR timeout is not an integer or out of range")) return;
    if (timeout_ms < 0) return reply.error(errors::timeout_negative);
    if (replicas <= 0 || !session.may_block()) return reply.integer(0);
    session.block({.keys = {}, .timeout_ms = timeout_ms, .on_timeout = TimeoutReply::zero}, reply);
}

// WAITAOF numlocal numreplicas timeout
void waitaof(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t local = 0;
    std::int64_t replicas = 0;
    std::int64_t timeout_ms = 0;
    if (!integer_in_range(args[1], 0, 1, local, reply)) return;
    if (!integer_in_range(args[2], 0, INT64_MAX, replicas, reply)) return;
    if (!integer_argument(args[3], timeout_ms, reply, "ERR timeout is not an integer or out of range")) return;
    if (timeout_ms < 0) return reply.error(errors::timeout_negative);
    const auto* log = session.server().log();
    if (local != 0 && log == nullptr) {
        return reply.error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    }
    // The dispatcher has waited, unless this runs in a transaction.
    const bool waited = local != 0 && session.may_block();
    const bool reached = waited ? session.dispatcher().log_reached()
                                : log != nullptr && log->durable() >= log->appended();
    reply.array(2);
    reply.integer(reached ? 1 : 0);
    reply.integer(0);
}

// FAILOVER
void failover(cache::Database&, Args args, Reply& reply, Session&) {
    if (args.size() == 2 && equals_ignoring_case(args[1], "abort")) {
        return reply.error("ERR No failover in progress.");
    }
    reply.error("ERR FAILOVER requires connected replicas.");
}

void refuse_cluster(cache::Database&, Args, Reply& reply, Session&) {
    reply.error(cluster_off);
}

// REPLCONF, PSYNC, SYNC
void refuse_replica(cache::Database&, Args, Reply& reply, Session&) {
    reply.error("ERR this server feeds no replicas");
}

// MODULE LIST
void module_list(cache::Database&, Args, Reply& reply, Session&) {
    reply.array(0);
}

void refuse_module(cache::Database&, Args, Reply& reply, Session&) {
    reply.error("ERR Error loading the extension. Please check the server logs.");
}

// MODULE UNLOAD name
void module_unload(cache::Database&, Args, Reply& reply, Session&) {
    reply.error("ERR Error unloading module: no such module with that name");
}

// MODULE HELP
void module_help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "LIST",
                 "    Loaded modules: none, as this server takes none.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto cluster = Group::cluster;
constexpr auto admin = flag::admin | flag::noscript;
constexpr auto node = flag::admin | flag::stale | flag::no_async_loading;

constexpr CommandSpec cluster_row(std::string_view name, int arity, std::uint32_t flags, std::string_view since) {
    return rows::plain(cluster, name, arity, flags, since, "Needs cluster mode.", refuse_cluster);
}

constexpr CommandSpec cluster_subcommands[] = {
    cluster_row("addslots", -3, node, "3.0.0")
        .takes("slot:integer..."),
    cluster_row("addslotsrange", -4, node, "7.0.0")
        .takes("(<range> start-slot:integer end-slot:integer)..."),
    cluster_row("bumpepoch", 2, node, "3.0.0"),
    cluster_row("count-failure-reports", 3, flag::admin | flag::stale, "3.0.0")
        .takes("node-id"),
    cluster_row("countkeysinslot", 3, flag::stale, "3.0.0")
        .takes("slot:integer"),
    cluster_row("delslots", -3, node, "3.0.0")
        .takes("slot:integer..."),
    cluster_row("delslotsrange", -4, node, "7.0.0")
        .takes("(<range> start-slot:integer end-slot:integer)..."),
    cluster_row("failover", -2, node, "3.0.0")
        .takes("[<options> FORCE | TAKEOVER]"),
    cluster_row("flushslots", 2, node, "3.0.0"),
    cluster_row("forget", 3, node, "3.0.0")
        .takes("node-id"),
    cluster_row("getkeysinslot", 4, flag::stale, "3.0.0")
        .takes("slot:integer count:integer"),
    cluster_row("help", 2, flag::loading | flag::stale, "5.0.0"),
    cluster_row("info", 2, flag::stale, "3.0.0"),
    cluster_row("keyslot", 3, flag::stale, "3.0.0")
        .takes("key:string"),
    cluster_row("links", 2, flag::stale, "7.0.0"),
    cluster_row("meet", -4, node, "3.0.0")
        .takes("ip port:integer [cluster-bus-port:integer]"),
    cluster_row("myid", 2, flag::stale, "3.0.0"),
    cluster_row("myshardid", 2, flag::stale, "7.2.0"),
    cluster_row("nodes", 2, flag::stale, "3.0.0"),
    cluster_row("replicas", 3, flag::admin | flag::stale, "5.0.0")
        .takes("node-id"),
    cluster_row("replicate", 3, node, "3.0.0")
        .takes("node-id"),
    cluster_row("reset", -2, admin | flag::stale, "3.0.0")
        .takes("[<reset-type> HARD | SOFT]"),
    cluster_row("saveconfig", 2, node, "3.0.0"),
    cluster_row("set-config-epoch", 3, node, "3.0.0")
        .takes("config-epoch:integer"),
    cluster_row("setslot", -4, node, "3.0.0")
        .takes("slot:integer (<subcommand> IMPORTING importing/node-id | MIGRATING migrating/node-id | NODE "
               "node/node-id | STABLE)"),
    cluster_row("shards", 2, flag::loading | flag::stale, "7.0.0"),
    cluster_row("slaves", 3, flag::admin | flag::stale, "3.0.0")
        .takes("node-id"),
    cluster_row("slots", 2, flag::loading | flag::stale, "3.0.0"),
};
constexpr auto module_load = flag::no_async_loading | admin | flag::protected_command;
constexpr CommandSpec module_subcommands[] = {
    rows::plain(group, "help", 2, flag::loading | flag::stale, "5.0.0", "Lists the subcommands.", module_help),
    rows::plain(group, "list", 2, admin, "4.0.0", "Returns the loaded modules.", module_list),
    rows::plain(group, "load", -3, module_load, "4.0.0", "Loads a module.", refuse_module)
        .takes("path [arg]..."),
    rows::plain(group, "loadex", -3, module_load, "7.0.0", "Loads a module with parameters.", refuse_module)
        .takes("path [<configs:CONFIG> name value]+... [ARGS args]..."),
    rows::plain(group, "unload", 3, module_load, "4.0.0", "Unloads a module.", module_unload)
        .takes("name"),
};
constexpr CommandSpec table[] = {
    rows::plain(group, "role", 1, flag::noscript | flag::loading | flag::stale | flag::fast, "2.8.12",
                "Returns the role in replication.", role, acl::admin | acl::dangerous),
    rows::plain(group, "replicaof", 3, flag::no_async_loading | admin | flag::stale, "5.0.0",
                "Makes the server a replica, or none.", replicaof)
        .takes("(<args> (<host-port> host port:integer) | (<no-one> NO ONE))"),
    rows::plain(group, "slaveof", 3, flag::no_async_loading | admin | flag::stale, "1.0.0",
                "Makes the server a replica, or none.", replicaof)
        .takes("(<args> (<host-port> host port:integer) | (<no-one> NO ONE))"),
    rows::plain(group, "failover", -1, admin | flag::stale, "6.2.0", "Hands over to a replica.", failover)
        .takes("[<target:TO> host port:integer [FORCE]] [ABORT] [TIMEOUT milliseconds:integer]"),
    rows::plain(group, "replconf", -1, admin | flag::loading | flag::stale | flag::allow_busy, "3.0.0",
                "Configures a replica's feed.", refuse_replica),
    rows::plain(group, "psync", -3, flag::no_async_loading | admin | flag::no_multi, "2.8.0",
                "Begins a replica's feed.", refuse_replica)
        .takes("replicationid offset:integer"),
    rows::plain(group, "sync", 1, flag::no_async_loading | admin | flag::no_multi, "1.0.0",
                "Begins a replica's feed.", refuse_replica),
    rows::plain(Group::generic, "wait", 3, flag::blocking, "3.0.0", "Waits for replicas to have seen the writes.", wait,
                acl::connection | acl::not_of_group)
        .takes("numreplicas:integer timeout:integer"),
    rows::plain(Group::generic, "waitaof", 4, flag::blocking, "7.2.0", "Waits for writes to be on disk.", waitaof,
                acl::connection | acl::not_of_group)
        .takes("numlocal:integer numreplicas:integer timeout:integer"),
    rows::container(cluster, "cluster", "3.0.0", "Commands about the cluster.", cluster_subcommands),
    rows::plain(cluster, "asking", 1, flag::fast, "3.0.0", "Follows a redirection during a migration.",
                refuse_cluster, acl::connection),
    rows::plain(cluster, "readonly", 1, flag::fast | flag::loading | flag::stale, "3.0.0",
                "Allows reads from a replica.", refuse_cluster, acl::connection),
    rows::plain(cluster, "readwrite", 1, flag::fast | flag::loading | flag::stale, "3.0.0",
                "Disallows reads from a replica.", refuse_cluster, acl::connection),
    rows::container(group, "module", "4.0.0", "Commands about modules.", module_subcommands),
};

}  // namespace

CommandFamily replication_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
