#include "cache/base/slab.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "cache/base/heap.h"
#include "tests/cache/base/fork_beside_threads.h"

namespace sabil::heap {
namespace {

constexpr std::size_t reserve_bytes = 64 << 20;

// One block at a time, as a program that keeps none would.
void* take_one(SlabPool& pool, SizeClass size_class) {
    void* block = nullptr;
    return pool.take(size_class, 1, &block) == 1 ? block : nullptr;
}

TEST(SizeClasses, HoldTheSizeAndAreAligned) {
    for (std::size_t size = 0; size <= largest_slab_bytes; ++size) {
        EXPECT_GE(class_bytes[class_for<4>(size)], size);
        EXPECT_GE(class_bytes[class_for<8>(size)], size);
        EXPECT_EQ(class_bytes[class_for<8>(size)] % 8, 0);
        EXPECT_EQ(class_bytes[class_for<64>(size)] % 64, 0);
        EXPECT_LE(class_bytes[class_for<8>(size)], size + size / 8 + 8);
    }
    EXPECT_EQ(class_bytes[class_for<4>(17)], 20);
    EXPECT_EQ(class_bytes[class_for<8>(56)], 56);
}

TEST(SlabPool, BlocksAreApartAndKeepWhatIsWritten) {
    SlabPool pool(reserve_bytes);
    std::mt19937_64 random(3);
    std::map<char*, std::pair<SizeClass, std::size_t>> live;  // and what each was filled with
    for (std::size_t i = 0; i < 60'000; ++i) {
        if (live.empty() || random() % 5 < 3) {
            const auto size_class = static_cast<SizeClass>(random() % size_classes_count);
            auto* block = static_cast<char*>(take_one(pool, size_class));
            ASSERT_NE(block, nullptr);
            ASSERT_EQ(pool.class_of(block), size_class);
            const auto size = class_bytes[size_class];
            const auto after = live.lower_bound(block);
            ASSERT_TRUE(after == live.end() || block + size <= after->first);
            if (after != live.begin()) {
                const auto& before = *std::prev(after);
                ASSERT_LE(before.first + class_bytes[before.second.first], block);
            }
            std::memset(block, static_cast<int>(i % 251), size);
            live[block] = {size_class, i % 251};
        } else {
            auto gone = live.lower_bound(
                std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(live.size(), 50)))
                    ->first);
            const auto [size_class, fill] = gone->second;
            for (std::size_t at = 0; at < class_bytes[size_class]; ++at) {
                ASSERT_EQ(static_cast<unsigned char>(gone->first[at]), fill);
            }
            pool.give(size_class, gone->first, 1);
            live.erase(gone);
        }
    }
    std::uint64_t bytes = 0;
    for (const auto& [block, what] : live) bytes += class_bytes[what.first];
    EXPECT_EQ(pool.statistics().block_bytes, bytes);
    for (const auto& [block, what] : live) pool.give(what.first, block, 1);
    EXPECT_EQ(pool.statistics().span_bytes, 0);
    EXPECT_EQ(pool.statistics().block_bytes, 0);
    EXPECT_GT(pool.statistics().spare_bytes, 0);
    pool.purge();
    EXPECT_EQ(pool.statistics().spare_bytes, 0);
    EXPECT_NE(take_one(pool, 0), nullptr);
}

TEST(SlabPool, AtTheEndOfItsAddressesItGivesFewerBlocks) {
    SlabPool pool(3 * SlabPool::span_bytes);
    const auto size_class = class_for<8>(2048);
    void* first = nullptr;
    const auto taken = pool.take(size_class, 1000, &first);
    EXPECT_EQ(taken, 3 * SlabPool::span_bytes / 2048);
    EXPECT_EQ(take_one(pool, size_class), nullptr);
    EXPECT_EQ(take_one(pool, 0), nullptr);
    pool.give(size_class, first, taken);
    EXPECT_NE(take_one(pool, 0), nullptr);
}

