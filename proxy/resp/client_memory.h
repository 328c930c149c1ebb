// The memory of all clients' buffers against maxmemory-clients: who is over it is closed, the largest first.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace sabil::proxy::resp {

class ClientRegistry;
struct ClientState;

// What one client holds: its state, buffers and queued commands. Any thread.
std::size_t client_bytes(const ClientState& client) noexcept;

// Thread-safety: any thread.
class ClientMemory {
  public:
    explicit ClientMemory(ClientRegistry& clients) : clients_(clients) {}

    // Bytes; 0: no limit; negative: that many percent of maxmemory.
    void set_limit(std::int64_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }
    // A client's bytes grew or shrank.
    void adjust(std::int64_t bytes) noexcept { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
    bool over(std::uint64_t maxmemory_bytes) const noexcept {
        if (limit_.load(std::memory_order_relaxed) == 0) return false;
        auto most = limit_bytes(maxmemory_bytes);
        return most != 0 && bytes_.load(std::memory_order_relaxed) > most;
    }
    // Closes the largest clients that may be closed until the rest is within the limit; how many. Each leaves the sum
    // when its own worker has closed it.
    std::size_t evict(std::uint64_t maxmemory_bytes);

  private:
    std::int64_t limit_bytes(std::uint64_t maxmemory_bytes) const noexcept;

    ClientRegistry& clients_;
    std::mutex evicting_;
    std::atomic<std::int64_t> limit_{0};
    std::atomic<std::int64_t> bytes_{0};
};

}  // namespace sabil::proxy::resp
