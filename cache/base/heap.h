// The heap of everything that counts against maxmemory: entries, values, indexes. Counts what the allocator really
// took.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace sabil::heap {

// Never null: std::bad_alloc where the system has no more. size 0 is permitted. Aligned for any type up to 16 bytes.
// Thread-safety: any thread.
void* allocate(std::size_t size_bytes);
void* allocate_aligned(std::size_t size_bytes, std::size_t alignment_bytes);  // alignment: a power of two
// Grows or shrinks a block, in place where it can; nullptr allocates.
void* reallocate(void* block, std::size_t size_bytes);
void deallocate(void* block) noexcept;  // either kind; nullptr does nothing
// What the allocator set aside for a block; 0 for nullptr.
std::size_t usable_bytes(const void* block) noexcept;

// Bytes in use, exact for the calling thread and within thread_slack_bytes for each other one.
std::int64_t used_bytes() noexcept;
std::int64_t peak_bytes() noexcept;  // of the shared count
inline constexpr std::int64_t thread_slack_bytes = 16 << 10;

// For standard containers.
template <class T>
struct Allocator {
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
