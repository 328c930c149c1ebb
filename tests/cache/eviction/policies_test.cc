// One suite over every way of choosing what goes: the same cache, the same traces, each policy in turn.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "cache/base/hash.h"
#include "cache/eviction/access_clock.h"
#include "cache/eviction/s3_fifo.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

// A cache of `capacity` entries of one byte each that counts its hits.
class Model {
  public:
    explicit Model(std::size_t capacity) : capacity_(capacity) {}
    virtual ~Model() = default;
    bool access(std::uint64_t id) {
        ++clock_;
        if (entries_.contains(id)) {
            touched(id);
            return true;
        }
        if (entries_.size() >= capacity_) evict();
        entries_[id] = inserted(id);
        return false;
    }
    std::size_t size() const { return entries_.size(); }
    bool holds(std::uint64_t id) const { return entries_.contains(id); }

  protected:
    virtual std::uint32_t inserted(std::uint64_t id) = 0;
    virtual void touched(std::uint64_t id) = 0;
    virtual void evict() = 0;
    WallTime now() const { return WallTime(std::chrono::seconds(clock_)); }

    std::size_t capacity_;
    std::int64_t clock_ = 1'000'000;
    std::unordered_map<std::uint64_t, std::uint32_t> entries_;  // the entry's access bits
};

class S3FifoModel final : public Model, private S3Fifo::Residents {
  public:
    using Model::Model;

  private:
    std::uint32_t inserted(std::uint64_t id) override { return fifo_.admit(hashed(id), 0, 1); }
    void touched(std::uint64_t id) override {
        auto& access = entries_[id];
        if (access >> 22 < S3Fifo::most_uses) access += 1U << 22;
    }
    void evict() override {
        const auto record = fifo_.victim(*this);
        ASSERT_TRUE(record);
        entries_.erase(ids_.at(record->id));
    }
    std::optional<unsigned> uses(const S3Fifo::Record& record) const override {
        const auto found = entries_.find(ids_.at(record.id));
        if (found == entries_.end() || (found->second & S3Fifo::sequence_mask) != record.sequence) return std::nullopt;
        return found->second >> 22;
    }
    void set_uses(const S3Fifo::Record& record, unsigned uses) override {
        entries_[ids_.at(record.id)] = uses << 22 | record.sequence;
    }
    std::uint64_t hashed(std::uint64_t id) {
        const auto hash = hash_bytes({reinterpret_cast<const char*>(&id), sizeof id});
        ids_[hash] = id;
        return hash;
    }
    S3Fifo fifo_;
    std::unordered_map<std::uint64_t, std::uint64_t> ids_;
};

template <EvictionPolicyName policy>
class SampledModel final : public Model {
  public:
    using Model::Model;

