#include "cache/store/database.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "cache/base/heap.h"
#include "cache/store/lock_set.h"
#include "tests/cache/store/fake_provenance.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

class DatabaseTest : public testing::Test {
  protected:
    static KeyRef key(std::string_view name) { return KeyRef(name); }
    std::string get(std::string_view name) {
        const auto found = db_.find_string(key(name));
        return found ? found->str() : found.wrong_type ? "(wrong type)" : "(nil)";
    }
    void add(std::string_view list, std::string_view element) {
        db_.find_or_create<List>(key(list))->push(ListEnd::back, element, db_.encodings());
    }

    ManualClock clock_;
    Keyspace keyspace_{{16, 64}, clock_};
    LockSet locks_ = LockSet::all(keyspace_);
    Database db_{keyspace_, 0, true};
};

TEST_F(DatabaseTest, StringsAreKeptAsIntegersWhereTheyAreOne) {
    db_.set_string(key("n"), "-42");
    db_.set_string(key("short"), "hello");
    db_.set_string(key("long"), std::string(50, 'x'));
    db_.set_string(key("huge"), std::string(70'000, 'x'));
    db_.set_string(key("padded"), "042");
    EXPECT_EQ(get("n"), "-42");
    EXPECT_EQ(get("padded"), "042");
    EXPECT_EQ(get("huge").size(), 70'000u);
    EXPECT_EQ(db_.object_info(key("n"))->encoding, "int");
    EXPECT_EQ(db_.object_info(key("short"))->encoding, "embstr");
    EXPECT_EQ(db_.object_info(key("long"))->encoding, "raw");
    EXPECT_EQ(db_.object_info(key("huge"))->encoding, "raw");
    EXPECT_EQ(db_.size(), 5u);
    *db_.find_for_write(key("n"))->integer() += 2;
    EXPECT_EQ(get("n"), "-40");
    db_.set_integer(key("n"), 7);
    EXPECT_EQ(get("n"), "7");
}

TEST_F(DatabaseTest, OverwritingKeepsOrClearsTheExpiry) {
    const auto later = clock_.wall() + 10s;
    db_.set_string(key("k"), "one", ExpiryRule::clear, later);
    EXPECT_EQ(db_.expiry(key("k")), later);
    db_.set_string(key("k"), "two", ExpiryRule::keep);
    EXPECT_EQ(db_.expiry(key("k")), later);
    db_.set_string(key("k"), "three hundred", ExpiryRule::keep);
    EXPECT_EQ(db_.expiry(key("k")), later);
    db_.set_integer(key("k"), 5);
    EXPECT_EQ(db_.expiry(key("k")), later);
    EXPECT_EQ(keyspace_.volatile_size(0), 1u);
    db_.set_string(key("k"), "four");
    EXPECT_EQ(db_.expiry(key("k")), std::nullopt);
    EXPECT_EQ(get("k"), "four");
    EXPECT_EQ(keyspace_.volatile_size(0), 0u);
}

TEST_F(DatabaseTest, LongKeysAndEveryValueSizeSurvive) {
    std::mt19937 random(3);
    for (std::size_t key_size : {0, 1, 255, 256, 70'000}) {
        for (std::size_t size : {0, 1, 44, 45, 1'023, 1'024, 1'025, 100'000}) {
            const std::string name(key_size, 'k');
            const std::string value(size, 'v');
            db_.set_string(key(name), value);
            ASSERT_EQ(get(name), value) << key_size << ' ' << size;
            ASSERT_TRUE(db_.set_expiry(key(name), clock_.wall() + 1s));
            ASSERT_EQ(get(name), value);
            ASSERT_TRUE(db_.persist(key(name)));
            ASSERT_EQ(get(name), value);
        }
        EXPECT_TRUE(db_.erase(key(std::string(key_size, 'k'))));
    }
    EXPECT_EQ(db_.size(), 0u);
}

TEST_F(DatabaseTest, EditingMakesARawString) {
    EXPECT_EQ(db_.append(key("k"), "12"), 2u);
    EXPECT_EQ(db_.object_info(key("k"))->encoding, "int");
    EXPECT_EQ(db_.append(key("k"), "ab"), 4u);
    EXPECT_EQ(get("k"), "12ab");
    EXPECT_EQ(db_.object_info(key("k"))->encoding, "raw");
    auto bits = db_.edit_string(key("bits"), true);
    bits->resize(3);
    bits->data()[1] = 'x';
    EXPECT_EQ(get("bits"), std::string("\0x\0", 3));
    EXPECT_FALSE(db_.edit_string(key("none"), false));
    add("list", "e");
    EXPECT_TRUE(db_.edit_string(key("list"), true).wrong_type);
    EXPECT_EQ(db_.append(key("list"), "x"), std::nullopt);
}

TEST_F(DatabaseTest, TypedAccessTellsWrongTypesFromAbsence) {
    db_.set_string(key("s"), "v");
    EXPECT_TRUE(db_.find<Hash>(key("s")).wrong_type);
    EXPECT_FALSE(db_.find<Hash>(key("none")).wrong_type);
    EXPECT_TRUE(db_.find_or_create<ZSet>(key("s")).wrong_type);
    add("l", "a");
    add("l", "b");
    EXPECT_EQ(db_.find<List>(key("l"))->size(), 2u);
    EXPECT_TRUE(db_.find_string(key("l")).wrong_type);
    db_.find_or_create<Hash>(key("h"))->set("f", "v", db_.encodings());
    EXPECT_EQ(db_.find<Hash>(key("h"))->get("f")->str(), "v");
    db_.find_or_create<Stream>(key("x"));
    EXPECT_EQ(db_.find<Stream>(key("x"))->size(), 0u);
}

TEST_F(DatabaseTest, ExpiredKeysAreAbsentAndGo) {
    db_.set_string(key("k"), "v", ExpiryRule::clear, clock_.wall() + 100ms);
    db_.set_string(key("other"), "v", ExpiryRule::clear, clock_.wall() + 200ms);
    clock_.advance(99ms);
    EXPECT_EQ(get("k"), "v");
    clock_.advance(1ms);
    EXPECT_EQ(db_.size(), 2u);
    EXPECT_EQ(get("k"), "(nil)");
    EXPECT_EQ(db_.size(), 1u);
    EXPECT_EQ(keyspace_.counters().expired, 1u);
    clock_.advance(1s);
    EXPECT_EQ(db_.find_for_write(key("other")), nullptr);
    EXPECT_EQ(db_.size(), 0u);
    db_.set_string(key("past"), "v", ExpiryRule::clear, clock_.wall() - 1s);
    EXPECT_FALSE(db_.erase(key("past")));
}

TEST_F(DatabaseTest, MovesValuesBetweenKeysAndDatabases) {
    add("l", "a");
    db_.set_expiry(key("l"), clock_.wall() + 1s);
    auto taken = db_.take(key("l"));
    ASSERT_TRUE(taken);
    EXPECT_FALSE(db_.contains(key("l")));
    Database other(keyspace_, 3, true);
    other.insert(key("moved"), std::move(taken->value), taken->expiry);
    EXPECT_EQ(other.find<List>(key("moved"))->size(), 1u);
    EXPECT_EQ(other.expiry(key("moved")), clock_.wall() + 1s);
    EXPECT_EQ(db_.size(), 0u);
    EXPECT_EQ(other.size(), 1u);
    db_.set_string(key("inline"), "text");
    auto text = db_.take(key("inline"));
    db_.replace(key("copy"), text->value.clone());
    EXPECT_EQ(get("copy"), "text");
    keyspace_.swap_databases(0, 3);
    EXPECT_EQ(get("moved"), "(wrong type)");
    EXPECT_EQ(other.find_string(key("copy"))->str(), "text");
}

TEST_F(DatabaseTest, AScanMeetsEachKeyOnceWhileOthersComeAndGo) {
    for (int i = 0; i < 3'000; ++i) db_.set_string(key("k" + std::to_string(i)), "v");
    std::map<std::string, int> met;
    std::uint64_t cursor = 0;
    int next = 0;
    do {
        cursor = db_.scan(cursor, 50, [&](const KeyRef& k, const Entry&) { ++met[std::string(k.key)]; });
        EXPECT_LT(cursor, 1ULL << 53);
        for (int i = 0; i < 200; ++i) db_.set_string(key("new" + std::to_string(next++)), "v");
        for (int i = next - 100; i < next; ++i) db_.erase(key("new" + std::to_string(i)));
    } while (cursor != 0);
    for (int i = 0; i < 3'000; ++i) ASSERT_EQ(met["k" + std::to_string(i)], 1);
    std::set<std::string> all;
    db_.for_each([&](const KeyRef& k, const Entry&) { all.insert(std::string(k.key)); });
    EXPECT_EQ(all.size(), db_.size());
}

TEST_F(DatabaseTest, RandomKeyFindsTheOnlyKeyAndNoneInAnEmptyDatabase) {
    EXPECT_EQ(db_.random_key(), std::nullopt);
    db_.set_string(key("only"), "v");
    EXPECT_EQ(db_.random_key(), "only");
    db_.set_string(key("expired"), "v", ExpiryRule::clear, clock_.wall() - 1s);
    EXPECT_EQ(db_.random_key(), "only");
}

TEST_F(DatabaseTest, FlushEmptiesOneDatabaseOrAll) {
    Database other(keyspace_, 5, true);
    for (int i = 0; i < 100; ++i) {
        db_.set_string(key(std::to_string(i)), "v");
        other.set_string(key(std::to_string(i)), "v");
    }
    EXPECT_EQ(keyspace_.flush(5, false), 100u);
    EXPECT_EQ(other.size(), 0u);
    EXPECT_EQ(db_.size(), 100u);
    EXPECT_EQ(keyspace_.flush(std::nullopt, true), 100u);
    EXPECT_EQ(db_.size(), 0u);
    EXPECT_EQ(get("1"), "(nil)");
    EXPECT_GT(keyspace_.lazy_free_pending(), 0u);
    EXPECT_GT(keyspace_.drain_lazy_free(), 0u);
    EXPECT_EQ(keyspace_.lazy_free_pending(), 0u);
    EXPECT_EQ(keyspace_.lazy_freed(), 100u);
}

TEST_F(DatabaseTest, IdleTimeAndFrequencyAreKept) {
    db_.set_string(key("k"), "v");
    clock_.advance(90s);
    EXPECT_EQ(db_.object_info(key("k"))->idle, 90s);
    (void)db_.find(key("k"), Touch::no);
    EXPECT_EQ(db_.object_info(key("k"))->idle, 90s);
    (void)db_.find(key("k"));
    EXPECT_EQ(db_.object_info(key("k"))->idle, 0s);
    db_.set_idle(key("k"), 1'000s);
    EXPECT_EQ(db_.object_info(key("k"))->idle, 1'000s);
    keyspace_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_lfu;
    db_.set_frequency(key("k"), 200);
    EXPECT_EQ(db_.object_info(key("k"))->frequency, 200u);
    clock_.advance(10min);
    EXPECT_EQ(db_.object_info(key("k"))->frequency, 190u);
}

TEST_F(DatabaseTest, HashFieldsThatAreDueGoWhenTheHashIsFound) {
    auto hash = db_.find_or_create<Hash>(key("h"));
    hash->set("keep", "v", db_.encodings());
    hash->set("goes", "v", db_.encodings());
    hash->set_expiry("goes", clock_.wall() + 50ms);
    db_.note_field_expiry(key("h"), clock_.wall() + 50ms);
    clock_.advance(60ms);
    EXPECT_EQ(db_.find<Hash>(key("h"))->size(), 1u);
    db_.find<Hash>(key("h"))->set_expiry("keep", clock_.wall() + 50ms);
    db_.note_field_expiry(key("h"), clock_.wall() + 50ms);
    clock_.advance(60ms);
    EXPECT_FALSE(db_.find<Hash>(key("h")));
    EXPECT_EQ(db_.size(), 0u);
    EXPECT_EQ(keyspace_.counters().expired_fields, 2u);
}

}  // namespace
}  // namespace sabil::cache
