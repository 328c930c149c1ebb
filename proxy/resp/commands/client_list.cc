// CLIENT LIST, KILL and UNBLOCK: what looks at other connections.
#include "proxy/resp/client_state.h"
#include "proxy/resp/commands/client_subcommands.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <algorithm>
#include <optional>

namespace sabil::proxy::resp::client_subcommands {
namespace {

enum class ClientType : std::uint8_t { normal, master, replica, pubsub };

std::optional<ClientType> parse_type(std::string_view word) {
    if (equals_ignoring_case(word, "normal")) return ClientType::normal;
    if (equals_ignoring_case(word, "master")) return ClientType::master;
    if (equals_ignoring_case(word, "replica") || equals_ignoring_case(word, "slave")) return ClientType::replica;
    if (equals_ignoring_case(word, "pubsub")) return ClientType::pubsub;
    return {};
}

bool has_type(const ClientState& client, ClientType type) {
    bool subscribed = client.channels_count + client.patterns_count + client.shard_channels_count != 0;
    return type == (subscribed ? ClientType::pubsub : ClientType::normal);
}

// What CLIENT KILL and LIST choose clients by; what is not given matches all.
struct Filter {
    std::vector<std::uint64_t> ids;
    std::optional<ClientType> type;
    std::string_view address, local_address;
    std::optional<std::string_view> user;
    std::int64_t max_age_seconds = 0;
    bool skip_me = true;
};

bool matches(const Filter& filter, ClientState& client, std::chrono::steady_clock::time_point now) {
    if (!filter.ids.empty() && std::find(filter.ids.begin(), filter.ids.end(), client.id) == filter.ids.end()) {
        return false;
    }
    if (filter.type && !has_type(client, *filter.type)) return false;
    if (!filter.address.empty() && client.address != filter.address) return false;
    if (!filter.local_address.empty() && client.local_address != filter.local_address) return false;
    if (filter.max_age_seconds > 0 && now - client.connected_at < std::chrono::seconds(filter.max_age_seconds)) {
        return false;
    }
    if (!filter.user) return true;
    std::lock_guard lock(client.mutex);
    return client.user_name == *filter.user;
}

bool unknown_type(std::string_view word, Reply& reply) {
    reply.error("ERR Unknown client type '" + std::string(word), "'");
    return false;
}

bool parse_filter(Args args, Filter& filter, Session& session, Reply& reply) {
    for (std::size_t i = 2; i < args.size(); i += 2) {
        if (i + 1 >= args.size()) {
            reply.error(errors::syntax);
            return false;
        }
        auto name = args[i];
        auto value = args[i + 1];
        if (equals_ignoring_case(name, "id")) {
            std::int64_t id = 0;
            if (!integer_in_range(value, 1, INT64_MAX, id, reply, "ERR client-id should be greater than 0")) {
                return false;
            }
            filter.ids.push_back(static_cast<std::uint64_t>(id));
        } else if (equals_ignoring_case(name, "type")) {
            filter.type = parse_type(value);
            if (!filter.type) return unknown_type(value, reply);
        } else if (equals_ignoring_case(name, "addr")) {
            filter.address = value;
        } else if (equals_ignoring_case(name, "laddr")) {
            filter.local_address = value;
        } else if (equals_ignoring_case(name, "user")) {
            if (!session.server().acl.find(value)) {
                reply.error("ERR No such user '" + std::string(value), "'");
                return false;
            }
            filter.user = value;
        } else if (equals_ignoring_case(name, "maxage")) {
            if (!integer_argument(value, filter.max_age_seconds, reply,
                                  "ERR maxage is not an integer or out of range")) {
                return false;
            }
            if (filter.max_age_seconds <= 0) {
                reply.error("ERR maxage must be greater than 0");
                return false;
            }
        } else if (equals_ignoring_case(name, "skipme")) {
            bool yes = equals_ignoring_case(value, "yes");
            if (!yes && !equals_ignoring_case(value, "no")) {
                reply.error(errors::syntax);
                return false;
            }
            filter.skip_me = yes;
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    return true;
}

std::size_t kill_matching(const Filter& filter, Session& session) {
    auto now = std::chrono::steady_clock::now();
    std::size_t count = 0;
    for (const auto& client : session.server().clients.all()) {
        bool self = client->id == session.client_id();
        if ((self && filter.skip_me) || !matches(filter, *client, now)) continue;
        ++count;
        if (self) {
            client->close_after_reply = true;
        } else {
            client->kill();
        }
    }
    return count;
}

}  // namespace

// CLIENT KILL ip:port | option value [option value ...]
void kill(cache::Database&, Args args, Reply& reply, Session& session) {
    Filter filter;
    if (args.size() == 3) {
        filter.address = args[2];
        filter.skip_me = false;
        if (kill_matching(filter, session) == 0) return reply.error("ERR No such client");
        return reply.ok();
    }
    if (!parse_filter(args, filter, session, reply)) return;
    reply.integer(static_cast<std::int64_t>(kill_matching(filter, session)));
}

// CLIENT LIST [TYPE type] [ID id [id ...]]
void list(cache::Database&, Args args, Reply& reply, Session& session) {
    Filter filter;
    if (args.size() == 4 && equals_ignoring_case(args[2], "type")) {
        filter.type = parse_type(args[3]);
        if (!filter.type) return static_cast<void>(unknown_type(args[3], reply));
    } else if (args.size() > 3 && equals_ignoring_case(args[2], "id")) {
        for (auto arg : args.subspan(3)) {
            std::int64_t id = 0;
            if (!integer_argument(arg, id, reply, "ERR Invalid client ID")) return;
            filter.ids.push_back(static_cast<std::uint64_t>(id));
        }
    } else if (args.size() != 2) {
        return reply.error(errors::syntax);
    }
    session.client().database = session.database_index();
    auto now = std::chrono::steady_clock::now();
    std::string out;
    for (const auto& client : session.server().clients.all()) {
        if (!client->killed && matches(filter, *client, now)) out += describe_client(*client) + "\n";
    }
    reply.verbatim(out);
}

// CLIENT UNBLOCK client-id [TIMEOUT|ERROR]
void unblock(cache::Database&, Args args, Reply& reply, Session& session) {
    bool with_error = false;
    if (args.size() > 4) return reply.error(errors::syntax);
    if (args.size() == 4) {
        with_error = equals_ignoring_case(args[3], "error");
        if (!with_error && !equals_ignoring_case(args[3], "timeout")) {
            return reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
    }
    std::int64_t id = 0;
    if (!integer_argument(args[2], id, reply)) return;
    auto client = session.server().clients.find(static_cast<std::uint64_t>(id));
    if (!client || !client->blocked) return reply.integer(0);
    client->unblock_by_command(with_error);
    reply.integer(1);
}

}  // namespace sabil::proxy::resp::client_subcommands
