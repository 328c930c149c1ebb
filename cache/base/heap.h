// The heap of everything that counts against maxmemory: entries, values, indexes. Counts what the allocator really
// took. Blocks up to 2 KiB come from slabs (slab.h) by way of a few kept per thread, larger ones from malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace sabil::heap {

// Never null: std::bad_alloc where the system has no more. size 0 is permitted. Aligned for any type up to 8 bytes.
// Thread-safety: any thread.
void* allocate(std::size_t size_bytes);
// Grows or shrinks a block, in place where it can; nullptr allocates.
void* reallocate(void* block, std::size_t size_bytes);
// As the two above, aligned to 4 bytes only: for what is read bytewise.
void* allocate_packed(std::size_t size_bytes);
void* reallocate_packed(void* block, std::size_t size_bytes);
void deallocate(void* block) noexcept;  // any of the above; nullptr does nothing
// What the allocator set aside for a block; 0 for nullptr.
std::size_t usable_bytes(const void* block) noexcept;

// Zeroed memory for tables, aligned to 64 bytes. A large one comes from the system and goes back to it, so that tables
// that grow leave no holes behind, and is zeroed page by page when it is first touched.
void* allocate_table(std::size_t size_bytes);
void deallocate_table(void* table, std::size_t size_bytes) noexcept;          // the size it was allocated with
std::size_t table_bytes(const void* table, std::size_t size_bytes) noexcept;  // as usable_bytes

// Bytes in use, exact for the calling thread and within thread_slack_bytes for each other one.
std::int64_t used_bytes() noexcept;
std::int64_t peak_bytes() noexcept;  // of the shared count
inline constexpr std::int64_t thread_slack_bytes = 16 << 10;

// Whether moving this block's content to a new one, under Unpooled, helps to give memory back: it lies in a sparse
// slab. False of blocks that malloc gave, but for sanitizers, which have no others: there a share of all is moved.
bool worth_moving(const void* block) noexcept;
// The same content in another block of the same size; the old one is freed. Requires worth_moving.
void* move(void* block);
// Gives empty slabs, and what malloc can, back to the system.
void purge() noexcept;

struct Waste {
    std::uint64_t slab_bytes = 0;    // resident for blocks of up to 2 KiB
    std::uint64_t unused_bytes = 0;  // of these, between blocks in use: what defragmentation can win
};
Waste waste() noexcept;

// While one lives, this thread keeps no blocks for itself: each comes from the fullest slab and goes back to its own.
class Unpooled {
  public:
    Unpooled() noexcept;
    ~Unpooled();
    Unpooled(const Unpooled&) = delete;
    Unpooled& operator=(const Unpooled&) = delete;
};

// For standard containers.
template <class T>
struct Allocator {
    static_assert(alignof(T) <= 8);
    using value_type = T;
    Allocator() noexcept = default;
    template <class U>
    Allocator(const Allocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): rebinding
    T* allocate(std::size_t n) {
        if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
        return static_cast<T*>(heap::allocate(n * sizeof(T)));
    }
    void deallocate(T* block, std::size_t) noexcept { heap::deallocate(block); }
    template <class U>
    bool operator==(const Allocator<U>&) const noexcept {
        return true;
    }
};

// A base that routes new and delete of its heirs through this heap.
struct Counted {
    static void* operator new(std::size_t size) { return heap::allocate(size); }
    static void operator delete(void* block) noexcept { heap::deallocate(block); }
};

}  // namespace sabil::heap
