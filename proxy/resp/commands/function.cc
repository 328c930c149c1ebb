// FCALL, FUNCTION: libraries of functions. The work is in scripting/.
#include "cache/base/glob.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/scripting/library_payload.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

// FCALL function numkeys [key ...] [arg ...]
void fcall(cache::Database&, Args args, Reply& reply, Session& session) {
    session.server().scripting.call_function(session, args, reply, false);
}

// FCALL_RO function numkeys [key ...] [arg ...]
void fcall_ro(cache::Database&, Args args, Reply& reply, Session& session) {
    session.server().scripting.call_function(session, args, reply, true);
}

// FUNCTION LOAD [REPLACE] code
void function_load(cache::Database&, Args args, Reply& reply, Session& session) {
    bool replace = false;
    for (std::size_t i = 2; i + 1 < args.size(); ++i) {
        if (!equals_ignoring_case(args[i], "replace")) return reply.error("ERR Unknown option given: ", args[i]);
        replace = true;
    }
    std::string name;
    const auto error = session.server().scripting.load_library(session, args.back(), replace, name);
    if (!error.empty()) return reply.error("ERR " + error);
    session.note_change();
    reply.bulk(name);
}

// FUNCTION DELETE library
void function_delete(cache::Database&, Args args, Reply& reply, Session& session) {
    if (!session.server().scripting.delete_library(args[2])) return reply.error("ERR Library not found");
    session.note_change();
    reply.ok();
}

// FUNCTION FLUSH [ASYNC | SYNC]
void function_flush(cache::Database&, Args args, Reply& reply, Session& session) {
    if (args.size() > 3) {
        return reply.error("ERR unknown subcommand or wrong number of arguments for 'flush'. Try FUNCTION HELP.");
    }
    if ((args.size() == 3 && !equals_ignoring_case(args[2], "async") && !equals_ignoring_case(args[2], "sync")))
        return reply.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    session.server().scripting.flush_libraries();
    session.note_change();
    reply.ok();
}

// FUNCTION DUMP
void function_dump(cache::Database&, Args, Reply& reply, Session& session) {
    std::vector<std::string_view> codes;
    for (const auto& [name, library] : session.server().scripting.libraries()) codes.push_back(library->code);
    reply.bulk(scripting::library_payload(codes));
}

// FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE]
void function_restore(cache::Database&, Args args, Reply& reply, Session& session) {
    using Policy = scripting::Scripting::RestorePolicy;
    if (args.size() > 4) {
        return reply.error("ERR unknown subcommand or wrong number of arguments for 'restore'. Try FUNCTION HELP.");
    }
    auto policy = Policy::append;
    if (args.size() == 4) {
        if (equals_ignoring_case(args[3], "flush")) policy = Policy::flush;
        else if (equals_ignoring_case(args[3], "replace")) policy = Policy::replace;
        else if (!equals_ignoring_case(args[3], "append"))
            return reply.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
    const auto read = scripting::read_library_payload(args[2]);
    if (!read.error.empty()) return reply.error("ERR " + read.error);
    const auto error = session.server().scripting.restore_libraries(session, read.codes, policy);
    if (!error.empty()) return reply.error("ERR " + error);
    session.note_change();
    reply.ok();
}

void write_function(const scripting::Function& function, Reply& reply) {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(function.registered.name);
    reply.bulk("description");
    if (function.registered.has_description) reply.bulk(function.registered.description);
    else reply.null();
    reply.bulk("flags");
    reply.set(function.registered.flags.size());
    for (const auto& flag : function.registered.flags) reply.simple(flag);
}

void write_library(const scripting::Library& library, bool with_code, Reply& reply) {
    reply.map(with_code ? 4 : 3);
    reply.bulk("library_name");
    reply.bulk(library.name);
    reply.bulk("engine");
    reply.bulk("LUA");
    reply.bulk("functions");
    reply.array(library.functions.size());
    for (const auto& function : library.functions) write_function(*function, reply);
    if (!with_code) return;
    reply.bulk("library_code");
    reply.bulk(library.code);
}

// FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]
void function_list(cache::Database&, Args args, Reply& reply, Session& session) {
    bool with_code = false;
    const std::string_view* pattern = nullptr;
    for (std::size_t i = 2; i < args.size(); ++i) {
        if (!with_code && equals_ignoring_case(args[i], "withcode")) {
            with_code = true;
        } else if (pattern == nullptr && equals_ignoring_case(args[i], "libraryname")) {
            if (++i == args.size()) return reply.error("ERR library name argument was not given");
            pattern = &args[i];
        } else {
            return reply.error("ERR Unknown argument ", args[i]);
        }
    }
    const auto mark = reply.open();
    std::size_t count = 0;
    for (const auto& [name, library] : session.server().scripting.libraries()) {
        if (pattern != nullptr && !glob_match(*pattern, name, CaseSensitivity::ignore)) continue;
        write_library(*library, with_code, reply);
        ++count;
    }
    reply.close_array(mark, count);
}

// FUNCTION STATS
void function_stats(cache::Database&, Args, Reply& reply, Session& session) {
    auto& scripting = session.server().scripting;
    reply.map(2);
    reply.bulk("running_script");
    scripting::ScriptGate::Current current;
    if (scripting.gate.current(current)) {
        reply.map(3);
        reply.bulk("name");
        reply.bulk(current.name);
        reply.bulk("command");
        reply.array(current.command.size());
        for (const auto& word : current.command) reply.bulk(word);
        reply.bulk("duration_ms");
        reply.integer(current.running_for.count());
    } else {
        reply.null();
    }
    reply.bulk("engines");
    reply.map(1);
    reply.bulk("LUA");
    reply.map(2);
    reply.bulk("libraries_count");
    reply.integer(static_cast<std::int64_t>(scripting.libraries_count()));
    reply.bulk("functions_count");
    reply.integer(static_cast<std::int64_t>(scripting.functions_count()));
}

// FUNCTION KILL
void function_kill(cache::Database&, Args, Reply& reply, Session& session) {
    const auto error = session.server().scripting.gate.kill(scripting::ScriptGate::Kind::function);
    if (error.empty()) reply.ok();
    else reply.error(error);
}

// FUNCTION HELP
void function_help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", "LOAD [REPLACE] <FUNCTION CODE>",
                 "    Create a new library with the given library name and code.", "DELETE <LIBRARY NAME>",
                 "    Delete the given library.", "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
                 "    Return general information on all the libraries.", "STATS",
                 "    Return information about the current function running.", "KILL", "    Kill the current running function.",
                 "FLUSH [ASYNC|SYNC]", "    Delete all the libraries.", "DUMP", "    Return all libraries in serialised form.",
                 "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]", "    Load the libraries of a payload.", "HELP", "    Print this help."});
}

