#include "proxy/resp/output_buffer.h"

#include <algorithm>

namespace sabil::proxy::resp {

void OutputBuffer::grow(std::size_t n) {
    std::size_t wanted = std::max(std::max(size_ + n, capacity_ * 2), first_bytes);
    auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    capacity_ = wanted;
}

void OutputBuffer::insert(std::size_t at, std::string_view bytes) {
    room(bytes.size());
    std::memmove(data_.get() + at + bytes.size(), data_.get() + at, size_ - at);
    std::memcpy(data_.get() + at, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void OutputBuffer::consume(std::size_t n) noexcept {
    if (n >= size_) return clear();
    std::memmove(data_.get(), data_.get() + n, size_ - n);
    size_ -= n;
}

void OutputBuffer::clear() noexcept {
    size_ = 0;
    if (capacity_ > keep_bytes) {
        data_.reset();
        capacity_ = 0;
    }
}

}  // namespace sabil::proxy::resp
