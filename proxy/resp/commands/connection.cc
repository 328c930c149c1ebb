// PING, ECHO, SELECT, AUTH, HELLO, RESET, QUIT: the conversation itself.
#include "cache/store/keyspace.h"
#include "proxy/resp/client_names.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_identity.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

constexpr std::string_view wrong_password = "WRONGPASS invalid username-password pair or user is disabled.";

// PING [message]
void ping(cache::Database&, Args args, Reply& reply, Session& session) {
    if (args.size() > 2) return reply.wrong_arguments("ping");
    if (session.resp_version() == 2 && session.client().subscriptions.count() != 0) {
        reply.array(2);
        reply.bulk("pong");
        return reply.bulk(args.size() == 2 ? args[1] : std::string_view());
    }
    if (args.size() == 2) return reply.bulk(args[1]);
    reply.simple("PONG");
}

// ECHO message
void echo(cache::Database&, Args args, Reply& reply, Session&) {
    reply.bulk(args[1]);
}

// SELECT index
void select(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t index = 0;
    if (!integer_argument(args[1], index, reply)) return;
    if (index < 0 || index >= session.keyspace().databases_count()) return reply.error(errors::database_out_of_range);
    session.set_database_index(static_cast<unsigned>(index));
    reply.ok();
}

void log_in(Session& session, std::shared_ptr<const AclUser> user) {
    auto& client = session.client();
    client.authenticated = true;
    client.unrestricted = user->unrestricted();
    client.acl_version = session.server().acl.version();
    std::lock_guard lock(client.mutex);
    client.user_name = user->name;
    client.user = std::move(user);
}

// False, with the error written, where name or password are wrong.
bool authenticate(Session& session, std::string_view name, std::string_view password, Reply& reply) {
    auto& server = session.server();
    if (auto user = server.acl.authenticate(name, password)) {
        log_in(session, std::move(user));
        return true;
    }
    auto& client = session.client();
    server.stats[client.worker().index()]->auth_denied.add();
    AclLogEntry entry;
    entry.reason = "auth";
    entry.context = client.transaction.active ? "multi" : "toplevel";
    entry.object = "AUTH";
    entry.user = name;
    entry.client_info = describe_client(client);
    server.acl.log(std::move(entry));
    reply.error(wrong_password);
    return false;
}

// AUTH [username] password
void auth(cache::Database&, Args args, Reply& reply, Session& session) {
    if (args.size() > 3) return reply.error(errors::syntax);
    if (args.size() == 2) {
        auto user = session.server().acl.find("default");
        if (user && user->no_password) {
            return reply.error(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
                "configuration is correct?");
        }
    }
    if (authenticate(session, args.size() == 3 ? args[1] : "default", args.back(), reply)) reply.ok();
}

void describe_server(Reply& reply, Session& session) {
    reply.map(8);
    reply.bulk("server");
    reply.bulk(server_name);
    reply.bulk("version");
    reply.bulk(redis_version);
    reply.bulk("sabil_version");
    reply.bulk(sabil_version());
    reply.bulk("proto");
    reply.integer(session.resp_version());
    reply.bulk("id");
    reply.integer(static_cast<std::int64_t>(session.client_id()));
    reply.bulk("mode");
    reply.bulk("standalone");
    reply.bulk("role");
    reply.bulk("master");
    reply.bulk("modules");
    reply.array(0);
}

struct HelloOptions {
    bool has_login = false;
    bool has_name = false;
    std::string_view user, password, name;
};

bool parse_hello(Args args, HelloOptions& options, Reply& reply) {
    for (std::size_t i = 2; i < args.size(); ++i) {
        std::size_t more = args.size() - i - 1;
        if (equals_ignoring_case(args[i], "auth") && more >= 2) {
            options.has_login = true;
            options.user = args[i + 1];
            options.password = args[i + 2];
            i += 2;
        } else if (equals_ignoring_case(args[i], "setname") && more >= 1) {
            options.has_name = true;
            options.name = args[++i];
            if (!is_client_name(options.name)) {
                reply.error(client_name_error);
                return false;
            }
        } else {
            reply.error("ERR Syntax error in HELLO option '" + std::string(args[i]), "'");
            return false;
        }
    }
    return true;
}

// HELLO [protover [AUTH username password] [SETNAME name]]
void hello(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t version = session.resp_version();
    if (args.size() > 1) {
        if (!integer_argument(args[1], version, reply, "ERR Protocol version is not an integer or out of range")) {
            return;
        }
        if (version != 2 && version != 3) return reply.error("NOPROTO unsupported protocol version");
    }
    HelloOptions options;
    if (!parse_hello(args, options, reply)) return;
    if (options.has_login && !authenticate(session, options.user, options.password, reply)) return;
    auto& client = session.client();
    if (!client.authenticated && session.server().acl.auth_required()) {
        return reply.error(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
            "<pass> option can be used to authenticate the client and select the RESP protocol version at the same "
            "time");
    }
    if (options.has_name) {
        std::lock_guard lock(client.mutex);
        client.name = options.name;
    }
    session.set_resp_version(static_cast<int>(version));
    client.resp_version = static_cast<int>(version);
    reply.set_resp_version(static_cast<int>(version));
    describe_server(reply, session);
}

// RESET
void reset(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    auto& server = session.server();
    end_tracking(client, server);
    end_subscriptions(client, server);
    discard_transaction(client, server.watches);
    if (client.monitor) server.monitors.remove(client);
    client.monitor = client.no_evict = client.no_touch = false;
    client.reply_mode = ReplyMode::on;
    client.resp_version = 2;
    session.set_resp_version(2);
    session.set_database_index(0);
    reply.set_resp_version(2);
    {
        std::lock_guard lock(client.mutex);
        client.name.clear();
        client.user_name = "default";
    }
    client.authenticated = !server.acl.auth_required();
    refresh_user(client, server.acl);
    reply.simple("RESET");
}

// QUIT
void quit(cache::Database&, Args, Reply& reply, Session& session) {
    reply.ok();
    session.client().close_after_reply = true;
}

constexpr auto anytime = flag::noscript | flag::loading | flag::stale | flag::fast;
constexpr auto group = Group::connection;
constexpr CommandSpec table[] = {
    rows::plain(group, "ping", -1, flag::fast, "1.0.0", "Answers PONG, or the given message.", ping)
        .takes("[message]"),
    rows::plain(group, "echo", 2, flag::loading | flag::stale | flag::fast, "1.0.0", "Answers the given message.",
                echo)
        .takes("message"),
    rows::plain(group, "select", 2, flag::loading | flag::stale | flag::fast, "1.0.0",
                "Changes the connection's database.", select)
        .takes("index:integer"),
    rows::plain(group, "auth", -2, anytime | flag::no_auth | flag::allow_busy, "1.0.0", "Logs the connection in.",
                auth)
        .takes("[username] password"),
    rows::plain(group, "hello", -1, anytime | flag::no_auth | flag::allow_busy, "6.0.0",
                "Chooses the protocol version, and describes the server.", hello)
        .takes("[<arguments> protover:integer [<auth:AUTH> username password] [SETNAME clientname]]"),
    rows::plain(group, "reset", 1, anytime | flag::no_auth | flag::allow_busy, "6.2.0",
                "Brings the connection to the state of a new one.", reset),
    rows::plain(group, "quit", -1, anytime | flag::no_auth | flag::allow_busy, "1.0.0", "Closes the connection.",
                quit),
};

}  // namespace

CommandFamily connection_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
