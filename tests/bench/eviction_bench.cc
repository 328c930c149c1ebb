// Hit ratios of the store's own policies on the same traces and with room for the same number of entries: S3-FIFO (what
// is filled from MySQL), Redis' sampled LRU and LFU (what clients own), and an exact LRU to compare with.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"

namespace {

using namespace sabil;
using namespace sabil::cache;

constexpr std::size_t keys_count = 200'000;
constexpr std::size_t requests_count = 2'000'000;
constexpr std::size_t room_entries = keys_count / 10;

using Trace = std::vector<std::uint32_t>;

class Zipf {
  public:
    explicit Zipf(double exponent) : sums_(keys_count) {
        double sum = 0;
        for (std::size_t i = 0; i < keys_count; ++i) sums_[i] = sum += 1.0 / std::pow(static_cast<double>(i + 1), exponent);
    }
    std::uint32_t next(std::mt19937_64& random) const {
        std::uniform_real_distribution<double> any(0, sums_.back());
        const auto at = std::lower_bound(sums_.begin(), sums_.end(), any(random));
        return static_cast<std::uint32_t>(at - sums_.begin());
    }

  private:
    std::vector<double> sums_;
};

Trace zipf_trace(double exponent) {
    std::mt19937_64 random(1);
    const Zipf zipf(exponent);
    Trace out(requests_count);
    for (auto& key : out) key = zipf.next(random);
    return out;
}

// A report reads as many rows as the cache has room for, once each, every so often.
Trace scan_mixed_trace(double exponent) {
    std::mt19937_64 random(2);
    const Zipf zipf(exponent);
    Trace out;
    std::uint32_t unread = keys_count;
    while (out.size() < requests_count) {
        for (std::size_t i = 0; i < 5 * room_entries; ++i) out.push_back(zipf.next(random));
        for (std::size_t i = 0; i < room_entries; ++i) out.push_back(unread++);
    }
    return out;
}

// What is popular changes over time.
Trace drifting_trace(double exponent) {
    std::mt19937_64 random(3);
    const Zipf zipf(exponent);
    Trace out(requests_count);
    for (std::size_t i = 0; i < requests_count; ++i) {
        out[i] = static_cast<std::uint32_t>((zipf.next(random) + i / 20) % keys_count);
    }
    return out;
}

class Current final : public Provenance {
  public:
    bool servable() const noexcept override { return true; }
    std::size_t heap_bytes() const noexcept override { return sizeof(*this); }
};

constexpr std::string_view value = "a value of some length, as a row of a table may have";

void put(Keyspace& keyspace, std::uint32_t number, bool filled) {
    const auto name = "article:" + std::to_string(number);
    const KeyRef key(name);
    const LockSet lock(keyspace, key);
    Database database(keyspace, 0);
    if (filled) {
        database.fill(key, Value::string(value), std::make_unique<Current>());
    } else {
        database.set_string(key, value);
    }
}

double ratio_of_store(const Trace& trace, EvictionPolicyName policy, bool filled) {
    Keyspace keyspace({16, 64});
    const auto empty_bytes = keyspace.memory_bytes();
    for (std::uint32_t i = 0; i < room_entries; ++i) put(keyspace, i, filled);
    keyspace.tunables().maxmemory_bytes = std::max<std::uint64_t>(keyspace.memory_bytes(), empty_bytes + 1);
    keyspace.tunables().maxmemory_policy = policy;
    std::size_t hits = 0;
    std::int64_t now_ms = 1'700'000'000'000;  // a request each millisecond: ages are counted in seconds
    for (const auto number : trace) {
        Keyspace::set_thread_now(WallTime(std::chrono::milliseconds(++now_ms)));
        const auto name = "article:" + std::to_string(number);
        bool hit = false;
        {
            const KeyRef key(name);
            const LockSet lock(keyspace, key);
            hit = Database(keyspace, 0).find(key) != nullptr;
        }
        hits += hit ? 1 : 0;
        if (hit) continue;
        put(keyspace, number, filled);
        if (keyspace.over_budget()) keyspace.evict_until_within_budget();
    }
    Keyspace::set_thread_now(std::nullopt);
    return static_cast<double>(hits) / static_cast<double>(trace.size());
}

double ratio_of_exact_lru(const Trace& trace) {
    std::list<std::uint32_t> order;
    std::unordered_map<std::uint32_t, std::list<std::uint32_t>::iterator> known;
    std::size_t hits = 0;
    for (const auto key : trace) {
        if (auto at = known.find(key); at != known.end()) {
            ++hits;
            order.splice(order.begin(), order, at->second);
            continue;
        }
        order.push_front(key);
        known[key] = order.begin();
        if (known.size() <= room_entries) continue;
        known.erase(order.back());
        order.pop_back();
    }
    return static_cast<double>(hits) / static_cast<double>(trace.size());
}

}  // namespace

int main() {
    const std::pair<const char*, Trace> traces[] = {{"Zipf 0.8", zipf_trace(0.8)},
                                                    {"Zipf 1.0", zipf_trace(1.0)},
                                                    {"Zipf 1.0, scans between", scan_mixed_trace(1.0)},
                                                    {"Zipf 1.0, drifting", drifting_trace(1.0)}};
    std::printf("hit ratio, room for %zu of %zu keys\n%-26s%10s%10s%10s%12s\n", room_entries, keys_count, "", "S3-FIFO", "LRU",
                "LFU", "exact LRU");
    for (const auto& [name, trace] : traces) {
        std::printf("%-26s%9.1f%%%9.1f%%%9.1f%%%11.1f%%\n", name,
                    100 * ratio_of_store(trace, EvictionPolicyName::noeviction, true),
                    100 * ratio_of_store(trace, EvictionPolicyName::allkeys_lru, false),
                    100 * ratio_of_store(trace, EvictionPolicyName::allkeys_lfu, false), 100 * ratio_of_exact_lru(trace));
    }
}
