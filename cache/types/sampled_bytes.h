// What the items of an index cost: exact while they are few, extrapolated from the first buckets where they are many.
// Unchanged indexes give the same answer each time.
#pragma once

#include <cstddef>

#include "cache/base/heap.h"

namespace sabil::cache {

template <class Index>
std::size_t sampled_bytes(const Index& index) noexcept {
    constexpr std::size_t wanted_items = 128;
    std::size_t items = 0;
    std::size_t bytes = 0;
    for (std::uint32_t bucket = 0; bucket < index.buckets_count() && items < wanted_items; ++bucket) {
        index.for_bucket(bucket, [&](typename Index::Slot slot) {
            ++items;
            bytes += heap::usable_bytes(slot.item());
        });
    }
    if (items == 0) return index.heap_bytes();
    return index.heap_bytes() + (items == index.size() ? bytes : bytes * index.size() / items);
}

}  // namespace sabil::cache
