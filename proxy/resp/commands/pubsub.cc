// SUBSCRIBE, PUBLISH and their kin; PUBSUB.
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <optional>

namespace sabil::proxy::resp {
namespace {

using Names = std::set<std::string, std::less<>>;

// One of the three spaces a client subscribes in.
struct Space {
    Names Subscriptions::*names;
    std::atomic<std::uint32_t> ClientState::*count;
    std::string_view subscribed, unsubscribed;
    bool shard = false;
};

constexpr Space channels{&Subscriptions::channels, &ClientState::channels_count, "subscribe", "unsubscribe"};
constexpr Space patterns{&Subscriptions::patterns, &ClientState::patterns_count, "psubscribe", "punsubscribe"};
constexpr Space shard_channels{&Subscriptions::shard_channels, &ClientState::shard_channels_count, "ssubscribe",
                               "sunsubscribe", true};

void join(Session& session, const Space& space, std::string_view name) {
    auto& hub = session.server().pubsub;
    auto self = session.client().shared_from_this();
    if (&space == &patterns) return hub.subscribe_pattern(name, std::move(self));
    hub.subscribe(space.shard ? ChannelKind::shard : ChannelKind::plain, name, std::move(self));
}

void leave(Session& session, const Space& space, std::string_view name) {
    auto& hub = session.server().pubsub;
    if (&space == &patterns) return hub.unsubscribe_pattern(name, session.client());
    hub.unsubscribe(space.shard ? ChannelKind::shard : ChannelKind::plain, name, session.client());
}

std::int64_t shown_count(ClientState& client, const Space& space) {
    const auto& own = client.subscriptions;
    return static_cast<std::int64_t>(space.shard ? own.shard_channels.size() : own.count());
}

void confirm(Reply& reply, std::string_view kind, std::optional<std::string_view> name, std::int64_t count) {
    reply.push(3);
    reply.bulk(kind);
    if (name) {
        reply.bulk(*name);
    } else {
        reply.null();
    }
    reply.integer(count);
}

void subscribe_to(const Space& space, Args args, Reply& reply, Session& session) {
    auto& client = session.client();
    auto& names = client.subscriptions.*space.names;
    for (auto name : args.subspan(1)) {
        if (names.emplace(name).second) {
            (client.*space.count).store(static_cast<std::uint32_t>(names.size()), std::memory_order_relaxed);
            client.remembers(name);
            join(session, space, name);
        }
        confirm(reply, space.subscribed, name, shown_count(client, space));
    }
}

void unsubscribe_from(const Space& space, Args args, Reply& reply, Session& session) {
    auto& client = session.client();
    auto& names = client.subscriptions.*space.names;
    auto drop = [&](std::string_view name) {
        auto found = names.find(name);
        if (found != names.end()) {
            names.erase(found);
            client.forgets(name);
            (client.*space.count).store(static_cast<std::uint32_t>(names.size()), std::memory_order_relaxed);
            leave(session, space, name);
        }
        confirm(reply, space.unsubscribed, name, shown_count(client, space));
    };
    if (args.size() > 1) {
        for (auto name : args.subspan(1)) drop(name);
        return;
    }
    if (names.empty()) return confirm(reply, space.unsubscribed, {}, shown_count(client, space));
    std::vector<std::string> all(names.begin(), names.end());
    for (const auto& name : all) drop(name);
}

// SUBSCRIBE channel [channel ...]
void subscribe(cache::Database&, Args args, Reply& reply, Session& session) {
    subscribe_to(channels, args, reply, session);
}
// UNSUBSCRIBE [channel [channel ...]]
void unsubscribe(cache::Database&, Args args, Reply& reply, Session& session) {
    unsubscribe_from(channels, args, reply, session);
}
// PSUBSCRIBE pattern [pattern ...]
void psubscribe(cache::Database&, Args args, Reply& reply, Session& session) {
    subscribe_to(patterns, args, reply, session);
}
// PUNSUBSCRIBE [pattern [pattern ...]]
void punsubscribe(cache::Database&, Args args, Reply& reply, Session& session) {
    unsubscribe_from(patterns, args, reply, session);
}
// SSUBSCRIBE shardchannel [shardchannel ...]
void ssubscribe(cache::Database&, Args args, Reply& reply, Session& session) {
    subscribe_to(shard_channels, args, reply, session);
}
// SUNSUBSCRIBE [shardchannel [shardchannel ...]]
void sunsubscribe(cache::Database&, Args args, Reply& reply, Session& session) {
    unsubscribe_from(shard_channels, args, reply, session);
}

// PUBLISH channel message
void publish(cache::Database&, Args args, Reply& reply, Session& session) {
    reply.integer(
        static_cast<std::int64_t>(session.server().pubsub.publish(ChannelKind::plain, args[1], args[2])));
}

// SPUBLISH shardchannel message
void spublish(cache::Database&, Args args, Reply& reply, Session& session) {
    reply.integer(
        static_cast<std::int64_t>(session.server().pubsub.publish(ChannelKind::shard, args[1], args[2])));
}

void list_channels(ChannelKind kind, Args args, Reply& reply, Session& session) {
    if (args.size() > 3) return reply.wrong_arguments(kind == ChannelKind::plain ? "pubsub|channels"
                                                                                   : "pubsub|shardchannels");
    auto names = session.server().pubsub.channels(kind, args.size() == 3 ? args[2] : std::string_view());
    reply.array(names.size());
    for (const auto& name : names) reply.bulk(name);
}

void count_subscribers(ChannelKind kind, Args args, Reply& reply, Session& session) {
    reply.array((args.size() - 2) * 2);
    for (auto channel : args.subspan(2)) {
        reply.bulk(channel);
        reply.integer(static_cast<std::int64_t>(session.server().pubsub.subscribers(kind, channel)));
    }
}

// PUBSUB CHANNELS [pattern]
void channels_command(cache::Database&, Args args, Reply& reply, Session& session) {
    list_channels(ChannelKind::plain, args, reply, session);
}
// PUBSUB SHARDCHANNELS [pattern]
void shardchannels(cache::Database&, Args args, Reply& reply, Session& session) {
    list_channels(ChannelKind::shard, args, reply, session);
}
// PUBSUB NUMSUB [channel [channel ...]]
void numsub(cache::Database&, Args args, Reply& reply, Session& session) {
    count_subscribers(ChannelKind::plain, args, reply, session);
}
// PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]
void shardnumsub(cache::Database&, Args args, Reply& reply, Session& session) {
    count_subscribers(ChannelKind::shard, args, reply, session);
}
// PUBSUB NUMPAT
void numpat(cache::Database&, Args, Reply& reply, Session& session) {
    reply.integer(static_cast<std::int64_t>(session.server().pubsub.patterns_count()));
}
// PUBSUB HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "CHANNELS [<pattern>]",
                 "    Channels that have subscribers.",
                 "NUMPAT",
                 "    How many patterns are subscribed to.",
                 "NUMSUB [<channel> ...]",
                 "    How many subscribers each channel has.",
                 "SHARDCHANNELS [<pattern>]",
                 "    Shard channels that have subscribers.",
                 "SHARDNUMSUB [<shardchannel> ...]",
                 "    How many subscribers each shard channel has.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::pubsub;
constexpr auto usual = flag::pubsub | flag::loading | flag::stale;
constexpr auto joins = usual | flag::noscript;
constexpr auto sends = usual | flag::fast | flag::may_replicate;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "channels", -2, usual, "2.8.0", "Returns the channels that have subscribers.",
                channels_command)
        .takes("[pattern:pattern]"),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "6.2.0", "Lists the subcommands.", help),
    rows::plain(group, "numpat", 2, usual, "2.8.0", "Returns how many patterns are subscribed to.", numpat),
    rows::plain(group, "numsub", -2, usual, "2.8.0", "Returns how many subscribers channels have.", numsub)
        .takes("[channel]..."),
    rows::plain(group, "shardchannels", -2, usual, "7.0.0", "Returns the shard channels that have subscribers.",
                shardchannels)
        .takes("[pattern:pattern]"),
    rows::plain(group, "shardnumsub", -2, usual, "7.0.0", "Returns how many subscribers shard channels have.",
                shardnumsub)
        .takes("[shardchannel]..."),
};

