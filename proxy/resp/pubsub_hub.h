// Channels and patterns with their subscribers, and the delivery of messages to whatever worker a subscriber is on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {

struct ClientState;

enum class ChannelKind : std::uint8_t { plain, shard };

// Thread-safety: any thread. Messages of one publisher to one subscriber keep their order.
class PubSubHub {
  public:
    using Subscriber = std::shared_ptr<ClientState>;

    void subscribe(ChannelKind kind, std::string_view channel, Subscriber subscriber);
    void unsubscribe(ChannelKind kind, std::string_view channel, const ClientState& subscriber);
    void subscribe_pattern(std::string_view pattern, Subscriber subscriber);
    void unsubscribe_pattern(std::string_view pattern, const ClientState& subscriber);

    // The number of clients the message went to.
    std::size_t publish(ChannelKind kind, std::string_view channel, std::string_view message);
    // Costs two loads where nobody subscribes to anything.
    bool idle() const noexcept {
        return subscriptions_.load(std::memory_order_relaxed) == 0 && patterns_count() == 0;
    }

    std::vector<std::string> channels(ChannelKind kind, std::string_view pattern) const;  // an empty pattern: all
    // Those with a subscription for which `chosen(client, channel or pattern, is_pattern)` holds; each once. Walks all.
    std::vector<Subscriber> subscribers_where(
        const std::function<bool(const ClientState&, std::string_view, bool)>& chosen) const;
    std::size_t subscribers(ChannelKind kind, std::string_view channel) const;
    std::size_t channels_count(ChannelKind kind) const;
    std::size_t patterns_count() const noexcept { return patterns_count_.load(std::memory_order_relaxed); }

  private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using Channels = std::unordered_map<std::string, std::vector<Subscriber>, TextHash, std::equal_to<>>;
    struct Shard {
        mutable std::shared_mutex mutex;
        Channels channels[2];
    };
    static constexpr std::size_t shards_count = 64;
    Shard& shard(std::string_view channel) noexcept { return shards_[TextHash{}(channel) % shards_count]; }
    const Shard& shard(std::string_view channel) const noexcept {
        return shards_[TextHash{}(channel) % shards_count];
    }
    std::size_t publish_to_patterns(std::string_view channel, std::string_view message);

    std::array<Shard, shards_count> shards_;
    mutable std::shared_mutex patterns_mutex_;
    std::map<std::string, std::vector<Subscriber>, std::less<>> patterns_;
    std::atomic<std::size_t> patterns_count_{0};
    std::atomic<std::size_t> subscriptions_{0};
};

}  // namespace sabil::proxy::resp
