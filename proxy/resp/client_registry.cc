#include "proxy/resp/client_registry.h"

namespace sabil::proxy::resp {

void ClientRegistry::add(std::shared_ptr<ClientState> client) {
    std::lock_guard lock(mutex_);
    clients_[client->id] = std::move(client);
    size_.store(clients_.size(), std::memory_order_relaxed);
}

void ClientRegistry::remove(std::uint64_t id) {
    std::lock_guard lock(mutex_);
    clients_.erase(id);
    size_.store(clients_.size(), std::memory_order_relaxed);
}

std::shared_ptr<ClientState> ClientRegistry::find(std::uint64_t id) const {
    std::lock_guard lock(mutex_);
    auto found = clients_.find(id);
    return found == clients_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<ClientState>> ClientRegistry::all() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<ClientState>> out;
    out.reserve(clients_.size());
    for (const auto& [id, client] : clients_) out.push_back(client);
    return out;
}

}  // namespace sabil::proxy::resp
