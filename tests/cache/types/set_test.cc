#include "cache/types/set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "cache/base/heap.h"
#include "tests/cache/types/encodings.h"

namespace sabil::cache {
namespace {

struct Integers {
    static EncodingLimits limits() {
        auto limits = compact_limits();
        limits.set_max_intset_entries = UINT32_MAX;
        return limits;
    }
    static constexpr auto encoding = Set::Encoding::intset;
    static std::string member(int i) {
        return std::to_string(std::int64_t{i} * (i % 7 == 0 ? 1'000'000'007LL : 3) - 50);
    }
};
struct Packed {
    static EncodingLimits limits() { return compact_limits(); }
    static constexpr auto encoding = Set::Encoding::listpack;
    static std::string member(int i) { return i % 2 == 0 ? "m" + std::to_string(i) : std::to_string(i); }
};
struct Table {
    static EncodingLimits limits() { return large_limits(); }
    static constexpr auto encoding = Set::Encoding::hashtable;
    static std::string member(int i) { return std::string(static_cast<std::size_t>(i % 300), 'm') + std::to_string(i); }
};

std::set<std::string> contents(const Set& set) {
    std::set<std::string> out;
    set.for_each([&](ElementView member) { return out.insert(member.str()).second; });
    return out;
}

template <class Shape>
class SetTest : public testing::Test {
  protected:
    EncodingLimits limits_ = Shape::limits();
    Set set_;
};
using Shapes = testing::Types<Integers, Packed, Table>;
TYPED_TEST_SUITE(SetTest, Shapes);

TYPED_TEST(SetTest, AgreesWithASetOverRandomChanges) {
    if (TypeParam::encoding == Set::Encoding::listpack) this->set_.add("word", this->limits_);
    std::set<std::string> model = contents(this->set_);
    std::mt19937 random(13);
    for (int i = 0; i < 6'000; ++i) {
        const auto member = TypeParam::member(static_cast<int>(random() % 400));
        ASSERT_EQ(this->set_.contains(member), model.contains(member));
        if (random() % 3 == 0) {
            ASSERT_EQ(this->set_.erase(member), model.erase(member) == 1);
        } else {
            ASSERT_EQ(this->set_.add(member, this->limits_), model.insert(member).second);
        }
        ASSERT_EQ(this->set_.size(), model.size());
    }
    EXPECT_EQ(this->set_.encoding(), TypeParam::encoding);
    EXPECT_EQ(contents(this->set_), model);
    EXPECT_EQ(contents(this->set_.clone()), model);
    std::set<std::string> scanned;
    std::uint64_t cursor = 0;
    do {
        cursor = this->set_.scan(cursor, 7, [&](ElementView member) { scanned.insert(member.str()); });
    } while (cursor != 0);
    EXPECT_EQ(scanned, model);
}

TYPED_TEST(SetTest, RandomReachesEveryMember) {
    for (int i = 0; i < 20; ++i) this->set_.add(TypeParam::member(i), this->limits_);
    std::set<std::string> met;
    std::mt19937_64 random(5);
    for (int i = 0; i < 2'000; ++i) met.insert(this->set_.random(random()).str());
    EXPECT_EQ(met, contents(this->set_));
}

TYPED_TEST(SetTest, GivesBackAllItsMemory) {
    const auto before = heap::used_bytes();
    {
        Set set;
        for (int i = 0; i < 500; ++i) set.add(TypeParam::member(i), this->limits_);
        EXPECT_GT(set.heap_bytes(), 500u);
    }
    EXPECT_EQ(heap::used_bytes(), before);
}

TEST(Set, ChangesEncodingAsRedisDoes) {
    EncodingLimits limits;
    Set integers;
    for (int i = 0; i < 512; ++i) integers.add(std::to_string(i), limits);
    EXPECT_EQ(integers.encoding_name(), "intset");
    integers.add("512", limits);
    EXPECT_EQ(integers.encoding_name(), "hashtable");
    EXPECT_EQ(integers.size(), 513u);
    Set mixed;
    mixed.add("1", limits);
    EXPECT_EQ(mixed.encoding_name(), "intset");
    mixed.add("a", limits);
    EXPECT_EQ(mixed.encoding_name(), "listpack");
    EXPECT_TRUE(mixed.contains("1"));
    for (int i = 0; i < 126; ++i) mixed.add("m" + std::to_string(i), limits);
    EXPECT_EQ(mixed.encoding_name(), "listpack");
    mixed.add("last", limits);
    EXPECT_EQ(mixed.encoding_name(), "hashtable");
    EXPECT_EQ(mixed.size(), 129u);
    Set wide;
    wide.add(std::string(65, 'x'), limits);
    EXPECT_EQ(wide.encoding_name(), "hashtable");
}

TEST(Set, IntegersWidenInEitherDirection) {
    EncodingLimits limits;
    Set set;
    for (const char* member : {"5", "-5", "70000", "-70000", "5000000000", "-5000000000", "0", "-9223372036854775808",
                               "9223372036854775807"}) {
        EXPECT_TRUE(set.add(member, limits));
        EXPECT_FALSE(set.add(member, limits));
    }
    EXPECT_EQ(set.encoding_name(), "intset");
    EXPECT_EQ(set.size(), 9u);
    EXPECT_TRUE(set.contains("-9223372036854775808"));
    EXPECT_FALSE(set.contains("05"));
}

}  // namespace
}  // namespace sabil::cache
