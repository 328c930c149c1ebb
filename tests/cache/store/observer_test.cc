#include "cache/store/observer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "tests/cache/store/fake_provenance.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

class Recorder final : public KeyspaceObserver {
  public:
    void modified(unsigned database, KeyRef key) override { note("modified", database, key); }
    void event(unsigned database, EventClass, std::string_view event, KeyRef key) override {
        note(event, database, key);
    }
    void removed(unsigned database, KeyRef key, Removal why) override {
        constexpr const char* names[] = {"removed: expired", "removed: evicted", "removed: dropped fill"};
        note(names[static_cast<int>(why)], database, key);
    }
    void flushed(std::optional<unsigned> database) override {
        seen.push_back("flushed " + (database ? std::to_string(*database) : "all"));
    }
    void swapped(unsigned a, unsigned b) override {
        seen.push_back("swapped " + std::to_string(a) + ' ' + std::to_string(b));
    }
    std::vector<std::string> taken() { return std::exchange(seen, {}); }

  private:
    void note(std::string_view what, unsigned database, KeyRef key) {
        seen.push_back(std::string(what) + ' ' + std::to_string(database) + ':' + std::string(key.key));
    }
    std::vector<std::string> seen;
};

using Seen = std::vector<std::string>;

class ObserverTest : public testing::Test {
  protected:
    ObserverTest() { keyspace_.set_observer(&recorder_); }
    Recorder recorder_;
    ManualClock clock_;
    Keyspace keyspace_{{16, 16}, clock_};
    LockSet locks_ = LockSet::all(keyspace_);
    Database db_{keyspace_, 2, true};
    KeyRef key_{"k"};
};

TEST_F(ObserverTest, HearsWhatHandlersSignal) {
    db_.set_string(key_, "v");
    EXPECT_EQ(recorder_.taken(), Seen{"new 2:k"});
    db_.set_string(key_, "w");
    db_.set_integer(key_, 1);
    db_.replace(key_, Value(List{}));
    EXPECT_EQ(recorder_.taken(), Seen{}) << "there already";
    db_.changed(key_, EventClass::string, "set");
    EXPECT_EQ(recorder_.taken(), (Seen{"modified 2:k", "set 2:k"}));
    EXPECT_EQ(keyspace_.counters().changes, 1u);
    keyspace_.flush(2, false);
    keyspace_.swap_databases(1, 2);
    EXPECT_EQ(recorder_.taken(), (Seen{"flushed 2", "swapped 1 2"}));
}

TEST_F(ObserverTest, HearsOfKeysThatExpireOrAreEvicted) {
    db_.set_string(key_, "v", ExpiryRule::clear, clock_.wall() + 1s);
    clock_.advance(2s);
    EXPECT_FALSE(db_.contains(key_));
    EXPECT_EQ(recorder_.taken(), (Seen{"new 2:k", "expired 2:k", "removed: expired 2:k", "keymiss 2:k"}));
    db_.set_string(key_, "v");
    EXPECT_EQ(recorder_.taken(), Seen{"new 2:k"});
    keyspace_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_random;
    keyspace_.tunables().maxmemory_bytes = 1;
    locks_.unlock();
    keyspace_.evict_until_within_budget();
    EXPECT_EQ(recorder_.taken(), (Seen{"evicted 2:k", "removed: evicted 2:k"}));
}

TEST_F(ObserverTest, FilledEntriesGoWithoutAnEvent) {
    auto state = std::make_shared<Servability>();
    db_.fill(key_, Value::string("v"), from(state), clock_.wall() + 1s);
    clock_.advance(2s);
    EXPECT_FALSE(db_.contains(key_));
    EXPECT_EQ(recorder_.taken(), (Seen{"removed: dropped fill 2:k", "keymiss 2:k"}));
    Database(keyspace_, keyspace_.internal_database(), true).fill(key_, Value::string("v"), from(state), clock_.wall());
    EXPECT_FALSE(Database(keyspace_, keyspace_.internal_database(), true).contains(key_));
    EXPECT_EQ(recorder_.taken(), Seen{});
}

TEST_F(ObserverTest, HearsOfFieldsThatExpire) {
    auto hash = db_.find_or_create<Hash>(key_);
    hash->set("a", "1", db_.encodings());
    hash->set_expiry("a", clock_.wall() + 1s);
    db_.note_field_expiry(key_, clock_.wall() + 1s);
    clock_.advance(2s);
    EXPECT_FALSE(db_.find<Hash>(key_));
    EXPECT_EQ(recorder_.taken(), (Seen{"new 2:k", "hexpired 2:k", "del 2:k", "modified 2:k"}));
}

TEST_F(ObserverTest, WhatIsLoadedIsNotNew) {
    keyspace_.tunables().lazy_expiry = false;
    db_.replace(key_, Value(List{}));
    EXPECT_EQ(recorder_.taken(), Seen{});
}

}  // namespace
}  // namespace sabil::cache
