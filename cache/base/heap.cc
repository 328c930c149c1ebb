#include "cache/base/heap.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>

namespace sabil::heap {
namespace {

std::atomic<std::int64_t> shared_bytes{0};
std::atomic<std::int64_t> shared_peak_bytes{0};

// Each thread counts alone and hands over when it has gathered enough. The limit starts at 0, so that a thread's first
// block goes the slow way and registers the handing over at its end.
thread_local std::int64_t pending_bytes = 0;
thread_local std::int64_t pending_limit_bytes = 0;

void hand_over() noexcept {
    auto now = shared_bytes.fetch_add(pending_bytes, std::memory_order_relaxed) + pending_bytes;
    pending_bytes = 0;
    auto peak = shared_peak_bytes.load(std::memory_order_relaxed);
    while (now > peak && !shared_peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
}

struct AtThreadEnd {
    ~AtThreadEnd() {
        hand_over();
        pending_limit_bytes = 0;
    }
};

[[gnu::noinline]] void slow_count() noexcept {
    thread_local AtThreadEnd at_end;
    (void)&at_end;
    if (pending_limit_bytes == 0) pending_limit_bytes = thread_slack_bytes;
    hand_over();
}

void count(std::int64_t bytes) noexcept {
    pending_bytes += bytes;
    if (pending_bytes >= pending_limit_bytes || pending_bytes <= -pending_limit_bytes) slow_count();
}

void* counted(void* block) {
    if (block == nullptr) throw std::bad_alloc();
    count(static_cast<std::int64_t>(malloc_usable_size(block)));
    return block;
}

}  // namespace

void* allocate(std::size_t size_bytes) {
    return counted(std::malloc(size_bytes == 0 ? 1 : size_bytes));
}

void* allocate_aligned(std::size_t size_bytes, std::size_t alignment_bytes) {
    auto rounded = (size_bytes + alignment_bytes - 1) & ~(alignment_bytes - 1);
    return counted(std::aligned_alloc(alignment_bytes, rounded));
}

void* reallocate(void* block, std::size_t size_bytes) {
    auto before = static_cast<std::int64_t>(usable_bytes(block));
    auto* moved = std::realloc(block, size_bytes == 0 ? 1 : size_bytes);
    if (moved == nullptr) throw std::bad_alloc();
    count(static_cast<std::int64_t>(malloc_usable_size(moved)) - before);
    return moved;
}

void deallocate(void* block) noexcept {
    if (block == nullptr) return;
    count(-static_cast<std::int64_t>(malloc_usable_size(block)));
    std::free(block);
}

std::size_t usable_bytes(const void* block) noexcept {
    return block == nullptr ? 0 : malloc_usable_size(const_cast<void*>(block));
}

std::int64_t used_bytes() noexcept {
    return shared_bytes.load(std::memory_order_relaxed) + pending_bytes;
}

std::int64_t peak_bytes() noexcept {
    auto peak = shared_peak_bytes.load(std::memory_order_relaxed);
    auto used = used_bytes();
    return used > peak ? used : peak;
}

}  // namespace sabil::heap
