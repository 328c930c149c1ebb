#include <gtest/gtest.h>

#include <string>

#include "cache/base/heap.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "tests/cache/store/fake_provenance.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

class EvictTest : public testing::Test {
  protected:
    void set(const std::string& name, std::optional<std::chrono::milliseconds> in = std::nullopt) {
        const KeyRef key(name);
        LockSet lock(keyspace_, key);
        std::optional<WallTime> at;
        if (in) at = clock_.wall() + *in;
        Database(keyspace_, 0).set_string(key, std::string(500, 'v'), ExpiryRule::clear, at);
    }
    void fill(const std::string& name, const std::shared_ptr<Servability>& state) {
        const KeyRef key(name);
        LockSet lock(keyspace_, key);
        Database(keyspace_, 1).fill(key, Value::string(std::string(500, 'v')), from(state));
    }
    bool there(const std::string& name, unsigned database = 0) {
        const KeyRef key(name);
        LockSet lock(keyspace_, key);
        return Database(keyspace_, database).peek(key) != nullptr;
    }
    void read(const std::string& name, unsigned database = 0) {
        const KeyRef key(name);
        LockSet lock(keyspace_, key);
        (void)Database(keyspace_, database).find(key);
    }
    void shrink_budget_by(std::uint64_t bytes) {
        keyspace_.tunables().maxmemory_bytes = keyspace_.memory_bytes() - bytes;
    }

    ManualClock clock_;
    Keyspace keyspace_{{16, 16}, clock_};
    std::shared_ptr<Servability> good_ = std::make_shared<Servability>();
    std::shared_ptr<Servability> stale_ = std::make_shared<Servability>();
};

TEST_F(EvictTest, WithoutABudgetOrAPolicyNothingGoes) {
    set("k");
    EXPECT_TRUE(keyspace_.evict_until_within_budget());
    keyspace_.tunables().maxmemory_bytes = 1;
    EXPECT_TRUE(keyspace_.over_budget());
    EXPECT_FALSE(keyspace_.evict_until_within_budget());
    EXPECT_TRUE(there("k"));
}

TEST_F(EvictTest, UnservableFilledEntriesGoBeforeAllOthers) {
    for (int i = 0; i < 200; ++i) {
        set("owned" + std::to_string(i));
        fill("good" + std::to_string(i), good_);
        fill("stale" + std::to_string(i), stale_);
    }
    stale_->servable = false;
    keyspace_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_lru;
    shrink_budget_by(50'000);
    EXPECT_TRUE(keyspace_.evict_until_within_budget());
    EXPECT_EQ(keyspace_.counters().evicted_filled, 0u);
    EXPECT_EQ(keyspace_.counters().evicted_owned, 0u);
    EXPECT_GT(keyspace_.counters().dropped_filled, 80u);
}

TEST_F(EvictTest, FilledEntriesGoBeforeOwnedOnesAndUsedOnesLast) {
    for (int i = 0; i < 500; ++i) {
        set("owned" + std::to_string(i));
        fill("f" + std::to_string(i), good_);
    }
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 100; ++i) read("f" + std::to_string(i), 1);
    }
    keyspace_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_lru;
    shrink_budget_by(140'000);
    EXPECT_TRUE(keyspace_.evict_until_within_budget());
    EXPECT_EQ(keyspace_.counters().evicted_owned, 0u);
    EXPECT_GT(keyspace_.counters().evicted_filled, 180u);
    int used_left = 0;
    for (int i = 0; i < 100; ++i) used_left += there("f" + std::to_string(i), 1) ? 1 : 0;
    EXPECT_GT(used_left, 75);  // at random it would be 50
    shrink_budget_by(250'000);
    EXPECT_TRUE(keyspace_.evict_until_within_budget());
    EXPECT_EQ(keyspace_.entries(EntryClass::filled), 0u);
    EXPECT_GT(keyspace_.counters().evicted_owned, 100u);
}

TEST_F(EvictTest, WhoRunsOutOfTimeWhileEntriesGoIsNotRefused) {
    for (int i = 0; i < 500; ++i) fill("f" + std::to_string(i), good_);
    set("owned");
    shrink_budget_by(200'000);
    EXPECT_TRUE(keyspace_.evict_until_within_budget(0us));
    EXPECT_TRUE(keyspace_.over_budget());
    keyspace_.drop_filled({});
    keyspace_.tunables().maxmemory_bytes = 1;
    EXPECT_FALSE(keyspace_.evict_until_within_budget(0us));
}

TEST_F(EvictTest, VolatilePoliciesTouchOnlyKeysWithAnExpiry) {
    for (int i = 0; i < 200; ++i) {
        set("plain" + std::to_string(i));
        set("volatile" + std::to_string(i), std::chrono::hours(1 + i));
    }
    for (auto policy : {EvictionPolicyName::volatile_lru, EvictionPolicyName::volatile_lfu,
                        EvictionPolicyName::volatile_random, EvictionPolicyName::volatile_ttl}) {
        keyspace_.tunables().maxmemory_policy = policy;
        const auto before = keyspace_.counters().evicted_owned;
        shrink_budget_by(20'000);
        EXPECT_TRUE(keyspace_.evict_until_within_budget());
        EXPECT_GT(keyspace_.counters().evicted_owned, before);
    }
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(there("plain" + std::to_string(i)));
    shrink_budget_by(keyspace_.memory_bytes() - 1);
    EXPECT_FALSE(keyspace_.evict_until_within_budget(1s));
    EXPECT_EQ(keyspace_.volatile_size(0), 0u);
    EXPECT_EQ(keyspace_.size(0), 200u);
}

TEST_F(EvictTest, LruPrefersKeysThatWereNotReadOfLate) {
    for (int i = 0; i < 1'000; ++i) set("k" + std::to_string(i));
    clock_.advance(100s);
    for (int i = 0; i < 500; ++i) read("k" + std::to_string(i));
    keyspace_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_lru;
    shrink_budget_by(200'000);
    EXPECT_TRUE(keyspace_.evict_until_within_budget());
    int recent = 0;
    for (int i = 0; i < 500; ++i) recent += there("k" + std::to_string(i)) ? 1 : 0;
    EXPECT_GT(recent, 450);  // at random it would be 300
}

TEST_F(EvictTest, ProvenanceCountsAsMemoryInUse) {
    struct Large final : Provenance {
        bool servable() const noexcept override { return true; }
        std::size_t heap_bytes() const noexcept override { return 10'000; }
    };
    const KeyRef key("f");
    LockSet lock(keyspace_, key);
    Database db(keyspace_, 1);
    const auto before = heap::used_bytes();
    db.fill(key, Value::string("v"), std::make_unique<Large>());
    EXPECT_GE(heap::used_bytes() - before, 10'000);
    EXPECT_GE(heap::used_bytes() - before, static_cast<std::int64_t>(keyspace_.memory_bytes(EntryClass::filled)));
    db.erase(key);
    EXPECT_LT(heap::used_bytes() - before, 5'000);
}

TEST_F(EvictTest, ManyFillsOfTheSameKeysDoNotGrowTheQueues) {
    for (int i = 0; i < 10; ++i) fill("k" + std::to_string(i), good_);
    const auto before = heap::used_bytes();
    for (int i = 0; i < 50'000; ++i) fill("k" + std::to_string(i % 10), good_);
    EXPECT_LT(heap::used_bytes() - before, 100'000);
}

}  // namespace
}  // namespace sabil::cache
