#include "cache/base/heap.h"

#include "cache/base/heap_charge.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "cache/base/malloc_holes.h"
#include "cache/base/slab.h"

namespace sabil::heap {
namespace {

std::atomic<std::int64_t> shared_bytes{0};
std::atomic<std::int64_t> shared_peak_bytes{0};

// Sanitizers follow each block only where malloc gave it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool slabs_wanted = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool slabs_wanted = false;
#else
constexpr bool slabs_wanted = true;
#endif
#else
constexpr bool slabs_wanted = true;
#endif

[[maybe_unused]] constinit MallocHoles holes;  // used only where slabs are not wanted

SlabPool* make_pool() noexcept;

// Never destroyed: blocks may outlive every static object.
SlabPool& pool() noexcept {
    static SlabPool& instance = *make_pool();
    return instance;
}

SlabPool* make_pool() noexcept {
    // Twice the machine's memory in addresses, which cost nothing: a range that is full of sparse spans is not the end.
    const auto machine_bytes = static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_PHYS_PAGES))) * 4096;
    alignas(SlabPool) static char place[sizeof(SlabPool)];
    auto* made = new (place) SlabPool(slabs_wanted ? 2 * machine_bytes : 0);
    ::pthread_atfork([] { pool().prepare_fork(); }, [] { pool().after_fork(); }, [] { pool().after_fork(); });
    return made;
}

// Before there are threads: a child forked while another one makes the pool would wait for it forever.
[[gnu::constructor]] void make_pool_early() { pool(); }

constexpr std::size_t table_alignment = 64;
constexpr std::size_t largest_slab_table_bytes = 512;
constexpr std::size_t smallest_mapped_bytes = 128 << 10;

constexpr std::size_t whole_pages(std::size_t bytes) noexcept {
    return (bytes + 4095) / 4096 * 4096;
}

// What one thread keeps for its next requests, per size.
struct Kept {
    void* first = nullptr;
    std::uint32_t count = 0;
};

// Each thread counts alone and hands over when it has gathered enough. The limit starts at 0, so that a thread's first
// block goes the slow way and registers the handing over at its end.
thread_local std::int64_t pending_bytes = 0;
thread_local std::int64_t pending_limit_bytes = 0;
thread_local Kept kept[size_classes_count];
thread_local unsigned unpooled = 0;
thread_local SlabPool* thread_pool = nullptr;

constexpr std::uint32_t batch_blocks(SizeClass size_class) noexcept {
    return std::clamp<std::uint32_t>(4096U / class_bytes[size_class], 4U, 64U);
}

void* next_of(void* block) noexcept {
    void* next;
    std::memcpy(&next, block, sizeof next);
    return next;
}

