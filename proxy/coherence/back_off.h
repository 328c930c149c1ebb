// Keys whose results die before anybody reads them are not kept for a while: each fill would be work for nothing.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "cache/base/clock.h"

namespace sabil::proxy {

// Reads of one entry, counted as far as they matter here. Thread-safety: any thread; a read costs one load once there
// were two.
class EntryReads {
  public:
    void count() const noexcept {
        const auto seen = count_.load(std::memory_order_relaxed);
        if (seen < most) count_.store(seen + 1, std::memory_order_relaxed);
    }
    // For the first who finds the entry stale: how often it was read, at most 2. Others get `told`.
    std::uint8_t tell() const noexcept { return count_.exchange(told, std::memory_order_relaxed); }
    static constexpr std::uint8_t most = 2;
    static constexpr std::uint8_t told = 255;

  private:
    mutable std::atomic<std::uint8_t> count_{0};
};

// Keys by hash; two that share a cell forget one another's past, which costs a later pause only.
// Thread-safety: every function from any thread, without a lock.
class BackOff {
  public:
    BackOff();
    // An entry of this key has died of a change.
    void died(std::uint64_t key_hash, bool was_read, SteadyTime now) noexcept;
    // Should the key be left alone now?
    bool paused(std::uint64_t key_hash, SteadyTime now) const noexcept;

    static constexpr unsigned unread_count_max = 16;  // in a row, before the first pause
    static constexpr std::chrono::milliseconds pause_first{1000};
    static constexpr std::chrono::milliseconds pause_max{32000};  // doubled each time the next entry dies unread too
    static constexpr std::size_t cells_count = std::size_t{1} << 14;

  private:
    std::unique_ptr<std::array<std::atomic<std::uint64_t>, cells_count>> cells_;
};

}  // namespace sabil::proxy
