// RDB files and DUMP payloads exchanged with the system's redis-server, both ways.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cache/persist/dump_payload.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "cache/types/hyperloglog.h"
#include "tests/cache/persist/dataset.h"
#include "tests/cache/persist/memory_sink.h"
#include "tests/cache/persist/redis_server.h"

namespace sabil::cache {
namespace {

class RedisExchangeTest : public testing::Test {
  protected:
    RedisExchangeTest() {
        std::string name = (std::filesystem::temp_directory_path() / "sabil-rdb-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~RedisExchangeTest() override { std::filesystem::remove_all(folder_); }
    void write_dump(const std::string& bytes) { std::ofstream(folder_ / "dump.rdb", std::ios::binary) << bytes; }
    std::string read_dump() {
        std::ostringstream out;
        out << std::ifstream(folder_ / "dump.rdb", std::ios::binary).rdbuf();
        return out.str();
    }
    std::filesystem::path folder_;
};

TEST_F(RedisExchangeTest, RedisLoadsOurFileAndWeLoadItsOwn) {
    Keyspace keyspace({16, 16});
    fill_dataset(keyspace, system_clock().wall());
    const auto expected = describe(keyspace);
    write_dump(saved(keyspace));
    RedisServer redis(folder_);
    EXPECT_EQ(redis.call({"DBSIZE"}), std::to_string(keyspace.size(0)));
    EXPECT_EQ(redis.call({"GET", "s:int64"}), "9223372036854775807");
    EXPECT_EQ(redis.call({"LLEN", "l:long"}), "5000");
    EXPECT_EQ(redis.call({"OBJECT", "ENCODING", "set:int32"}), "intset");
    EXPECT_EQ(redis.call({"OBJECT", "ENCODING", "h:packed"}), "listpack");
    EXPECT_EQ(redis.call({"XLEN", "x:groups"}), "248");
    EXPECT_EQ(redis.call({"XPENDING", "x:groups", "readers"}).substr(0, 2), "3\n");
    EXPECT_EQ(redis.call({"SAVE"}), "OK");
    Keyspace back({16, 64});
    const auto result = loaded(read_dump(), back);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->version, 10u);
    EXPECT_EQ(describe(back), expected);
}

TEST_F(RedisExchangeTest, DumpPayloadsAreRestoredOnEitherSide) {
    Keyspace keyspace({16, 16});
    fill_dataset(keyspace, system_clock().wall());
    Keyspace back({16, 16});
    RedisServer redis(folder_);
    {
        auto locks = LockSet::all(keyspace);
        Database db(keyspace, 0, true);
        db.for_each([&](const KeyRef& key, const Entry& entry) {
            EXPECT_EQ(redis.call({"RESTORE", std::string(key.key), "0", dump_payload(entry)}), "OK") << key.key;
            const auto payload = redis.call({"DUMP", std::string(key.key)});
            auto value = restore_payload(payload, {db.encodings(), db.now()});
            ASSERT_TRUE(value) << key.key;
            LockSet lock(back, key);
            Database(back, 0).insert(key, std::move(*value), entry.expiry());
        });
    }
    auto expected = describe(keyspace);
    expected.erase("9:elsewhere");
    EXPECT_EQ(describe(back), expected);
}

TEST_F(RedisExchangeTest, HyperLogLogsMeanTheSameOnEitherSide) {
    RedisServer redis(folder_);
    EncodingLimits limits;
    String ours(new_hyperloglog());
    for (int i = 0; i < 4'000; ++i) {
        const auto element = "element:" + std::to_string(i);
        const auto changed = hyperloglog_add(ours, element, limits);
        ASSERT_TRUE(changed);
        ASSERT_EQ(redis.call({"PFADD", "theirs", element}), *changed ? "1" : "0") << i;
        if (i != 50 && i != 500 && i != 3'999) continue;
        const auto view = ours.view();
        const auto count = std::to_string(hyperloglog_count(std::span(&view, 1)).value());
        EXPECT_EQ(redis.call({"PFCOUNT", "theirs"}), count);
        EXPECT_EQ(redis.call({"SET", "ours", std::string(view)}), "OK");
        EXPECT_EQ(redis.call({"PFCOUNT", "ours"}), count);
        const auto bytes = redis.call({"GET", "theirs"});
        const std::string_view theirs = bytes;
        EXPECT_EQ(std::to_string(hyperloglog_count(std::span(&theirs, 1)).value()), count);
        EXPECT_EQ(hyperloglog_encoding(theirs), hyperloglog_encoding(view));
    }
}

}  // namespace
}  // namespace sabil::cache
