// Which clients watch which keys. A watch is added and a change is told while the key's slice is held, and EXEC asks
// while it holds the slices of its watched keys: no change between WATCH and EXEC is missed, on whatever worker.
#pragma once

#include "cache/store/key.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {

struct ClientState;

// Thread-safety: any thread.
class WatchRegistry {
  public:
    // What a flush or an exchange of databases makes of one key. `expired`: there, but past its time.
    enum class After : std::uint8_t { absent, alive, expired };
    struct Replaced {
        bool was_there = false;  // expired or not
        After after = After::absent;
    };

    // expired: the key is past its time already, so that its removal changes nothing.
    void add(unsigned database, std::string_view key, std::shared_ptr<ClientState> client, bool expired);
    bool watched_as_expired(unsigned database, std::string_view key, const ClientState& client);
    void remove(unsigned database, std::string_view key, const ClientState& client);
    // Marks the watchers of a key. Costs one load where nobody watches anything.
    void touch(unsigned database, std::string_view key) noexcept {
        if (count_.load(std::memory_order_relaxed) != 0) touch_watchers(database, key, false);
    }
    // As touch, where the key's time was over: who watched it as expired sees no change.
    void touch_expired(unsigned database, std::string_view key) noexcept {
        if (count_.load(std::memory_order_relaxed) != 0) touch_watchers(database, key, true);
    }
    // Marks the watchers of each key that becomes another; for all databases where none is given.
    void touch_all(std::optional<unsigned> database,
                   const std::function<Replaced(unsigned database, std::string_view key)>& replaced);
    std::size_t keys_count() const noexcept { return count_.load(std::memory_order_relaxed); }

  private:
    struct Key {
        unsigned database;
        std::string key;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& k) const noexcept { return cache::hash_key(k.key) + k.database; }
    };
    struct Watcher {
        std::shared_ptr<ClientState> client;
        bool expired = false;
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<Key, std::vector<Watcher>, KeyHash> watchers;
    };
    static constexpr std::size_t shards_count = 64;
    Shard& shard(unsigned database, std::string_view key) noexcept;
    void touch_watchers(unsigned database, std::string_view key, bool gone_by_time) noexcept;
    static bool sees_change(Watcher& watcher, const Replaced& replaced) noexcept;

    std::array<Shard, shards_count> shards_;
    std::atomic<std::size_t> count_{0};  // watches, over all shards
};

}  // namespace sabil::proxy::resp
