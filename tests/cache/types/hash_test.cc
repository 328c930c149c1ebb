#include "cache/types/hash.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "cache/base/heap.h"
#include "tests/cache/types/encodings.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

struct Compact {
    static EncodingLimits limits() { return compact_limits(); }
    static constexpr auto encoding = Hash::Encoding::listpack;
};
struct Large {
    static EncodingLimits limits() { return large_limits(); }
    static constexpr auto encoding = Hash::Encoding::hashtable;
};

std::map<std::string, std::string> contents(const Hash& hash) {
    std::map<std::string, std::string> out;
    hash.for_each([&](ElementView field, ElementView value) { out[field.str()] = value.str(); });
    return out;
}

template <class Shape>
class HashTest : public testing::Test {
  protected:
    bool set(std::string_view field, std::string_view value) { return hash_.set(field, value, limits_); }
    EncodingLimits limits_ = Shape::limits();
    Hash hash_;
};
using Shapes = testing::Types<Compact, Large>;
TYPED_TEST_SUITE(HashTest, Shapes);

TYPED_TEST(HashTest, SetsReplacesAndErases) {
    EXPECT_TRUE(this->set("name", "Layla"));
    EXPECT_FALSE(this->set("name", "Omar"));
    EXPECT_TRUE(this->set("", ""));
    EXPECT_TRUE(this->set("7", "-12345678901"));
    EXPECT_EQ(this->hash_.encoding(), TypeParam::encoding);
    EXPECT_EQ(this->hash_.size(), 3u);
    EXPECT_EQ(this->hash_.get("name")->str(), "Omar");
    EXPECT_EQ(this->hash_.get("")->str(), "");
    EXPECT_EQ(this->hash_.get("7")->str(), "-12345678901");
    EXPECT_FALSE(this->hash_.get("07"));
    EXPECT_TRUE(this->hash_.erase("name"));
    EXPECT_FALSE(this->hash_.erase("name"));
    EXPECT_EQ(this->hash_.size(), 2u);
}

TYPED_TEST(HashTest, AgreesWithAMapOverRandomChanges) {
    std::map<std::string, std::string> model;
    std::mt19937 random(11);
    for (int i = 0; i < 6'000; ++i) {
        const auto field = std::to_string(random() % 150) + (random() % 2 == 0 ? "" : "x");
        if (random() % 3 == 0) {
            ASSERT_EQ(this->hash_.erase(field), model.erase(field) == 1);
        } else {
            const auto value = std::string(random() % 400, 'v') + std::to_string(random());
            ASSERT_EQ(this->set(field, value), model.insert_or_assign(field, value).second);
        }
        ASSERT_EQ(this->hash_.size(), model.size());
    }
    EXPECT_EQ(contents(this->hash_), model);
    EXPECT_EQ(contents(this->hash_.clone()), model);
}

TYPED_TEST(HashTest, AScanMeetsEveryField) {
    for (int i = 0; i < 300; ++i) this->set("f" + std::to_string(i), "v");
    std::map<std::string, int> met;
    std::uint64_t cursor = 0;
    do {
        cursor = this->hash_.scan(cursor, 10, [&](ElementView field, ElementView) { ++met[field.str()]; });
    } while (cursor != 0);
    EXPECT_EQ(met.size(), 300u);
}

TYPED_TEST(HashTest, RandomReachesEveryField) {
    for (int i = 0; i < 20; ++i) this->set("f" + std::to_string(i), "v");
    std::map<std::string, int> met;
    std::mt19937_64 random(5);
    for (int i = 0; i < 2'000; ++i) {
        this->hash_.random(random(), [&](ElementView field, ElementView) { ++met[field.str()]; });
    }
    EXPECT_EQ(met.size(), 20u);
}

TYPED_TEST(HashTest, FieldsExpireOnTheirOwn) {
    const WallTime start{1'000'000ms};
    for (int i = 0; i < 10; ++i) this->set("f" + std::to_string(i), "v");
    EXPECT_FALSE(this->hash_.has_field_expiry());
    EXPECT_TRUE(this->hash_.set_expiry("f1", start + 10ms));
    EXPECT_TRUE(this->hash_.set_expiry("f2", start + 20ms));
    EXPECT_TRUE(this->hash_.set_expiry("f3", start + 20ms));
    EXPECT_FALSE(this->hash_.set_expiry("none", start));
    EXPECT_EQ(this->hash_.next_expiry(), start + 10ms);
    EXPECT_EQ(this->hash_.expiry("f2"), start + 20ms);
    EXPECT_EQ(this->hash_.expiry("f5"), std::nullopt);
    this->set("f3", "new");  // a write drops the field's expiry
    EXPECT_EQ(this->hash_.expiry("f3"), std::nullopt);
    std::vector<std::string> gone;
    auto tell = [&](std::string_view field) { gone.emplace_back(field); };
    EXPECT_EQ(this->hash_.expire_fields(start + 9ms, 100, tell), 0u);
    EXPECT_EQ(this->hash_.expire_fields(start + 30ms, 100, tell), 2u);
    EXPECT_EQ(this->hash_.size(), 8u);
    EXPECT_FALSE(this->hash_.has_field_expiry());
    EXPECT_EQ(gone.size(), 2u);
}

TYPED_TEST(HashTest, GivesBackAllItsMemory) {
    const auto before = heap::used_bytes();
    {
        Hash hash;
        for (int i = 0; i < 500; ++i) hash.set("field" + std::to_string(i), std::string(300, 'v'), this->limits_);
        EXPECT_GT(hash.heap_bytes(), 150'000u);
        EXPECT_NEAR(static_cast<double>(hash.heap_bytes()), static_cast<double>(heap::used_bytes() - before), 8'000);
        Hash moved = std::move(hash);
        for (int i = 0; i < 500; i += 2) moved.erase("field" + std::to_string(i));
    }
    EXPECT_EQ(heap::used_bytes(), before);
}

TEST(Hash, LeavesTheCompactEncodingAtRedisThresholds) {
    EncodingLimits limits;
    Hash by_count;
    for (int i = 0; i < 128; ++i) by_count.set(std::to_string(i), "v", limits);
    EXPECT_EQ(by_count.encoding_name(), "listpack");
    by_count.set("one more", "v", limits);
    EXPECT_EQ(by_count.encoding_name(), "hashtable");
    Hash by_size;
    by_size.set("f", std::string(64, 'x'), limits);
    EXPECT_EQ(by_size.encoding_name(), "listpack");
    by_size.set("f", std::string(65, 'x'), limits);
    EXPECT_EQ(by_size.encoding_name(), "hashtable");
    EXPECT_EQ(by_size.get("f")->size(), 65u);
}

}  // namespace
}  // namespace sabil::cache
