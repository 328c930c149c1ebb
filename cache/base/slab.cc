#include "cache/base/slab.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace sabil::heap {
namespace {

constexpr std::uint16_t no_block = UINT16_MAX;
constexpr std::size_t unit_bytes = 4;  // blocks are found by their offset in these

char* map(std::size_t bytes, int protection) noexcept {
    void* at = ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<char*>(at);
}

}  // namespace

struct SlabPool::Span {
    std::uint32_t previous;
    std::uint32_t next;
    std::uint16_t free_block;  // offset of the first free one in units, linked by offsets
    std::uint16_t touched;     // how many blocks at the front were ever handed out
    std::uint16_t capacity;
    std::atomic<std::uint16_t> used;

    // The fuller, the higher; `fill_lists` where there is no room at all.
    unsigned list() const noexcept { return used.load(std::memory_order_relaxed) * fill_lists / capacity; }
};

SlabPool::SlabPool(std::size_t reserve_bytes) noexcept {
    static_assert(span_bytes / unit_bytes <= no_block);
    const auto count = reserve_bytes / span_bytes;
    // One span more, to begin at a multiple of its size.
    char* range = map((count + 1) * span_bytes, PROT_NONE);
    char* classes = map(count * sizeof(SizeClass), PROT_READ | PROT_WRITE);
    char* spans = map(count * sizeof(Span), PROT_READ | PROT_WRITE);
    if (range == nullptr || classes == nullptr || spans == nullptr)
        return;  // an address space this small is not reused
    base_ = (reinterpret_cast<std::uintptr_t>(range) + span_bytes - 1) / span_bytes * span_bytes;
    reserved_bytes_ = count * span_bytes;
    spans_count_ = count;
    classes_ = reinterpret_cast<SizeClass*>(classes);
    spans_ = reinterpret_cast<Span*>(spans);
}

SlabPool::~SlabPool() {
    if (spans_count_ == 0) return;
    ::munmap(memory_of(0), reserved_bytes_);
    ::munmap(classes_, spans_count_ * sizeof(SizeClass));
    ::munmap(spans_, spans_count_ * sizeof(Span));
}

bool SlabPool::grow() noexcept {
    constexpr std::size_t step_spans = 64;
    if (usable_spans_ == spans_count_) return false;
    const auto spans = std::min(step_spans, spans_count_ - usable_spans_);
    if (::mprotect(memory_of(static_cast<std::uint32_t>(usable_spans_)), spans * span_bytes, PROT_READ | PROT_WRITE) !=
        0) {
        return false;
    }
    usable_spans_ += spans;
    return true;
}

std::uint32_t SlabPool::claim_span() noexcept {
    std::lock_guard lock(spans_mutex_);
    for (auto* list : {&spare_, &returned_}) {
        if (*list == no_span) continue;
        if (list == &spare_) --spare_count_;
        const auto span = *list;
        *list = spans_[span].next;
        return span;
    }
    if (fresh_span_ == usable_spans_ && !grow()) return no_span;
    return static_cast<std::uint32_t>(fresh_span_++);
}

void SlabPool::release_span(std::uint32_t span) noexcept {
    std::lock_guard lock(spans_mutex_);
    const bool keep = spare_count_ < spare_spans_kept;
    if (!keep) ::madvise(memory_of(span), span_bytes, MADV_DONTNEED);
    auto& list = keep ? spare_ : returned_;
    if (keep) ++spare_count_;
    spans_[span].next = list;
    list = span;
}

void SlabPool::purge() noexcept {
    std::lock_guard lock(spans_mutex_);
    while (spare_ != no_span) {
        const auto span = spare_;
        spare_ = spans_[span].next;
        ::madvise(memory_of(span), span_bytes, MADV_DONTNEED);
        spans_[span].next = returned_;
        returned_ = span;
    }
    spare_count_ = 0;
}

void SlabPool::link(PerClass& in, std::uint32_t number) noexcept {
    auto& span = spans_[number];
    const auto list = span.list();
    if (list == fill_lists) return;
    span.previous = no_span;
    span.next = in.lists[list];
    if (span.next != no_span) spans_[span.next].previous = number;
    in.lists[list] = number;
}

void SlabPool::unlink(PerClass& in, std::uint32_t number) noexcept {
    const auto& span = spans_[number];
    const auto list = span.list();
    if (list == fill_lists) return;
    (span.previous == no_span ? in.lists[list] : spans_[span.previous].next) = span.next;
    if (span.next != no_span) spans_[span.next].previous = span.previous;
}

