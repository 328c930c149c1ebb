// Where small heap blocks come from: one reserved range of addresses cut into spans of 64 KiB, each holding blocks of
// one size and nothing between them. What this gains over malloc: no header per block, sizes that fit keys and small
// values closely, and knowing how full each span is, so that sparse ones can be emptied (defragmentation).
//
// Spans of a size with room left are kept in four lists by how full they are; blocks are taken from the fullest, so
// that the sparse ones drain. Threads do not come here for each block: heap.cc keeps a few of each size per thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "cache/base/size_classes.h"

namespace sabil::heap {

struct SlabStatistics {
    std::uint64_t span_bytes = 0;   // of spans that hold blocks
    std::uint64_t block_bytes = 0;  // of blocks that were handed out, those that threads keep for reuse included
    std::uint64_t spare_bytes = 0;  // of empty spans kept for the next use
};

// Thread-safety: any thread. Around fork() its locks are held (prepare_fork), so that the child can go on using it.
class SlabPool {
  public:
    static constexpr std::size_t span_bytes = 64 << 10;

    // Reserves addresses, no memory. Where that fails, there are never any blocks to take.
    explicit SlabPool(std::size_t reserve_bytes) noexcept;
    ~SlabPool();
    SlabPool(const SlabPool&) = delete;
    SlabPool& operator=(const SlabPool&) = delete;

    bool owns(const void* block) const noexcept {
        return reinterpret_cast<std::uintptr_t>(block) - base_ < reserved_bytes_;
    }
    SizeClass class_of(const void* block) const noexcept { return classes_[span_of(block)]; }  // requires owns()

    // Fewer than wanted only where no memory is left. Returns how many; the blocks are linked through their first
    // eight bytes, the last one's link is not set.
    std::size_t take(SizeClass size_class, std::size_t wanted, void** first);
    // `count` blocks linked likewise.
    void give(SizeClass size_class, void* first, std::size_t count) noexcept;

    // Whether giving this block back and taking another of its size packs the blocks closer: its span is less than
    // three quarters full and another, which is filled first, has room. May be out of date when it returns.
    bool sparse(const void* block) const noexcept;
    // Returns the memory of empty spans to the system.
    void purge() noexcept;
    SlabStatistics statistics() noexcept;

    void prepare_fork() noexcept;
    void after_fork() noexcept;

  private:
    static constexpr unsigned fill_lists = 4;
    static constexpr std::uint32_t no_span = UINT32_MAX;
    static constexpr std::size_t spare_spans_kept = 16;  // empty ones whose memory stays
    struct Span;
    struct alignas(64) PerClass {
        std::mutex mutex;
        std::uint32_t lists[fill_lists] = {no_span, no_span, no_span, no_span};
        std::uint64_t spans = 0;
        std::uint64_t blocks = 0;
    };

    std::size_t span_of(const void* block) const noexcept {
        return (reinterpret_cast<std::uintptr_t>(block) - base_) / span_bytes;
    }
    char* memory_of(std::uint32_t span) const noexcept { return reinterpret_cast<char*>(base_ + span * span_bytes); }
    std::uint32_t fullest(const PerClass& of) const noexcept;
    std::uint32_t add_span(PerClass& to, SizeClass size_class) noexcept;
    void link(PerClass& in, std::uint32_t span) noexcept;
    void unlink(PerClass& in, std::uint32_t span) noexcept;
    std::uint32_t claim_span() noexcept;
    void release_span(std::uint32_t span) noexcept;
    bool grow() noexcept;

    std::uintptr_t base_ = 0;
    std::size_t reserved_bytes_ = 0;
    std::size_t spans_count_ = 0;
    SizeClass* classes_ = nullptr;  // per span
    Span* spans_ = nullptr;
    PerClass per_class_[size_classes_count];

    std::mutex spans_mutex_;        // after a PerClass::mutex
    std::size_t usable_spans_ = 0;  // below it the memory is accessible
    std::size_t fresh_span_ = 0;    // from it on no span was ever used
    std::uint32_t spare_ = no_span;
    std::size_t spare_count_ = 0;
    std::uint32_t returned_ = no_span;  // empty, and their memory is the system's
};

}  // namespace sabil::heap
