#include "cache/types/bitmap.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace sabil::cache {
namespace {

std::string random_bytes(std::size_t size, unsigned seed) {
    std::mt19937 generator(seed);
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(generator());
    return bytes;
}

// Word by word must give what bit by bit gives.
TEST(Bitmap, CountsAndFindsAsBitByBit) {
    for (const std::size_t size : {1U, 7U, 8U, 9U, 31U}) {
        const auto bytes = random_bytes(size, static_cast<unsigned>(size));
        const std::uint64_t bits = size * 8;
        for (std::uint64_t first = 0; first < bits; first += 3) {
            for (std::uint64_t last = first; last < bits; last += 5) {
                std::uint64_t count = 0;
                std::optional<std::uint64_t> set;
                std::optional<std::uint64_t> clear;
                for (std::uint64_t i = first; i <= last; ++i) {
                    count += get_bit(bytes, i) ? 1 : 0;
                    auto& found = get_bit(bytes, i) ? set : clear;
                    if (!found) found = i;
                }
                ASSERT_EQ(count_bits(bytes, first, last), count);
                ASSERT_EQ(find_bit(bytes, true, first, last), set);
                ASSERT_EQ(find_bit(bytes, false, first, last), clear);
            }
        }
    }
}

TEST(Bitmap, CombinesSourcesOfDifferentLengths) {
    const std::array<std::string_view, 3> sources{"\xf0\xff", "\xcc", "\xaa\x0f"};
    const auto combined = [&](BitOperation operation) { return combine_bits(operation, sources); };
    EXPECT_EQ(combined(BitOperation::all), std::string("\x80\x00", 2));
    EXPECT_EQ(combined(BitOperation::any), "\xfe\xff");
    EXPECT_EQ(combined(BitOperation::odd), "\x96\xf0");
    EXPECT_EQ(combined(BitOperation::first_only), "\x10\xf0");
    EXPECT_EQ(combined(BitOperation::others_only), std::string("\x0e\x00", 2));
    EXPECT_EQ(combined(BitOperation::first_and_any), "\xe0\x0f");
    EXPECT_EQ(combined(BitOperation::exactly_one), "\x16\xf0");
}

TEST(PackedInteger, ReadsWhatItWrote) {
    for (unsigned bits = 1; bits <= 64; ++bits) {
        for (const bool is_signed : {false, true}) {
            if (!is_signed && bits == 64) continue;
            const PackedInteger type{is_signed, bits};
            std::string bytes = random_bytes(24, bits);
            const auto highest = *type.add(0, INT64_MAX, PackedInteger::Overflow::saturate);
            const auto lowest = *type.add(0, INT64_MIN, PackedInteger::Overflow::saturate);
            for (const auto value : {highest, lowest, std::int64_t{0}}) {
                type.write(bytes.data(), bits, value);
                EXPECT_EQ(type.read(bytes, bits), value) << bits;
            }
        }
    }
}

TEST(PackedInteger, Overflows) {
    using Overflow = PackedInteger::Overflow;
    const PackedInteger u8{false, 8};
    const PackedInteger i8{true, 8};
    const PackedInteger i64{true, 64};
    EXPECT_EQ(u8.add(250, 10, Overflow::wrap), 4);
    EXPECT_EQ(u8.add(250, 10, Overflow::saturate), 255);
    EXPECT_EQ(u8.add(250, 10, Overflow::fail), std::nullopt);
    EXPECT_EQ(u8.add(5, -10, Overflow::saturate), 0);
    EXPECT_EQ(i8.add(127, 1, Overflow::wrap), -128);
    EXPECT_EQ(i8.add(-128, -1, Overflow::saturate), -128);
    EXPECT_EQ(i64.add(INT64_MAX, 1, Overflow::wrap), INT64_MIN);
    EXPECT_EQ(i64.add(INT64_MIN, -1, Overflow::saturate), INT64_MIN);
    EXPECT_EQ(i64.add(INT64_MIN, -1, Overflow::fail), std::nullopt);
}

}  // namespace
}  // namespace sabil::cache
