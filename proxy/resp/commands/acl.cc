// ACL: users and what they may do.
#include "proxy/resp/acl_store.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <string>

namespace sabil::proxy::resp {
namespace {

void reply_error(Reply& reply, const Error& error) {
    reply.error("ERR ", error.message);
}

void end_connection(ClientState& client, const Session& session) {
    if (client.id == session.client_id()) {
        client.close_after_reply = true;
    } else {
        client.kill();
    }
}

bool is_of(ClientState& client, std::string_view user) {
    std::lock_guard lock(client.mutex);
    return client.user_name == user;
}

// Whoever is subscribed to what the user may not hear any more is disconnected.
void disconnect_eavesdroppers(ServerState& server, std::string_view name, const Session& session) {
    const auto user = server.acl.find(name);
    if (user && user->unrestricted()) return;
    auto eavesdroppers = server.pubsub.subscribers_where(
        [&](const ClientState&, std::string_view channel, bool is_pattern) {
            return !user || !user->may_access_channel(channel, is_pattern);
        });
    for (const auto& client : eavesdroppers) {
        if (is_of(*client, name)) end_connection(*client, session);
    }
}

void disconnect_all_eavesdroppers(ServerState& server, const Session& session) {
    std::set<std::string> names;
    for (const auto& client : server.clients.all()) {
        std::lock_guard lock(client->mutex);
        names.insert(client->user_name);
    }
    for (const auto& name : names) disconnect_eavesdroppers(server, name, session);
}

// Whose user is no more.
void disconnect_orphans(ServerState& server, const Session& session) {
    for (const auto& client : server.clients.all()) {
        std::string name;
        {
            std::lock_guard lock(client->mutex);
            name = client->user_name;
        }
        if (!server.acl.find(name)) end_connection(*client, session);
    }
}

// ACL SETUSER username [rule [rule ...]]
void setuser(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& server = session.server();
    auto done = server.acl.set_user(args[2], args.subspan(3));
    if (!done) return reply_error(reply, done.error());
    disconnect_eavesdroppers(server, args[2], session);
    reply.ok();
}

void disconnect(ServerState& server, std::string_view user, const Session& session) {
    for (const auto& client : server.clients.all()) {
        if (is_of(*client, user)) end_connection(*client, session);
    }
}

// ACL DELUSER username [username ...]
void deluser(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& server = session.server();
    auto names = args.subspan(2);
    if (std::find(names.begin(), names.end(), "default") != names.end()) {
        return reply.error("ERR The 'default' user cannot be removed");
    }
    std::int64_t count = 0;
    for (auto name : names) {
        if (!server.acl.remove(name)) continue;
        ++count;
        disconnect(server, name, session);
    }
    reply.integer(count);
}

void reply_selector(Reply& reply, const AclSelector& selector) {
    reply.bulk("commands");
    reply.bulk(describe_commands(selector));
    reply.bulk("keys");
    reply.bulk(describe_keys(selector));
    reply.bulk("channels");
    reply.bulk(describe_channels(selector));
}

// ACL GETUSER username
void getuser(cache::Database&, Args args, Reply& reply, Session& session) {
    auto user = session.server().acl.find(args[2]);
    if (!user) return reply.null();
    reply.map(6);
    reply.bulk("flags");
    std::vector<std::string_view> flags{user->enabled ? "on" : "off"};
    if (user->no_password) flags.push_back("nopass");
    flags.push_back(user->skip_sanitize_payload ? "skip-sanitize-payload" : "sanitize-payload");
    reply.set(flags.size());
    for (auto name : flags) reply.simple(name);
    reply.bulk("passwords");
    reply.array(user->password_hashes.size());
    for (const auto& hash : user->password_hashes) reply.bulk(hash);
    reply_selector(reply, user->root);
    reply.bulk("selectors");
    reply.array(user->selectors.size());
    for (const auto& selector : user->selectors) {
        reply.map(3);
        reply_selector(reply, selector);
    }
}

// ACL LIST
void list(cache::Database&, Args, Reply& reply, Session& session) {
    auto users = session.server().acl.all();
    reply.array(users.size());
    for (const auto& user : users) reply.bulk("user " + user->name + " " + user->describe());
}

// ACL USERS
void users_command(cache::Database&, Args, Reply& reply, Session& session) {
    auto users = session.server().acl.all();
    reply.array(users.size());
    for (const auto& user : users) reply.bulk(user->name);
}

// ACL WHOAMI
void whoami(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    std::lock_guard lock(client.mutex);
    reply.bulk(client.user_name);
}

// ACL CAT [category]
void cat(cache::Database&, Args args, Reply& reply, Session&) {
    if (args.size() > 3) {
        return reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1]),
                           "'. Try ACL HELP.");
    }
    if (args.size() == 2) {
        reply.array(acl_category_names().size());
        for (const auto& category : acl_category_names()) reply.bulk(category.name);
        return;
    }
    for (const auto& category : acl_category_names()) {
        if (!equals_ignoring_case(args[2], category.name)) continue;
        auto mark = reply.open();
        std::size_t count = 0;
        for (const auto& command : command_table().all()) {
            if ((command->acl & category.bits) == 0) continue;
            reply.bulk(command->name);
            ++count;
        }
        return reply.close_array(mark, count);
    }
    reply.error("ERR Unknown category '" + std::string(args[2]), "'");
}

