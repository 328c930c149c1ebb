// Moves an index's items out of sparse slabs (heap.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "cache/base/heap.h"

namespace sabil::cache {

// All of them where they are few, else those of some buckets; calls that follow each other go on where the last one
// ended. Returns how many were moved. Requires items that nothing but the index points to.
template <class Index>
std::size_t move_sparse_items(const Index& index) {
    constexpr std::uint32_t most_buckets = 1024;
    static std::atomic<std::uint32_t> next_bucket{0};
    const auto all = index.buckets_count();
    const auto buckets = all < most_buckets ? all : most_buckets;
    const auto first = next_bucket.fetch_add(buckets, std::memory_order_relaxed);
    std::size_t moved = 0;
    for (std::uint32_t i = 0; i < buckets; ++i) {
        index.for_bucket(first + i, [&](typename Index::Slot slot) {
            if (!heap::worth_moving(slot.item())) return;
            slot.set(static_cast<typename Index::Item*>(heap::move(slot.item())), slot.marks());
            ++moved;
        });
    }
    return moved;
}

}  // namespace sabil::cache
