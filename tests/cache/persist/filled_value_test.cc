#include "cache/persist/filled_value.h"

#include <gtest/gtest.h>

#include "cache/store/database.h"
#include "cache/store/filled_scan.h"
#include "cache/store/lock_set.h"

namespace sabil::cache {
namespace {

struct FilledValueTest : testing::Test {
    void fill(unsigned database, std::string_view name, Value value) {
        const KeyRef key(name);
        const LockSet lock(keyspace, key);
        Database(keyspace, database).fill(key, std::move(value), make_provenance());
    }
    std::string saved(unsigned database, std::string_view name) {
        const KeyRef key(name);
        const LockSet lock(keyspace, key);
        std::string out;
        append_filled_value(out, *Database(keyspace, database).peek(key));
        return out;
    }
    std::optional<Value> read(std::string_view bytes) {
        return read_filled_value(bytes, {keyspace.tunables().encodings, WallTime::min()});
    }
    static std::unique_ptr<const Provenance> make_provenance();
    Keyspace keyspace{{16, 4}};
};

class Unservable final : public Provenance {
  public:
    bool servable() const noexcept override { return false; }
    std::size_t heap_bytes() const noexcept override { return sizeof(*this); }
};

std::unique_ptr<const Provenance> FilledValueTest::make_provenance() { return std::make_unique<Unservable>(); }

TEST_F(FilledValueTest, EveryKindComesBack) {
    fill(0, "text", Value::string("words"));
    fill(0, "number", Value::string("42"));
    fill(0, "none", Value());
    Hash hash;
    hash.set("title", "one", keyspace.tunables().encodings);
    fill(3, "hash", Value(std::move(hash)));
    fill(keyspace.internal_database(), "result", Value::blob(BlobRef::make("head", "packets")));

    auto text = read(saved(0, "text"));
    ASSERT_TRUE(text);
    EXPECT_EQ(text->get<String>()->view(), "words");
    auto number = read(saved(0, "number"));
    ASSERT_TRUE(number);
    EXPECT_EQ(*number->get<std::int64_t>(), 42);
    auto none = read(saved(0, "none"));
    ASSERT_TRUE(none);
    EXPECT_EQ(none->type(), ValueType::absent);
    auto back = read(saved(3, "hash"));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->type(), ValueType::hash);
    auto blob = read(saved(keyspace.internal_database(), "result"));
    ASSERT_TRUE(blob);
    EXPECT_EQ((*blob->get<BlobRef>())->metadata(), "head");
    EXPECT_EQ((*blob->get<BlobRef>())->bytes(), "packets");
}

TEST_F(FilledValueTest, DamageIsRefused) {
    fill(0, "text", Value::string("words"));
    fill(keyspace.internal_database(), "result", Value::blob(BlobRef::make("head", "packets")));
    EXPECT_FALSE(read(""));
    EXPECT_FALSE(read("\x07"));
    EXPECT_FALSE(read(std::string_view("\0x", 2))) << "an absence has nothing behind it";
    const auto text = saved(0, "text");
    for (std::size_t i = 0; i < text.size(); ++i) EXPECT_FALSE(read(std::string_view(text).substr(0, i))) << i;
    EXPECT_FALSE(read(text + "x"));
    EXPECT_FALSE(read(saved(keyspace.internal_database(), "result").substr(0, 5)));
}

TEST_F(FilledValueTest, AllThatIsFilledIsVisited) {
    fill(0, "a", Value::string("1"));
    fill(5, "b", Value());
    fill(keyspace.internal_database(), "c", Value::blob(BlobRef::make("", "x")));
    {
        const KeyRef key("owned");
        const LockSet lock(keyspace, key);
        Database(keyspace, 0).set_string(key, "mine");
    }
    std::string seen;
    const auto locks = LockSet::all(keyspace);
    for_each_filled(keyspace, [&](unsigned database, const Entry& entry) {
        seen += std::to_string(database) + std::string(entry.key()) + " ";
    });
    EXPECT_EQ(seen.size(), std::string("0a 5b 16c ").size()) << seen;
    for (const auto* one : {"0a ", "5b ", "16c "}) EXPECT_NE(seen.find(one), std::string::npos) << seen;
}

}  // namespace
}  // namespace sabil::cache
