// Bytes on their way to a client: one contiguous block that replies are written into in place.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace sabil::proxy::resp {

// Thread-safety: one thread. Grows by doubling; memory beyond keep_bytes is given back when it is emptied.
class OutputBuffer {
  public:
    static constexpr std::size_t first_bytes = 4 << 10;
    static constexpr std::size_t rest_bytes = 1 << 10;
    static constexpr std::size_t keep_bytes = 64 << 10;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::size_t capacity_bytes() const noexcept { return capacity_; }
    std::string_view view() const noexcept { return {data_.get() + begin_, size_}; }
    char* data() noexcept { return data_.get() + begin_; }

    // Room for n more bytes; write there, then say how many with advance().
    char* room(std::size_t n) {
        if (capacity_ - begin_ - size_ < n) grow(n);
        return data() + size_;
    }
    void advance(std::size_t n) noexcept { size_ += n; }

    void append(std::string_view bytes) {
        std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void append(char c) {
        *room(1) = c;
        ++size_;
    }
    // Moves what follows `at` to make room for the bytes there.
    void insert(std::size_t at, std::string_view bytes);
    // Drops what follows `at`.
    void truncate(std::size_t at) noexcept { size_ = at; }
    // Drops the first n bytes (they were sent).
    void consume(std::size_t n) noexcept;
    void clear() noexcept;
    // Gives the memory back where nothing is kept in it; the next reply takes little.
    void rest() noexcept {
        if (size_ != 0 || capacity_ <= rest_bytes) return;
        data_ = nullptr;
        capacity_ = begin_ = 0;
        grow(rest_bytes);
    }

  private:
    void grow(std::size_t n);

    std::unique_ptr<char[]> data_;
    std::size_t begin_ = 0;  // what stands before it was sent
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace sabil::proxy::resp