  private:
    static constexpr AccessRules rules{policy, 10, 1};
    std::uint32_t inserted(std::uint64_t) override { return new_access(rules, now()); }
    void touched(std::uint64_t id) override {
        entries_[id] = touched_access(entries_[id], rules, now(), static_cast<std::uint32_t>(random_()));
    }
    void evict() override {
        std::uint64_t best = 0;
        std::uint64_t best_score = 0;
        bool found = false;
        for (int sample = 0; sample < 10; ++sample) {
            const auto bucket = random_() % entries_.bucket_count();
            for (auto at = entries_.begin(bucket); at != entries_.end(bucket); ++at) {
                const auto score = eviction_score(at->second, static_cast<std::int64_t>(at->first % 1'000), rules,
                                                  now(), static_cast<std::uint32_t>(random_()));
                if (found && score <= best_score) continue;
                found = true;
                best = at->first;
                best_score = score;
            }
        }
        entries_.erase(found ? best : entries_.begin()->first);
    }
    std::mt19937_64 random_{1};
};

std::vector<std::uint64_t> zipf(std::size_t length, std::size_t items, double skew) {
    std::vector<double> cumulative;
    double sum = 0;
    for (std::size_t i = 1; i <= items; ++i) cumulative.push_back(sum += 1 / std::pow(static_cast<double>(i), skew));
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> draw(0, sum);
    std::vector<std::uint64_t> trace;
    for (std::size_t i = 0; i < length; ++i) {
        const auto at = std::lower_bound(cumulative.begin(), cumulative.end(), draw(random));
        trace.push_back(static_cast<std::uint64_t>(at - cumulative.begin()));
    }
    return trace;
}

// Every so often a run over items that are never asked for again.
std::vector<std::uint64_t> with_scans(const std::vector<std::uint64_t>& trace) {
    std::vector<std::uint64_t> out;
    std::uint64_t fresh = 1'000'000;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        out.push_back(trace[i]);
        if (i % 5'000 == 4'999) {
            for (int n = 0; n < 2'000; ++n) out.push_back(fresh++);
        }
    }
    return out;
}

double hit_ratio(Model& model, const std::vector<std::uint64_t>& trace) {
    std::size_t hits = 0;
    for (auto id : trace) hits += model.access(id) ? 1U : 0U;
    return static_cast<double>(hits) / static_cast<double>(trace.size());
}

template <class M>
class PolicyTest : public testing::Test {};
using Policies =
    testing::Types<S3FifoModel, SampledModel<EvictionPolicyName::allkeys_lru>,
                   SampledModel<EvictionPolicyName::allkeys_lfu>, SampledModel<EvictionPolicyName::allkeys_random>,
                   SampledModel<EvictionPolicyName::volatile_ttl>>;
TYPED_TEST_SUITE(PolicyTest, Policies);

TYPED_TEST(PolicyTest, NeverHoldsMoreThanItsCapacityAndNeverEvictsTooMuch) {
    TypeParam model(100);
    for (auto id : zipf(20'000, 1'000, 0.8)) {
        model.access(id);
        ASSERT_LE(model.size(), 100u);
        ASSERT_TRUE(model.holds(id));
    }
    EXPECT_EQ(model.size(), 100u);
}

TYPED_TEST(PolicyTest, HitsWhenEverythingFits) {
    TypeParam model(1'000);
    const auto trace = zipf(50'000, 1'000, 0.8);
    EXPECT_GT(hit_ratio(model, trace), 0.97);
}

TYPED_TEST(PolicyTest, ASkewedTraceHitsMoreThanItsShareOfTheItems) {
    TypeParam model(500);
    EXPECT_GT(hit_ratio(model, zipf(100'000, 10'000, 0.9)), 0.15);
}

TEST(S3Fifo, BeatsLruOnSkewedTracesAndMoreSoWithScans) {
    const auto trace = zipf(200'000, 20'000, 0.9);
    S3FifoModel fifo(2'000);
    SampledModel<EvictionPolicyName::allkeys_lru> lru(2'000);
    const auto fifo_ratio = hit_ratio(fifo, trace);
    const auto lru_ratio = hit_ratio(lru, trace);
    EXPECT_GT(fifo_ratio, lru_ratio);
    S3FifoModel scanned_fifo(2'000);
    SampledModel<EvictionPolicyName::allkeys_lru> scanned_lru(2'000);
    const auto mixed = with_scans(trace);
    EXPECT_GT(hit_ratio(scanned_fifo, mixed) - hit_ratio(scanned_lru, mixed), 0.02);
}

TEST(AccessClock, FrequencyGrowsSlowlyAndDecays) {
    const AccessRules rules{EvictionPolicyName::allkeys_lfu, 10, 1};
    const WallTime start{1'700'000'000'000ms};
    auto access = new_access(rules, start);
    EXPECT_EQ(access_frequency(access, rules, start), 5u);
    std::mt19937 random(9);
    for (int i = 0; i < 1'000; ++i) access = touched_access(access, rules, start, static_cast<std::uint32_t>(random()));
    const auto after = access_frequency(access, rules, start);
    EXPECT_GT(after, 12u);
    EXPECT_LT(after, 40u);
    EXPECT_EQ(access_frequency(access, rules, start + 5min), after - 5);
    EXPECT_EQ(access_frequency(access, rules, start + 24h), 0u);
}

TEST(AccessClock, IdleTimeSurvivesTheWrap) {
    const AccessRules rules{EvictionPolicyName::allkeys_lru, 10, 1};
    const WallTime wrap{std::chrono::seconds(0x1000000LL * 100 - 10)};
    const auto access = new_access(rules, wrap);
    EXPECT_EQ(idle_time(access, wrap + 30s), 30s);
    EXPECT_EQ(idle_time(access_of_idle(500s, wrap), wrap), 500s);
}

TEST(EvictionPolicyName, NamesReadBack) {
    for (int i = 0; i < 8; ++i) {
        const auto name = static_cast<EvictionPolicyName>(i);
        EXPECT_EQ(parse_eviction_policy(eviction_policy_text(name)), name);
    }
    EXPECT_EQ(parse_eviction_policy("lru"), std::nullopt);
}

}  // namespace
}  // namespace sabil::cache
