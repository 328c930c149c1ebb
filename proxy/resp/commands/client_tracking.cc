// CLIENT TRACKING and its kin.
#include "proxy/resp/client_state.h"
#include "proxy/resp/commands/client_subcommands.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp::client_subcommands {
namespace {

struct TrackingOptions {
    TrackingState state;
    std::vector<std::string> prefixes;
};

bool parse_options(Args args, TrackingOptions& options, Session& session, Reply& reply) {
    auto& state = options.state;
    for (std::size_t i = 3; i < args.size(); ++i) {
        bool more = i + 1 < args.size();
        if (equals_ignoring_case(args[i], "redirect") && more) {
            if (state.redirect != 0) {
                reply.error("ERR A client can only redirect to a single other client");
                return false;
            }
            std::int64_t id = 0;
            if (!integer_argument(args[++i], id, reply)) return false;
            if (!session.server().clients.find(static_cast<std::uint64_t>(id))) {
                reply.error("ERR The client ID you want redirect to does not exist");
                return false;
            }
            state.redirect = static_cast<std::uint64_t>(id);
        } else if (equals_ignoring_case(args[i], "bcast")) {
            state.bcast = true;
        } else if (equals_ignoring_case(args[i], "optin")) {
            state.opt_in = true;
        } else if (equals_ignoring_case(args[i], "optout")) {
            state.opt_out = true;
        } else if (equals_ignoring_case(args[i], "noloop")) {
            state.no_loop = true;
        } else if (equals_ignoring_case(args[i], "prefix") && more) {
            options.prefixes.emplace_back(args[++i]);
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    return true;
}

bool is_prefix_of(std::string_view a, std::string_view b) {
    return b.substr(0, a.size()) == a;
}

bool check_prefixes(const std::vector<std::string>& wanted, const std::vector<std::string>& known, Reply& reply) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        auto collides = [&](const std::string& other) {
            if (!is_prefix_of(wanted[i], other) && !is_prefix_of(other, wanted[i])) return false;
            reply.error("ERR Prefix '" + wanted[i] + "' overlaps with an existing prefix '" + other,
                        "'. Prefixes for a single client must not overlap.");
            return true;
        };
        for (const auto& other : known) {
            if (other != wanted[i] && collides(other)) return false;
        }
        for (std::size_t j = i + 1; j < wanted.size(); ++j) {
            if (collides(wanted[j])) return false;
        }
    }
    return true;
}

bool check_options(const TrackingOptions& options, const TrackingState& before, Reply& reply) {
    const auto& state = options.state;
    std::string_view error;
    if (!options.prefixes.empty() && !state.bcast) {
        error = "ERR PREFIX option requires BCAST mode to be enabled";
    } else if (before.on && before.bcast != state.bcast) {
        error =
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it "
            "with a different mode.";
    } else if (state.bcast && (state.opt_in || state.opt_out)) {
        error = "ERR OPTIN and OPTOUT are not compatible with BCAST";
    } else if (state.opt_in && state.opt_out) {
        error = "ERR You can't specify both OPTIN mode and OPTOUT mode";
    } else if ((state.opt_in && before.opt_out) || (state.opt_out && before.opt_in)) {
        error =
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
            "with a different mode.";
    }
    if (error.empty()) return check_prefixes(options.prefixes, before.prefixes, reply);
    reply.error(error);
    return false;
}

void enable(ClientState& client, TrackingOptions& options, ServerState& server) {
    auto prefixes = client.tracking.prefixes;
    if (!client.tracking.on) server.tracking.client_began();
    client.tracking = options.state;
    client.tracking.on = true;
    client.tracking.prefixes = std::move(prefixes);
    client.tracking_on = true;
    client.tracking_bcast = options.state.bcast;
    client.tracking_no_loop = options.state.no_loop;
    client.tracking_redirect = options.state.redirect;
    client.tracking_broken_redirect = false;
    if (!options.state.bcast) return;
    if (options.prefixes.empty() && client.tracking.prefixes.empty()) options.prefixes.emplace_back();
    for (auto& prefix : options.prefixes) {
        server.tracking.subscribe_prefix(prefix, client.id);
        client.remembers(prefix);
        client.tracking.prefixes.push_back(std::move(prefix));
    }
}

}  // namespace

// CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]
void tracking(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& client = session.client();
    TrackingOptions options;
    if (!parse_options(args, options, session, reply)) return;
    if (equals_ignoring_case(args[2], "off")) {
        end_tracking(client, session.server());
        return reply.ok();
    }
    if (!equals_ignoring_case(args[2], "on")) return reply.error(errors::syntax);
    if (!check_options(options, client.tracking, reply)) return;
    enable(client, options, session.server());
    reply.ok();
}

// CLIENT CACHING YES|NO
void caching(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& state = session.client().tracking;
    if (!state.on) {
        return reply.error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
                           "OPTOUT mode enabled");
    }
    if (equals_ignoring_case(args[2], "yes")) {
        if (!state.opt_in) return reply.error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN "
                                              "mode.");
        state.caching = TrackingState::Caching::yes;
    } else if (equals_ignoring_case(args[2], "no")) {
        if (!state.opt_out) return reply.error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT "
                                               "mode.");
        state.caching = TrackingState::Caching::no;
    } else {
        return reply.error(errors::syntax);
    }
    reply.ok();
}

// CLIENT GETREDIR
void getredir(cache::Database&, Args, Reply& reply, Session& session) {
    const auto& state = session.client().tracking;
    reply.integer(state.on ? static_cast<std::int64_t>(state.redirect) : -1);
}

// CLIENT TRACKINGINFO
void trackinginfo(cache::Database&, Args, Reply& reply, Session& session) {
    const auto& client = session.client();
    const auto& state = client.tracking;
    std::vector<std::string_view> flags{state.on ? "on" : "off"};
    auto add = [&flags](bool applies, std::string_view name) {
        if (applies) flags.push_back(name);
    };
    add(state.bcast, "bcast");
    add(state.opt_in, "optin");
    add(state.opt_in && state.caching == TrackingState::Caching::yes, "caching-yes");
    add(state.opt_out, "optout");
    add(state.opt_out && state.caching == TrackingState::Caching::no, "caching-no");
    add(state.no_loop, "noloop");
    add(client.tracking_broken_redirect, "broken_redirect");
    reply.map(3);
    reply.bulk("flags");
    reply.set(flags.size());
    for (auto name : flags) reply.bulk(name);
    reply.bulk("redirect");
    reply.integer(state.on ? static_cast<std::int64_t>(state.redirect) : -1);
    reply.bulk("prefixes");
    reply.array(state.prefixes.size());
    for (const auto& prefix : state.prefixes) reply.bulk(prefix);
}

}  // namespace sabil::proxy::resp::client_subcommands
