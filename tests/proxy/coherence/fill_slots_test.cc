#include "proxy/coherence/fill_slots.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace sabil::proxy {
namespace {

TEST(FillSlots, CapsEachTableAndAll) {
    auto slots = FillSlots::create({.in_all_max = 3, .per_table_max = 2, .waiting_max = 8});
    auto a = slots->try_take({1});
    auto b = slots->try_take({1, 2});
    EXPECT_TRUE(a && b);
    EXPECT_FALSE(slots->try_take({1}));
    auto c = slots->try_take({2});
    EXPECT_TRUE(c);
    EXPECT_FALSE(slots->try_take({3}));  // all are taken
    c.reset();
    EXPECT_FALSE(slots->try_take({1}));
    EXPECT_TRUE(slots->try_take({3}));
    EXPECT_EQ(slots->taken(), 2U);
}

TEST(FillSlots, WhoWaitsGoesOnInTurn) {
    auto slots = FillSlots::create({.in_all_max = 2, .per_table_max = 1, .waiting_max = 3});
    std::vector<std::string> went;
    std::vector<FillSlots::SlotRef> held;
    auto go = [&](std::string name) {
        return [&, name = std::move(name)](FillSlots::SlotRef slot) {
            went.push_back(name);
            held.push_back(std::move(slot));
        };
    };
    EXPECT_TRUE(slots->wait({1}, go("first")));
    EXPECT_EQ(went, (std::vector<std::string>{"first"}));
    EXPECT_TRUE(slots->wait({1}, go("second")));
    auto third = slots->wait({1}, go("third"));
    EXPECT_TRUE(slots->wait({2}, go("other table")));  // is not held up
    EXPECT_TRUE(slots->wait({3}, go("third table")));
    EXPECT_FALSE(slots->wait({3}, go("one too many")));
    EXPECT_EQ(went, (std::vector<std::string>{"first", "other table"}));
    EXPECT_TRUE(third->give_up());
    EXPECT_FALSE(third->give_up());
    auto free_first = [&] {  // what it lets through comes into `held` meanwhile
        auto slot = std::move(held.front());
        held.erase(held.begin());
        slot.reset();
    };
    free_first();
    EXPECT_EQ(went.back(), "second");
    free_first();
    EXPECT_EQ(went.back(), "third table");
    free_first();
    free_first();
    EXPECT_EQ(went.size(), 4U);
    EXPECT_EQ(slots->taken(), 0U);
}

TEST(FillSlots, KeepsTheCapUnderLoad) {
    auto slots = FillSlots::create({.in_all_max = 4, .per_table_max = 2, .waiting_max = 1 << 20});
    std::atomic<int> under_way{0}, most{0}, done{0};
    constexpr int each = 2000;
    auto work = [&](std::uint64_t table) {
        for (int i = 0; i < each; ++i) {
            slots->wait({table}, [&](const FillSlots::SlotRef&) {
                const int now = ++under_way;
                for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                }
                --under_way;
                ++done;
            });
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 4; ++i) threads.emplace_back(work, i % 2);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(done, 4 * each);
    EXPECT_LE(most, 4);
    EXPECT_EQ(slots->taken(), 0U);
}

TEST(FillSlots, TablesAreToldByTheirFullNames) {
    const auto of = [](const char* text, const char* schema) {
        return FillSlots::tables_of(invalidation::sql::analyze(text, {}), schema);
    };
    EXPECT_EQ(of("SELECT 1 FROM a", "news"), of("SELECT 2 FROM news.a", "other"));
    EXPECT_NE(of("SELECT 1 FROM a", "news"), of("SELECT 1 FROM a", "other"));
    EXPECT_EQ(of("SELECT 1 FROM a JOIN b USING (id) JOIN a c USING (id)", "news").size(), 2U);
}

}  // namespace
}  // namespace sabil::proxy
