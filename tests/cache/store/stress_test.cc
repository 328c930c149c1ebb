// Many threads over few keys: every command holds exactly its keys' slices, while expiry, eviction, sweeping and lazy
// freeing go on beside them. Run under ThreadSanitizer it looks for races; in any build it checks sums and counts.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cache/base/heap.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "tests/cache/store/fake_provenance.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

constexpr int accounts = 40;
constexpr std::int64_t opening_balance = 1'000;

KeyRef account(std::string& buffer, unsigned i) {
    buffer = "account" + std::to_string(i % accounts);
    return KeyRef(buffer);
}

// Moves money between two keys; the sum must not change.
void transfer(Keyspace& keyspace, std::mt19937& random) {
    std::string from_name;
    std::string to_name;
    const KeyRef keys[] = {account(from_name, random()), account(to_name, random())};
    LockSet locks(keyspace, keys);
    Database db(keyspace, 0);
    *db.find_for_write(keys[0])->integer() -= 7;
    *db.find_for_write(keys[1])->integer() += 7;
}

void churn(Keyspace& keyspace, std::mt19937& random, const std::shared_ptr<Servability>& state) {
    const auto name = "churn" + std::to_string(random() % 3'000);
    const KeyRef key(name);
    LockSet lock(keyspace, key);
    Database db(keyspace, random() % 3 == 0 ? 2 : 0);
    switch (random() % 9) {
        case 0:
            db.erase(key, true);
            break;
        case 1:
            db.set_string(key, std::string(random() % 2'000, 'v'), ExpiryRule::clear, db.now() + 5ms);
            break;
        case 2:
            if (auto hash = db.find_or_create<Hash>(key))
                hash->set(std::to_string(random() % 200), "v", db.encodings());
            break;
        case 3:
            if (auto zset = db.find_or_create<ZSet>(key))
                zset->add(std::to_string(random() % 200), 1.5, db.encodings());
            break;
        case 4:
            if (auto list = db.find_or_create<List>(key)) list->push(ListEnd::front, "element", db.encodings());
            break;
        case 5:
            db.fill(key, Value::string(std::string(random() % 900, 'f')), from(state));
            break;
        case 6:
            (void)db.find(key);
            break;
        case 7:
            db.set_expiry(key, db.now() + std::chrono::milliseconds(random() % 20));
            break;
        default:
            if (db.append(key, "tail")) db.changed(key);
    }
}

void scan_all(Keyspace& keyspace) {
    Database db(keyspace, 0);
    std::uint64_t cursor = 0;
    int met = 0;
    do {
        cursor = db.scan(cursor, 100,
                         [&](const KeyRef& key, const Entry&) { met += key.key.starts_with("account") ? 1 : 0; });
    } while (cursor != 0);
    EXPECT_EQ(met, accounts);
}

std::int64_t sum_of_accounts(Keyspace& keyspace) {
    auto locks = LockSet::all(keyspace);
    Database db(keyspace, 0, true);
    std::int64_t sum = 0;
    std::string name;
    for (unsigned i = 0; i < accounts; ++i) sum += db.find_string(account(name, i))->integer();
    return sum;
}

TEST(Stress, ThreadsOverFewKeysKeepEveryInvariant) {
    const auto before = heap::used_bytes();
    {
        Keyspace keyspace({16, 64});
        auto state = std::make_shared<Servability>();
        {
            auto locks = LockSet::all(keyspace);
            std::string name;
            for (unsigned i = 0; i < accounts; ++i)
                Database(keyspace, 0).set_integer(account(name, i), opening_balance);
        }
        keyspace.tunables().maxmemory_policy = EvictionPolicyName::volatile_lru;
        keyspace.tunables().maxmemory_bytes = keyspace.memory_bytes() + (1 << 20);
        std::atomic<bool> stop{false};
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 3; ++t) {
            threads.emplace_back([&, t] {
                std::mt19937 random(t);
                for (unsigned i = 0; !stop; ++i) {
                    transfer(keyspace, random);
                    churn(keyspace, random, state);
                    if (i % 1'000 == 0) scan_all(keyspace);
                    if (i % 64 == 0 && keyspace.over_budget()) keyspace.evict_until_within_budget(2ms);
                }
            });
        }
        threads.emplace_back([&] {
            while (!stop) {
                keyspace.expire_cycle(2ms);
                keyspace.drain_lazy_free();
                state->servable = !state->servable;
                keyspace.sweep_unservable(1ms);
                EXPECT_EQ(sum_of_accounts(keyspace), accounts * opening_balance);
                (void)keyspace.size(0);
                (void)keyspace.memory_bytes(EntryClass::filled);
                (void)keyspace.counters();
                std::this_thread::sleep_for(1ms);
            }
        });
        std::this_thread::sleep_for(2s);
        stop = true;
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(sum_of_accounts(keyspace), accounts * opening_balance);
        std::uint64_t visited = 0;
        Database(keyspace, 2).for_each([&](const KeyRef&, const Entry&) { ++visited; });
        EXPECT_LE(visited, keyspace.size(2));
        auto locks = LockSet::all(keyspace);
        keyspace.flush(std::nullopt, false);
        EXPECT_EQ(keyspace.size(0), 0u);
        EXPECT_EQ(keyspace.entries(EntryClass::filled), 0u);
        EXPECT_EQ(keyspace.memory_bytes(EntryClass::filled), 0u);
    }
    EXPECT_EQ(heap::used_bytes(), before);
}

}  // namespace
}  // namespace sabil::cache
