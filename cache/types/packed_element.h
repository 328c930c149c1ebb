// The bytes of one element in the compact encodings. Integers are kept as such where the text is exactly the decimal of
// one, so equal texts have equal bytes and are compared as bytes:
//   0xxxxxxx                      integer 0 .. 127
//   10xxxxxx | bytes              string up to 63 bytes
//   110xxxxx xxxxxxxx             integer, 13 bits, signed
//   1110xxxx xxxxxxxx | bytes     string up to 4,095 bytes
//   11110000 | u32 | bytes        string
//   11110001..11110100 | 2, 3, 4, 8 bytes little-endian   integer
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "cache/types/element.h"

namespace sabil::cache {

// An element on its way in: a header and, for strings, the bytes after it. Views the text it was made of.
// Thread-safety: a value type.
class PackedElement {
  public:
    explicit PackedElement(std::string_view text) noexcept;
    explicit PackedElement(std::int64_t integer) noexcept { encode_integer(integer); }
    // Exactly these bytes, without looking for an integer in them.
    static PackedElement raw(std::string_view bytes) noexcept;

    std::size_t size() const noexcept { return header_bytes_ + body_.size(); }
    char* write(char* to) const noexcept {
        std::memcpy(to, header_, header_bytes_);
        if (!body_.empty()) std::memcpy(to + header_bytes_, body_.data(), body_.size());
        return to + size();
    }
    // Whether the element at `at` is this one. `at` must be a whole element.
    bool equals(const char* at) const noexcept {
        // The first byte tells how long the header is, so no byte past the element is looked at.
        return *at == header_[0] && std::memcmp(at, header_, header_bytes_) == 0 &&
               (body_.empty() || std::memcmp(at + header_bytes_, body_.data(), body_.size()) == 0);
    }

  private:
    PackedElement() noexcept = default;
    void encode_integer(std::int64_t value) noexcept;
    void encode_string(std::string_view text) noexcept;

    char header_[9];
    std::uint8_t header_bytes_ = 0;
    std::string_view body_;
};

// Reading back; `at` must be a whole element. Thread-safety: pure.
std::size_t packed_size(const char* at) noexcept;
ElementView packed_view(const char* at) noexcept;

}  // namespace sabil::cache
