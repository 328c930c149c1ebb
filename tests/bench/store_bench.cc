// What the store alone costs per command, one thread, no network. Argument: keys in the database.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"

namespace sabil::cache {
namespace {

// 16 bytes, as redis-benchmark's keys are.
std::string numbered(const char* prefix, std::size_t number) {
    auto digits = std::to_string(number);
    return prefix + std::string(12 - digits.size(), '0') + digits;
}

class Fixture {
  public:
    explicit Fixture(std::size_t keys) {
        for (std::size_t i = 0; i < keys; ++i) {
            names.push_back(numbered("key:", i));
        }
        for (const auto& name : names) {
            const KeyRef key(name);
            LockSet lock(keyspace, key);
            Database(keyspace, 0).set_string(key, "a value of thirty-two characters");
        }
        Keyspace::set_thread_now(system_clock().wall());
    }
    ~Fixture() { Keyspace::set_thread_now(std::nullopt); }
    const std::string& any() {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return names[(state >> 33) % names.size()];
    }
    Keyspace keyspace;
    std::vector<std::string> names;
    std::uint64_t state = 1;
};

void get(benchmark::State& state) {
    Fixture fixture(static_cast<std::size_t>(state.range(0)));
    std::size_t bytes = 0;
    for (auto _ : state) {
        const KeyRef key(fixture.any());
        LockSet lock(fixture.keyspace, key);
        bytes += Database(fixture.keyspace, 0).find_string(key)->size();
    }
    benchmark::DoNotOptimize(bytes);
}
BENCHMARK(get)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// As a dispatcher does it: sixteen commands of one read, prefetched together.
void get_batch(benchmark::State& state) {
    Fixture fixture(static_cast<std::size_t>(state.range(0)));
    std::size_t bytes = 0;
    KeyRef keys[16];
    bool large = false;
    for (auto _ : state) {
        for (auto& key : keys) {
            key = KeyRef(fixture.any());
            large = fixture.keyspace.prefetch_table(key, 0);
        }
        if (large) {
            for (auto& key : keys) fixture.keyspace.prefetch_entry(key, 0);
        }
        for (auto& key : keys) {
            LockSet lock(fixture.keyspace, key);
            bytes += Database(fixture.keyspace, 0).find_string(key)->size();
        }
    }
    benchmark::DoNotOptimize(bytes);
    state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(get_batch)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void set_same_size(benchmark::State& state) {
    Fixture fixture(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const KeyRef key(fixture.any());
        LockSet lock(fixture.keyspace, key);
        Database db(fixture.keyspace, 0);
        db.set_string(key, "another of thirty-two characters");
        db.changed(key);
    }
}
BENCHMARK(set_same_size)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void set_new(benchmark::State& state) {
    Fixture fixture(1);
    std::size_t i = 0;
    for (auto _ : state) {
        const auto name = numbered("new:", i++);
        const KeyRef key(name);
        LockSet lock(fixture.keyspace, key);
        Database(fixture.keyspace, 0).set_string(key, "a value of thirty-two characters");
    }
    state.counters["bytes/key"] =
        static_cast<double>(fixture.keyspace.memory_bytes()) / static_cast<double>(fixture.keyspace.size(0));
}
BENCHMARK(set_new)->Iterations(1'000'000);

void increment(benchmark::State& state) {
    Fixture fixture(1'000);
    const KeyRef key("counter");
    LockSet(fixture.keyspace, key), Database(fixture.keyspace, 0).set_integer(key, 0);
    for (auto _ : state) {
        LockSet lock(fixture.keyspace, key);
        ++*Database(fixture.keyspace, 0).find_for_write(key)->integer();
    }
}
BENCHMARK(increment);

void hash_get_of_ten(benchmark::State& state) {
    Fixture fixture(1'000);
    const KeyRef key("hash");
    LockSet lock(fixture.keyspace, key);
    Database db(fixture.keyspace, 0);
    auto hash = db.find_or_create<Hash>(key);
    for (int i = 0; i < 10; ++i) hash->set("field" + std::to_string(i), "value" + std::to_string(i), db.encodings());
    std::size_t bytes = 0;
    for (auto _ : state) bytes += db.find<Hash>(key)->get("field7")->size();
    benchmark::DoNotOptimize(bytes);
}
BENCHMARK(hash_get_of_ten);

void zset_add_to_large(benchmark::State& state) {
    EncodingLimits limits;
    ZSet zset;
    std::uint64_t random = 1;
    for (auto _ : state) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto name = numbered("mem:", (random >> 33) % 1'000'000);
        zset.add(name, static_cast<double>(random >> 40), limits);
    }
    state.counters["bytes/member"] = static_cast<double>(zset.heap_bytes()) / static_cast<double>(zset.size());
}
BENCHMARK(zset_add_to_large)->Iterations(2'000'000);

// The longest single insert while `count` come in, in the thread's own CPU time: what growing indexes add to one command.
template <class Insert>
void longest_insert(benchmark::State& state, std::size_t count, const Insert& insert) {
    auto cpu_ns = [] {
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return used.tv_sec * 1'000'000'000LL + used.tv_nsec;
    };
    long long longest = 0, over_a_millisecond = 0;
    for (auto _ : state) {
        auto before = cpu_ns();
        for (std::size_t i = 0; i < count; ++i) {
            insert(numbered("new:", i));
            auto now = cpu_ns();
            longest = std::max(longest, now - before);
            over_a_millisecond += now - before > 1'000'000;
            before = now;
        }
    }
    state.counters["longest_us"] = static_cast<double>(longest) / 1e3;
    state.counters["over_1ms"] = static_cast<double>(over_a_millisecond);
}

void longest_pause_of_keys(benchmark::State& state) {
    Keyspace keyspace;
    longest_insert(state, static_cast<std::size_t>(state.range(0)), [&](const std::string& name) {
        const KeyRef key(name);
        LockSet lock(keyspace, key);
        Database(keyspace, 0).set_string(key, "a value of thirty-two characters");
    });
}
BENCHMARK(longest_pause_of_keys)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kSecond);

void longest_pause_of_one_set(benchmark::State& state) {
    EncodingLimits limits;
    Set set;
    longest_insert(state, static_cast<std::size_t>(state.range(0)), [&](const std::string& name) { set.add(name, limits); });
}
BENCHMARK(longest_pause_of_one_set)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace sabil::cache

BENCHMARK_MAIN();
