#include "mysql/wire/ok_packet.h"

#include <gtest/gtest.h>

#include "mysql/wire/eof_packet.h"
#include "mysql/wire/err_packet.h"
#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

using testing::bytes;

// As MySQL sends it after an INSERT with session_track_gtids=OWN_GTID.
std::string tracked_ok() {
    return bytes({0, 1, 42, 0x02, 0x40, 3, 0, 4}) + "Done" + bytes({9, 3, 7, 0, 5}) + "u:1-5";
}

TEST(OkPacket, reads_message_and_state_changes_under_session_track) {
    const auto payload = tracked_ok();
    auto ok = parse_ok(payload, capability::session_track);
    ASSERT_TRUE(ok) << ok.error().message;
    EXPECT_EQ(ok->affected_rows, 1U);
    EXPECT_EQ(ok->last_insert_id, 42U);
    EXPECT_EQ(ok->status, status::autocommit | status::session_state_changed);
    EXPECT_EQ(ok->warnings, 3);
    EXPECT_EQ(ok->message, "Done");
    auto changes = parse_session_state(ok->session_state);
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 1U);
    EXPECT_EQ(tracked_gtid(*changes), "u:1-5");
}

TEST(OkPacket, loses_state_and_its_flag_for_a_client_without_session_track) {
    std::string out;
    ASSERT_TRUE(translate_ok(out, tracked_ok(), capability::session_track, 0));
    EXPECT_EQ(out, bytes({0, 1, 42, 0x02, 0x00, 3, 0}) + "Done");
}

TEST(OkPacket, gains_the_length_for_a_client_with_session_track) {
    std::string out;
    ASSERT_TRUE(translate_ok(out, bytes({0, 1, 42, 2, 0, 3, 0}) + "Done", 0, capability::session_track));
    EXPECT_EQ(out, bytes({0, 1, 42, 2, 0, 3, 0, 4}) + "Done");
    out.clear();
    ASSERT_TRUE(translate_ok(out, bytes({0, 0, 0, 2, 0, 0, 0}), 0, capability::session_track));
    EXPECT_EQ(out, bytes({0, 0, 0, 2, 0, 0, 0}));
}

TEST(OkPacket, the_same_capabilities_give_the_same_bytes) {
    for (const auto& payload :
         {tracked_ok(), bytes({0xfe, 0, 0, 0x22, 0, 0, 0}), bytes({0, 0, 0, 2, 0, 0, 0, 1, 'x'})}) {
        std::string out;
        ASSERT_TRUE(translate_ok(out, payload, capability::session_track, capability::session_track));
        EXPECT_EQ(out, payload);
    }
}

TEST(OkPacket, refuses_truncation_and_other_packets) {
    const auto payload = tracked_ok();
    for (std::size_t cut = 0; cut < payload.size(); ++cut) {
        if (cut == 7 || cut == 12) continue;  // without the optional tail it is whole
        EXPECT_FALSE(parse_ok(std::string_view(payload).substr(0, cut), capability::session_track)) << cut;
    }
    EXPECT_FALSE(parse_ok(bytes({0xff, 0, 0, 2, 0, 0, 0}), 0));
}

TEST(SessionState, survives_a_round_trip) {
    SessionStateChanges changes;
    changes.push_back({SessionStateType::system_variable, "autocommit", "OFF", 0});
    changes.push_back({SessionStateType::schema, "", "news", 1});
    changes.push_back({SessionStateType::state_change, "", "1", 2});
    changes.push_back({SessionStateType::gtids, "", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1", 3});
    changes.push_back({SessionStateType::transaction_state, "", "T_______", 5});
    changes.push_back({SessionStateType::unknown, "", "\x01raw", 77});
    auto back = parse_session_state(build_session_state(changes));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->size(), changes.size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        EXPECT_EQ((*back)[i].type, changes[i].type);
        EXPECT_EQ((*back)[i].name, changes[i].name);
        EXPECT_EQ((*back)[i].value, changes[i].value);
        EXPECT_EQ((*back)[i].raw_type, changes[i].raw_type);
    }
}

TEST(SessionState, finds_mariadb_s_last_gtid) {
    const auto block = bytes({0, 16, 9}) + "last_gtid" + bytes({5}) + "0-1-5";
    auto changes = parse_session_state(block);
    ASSERT_TRUE(changes);
    EXPECT_EQ(tracked_gtid(*changes), "0-1-5");
}

TEST(SessionState, refuses_lengths_that_do_not_fit) {
    EXPECT_FALSE(parse_session_state(bytes({0, 5, 9, 'l'})));
    EXPECT_FALSE(parse_session_state(bytes({0, 2, 9, 'l'})));
    EXPECT_FALSE(parse_session_state(bytes({3})));
    EXPECT_FALSE(parse_session_state(bytes({3, 3, 0, 7, 'x'})));
}

TEST(ErrPacket, reads_with_and_without_sql_state) {
    const auto payload = bytes({0xff, 0x7a, 0x04}) + "#42S02Table 'x' doesn't exist";
    auto err = parse_err(payload);
    ASSERT_TRUE(err);
    EXPECT_EQ(err->number, 1146);
    EXPECT_EQ(err->sql_state, "42S02");
    EXPECT_EQ(err->message, "Table 'x' doesn't exist");
    std::string out;
    build_err(out, *err);
    EXPECT_EQ(out, payload);
    const auto early = bytes({0xff, 0x10, 0x04}) + "Too many connections";
    err = parse_err(early);
    ASSERT_TRUE(err);
    EXPECT_TRUE(err->sql_state.empty());
    out.clear();
    build_err(out, *err);
    EXPECT_EQ(out, early);
    EXPECT_FALSE(parse_err(bytes({0xff, 1})));
    EXPECT_FALSE(parse_err(bytes({0xff, 1, 1, '#', 'a'})));
}

TEST(EofPacket, survives_a_round_trip_and_is_told_from_a_row) {
    std::string out;
    build_eof(out, {2, status::autocommit});
    EXPECT_EQ(out, bytes({0xfe, 2, 0, 2, 0}));
    auto eof = parse_eof(out);
    ASSERT_TRUE(eof);
    EXPECT_EQ(eof->warnings, 2);
    EXPECT_EQ(eof->status, status::autocommit);
    EXPECT_FALSE(parse_eof(bytes({0xfe, 2, 0, 2})));
    EXPECT_TRUE(ends_rows(0xfe, 5, 0));
    EXPECT_FALSE(ends_rows(0xfe, 9, 0));
    EXPECT_TRUE(ends_rows(0xfe, 900, capability::deprecate_eof));
    EXPECT_FALSE(ends_rows(0xfe, (1U << 24) - 1, capability::deprecate_eof));
    EXPECT_FALSE(ends_rows(0x00, 5, 0));
}

}  // namespace
}  // namespace sabil::mysql
