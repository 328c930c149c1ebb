#include "proxy/mysql_front/doorkeeper.h"

#include <gtest/gtest.h>

#include "cache/base/hash.h"

namespace sabil::proxy::mysql_front {
namespace {

std::uint64_t hash_of(int n) { return hash_bytes(std::to_string(n)); }

TEST(Doorkeeper, KnowsWhatCameBeforeAndForgetsWhatCameLongAgo) {
    Doorkeeper doorkeeper;
    EXPECT_FALSE(doorkeeper.seen_before(hash_of(1)));
    EXPECT_TRUE(doorkeeper.seen_before(hash_of(1)));
    int mistaken = 0;
    const int many = 4 * static_cast<int>(Doorkeeper::marks_count_max);
    for (int i = 2; i < many; ++i) mistaken += doorkeeper.seen_before(hash_of(i)) ? 1 : 0;
    EXPECT_LT(mistaken, many / 14);
    EXPECT_TRUE(doorkeeper.seen_before(hash_of(many - 1)));
    EXPECT_FALSE(doorkeeper.seen_before(hash_of(1)));
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
