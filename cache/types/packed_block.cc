#include "cache/types/packed_block.h"

#include "cache/base/heap.h"

namespace sabil::cache {

void PackedBlock::free(void* block) noexcept {
    heap::deallocate(block);
}

const char* PackedBlock::find(const PackedElement& wanted, unsigned stride) const noexcept {
    for (const char* at = begin(); at != end();) {
        if (wanted.equals(at)) return at;
        for (unsigned i = 0; i < stride; ++i) at = next(at);
    }
    return nullptr;
}

const char* PackedBlock::at(std::uint32_t index) const noexcept {
    const char* element = begin();
    for (; index > 0; --index) element = next(element);
    return element;
}

char* PackedBlock::splice(std::size_t offset, std::size_t before, std::size_t after) {
    const std::size_t old_bytes = bytes();
    const auto new_bytes = old_bytes - before + after;
    auto grow_or_shrink = [&] {
        const bool fresh = block_ == nullptr;
        block_ = static_cast<Header*>(heap::reallocate_packed(block_, sizeof(Header) + new_bytes));
        if (fresh) *block_ = {0, 0};
    };
    if (after > before && (block_ == nullptr || sizeof(Header) + new_bytes > heap::usable_bytes(block_)))
        grow_or_shrink();
    std::memmove(data() + offset + after, data() + offset + before, old_bytes - offset - before);
    block_->bytes = static_cast<std::uint32_t>(new_bytes);
    if (after < before) grow_or_shrink();
    return data() + offset;
}

void PackedBlock::insert(const char* before, std::span<const PackedElement> elements) {
    std::size_t size = 0;
    for (const auto& element : elements) size += element.size();
    char* to = splice(static_cast<std::size_t>(before - begin()), 0, size);
    for (const auto& element : elements) to = element.write(to);
    block_->count += static_cast<std::uint32_t>(elements.size());
}

void PackedBlock::replace(const char* element, const PackedElement& with) {
    with.write(splice(static_cast<std::size_t>(element - begin()), packed_size(element), with.size()));
}

void PackedBlock::erase(const char* from, std::uint32_t elements) {
    const char* to = from;
    for (std::uint32_t i = 0; i < elements; ++i) to = next(to);
    splice(static_cast<std::size_t>(from - begin()), static_cast<std::size_t>(to - from), 0);
    block_->count -= elements;
}

void* PackedBlock::clone() const {
    if (block_ == nullptr) return nullptr;
    const auto size = sizeof(Header) + block_->bytes;
    return std::memcpy(heap::allocate_packed(size), block_, size);
}

bool PackedBlock::defragment() {
    if (block_ == nullptr || !heap::worth_moving(block_)) return false;
    block_ = static_cast<Header*>(heap::move(block_));
    return true;
}

std::size_t PackedBlock::heap_bytes() const noexcept {
    return heap::usable_bytes(block_);
}

}  // namespace sabil::cache
