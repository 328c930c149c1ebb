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
    void add(unsigned database, std::string_view key, std::shared_ptr<ClientState> client);
    void remove(unsigned database, std::string_view key, const ClientState& client);
    // Marks the watchers of a key. Costs one load where nobody watches anything.
    void touch(unsigned database, std::string_view key) noexcept {
        if (count_.load(std::memory_order_relaxed) != 0) touch_watchers(database, key);
    }
    // Marks the watchers of each key for which `exists` is true; for all databases where none is given.
    void touch_all(std::optional<unsigned> database,
                   const std::function<bool(unsigned database, std::string_view key)>& exists);
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
    struct Shard {
        std::mutex mutex;
        std::unordered_map<Key, std::vector<std::shared_ptr<ClientState>>, KeyHash> watchers;
    };
    static constexpr std::size_t shards_count = 64;
    Shard& shard(unsigned database, std::string_view key) noexcept;
    void touch_watchers(unsigned database, std::string_view key) noexcept;

    std::array<Shard, shards_count> shards_;
    std::atomic<std::size_t> count_{0};  // watches, over all shards
};

}  // namespace sabil::proxy::resp
