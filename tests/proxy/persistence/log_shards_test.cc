#include "proxy/persistence/log_shards.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "cache/persist/aof_record.h"

namespace sabil::proxy::persistence {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records records_of(const std::string& bytes) {
    cache::MemorySource source(bytes);
    cache::AofReader reader(source);
    Records records;
    while (reader.next() == cache::AofReader::Status::record) {
        records.emplace_back(reader.args().begin(), reader.args().end());
    }
    EXPECT_EQ(reader.next(), cache::AofReader::Status::end);
    return records;
}

void append(LogShards& shards, unsigned database, std::vector<std::string_view> args) {
    shards.append(database, args);
}

TEST(LogShardsTest, DatabasesAreSelectedWhereTheyChange) {
    LogShards shards;
    append(shards, 0, {"A"});
    append(shards, 0, {"B"});
    append(shards, 2, {"C"});
    const std::vector<resp::CommandLog::Write> unit = {{2, {"D"}}, {5, {"E"}}};
    shards.append_unit(unit);
    append(shards, 5, {"F"});
    LogShards::Text text, after;
    EXPECT_EQ(shards.take(false, text, after), 5u);
    EXPECT_EQ(records_of(text.bytes),
              (Records{{"SELECT", "0"}, {"A"}, {"B"}, {"SELECT", "2"}, {"C"}, {"MULTI"}, {"D"}, {"SELECT", "5"}, {"E"},
                       {"EXEC"}, {"F"}}));
    EXPECT_TRUE(after.bytes.empty());
    text.bytes.clear();
    append(shards, 5, {"G"});
    shards.take(false, text, after);
    EXPECT_EQ(records_of(text.bytes), (Records{{"G"}}));
}

TEST(LogShardsTest, ACutPartsWhatWasAppendedBeforeAndAfter) {
    LogShards shards;
    append(shards, 0, {"A"});
    EXPECT_EQ(shards.cut(), 1u);
    append(shards, 0, {"B"});
    LogShards::Text before, after;
    shards.take(false, before, after);
    EXPECT_EQ(records_of(before.bytes), (Records{{"SELECT", "0"}, {"A"}}));
    EXPECT_EQ(records_of(after.bytes), (Records{{"SELECT", "0"}, {"B"}}));
}

// Threads append under a lock, as workers do under their slices' locks: the merged order must be the locks' order.
TEST(LogShardsTest, TheOrderOfThreadsIsKept) {
    LogShards shards;
    constexpr int threads = 8;
    constexpr int each = 5000;
    std::mutex slices[4];
    int counters[4] = {};
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t) {
        workers.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                const int key = (t + i) % 4;
                std::lock_guard lock(slices[key]);
                append(shards, 0, {"INCR", std::to_string(key), std::to_string(++counters[key])});
            }
        });
    }
    std::string bytes;
    LogShards::Text text, after;
    while (shards.appended() < std::uint64_t{threads} * each) {
        shards.take(false, text, after);
        std::this_thread::yield();
    }
    for (auto& worker : workers) worker.join();
    EXPECT_EQ(shards.take(false, text, after), std::uint64_t{threads} * each);
    std::map<std::string, int> seen;
    for (const auto& record : records_of(text.bytes)) {
        if (record[0] != "INCR") continue;
        EXPECT_EQ(std::stoi(record[2]), ++seen[record[1]]);
    }
    for (int key = 0; key < 4; ++key) EXPECT_EQ(seen[std::to_string(key)], threads * each / 4);
}

}  // namespace
}  // namespace sabil::proxy::persistence