TEST(SlabPool, MovingWhatIsSparseEmptiesSlabs) {
    SlabPool pool(reserve_bytes);
    const auto size_class = class_for<8>(128);
    const auto per_span = SlabPool::span_bytes / 128;
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 20 * per_span; ++i) blocks.push_back(take_one(pool, size_class));
    std::vector<void*> left;  // one of ten stays
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (i % 10 == 0) {
            left.push_back(blocks[i]);
        } else {
            pool.give(size_class, blocks[i], 1);
        }
    }
    ASSERT_EQ(pool.statistics().span_bytes, 20 * SlabPool::span_bytes);
    for (int round = 0; round < 3; ++round) {
        for (auto& block : left) {
            if (!pool.sparse(block)) continue;
            auto* moved = take_one(pool, size_class);
            pool.give(size_class, block, 1);
            block = moved;
        }
    }
    EXPECT_LE(pool.statistics().span_bytes, 4 * SlabPool::span_bytes);
    EXPECT_EQ(pool.statistics().block_bytes, left.size() * 128);
}

TEST(Heap, ThreadsFreeWhatOthersTookAndTheChildOfAForkGoesOn) {
    const auto before = used_bytes();
    std::vector<void*> blocks[4];
    auto in_threads = [&](auto&& work) {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < 4; ++i) threads.emplace_back([work, i] { work(i); });
        return threads;
    };
    auto take = in_threads([&](std::size_t i) {
        for (std::size_t n = 0; n < 20'000; ++n) {
            const auto size = n * 7 % 3000;
            blocks[i].push_back(n % 2 == 0 ? allocate(size) : allocate_packed(size));
            std::memset(blocks[i].back(), static_cast<int>(i), size);
        }
    });
    // While they are at it: whatever lock is held at a fork, the child must not wait for it.
    for (int i = 0; forked_child_may_allocate && i < 20; ++i) {
        const auto child = ::fork();
        if (child == 0) {
            ::alarm(20);
            for (std::size_t size = 1; size < 2000; ++size) deallocate(allocate(size));
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    for (auto& thread : take) thread.join();
    if (HasFailure()) return;
    EXPECT_GT(used_bytes() - before, 4 * 20'000 * 1000);
    auto free = in_threads([&](std::size_t i) {
        for (std::size_t n = 0; n < 20'000; ++n) {
            auto* block = static_cast<char*>(blocks[(i + 1) % 4][n]);
            const auto size = n * 7 % 3000;
            if (size > 0) {
                EXPECT_EQ(block[0], static_cast<char>((i + 1) % 4));
                EXPECT_EQ(block[size - 1], static_cast<char>((i + 1) % 4));
            }
            deallocate(block);
        }
    });
    for (auto& thread : free) thread.join();
    EXPECT_EQ(used_bytes(), before);
}

TEST(Heap, ReallocatedBlocksKeepTheirContent) {
    const auto before = used_bytes();
    void* block = nullptr;
    std::size_t had = 0;
    for (const std::size_t size : {5, 8, 9, 200, 2048, 2049, 100'000, 3000, 2000, 64, 3, 0}) {
        block = size % 2 == 0 ? reallocate(block, size) : reallocate_packed(block, size);
        EXPECT_GE(usable_bytes(block), size);
        for (std::size_t i = 0; i < std::min(had, size); ++i)
            ASSERT_EQ(static_cast<char*>(block)[i], static_cast<char>(i));
        for (std::size_t i = 0; i < size; ++i) static_cast<char*>(block)[i] = static_cast<char>(i);
        had = size;
    }
    deallocate(block);
    EXPECT_EQ(used_bytes(), before);
}

TEST(Heap, TablesAreZeroedAlignedAndCounted) {
    const auto before = used_bytes();
    for (const std::size_t size : {64, 512, 640, 11'008, 200'000, 5'000'000}) {
        auto* table = static_cast<char*>(allocate_table(size));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(table) % 64, 0);
        for (std::size_t i = 0; i < size; i += 61) EXPECT_EQ(table[i], 0);
        std::memset(table, 1, size);
        EXPECT_GE(table_bytes(table, size), size);
        EXPECT_EQ(used_bytes() - before, static_cast<std::int64_t>(table_bytes(table, size)));
        deallocate_table(table, size);
    }
    EXPECT_EQ(used_bytes(), before);
}

}  // namespace
}  // namespace sabil::heap