// ACL GENPASS [bits]
void genpass(cache::Database&, Args args, Reply& reply, Session&) {
    constexpr std::int64_t bits_max = 4096;
    std::int64_t bits = 256;
    if (args.size() > 3) return reply.wrong_arguments("acl|genpass");
    if (args.size() == 3) {
        if (!integer_argument(args[2], bits, reply)) return;
        if (bits <= 0 || bits > bits_max) {
            return reply.error("ERR ACL GENPASS argument must be the number of bits for the output password, a "
                               "positive number up to 4096");
        }
    }
    auto digits = static_cast<std::size_t>((bits + 3) / 4);
    std::string bytes(digits, '\0');
    RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(digits));
    for (auto& c : bytes) c = "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    reply.bulk(bytes);
}

void reply_log_entry(Reply& reply, const AclLogEntry& entry) {
    auto age = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() -
               static_cast<double>(entry.created_ms) / 1000;
    reply.map(10);
    reply.bulk("count");
    reply.integer(static_cast<std::int64_t>(entry.count));
    reply.bulk("reason");
    reply.bulk(entry.reason);
    reply.bulk("context");
    reply.bulk(entry.context);
    reply.bulk("object");
    reply.bulk(entry.object);
    reply.bulk("username");
    reply.bulk(entry.user);
    reply.bulk("age-seconds");
    reply.number(age);
    reply.bulk("client-info");
    reply.bulk(entry.client_info);
    reply.bulk("entry-id");
    reply.integer(static_cast<std::int64_t>(entry.id));
    reply.bulk("timestamp-created");
    reply.integer(entry.created_ms);
    reply.bulk("timestamp-last-updated");
    reply.integer(entry.updated_ms);
}

// ACL LOG [count|RESET]
void log(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& store = session.server().acl;
    std::int64_t count = 10;
    if (args.size() > 3) return reply.wrong_arguments("acl|log");
    if (args.size() == 3) {
        if (equals_ignoring_case(args[2], "reset")) {
            store.clear_log();
            return reply.ok();
        }
        if (!integer_argument(args[2], count, reply)) return;
    }
    auto entries = store.newest_log(static_cast<std::size_t>(std::max<std::int64_t>(0, count)));
    reply.array(entries.size());
    for (const auto& entry : entries) reply_log_entry(reply, entry);
}

