#include "mysql/client/server_identity.h"

#include <gtest/gtest.h>

namespace sabil::mysql {
namespace {

ServerIdentity met(std::int64_t start_time, std::uint64_t connection_id) {
    ServerIdentity out;
    out.server_uuid = "host:3306:/var/lib/mysql/";
    out.server_id = 7;
    out.start_time = start_time;
    out.connection_id = connection_id;
    return out;
}

TEST(ServerIdentity, AnotherSecondIsAnotherProcess) {
    EXPECT_TRUE(met(100, 9).same_process(met(100, 5)));
    EXPECT_FALSE(met(101, 9).same_process(met(100, 5)));
    EXPECT_TRUE(met(101, 9).same_server(met(100, 5)));
}

TEST(ServerIdentity, ConnectionsCountedAnewAreAnotherProcess) {
    EXPECT_TRUE(met(100, 9).follows(met(100, 5)));
    EXPECT_FALSE(met(100, 5).follows(met(100, 9)));
    EXPECT_FALSE(met(100, 5).follows(met(100, 5)));
    EXPECT_FALSE(met(101, 9).follows(met(100, 5)));
    EXPECT_TRUE(met(100, 0).follows(met(100, 5))) << "not known";
    EXPECT_TRUE(met(100, 5).follows(met(100, 0)));
}

TEST(ServerIdentity, AnotherServerIsNeither) {
    auto other = met(100, 9);
    other.server_uuid = "other:3306:/var/lib/mysql/";
    EXPECT_FALSE(other.same_server(met(100, 5)));
    EXPECT_FALSE(other.follows(met(100, 5)));
}

}  // namespace
}  // namespace sabil::mysql
