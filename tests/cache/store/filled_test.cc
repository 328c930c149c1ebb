#include <gtest/gtest.h>

#include <string>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "cache/store/proven_scope.h"
#include "tests/cache/store/fake_provenance.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

class FilledTest : public testing::Test {
  protected:
    ManualClock clock_;
    Keyspace keyspace_{{16, 64}, clock_};
    LockSet locks_ = LockSet::all(keyspace_);
    Database db_{keyspace_, 0, true};
    std::shared_ptr<Servability> state_ = std::make_shared<Servability>();
    KeyRef key_{"article:1"};
};

TEST_F(FilledTest, IsShownOnlyWhileServable) {
    EXPECT_EQ(db_.presence(key_), Presence::missing);
    EXPECT_EQ(db_.fill(key_, Value::string("text"), from(state_)), Filled::stored);
    EXPECT_EQ(db_.presence(key_), Presence::present);
    EXPECT_EQ(db_.find_string(key_)->str(), "text");
    state_->servable = false;
    EXPECT_EQ(db_.presence(key_), Presence::missing);
    EXPECT_FALSE(db_.find_string(key_));
    EXPECT_NE(db_.provenance(key_), nullptr);
    EXPECT_EQ(db_.fill(key_, Value::string("newer"), from(std::make_shared<Servability>())), Filled::stored);
    EXPECT_EQ(db_.find_string(key_)->str(), "newer");
}

TEST_F(FilledTest, StaysVisibleToTheCommandThatProvedIt) {
    db_.fill(key_, Value::string("text"), from(state_));
    {
        ProvenScope scope;
        EXPECT_EQ(db_.presence(key_), Presence::present);
        state_->servable = false;
        EXPECT_EQ(db_.find_string(key_)->str(), "text");
    }
    EXPECT_FALSE(db_.find_string(key_));
    ProvenScope next;
    EXPECT_EQ(db_.presence(key_), Presence::missing);
    EXPECT_FALSE(db_.find_string(key_));
}

TEST_F(FilledTest, NeverReplacesAnOwnedKey) {
    db_.set_string(key_, "mine");
    EXPECT_EQ(db_.fill(key_, Value::string("theirs"), from(state_)), Filled::owned_key_exists);
    EXPECT_EQ(db_.find_string(key_)->str(), "mine");
    db_.set_expiry(key_, clock_.wall() + 1s);
    clock_.advance(2s);
    EXPECT_EQ(db_.fill(key_, Value::string("theirs"), from(state_)), Filled::stored);
}

TEST_F(FilledTest, RemembersAbsence) {
    EXPECT_EQ(db_.fill(key_, Value(), from(state_), clock_.wall() + 5s), Filled::stored);
    EXPECT_EQ(db_.presence(key_), Presence::remembered_absent);
    EXPECT_EQ(db_.find(key_), nullptr);
    EXPECT_EQ(db_.size(), 0u);
    EXPECT_EQ(keyspace_.entries(EntryClass::filled), 1u);
    clock_.advance(6s);
    EXPECT_EQ(db_.presence(key_), Presence::missing);
    EXPECT_EQ(keyspace_.entries(EntryClass::filled), 0u);
}

TEST_F(FilledTest, WritesStartAfresh) {
    db_.fill(key_, Value::string("theirs"), from(state_));
    EXPECT_EQ(db_.append(key_, "mine"), 4u);
    EXPECT_EQ(db_.find_string(key_)->str(), "mine");
    EXPECT_EQ(db_.provenance(key_), nullptr);
    db_.erase(key_);
    db_.fill(key_, Value::string("theirs"), from(state_));
    EXPECT_TRUE(db_.erase(key_));
    EXPECT_FALSE(db_.erase(key_));
    db_.fill(key_, Value(), from(state_));
    EXPECT_FALSE(db_.erase(key_));
    EXPECT_EQ(db_.presence(key_), Presence::missing);
}

TEST_F(FilledTest, BytesAndEntriesAreCountedByClass) {
    db_.set_string(KeyRef("owned"), "v");
    Hash row;
    for (int i = 0; i < 300; ++i) row.set("column" + std::to_string(i), std::string(100, 'x'), db_.encodings());
    db_.fill(key_, Value(std::move(row)), from(state_));
    EXPECT_EQ(keyspace_.entries(EntryClass::filled), 1u);
    EXPECT_EQ(keyspace_.entries(EntryClass::owned), 1u);
    EXPECT_GT(keyspace_.memory_bytes(EntryClass::filled), 30'000u);
    EXPECT_LT(keyspace_.memory_bytes(EntryClass::filled), 60'000u);
    state_->servable = false;
    locks_.unlock();
    EXPECT_EQ(keyspace_.sweep_unservable(1s), 1u);
    EXPECT_EQ(keyspace_.memory_bytes(EntryClass::filled), 0u);
    EXPECT_EQ(keyspace_.counters().dropped_filled, 1u);
}

TEST_F(FilledTest, BlobsLiveInTheInternalDatabaseAndOutliveTheirEntry) {
    Database internal(keyspace_, keyspace_.internal_database(), true);
    const std::uint64_t rows = 17;
    const std::string_view pieces[] = {"packet one", "packet two"};
    internal.fill(key_, Value::blob(BlobRef::make({reinterpret_cast<const char*>(&rows), sizeof rows}, pieces)),
                  from(state_));
    auto found = internal.find<BlobRef>(key_);
    ASSERT_TRUE(found);
    BlobRef held = *found;
    EXPECT_FALSE(db_.contains(key_));
    EXPECT_EQ(db_.size(), 0u);
    keyspace_.flush(std::nullopt, false);
    EXPECT_TRUE(internal.contains(key_));
    EXPECT_EQ(keyspace_.counters().hits, 0u);
    locks_.unlock();
    EXPECT_EQ(
        keyspace_.drop_filled([](unsigned, const KeyRef& key, const Provenance&) { return key.key == "article:1"; }),
        1u);
    EXPECT_EQ(held->bytes(), "packet onepacket two");
    std::uint64_t read = 0;
    std::memcpy(&read, held->metadata().data(), sizeof read);
    EXPECT_EQ(read, rows);
}

}  // namespace
}  // namespace sabil::cache
