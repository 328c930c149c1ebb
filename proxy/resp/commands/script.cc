// EVAL and its kin, SCRIPT: Lua scripts. The work is in scripting/.
#include "proxy/resp/command_families.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

// EVAL script numkeys [key ...] [arg ...]
void eval(cache::Database&, Args args, Reply& reply, Session& session) {
    session.server().scripting.eval(session, args, reply, false);
}

// EVAL_RO script numkeys [key ...] [arg ...]
void eval_ro(cache::Database&, Args args, Reply& reply, Session& session) {
    session.server().scripting.eval(session, args, reply, true);
}

// EVALSHA sha1 numkeys [key ...] [arg ...]
void evalsha(cache::Database&, Args args, Reply& reply, Session& session) {
    session.server().scripting.eval_sha(session, args, reply, false);
}

// EVALSHA_RO sha1 numkeys [key ...] [arg ...]
void evalsha_ro(cache::Database&, Args args, Reply& reply, Session& session) {
    session.server().scripting.eval_sha(session, args, reply, true);
}

// SCRIPT LOAD script
void script_load(cache::Database&, Args args, Reply& reply, Session& session) {
    const auto sha = session.server().scripting.load(args[2], reply);
    if (!sha.empty()) reply.bulk(sha);
}

// SCRIPT EXISTS sha1 [sha1 ...]
void script_exists(cache::Database&, Args args, Reply& reply, Session& session) {
    reply.array(args.size() - 2);
    for (auto sha : args.subspan(2)) reply.integer(session.server().scripting.exists(sha) ? 1 : 0);
}

// SCRIPT FLUSH [ASYNC | SYNC]
void script_flush(cache::Database&, Args args, Reply& reply, Session& session) {
    if (args.size() > 3 || (args.size() == 3 && !equals_ignoring_case(args[2], "async") && !equals_ignoring_case(args[2], "sync")))
        return reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    session.server().scripting.flush_scripts();
    reply.ok();
}

// SCRIPT KILL
void script_kill(cache::Database&, Args, Reply& reply, Session& session) {
    const auto error = session.server().scripting.gate.kill(scripting::ScriptGate::Kind::eval);
    if (error.empty()) reply.ok();
    else reply.error(error);
}

// SCRIPT DEBUG YES | SYNC | NO: there is no debugger, and turning it off is what clients do by habit.
void script_debug(cache::Database&, Args args, Reply& reply, Session&) {
    if (equals_ignoring_case(args[2], "no")) return reply.ok();
    if (equals_ignoring_case(args[2], "yes") || equals_ignoring_case(args[2], "sync"))
        return reply.error("ERR SCRIPT DEBUG is not supported by this server; use redis.log() in the script");
    reply.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

// SCRIPT HELP
void script_help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", "DEBUG (YES|SYNC|NO)",
                 "    Only NO is supported: this server has no debugger.", "EXISTS <sha1> [<sha1> ...]",
                 "    Return information about the existence of the scripts in the script cache.", "FLUSH [ASYNC|SYNC]",
                 "    Flush the Lua scripts cache. Very dangerous on replicas.", "KILL", "    Kill the currently executing Lua script.",
                 "LOAD <script>", "    Load a script into the scripts cache without executing it.", "HELP", "    Print this help."});
}

