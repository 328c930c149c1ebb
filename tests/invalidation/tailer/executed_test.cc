#include "invalidation/tailer/executed.h"

#include <gtest/gtest.h>

namespace sabil::invalidation {
namespace {

using mysql::binlog::BinlogPosition;
using mysql::binlog::MariadbGtid;
using mysql::binlog::MariadbGtidPosition;
using mysql::binlog::MysqlGtid;
using mysql::binlog::MysqlGtidSet;

constexpr const char* uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

SteadyTime at(int ms) {
    return SteadyTime{std::chrono::milliseconds(ms)};
}
BinlogPosition place(std::uint64_t offset, std::string file = "bin.000001") {
    return {std::move(file), offset};
}
MysqlGtidSet set(const std::string& numbers) {
    return MysqlGtidSet::parse(std::string(uuid) + ":" + numbers).value();
}
GroupMark by_gtid(std::uint64_t number) {
    auto gtid = MysqlGtid::parse(std::string(uuid) + ":" + std::to_string(number));
    return {gtid.value(), {}};
}
GroupMark by_place(std::uint64_t sequence, std::uint64_t offset) {
    return {MariadbGtid{0, 1, sequence}, place(offset)};
}

TEST(Executed, ThePositionMovesTheWatermarkUpToTheGroupsItCovers) {
    Executed executed;
    executed.reset(place(100), {}, at(1));
    executed.applied(1, by_place(1, 200));
    executed.applied(2, by_place(2, 300));
    EXPECT_EQ(executed.watermark(), 0U);
    executed.probed(place(250), at(5));
    EXPECT_EQ(executed.watermark(), 1U);
    EXPECT_EQ(executed.horizon(), at(5)) << "all it saw is applied";
    executed.probed(place(40, "bin.000002"), at(9));
    EXPECT_EQ(executed.watermark(), 2U);
    EXPECT_EQ(executed.horizon(), at(5)) << "it saw more than is applied";
    EXPECT_TRUE(executed.behind());
    executed.applied(3, {MariadbGtid{0, 1, 3}, place(40, "bin.000002")});
    EXPECT_EQ(executed.watermark(), 3U) << "the probe saw it before the tailer did";
    EXPECT_EQ(executed.horizon(), at(9));
    EXPECT_FALSE(executed.behind());
}

TEST(Executed, ASetWithAGapHoldsTheWatermarkBeforeTheGap) {
    Executed executed;
    executed.reset(set("1-10"), {}, at(1));
    for (std::uint64_t n = 1; n <= 3; ++n) executed.applied(n, by_gtid(10 + n));
    executed.probed(set("1-10:12-13"), at(2));
    EXPECT_EQ(executed.watermark(), 0U) << "11 is not visible yet, though later ones are";
    executed.probed(set("1-13"), at(3));
    EXPECT_EQ(executed.watermark(), 3U);
    EXPECT_EQ(executed.horizon(), at(3));
}

TEST(Executed, GroupsOfOurOwnSettleWithTheOneBefore) {
    Executed executed;
    executed.reset(place(100), {}, at(1));
    executed.applied_local(1);
    EXPECT_EQ(executed.watermark(), 1U);
    executed.applied(2, by_place(1, 200));
    executed.applied_local(3);
    EXPECT_EQ(executed.watermark(), 1U);
    executed.probed(place(200), at(2));
    EXPECT_EQ(executed.watermark(), 3U);
}

TEST(Executed, GtidsAppliedAreContained) {
    Executed mysql_side;
    mysql_side.reset(set("1-10"), {}, at(1));
    mysql_side.applied(1, by_gtid(11));
    EXPECT_TRUE(mysql_side.contains(std::string(uuid) + ":11"));
    EXPECT_TRUE(mysql_side.contains(std::string(uuid) + ":5-11"));
    EXPECT_FALSE(mysql_side.contains(std::string(uuid) + ":12"));
    EXPECT_FALSE(mysql_side.contains("nonsense"));
    EXPECT_FALSE(mysql_side.contains(""));

    Executed mariadb_side;
    mariadb_side.reset(place(4), MariadbGtidPosition::parse("0-1-5").value(), at(1));
    EXPECT_TRUE(mariadb_side.contains("0-1-5"));
    EXPECT_FALSE(mariadb_side.contains("0-1-6"));
    mariadb_side.applied(1, by_place(6, 200));
    EXPECT_TRUE(mariadb_side.contains("0-1-6"));
    EXPECT_FALSE(mariadb_side.contains("7-1-1"));
}

TEST(Executed, UnsettledGroupsAndWaitingProbesAreBounded) {
    Executed executed;
    executed.reset(place(0), {}, at(1));
    constexpr std::uint64_t groups = Executed::unsettled_count_max + 1000;
    for (std::uint64_t n = 1; n <= groups; ++n) executed.applied(n, by_place(n, n * 10));
    executed.probed(place(groups * 10 - 1), at(2));
    EXPECT_EQ(executed.watermark(), Executed::unsettled_count_max - 1) << "the rest is settled as one";
    executed.probed(place(groups * 10), at(3));
    EXPECT_EQ(executed.watermark(), groups);
    for (int i = 0; i < 100; ++i) executed.probed(place(groups * 10 + 1000), at(10 + i));
    executed.applied(groups + 1, by_place(groups + 1, groups * 10 + 1000));
    EXPECT_EQ(executed.horizon(), at(109));
}

TEST(Executed, AtRestARotatedFileIsPassedWithoutAGroup) {
    Executed executed;
    SteadyTime begun{};
    executed.reset(BinlogPosition{"bin.000001", 400}, {}, begun);
    auto sent = begun + std::chrono::seconds(1);
    executed.probed(BinlogPosition{"bin.000002", 300}, sent);
    EXPECT_EQ(executed.horizon(), begun);
    executed.passed({"bin.000002", 4});
    EXPECT_EQ(executed.horizon(), begun);
    executed.passed({"bin.000002", 300});
    EXPECT_EQ(executed.horizon(), sent);
    executed.passed({"bin.000001", 9999});
    EXPECT_EQ(executed.resume_at(), Visible(BinlogPosition{"bin.000002", 300})) << "never back";
}

}  // namespace
}  // namespace sabil::invalidation
