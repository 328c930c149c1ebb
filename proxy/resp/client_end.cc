#include "proxy/resp/client_state.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {

void end_tracking(ClientState& client, ServerState& server) {
    if (!client.tracking.on) return;
    if (client.tracking.bcast) server.tracking.unsubscribe_prefixes(client.id);
    server.tracking.client_ended();
    for (const auto& prefix : client.tracking.prefixes) client.forgets(prefix);
    client.tracking = {};
    client.tracking_on = client.tracking_bcast = client.tracking_no_loop = client.tracking_broken_redirect = false;
    client.tracking_redirect = 0;
}

void end_subscriptions(ClientState& client, ServerState& server) {
    auto& own = client.subscriptions;
    for (const auto& channel : own.channels) server.pubsub.unsubscribe(ChannelKind::plain, channel, client);
    for (const auto& channel : own.shard_channels) server.pubsub.unsubscribe(ChannelKind::shard, channel, client);
    for (const auto& pattern : own.patterns) server.pubsub.unsubscribe_pattern(pattern, client);
    for (const auto* names : {&own.channels, &own.shard_channels, &own.patterns}) {
        for (const auto& name : *names) client.forgets(name);
    }
    own = {};
    client.channels_count = client.patterns_count = client.shard_channels_count = 0;
}

void end_client(ClientState& client, ServerState& server) {
    end_tracking(client, server);
    end_subscriptions(client, server);
    forget_watches(client, server.watches);
    if (client.monitor) server.monitors.remove(client);
    server.clients.remove(client.id);
}

}  // namespace sabil::proxy::resp
