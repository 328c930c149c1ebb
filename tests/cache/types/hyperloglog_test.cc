#include "cache/types/hyperloglog.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sabil::cache {
namespace {

std::uint64_t count(std::string_view bytes) {
    return hyperloglog_count(std::span(&bytes, 1)).value();
}

void add_numbers(String& string, int first, int last, const EncodingLimits& limits) {
    for (int i = first; i < last; ++i) ASSERT_TRUE(hyperloglog_add(string, "element:" + std::to_string(i), limits));
}

TEST(HyperLogLog, CountsFewElementsExactly) {
    EncodingLimits limits;
    String string(new_hyperloglog());
    EXPECT_EQ(count(string.view()), 0u);
    EXPECT_EQ(string.size(), 18u);
    for (const char* element : {"a", "b", "c", "d", "e", "f", "g"}) {
        EXPECT_TRUE(*hyperloglog_add(string, element, limits));
        EXPECT_FALSE(*hyperloglog_add(string, element, limits));
    }
    EXPECT_EQ(hyperloglog_encoding(string.view()), "sparse");
    EXPECT_EQ(count(string.view()), 7u);
}

TEST(HyperLogLog, StaysWithinTwoPercentInBothEncodings) {
    for (std::uint32_t sparse_bytes : {0U, 3'000U, UINT32_MAX}) {
        EncodingLimits limits;
        limits.hll_sparse_max_bytes = sparse_bytes;
        String string(new_hyperloglog());
        int added = 0;
        for (int upto : {10, 100, 1'000, 10'000, 50'000}) {
            add_numbers(string, added, upto, limits);
            added = upto;
            EXPECT_NEAR(static_cast<double>(count(string.view())), upto, upto * 0.02 + 0.5) << sparse_bytes;
        }
        EXPECT_EQ(hyperloglog_encoding(string.view()), "dense");
        EXPECT_EQ(string.size(), 12'304u);
    }
}

TEST(HyperLogLog, TheSparseFormStaysSmall) {
    EncodingLimits limits;
    String string(new_hyperloglog());
    add_numbers(string, 0, 500, limits);
    EXPECT_EQ(hyperloglog_encoding(string.view()), "sparse");
    EXPECT_LT(string.size(), 2'000u);
}

TEST(HyperLogLog, BothFormsHoldTheSameRegisters) {
    EncodingLimits sparse;
    EncodingLimits dense;
    dense.hll_sparse_max_bytes = 0;
    String a(new_hyperloglog());
    String b(new_hyperloglog());
    add_numbers(a, 0, 800, sparse);
    add_numbers(b, 0, 800, dense);
    EXPECT_NE(hyperloglog_encoding(a.view()), hyperloglog_encoding(b.view()));
    EXPECT_EQ(count(a.view()), count(b.view()));
    const std::string_view sources[] = {a.view()};
    EXPECT_EQ(hyperloglog_merge(sources, dense).value(), b.view());
}

TEST(HyperLogLog, TheUnionCountsEachElementOnce) {
    EncodingLimits limits;
    String a(new_hyperloglog());
    String b(new_hyperloglog());
    add_numbers(a, 0, 3'000, limits);
    add_numbers(b, 2'000, 5'000, limits);
    const std::string_view sources[] = {a.view(), b.view()};
    EXPECT_NEAR(static_cast<double>(hyperloglog_count(sources).value()), 5'000, 100);
    const auto merged = hyperloglog_merge(sources, limits).value();
    EXPECT_NEAR(static_cast<double>(count(merged)), 5'000, 100);
}

TEST(HyperLogLog, CountingCachesAndAddingMakesStale) {
    EncodingLimits limits;
    String string(new_hyperloglog());
    add_numbers(string, 0, 50, limits);
    EXPECT_NE(static_cast<unsigned char>(string.view()[15]) & 0x80, 0);
    EXPECT_EQ(hyperloglog_count(string).value(), 50u);
    EXPECT_EQ(string.view()[8], 50);
    EXPECT_EQ(static_cast<unsigned char>(string.view()[15]) & 0x80, 0);
}

TEST(HyperLogLog, CorruptBytesAreErrors) {
    EncodingLimits limits;
    EXPECT_FALSE(is_hyperloglog("HYLL"));
    EXPECT_FALSE(is_hyperloglog("a plain string that is long"));
    std::string too_many = new_hyperloglog() + '\x80';
    too_many[15] = '\x80';
    const std::string_view view = too_many;
    EXPECT_FALSE(hyperloglog_count(std::span(&view, 1)));
    std::string too_few = new_hyperloglog().substr(0, 16);
    String edited(too_few);
    EXPECT_FALSE(hyperloglog_add(edited, "x", limits));
    too_few.push_back('\x40');  // half of a long run
    too_few[15] = '\x80';
    const std::string_view half = too_few;
    EXPECT_FALSE(hyperloglog_count(std::span(&half, 1)));
}

}  // namespace
}  // namespace sabil::cache