constexpr auto write_flags = flag::noscript | flag::all_slices;

constexpr CommandSpec function_rows[] = {
    {.name = "load", .arguments = "[REPLACE] function-code",
     .arity = -3, .access = Access::write(), .flags = write_flags | flag::denyoom, .group = Group::scripting,
     .since = "7.0.0", .summary = "Creates a library.", .complexity = "O(1) (considering compilation time is redundant)",
     .handler = function_load},
    {.name = "delete", .arguments = "library-name",
     .arity = 3, .access = Access::write(), .flags = write_flags, .group = Group::scripting,
     .since = "7.0.0", .summary = "Deletes a library and its functions.", .complexity = "O(1)", .handler = function_delete},
    {.name = "flush", .arguments = "[<flush-type> ASYNC | SYNC]",
     .arity = -2, .access = Access::write(), .flags = write_flags, .group = Group::scripting,
     .since = "7.0.0", .summary = "Deletes all libraries and functions.",
     .complexity = "O(N) where N is the number of functions deleted", .handler = function_flush},
    {.name = "dump", .arity = 2, .access = Access::none(), .flags = flag::noscript | flag::all_slices,
     .group = Group::scripting, .since = "7.0.0", .summary = "Returns all libraries in serialised form.",
     .complexity = "O(N) where N is the number of functions", .handler = function_dump},
    {.name = "restore", .arguments = "serialized-value [<policy> FLUSH | APPEND | REPLACE]",
     .arity = -3, .access = Access::write(), .flags = write_flags | flag::denyoom,
     .group = Group::scripting, .since = "7.0.0", .summary = "Loads the libraries of a payload.",
     .complexity = "O(N) where N is the number of functions on the payload", .handler = function_restore},
    {.name = "list", .arguments = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
     .arity = -2, .access = Access::none(), .flags = flag::noscript | flag::all_slices,
     .group = Group::scripting, .since = "7.0.0", .summary = "Returns information about all libraries.",
     .complexity = "O(N) where N is the number of functions", .handler = function_list},
    {.name = "stats", .arity = 2, .access = Access::none(), .flags = flag::noscript | flag::allow_busy,
     .group = Group::scripting, .since = "7.0.0", .summary = "Returns information about a function during execution.",
     .complexity = "O(1)", .handler = function_stats},
    {.name = "kill", .arity = 2, .access = Access::none(), .flags = flag::noscript | flag::allow_busy,
     .group = Group::scripting, .since = "7.0.0", .summary = "Terminates a function during execution.",
     .complexity = "O(1)", .handler = function_kill},
    {.name = "help", .arity = 2, .access = Access::none(), .flags = flag::loading | flag::stale, .group = Group::scripting,
     .since = "7.0.0", .summary = "Returns helpful text about the different subcommands.", .complexity = "O(1)",
     .handler = function_help},
};

constexpr auto call_flags = flag::noscript | flag::skip_monitor | flag::no_mandatory_keys | flag::stale | flag::all_slices;

constexpr CommandSpec rows[] = {
    {.name = "fcall", .arguments = "function numkeys:integer [key]... [arg]...",
     .arity = -3, .access = Access::none(), .flags = call_flags | flag::may_replicate,
     .keys = {keys::counted(2, key_flag::rw | key_flag::access | key_flag::update)}, .group = Group::scripting,
     .since = "7.0.0", .summary = "Invokes a function.", .complexity = "Depends on the function that is executed.",
     .handler = fcall},
    {.name = "fcall_ro", .arguments = "function numkeys:integer [key]... [arg]...",
     .arity = -3, .access = Access::read(), .flags = call_flags,
     .keys = {keys::counted(2, key_flag::ro | key_flag::access)}, .group = Group::scripting, .since = "7.0.0",
     .summary = "Invokes a read-only function.", .complexity = "Depends on the function that is executed.",
     .handler = fcall_ro},
    {.name = "function", .arity = -2, .access = Access::none(), .group = Group::scripting, .since = "7.0.0",
     .summary = "A container for function commands.", .complexity = "Depends on subcommand.",
     .subcommands = function_rows},
};

}  // namespace

CommandFamily function_commands() { return rows; }

}  // namespace sabil::proxy::resp