void hand_over() noexcept {
    auto now = shared_bytes.fetch_add(pending_bytes, std::memory_order_relaxed) + pending_bytes;
    pending_bytes = 0;
    auto peak = shared_peak_bytes.load(std::memory_order_relaxed);
    while (now > peak && !shared_peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
}

// Gives back all but `keep` blocks of a size, those that were freed first.
void give_back(SizeClass size_class, std::uint32_t keep) noexcept {
    auto& list = kept[size_class];
    if (list.count <= keep) return;
    void** link_to = &list.first;
    void* last = nullptr;
    for (std::uint32_t i = 0; i < keep; ++i) last = i == 0 ? list.first : next_of(last);
    void* gone = last == nullptr ? *link_to : next_of(last);
    thread_pool->give(size_class, gone, list.count - keep);
    if (last == nullptr) list.first = nullptr;
    list.count = keep;
}

void give_all_back() noexcept {
    if (thread_pool == nullptr) return;
    for (std::size_t i = 0; i < size_classes_count; ++i) give_back(static_cast<SizeClass>(i), 0);
}

struct AtThreadEnd {
    ~AtThreadEnd() {
        hand_over();
        pending_limit_bytes = 0;
        ++unpooled;  // what is freed from here on is not kept
        give_all_back();
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

SlabPool& this_thread_pool() noexcept {
    if (thread_pool == nullptr) thread_pool = &pool();
    return *thread_pool;
}

// A block of this size from the pool, and more for later; nullptr where it has none.
[[gnu::noinline]] void* refill(SizeClass size_class) {
    void* first = nullptr;
    const auto taken = this_thread_pool().take(size_class, unpooled != 0 ? 1 : batch_blocks(size_class), &first);
    if (taken > 1) kept[size_class] = {next_of(first), static_cast<std::uint32_t>(taken - 1)};
    return taken == 0 ? nullptr : first;
}

template <std::size_t alignment>
void* allocate_for(std::size_t size_bytes) {
    if (slabs_wanted && size_bytes <= largest_slab_bytes) {
        const auto size_class = class_for<alignment>(size_bytes);
        auto& list = kept[size_class];
        void* block = list.first;
        if (list.count > 0) {
            if (--list.count > 0) list.first = next_of(block);
        } else {
            block = refill(size_class);
        }
        if (block != nullptr) {
            count(class_bytes[size_class]);
            return block;
        }
    }
    return counted(std::malloc(size_bytes == 0 ? 1 : size_bytes));
}

void keep_or_give(void* block, SizeClass size_class) noexcept {
    if (unpooled != 0) {
        thread_pool->give(size_class, block, 1);
        return;
    }
    auto& list = kept[size_class];
    const auto batch = batch_blocks(size_class);
    if (list.count >= 2 * batch) give_back(size_class, batch);
    std::memcpy(block, static_cast<const void*>(&list.first), sizeof list.first);
    list.first = block;
    ++list.count;
}

template <std::size_t alignment>
void* reallocate_for(void* block, std::size_t size_bytes) {
    if (block == nullptr) return allocate_for<alignment>(size_bytes);
    const bool slab = this_thread_pool().owns(block);
    if (!slab && size_bytes > largest_slab_bytes) {
        auto before = static_cast<std::int64_t>(malloc_usable_size(block));
        auto* moved = std::realloc(block, size_bytes);
        if (moved == nullptr) throw std::bad_alloc();
        count(static_cast<std::int64_t>(malloc_usable_size(moved)) - before);
        return moved;
    }
    if (slab && size_bytes <= largest_slab_bytes && class_for<alignment>(size_bytes) == thread_pool->class_of(block))
        return block;
    auto* moved = allocate_for<alignment>(size_bytes);
    std::memcpy(moved, block, std::min(size_bytes, usable_bytes(block)));
    deallocate(block);
    return moved;
}

}  // namespace

void* allocate(std::size_t size_bytes) {
    return allocate_for<8>(size_bytes);
}

void* allocate_packed(std::size_t size_bytes) {
    return allocate_for<4>(size_bytes);
}

void* allocate_table(std::size_t size_bytes) {
    if (size_bytes >= smallest_mapped_bytes) {
        void* table = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (table == MAP_FAILED) throw std::bad_alloc();
        count(static_cast<std::int64_t>(whole_pages(size_bytes)));
        return table;
    }
    const auto rounded = (size_bytes + table_alignment - 1) / table_alignment * table_alignment;
    void* table = slabs_wanted && rounded <= largest_slab_table_bytes
                      ? allocate_for<table_alignment>(rounded)
                      : counted(std::aligned_alloc(table_alignment, rounded));
    return std::memset(table, 0, size_bytes);
}

void deallocate_table(void* table, std::size_t size_bytes) noexcept {
    if (table == nullptr || size_bytes < smallest_mapped_bytes) return deallocate(table);
    count(-static_cast<std::int64_t>(whole_pages(size_bytes)));
    ::munmap(table, size_bytes);
}

std::size_t table_bytes(const void* table, std::size_t size_bytes) noexcept {
    if (table == nullptr || size_bytes < smallest_mapped_bytes) return usable_bytes(table);
    return whole_pages(size_bytes);
}

void* reallocate(void* block, std::size_t size_bytes) {
    return reallocate_for<8>(block, size_bytes);
}

void* reallocate_packed(void* block, std::size_t size_bytes) {
    return reallocate_for<4>(block, size_bytes);
}

void deallocate(void* block) noexcept {
    if (block == nullptr) return;
    if (this_thread_pool().owns(block)) {
        const auto size_class = thread_pool->class_of(block);
        count(-std::int64_t{class_bytes[size_class]});
        keep_or_give(block, size_class);
        return;
    }
    const auto size = malloc_usable_size(block);
    count(-static_cast<std::int64_t>(size));
    if constexpr (!slabs_wanted) holes.opened(size);
    std::free(block);
}

std::size_t usable_bytes(const void* block) noexcept {
    if (block == nullptr) return 0;
    auto& from = this_thread_pool();
    return from.owns(block) ? class_bytes[from.class_of(block)] : malloc_usable_size(const_cast<void*>(block));
}

void charge(std::int64_t bytes) noexcept { count(bytes); }

std::int64_t used_bytes() noexcept {
    return shared_bytes.load(std::memory_order_relaxed) + pending_bytes;
}

std::int64_t peak_bytes() noexcept {
    auto peak = shared_peak_bytes.load(std::memory_order_relaxed);
    auto used = used_bytes();
    return used > peak ? used : peak;
}

bool worth_moving(const void* block) noexcept {
    if constexpr (!slabs_wanted) return holes.pick();
    auto& from = this_thread_pool();
    return from.owns(block) && from.sparse(block);
}

void* move(void* block) {
    const auto size = usable_bytes(block);
    auto* moved = std::memcpy(allocate_packed(size), block, size);
    deallocate(block);
    if constexpr (!slabs_wanted) holes.closed_by_moving(size);
    return moved;
}

void purge() noexcept {
    give_all_back();
    this_thread_pool().purge();
    ::malloc_trim(0);
}

Waste waste() noexcept {
    if constexpr (!slabs_wanted) return {static_cast<std::uint64_t>(used_bytes()) + holes.bytes(), holes.bytes()};
    const auto now = this_thread_pool().statistics();
    return {now.span_bytes + now.spare_bytes, now.span_bytes - now.block_bytes};
}

Unpooled::Unpooled() noexcept {
    give_all_back();
    ++unpooled;
}

Unpooled::~Unpooled() {
    --unpooled;
}

}  // namespace sabil::heap
