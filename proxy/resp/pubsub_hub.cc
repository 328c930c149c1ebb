#include "proxy/resp/pubsub_hub.h"

#include "proxy/resp/client_state.h"
#include "cache/base/glob.h"
#include "proxy/resp/reply.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using Payload = std::shared_ptr<const std::string>;

Payload encode(int resp_version, std::string_view kind, std::string_view pattern, std::string_view channel,
               std::string_view message) {
    OutputBuffer out;
    Reply reply(out, resp_version);
    reply.push(pattern.data() == nullptr ? 3 : 4);
    reply.bulk(kind);
    if (pattern.data() != nullptr) reply.bulk(pattern);
    reply.bulk(channel);
    reply.bulk(message);
    return std::make_shared<const std::string>(out.view());
}

// One message, encoded at most once for each protocol version.
class Message {
  public:
    Message(std::string_view kind, std::string_view pattern, std::string_view channel, std::string_view message)
        : kind_(kind), pattern_(pattern), channel_(channel), message_(message) {}
    void deliver_to(const PubSubHub::Subscriber& subscriber) {
        int version = subscriber->resp_version.load(std::memory_order_relaxed);
        auto& payload = encoded_[version == 3 ? 1 : 0];
        if (!payload) payload = encode(version, kind_, pattern_, channel_, message_);
        subscriber->deliver(payload);
    }

  private:
    std::string_view kind_, pattern_, channel_, message_;
    Payload encoded_[2];
};

bool drop(std::vector<PubSubHub::Subscriber>& subscribers, const ClientState& subscriber) {
    auto at = std::find_if(subscribers.begin(), subscribers.end(),
                           [&](const auto& s) { return s.get() == &subscriber; });
    if (at == subscribers.end()) return false;
    subscribers.erase(at);
    return true;
}

}  // namespace

void PubSubHub::subscribe(ChannelKind kind, std::string_view channel, Subscriber subscriber) {
    auto& part = shard(channel);
    std::unique_lock lock(part.mutex);
    part.channels[static_cast<std::size_t>(kind)][std::string(channel)].push_back(std::move(subscriber));
    subscriptions_.fetch_add(1, std::memory_order_relaxed);
}

std::vector<PubSubHub::Subscriber> PubSubHub::subscribers_where(
    const std::function<bool(const ClientState&, std::string_view, bool)>& chosen) const {
    std::vector<Subscriber> out;
    const auto look = [&](std::string_view name, const std::vector<Subscriber>& subscribers, bool is_pattern) {
        for (const auto& one : subscribers) {
            if (chosen(*one, name, is_pattern) && std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
        }
    };
    for (const auto& part : shards_) {
        std::shared_lock lock(part.mutex);
        for (const auto& channels : part.channels) {
            for (const auto& [name, subscribers] : channels) look(name, subscribers, false);
        }
    }
    std::shared_lock lock(patterns_mutex_);
    for (const auto& [name, subscribers] : patterns_) look(name, subscribers, true);
    return out;
}

void PubSubHub::unsubscribe(ChannelKind kind, std::string_view channel, const ClientState& subscriber) {
    auto& part = shard(channel);
    std::unique_lock lock(part.mutex);
    auto& channels = part.channels[static_cast<std::size_t>(kind)];
    auto found = channels.find(channel);
    if (found == channels.end() || !drop(found->second, subscriber)) return;
    if (found->second.empty()) channels.erase(found);
    subscriptions_.fetch_sub(1, std::memory_order_relaxed);
}

void PubSubHub::subscribe_pattern(std::string_view pattern, Subscriber subscriber) {
    std::unique_lock lock(patterns_mutex_);
    patterns_[std::string(pattern)].push_back(std::move(subscriber));
    patterns_count_.store(patterns_.size(), std::memory_order_relaxed);
}

void PubSubHub::unsubscribe_pattern(std::string_view pattern, const ClientState& subscriber) {
    std::unique_lock lock(patterns_mutex_);
    auto found = patterns_.find(pattern);
    if (found == patterns_.end() || !drop(found->second, subscriber)) return;
    if (found->second.empty()) patterns_.erase(found);
    patterns_count_.store(patterns_.size(), std::memory_order_relaxed);
}

std::size_t PubSubHub::publish(ChannelKind kind, std::string_view channel, std::string_view message) {
    std::size_t receivers = 0;
    {
        auto& part = shard(channel);
        std::shared_lock lock(part.mutex);
        const auto& channels = part.channels[static_cast<std::size_t>(kind)];
        auto found = channels.find(channel);
        if (found != channels.end()) {
            Message out(kind == ChannelKind::plain ? "message" : "smessage", {}, channel, message);
            for (const auto& subscriber : found->second) out.deliver_to(subscriber);
            receivers = found->second.size();
        }
    }
    if (kind == ChannelKind::plain && patterns_count() != 0) receivers += publish_to_patterns(channel, message);
    return receivers;
}

std::size_t PubSubHub::publish_to_patterns(std::string_view channel, std::string_view message) {
    std::size_t receivers = 0;
    std::shared_lock lock(patterns_mutex_);
    for (const auto& [pattern, subscribers] : patterns_) {
        if (!glob_match(pattern, channel)) continue;
        Message out("pmessage", pattern, channel, message);
        for (const auto& subscriber : subscribers) out.deliver_to(subscriber);
        receivers += subscribers.size();
    }
    return receivers;
}

std::vector<std::string> PubSubHub::channels(ChannelKind kind, std::string_view pattern) const {
    std::vector<std::string> out;
    for (const auto& part : shards_) {
        std::shared_lock lock(part.mutex);
        for (const auto& [channel, subscribers] : part.channels[static_cast<std::size_t>(kind)]) {
            if (pattern.empty() || glob_match(pattern, channel)) out.push_back(channel);
        }
    }
    return out;
}

std::size_t PubSubHub::subscribers(ChannelKind kind, std::string_view channel) const {
    const auto& part = shard(channel);
    std::shared_lock lock(part.mutex);
    const auto& channels = part.channels[static_cast<std::size_t>(kind)];
    auto found = channels.find(channel);
    return found == channels.end() ? 0 : found->second.size();
}

std::size_t PubSubHub::channels_count(ChannelKind kind) const {
    std::size_t count = 0;
    for (const auto& part : shards_) {
        std::shared_lock lock(part.mutex);
        count += part.channels[static_cast<std::size_t>(kind)].size();
    }
    return count;
}

}  // namespace sabil::proxy::resp
