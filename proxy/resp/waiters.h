// Clients that wait for keys (BLPOP, XREAD BLOCK ...), in the order in which they came. Everything about the waiters of
// a key is guarded by the lock of the key's slice: a waiter is added by the command that found nothing, while it holds
// its slices, so no change can slip between; and whoever serves or gives up a waiter first takes all slices it waits in.
#pragma once

#include "cache/store/key.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/session.h"

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sabil::cache {
class Keyspace;
}

namespace sabil::proxy::resp {

struct Waiter {
    std::shared_ptr<ClientState> client;
    StoredCommand command;  // what runs again
    unsigned database = 0;
    int resp_version = 2;
    BlockRequest request;
    bool waiting = false;  // under all its slices' locks: false once served or given up
};

// Thread-safety: any thread; functions over a key need the lock of its slice.
class WaiterRegistry {
  public:
    explicit WaiterRegistry(unsigned slices_count) : slices_(slices_count) {}

    void add(std::shared_ptr<Waiter> waiter, const cache::Keyspace& keyspace);
    void remove(const std::shared_ptr<Waiter>& waiter, const cache::Keyspace& keyspace);
    bool has_waiters(unsigned slice, unsigned database, std::string_view key) const;
    // In the order in which they came; empty where nobody waits.
    std::vector<std::shared_ptr<Waiter>> waiters(unsigned slice, unsigned database, std::string_view key) const;

    // Costs one load where nobody waits for anything. Needs no lock.
    bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }
    std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }
    std::vector<std::pair<unsigned, std::string>> keys() const;  // needs all slices
    struct KeyCounts {
        std::size_t all = 0;
        std::size_t until_gone = 0;  // with a waiter whose wait ends with the key
    };
    KeyCounts count_keys() const;  // needs all slices

  private:
    struct Key {
        unsigned database;
        std::string key;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& k) const noexcept { return cache::hash_key(k.key) + k.database; }
    };
    using Queues = std::unordered_map<Key, std::list<std::shared_ptr<Waiter>>, KeyHash>;

    std::vector<std::unique_ptr<Queues>> slices_;
    std::atomic<std::size_t> count_{0};
};

}  // namespace sabil::proxy::resp
