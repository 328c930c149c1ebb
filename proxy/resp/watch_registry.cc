#include "proxy/resp/watch_registry.h"

#include "proxy/resp/client_state.h"

#include <algorithm>
#include <utility>

namespace sabil::proxy::resp {

WatchRegistry::Shard& WatchRegistry::shard(unsigned database, std::string_view key) noexcept {
    return shards_[(cache::hash_key(key) + database) % shards_count];
}

void WatchRegistry::add(unsigned database, std::string_view key, std::shared_ptr<ClientState> client, bool expired) {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    part.watchers[Key{database, std::string(key)}].push_back({std::move(client), expired});
    count_.fetch_add(1, std::memory_order_relaxed);
}

void WatchRegistry::remove(unsigned database, std::string_view key, const ClientState& client) {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    auto found = part.watchers.find(Key{database, std::string(key)});
    if (found == part.watchers.end()) return;
    auto& clients = found->second;
    auto at = std::find_if(clients.begin(), clients.end(), [&](const auto& c) { return c.client.get() == &client; });
    if (at == clients.end()) return;
    clients.erase(at);
    if (clients.empty()) part.watchers.erase(found);
    count_.fetch_sub(1, std::memory_order_relaxed);
}

bool WatchRegistry::watched_as_expired(unsigned database, std::string_view key, const ClientState& client) {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    auto found = part.watchers.find(Key{database, std::string(key)});
    if (found == part.watchers.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](const auto& watcher) { return watcher.client.get() == &client && watcher.expired; });
}

void WatchRegistry::touch_watchers(unsigned database, std::string_view key, bool gone_by_time) noexcept {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    auto found = part.watchers.find(Key{database, std::string(key)});
    if (found == part.watchers.end()) return;
    for (auto& watcher : found->second) {
        if (!std::exchange(watcher.expired, false) || !gone_by_time) {
            watcher.client->dirty_watch.store(true, std::memory_order_relaxed);
        }
    }
}

// A key past its time counts as none, so that nothing changes between the two.
bool WatchRegistry::sees_change(Watcher& watcher, const Replaced& replaced) noexcept {
    if (!replaced.was_there && replaced.after == After::absent) return false;
    bool was_none = watcher.expired || !replaced.was_there;
    if (!was_none || replaced.after == After::alive) return true;
    watcher.expired = replaced.after == After::expired;
    return false;
}

void WatchRegistry::touch_all(std::optional<unsigned> database,
                              const std::function<Replaced(unsigned database, std::string_view key)>& replaced) {
    if (keys_count() == 0) return;
    for (auto& part : shards_) {
        std::lock_guard lock(part.mutex);
        for (auto& [key, watchers] : part.watchers) {
            if (database && key.database != *database) continue;
            auto change = replaced(key.database, key.key);
            for (auto& watcher : watchers) {
                if (sees_change(watcher, change)) watcher.client->dirty_watch.store(true, std::memory_order_relaxed);
            }
        }
    }
}

}  // namespace sabil::proxy::resp
