#include "proxy/resp/client_memory.h"

#include "proxy/resp/client_registry.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sabil::proxy::resp {

std::size_t client_bytes(const ClientState& client) noexcept {
    return sizeof(ClientState) + client.query_capacity_bytes.load(std::memory_order_relaxed) +
           client.output_capacity_bytes.load(std::memory_order_relaxed) +
           client.queued_bytes.load(std::memory_order_relaxed) +
           client.remembered_bytes.load(std::memory_order_relaxed);
}

std::int64_t ClientMemory::limit_bytes(std::uint64_t maxmemory_bytes) const noexcept {
    auto limit = limit_.load(std::memory_order_relaxed);
    return limit >= 0 ? limit : static_cast<std::int64_t>(maxmemory_bytes / 100) * -limit;
}

std::size_t ClientMemory::evict(std::uint64_t maxmemory_bytes) {
    std::unique_lock lock(evicting_, std::try_to_lock);
    auto most = limit_bytes(maxmemory_bytes);
    if (!lock || most == 0) return 0;
    std::vector<std::pair<std::size_t, std::shared_ptr<ClientState>>> candidates;
    std::int64_t sum = 0;
    for (auto& client : clients_.all()) {
        if (client->killed.load(std::memory_order_relaxed)) continue;
        auto bytes = client_bytes(*client);
        sum += static_cast<std::int64_t>(bytes);
        if (!client->no_evict.load(std::memory_order_relaxed)) candidates.emplace_back(bytes, std::move(client));
    }
    std::size_t evicted = 0;
    std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (auto& [bytes, client] : candidates) {
        if (sum <= most) break;
        client->kill();
        sum -= static_cast<std::int64_t>(bytes);
        ++evicted;
    }
    return evicted;
}

}  // namespace sabil::proxy::resp
