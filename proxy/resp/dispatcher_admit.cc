// The checks before a command runs or is queued, in the order clients rely on.
#include "proxy/resp/direct_delivery.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/persistence.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t quoted_bytes_max = 128;

void unknown_command(Args args, Reply& reply) {
    std::string text = "ERR unknown command '";
    text += args[0].substr(0, quoted_bytes_max);
    text += "', with args beginning with: ";
    std::string quoted;
    for (auto arg : args.subspan(1)) {
        if (quoted.size() >= quoted_bytes_max) break;
        quoted += '\'';
        quoted += arg.substr(0, quoted_bytes_max - quoted.size());
        quoted += "' ";
    }
    reply.error(text, quoted);
}

bool check_name_and_arity(const Request& request, Reply& reply) {
    const Command* command = request.command;
    if (command == nullptr) {
        unknown_command(request.args, reply);
        return false;
    }
    auto count = static_cast<int>(request.args.size());
    bool missing_subcommand = !command->subcommands.empty() && command->spec->handler == nullptr;
    if (missing_subcommand && count > 1) {
        reply.unknown_subcommand(command->name, request.args[1]);
        return false;
    }
    int arity = command->spec->arity;
    if (missing_subcommand || (arity >= 0 ? count != arity : count < -arity)) {
        reply.wrong_arguments(command->name);
        return false;
    }
    return true;
}

bool allowed_while_subscribed(const Command& command) noexcept {
    auto name = command.spec->name;
    return name == "ping" || name == "quit" || name == "reset" || name == "subscribe" || name == "unsubscribe" ||
           name == "psubscribe" || name == "punsubscribe" || name == "ssubscribe" || name == "sunsubscribe";
}

// Inside MULTI whatever is queued takes memory; EXEC takes what its commands do.
bool grows_queue(const ClientState& client, const Command& command) noexcept {
    const auto name = command.spec->name;
    if (name == "exec") return client.transaction.grows;
    return name != "discard" && name != "reset" && name != "quit" && name != "multi" && name != "watch" && name != "unwatch";
}

// Before any command, where memory is over the limit: other writers and clients' buffers took it. Where nothing could go,
// this worker does not try again at once. False: there is no room.
bool evict_for(ServerState& server, const ClientState& client) {
    constexpr auto pause = std::chrono::milliseconds(100);
    thread_local std::chrono::steady_clock::time_point not_before;
    const auto now = std::chrono::steady_clock::now();
    if (now < not_before) return false;
    const DirectDelivery told_first(client);
    if (server.keyspace.evict_until_within_budget()) return true;
    not_before = now + pause;
    return false;
}

}  // namespace

