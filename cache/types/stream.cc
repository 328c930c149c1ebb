#include "cache/types/stream.h"

#include <utility>

#include "cache/types/stream_data.h"

namespace sabil::cache {

Stream::Stream() : data_(new StreamData()) {}

Stream::Stream(Stream&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
    std::swap(data_, other.data_);
    return *this;
}

Stream::~Stream() {
    delete data_;
}

std::size_t Stream::size() const noexcept {
    return data_->size();
}

std::size_t Stream::heap_bytes() const noexcept {
    return data_->heap_bytes();
}

Stream Stream::clone() const {
    Stream copy;
    delete copy.data_;
    copy.data_ = data_->clone();
    return copy;
}

}  // namespace sabil::cache
