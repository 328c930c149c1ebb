#include <gtest/gtest.h>

#include <string>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

class ExpireTest : public testing::Test {
  protected:
    void set(unsigned database, const std::string& name, std::chrono::milliseconds in) {
        const KeyRef key(name);
        LockSet lock(keyspace_, key);
        Database(keyspace_, database).set_string(key, "v", ExpiryRule::clear, clock_.wall() + in);
    }
    ManualClock clock_;
    Keyspace keyspace_{{16, 16}, clock_};
};

TEST_F(ExpireTest, TheCycleRemovesExactlyWhatIsDue) {
    for (int i = 0; i < 5'000; ++i) {
        set(static_cast<unsigned>(i % 3), "k" + std::to_string(i), std::chrono::milliseconds(10 * (i % 100) + 1));
    }
    std::size_t removed = 0;
    for (int step = 0; step < 100; ++step) {
        EXPECT_EQ(removed, static_cast<std::size_t>(step) * 50);
        clock_.advance(10ms);
        removed += keyspace_.expire_cycle(1s);
        EXPECT_EQ(keyspace_.size(0) + keyspace_.size(1) + keyspace_.size(2), 5'000 - removed);
    }
    EXPECT_EQ(removed, 5'000u);
    EXPECT_EQ(keyspace_.counters().expired, 5'000u);
}

TEST_F(ExpireTest, FindsKeysWhoseExpiryCameLater) {
    const KeyRef key("k");
    set(0, "k", 1h);
    EXPECT_EQ(keyspace_.expire_cycle(1s), 0u);
    {
        LockSet lock(keyspace_, key);
        Database(keyspace_, 0).set_expiry(key, clock_.wall() + 1ms);
    }
    clock_.advance(5ms);
    keyspace_.tunables().active_expiry = false;
    EXPECT_EQ(keyspace_.expire_cycle(1s), 0u);
    keyspace_.tunables().active_expiry = true;
    EXPECT_EQ(keyspace_.expire_cycle(1s), 1u);
}

TEST_F(ExpireTest, FieldsExpireInTheCycleToo) {
    const KeyRef key("h");
    {
        LockSet lock(keyspace_, key);
        Database db(keyspace_, 0);
        auto hash = db.find_or_create<Hash>(key);
        hash->set("a", "1", db.encodings());
        hash->set("b", "1", db.encodings());
        hash->set_expiry("a", clock_.wall() + 10ms);
        hash->set_expiry("b", clock_.wall() + 20ms);
        db.note_field_expiry(key, clock_.wall() + 10ms);
    }
    clock_.advance(15ms);
    EXPECT_EQ(keyspace_.expire_cycle(1s), 0u);
    {
        LockSet lock(keyspace_, key);
        Database db(keyspace_, 0);
        EXPECT_EQ(db.peek(key)->get<Hash>()->size(), 1u);
    }
    clock_.advance(15ms);
    EXPECT_EQ(keyspace_.expire_cycle(1s), 1u);
    EXPECT_EQ(keyspace_.size(0), 0u);
}

}  // namespace
}  // namespace sabil::cache
