// Single flight: identical misses at the same time make one query. The first one leads; the others wait for it, a bounded
// time, and look again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "invalidation/dependency.h"

namespace sabil::proxy::mysql_front {

// Thread-safety: any thread; a shard's lock is held for a few instructions.
class Flights {
  public:
    enum class Role : std::uint8_t { leader, follower, alone };
    // Runs once, on the leader's thread; must only post.
    using Wake = std::function<void()>;

    // key: the cache key's hash (two keys with one hash merely wait for one another). joinable: is a fill with this floor
    // recent enough for what the caller depends on? alone: it is not, or followers_count_max wait already. make_wake is
    // asked for followers only. Both run under a lock: they must be short.
    Role join(std::uint64_t key, const std::function<bool(invalidation::Floor)>& joinable,
              const std::function<Wake()>& make_wake);
    // The leader's floor, once it has one.
    void set_floor(std::uint64_t key, invalidation::Floor floor);
    // The leader is through, with or without an entry. Wakes the followers.
    void finish(std::uint64_t key);

    static constexpr std::size_t followers_count_max = 1024;

  private:
    struct Flight {
        std::optional<invalidation::Floor> floor;
        std::vector<Wake> followers;
    };
    struct alignas(64) Shard {
        std::mutex mutex;
        std::unordered_map<std::uint64_t, Flight> flights;
    };
    Shard& shard(std::uint64_t key) noexcept { return shards_[key % shards_.size()]; }
    std::array<Shard, 64> shards_;
};

// Ends a leader's flight, whatever way it goes.
class FlightGuard {
  public:
    FlightGuard() = default;
    FlightGuard(Flights& flights, std::uint64_t key) noexcept : flights_(&flights), key_(key) {}
    FlightGuard(const FlightGuard&) = delete;
    FlightGuard& operator=(const FlightGuard&) = delete;
    ~FlightGuard() { land(); }
    void lead(Flights& flights, std::uint64_t key) noexcept {
        land();
        flights_ = &flights;
        key_ = key;
    }
    bool leads() const noexcept { return flights_ != nullptr; }
    void set_floor(invalidation::Floor floor) {
        if (flights_ != nullptr) flights_->set_floor(key_, floor);
    }
    void land() noexcept {
        if (flights_ != nullptr) flights_->finish(key_);
        flights_ = nullptr;
    }

  private:
    Flights* flights_ = nullptr;
    std::uint64_t key_ = 0;
};

}  // namespace sabil::proxy::mysql_front
