#include "cache/types/packed_element.h"

namespace sabil::cache {
namespace {

constexpr unsigned string32 = 0xf0;
constexpr unsigned integer16 = 0xf1;
constexpr unsigned integer24 = 0xf2;
constexpr unsigned integer32 = 0xf3;
constexpr unsigned integer64 = 0xf4;

unsigned first_byte(const char* at) noexcept {
    return static_cast<unsigned char>(*at);
}

std::uint64_t load_le(const char* at, unsigned bytes) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    return value;
}

std::int64_t load_signed(const char* at, unsigned bytes) noexcept {
    const unsigned shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(load_le(at, bytes) << shift) >> shift;
}

bool fits(std::int64_t value, unsigned bits) noexcept {
    const auto limit = std::int64_t{1} << (bits - 1);
    return value >= -limit && value < limit;
}

struct StringShape {
    std::size_t header_bytes;
    std::size_t body_bytes;
};

StringShape string_shape(const char* at) noexcept {
    const auto first = first_byte(at);
    if ((first & 0xc0) == 0x80) return {1, first & 0x3f};
    if ((first & 0xf0) == 0xe0) return {2, (first & 0x0f) << 8 | first_byte(at + 1)};
    return {5, static_cast<std::size_t>(load_le(at + 1, 4))};
}

}  // namespace

PackedElement::PackedElement(std::string_view text) noexcept {
    if (auto integer = parse_integer(text)) {
        encode_integer(*integer);
    } else {
        encode_string(text);
    }
}

PackedElement PackedElement::raw(std::string_view bytes) noexcept {
    PackedElement element;
    element.encode_string(bytes);
    return element;
}

void PackedElement::encode_string(std::string_view text) noexcept {
    body_ = text;
    if (text.size() < 64) {
        header_[0] = static_cast<char>(0x80 | text.size());
        header_bytes_ = 1;
    } else if (text.size() < 4096) {
        header_[0] = static_cast<char>(0xe0 | text.size() >> 8);
        header_[1] = static_cast<char>(text.size());
        header_bytes_ = 2;
    } else {
        header_[0] = static_cast<char>(string32);
        const auto size = static_cast<std::uint32_t>(text.size());
        std::memcpy(header_ + 1, &size, 4);
        header_bytes_ = 5;
    }
}

void PackedElement::encode_integer(std::int64_t value) noexcept {
    if (value >= 0 && value < 128) {
        header_[0] = static_cast<char>(value);
        header_bytes_ = 1;
        return;
    }
    if (fits(value, 13)) {
        header_[0] = static_cast<char>(0xc0 | ((value >> 8) & 0x1f));
        header_[1] = static_cast<char>(value);
        header_bytes_ = 2;
        return;
    }
    const unsigned bytes = fits(value, 16) ? 2 : fits(value, 24) ? 3 : fits(value, 32) ? 4 : 8;
    const unsigned tag = bytes == 2 ? integer16 : bytes == 3 ? integer24 : bytes == 4 ? integer32 : integer64;
    header_[0] = static_cast<char>(tag);
    std::memcpy(header_ + 1, &value, bytes);
    header_bytes_ = static_cast<std::uint8_t>(1 + bytes);
}

std::size_t packed_size(const char* at) noexcept {
    const auto first = first_byte(at);
    if (first < 0x80) return 1;
    if ((first & 0xe0) == 0xc0) return 2;
    if (first > string32) return first == integer64 ? 9 : 3 + first - integer16;
    const auto shape = string_shape(at);
    return shape.header_bytes + shape.body_bytes;
}

ElementView packed_view(const char* at) noexcept {
    const auto first = first_byte(at);
    if (first < 0x80) return ElementView::of_integer(first);
    if ((first & 0xe0) == 0xc0) {
        const auto raw = static_cast<std::uint64_t>((first & 0x1f) << 8 | first_byte(at + 1));
        return ElementView::of_integer(static_cast<std::int64_t>(raw << 51) >> 51);
    }
    if (first > string32)
        return ElementView::of_integer(load_signed(at + 1, first == integer64 ? 8 : 2 + first - integer16));
    const auto shape = string_shape(at);
    return ElementView(std::string_view(at + shape.header_bytes, shape.body_bytes));
}

}  // namespace sabil::cache
