#include "cache/types/integer_set.h"

#include <algorithm>
#include <cstring>

#include "cache/base/heap.h"

namespace sabil::cache {
namespace {

std::uint32_t width_for(std::int64_t value) noexcept {
    if (value >= INT16_MIN && value <= INT16_MAX) return 2;
    return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

}  // namespace

void IntegerSet::free(void* block) noexcept {
    heap::deallocate(block);
}

std::int64_t IntegerSet::at(std::uint32_t index) const noexcept {
    const auto width = block_->width;
    const char* from = data() + std::size_t{index} * width;
    std::int64_t value = 0;
    std::memcpy(&value, from, width);
    const auto shift = 64 - 8 * width;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) >> shift;
}

void IntegerSet::put(std::uint32_t index, std::int64_t value) noexcept {
    std::memcpy(data() + std::size_t{index} * block_->width, &value, block_->width);
}

std::uint32_t IntegerSet::lower_bound(std::int64_t value) const noexcept {
    std::uint32_t low = 0;
    auto high = count();
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        if (at(middle) < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool IntegerSet::contains(std::int64_t value) const noexcept {
    const auto index = lower_bound(value);
    return index < count() && at(index) == value;
}

// Width changes only while the block is rewritten by the caller.
void IntegerSet::resize(std::uint32_t count, std::uint32_t width) {
    block_ = static_cast<Header*>(heap::reallocate_packed(block_, sizeof(Header) + std::size_t{count} * width));
    block_->width = width;
}

bool IntegerSet::add(std::int64_t value) {
    const auto index = lower_bound(value);
    const auto old_count = count();
    if (index < old_count && at(index) == value) return false;
    const auto old_width = block_ == nullptr ? width_for(value) : block_->width;
    const auto width = std::max(old_width, width_for(value));
    resize(old_count + 1, old_width);
    if (width != old_width) {
        // Widening moves from the end, so that nothing is overwritten before it was read. The new value is an extreme.
        block_ = static_cast<Header*>(heap::reallocate_packed(block_, sizeof(Header) + std::size_t{old_count + 1} * width));
        for (auto i = old_count; i > 0; --i) {
            block_->width = old_width;
            const auto moved = at(i - 1);
            block_->width = width;
            put(index == 0 ? i : i - 1, moved);
        }
        block_->width = width;
    } else {
        std::memmove(data() + std::size_t{index + 1} * width, data() + std::size_t{index} * width,
                     std::size_t{old_count - index} * width);
    }
    put(index, value);
    block_->count = old_count + 1;
    return true;
}

bool IntegerSet::erase(std::int64_t value) {
    const auto index = lower_bound(value);
    if (index >= count() || at(index) != value) return false;
    const auto width = block_->width;
    const auto left = --block_->count;
    std::memmove(data() + std::size_t{index} * width, data() + std::size_t{index + 1} * width,
                 std::size_t{left - index} * width);
    resize(left, width);
    return true;
}

void* IntegerSet::clone() const {
    if (block_ == nullptr) return nullptr;
    const auto size = sizeof(Header) + std::size_t{block_->count} * block_->width;
    return std::memcpy(heap::allocate_packed(size), block_, size);
}

std::size_t IntegerSet::heap_bytes() const noexcept {
    return heap::usable_bytes(block_);
}

}  // namespace sabil::cache
