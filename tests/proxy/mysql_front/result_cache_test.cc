#include "proxy/mysql_front/result_cache.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fake_coherence.h"

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::chrono_literals;

class ResultCacheTest : public ::testing::Test {
  protected:
    std::unique_ptr<ResultProvenance> provenance(invalidation::Floor floor, ResultProvenance::Mark mark = {}) {
        return ResultProvenance::make(coherence, invalidation::Dependencies{{1, 0}}, floor, mark, ResultProvenance::Mark{});
    }
    static cache::BlobRef blob(std::string_view bytes) { return cache::BlobRef::make("", bytes); }
    std::string_view value(std::string_view key) {
        held = results.find(key).result;
        return held ? held->bytes() : std::string_view("(none)");
    }
    FakeCoherence coherence;
    ManualClock clock;
    cache::Keyspace keyspace{{}, clock};
    ResultCache results{keyspace};
    cache::BlobRef held;
};

TEST_F(ResultCacheTest, FindsWhatWasStoredUntilItsTableChanges) {
    EXPECT_FALSE(results.find("k").result);
    const invalidation::Dependencies dependencies{{1, 0}};
    results.store("k", blob("one"), provenance(coherence.floor()), std::nullopt);
    EXPECT_EQ(value("k"), "one");
    EXPECT_EQ(value("K"), "(none)");
    coherence.touch("first");  // takes slot 1
    const auto found = results.find("k");
    EXPECT_FALSE(found.result);
    EXPECT_TRUE(found.stale);
}

TEST_F(ResultCacheTest, AHigherFloorIsNeverReplaced) {
    results.store("k", blob("new"), provenance({1, 1}), std::nullopt);
    EXPECT_EQ(results.store("k", blob("old"), provenance({0, 1}), std::nullopt),
              ResultCache::Outcome::older_than_present);
    EXPECT_EQ(value("k"), "new");
    EXPECT_EQ(results.store("k", blob("newer"), provenance({2, 1}), std::nullopt), ResultCache::Outcome::stored);
    EXPECT_EQ(value("k"), "newer");
}

TEST_F(ResultCacheTest, TimeLimitsEndIt) {
    results.store("k", blob("one"), provenance(coherence.floor()), 10s);
    clock.advance(9s);
    EXPECT_EQ(value("k"), "one");
    clock.advance(2s);
    EXPECT_EQ(value("k"), "(none)");
}

TEST_F(ResultCacheTest, APurgeEndsIt) {
    std::atomic<std::uint32_t> cell{3};
    results.store("k", blob("one"), provenance(coherence.floor(), {&cell, 3}), std::nullopt);
    EXPECT_EQ(value("k"), "one");
    ++cell;
    EXPECT_EQ(value("k"), "(none)");
}

TEST_F(ResultCacheTest, WhatHasEndedStandsInWhereItMay) {
    std::atomic<std::uint32_t> cell{0};
    const auto stand_in = [&](std::chrono::milliseconds window) {
        return ResultProvenance::make(coherence, invalidation::Dependencies{{1, 0}}, coherence.floor(),
                                      ResultProvenance::Mark{&cell, cell.load()}, ResultProvenance::Mark{},
                                      std::make_unique<const StandIn>(window, std::nullopt));
    };
    results.store("k", blob("one"), stand_in(1h), std::nullopt);
    results.store("short", blob("one"), stand_in(-1ms), std::nullopt);
    results.store("plain", blob("one"), provenance(coherence.floor()), std::nullopt);
    EXPECT_EQ(value("k"), "one");
    coherence.touch("first");  // takes slot 1
    EXPECT_EQ(value("k"), "(none)");
    const auto found = results.find_stand_in("k");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->bytes(), "one");
    EXPECT_FALSE(results.find_stand_in("short"));
    EXPECT_FALSE(results.find_stand_in("plain"));
    EXPECT_FALSE(results.find_stand_in("absent"));
    // A fresh result takes its place, whatever stood in before.
    EXPECT_EQ(results.store("k", blob("two"), stand_in(1h), std::nullopt), ResultCache::Outcome::stored);
    coherence.touch("first");
    ++cell;  // a purge
    EXPECT_FALSE(results.find_stand_in("k"));
}

TEST_F(ResultCacheTest, AProofHoldsWhatItDependsOnInOneBlock) {
    std::atomic<std::uint32_t> cell{7};
    const ResultProvenance::Mark marks[] = {{}, {&cell, 7}};
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{7}, ResultProvenance::dependencies_count_max}) {
        invalidation::Dependencies dependencies;
        for (std::uint32_t i = 0; i < count; ++i) dependencies.push_back({i, i + 1});
        for (const auto& tag : marks) {
            const auto proof = ResultProvenance::make(coherence, dependencies, {5, 6}, {}, tag);
            ASSERT_TRUE(proof);
            const auto held_dependencies = proof->dependencies();
            EXPECT_TRUE(std::equal(held_dependencies.begin(), held_dependencies.end(), dependencies.begin(), dependencies.end()));
            EXPECT_EQ(proof->floor(), (invalidation::Floor{5, 6}));
            EXPECT_EQ(proof->tag().cell, tag.cell);
            EXPECT_TRUE(proof->marks_hold());
            cell = 8;
            EXPECT_EQ(proof->marks_hold(), tag.cell == nullptr);
            cell = 7;
            EXPECT_GE(proof->heap_bytes(), sizeof(ResultProvenance) + count * sizeof(invalidation::Dependency));
        }
    }
    const invalidation::Dependencies too_many(ResultProvenance::dependencies_count_max + 1);
    EXPECT_FALSE(ResultProvenance::make(coherence, too_many, {5, 6}, {}, {}));
}

TEST(ResultKeys, TextAndBinaryProtocolNeverMeet) {
    ExecuteView view;
    std::string text, binary;
    append_text_key(text, 1, "SELECT 1");
    append_execute_key(binary, 1, 1, "SELECT 1", "", view);
    EXPECT_NE(text, binary);
}

TEST(ResultKeys, TypesAndValuesAreTheKey) {
    const std::string one(1, '\x01'), zero(1, '\0');
    auto key = [](std::string_view types, std::string_view nulls, std::string_view values) {
        ExecuteView view;
        view.null_bitmap = nulls;
        view.values = values;
        std::string out;
        append_execute_key(out, 1, 1, "SELECT ?", types, view);
        return out;
    };
    EXPECT_NE(key("\x03", zero, "1"), key("\xfd", zero, "1"));
    EXPECT_NE(key("\x03", zero, "1"), key("\x03", one, "1"));
    EXPECT_NE(key("\x03", zero, "1"), key("\x03", zero, "2"));
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
