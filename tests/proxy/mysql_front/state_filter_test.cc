#include "proxy/mysql_front/state_filter.h"

#include <gtest/gtest.h>

#include "mysql/wire/ok_packet.h"

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::string_literals;

// Recorded from MariaDB 10.11: SET NAMES utf8mb4 with session_track_system_variables='*'.
const std::string set_names =
    "\x00\x00\x00\x02\x40\x00\x00\x00\x62"s
    "\x00\x21\x18" "character_set_connection\x07utf8mb4"s +
    "\x00\x1d\x14" "character_set_client\x07utf8mb4"s + "\x00\x1e\x15" "character_set_results\x07utf8mb4"s;
const std::string state_change = "\x02\x01\x31"s;

std::string ok_with(const std::string& message, const std::string& block) {
    std::string out = "\x00\x01\x00\x03\x40\x00\x00"s;
    out.push_back(static_cast<char>(message.size()));
    out += message;
    out.push_back(static_cast<char>(block.size()));
    return out + block;
}

std::string filtered(const std::string& payload, bool tracks, const TrackingSettings& settings = {}) {
    std::string out;
    append_filtered_ok(out, payload, tracks, settings);
    return out;
}

TEST(StateFilter, AClientThatDoesNotTrackSeesAPlainOk) {
    EXPECT_TRUE(reports_session_state(set_names));
    EXPECT_EQ(filtered(set_names, false), "\x00\x00\x00\x02\x00\x00\x00"s);
}

TEST(StateFilter, TheMessageStays) {
    EXPECT_EQ(filtered(ok_with("Rows matched: 1", state_change), false),
              "\x00\x01\x00\x03\x00\x00\x00\x0fRows matched: 1"s);
}

TEST(StateFilter, WhatTheClientAskedForStaysAndTheRestGoes) {
    const auto last_gtid = "\x00\x11\x09last_gtid\x06" "0-11-6"s;
    const auto autocommit = "\x00\x0f\x0a" "autocommit\x03OFF"s;
    TrackingSettings settings{"time_zone, AUTOCOMMIT", true, false, false};
    EXPECT_EQ(filtered(ok_with("", last_gtid + autocommit + state_change), true, settings), ok_with("", autocommit));
    EXPECT_EQ(filtered(ok_with("", last_gtid), true, settings), "\x00\x01\x00\x03\x00\x00\x00"s);
    settings.system_variables = "*";
    settings.state_change = true;
    const auto all = ok_with("", last_gtid + autocommit + state_change);
    EXPECT_EQ(filtered(all, true, settings), all);
}

// Recorded from MySQL 9.7: BEGIN in a transaction, with session_track_system_variables='*' and without.
TEST(StateFilter, AMarkWithoutReportsStays) {
    const auto statement_id = "\x00\x10\x0c" "statement_id\x02" "55"s;
    const auto begin = "\x00\x00\x00\x03\x40\x00\x00\x00\x12"s + statement_id;
    const auto alone = "\x00\x00\x00\x03\x40\x00\x00\x00\x00"s;
    const TrackingSettings settings{"time_zone", true, false, false};
    std::string out;
    append_filtered_ok(out, begin, true, settings, true);
    EXPECT_EQ(out, alone);
    EXPECT_EQ(filtered(begin, true, settings), "\x00\x00\x00\x03\x00\x00\x00"s);
    EXPECT_EQ(filtered(alone, true, settings), alone);
    EXPECT_EQ(filtered(alone, false), "\x00\x00\x00\x03\x00\x00\x00"s);
    out.clear();
    append_filtered_ok(out, begin, false, settings, true);
    EXPECT_EQ(out, "\x00\x00\x00\x03\x00\x00\x00"s);
}

TEST(StateFilter, SchemaAndGtidsAreTheirOwnSettings) {
    const auto schema = "\x01\x02\x01t"s;
    const auto gtids = "\x03\x04\x00\x02u1"s;
    EXPECT_EQ(filtered(ok_with("", schema + gtids), true, {"", true, false, false}), ok_with("", schema));
    EXPECT_EQ(filtered(ok_with("", schema + gtids), true, {"", false, false, true}), ok_with("", gtids));
}

TEST(StateFilter, AnEofLosesItsFlag) {
    const auto eof = "\xfe\x00\x00\x22\x40"s;
    EXPECT_TRUE(is_eof_with_changes(eof));
    EXPECT_EQ(filtered(eof, false), "\xfe\x00\x00\x22\x00"s);
    EXPECT_FALSE(is_eof_with_changes("\xfe\x00\x00\x22\x00"s));
    EXPECT_FALSE(is_eof_with_changes("\xfe\x00\x00\x22\x40\x00"s));
}

TEST(StateFilter, WhatIsNoOkIsLeftAlone) {
    EXPECT_FALSE(reports_session_state("\xff\x28\x04"s));
    EXPECT_FALSE(reports_session_state(""));
    EXPECT_FALSE(reports_session_state("\x00\x00\x00\x02\x00\x00\x00"s));
    for (std::size_t n = 1; n < set_names.size(); ++n) {
        const auto cut = set_names.substr(0, n);
        EXPECT_EQ(filtered(cut, false), cut) << n;
    }
}

TEST(SessionChanges, AreReadAsServersSendThem) {
    // MariaDB 10.11: SET SESSION wait_timeout = 3, with everything tracked.
    auto changes = read_session_changes("\x00\x0f\x0cwait_timeout\x01" "3\x02\x01" "1"s);
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 2U);
    EXPECT_EQ((*changes)[0].name, "wait_timeout");
    EXPECT_EQ((*changes)[0].value, "3");
    EXPECT_EQ((*changes)[1].type, mysql::SessionStateType::state_change);
    auto schema = read_session_changes("\x01\x02\x01t\x02\x01" "0"s);
    ASSERT_TRUE(schema);
    ASSERT_EQ(schema->size(), 1U);
    EXPECT_EQ(schema->front().value, "t");
    EXPECT_FALSE(read_session_changes("\x00\x0f\x0cwait"s));
    EXPECT_TRUE(read_session_changes("")->empty());
}

TEST(StateFilter, ListsAreReadAsTheServerReadsThem) {
    EXPECT_TRUE(list_names_variable("*", "x"));
    EXPECT_TRUE(list_names_variable("a, Sql_Mode ,b", "sql_mode"));
    EXPECT_FALSE(list_names_variable("sql_mode_x", "sql_mode"));
    EXPECT_FALSE(list_names_variable("", "sql_mode"));
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
