#include "cache/types/string.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cache/base/heap.h"

namespace sabil::cache {

String::String(std::string_view bytes) {
    if (!bytes.empty()) assign(bytes);
}

String::~String() {
    heap::deallocate(block_);
}

String& String::operator=(String&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
}

void String::reserve(std::size_t capacity) {
    if (block_ != nullptr && capacity <= block_->capacity) return;
    const bool fresh = block_ == nullptr;
    block_ = static_cast<Block*>(heap::reallocate(block_, sizeof(Block) + capacity));
    if (fresh) block_->size = 0;
    block_->capacity = heap::usable_bytes(block_) - sizeof(Block);
}

void String::append(std::string_view bytes) {
    const auto needed = size() + bytes.size();
    if (block_ == nullptr || needed > block_->capacity) {
        constexpr std::size_t largest_reserve_bytes = 1 << 20;
        reserve(needed + std::min(needed, largest_reserve_bytes));
    }
    if (!bytes.empty()) std::memcpy(bytes_of(block_) + block_->size, bytes.data(), bytes.size());
    block_->size = needed;
}

void String::resize(std::size_t new_size) {
    const auto old_size = size();
    reserve(new_size);
    if (new_size > old_size) std::memset(bytes_of(block_) + old_size, 0, new_size - old_size);
    block_->size = new_size;
}

void String::assign(std::string_view bytes) {
    reserve(bytes.size());
    if (!bytes.empty()) std::memmove(bytes_of(block_), bytes.data(), bytes.size());
    block_->size = bytes.size();
}

void String::shrink_to_fit() {
    if (block_ == nullptr || block_->capacity == block_->size) return;
    block_ = static_cast<Block*>(heap::reallocate(block_, sizeof(Block) + block_->size));
    block_->capacity = heap::usable_bytes(block_) - sizeof(Block);
}

std::size_t String::heap_bytes() const noexcept {
    return heap::usable_bytes(block_);
}

}  // namespace sabil::cache
