#include "proxy/resp/output_buffer.h"

#include <algorithm>

namespace sabil::proxy::resp {

void OutputBuffer::grow(std::size_t n) {
    // Where at least half was sent, what is left moves to the front: each byte moves at most once per byte sent.
    if (begin_ >= size_ && capacity_ - size_ >= n) {
        std::memcpy(data_.get(), data(), size_);
        begin_ = 0;
        return;
    }
    std::size_t wanted = std::max({size_ + n, capacity_ * 2, n <= rest_bytes && capacity_ == 0 ? rest_bytes : first_bytes});
    auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
    if (size_ > 0) std::memcpy(bigger.get(), data(), size_);
    data_ = std::move(bigger);
    capacity_ = wanted;
    begin_ = 0;
}

void OutputBuffer::insert(std::size_t at, std::string_view bytes) {
    room(bytes.size());
    std::memmove(data() + at + bytes.size(), data() + at, size_ - at);
    std::memcpy(data() + at, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void OutputBuffer::consume(std::size_t n) noexcept {
    if (n >= size_) return clear();
    begin_ += n;
    size_ -= n;
}

void OutputBuffer::clear() noexcept {
    begin_ = size_ = 0;
    if (capacity_ > keep_bytes) {
        data_.reset();
        capacity_ = 0;
    }
}

}  // namespace sabil::proxy::resp
