#include "cache/types/list_chunk.h"

#include <algorithm>

#include "cache/base/heap.h"

namespace sabil::cache {
namespace {

std::size_t back_length_bytes(std::size_t size) noexcept {
    std::size_t bytes = 1;
    while (size >>= 7) ++bytes;
    return bytes;
}

void write_back_length(char* to, std::size_t size) noexcept {
    const auto bytes = back_length_bytes(size);
    for (std::size_t i = 0; i < bytes; ++i) {
        to[bytes - 1 - i] = static_cast<char>((size & 0x7f) | (i + 1 < bytes ? 0x80U : 0U));
        size >>= 7;
    }
}

char* write_element(char* to, const PackedElement& element) noexcept {
    char* after = element.write(to);
    write_back_length(after, element.size());
    return after + back_length_bytes(element.size());
}

}  // namespace

void ListChunk::free(void* block) noexcept {
    heap::deallocate(block);
}

std::size_t ListChunk::size_of(const PackedElement& element) noexcept {
    return element.size() + back_length_bytes(element.size());
}

std::size_t ListChunk::capacity() const noexcept {
    return block_ == nullptr ? 0 : heap::usable_bytes(block_) - sizeof(Header);
}

const char* ListChunk::next(const char* element) noexcept {
    const auto size = packed_size(element);
    return element + size + back_length_bytes(size);
}

const char* ListChunk::previous(const char* element) noexcept {
    std::size_t size = 0;
    std::size_t bytes = 0;
    unsigned byte;
    do {
        byte = static_cast<unsigned char>(element[-1 - static_cast<std::ptrdiff_t>(bytes)]);
        size |= std::size_t{byte & 0x7f} << (7 * bytes);
        ++bytes;
    } while ((byte & 0x80) != 0);
    return element - bytes - size;
}

const char* ListChunk::at(std::uint32_t index) const noexcept {
    if (index <= count() / 2) {
        const char* element = begin();
        for (; index > 0; --index) element = next(element);
        return element;
    }
    const char* element = end();
    for (auto left = count() - index; left > 0; --left) element = previous(element);
    return element;
}

void ListChunk::reallocate(std::size_t payload_bytes, std::size_t new_begin) {
    auto* moved = static_cast<Header*>(heap::allocate(sizeof(Header) + payload_bytes));
    const auto used = bytes();
    moved->begin = static_cast<std::uint32_t>(new_begin);
    moved->end = static_cast<std::uint32_t>(new_begin + used);
    moved->count = count();
    moved->unused = 0;
    if (used > 0) std::memcpy(reinterpret_cast<char*>(moved + 1) + new_begin, begin(), used);
    heap::deallocate(block_);
    block_ = moved;
}

char* ListChunk::open_gap(std::size_t at, std::size_t size) {
    const std::size_t used = bytes();
    const auto free_front = block_ == nullptr ? 0 : std::size_t{block_->begin};
    const auto free_back = block_ == nullptr ? 0 : capacity() - block_->end;
    const bool nearer_front = at < used - at;
    // Half as much again, so that pushing is amortised; where there was nothing, exactly what is asked for.
    if (free_front + free_back < size) {
        const auto spare = std::min<std::size_t>(used / 2, 4096);
        reallocate(used + size + spare, nearer_front ? size + spare : 0);
    } else if (nearer_front && free_front < size) {
        std::memmove(base() + capacity() - used, base() + block_->begin, used);
        block_->begin = static_cast<std::uint32_t>(capacity() - used);
        block_->end = static_cast<std::uint32_t>(capacity());
    } else if (!nearer_front && free_back < size) {
        std::memmove(base(), base() + block_->begin, used);
        block_->end -= block_->begin;
        block_->begin = 0;
    }
    if (nearer_front) {
        char* from = base() + block_->begin;
        std::memmove(from - size, from, at);
        block_->begin -= static_cast<std::uint32_t>(size);
        return from - size + at;
    }
    char* from = base() + block_->begin + at;
    std::memmove(from + size, from, used - at);
    block_->end += static_cast<std::uint32_t>(size);
    return from;
}

void ListChunk::insert(const char* before, const PackedElement& element) {
    const auto offset = block_ == nullptr ? 0 : static_cast<std::size_t>(before - begin());
    write_element(open_gap(offset, size_of(element)), element);
    ++block_->count;
}

void ListChunk::erase(const char* from, std::uint32_t elements) {
    const char* to = from;
    for (std::uint32_t i = 0; i < elements; ++i) to = next(to);
    const auto before = static_cast<std::size_t>(from - begin());
    const auto after = static_cast<std::size_t>(end() - to);
    const auto gone = static_cast<std::uint32_t>(to - from);
    if (before < after) {
        std::memmove(base() + block_->begin + gone, begin(), before);
        block_->begin += gone;
    } else {
        std::memmove(base() + block_->begin + before, to, after);
        block_->end -= gone;
    }
    block_->count -= elements;
    constexpr std::size_t worth_bytes = 128;
    if (capacity() > worth_bytes && bytes() < capacity() / 4) reallocate(bytes() + bytes() / 2, bytes() / 4);
}

void ListChunk::replace(const char* element, const PackedElement& with) {
    const auto size = packed_size(element);
    if (size == with.size()) {
        with.write(const_cast<char*>(element));
        return;
    }
    const auto index_offset = static_cast<std::size_t>(element - begin());
    const auto old_bytes = size + back_length_bytes(size);
    // Cut the old one out, then open the gap anew; offsets from begin stay what they were.
    std::memmove(base() + block_->begin + index_offset, element + old_bytes, bytes() - index_offset - old_bytes);
    block_->end -= static_cast<std::uint32_t>(old_bytes);
    write_element(open_gap(index_offset, size_of(with)), with);
}

void* ListChunk::split(const char* from) {
    ListChunk right(nullptr);
    const auto moved_bytes = static_cast<std::size_t>(end() - from);
    std::uint32_t moved = 0;
    for (const char* at = from; at != end(); at = next(at)) ++moved;
    right.reallocate(moved_bytes, 0);
    std::memcpy(right.base(), from, moved_bytes);
    right.block_->end = static_cast<std::uint32_t>(moved_bytes);
    right.block_->count = moved;
    block_->end -= static_cast<std::uint32_t>(moved_bytes);
    block_->count -= moved;
    return right.get();
}

void ListChunk::shrink() {
    if (block_ != nullptr && capacity() - bytes() > bytes() / 16) reallocate(bytes(), 0);
}

void* ListChunk::clone() const {
    if (block_ == nullptr) return nullptr;
    ListChunk copy(nullptr);
    copy.reallocate(bytes(), 0);
    std::memcpy(copy.base(), begin(), bytes());
    copy.block_->end = bytes();
    copy.block_->count = count();
    return copy.get();
}

std::size_t ListChunk::heap_bytes() const noexcept {
    return heap::usable_bytes(block_);
}

}  // namespace sabil::cache
