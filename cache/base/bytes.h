// Cursors over bytes that latch the first error: read or write every field, then ask ok() once. After an error reads
// give zeros and empty views, and writes are dropped. Integers are little-endian unless the name says otherwise.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace sabil {

// Views into the buffer it was given, which must outlive it. Thread-safety: one thread.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) noexcept : bytes_(bytes) {}

    bool ok() const noexcept { return ok_; }
    std::size_t position() const noexcept { return position_; }
    std::size_t remaining() const noexcept { return bytes_.size() - position_; }
    bool at_end() const noexcept { return position_ == bytes_.size(); }
    std::string_view rest() const noexcept { return bytes_.substr(position_); }
    void fail() noexcept { ok_ = false; }

    // The next n bytes; empty, and latched, where fewer remain.
    std::string_view take(std::size_t n) noexcept {
        if (!ok_ || n > remaining()) {
            ok_ = false;
            return {};
        }
        auto out = bytes_.substr(position_, n);
        position_ += n;
        return out;
    }
    void skip(std::size_t n) noexcept { (void)take(n); }
    std::string_view take_rest() noexcept { return take(remaining()); }

    // Bytes up to, and without, the next `end`, which is consumed too; latched where there is none.
    std::string_view take_until(char end) noexcept {
        auto at = ok_ ? bytes_.find(end, position_) : std::string_view::npos;
        if (at == std::string_view::npos) {
            ok_ = false;
            return {};
        }
        auto out = bytes_.substr(position_, at - position_);
        position_ = at + 1;
        return out;
    }

    std::uint8_t peek_u8() const noexcept {
        return ok_ && remaining() > 0 ? static_cast<std::uint8_t>(bytes_[position_]) : std::uint8_t{0};
    }
    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(uint_le(1)); }
    std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(uint_le(2)); }
    std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(uint_le(3)); }
    std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(uint_le(4)); }
    std::uint64_t u48() noexcept { return uint_le(6); }
    std::uint64_t u64() noexcept { return uint_le(8); }

    // n in 1..8.
    std::uint64_t uint_le(std::size_t n) noexcept {
        auto raw = take(n);
        std::uint64_t value = 0;
        for (std::size_t i = raw.size(); i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(raw[i - 1]);
        return value;
    }
    std::uint64_t uint_be(std::size_t n) noexcept {
        auto raw = take(n);
        std::uint64_t value = 0;
        for (char c : raw) value = value << 8 | static_cast<std::uint8_t>(c);
        return value;
    }

  private:
    std::string_view bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

// Appends to a string it does not own, up to limit_bytes in total. Thread-safety: one thread.
class ByteWriter {
  public:
    explicit ByteWriter(std::string& out, std::size_t limit_bytes = SIZE_MAX) noexcept
        : out_(out), limit_bytes_(limit_bytes) {}

    bool ok() const noexcept { return ok_; }
    std::size_t size() const noexcept { return out_.size(); }
    std::string& buffer() noexcept { return out_; }

    void bytes(std::string_view b) {
        if (!ok_ || b.size() > limit_bytes_ - std::min(limit_bytes_, out_.size())) {
            ok_ = false;
            return;
        }
        out_.append(b);
    }
    void zeros(std::size_t n) {
        if (!ok_ || n > limit_bytes_ - std::min(limit_bytes_, out_.size())) {
            ok_ = false;
            return;
        }
        out_.append(n, '\0');
    }
    void u8(std::uint8_t v) { uint_le(v, 1); }
    void u16(std::uint16_t v) { uint_le(v, 2); }
    void u24(std::uint32_t v) { uint_le(v, 3); }
    void u32(std::uint32_t v) { uint_le(v, 4); }
    void u64(std::uint64_t v) { uint_le(v, 8); }
    void uint_le(std::uint64_t v, std::size_t n) {
        char raw[8];
        for (std::size_t i = 0; i < n; ++i) raw[i] = static_cast<char>(v >> (8 * i));
        bytes({raw, n});
    }
    void uint_be(std::uint64_t v, std::size_t n) {
        char raw[8];
        for (std::size_t i = 0; i < n; ++i) raw[i] = static_cast<char>(v >> (8 * (n - 1 - i)));
        bytes({raw, n});
    }

  private:
    std::string& out_;
    std::size_t limit_bytes_;
    bool ok_ = true;
};

}  // namespace sabil
