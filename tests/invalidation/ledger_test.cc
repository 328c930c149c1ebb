#include "invalidation/ledger.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace sabil::invalidation {
namespace {

TEST(Ledger, AStampMakesOlderFloorsStaleAndNewerOnesCurrent) {
    Ledger ledger;
    std::array deps{ledger.table("news", "articles"), ledger.schema("news")};
    auto before = ledger.floor();
    EXPECT_TRUE(ledger.current(deps, before));

    auto n = ledger.begin_group();
    ledger.stamp(ledger.table("news", "articles"), n);
    ledger.publish(n);
    EXPECT_FALSE(ledger.current(deps, before));
    EXPECT_EQ(ledger.latest(deps), n);
    EXPECT_EQ(ledger.floor(), before) << "the watermark moves by a probe alone";

    ledger.advance_watermark(n);
    EXPECT_TRUE(ledger.current(deps, ledger.floor()));
}

TEST(Ledger, NamesAreFoldedAndKindsAreApart) {
    Ledger ledger;
    EXPECT_EQ(ledger.table("News", "ARTICLES"), ledger.table("news", "articles"));
    EXPECT_NE(ledger.table("news", "articles"), ledger.all_rows("news", "articles"));
    EXPECT_NE(ledger.table("a", "bc"), ledger.table("ab", "c"));
    std::string endless(5000, 'x');
    EXPECT_EQ(ledger.table(endless, endless), ledger.table(endless, endless));
}

TEST(Ledger, ASignatureIsBornWithTheLastGroupStarted) {
    Ledger ledger;
    auto n = ledger.begin_group();
    auto signature = ledger.register_signature("s", "t", {0, 2});
    ASSERT_TRUE(signature);
    std::array deps{ledger.row("s", "t", *signature, 42)};
    EXPECT_EQ(ledger.latest(deps), n);
    EXPECT_FALSE(ledger.current(deps, ledger.floor())) << "group n may have changed the row unseen";
    ledger.publish(n);
    ledger.advance_watermark(n);
    EXPECT_TRUE(ledger.current(deps, ledger.floor()));

    auto again = ledger.register_signature("S", "T", {0, 2});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, signature->id);
    auto list = ledger.signatures("s", "t");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 1U);
    EXPECT_EQ(list->front().columns, (std::vector<std::uint16_t>{0, 2}));
}

TEST(Ledger, TheDefinitionIsNoSignatureOfRows) {
    Ledger ledger;
    auto definition = ledger.register_signature("s", "t", {});
    ASSERT_TRUE(definition);
    EXPECT_EQ(ledger.signatures("s", "t"), nullptr);
    auto dep = ledger.table("s", "t");
    dep.signature = definition->id;
    std::array deps{dep};
    EXPECT_TRUE(ledger.current(deps, ledger.floor()));
    ledger.drop_signatures("s", "t");
    EXPECT_FALSE(ledger.current(deps, {.n = 1'000'000, .epoch = ledger.epoch()}));
}

TEST(Ledger, DroppedSignaturesNeverComeBack) {
    Ledger ledger;
    auto old = ledger.register_signature("s", "t", {1});
    auto other = ledger.register_signature("s2", "t", {1});
    ASSERT_TRUE(old && other);
    std::array deps{ledger.row("s", "t", *old, 1)};
    std::array other_deps{ledger.row("s2", "t", *other, 1)};
    ledger.drop_schema_signatures("s");
    EXPECT_EQ(ledger.signatures("s", "t"), nullptr);
    auto renewed = ledger.register_signature("s", "t", {1});
    ASSERT_TRUE(renewed);
    EXPECT_NE(renewed->id, old->id);
    EXPECT_FALSE(ledger.current(deps, {.n = ~0ULL - 1, .epoch = ledger.epoch()}));
    EXPECT_TRUE(ledger.current(other_deps, ledger.floor()));
}

TEST(Ledger, ATableHasRoomForALimitedNumberOfSignatures) {
    Ledger ledger;
    for (std::uint16_t i = 0; i < Ledger::signatures_per_table; ++i) {
        ASSERT_TRUE(ledger.register_signature("s", "t", {i}));
    }
    auto refused = ledger.register_signature("s", "t", {1000});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::out_of_range);
    EXPECT_TRUE(ledger.register_signature("s", "t", {3})) << "one it has is found";
}

