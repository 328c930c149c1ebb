#include "proxy/mysql_front/flights.h"

#include <gtest/gtest.h>

namespace sabil::proxy::mysql_front {
namespace {

class FlightsTest : public ::testing::Test {
  protected:
    Flights::Role join(std::uint64_t key, bool recent = true) {
        return flights.join(
            key, [recent](invalidation::Floor) { return recent; }, [this] { return [this] { ++woken; }; });
    }
    Flights flights;
    int woken = 0;
};

TEST_F(FlightsTest, OneLeadsTheOthersFollow) {
    EXPECT_EQ(join(1), Flights::Role::leader);
    EXPECT_EQ(join(1), Flights::Role::follower);
    EXPECT_EQ(join(1), Flights::Role::follower);
    EXPECT_EQ(join(2), Flights::Role::leader);
    flights.finish(1);
    EXPECT_EQ(woken, 2);
    EXPECT_EQ(join(1), Flights::Role::leader);
}

TEST_F(FlightsTest, AFillThatIsTooOldIsNotJoined) {
    join(1);
    EXPECT_EQ(join(1, false), Flights::Role::follower) << "its floor is yet to be taken, so it will be recent";
    flights.set_floor(1, {5, 1});
    EXPECT_EQ(join(1, false), Flights::Role::alone);
    EXPECT_EQ(join(1, true), Flights::Role::follower);
}

TEST_F(FlightsTest, TheGuardLandsWhateverHappens) {
    {
        join(1);
        FlightGuard guard(flights, 1);
        join(1);
    }
    EXPECT_EQ(woken, 1);
}

TEST_F(FlightsTest, FollowersAreBounded) {
    join(1);
    for (std::size_t i = 0; i < Flights::followers_count_max; ++i) ASSERT_EQ(join(1), Flights::Role::follower);
    EXPECT_EQ(join(1), Flights::Role::alone);
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
