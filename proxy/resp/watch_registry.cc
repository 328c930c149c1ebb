#include "proxy/resp/watch_registry.h"

#include "proxy/resp/client_state.h"

#include <algorithm>

namespace sabil::proxy::resp {

WatchRegistry::Shard& WatchRegistry::shard(unsigned database, std::string_view key) noexcept {
    return shards_[(cache::hash_key(key) + database) % shards_count];
}

void WatchRegistry::add(unsigned database, std::string_view key, std::shared_ptr<ClientState> client) {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    part.watchers[Key{database, std::string(key)}].push_back(std::move(client));
    count_.fetch_add(1, std::memory_order_relaxed);
}

void WatchRegistry::remove(unsigned database, std::string_view key, const ClientState& client) {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    auto found = part.watchers.find(Key{database, std::string(key)});
    if (found == part.watchers.end()) return;
    auto& clients = found->second;
    auto at = std::find_if(clients.begin(), clients.end(), [&](const auto& c) { return c.get() == &client; });
    if (at == clients.end()) return;
    clients.erase(at);
    if (clients.empty()) part.watchers.erase(found);
    count_.fetch_sub(1, std::memory_order_relaxed);
}

void WatchRegistry::touch_watchers(unsigned database, std::string_view key) noexcept {
    auto& part = shard(database, key);
    std::lock_guard lock(part.mutex);
    auto found = part.watchers.find(Key{database, std::string(key)});
    if (found == part.watchers.end()) return;
    for (const auto& client : found->second) client->dirty_watch.store(true, std::memory_order_relaxed);
}

void WatchRegistry::touch_all(std::optional<unsigned> database,
                              const std::function<bool(unsigned database, std::string_view key)>& exists) {
    if (keys_count() == 0) return;
    for (auto& part : shards_) {
        std::lock_guard lock(part.mutex);
        for (const auto& [key, clients] : part.watchers) {
            if (database && key.database != *database) continue;
            if (!exists(key.database, key.key)) continue;
            for (const auto& client : clients) client->dirty_watch.store(true, std::memory_order_relaxed);
        }
    }
}

}  // namespace sabil::proxy::resp
