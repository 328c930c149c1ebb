// Bytes received and not yet used: one contiguous block, so that arguments can be views into it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace sabil::proxy::resp {

// Thread-safety: one thread. Views into it hold until the next call of room().
class ReadBuffer {
  public:
    static constexpr std::size_t first_bytes = 16 << 10;
    static constexpr std::size_t keep_bytes = 64 << 10;

    std::span<char> unread() noexcept { return {data_.get() + begin_, end_ - begin_}; }
    std::size_t size() const noexcept { return end_ - begin_; }
    std::size_t capacity_bytes() const noexcept { return capacity_; }

    // Room for the next receive, at least a few KB. `wanted` hints how many bytes the command under way still misses:
    // the block grows towards it by doubling, so that a claimed size alone allocates nothing.
    std::span<char> room(std::size_t wanted = 0) {
        if (begin_ == end_) reset();
        std::size_t least = std::clamp<std::size_t>(wanted, first_bytes / 4, std::max(capacity_, first_bytes));
        if (capacity_ - end_ < least) make_room(least, wanted);
        return {data_.get() + end_, capacity_ - end_};
    }
    void received(std::size_t n) noexcept { end_ += n; }
    void consume(std::size_t n) noexcept { begin_ += n; }
    // Requires that all is used.
    void release() noexcept {
        data_.reset();
        begin_ = end_ = capacity_ = 0;
    }

  private:
    void reset() noexcept {
        begin_ = end_ = 0;
        if (capacity_ > keep_bytes) {
            data_.reset();
            capacity_ = 0;
        }
    }
    void make_room(std::size_t least, std::size_t wanted) {
        std::size_t used = end_ - begin_;
        if (capacity_ - used >= least && used <= capacity_ / 2) {
            std::memmove(data_.get(), data_.get() + begin_, used);
        } else {
            // Doubling, but no more than what is waited for where that is known.
            const std::size_t doubled = capacity_ * 2;
            const bool known = least > first_bytes / 4 && wanted < doubled;
            std::size_t bigger = std::max({known ? std::min(doubled, used + wanted) : doubled, used + least, first_bytes});
            auto block = std::make_unique_for_overwrite<char[]>(bigger);
            if (used > 0) std::memcpy(block.get(), data_.get() + begin_, used);
            data_ = std::move(block);
            capacity_ = bigger;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> data_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace sabil::proxy::resp