constexpr CommandSpec script_rows[] = {
    {.name = "load", .arguments = "script",
     .arity = 3, .access = Access::none(), .flags = flag::noscript | flag::stale | flag::all_slices,
     .group = Group::scripting, .since = "2.6.0", .summary = "Loads a server-side Lua script to the script cache.",
     .complexity = "O(N) with N being the length in bytes of the script body.", .handler = script_load},
    {.name = "exists", .arguments = "sha1...",
     .arity = -3, .access = Access::none(), .flags = flag::noscript | flag::all_slices,
     .group = Group::scripting, .since = "2.6.0",
     .summary = "Determines whether server-side Lua scripts exist in the script cache.",
     .complexity = "O(N) with N being the number of scripts to check.", .handler = script_exists},
    {.name = "flush", .arguments = "[<flush-type> ASYNC | SYNC]",
     .arity = -2, .access = Access::none(), .flags = flag::noscript | flag::all_slices,
     .group = Group::scripting, .since = "2.6.0", .summary = "Removes all server-side Lua scripts from the script cache.",
     .complexity = "O(N) with N being the number of scripts in cache.", .handler = script_flush},
    {.name = "kill", .arity = 2, .access = Access::none(), .flags = flag::noscript | flag::allow_busy,
     .group = Group::scripting, .since = "2.6.0", .summary = "Terminates a server-side Lua script during execution.",
     .complexity = "O(1)", .handler = script_kill},
    {.name = "debug", .arguments = "(<mode> YES | SYNC | NO)",
     .arity = 3, .access = Access::none(), .flags = flag::noscript, .group = Group::scripting,
     .since = "3.2.0", .summary = "Sets the debug mode of server-side Lua scripts.", .complexity = "O(1)",
     .handler = script_debug},
    {.name = "help", .arity = 2, .access = Access::none(), .flags = flag::loading | flag::stale, .group = Group::scripting,
     .since = "5.0.0", .summary = "Returns helpful text about the different subcommands.", .complexity = "O(1)",
     .handler = script_help},
};

constexpr auto run_flags = flag::noscript | flag::skip_monitor | flag::may_replicate | flag::no_mandatory_keys | flag::stale | flag::all_slices;
constexpr auto run_ro_flags = flag::noscript | flag::skip_monitor | flag::no_mandatory_keys | flag::stale | flag::all_slices;
constexpr auto rw_keys = key_flag::rw | key_flag::access | key_flag::update;
constexpr auto ro_keys = key_flag::ro | key_flag::access;

constexpr CommandSpec rows[] = {
    {.name = "eval", .arguments = "script numkeys:integer [key]... [arg]...",
     .arity = -3, .access = Access::none(), .flags = run_flags, .keys = {keys::counted(2, rw_keys)},
     .group = Group::scripting, .since = "2.6.0", .summary = "Executes a server-side Lua script.",
     .complexity = "Depends on the script that is executed.", .handler = eval},
    {.name = "eval_ro", .arguments = "script numkeys:integer [key]... [arg]...",
     .arity = -3, .access = Access::read(), .flags = run_ro_flags, .keys = {keys::counted(2, ro_keys)},
     .group = Group::scripting, .since = "7.0.0", .summary = "Executes a read-only server-side Lua script.",
     .complexity = "Depends on the script that is executed.", .handler = eval_ro},
    {.name = "evalsha", .arguments = "sha1 numkeys:integer [key]... [arg]...",
     .arity = -3, .access = Access::none(), .flags = run_flags, .keys = {keys::counted(2, rw_keys)},
     .group = Group::scripting, .since = "2.6.0", .summary = "Executes a server-side Lua script by SHA1 digest.",
     .complexity = "Depends on the script that is executed.", .handler = evalsha},
    {.name = "evalsha_ro", .arguments = "sha1 numkeys:integer [key]... [arg]...",
     .arity = -3, .access = Access::read(), .flags = run_ro_flags, .keys = {keys::counted(2, ro_keys)},
     .group = Group::scripting, .since = "7.0.0", .summary = "Executes a read-only server-side Lua script by SHA1 digest.",
     .complexity = "Depends on the script that is executed.", .handler = evalsha_ro},
    {.name = "script", .arity = -2, .access = Access::none(), .group = Group::scripting, .since = "2.6.0",
     .summary = "A container for Lua scripts management commands.", .complexity = "Depends on subcommand.",
     .subcommands = script_rows},
};

}  // namespace

CommandFamily script_commands() { return rows; }

}  // namespace sabil::proxy::resp
