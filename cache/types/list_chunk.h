// A run of list elements in one heap block that can be walked both ways and grows at both ends:
//   u32 begin | u32 end | u32 count | u32 unused, then at offsets begin .. end the elements, each followed by its size
//   as a back length: 7 bits a byte, the lowest last, and the high bit set on all but the first byte, so that it reads
//   backwards.
#pragma once

#include <cstdint>

#include "cache/types/packed_element.h"

namespace sabil::cache {

// A view of a block that it may replace; the owner keeps the pointer. nullptr is empty.
// Thread-safety: one thread at a time.
class ListChunk {
  public:
    explicit ListChunk(void* block) noexcept : block_(static_cast<Header*>(block)) {}
    static void free(void* block) noexcept;
    void* get() const noexcept { return block_; }

    std::uint32_t count() const noexcept { return block_ == nullptr ? 0 : block_->count; }
    std::uint32_t bytes() const noexcept { return block_ == nullptr ? 0 : block_->end - block_->begin; }
    // What an element takes, its back length included.
    static std::size_t size_of(const PackedElement& element) noexcept;

    const char* begin() const noexcept { return block_ == nullptr ? nullptr : base() + block_->begin; }
    const char* end() const noexcept { return block_ == nullptr ? nullptr : base() + block_->end; }
    static const char* next(const char* element) noexcept;
    static const char* previous(const char* element) noexcept;  // of end(): the last one
    const char* at(std::uint32_t index) const noexcept;         // from the nearer end; count() gives end()

    // Each may move the block.
    void insert(const char* before, const PackedElement& element);
    void erase(const char* from, std::uint32_t elements);
    void replace(const char* element, const PackedElement& with);
    // Moves the elements from `from` on into a new block, which is returned.
    void* split(const char* from);
    // Gives back spare room that is worth it: for a chunk that will hardly grow again.
    void shrink();
    void* clone() const;
    std::size_t heap_bytes() const noexcept;

  private:
    struct Header {
        std::uint32_t begin;
        std::uint32_t end;
        std::uint32_t count;
        std::uint32_t unused;
    };
    char* base() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
    std::size_t capacity() const noexcept;
    // Opens a gap of `size` bytes before the byte at offset `at` from begin, and returns it.
    char* open_gap(std::size_t at, std::size_t size);
    void reallocate(std::size_t payload_bytes, std::size_t new_begin);

    Header* block_;
};

}  // namespace sabil::cache
