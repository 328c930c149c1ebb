#include "proxy/coherence/early_refresh.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sabil::proxy {
namespace {

using namespace std::chrono_literals;

TEST(EarlyRefresh, IsAsLikelyAsTheEndIsNear) {
    constexpr int draws = 200'000;
    for (double costs_left : {0.1, 0.5, 1.0, 2.0, 4.0}) {
        int drawn = 0;
        for (int i = 0; i < draws; ++i) {
            drawn += draws_early_refresh(std::chrono::nanoseconds(static_cast<long>(costs_left * 1e6)), 1ms) ? 1 : 0;
        }
        EXPECT_NEAR(static_cast<double>(drawn) / draws, std::exp(-costs_left), 0.01) << costs_left;
    }
}

TEST(EarlyRefresh, NeverFarFromTheEndAndAlwaysPastIt) {
    for (int i = 0; i < 100'000; ++i) {
        ASSERT_FALSE(draws_early_refresh(1h, 1ms));
        ASSERT_FALSE(draws_early_refresh(1ms, 0ns));
        ASSERT_FALSE(draws_early_refresh(early_refresh_costs_max * 1ms, 1ms));
        ASSERT_TRUE(draws_early_refresh(0ns, 1ms));
        ASSERT_TRUE(draws_early_refresh(-1s, 1ms));
    }
}

TEST(EarlyRefresh, BeginsOnce) {
    EarlyRefresh entry;
    EXPECT_FALSE(entry.wanted(1h, 1ms));
    EXPECT_TRUE(entry.wanted(0ns, 1ms));
    EXPECT_FALSE(entry.wanted(0ns, 1ms));
}

}  // namespace
}  // namespace sabil::proxy
