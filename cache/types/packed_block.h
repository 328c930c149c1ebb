// Elements one after the other in one heap block: u32 bytes, u32 elements, then the elements (packed_element.h). The
// small form of hashes (field, value, ...), sets and sorted sets (member, score, ...).
#pragma once

#include <cstdint>
#include <span>

#include "cache/types/packed_element.h"

namespace sabil::cache {

// A view of a block that it may replace; the owner keeps the pointer. nullptr is an empty block.
// Thread-safety: one thread at a time.
class PackedBlock {
  public:
    explicit PackedBlock(void* block) noexcept : block_(static_cast<Header*>(block)) {}
    static void free(void* block) noexcept;
    void* get() const noexcept { return block_; }

    std::uint32_t count() const noexcept { return block_ == nullptr ? 0 : block_->count; }
    std::uint32_t bytes() const noexcept { return block_ == nullptr ? 0 : block_->bytes; }
    const char* begin() const noexcept { return block_ == nullptr ? nullptr : data(); }
    const char* end() const noexcept { return block_ == nullptr ? nullptr : data() + block_->bytes; }
    // Looks at every `stride`-th element, the first one first; nullptr where none is equal.
    const char* find(const PackedElement& wanted, unsigned stride) const noexcept;
    // The element with this index; requires index < count().
    const char* at(std::uint32_t index) const noexcept;
    static const char* next(const char* element) noexcept { return element + packed_size(element); }

    // Each may move the block: take get() afterwards. The elements must not view the block itself.
    void insert(const char* before, std::span<const PackedElement> elements);  // end() appends
    void replace(const char* element, const PackedElement& with);
    void erase(const char* from, std::uint32_t elements);
    // A copy in a block of its own.
    void* clone() const;
    std::size_t heap_bytes() const noexcept;
    // Out of a sparse slab, where it lies in one; whether it did.
    bool defragment();

  private:
    struct Header {
        std::uint32_t bytes;
        std::uint32_t count;
    };
    char* data() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
    // Makes the gap at `offset` `after` bytes wide where it was `before`.
    char* splice(std::size_t offset, std::size_t before, std::size_t after);

    Header* block_;
};

}  // namespace sabil::cache
