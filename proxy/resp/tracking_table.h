// Client-side caching: which clients read which keys, and the invalidation messages they get.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {

struct ClientState;
class ClientRegistry;

// Thread-safety: any thread. Databases are not told apart, as in Redis.
class TrackingTable {
  public:
    explicit TrackingTable(ClientRegistry& clients) : clients_(clients) {}

    // The client has read this key and is to hear once of its next change. Called with the key's slice held.
    void remember(std::string_view key, std::uint64_t client);
    void subscribe_prefix(std::string_view prefix, std::uint64_t client);
    void unsubscribe_prefixes(std::uint64_t client);

    // A key was changed by `origin` (0: by no client). Costs one load where nobody tracks anything.
    void invalidate(std::string_view key, std::uint64_t origin) {
        if (clients_count_.load(std::memory_order_relaxed) != 0) invalidate_readers(key, origin);
    }
    void invalidate_all();
    // The listeners of prefixes hear of a command's changes together, after it. Costs one load where there are none.
    bool has_broadcasts() const noexcept { return broadcasts_count_.load(std::memory_order_relaxed) != 0; }
    void send_broadcasts();

    void client_began() noexcept { clients_count_.fetch_add(1, std::memory_order_relaxed); }
    void client_ended() noexcept { clients_count_.fetch_sub(1, std::memory_order_relaxed); }
    std::size_t clients_count() const noexcept { return clients_count_.load(std::memory_order_relaxed); }
    std::size_t keys_count() const noexcept { return keys_count_.load(std::memory_order_relaxed); }
    std::size_t items_count() const;
    std::size_t prefixes_count() const;
    // Above this many keys, some are invalidated to make room; 0 sets no limit.
    void set_max_keys(std::size_t count) noexcept { max_keys_count_.store(count, std::memory_order_relaxed); }

  private:
    void invalidate_readers(std::string_view key, std::uint64_t origin);
    void send(std::uint64_t client, const std::vector<std::string_view>* keys, std::uint64_t origin, bool bcast);
    void make_room();

    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, std::set<std::uint64_t>, TextHash, std::equal_to<>> readers;
    };
    static constexpr std::size_t shards_count = 64;

    ClientRegistry& clients_;
    std::array<Shard, shards_count> shards_;
    struct Prefix {
        std::set<std::uint64_t> listeners;
        std::map<std::string, std::uint64_t, std::less<>> changed;  // keys, with who changed each last
    };
    mutable std::mutex prefixes_mutex_;
    std::map<std::string, Prefix, std::less<>> prefixes_;
    std::atomic<std::size_t> broadcasts_count_{0};  // keys in all `changed`
    std::atomic<std::size_t> prefixes_count_{0};
    std::atomic<std::size_t> clients_count_{0};
    std::atomic<std::size_t> keys_count_{0};
    std::atomic<std::size_t> max_keys_count_{1'000'000};
};

}  // namespace sabil::proxy::resp