TEST(Ledger, ANewEpochEndsEverything) {
    Ledger ledger;
    auto signature = ledger.register_signature("s", "t", {0});
    std::array row{ledger.row("s", "t", *signature, 1)};
    std::array table{ledger.table("s", "t")};
    auto before = ledger.floor();
    auto n = ledger.new_epoch(Rights::kept);
    EXPECT_FALSE(ledger.current(table, before));
    EXPECT_EQ(ledger.epoch(), before.epoch + 1);
    EXPECT_FALSE(ledger.current(table, ledger.floor()))
        << "no floor serves until the epoch's start is known to be visible";
    ledger.publish(n);
    ledger.advance_watermark(n);
    EXPECT_TRUE(ledger.current(table, ledger.floor()));
    EXPECT_FALSE(ledger.current(row, ledger.floor())) << "resolved before the epoch, filled in it";
    EXPECT_FALSE(ledger.current(table, Floor{})) << "epoch 0 is nobody's";
}

TEST(Ledger, RightsAreThoseOfALoginWhoseFloorHoldsTheirLastChange) {
    Ledger ledger;
    auto before = ledger.floor();
    EXPECT_LE(ledger.rights(), before.n);
    ledger.new_epoch(Rights::kept);
    EXPECT_LE(ledger.rights(), before.n) << "a purge changes no rights";
    auto n = ledger.new_epoch(Rights::perhaps_changed);
    EXPECT_GT(ledger.rights(), before.n);
    EXPECT_GT(ledger.rights(), ledger.floor().n) << "not known to be in force";
    ledger.publish(n);
    ledger.advance_watermark(n);
    EXPECT_LE(ledger.rights(), ledger.floor().n);
    EXPECT_GT(ledger.rights(), before.n) << "for good";
}

TEST(Ledger, ADirtyStampIsAboveEveryFloorUntilAllWritesSettle) {
    Ledger ledger;
    auto dep = ledger.table("s", "t");
    std::array deps{dep};
    auto before = ledger.floor();
    ledger.mark_dirty(dep);
    ledger.mark_dirty(dep);
    EXPECT_FALSE(ledger.current(deps, ledger.floor()));
    ledger.settle(dep);
    auto between = ledger.floor();
    EXPECT_FALSE(ledger.current(deps, between));
    ledger.settle(dep);
    EXPECT_FALSE(ledger.current(deps, before));
    EXPECT_FALSE(ledger.current(deps, between)) << "the second write may have been visible after that floor";
    EXPECT_TRUE(ledger.current(deps, ledger.floor()));
}

// A group's number is its content here: whoever reads A must find every stamp of the groups up to A.
TEST(Ledger, ReadersNeverSeeAppliedBeforeItsStamps) {
    Ledger ledger(1 << 10);
    std::array<Dependency, 3> deps{ledger.table("s", "a"), ledger.table("s", "b"), ledger.schema("s")};
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> checks{0};
    std::atomic<std::uint64_t> violations{0};
    auto reader = [&] {
        while (!stop.load(std::memory_order_relaxed)) {
            auto applied = ledger.applied();
            auto floor = ledger.floor();
            if (ledger.latest(deps) < applied) violations.fetch_add(1);
            if (applied > 0 && ledger.current(deps, {.n = applied - 1, .epoch = floor.epoch})) violations.fetch_add(1);
            checks.fetch_add(1);
        }
    };
    auto registrar = [&] {
        for (std::uint16_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
            auto signature = ledger.register_signature("s", "r", {static_cast<std::uint16_t>(i % 32)});
            if (!signature) violations.fetch_add(1);
            std::this_thread::yield();
        }
    };
    std::thread a(reader), b(reader), c(registrar);
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < until) {
        auto n = ledger.begin_group();
        (void)ledger.signatures("s", "r");
        ledger.stamp(deps[n % 3], n);
        ledger.publish(n);
        ledger.advance_watermark(n);
        if (n % 1000 == 0) ledger.drop_signatures("s", "r");
    }
    stop = true;
    a.join();
    b.join();
    c.join();
    EXPECT_EQ(violations.load(), 0U);
    EXPECT_GT(checks.load(), 100U);
}

// A signature that the tailer did not see when it started group n must be born at n or later.
TEST(Ledger, ARegistrationRacingAGroupIsSeenOrBornLater) {
    for (int round = 0; round < 200; ++round) {
        Ledger ledger(1 << 10);
        std::atomic<bool> go{false};
        Sequence birth = 0;
        std::thread other([&] {
            while (!go.load()) {
            }
            auto signature = ledger.register_signature("s", "t", {0});
            std::array deps{Dependency{.slot = 5, .signature = signature->id}};
            birth = ledger.latest(deps);
        });
        go = true;
        auto n = ledger.begin_group();
        bool seen = ledger.signatures("s", "t") != nullptr;
        other.join();
        ASSERT_TRUE(seen || birth >= n) << "round " << round;
    }
}

