#include "cache/types/bitmap.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace sabil::cache {
namespace {

// Eight bytes from `at` on, the first one in the highest bits; zeros beyond the end.
std::uint64_t word_at(std::string_view bytes, std::size_t at) noexcept {
    std::uint64_t word = 0;
    if (at >= bytes.size()) return 0;
    std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

// The bits of the word that starts at bit `start` which lie in [first, last].
std::uint64_t mask_within(std::uint64_t start, std::uint64_t first, std::uint64_t last) noexcept {
    std::uint64_t mask = ~std::uint64_t{0};
    if (first > start) mask >>= first - start;
    if (last < start + 63) mask &= ~std::uint64_t{0} << (start + 63 - last);
    return mask;
}

struct Combined {
    unsigned char first;  // the first source
    unsigned char any;    // in any other
    unsigned char all;    // in all sources
    unsigned char odd;    // in an odd number of sources
    unsigned char once;   // seen so far
    unsigned char twice;  // seen more than once
};

unsigned char result_of(BitOperation operation, const Combined& c) noexcept {
    switch (operation) {
        case BitOperation::all:
            return c.all;
        case BitOperation::any:
            return c.first | c.any;
        case BitOperation::odd:
            return c.odd;
        case BitOperation::complement:
            return static_cast<unsigned char>(~c.first);
        case BitOperation::first_only:
            return static_cast<unsigned char>(c.first & ~c.any);
        case BitOperation::others_only:
            return static_cast<unsigned char>(~c.first & c.any);
        case BitOperation::first_and_any:
            return c.first & c.any;
        case BitOperation::exactly_one:
            return static_cast<unsigned char>(c.once & ~c.twice);
    }
    return 0;
}

}  // namespace

std::uint64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last) noexcept {
    std::uint64_t count = 0;
    for (std::uint64_t start = first / 64 * 64; start <= last; start += 64) {
        count += static_cast<unsigned>(std::popcount(word_at(bytes, start / 8) & mask_within(start, first, last)));
    }
    return count;
}

std::optional<std::uint64_t> find_bit(std::string_view bytes, bool value, std::uint64_t first,
                                      std::uint64_t last) noexcept {
    for (std::uint64_t start = first / 64 * 64; start <= last; start += 64) {
        const std::uint64_t word = word_at(bytes, start / 8);
        const std::uint64_t wanted = (value ? word : ~word) & mask_within(start, first, last);
        if (wanted != 0) return start + static_cast<unsigned>(std::countl_zero(wanted));
    }
    return std::nullopt;
}

std::string combine_bits(BitOperation operation, std::span<const std::string_view> sources) {
    std::size_t longest = 0;
    for (const auto source : sources) longest = std::max(longest, source.size());
    std::string out(longest, '\0');
    for (std::size_t i = 0; i < longest; ++i) {
        Combined c{};
        c.all = 0xff;
        for (std::size_t s = 0; s < sources.size(); ++s) {
            const auto byte =
                i < sources[s].size() ? static_cast<unsigned char>(sources[s][i]) : static_cast<unsigned char>(0);
            if (s == 0) c.first = byte;
            if (s != 0) c.any |= byte;
            c.all &= byte;
            c.odd ^= byte;
            c.twice |= c.once & byte;
            c.once |= byte;
        }
        out[i] = static_cast<char>(result_of(operation, c));
    }
    return out;
}

std::int64_t PackedInteger::wrapped(std::uint64_t value) const noexcept {
    if (bits == 64) return static_cast<std::int64_t>(value);
    value &= (std::uint64_t{1} << bits) - 1;
    const bool negative = is_signed && (value >> (bits - 1) & 1) != 0;
    return static_cast<std::int64_t>(negative ? value | ~std::uint64_t{0} << bits : value);
}

std::int64_t PackedInteger::read(std::string_view bytes, std::uint64_t bit) const noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bits; ++i) value = value << 1 | (get_bit(bytes, bit + i) ? 1 : 0);
    return wrapped(value);
}

void PackedInteger::write(char* bytes, std::uint64_t bit, std::int64_t value) const noexcept {
    const auto raw = static_cast<std::uint64_t>(value);
    for (unsigned i = 0; i < bits; ++i) set_bit(bytes, bit + i, (raw >> (bits - 1 - i) & 1) != 0);
}

std::optional<std::int64_t> PackedInteger::add(std::int64_t value, std::int64_t by, Overflow overflow) const noexcept {
    using Limits = std::numeric_limits<std::int64_t>;
    const unsigned magnitude_bits = is_signed ? bits - 1 : bits;
    const std::int64_t max = magnitude_bits == 63 ? Limits::max() : (std::int64_t{1} << magnitude_bits) - 1;
    const std::int64_t min = is_signed ? -max - 1 : 0;
    std::int64_t sum = 0;
    const bool beyond = __builtin_add_overflow(value, by, &sum);
    // A negative value given for an unsigned integer is a very large one.
    const bool too_large = (beyond && by > 0) || (!beyond && sum > max) || (!is_signed && value < 0);
    const bool too_small = !too_large && ((beyond && by < 0) || sum < min);
    if (!too_large && !too_small) return sum;
    if (overflow == Overflow::fail) return std::nullopt;
    if (overflow == Overflow::saturate) return too_large ? max : min;
    return wrapped(static_cast<std::uint64_t>(value) + static_cast<std::uint64_t>(by));
}

}  // namespace sabil::cache
