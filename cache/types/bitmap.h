// Strings as sequences of bits, the most significant bit of the first byte being bit 0, and as packed integers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sabil::cache {

// Bits set among [first, last], both included and below the number of bits there are.
std::uint64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last) noexcept;
// The first bit of that value among [first, last], both included and below the number of bits there are.
std::optional<std::uint64_t> find_bit(std::string_view bytes, bool value, std::uint64_t first,
                                      std::uint64_t last) noexcept;

// Beyond the end all bits are clear.
inline bool get_bit(std::string_view bytes, std::uint64_t bit) noexcept {
    const std::uint64_t at = bit / 8;
    return at < bytes.size() && (static_cast<unsigned char>(bytes[at]) >> (7 - bit % 8) & 1) != 0;
}
// Requires that the bit exists.
inline void set_bit(char* bytes, std::uint64_t bit, bool value) noexcept {
    const auto mask = static_cast<unsigned char>(1U << (7 - bit % 8));
    auto byte = static_cast<unsigned char>(bytes[bit / 8]);
    byte = value ? static_cast<unsigned char>(byte | mask) : static_cast<unsigned char>(byte & ~mask);
    bytes[bit / 8] = static_cast<char>(byte);
}

enum class BitOperation : std::uint8_t {
    all,            // AND
    any,            // OR
    odd,            // XOR
    complement,     // NOT, of the only source
    first_only,     // DIFF: in the first and in no other
    others_only,    // DIFF1: in any other and not in the first
    first_and_any,  // ANDOR: in the first and in any other
    exactly_one,    // ONE
};

// As long as the longest source; shorter ones count as followed by zeros. At least one source.
std::string combine_bits(BitOperation operation, std::span<const std::string_view> sources);

// An integer of any width inside a string.
struct PackedInteger {
    bool is_signed = false;
    unsigned bits = 8;  // 1 .. 64 signed, 1 .. 63 unsigned

    std::int64_t read(std::string_view bytes, std::uint64_t bit) const noexcept;
    // Requires that all the bits exist.
    void write(char* bytes, std::uint64_t bit, std::int64_t value) const noexcept;

    enum class Overflow : std::uint8_t { wrap, saturate, fail };
    // `value + by` as it fits; nothing where it does not and must not be bent. A `value` that does not fit by itself is
    // bent in the same way.
    std::optional<std::int64_t> add(std::int64_t value, std::int64_t by, Overflow overflow) const noexcept;

  private:
    std::int64_t wrapped(std::uint64_t value) const noexcept;
};

}  // namespace sabil::cache