// ACL DRYRUN username command [arg ...]
void dryrun(cache::Database&, Args args, Reply& reply, Session& session) {
    auto user = session.server().acl.find(args[2]);
    if (!user) return reply.error("ERR User '" + std::string(args[2]), "' not found");
    Args inner = args.subspan(3);
    const auto* command = command_table().resolve(inner);
    if (command == nullptr) return reply.error("ERR Command '" + std::string(inner[0]), "' not found");
    auto size = static_cast<int>(inner.size());
    int arity = command->spec->arity;
    if (arity >= 0 ? size != arity : size < -arity) return reply.wrong_arguments(command->name);
    std::size_t at = 0;
    std::string who = "User " + user->name + " has no permissions to ";
    switch (user->check(*command, inner, at)) {
        case AclDenial::none: return reply.ok();
        case AclDenial::command: return reply.bulk(who + "run the '" + command->name + "' command");
        case AclDenial::key: return reply.bulk(who + "access the '" + std::string(inner[at]) + "' key");
        case AclDenial::channel: return reply.bulk(who + "access the '" + std::string(inner[at]) + "' channel");
    }
}

constexpr std::string_view no_file =
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER "
    "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users "
    "in the Redis configuration.";

// ACL LOAD
void load(cache::Database&, Args, Reply& reply, Session& session) {
    auto& server = session.server();
    auto file = server.config.value("aclfile");
    if (file.empty()) return reply.error(no_file);
    auto done = server.acl.load_file(file);
    if (!done) return reply_error(reply, done.error());
    disconnect_orphans(server, session);
    disconnect_all_eavesdroppers(server, session);
    reply.ok();
}

// ACL SAVE
void save(cache::Database&, Args, Reply& reply, Session& session) {
    auto& server = session.server();
    auto file = server.config.value("aclfile");
    if (file.empty()) return reply.error(no_file);
    auto done = server.acl.save_file(file);
    if (!done) return reply_error(reply, done.error());
    reply.ok();
}

// ACL HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "CAT [<category>]",
                 "    Categories, or the commands of one.",
                 "DELUSER <username> [<username> ...]",
                 "    Remove users and close their connections.",
                 "DRYRUN <username> <command> [<arg> ...]",
                 "    Whether a user may run a command.",
                 "GENPASS [<bits>]",
                 "    A random password.",
                 "GETUSER <username>",
                 "    All about a user.",
                 "LIST",
                 "    All users with their rules.",
                 "LOAD",
                 "    Read the ACL file again.",
                 "LOG [<count> | RESET]",
                 "    What was denied.",
                 "SAVE",
                 "    Write the ACL file.",
                 "SETUSER <username> <attribute> [<attribute> ...]",
                 "    Create or change a user.",
                 "USERS",
                 "    All user names.",
                 "WHOAMI",
                 "    This connection's user.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto usual = flag::noscript | flag::loading | flag::stale;
constexpr auto admin = usual | flag::admin;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "cat", -2, usual, "6.0.0", "Returns categories, or the commands of one.", cat)
        .takes("[category]"),
    rows::plain(group, "deluser", -3, admin, "6.0.0", "Removes users.", deluser)
        .takes("username..."),
    rows::plain(group, "dryrun", -4, admin, "7.0.0", "Tells whether a user may run a command.", dryrun)
        .takes("username command [arg]..."),
    rows::plain(group, "genpass", -2, usual, "6.0.0", "Returns a random password.", genpass)
        .takes("[bits:integer]"),
    rows::plain(group, "getuser", 3, admin, "6.0.0", "Describes a user.", getuser)
        .takes("username"),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "6.0.0", "Lists the subcommands.", help),
    rows::plain(group, "list", 2, admin, "6.0.0", "Returns all users with their rules.", list),
    rows::plain(group, "load", 2, admin, "6.0.0", "Reads the ACL file again.", load),
    rows::plain(group, "log", -2, admin, "6.0.0", "Returns what was denied.", log)
        .takes("[<operation> count:integer | RESET]"),
    rows::plain(group, "save", 2, admin, "6.0.0", "Writes the ACL file.", save),
    rows::plain(group, "setuser", -3, admin, "6.0.0", "Creates or changes a user.", setuser)
        .takes("username [rule]..."),
    rows::plain(group, "users", 2, admin, "6.0.0", "Returns all user names.", users_command),
    rows::plain(group, "whoami", 2, usual, "6.0.0", "Returns the connection's user.", whoami),
};
constexpr CommandSpec table[] = {
    rows::container(group, "acl", "6.0.0", "Commands about users and permissions.", subcommands),
};

}  // namespace

CommandFamily acl_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
