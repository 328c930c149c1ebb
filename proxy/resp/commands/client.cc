// CLIENT: names, lists, pausing, reply modes.
#include "proxy/resp/client_names.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/client_subcommands.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <chrono>

namespace sabil::proxy::resp {
namespace {

using namespace client_subcommands;

// CLIENT ID
void id(cache::Database&, Args, Reply& reply, Session& session) {
    reply.integer(static_cast<std::int64_t>(session.client_id()));
}

// CLIENT INFO
void info(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    client.database = session.database_index();
    reply.verbatim(describe_client(client) + "\n");
}

// CLIENT GETNAME
void getname(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    std::lock_guard lock(client.mutex);
    if (client.name.empty()) return reply.null();
    reply.bulk(client.name);
}

// CLIENT SETNAME name
void setname(cache::Database&, Args args, Reply& reply, Session& session) {
    if (!is_client_name(args[2])) return reply.error(client_name_error);
    auto& client = session.client();
    std::lock_guard lock(client.mutex);
    client.name = args[2];
    reply.ok();
}

// CLIENT SETINFO LIB-NAME|LIB-VER value
void setinfo(cache::Database&, Args args, Reply& reply, Session& session) {
    bool is_name = equals_ignoring_case(args[2], "lib-name");
    if (!is_name && !equals_ignoring_case(args[2], "lib-ver")) {
        return reply.error("ERR Unrecognized option '" + std::string(args[2]), "'");
    }
    if (!is_client_name(args[3])) {
        return reply.error(is_name ? "ERR lib-name cannot contain spaces, newlines or special characters."
                                   : "ERR lib-ver cannot contain spaces, newlines or special characters.");
    }
    auto& client = session.client();
    std::lock_guard lock(client.mutex);
    (is_name ? client.library_name : client.library_version) = args[3];
    reply.ok();
}

bool on_or_off(std::string_view word, bool& on, Reply& reply) {
    on = equals_ignoring_case(word, "on");
    if (on || equals_ignoring_case(word, "off")) return true;
    reply.error(errors::syntax);
    return false;
}

// CLIENT NO-EVICT ON|OFF
void no_evict(cache::Database&, Args args, Reply& reply, Session& session) {
    bool on = false;
    if (!on_or_off(args[2], on, reply)) return;
    session.client().no_evict = on;
    reply.ok();
}

// CLIENT NO-TOUCH ON|OFF
void no_touch(cache::Database&, Args args, Reply& reply, Session& session) {
    bool on = false;
    if (!on_or_off(args[2], on, reply)) return;
    session.client().no_touch = on;
    reply.ok();
}

// CLIENT REPLY ON|OFF|SKIP
void reply_mode(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& mode = session.client().reply_mode;
    if (equals_ignoring_case(args[2], "on")) {
        mode = ReplyMode::on;
        reply.ok();
    } else if (equals_ignoring_case(args[2], "off")) {
        mode = ReplyMode::off;
    } else if (equals_ignoring_case(args[2], "skip")) {
        if (mode != ReplyMode::off) mode = ReplyMode::skip_next;
    } else {
        reply.error(errors::syntax);
    }
}

// CLIENT PAUSE timeout [WRITE|ALL]
void pause(cache::Database&, Args args, Reply& reply, Session& session) {
    auto scope = PauseState::Scope::all;
    if (args.size() > 4) return reply.error(errors::syntax);
    if (args.size() == 4) {
        if (equals_ignoring_case(args[3], "write")) {
            scope = PauseState::Scope::writes;
        } else if (!equals_ignoring_case(args[3], "all")) {
            return reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
        }
    }
    std::int64_t milliseconds = 0;
    if (!integer_argument(args[2], milliseconds, reply, "ERR timeout is not an integer or out of range")) return;
    if (milliseconds < 0) return reply.error(errors::timeout_negative);
    constexpr std::int64_t longest_ms = 10LL * 365 * 24 * 3600 * 1000;
    session.server().pause.begin(scope, std::chrono::steady_clock::now() +
                                            std::chrono::milliseconds(std::min(milliseconds, longest_ms)));
    reply.ok();
}

// CLIENT UNPAUSE
void unpause(cache::Database&, Args, Reply& reply, Session& session) {
    session.server().pause.end();
    reply.ok();
}

// CLIENT CAPA capability [capability ...]
void capa(cache::Database&, Args, Reply& reply, Session&) {
    reply.ok();
}

// CLIENT HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "CACHING (YES|NO)",
                 "    Whether the next command's keys are tracked.",
                 "GETNAME",
                 "    The connection's name.",
                 "GETREDIR",
                 "    The id that invalidations are redirected to.",
                 "ID",
                 "    The connection's id.",
                 "INFO",
                 "    The connection's line of CLIENT LIST.",
                 "KILL <ip:port> | <option> <value> [<option> <value> ...]",
                 "    Close connections chosen by ID, TYPE, USER, ADDR, LADDR, SKIPME, MAXAGE.",
                 "LIST [TYPE <normal|master|replica|pubsub>] [ID <client-id> ...]",
                 "    One line for each connection.",
                 "NO-EVICT (ON|OFF)",
                 "    Spare the connection when clients are evicted.",
                 "NO-TOUCH (ON|OFF)",
                 "    Read keys without refreshing their age.",
                 "PAUSE <timeout> [WRITE|ALL]",
                 "    Hold back commands for some milliseconds.",
                 "REPLY (ON|OFF|SKIP)",
                 "    Whether replies are sent.",
                 "SETINFO <LIB-NAME|LIB-VER> <value>",
                 "    Tell the client library.",
                 "SETNAME <name>",
                 "    Name the connection.",
                 "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
                 "    Be told when keys that were read change.",
                 "TRACKINGINFO",
                 "    How the connection tracks keys.",
                 "UNBLOCK <clientid> [TIMEOUT|ERROR]",
                 "    End another connection's wait.",
                 "UNPAUSE",
                 "    End CLIENT PAUSE.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::connection;
constexpr auto usual = flag::noscript | flag::loading | flag::stale;
constexpr auto admin = usual | flag::admin;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "caching", 3, usual, "6.0.0", "Says whether the next command's keys are tracked.", caching)
        .takes("(<mode> YES | NO)"),
    rows::plain(group, "capa", -3, usual | flag::allow_busy, "7.2.4", "Tells what the client is capable of.", capa)
        .takes("capability..."),
    rows::plain(group, "getname", 2, usual, "2.6.9", "Returns the connection's name.", getname),
    rows::plain(group, "getredir", 2, usual, "6.0.0", "Returns where invalidations are redirected to.", getredir),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "5.0.0", "Lists the subcommands.", help),
    rows::plain(group, "id", 2, usual, "5.0.0", "Returns the connection's id.", id),
    rows::plain(group, "info", 2, usual, "6.2.0", "Describes the connection.", info),
    rows::plain(group, "kill", -3, admin, "2.4.0", "Closes connections.", kill)
        .takes("(<filter> old-format/ip:port | (<new-format> [ID client-id:integer] | [<client-type:TYPE> NORMAL "
               "| MASTER | SLAVE | REPLICA | PUBSUB] | [USER username] | [ADDR addr/ip:port] | [LADDR "
               "laddr/ip:port] | [<skipme:SKIPME> YES | NO] | [MAXAGE maxage:integer])...)"),
    rows::plain(group, "list", -2, admin, "2.4.0", "Describes all connections.", list)
        .takes("[<client-type:TYPE> NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id:integer]..."),
    rows::plain(group, "no-evict", 3, admin, "7.0.0", "Spares the connection from client eviction.", no_evict)
        .takes("(<enabled> ON | OFF)"),
    rows::plain(group, "no-touch", 3, usual, "7.2.0", "Reads keys without refreshing their age.", no_touch)
        .takes("(<enabled> ON | OFF)"),
    rows::plain(group, "pause", -3, admin, "3.0.0", "Holds back commands for a while.", pause)
        .takes("timeout:integer [<mode> WRITE | ALL]"),
    rows::plain(group, "reply", 3, usual, "3.2.0", "Says whether replies are sent.", reply_mode)
        .takes("(<action> ON | OFF | SKIP)"),
    rows::plain(group, "setinfo", 4, usual, "7.2.0", "Tells the client library's name or version.", setinfo)
        .takes("(<attr> LIB-NAME libname | LIB-VER libver)"),
    rows::plain(group, "setname", 3, usual, "2.6.9", "Names the connection.", setname)
        .takes("connection-name"),
    rows::plain(group, "tracking", -3, usual, "6.0.0", "Switches the tracking of read keys.", tracking)
        .takes("(<status> ON | OFF) [REDIRECT client-id:integer] [PREFIX prefix]+... [BCAST] [OPTIN] [OPTOUT] "
               "[NOLOOP]"),
    rows::plain(group, "trackinginfo", 2, usual, "6.2.0", "Tells how the connection tracks keys.", trackinginfo),
    rows::plain(group, "unblock", -3, admin, "5.0.0", "Ends another connection's wait.", unblock)
        .takes("client-id:integer [<unblock-type> TIMEOUT | ERROR]"),
    rows::plain(group, "unpause", 2, admin, "6.2.0", "Ends CLIENT PAUSE.", unpause),
};
constexpr CommandSpec table[] = {
    rows::container(group, "client", "2.4.0", "Commands about client connections.", subcommands),
};

}  // namespace

CommandFamily client_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
