// SLOWLOG.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

constexpr std::int64_t default_entries = 10;

// SLOWLOG GET [count]
void get(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t count = default_entries;
    if (args.size() > 3) return reply.wrong_arguments("slowlog|get");
    if (args.size() == 3 &&
        !integer_in_range(args[2], -1, INT64_MAX, count, reply, "ERR count should be greater than or equal to -1")) {
        return;
    }
    auto entries = session.server().slow_log.newest(count < 0 ? SIZE_MAX : static_cast<std::size_t>(count));
    reply.array(entries.size());
    for (const auto& entry : entries) {
        reply.array(6);
        reply.integer(static_cast<std::int64_t>(entry.id));
        reply.integer(entry.unix_seconds);
        reply.integer(static_cast<std::int64_t>(entry.microseconds));
        reply.array(entry.args.size());
        for (const auto& arg : entry.args) reply.bulk(arg);
        reply.bulk(entry.client_address);
        reply.bulk(entry.client_name);
    }
}

// SLOWLOG LEN
void len(cache::Database&, Args, Reply& reply, Session& session) {
    reply.integer(static_cast<std::int64_t>(session.server().slow_log.size()));
}

// SLOWLOG RESET
void reset(cache::Database&, Args, Reply& reply, Session& session) {
    session.server().slow_log.clear();
    reply.ok();
}

// SLOWLOG HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "GET [<count>]",
                 "    The newest slow commands: id, time, microseconds, arguments, client address and name.",
                 "LEN",
                 "    How many slow commands are kept.",
                 "RESET",
                 "    Forget them.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto admin = flag::admin | flag::loading | flag::stale;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "get", -2, admin, "2.2.12", "Returns the newest slow commands.", get)
        .takes("[count:integer]"),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "6.2.0", "Lists the subcommands.", help),
    rows::plain(group, "len", 2, admin, "2.2.12", "Returns how many slow commands are kept.", len),
    rows::plain(group, "reset", 2, admin, "2.2.12", "Forgets all slow commands.", reset),
};
constexpr CommandSpec table[] = {
    rows::container(group, "slowlog", "2.2.12", "Commands about slow commands.", subcommands),
};

}  // namespace

CommandFamily slowlog_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
