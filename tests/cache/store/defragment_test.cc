#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "cache/base/heap.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

std::string name(const char* prefix, int number) {
    return prefix + std::to_string(100'000 + number);
}

// Nine of ten keys of a large keyspace, and nine of ten members of a large set and hash, go.
class DefragmentTest : public testing::Test {
  protected:
    static constexpr int keys_count = 30'000;
    static constexpr int kept_each = 10;

    void fill() {
        const auto all = LockSet::all(keyspace_);
        Database db(keyspace_, 0, true);
        const EncodingLimits limits;
        for (int i = 0; i < keys_count; ++i) {
            const auto string = name("string:", i), hash = name("hash:", i), member = name("member:", i);
            db.set_string(KeyRef(string), "value " + std::to_string(i), ExpiryRule::clear, expiry_of(i));
            for (const char* field : {"one", "two", "three"}) {
                db.find_or_create<Hash>(KeyRef(hash))->set(field, std::to_string(i) + field, limits);
            }
            db.find_or_create<List>(KeyRef(name("list:", i)))->push(ListEnd::back, member, limits);
            db.find_or_create<Set>(KeyRef("members"))->add(member, limits);
            db.find_or_create<Hash>(KeyRef("fields"))->set(member, "of " + member, limits);
        }
    }
    void thin_out() {
        const auto all = LockSet::all(keyspace_);
        Database db(keyspace_, 0, true);
        for (int i = 0; i < keys_count; ++i) {
            if (i % kept_each == 0) continue;
            for (const char* prefix : {"string:", "hash:", "list:"}) db.erase(KeyRef(name(prefix, i)));
            db.find<Set>(KeyRef("members"))->erase(name("member:", i));
            db.find<Hash>(KeyRef("fields"))->erase(name("member:", i));
        }
    }
    void expect_what_was_kept() {
        const auto all = LockSet::all(keyspace_);
        Database db(keyspace_, 0, true);
        EXPECT_EQ(db.size(), 3U * keys_count / kept_each + 2);
        EXPECT_EQ(db.find<Set>(KeyRef("members"))->size(), 1U * keys_count / kept_each);
        for (int i = 0; i < keys_count; i += kept_each) {
            const auto string = name("string:", i), member = name("member:", i);
            ASSERT_EQ(*db.find_string(KeyRef(string)), "value " + std::to_string(i));
            ASSERT_EQ(db.expiry(KeyRef(string)), expiry_of(i));
            ASSERT_EQ(*db.find<Hash>(KeyRef(name("hash:", i)))->get("two"), std::to_string(i) + "two");
            ASSERT_EQ(*db.find<List>(KeyRef(name("list:", i)))->at(0), member);
            ASSERT_TRUE(db.find<Set>(KeyRef("members"))->contains(member));
            ASSERT_EQ(*db.find<Hash>(KeyRef("fields"))->get(member), "of " + member);
        }
    }
    static std::optional<WallTime> expiry_of(int number) {
        if (number % 3 != 0) return std::nullopt;
        return WallTime(std::chrono::milliseconds(4'000'000'000'000 + number));
    }

    Keyspace keyspace_{{.slices_count = 16}};
};

TEST_F(DefragmentTest, SparseSlabsAreEmptiedAndEveryValueStays) {
    fill();
    thin_out();
    EXPECT_EQ(keyspace_.defragment(1s), 0U) << "not asked for";
    keyspace_.tunables().active_defragmentation = true;
    EXPECT_EQ(keyspace_.defragment(1s), 0U) << "less is unused than may stay";
    EXPECT_FALSE(keyspace_.defragmenting());
    keyspace_.tunables().defragment_ignore_bytes = 100'000;
    const auto before = heap::waste();
    const auto used = heap::used_bytes();
    std::size_t moved = 0;
    for (int i = 0; i < 200 && (i == 0 || keyspace_.defragmenting()); ++i) moved += keyspace_.defragment(20ms);
    EXPECT_FALSE(keyspace_.defragmenting()) << "ends once nothing more can be won";
    expect_what_was_kept();
    EXPECT_EQ(heap::used_bytes(), used);
    EXPECT_EQ(keyspace_.counters().moved_blocks, moved);
    EXPECT_GT(moved, 5'000U);
    EXPECT_LT(heap::waste().unused_bytes, before.unused_bytes / 3);
}

TEST_F(DefragmentTest, BudgetsAreKept) {
    fill();
    thin_out();
    keyspace_.tunables().active_defragmentation = true;
    keyspace_.tunables().defragment_ignore_bytes = 100'000;
    const auto moved = keyspace_.defragment(0us);
    EXPECT_EQ(moved, 0U);
    (void)keyspace_.defragment(1us);  // one slice of sixteen
    expect_what_was_kept();
    EXPECT_TRUE(keyspace_.defragmenting());
}

}  // namespace
}  // namespace sabil::cache
