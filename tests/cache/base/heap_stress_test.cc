// Everything that the heap does, from many threads at once, while the process forks: no block may change under its
// owner, none may be handed out twice, and all comes back at the end. SABIL_STRESS_S: for how long, in seconds.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "cache/base/heap.h"
#include "tests/cache/base/fork_beside_threads.h"

namespace sabil::heap {
namespace {

constexpr std::size_t threads_count = 6;
constexpr std::size_t shared_slots = 4096;
constexpr std::size_t own_slots = 2000;

struct Block {
    unsigned char* bytes = nullptr;
    std::uint32_t size = 0;
    unsigned char fill = 0;
    bool packed = false;
};

std::chrono::milliseconds duration() {
    const char* asked = std::getenv("SABIL_STRESS_S");
    return asked != nullptr ? std::chrono::seconds(std::atoi(asked)) : std::chrono::milliseconds(700);
}

class Owner {
  public:
    Owner(std::uint64_t seed, std::array<std::atomic<Block*>, shared_slots>& shared) : random_(seed), shared_(shared) {}
    ~Owner() {
        for (auto& block : own_) drop(block);
    }

    void step() {
        auto& block = own_[random_() % own_slots];
        switch (random_() % 16) {
            case 0:
            case 1:
            case 2:
            case 3:
                drop(block);
                break;
            case 4:
            case 5:
                resize(block);
                break;
            case 6:
            case 7:
            case 8:
                swap_with_others(block);
                break;
            case 9:
                move_what_is_sparse();
                break;
            case 10:
                if (random_() % 2000 == 0) purge();
                if (random_() % 100 == 0) leave_few();
                break;
            default:
                drop(block);
                block = take();
        }
    }
    std::uint64_t moved() const { return moved_; }
    std::uint64_t wrong() const { return wrong_; }

  private:
    // Most of few sizes, so that these fill many slabs; some are beyond what slabs hold.
    std::uint32_t any_size() {
        if (random_() % 4 != 0) return std::array{40U, 100U, 380U, 2000U}[random_() % 4];
        const auto limit = std::array{24U, 100U, 600U, 2100U, 20'000U}[random_() % 5];
        return static_cast<std::uint32_t>(random_() % limit);
    }
    Block take() {
        Block block{nullptr, any_size(), static_cast<unsigned char>(random_()), random_() % 2 == 0};
        block.bytes = static_cast<unsigned char*>(block.packed ? allocate_packed(block.size) : allocate(block.size));
        if (reinterpret_cast<std::uintptr_t>(block.bytes) % (block.packed ? 4 : 8) != 0) ++wrong_;
        std::memset(block.bytes, block.fill, block.size);
        return block;
    }
    void check(const Block& block) {
        for (std::uint32_t i = 0; i < block.size; ++i) wrong_ += block.bytes[i] != block.fill;
        wrong_ += block.bytes != nullptr && usable_bytes(block.bytes) < block.size;
    }
    void drop(Block& block) {
        check(block);
        deallocate(block.bytes);
        block = {};
    }
    void resize(Block& block) {
        const auto size = any_size();
        const auto kept = std::min(size, block.size);
        auto* bytes = block.packed ? reallocate_packed(block.bytes, size) : reallocate(block.bytes, size);
        block.bytes = static_cast<unsigned char*>(bytes);
        block.size = kept;
        check(block);
        block.size = size;
        std::memset(block.bytes, block.fill, size);
    }
    // What one thread took another frees.
    void swap_with_others(Block& block) {
        auto* mine = new Block(block);
        block = {};
        std::unique_ptr<Block> theirs(shared_[random_() % shared_slots].exchange(mine));
        if (theirs) block = *theirs;
        check(block);
    }
    void move_what_is_sparse() {
        const Unpooled unpooled;
        for (auto at = random_() % own_slots, end = std::min(at + 100, own_slots); at < end; ++at) {
            auto& block = own_[at];
            if (block.bytes == nullptr || !worth_moving(block.bytes)) continue;
            block.bytes = static_cast<unsigned char*>(move(block.bytes));
            check(block);
            ++moved_;
        }
    }
    void leave_few() {
        for (std::size_t i = 0; i < own_slots; ++i) {
            if (i % 8 != 0) drop(own_[i]);
        }
    }

    std::mt19937_64 random_;
    std::array<std::atomic<Block*>, shared_slots>& shared_;
    std::array<Block, own_slots> own_{};
    std::uint64_t moved_ = 0;
    std::uint64_t wrong_ = 0;
};

// Returns how many were made. The children use what the parent took: they see it as it was.
int fork_until(std::chrono::steady_clock::time_point end) {
    const std::vector<unsigned char> pattern(1500, 0x5a);
    auto* kept = static_cast<unsigned char*>(allocate(pattern.size()));
    std::memcpy(kept, pattern.data(), pattern.size());
    int made = 0;
    for (; forked_child_may_allocate && std::chrono::steady_clock::now() < end && !testing::Test::HasFailure();
         ++made) {
        const auto child = ::fork();
        if (child == 0) {
            ::alarm(60);
            bool right = std::memcmp(kept, pattern.data(), pattern.size()) == 0;
            for (std::size_t size = 1; size < 3000; size += 7) deallocate(allocate_packed(size));
            purge();
            right = right && waste().slab_bytes > 0;
            ::_exit(right ? 0 : 1);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    deallocate(kept);
    return made;
}

TEST(HeapStress, NoBlockIsLostOrHandedOutTwice) {
    const auto before = used_bytes();
    auto shared = std::make_unique<std::array<std::atomic<Block*>, shared_slots>>();
    const auto end = std::chrono::steady_clock::now() + duration();
    std::atomic<std::uint64_t> steps{0}, moved{0}, wrong{0};
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 0; seed < threads_count; ++seed) {
        threads.emplace_back([&, seed] {
            Owner owner(seed, *shared);
            for (std::uint64_t n = 0; n % 64 != 0 || std::chrono::steady_clock::now() < end; ++n, ++steps) owner.step();
            moved += owner.moved();
            wrong += owner.wrong();
        });
    }
    const auto forks = fork_until(end);
    for (auto& thread : threads) thread.join();
    for (auto& slot : *shared) {
        const std::unique_ptr<Block> block(slot.load());
        if (!block) continue;
        for (std::uint32_t i = 0; i < block->size; ++i) wrong += block->bytes[i] != block->fill;
        deallocate(block->bytes);
    }
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(moved, 0U);
    EXPECT_EQ(used_bytes(), before);
    std::printf("%llu steps, %llu blocks moved, %d forks\n", static_cast<unsigned long long>(steps),
                static_cast<unsigned long long>(moved), forks);
}

}  // namespace
}  // namespace sabil::heap
