// One cache line of a TagIndex: nine slots, each a one-byte tag and a 48-bit pointer, and a count of the items that
// found this bucket full and went on to the next:
//   byte 0: passed | bytes 1-9: tags, 0 = empty | bytes 10-63: nine 6-byte pointers, two low bits free for marks
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sabil::cache {

struct alignas(64) TagBucket {
    static constexpr unsigned slots_count = 9;
    static constexpr unsigned all_slots = (1U << slots_count) - 1;
    static constexpr std::uint8_t passed_stuck = 255;  // may be too high by then: never counted down again
    static constexpr std::uintptr_t mark_mask = 3;

    std::uint8_t bytes[64];

    std::uint8_t passed() const noexcept { return bytes[0]; }
    void add_passed() noexcept { bytes[0] = static_cast<std::uint8_t>(bytes[0] + (bytes[0] != passed_stuck)); }
    void drop_passed() noexcept { bytes[0] = static_cast<std::uint8_t>(bytes[0] - (bytes[0] != passed_stuck)); }

    // One bit per slot whose tag equals `tag`.
    unsigned match(std::uint8_t tag) const noexcept {
#if defined(__SSE2__)
        auto line = _mm_load_si128(reinterpret_cast<const __m128i*>(bytes));
        auto equal = _mm_cmpeq_epi8(line, _mm_set1_epi8(static_cast<char>(tag)));
        return static_cast<unsigned>(_mm_movemask_epi8(equal)) >> 1 & all_slots;
#else
        unsigned mask = 0;
        for (unsigned i = 0; i < slots_count; ++i) mask |= static_cast<unsigned>(bytes[1 + i] == tag) << i;
        return mask;
#endif
    }
    unsigned empty_slots() const noexcept {
        return match(0);
    }
    unsigned used_slots() const noexcept {
        return ~match(0) & all_slots;
    }

    std::uint8_t tag(unsigned slot) const noexcept {
        return bytes[1 + slot];
    }
    // The pointer with its marks in the two low bits.
    std::uintptr_t word(unsigned slot) const noexcept {
        std::uint64_t raw;
        std::memcpy(&raw, bytes + 8 + 6 * slot, 8);  // two bytes early, so that the last slot stays inside the line
        return static_cast<std::uintptr_t>(raw >> 16);
    }
    void set_word(unsigned slot, std::uintptr_t word) noexcept {
        std::memcpy(bytes + 10 + 6 * slot, &word, 6);
    }
    void set(unsigned slot, std::uint8_t tag, std::uintptr_t word) noexcept {
        bytes[1 + slot] = tag;
        set_word(slot, word);
    }
    void clear(unsigned slot) noexcept {
        bytes[1 + slot] = 0;
    }
};

static_assert(sizeof(TagBucket) == 64);
static_assert(std::endian::native == std::endian::little, "pointers are kept as their six low bytes");
static_assert(sizeof(void*) == 8);

}  // namespace sabil::cache
