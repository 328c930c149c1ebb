// Bytes read from a socket and not yet used up. Thread-safety: one thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace sabil::proxy::mysql_front {

class InputBuffer {
  public:
    std::string_view data() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    void consume(std::size_t n) noexcept {
        begin_ += n;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    // Room for at least min_bytes more, made by moving or growing. Views into data() are void afterwards.
    std::span<char> space(std::size_t min_bytes) {
        if (capacity_ - end_ < min_bytes) make_room(min_bytes);
        return {bytes_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t n) noexcept { end_ += n; }
    std::size_t capacity() const noexcept { return capacity_; }
    // Gives memory back where nothing is kept and more than keep_bytes are allocated.
    void shrink(std::size_t keep_bytes) noexcept {
        if (empty() && capacity_ > keep_bytes) {
            bytes_.reset();
            begin_ = end_ = capacity_ = 0;
        }
    }

  private:
    void make_room(std::size_t min_bytes) {
        const auto used = end_ - begin_;
        if (capacity_ - used >= min_bytes && begin_ > 0) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, used);
        } else {
            const auto capacity = std::max(capacity_ * 2, used + min_bytes);
            std::unique_ptr<char[]> bytes(new char[capacity]);
            if (used > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, used);
            bytes_ = std::move(bytes);
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace sabil::proxy::mysql_front
