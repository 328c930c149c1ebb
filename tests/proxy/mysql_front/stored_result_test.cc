#include "proxy/mysql_front/stored_result.h"

#include <gtest/gtest.h>

#include "proxy/mysql_front/answer_comparison.h"

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::string_literals;
namespace flags = mysql::status;

std::string packet(std::uint8_t sequence, const std::string& payload) {
    std::string out;
    out.push_back(static_cast<char>(payload.size()));
    out += "\0\0"s;
    out.push_back(static_cast<char>(sequence));
    return out + payload;
}

// A resultset of one column and one row; `status` in its end packets.
std::string result(mysql::Capabilities capabilities, const std::string& status, char row = '7') {
    const bool eof = !mysql::has(capabilities, mysql::capability::deprecate_eof);
    const auto column = "\x03" "def\0\0\0\x01" "1\0\x0c\x3f\0\x01\0\0\0\x03\x81\0\0\0\0"s;
    auto out = packet(1, "\x01"s) + packet(2, column);
    if (eof) out += packet(3, "\xfe\0\0"s + status);
    out += packet(eof ? 4 : 3, "\x01"s + row);
    return out + packet(eof ? 5 : 4, eof ? "\xfe\0\0"s + status : "\xfe\0\0"s + status + "\0\0"s);
}

mysql::ResponseSummary track(const std::string& answer, mysql::Capabilities capabilities) {
    mysql::ResponseTracker tracker;
    tracker.start(mysql::Command::query, capabilities);
    auto consumed = tracker.consume(answer);
    EXPECT_TRUE(consumed && *consumed == answer.size() && tracker.done());
    return tracker.summary();
}

class StoredResult : public ::testing::TestWithParam<mysql::Capabilities> {};

TEST_P(StoredResult, IsSentWithTheSessionsOwnFlags) {
    const auto answer = result(GetParam(), "\x22\x00"s);  // autocommit, no index used
    const auto head = locate_flags(answer, track(answer, GetParam()), GetParam());
    ASSERT_TRUE(head);
    SharedDefinitions definitions;
    for (const bool shared : {false, true}) {
        const auto blob = make_result(definitions, answer, track(answer, GetParam()), *head);
        EXPECT_EQ(head_of(*blob).definitions != 0, shared);
        EXPECT_EQ(blob->bytes().size() < answer.size(), shared);
        std::string same = "before";
        append_result(same, definitions, head_of(*blob), *blob, flags::autocommit);
        EXPECT_EQ(same, "before" + answer);
        std::string other;
        append_result(other, definitions, head_of(*blob), *blob,
                      flags::autocommit | flags::in_transaction | flags::no_backslash_escapes);
        EXPECT_EQ(other, result(GetParam(), "\x23\x02"s));
        ResultPieces pieces;
        cut_result(pieces, definitions, *blob, flags::autocommit | flags::in_transaction | flags::no_backslash_escapes);
        std::string joined;
        for (std::size_t i = 0; i < pieces.count; ++i) joined += pieces.pieces[i];
        EXPECT_EQ(joined, other);
        EXPECT_TRUE(same_rows(definitions, *blob, other, *head));
        const auto other_row = result(GetParam(), "\x22\x00"s, '8');
        EXPECT_FALSE(same_rows(definitions, *blob, other_row, *head));
    }
}

TEST(SharedDefinitions, AreKeptOnceThoseThatComeAgain) {
    SharedDefinitions definitions;
    const auto text = [](std::size_t n) { return std::string(200, 'd') + std::to_string(n); };
    EXPECT_EQ(definitions.share(text(1)), 0);
    const auto id = definitions.share(text(1));
    ASSERT_NE(id, 0);
    EXPECT_EQ(definitions.share(text(1)), id);
    EXPECT_EQ(definitions.bytes(id), text(1));
    EXPECT_EQ(definitions.bytes(0), "");
    EXPECT_EQ(definitions.share_at_once("short"), 0);
    EXPECT_EQ(definitions.share_at_once(std::string(SharedDefinitions::shared_bytes_max + 1, 'x')), 0);
    for (std::size_t n = 0; n < 2 * SharedDefinitions::definitions_count_max; ++n) (void)definitions.share_at_once(text(n));
    EXPECT_EQ(definitions.count(), SharedDefinitions::definitions_count_max);
    EXPECT_EQ(definitions.bytes(id), text(1));
    EXPECT_EQ(definitions.bytes(SharedDefinitions::definitions_count_max).size(), text(1000).size());
    SharedDefinitions long_ones;
    std::size_t kept = 0;
    for (std::size_t n = 0; n < 300; ++n) kept += long_ones.share_at_once(std::string(30'000, 'x') + std::to_string(n)) != 0;
    EXPECT_EQ(kept, SharedDefinitions::bytes_max / 30'003);
}

TEST_P(StoredResult, FlagsThatAreNotTheSessionsAreNeverKept) {
    const bool eof = !mysql::has(GetParam(), mysql::capability::deprecate_eof);
    for (const auto flag : {flags::more_results, flags::cursor_exists, flags::session_state_changed}) {
        if (eof && flag == flags::session_state_changed) continue;
        const auto answer = result(GetParam(), {static_cast<char>(flag), static_cast<char>(flag >> 8)});
        mysql::ResponseTracker tracker;
        tracker.start(mysql::Command::query, GetParam());
        (void)tracker.consume(answer);
        EXPECT_FALSE(locate_flags(answer, tracker.summary(), GetParam())) << flag;
    }
    EXPECT_EQ(patched_flags(0xffff & ~flags::autocommit, flags::autocommit),
              flags::autocommit | flags::no_good_index_used | flags::no_index_used | flags::session_state_changed);
}

// MariaDB marks the EOFs of a read over another schema's view, each time.
TEST_P(StoredResult, AnEofKeepsItsMark) {
    if (mysql::has(GetParam(), mysql::capability::deprecate_eof)) return;
    const auto answer = result(GetParam(), "\x22\x40"s);
    const auto head = locate_flags(answer, track(answer, GetParam()), GetParam());
    ASSERT_TRUE(head);
    SharedDefinitions definitions;
    const auto blob = make_result(definitions, answer, track(answer, GetParam()), *head);
    std::string same;
    append_result(same, definitions, head_of(*blob), *blob, flags::autocommit);
    EXPECT_EQ(same, answer);
}

TEST_P(StoredResult, WarningsErrorsAndPlainOksAreNotKept) {
    const bool eof = !mysql::has(GetParam(), mysql::capability::deprecate_eof);
    auto warned = result(GetParam(), "\x02\x00"s);
    warned[eof ? warned.size() - 4 : warned.size() - 2] = 1;
    EXPECT_FALSE(locate_flags(warned, track(warned, GetParam()), GetParam()));
    const auto ok = packet(1, "\x00\x00\x00\x02\x00\x00\x00"s);
    EXPECT_FALSE(locate_flags(ok, track(ok, GetParam()), GetParam()));
    const auto error = packet(1, "\xff\x28\x04#42000no"s);
    EXPECT_FALSE(locate_flags(error, track(error, GetParam()), GetParam()));
}

INSTANTIATE_TEST_SUITE_P(BothEndings, StoredResult,
                         ::testing::Values(mysql::capability::protocol_41,
                                           mysql::capability::protocol_41 | mysql::capability::deprecate_eof));

}  // namespace
}  // namespace sabil::proxy::mysql_front
