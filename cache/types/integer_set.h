// A sorted array of integers of 2, 4 or 8 bytes, the narrowest that holds them all: u32 count, u32 width, integers.
// Used by Set only.
#pragma once

#include <cstdint>

namespace sabil::cache {

// A view of a block that it may replace; the owner keeps the pointer. nullptr is empty.
// Thread-safety: one thread at a time.
class IntegerSet {
  public:
    explicit IntegerSet(void* block) noexcept : block_(static_cast<Header*>(block)) {}
    static void free(void* block) noexcept;
    void* get() const noexcept { return block_; }

    std::uint32_t count() const noexcept { return block_ == nullptr ? 0 : block_->count; }
    std::int64_t at(std::uint32_t index) const noexcept;
    bool contains(std::int64_t value) const noexcept;
    bool add(std::int64_t value);
    bool erase(std::int64_t value);
    void* clone() const;
    std::size_t heap_bytes() const noexcept;

  private:
    struct Header {
        std::uint32_t count;
        std::uint32_t width;
    };
    char* data() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
    std::uint32_t lower_bound(std::int64_t value) const noexcept;
    void put(std::uint32_t index, std::int64_t value) noexcept;
    void resize(std::uint32_t count, std::uint32_t width);

    Header* block_;
};

}  // namespace sabil::cache
