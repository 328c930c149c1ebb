// All connected clients, by id: for CLIENT LIST, KILL and whatever else looks across workers.
#pragma once

#include "proxy/resp/client_state.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: any thread; locked only when clients come, go or are listed.
class ClientRegistry {
  public:
    std::uint64_t next_id() noexcept { return next_id_.fetch_add(1, std::memory_order_relaxed); }
    void add(std::shared_ptr<ClientState> client);
    void remove(std::uint64_t id);
    std::shared_ptr<ClientState> find(std::uint64_t id) const;
    std::vector<std::shared_ptr<ClientState>> all() const;  // in the order of their ids
    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  private:
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::shared_ptr<ClientState>> clients_;
    std::atomic<std::uint64_t> next_id_{1};
    std::atomic<std::size_t> size_{0};
};

}  // namespace sabil::proxy::resp