bool Dispatcher::admit(Session& session, const Request& request, Reply& reply) {
    if (!check_name_and_arity(request, reply)) return false;
    const Command& command = *request.command;
    auto& client = session.client_;
    if (client.killed.load(std::memory_order_relaxed)) {
        client.close_after_reply = true;
        reply.error("ERR the connection was closed by CLIENT KILL");
        return false;
    }
    constexpr auto unusual = flag::protected_command | flag::no_multi;
    if ((command.spec->flags & unusual) != 0 && !admit_in_state(session, command, reply)) return false;
    if (!client.authenticated && server_.acl.auth_required() && (command.spec->flags & flag::no_auth) == 0) {
        reply.error(errors::no_auth);
        return false;
    }
    if (!permitted(session, command, request.args, reply, client.transaction.active ? "multi" : "toplevel")) {
        return false;
    }
    if (auto* persistence = server_.services.persistence; persistence != nullptr && persistence->attention())
        [[unlikely]] {
        if (!admit_by_persistence(session, command, reply)) return false;
    }
    // A script holds every slice: others wait for it here rather than in a lock, so that they can be told.
    auto& gate = server_.scripting.gate;
    if (gate.running() && (command.spec->flags & flag::allow_busy) == 0) {
        // Nearly all scripts end within it; while a longer one runs, the worker has others to serve.
        constexpr auto patience = std::chrono::milliseconds(50);
        auto limit = std::chrono::milliseconds(server_.settings.script_time_limit_ms.load(std::memory_order_relaxed));
        if (!gate.wait_until_idle(limit, patience)) {
            waits_for_script_ = !gate.runs_longer_than(limit);
            if (!waits_for_script_) reply.error(gate.busy_error());
            return false;
        }
    }
    const bool grows = (command.spec->flags & flag::denyoom) != 0 || (client.transaction.active && grows_queue(client, command));
    client.no_room = false;
    if (server_.keyspace.over_budget()) [[unlikely]] {
        client.no_room = !evict_for(server_, client);
        if (grows && !make_room(command, reply)) return false;
    }
    if (session.resp_version_ == 2 && !allowed_while_subscribed(command) &&
        (client.subscriptions.count() != 0 || !client.subscriptions.shard_channels.empty())) {
        reply.error("ERR Can't execute '" + command.name,
                    "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
        return false;
    }
    return true;
}

bool Dispatcher::is_write(const Session& session, const Command& command, Args args) {
    if (command.spec->access.writes()) return true;
    if (command.spec->name == "exec") {
        const auto& queue = session.client_.transaction.queue;
        return std::any_of(queue.begin(), queue.end(), [&](const StoredCommand& stored) {
            const std::vector<std::string_view> views(stored.args.begin(), stored.args.end());
            return is_write(session, *stored.command, views);
        });
    }
    return (command.spec->flags & flag::may_replicate) != 0 && !is_read_only_script(command, args);
}

// What says of itself that it writes nothing.
bool Dispatcher::is_read_only_script(const Command& command, Args args) {
    if (command.name == "eval") return scripting::read_script_header(args[1]).flags.no_writes;
    const bool by_digest = command.name == "evalsha";
    if (!by_digest && command.name != "fcall") return false;
    auto locks = cache::LockSet::all(server_.keyspace);
    return by_digest ? server_.scripting.is_read_only_script(args[1])
                     : server_.scripting.is_read_only_function(args[1]);
}

bool Dispatcher::admit_by_persistence(const Session& session, const Command& command, Reply& reply) const {
    const auto& persistence = *server_.services.persistence;
    if (persistence.loading()) {
        if ((command.spec->flags & flag::loading) != 0) return true;
        reply.error(errors::loading);
        return false;
    }
    // As in Redis, PING tells whoever watches the server's health.
    bool writes = command.spec->access.writes() || (command.spec->name == "exec" && session.client_.transaction.writes);
    if (!writes && command.spec->name != "ping") return true;
    const auto refusal = persistence.write_refusal();
    if (refusal.empty()) return true;
    reply.error(refusal);
    return false;
}

bool Dispatcher::admit_in_state(Session& session, const Command& command, Reply& reply) {
    auto& client = session.client_;
    if ((command.spec->flags & flag::protected_command) != 0) {
        bool allowed = server_.settings.debug_commands || (server_.settings.debug_commands_local && is_local(client));
        if (!allowed) {
            bool module = command.name.rfind("module", 0) == 0;
            std::string name = module ? "MODULE" : "DEBUG";
            std::string option = module ? "enable-module-command" : "enable-debug-command";
            reply.error("ERR " + name + " command not allowed. If the " + option +
                        " option is set to \"local\", you can run it from a local connection, otherwise you need to "
                        "set this option in the configuration file, and then restart the server.");
            return false;
        }
    }
    if ((command.spec->flags & flag::no_multi) != 0 && client.transaction.active) {
        reply.error("ERR Command not allowed inside a transaction");
        return false;
    }
    return true;
}

bool Dispatcher::permitted(Session& session, const Command& command, Args args, Reply& reply,
                           std::string_view context) {
    auto& client = session.client_;
    if (client.acl_version != server_.acl.version()) refresh_user(client, server_.acl);
    if (client.unrestricted || !client.user || (command.spec->flags & flag::no_auth) != 0) return true;
    std::size_t at = 0;
    auto denial = client.user->check(command, args, at);
    if (denial == AclDenial::none) return true;
    AclLogEntry entry;
    entry.context = context;
    entry.user = client.user->name;
    entry.client_info = describe_client(client);
    switch (denial) {
        case AclDenial::command:
            stats_.acl_denied_command.add();
            entry.reason = "command";
            entry.object = command.name;
            reply.error("NOPERM User " + client.user->name + " has no permissions to run the '" + command.name,
                        "' command");
            break;
        case AclDenial::key:
            stats_.acl_denied_key.add();
            entry.reason = "key";
            entry.object = args[at];
            reply.error("NOPERM No permissions to access a key");
            break;
        default:
            stats_.acl_denied_channel.add();
            entry.reason = "channel";
            entry.object = args[at];
            reply.error("NOPERM No permissions to access a channel");
    }
    server_.acl.log(std::move(entry));
    return false;
}

bool Dispatcher::make_room(const Command&, Reply& reply) {
    if (!server_.keyspace.over_budget() || server_.keyspace.evict_until_within_budget()) return true;
    reply.error(errors::out_of_memory);
    return false;
}

// A refused command spoils the transaction it was meant for; a refused EXEC ends its transaction.
void Dispatcher::reject(Session& session, const Request& request, Reply& reply, std::size_t reply_at) {
    count_error(reply);
    if (request.command != nullptr) stats_.commands[request.command->id].rejected.add();
    auto& client = session.client_;
    if (request.command == nullptr || request.command->name != "exec") {
        client.transaction.failed |= client.transaction.active;
        return;
    }
    auto written = reply.buffer().view().substr(reply_at + 1);
    std::string reason(written.substr(0, written.find('\r')));
    constexpr std::string_view plain_code = "ERR ";
    if (reason.starts_with(plain_code)) reason.erase(0, plain_code.size());
    reply.buffer().truncate(reply_at);
    reply.error("EXECABORT Transaction discarded because of: ", reason);
    if (client.transaction.active) discard_transaction(client, server_.watches);
}

}  // namespace sabil::proxy::resp
