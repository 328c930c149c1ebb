#include "cache/types/zset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cache/base/heap.h"
#include "tests/cache/types/encodings.h"

namespace sabil::cache {
namespace {

struct Compact {
    static EncodingLimits limits() { return compact_limits(); }
    static constexpr auto encoding = ZSet::Encoding::listpack;
    static constexpr unsigned members = 100;
};
struct Large {
    static EncodingLimits limits() { return large_limits(); }
    static constexpr auto encoding = ZSet::Encoding::skiplist;
    static constexpr unsigned members = 3'000;
};

using Pairs = std::vector<std::pair<double, std::string>>;

Pairs in_order(const ZSet& zset) {
    Pairs out;
    zset.for_each([&](ElementView member, double score) {
        out.emplace_back(score, member.str());
        return true;
    });
    return out;
}

// A sorted set of the standard library to compare with.
struct Model {
    std::map<std::string, double> scores;
    Pairs order() const {
        std::set<std::pair<double, std::string>> sorted;
        for (const auto& [member, score] : scores) sorted.emplace(score, member);
        return {sorted.begin(), sorted.end()};
    }
};

template <class Shape>
class ZSetTest : public testing::Test {
  protected:
    ZSet::Added add(std::string_view member, double score) { return zset_.add(member, score, limits_); }
    EncodingLimits limits_ = Shape::limits();
    ZSet zset_;
};
using Shapes = testing::Types<Compact, Large>;
TYPED_TEST_SUITE(ZSetTest, Shapes);

TYPED_TEST(ZSetTest, AgreesWithASortedSetOverRandomChanges) {
    Model model;
    std::mt19937 random(19);
    const unsigned rounds = TypeParam::members * 8;
    for (unsigned i = 0; i < rounds; ++i) {
        const auto member = "m" + std::to_string(random() % TypeParam::members);
        const bool shrinking = i > rounds / 2 && i < rounds * 3 / 4;
        if (random() % 4 < (shrinking ? 3U : 1U)) {
            ASSERT_EQ(this->zset_.erase(member), model.scores.erase(member) == 1);
        } else {
            const double score = random() % 5 == 0 ? 1.5 : std::floor(static_cast<double>(random() % 500)) / 4;
            const auto known = model.scores.find(member);
            const auto expected = known == model.scores.end() ? ZSet::Added::added
                                  : known->second == score    ? ZSet::Added::unchanged
                                                              : ZSet::Added::updated;
            ASSERT_EQ(this->add(member, score), expected);
            model.scores[member] = score;
        }
        ASSERT_EQ(this->zset_.size(), model.scores.size());
        if (i % (rounds / 20) != 0) continue;
        const auto order = model.order();
        ASSERT_EQ(in_order(this->zset_), order);
        for (std::size_t rank = 0; rank < order.size(); rank += 7) {
            ASSERT_EQ(this->zset_.rank(order[rank].second), rank);
            ASSERT_EQ(this->zset_.score(order[rank].second), order[rank].first);
        }
    }
    EXPECT_EQ(this->zset_.encoding(), TypeParam::encoding);
    EXPECT_EQ(in_order(this->zset_.clone()), model.order());
    while (!this->zset_.empty()) this->zset_.erase_range({this->zset_.size() / 3, 5 + this->zset_.size() / 4});
    EXPECT_EQ(in_order(this->zset_), Pairs{});
}

TYPED_TEST(ZSetTest, RangesByScoreRankAndReverse) {
    for (int i = 0; i < 50; ++i) this->add("m" + std::to_string(100 + i), i / 2);
    auto range = this->zset_.ranks(ScoreRange{3, 5, false, false});
    EXPECT_EQ(range.first, 6u);
    EXPECT_EQ(range.count, 6u);
    range = this->zset_.ranks(ScoreRange{3, 5, true, true});
    EXPECT_EQ(range.first, 8u);
    EXPECT_EQ(range.count, 2u);
    EXPECT_EQ(this->zset_.ranks(ScoreRange{5, 3, false, false}).count, 0u);
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(this->zset_.ranks(ScoreRange{-infinity, infinity, false, false}).count, 50u);
    std::vector<std::string> members;
    this->zset_.for_range_reverse({8, 3}, [&](ElementView member, double) {
        members.push_back(member.str());
        return true;
    });
    EXPECT_EQ(members, (std::vector<std::string>{"m110", "m109", "m108"}));
    members.clear();
    this->zset_.for_range({48, 10}, [&](ElementView member, double) {
        members.push_back(member.str());
        return true;
    });
    EXPECT_EQ(members, (std::vector<std::string>{"m148", "m149"}));
}

TYPED_TEST(ZSetTest, RangesByLexicographicOrder) {
    for (const char* member : {"a", "b", "c", "d", "e"}) this->add(member, 0);
    using Kind = LexBound::Kind;
    auto count = [&](LexBound min, LexBound max) { return this->zset_.ranks(LexRange{min, max}).count; };
    EXPECT_EQ(count({Kind::minimum, ""}, {Kind::maximum, ""}), 5u);
    EXPECT_EQ(count({Kind::inclusive, "b"}, {Kind::inclusive, "d"}), 3u);
    EXPECT_EQ(count({Kind::exclusive, "b"}, {Kind::exclusive, "d"}), 1u);
    EXPECT_EQ(count({Kind::maximum, ""}, {Kind::minimum, ""}), 0u);
    EXPECT_EQ(count({Kind::inclusive, "bb"}, {Kind::maximum, ""}), 3u);
}

TYPED_TEST(ZSetTest, KeepsScoresExactly) {
    const double scores[] = {0.1,
                             -0.0,
                             1e300,
                             -1e-300,
                             9007199254740993.0,
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             42,
                             -7};
    int i = 0;
    for (const auto score : scores) this->add("m" + std::to_string(i++), score);
    i = 0;
    for (const auto score : scores) {
        const auto kept = *this->zset_.score("m" + std::to_string(i++));
        EXPECT_EQ(kept, score);
        // The packed form gives negative zero without its sign.
        if (score != 0) {
            EXPECT_EQ(std::signbit(kept), std::signbit(score));
        }
    }
}

TYPED_TEST(ZSetTest, ScanAndRandomReachEveryMember) {
    for (int i = 0; i < 60; ++i) this->add("m" + std::to_string(i), i);
    std::set<std::string> scanned;
    std::uint64_t cursor = 0;
    do {
        cursor = this->zset_.scan(cursor, 5, [&](ElementView member, double) { scanned.insert(member.str()); });
    } while (cursor != 0);
    EXPECT_EQ(scanned.size(), 60u);
    std::set<std::string> drawn;
    std::mt19937_64 random(2);
    for (int i = 0; i < 5'000; ++i) {
        this->zset_.random(random(), [&](ElementView member, double) { drawn.insert(member.str()); });
    }
    EXPECT_EQ(drawn, scanned);
}

TYPED_TEST(ZSetTest, GivesBackAllItsMemory) {
    const auto before = heap::used_bytes();
    {
        ZSet zset;
        for (int i = 0; i < 1'000; ++i) zset.add("member" + std::to_string(i * 7919 % 1'000), i, this->limits_);
        EXPECT_NEAR(static_cast<double>(zset.heap_bytes()), static_cast<double>(heap::used_bytes() - before), 4'000);
    }
    EXPECT_EQ(heap::used_bytes(), before);
}

TEST(ZSet, LeavesTheCompactEncodingAtRedisThresholds) {
    EncodingLimits limits;
    ZSet zset;
    for (int i = 0; i < 128; ++i) zset.add(std::to_string(i), i, limits);
    EXPECT_EQ(zset.encoding_name(), "listpack");
    zset.add("x", 1, limits);
    EXPECT_EQ(zset.encoding_name(), "skiplist");
    EXPECT_EQ(zset.size(), 129u);
    ZSet wide;
    wide.add(std::string(65, 'x'), 1, limits);
    EXPECT_EQ(wide.encoding_name(), "skiplist");
}

}  // namespace
}  // namespace sabil::cache
