#include "cache/types/tag_index.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "cache/base/hash.h"

namespace sabil::cache {
namespace {

struct Number {
    std::uint64_t value;
};

struct NumberTraits {
    using Item = Number;
    static std::uint64_t hash(std::uint64_t value) {
        return hash_bytes({reinterpret_cast<const char*>(&value), sizeof value});
    }
    static TagPlace place(const Number* number) { return TagPlace(hash(number->value)); }
};

class Numbers {
  public:
    using Index = TagIndex<NumberTraits>;
    Index::Slot find(std::uint64_t value) {
        return index.find(TagPlace(NumberTraits::hash(value)), [&](const Number& n) { return n.value == value; });
    }
    void add(std::uint64_t value) {
        owned[value] = std::make_unique<Number>(Number{value});
        index.insert(TagPlace(NumberTraits::hash(value)), owned[value].get());
    }
    void remove(std::uint64_t value) {
        index.erase(TagPlace(NumberTraits::hash(value)), find(value));
        owned.erase(value);
    }
    Index index;
    std::map<std::uint64_t, std::unique_ptr<Number>> owned;
};

TEST(TagIndex, HoldsWhatASetHoldsThroughGrowthAndShrinking) {
    Numbers numbers;
    std::mt19937_64 random(7);
    for (int phase = 0; phase < 3; ++phase) {
        for (int i = 0; i < 20'000; ++i) {
            const auto value = random() % 4'000 + static_cast<std::uint64_t>(phase) * 1'000;
            const bool there = numbers.owned.contains(value);
            ASSERT_EQ(static_cast<bool>(numbers.find(value)), there);
            // Mostly adding, then mostly removing.
            if (there && random() % 10 < (phase == 1 ? 9U : 3U)) numbers.remove(value);
            if (!there && random() % 10 < (phase == 1 ? 2U : 8U)) numbers.add(value);
            ASSERT_EQ(numbers.index.size(), numbers.owned.size());
        }
    }
    for (const auto& [value, number] : numbers.owned) ASSERT_EQ(numbers.find(value).item(), number.get());
    while (!numbers.owned.empty()) numbers.remove(numbers.owned.begin()->first);
    EXPECT_EQ(numbers.index.size(), 0u);
    EXPECT_FALSE(numbers.find(1));
}

TEST(TagIndex, AScanMeetsEveryItemThatStaysExactlyOnceWhileTheTableChanges) {
    Numbers numbers;
    for (std::uint64_t i = 0; i < 500; ++i) numbers.add(i);
    std::map<std::uint64_t, int> met;
    std::uint64_t position = 0;
    std::uint64_t next = 1'000;
    bool grew_while_scanning = false;
    while (position < Numbers::Index::positions_end) {
        position = numbers.index.scan(position, [&](Numbers::Index::Slot slot) { ++met[slot.item()->value]; });
        for (int i = 0; i < 40; ++i) numbers.add(next++);
        grew_while_scanning |= numbers.index.moving();
    }
    EXPECT_TRUE(grew_while_scanning);
    for (std::uint64_t i = 0; i < 500; ++i) ASSERT_EQ(met[i], 1) << i;
    for (const auto& [value, count] : met) ASSERT_EQ(count, 1) << value;

    met.clear();
    position = 0;
    std::uint64_t gone = next;
    while (position < Numbers::Index::positions_end) {
        position = numbers.index.scan(position, [&](Numbers::Index::Slot slot) { ++met[slot.item()->value]; });
        for (int i = 0; i < 100 && gone > 1'000; ++i) numbers.remove(--gone);
    }
    for (std::uint64_t i = 0; i < 500; ++i) ASSERT_EQ(met[i], 1) << i;
}

TEST(TagIndex, EqualHashesOverflowIntoOtherBucketsAndAreFound) {
    struct SameTraits {
        using Item = Number;
        static TagPlace place(const Number*) { return TagPlace(0x123456789abcdef0ULL); }
    };
    TagIndex<SameTraits> index;
    std::vector<std::unique_ptr<Number>> numbers;
    const auto place = SameTraits::place(nullptr);
    for (std::uint64_t i = 0; i < 700; ++i) {
        numbers.push_back(std::make_unique<Number>(Number{i}));
        index.insert(place, numbers.back().get());
    }
    auto find = [&](std::uint64_t value) {
        return index.find(place, [&](const Number& n) { return n.value == value; });
    };
    for (std::uint64_t i = 0; i < 700; ++i) ASSERT_TRUE(find(i)) << i;
    for (std::uint64_t i = 0; i < 700; i += 2) index.erase(place, find(i));
    for (std::uint64_t i = 0; i < 700; ++i) ASSERT_EQ(static_cast<bool>(find(i)), i % 2 == 1) << i;
    std::set<std::uint64_t> met;
    for (std::uint64_t position = 0; position < index.positions_end;) {
        position = index.scan(position, [&](auto slot) { EXPECT_TRUE(met.insert(slot.item()->value).second); });
    }
    EXPECT_EQ(met.size(), 350u);
}

TEST(TagIndex, RandomIsNearlyUniform) {
    Numbers numbers;
    for (std::uint64_t i = 0; i < 100; ++i) numbers.add(i);
    std::map<std::uint64_t, int> drawn;
    std::mt19937_64 random(3);
    for (int i = 0; i < 100'000; ++i) ++drawn[numbers.index.random(random()).item()->value];
    EXPECT_EQ(drawn.size(), 100u);
    for (const auto& [value, count] : drawn) {
        EXPECT_GT(count, 800) << value;
        EXPECT_LT(count, 1'200) << value;
    }
}

TEST(TagIndex, MarksSurviveMoves) {
    Numbers numbers;
    for (std::uint64_t i = 0; i < 100; ++i) {
        numbers.add(i);
        numbers.find(i).set(numbers.owned[i].get(), i % 3 == 0 ? 1U : 0U);
    }
    for (std::uint64_t i = 100; i < 5'000; ++i) numbers.add(i);
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(numbers.find(i).marks(), i % 3 == 0 ? 1U : 0U);
    std::size_t marked = 0;
    for (std::uint64_t position = 0; position < Numbers::Index::positions_end;) {
        position = numbers.index.scan(
            position, [&](auto) { ++marked; }, 1);
    }
    EXPECT_EQ(marked, 34u);
}

}  // namespace
}  // namespace sabil::cache
