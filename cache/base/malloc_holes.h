// Stands in for slabs under sanitizers, which follow a block only where malloc gave it: as if every freed block left a
// hole that moving blocks closes. So defragmentation runs under their eyes, and comes to an end as it does with slabs.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sabil::heap {

// Thread-safety: any thread.
class MallocHoles {
  public:
    void opened(std::size_t bytes) noexcept { add(static_cast<std::int64_t>(bytes)); }
    // By moving a block of this size, which opened one of the same size.
    void closed_by_moving(std::size_t bytes) noexcept {
        add(-static_cast<std::int64_t>(bytes * (1 + closed_per_moved)));
    }
    std::uint64_t bytes() const noexcept {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes_.load(std::memory_order_relaxed)));
    }

    // Whether to move the block that is asked about: one of picked_each, by an order that only depends on how many were
    // asked about before.
    bool pick() noexcept {
        constexpr unsigned picked_each = 4;
        return bytes() > 0 && spread(asked_.fetch_add(1, std::memory_order_relaxed)) % picked_each == 0;
    }

  private:
    static constexpr std::size_t closed_per_moved = 4;

    static std::uint64_t spread(std::uint64_t number) noexcept {  // Knuth's multiplicative hash, its upper half
        return (number + 1) * 0x9e3779b97f4a7c15U >> 32;
    }
    void add(std::int64_t bytes) noexcept { bytes_.fetch_add(bytes, std::memory_order_relaxed); }

    std::atomic<std::int64_t> bytes_{0};
    std::atomic<std::uint64_t> asked_{0};
};

}  // namespace sabil::heap