TEST(Ledger, AddingWritersInThePathLeavesNothingDirty) {
    Ledger ledger(1 << 10);
    auto dep = ledger.table("s", "t");
    std::array deps{dep};
    auto write = [&] {
        for (int i = 0; i < 2000; ++i) {
            ledger.mark_dirty(dep);
            EXPECT_FALSE(ledger.current(deps, ledger.floor()));
            ledger.settle(dep);
        }
    };
    std::thread a(write), b(write);
    a.join();
    b.join();
    EXPECT_TRUE(ledger.current(deps, ledger.floor()));
    EXPECT_EQ(ledger.applied(), 4000U);
}

TEST(Ledger, WatchedSlotsAreToldWhenTheyAreStamped) {
    Ledger ledger;
    auto watched = ledger.table("s", "t");
    auto other = ledger.table("s", "u");
    auto stamp = [&](Dependency dependency) {
        auto n = ledger.begin_group();
        ledger.stamp(dependency, n);
        ledger.publish(n);
    };
    stamp(watched);
    EXPECT_TRUE(ledger.take_touched().slots.empty()) << "not watched yet";
    ledger.watch(std::array{watched});
    stamp(other);
    stamp(watched);
    EXPECT_EQ(ledger.take_touched().slots, std::vector<std::uint32_t>{watched.slot});
    EXPECT_TRUE(ledger.take_touched().slots.empty()) << "told once";
    ledger.unwatch(watched.slot);
    stamp(watched);
    EXPECT_TRUE(ledger.take_touched().slots.empty());
    ledger.watch(std::array{watched});
    for (std::size_t i = 0; i < Ledger::touched_count_max + 1; ++i) stamp(watched);
    auto touched = ledger.take_touched();
    EXPECT_TRUE(touched.overflowed);
    EXPECT_LE(touched.slots.size(), Ledger::touched_count_max);
}

TEST(Ledger, ARestoredLedgerGoesOnWhereTheOtherEnded) {
    Ledger before;
    auto one = before.register_signature("s", "t", {1}).value();
    auto dropped = before.register_signature("s", "gone", {0}).value();
    before.drop_signatures("s", "gone");
    auto range = before.register_signature("s", "t", {2}, {SignatureShape::Kind::above, 17}).value();
    auto definition = before.register_signature("s", "t", {}).value();
    auto n = before.begin_group();
    before.publish(n);
    before.advance_watermark(n);
    auto registry = before.registry();

    Ledger after;
    ASSERT_TRUE(after.restore({n, 5}, registry));
    EXPECT_EQ(after.floor(), (Floor{n, 5}));
    EXPECT_EQ(after.applied(), n);
    EXPECT_EQ(after.register_signature("s", "t", {1}).value().id, one.id);
    EXPECT_EQ(after.register_signature("s", "t", {2}, {SignatureShape::Kind::above, 17}).value().id, range.id);
    EXPECT_EQ(after.register_signature("s", "t", {}).value().id, definition.id);
    std::array kept{after.row("s", "t", one, 42)};
    EXPECT_EQ(kept[0], before.row("s", "t", one, 42)) << "the same slot";
    EXPECT_TRUE(after.current(kept, {n, 5}));
    EXPECT_FALSE(after.current(kept, {n, 4})) << "of another epoch";
    EXPECT_FALSE(after.current(std::array{after.row("s", "gone", dropped, 1)}, {n, 5}));
    EXPECT_GT(after.register_signature("s", "new", {0}).value().id, range.id) << "numbers are not given again";
    auto next = after.begin_group();
    EXPECT_EQ(next, n + 1);
    after.stamp(kept[0], next);
    after.publish(next);
    EXPECT_FALSE(after.current(kept, {n, 5}));
}

TEST(Ledger, ADamagedRegistryIsRefused) {
    Ledger ledger;
    Ledger::Registry registry;
    registry.next_signature = 3;
    registry.signatures = {{"s", "t", {1, {0}, {}}}, {"s", "u", {1, {0}, {}}}};
    EXPECT_FALSE(ledger.restore({1, 1}, registry)) << "one id twice";
    registry.signatures = {{"s", "t", {3, {0}, {}}}};
    EXPECT_FALSE(ledger.restore({1, 1}, registry)) << "an id that was not given yet";
}

}  // namespace
}  // namespace sabil::invalidation