std::uint32_t SlabPool::fullest(const PerClass& of) const noexcept {
    for (auto list = fill_lists; list-- > 0;) {
        if (of.lists[list] != no_span) return of.lists[list];
    }
    return no_span;
}

std::uint32_t SlabPool::add_span(PerClass& to, SizeClass size_class) noexcept {
    const auto number = claim_span();
    if (number == no_span) return no_span;
    auto* span = new (&spans_[number]) Span{};
    span->free_block = no_block;
    span->capacity = static_cast<std::uint16_t>(span_bytes / class_bytes[size_class]);
    classes_[number] = size_class;
    ++to.spans;
    link(to, number);
    return number;
}

std::size_t SlabPool::take(SizeClass size_class, std::size_t wanted, void** first) {
    auto& mine = per_class_[size_class];
    const std::size_t size = class_bytes[size_class];
    std::lock_guard lock(mine.mutex);
    std::size_t taken = 0;
    for (void** link_to = first; taken < wanted;) {
        auto number = fullest(mine);
        if (number == no_span) number = add_span(mine, size_class);
        if (number == no_span) break;
        auto& span = spans_[number];
        unlink(mine, number);
        for (; taken < wanted && span.used.load(std::memory_order_relaxed) < span.capacity; ++taken) {
            char* block = memory_of(number);
            if (span.free_block != no_block) {
                block += span.free_block * unit_bytes;
                std::memcpy(&span.free_block, block, sizeof span.free_block);
            } else {
                block += span.touched++ * size;
            }
            span.used.fetch_add(1, std::memory_order_relaxed);
            std::memcpy(static_cast<void*>(link_to), &block, sizeof block);
            link_to = reinterpret_cast<void**>(block);
        }
        link(mine, number);
    }
    mine.blocks += taken;
    return taken;
}

void SlabPool::give(SizeClass size_class, void* first, std::size_t count) noexcept {
    auto& mine = per_class_[size_class];
    std::lock_guard lock(mine.mutex);
    mine.blocks -= count;
    for (auto* block = static_cast<char*>(first); count > 0; --count) {
        char* next = nullptr;
        if (count > 1) std::memcpy(&next, block, sizeof next);
        const auto number = static_cast<std::uint32_t>(span_of(block));
        auto& span = spans_[number];
        const auto list = span.list();
        const auto left = static_cast<std::uint16_t>(span.used.load(std::memory_order_relaxed) - 1);
        const bool moves = left * fill_lists / span.capacity != list;
        if (moves || left == 0) unlink(mine, number);
        std::memcpy(block, &span.free_block, sizeof span.free_block);
        span.free_block =
            static_cast<std::uint16_t>((block - memory_of(number)) / static_cast<std::ptrdiff_t>(unit_bytes));
        span.used.store(left, std::memory_order_relaxed);
        if (left == 0) {
            --mine.spans;
            release_span(number);
        } else if (moves) {
            link(mine, number);
        }
        block = next;
    }
}

bool SlabPool::sparse(const void* block) const noexcept {
    const auto number = span_of(block);
    const auto& span = spans_[number];
    if (span.list() + 1 >= fill_lists) return false;
    auto& mine = const_cast<PerClass&>(per_class_[classes_[number]]);
    std::lock_guard lock(mine.mutex);
    // The one that is being filled is the first of its list and stays it, so what moves there moves once.
    const auto target = fullest(mine);
    return target != no_span && target != number;
}

SlabStatistics SlabPool::statistics() noexcept {
    SlabStatistics sum;
    for (std::size_t i = 0; i < size_classes_count; ++i) {
        std::lock_guard lock(per_class_[i].mutex);
        sum.span_bytes += per_class_[i].spans * span_bytes;
        sum.block_bytes += per_class_[i].blocks * class_bytes[i];
    }
    std::lock_guard lock(spans_mutex_);
    sum.spare_bytes = spare_count_ * span_bytes;
    return sum;
}

void SlabPool::prepare_fork() noexcept {
    if (spans_count_ == 0) return;
    for (auto& each : per_class_) each.mutex.lock();
    spans_mutex_.lock();
}

void SlabPool::after_fork() noexcept {
    if (spans_count_ == 0) return;
    spans_mutex_.unlock();
    for (auto& each : per_class_) each.mutex.unlock();
}

}  // namespace sabil::heap