constexpr CommandSpec with_channels(CommandSpec row, std::int16_t last) {
    row.keys = {keys::range(1, last, 1, key_flag::not_key)};
    return row;
}

constexpr CommandSpec table[] = {
    rows::plain(group, "subscribe", -2, joins, "2.0.0", "Receives the messages of channels.", subscribe)
        .takes("channel..."),
    rows::plain(group, "unsubscribe", -1, joins, "2.0.0", "Stops receiving the messages of channels.", unsubscribe)
        .takes("[channel]..."),
    rows::plain(group, "psubscribe", -2, joins, "2.0.0", "Receives the messages of all channels that match patterns.",
                psubscribe)
        .takes("pattern:pattern..."),
    rows::plain(group, "punsubscribe", -1, joins, "2.0.0", "Stops receiving what matches patterns.", punsubscribe)
        .takes("[pattern:pattern]..."),
    with_channels(rows::plain(group, "ssubscribe", -2, joins, "7.0.0", "Receives the messages of shard channels.",
                              ssubscribe),
                  -1)
        .takes("shardchannel..."),
    with_channels(rows::plain(group, "sunsubscribe", -1, joins, "7.0.0",
                              "Stops receiving the messages of shard channels.", sunsubscribe),
                  -1)
        .takes("[shardchannel]..."),
    rows::plain(group, "publish", 3, sends, "2.0.0", "Sends a message to a channel.", publish)
        .takes("channel message"),
    with_channels(rows::plain(group, "spublish", 3, sends, "7.0.0", "Sends a message to a shard channel.", spublish),
                  0)
        .takes("shardchannel message"),
    rows::container(group, "pubsub", "2.8.0", "Commands about subscriptions.", subcommands),
};

}  // namespace

CommandFamily pubsub_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
