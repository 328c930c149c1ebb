#include "mysql/wire/response_tracker.h"

#include <gtest/gtest.h>

#include "mysql/wire/session_state.h"
#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

using testing::bytes;
using testing::frames;

const std::string definition =
    bytes({3}) + "def" + bytes({0, 0, 0, 1}) + "a" + bytes({0, 12, 63, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0});
const std::string eof = bytes({0xfe, 0, 0, 2, 0});
const std::string eof_more = bytes({0xfe, 0, 0, 10, 0});
const std::string ok = bytes({0, 1, 5, 2, 0, 3, 0});
const std::string ok_more = bytes({0, 0, 0, 10, 0, 0, 0});
const std::string ok_end = bytes({0xfe, 0, 0, 2, 0, 1, 0});
const std::string err = bytes({0xff, 0x28, 0x04}) + "#42000You have an error";
constexpr Capabilities new_style = capability::deprecate_eof;

// Runs an answer through a tracker in pieces of every size: each must consume exactly the answer and not what follows.
ResponseSummary follow(Command command, Capabilities capabilities, const std::string& answer) {
    const auto stream = answer + frames({"the next answer"});
    ResponseSummary summary;
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        ResponseTracker tracker;
        tracker.start(command, capabilities);
        std::size_t at = 0;
        while (!tracker.done() && at < stream.size()) {
            auto consumed = tracker.consume(std::string_view(stream).substr(at, step));
            if (!consumed) {
                ADD_FAILURE() << consumed.error().message << ", cut every " << step;
                return summary;
            }
            at += *consumed;
            if (*consumed == 0) break;
        }
        EXPECT_TRUE(tracker.done()) << "cut every " << step;
        EXPECT_EQ(at, answer.size()) << "cut every " << step;
        EXPECT_EQ(tracker.summary().bytes, answer.size());
        if (step > 1) {
            EXPECT_EQ(tracker.summary().rows, summary.rows);
            EXPECT_EQ(tracker.summary().packets, summary.packets);
            EXPECT_EQ(tracker.summary().rows_begin, summary.rows_begin);
            EXPECT_EQ(tracker.summary().terminator_begin, summary.terminator_begin);
        }
        summary = tracker.summary();
    }
    return summary;
}

TEST(ResponseTracker, follows_an_ok) {
    const auto s = follow(Command::query, 0, frames({ok}));
    EXPECT_EQ(s.results, 1U);
    EXPECT_EQ(s.resultsets, 0U);
    EXPECT_EQ(s.affected_rows, 1U);
    EXPECT_EQ(s.last_insert_id, 5U);
    EXPECT_EQ(s.warnings, 3);
    EXPECT_TRUE(s.warned);
    EXPECT_FALSE(s.failed);
}

TEST(ResponseTracker, follows_an_error) {
    const auto s = follow(Command::query, 0, frames({err}));
    EXPECT_TRUE(s.failed);
    EXPECT_EQ(s.error_number, 1064);
    EXPECT_EQ(s.error_sql_state, "42000");
    EXPECT_EQ(s.error_message, "You have an error");
}

TEST(ResponseTracker, follows_a_resultset_in_both_styles) {
    const auto row = bytes({1, '7', 0xfb});
    const auto old_style =
        follow(Command::query, 0, frames({bytes({2}), definition, definition, eof, row, row, row, eof}));
    EXPECT_EQ(old_style.resultsets, 1U);
    EXPECT_EQ(old_style.columns, 2U);
    EXPECT_EQ(old_style.rows, 3U);
    const auto before_rows = frames({bytes({2}), definition, definition, eof}).size();
    EXPECT_EQ(old_style.rows_begin, before_rows);
    EXPECT_EQ(old_style.terminator_begin, before_rows + 3 * (4 + row.size()));

    const auto s = follow(Command::query, new_style, frames({bytes({2}), definition, definition, row, row, ok_end}));
    EXPECT_EQ(s.rows, 2U);
    EXPECT_EQ(s.warnings, 1);
    EXPECT_EQ(s.rows_begin, frames({bytes({2}), definition, definition}).size());
    const auto empty = follow(Command::stmt_execute, new_style, frames({bytes({1}), definition, ok_end}));
    EXPECT_EQ(empty.rows, 0U);
    EXPECT_EQ(empty.rows_begin, empty.terminator_begin);
}

TEST(ResponseTracker, a_long_row_with_the_eof_byte_in_front_is_a_row) {
    const auto row = bytes({0xfe, 5, 0, 0, 0, 0, 0, 0, 0}) + "12345";  // an odd but legal length
    const auto s = follow(Command::query, 0, frames({bytes({1}), definition, eof, row, eof}));
    EXPECT_EQ(s.rows, 1U);
}

TEST(ResponseTracker, counts_a_row_of_over_16_mb_as_one) {
    const std::string row = bytes({0xfe, 0, 0, 0, 1, 0, 0, 0, 0}) + std::string(std::size_t{1} << 24, 'r');
    const auto stream = frames({bytes({1}), definition, row, ok_end});
    ResponseTracker tracker;
    tracker.start(Command::query, new_style);
    std::size_t at = 0;
    while (!tracker.done()) {
        auto consumed = tracker.consume(std::string_view(stream).substr(at, 100'000));
        ASSERT_TRUE(consumed) << consumed.error().message;
        at += *consumed;
    }
    EXPECT_EQ(at, stream.size());
    EXPECT_EQ(tracker.summary().rows, 1U);
}

TEST(ResponseTracker, follows_several_results) {
    const auto row = bytes({1, 'x'});
    const auto s = follow(
        Command::query, 0,
        frames({bytes({1}), definition, eof, row, eof_more, ok_more, bytes({1}), definition, eof, row, row, eof}));
    EXPECT_EQ(s.results, 3U);
    EXPECT_EQ(s.resultsets, 2U);
    EXPECT_EQ(s.rows, 2U);
    const auto failed = follow(Command::query, 0, frames({ok_more, err}));
    EXPECT_EQ(failed.results, 1U);
    EXPECT_TRUE(failed.failed);
}

TEST(ResponseTracker, an_error_may_end_the_rows) {
    const auto s = follow(Command::query, new_style, frames({bytes({1}), definition, bytes({1, 'x'}), err}));
    EXPECT_TRUE(s.failed);
    EXPECT_EQ(s.rows, 1U);
    EXPECT_EQ(s.results, 0U);
}

TEST(ResponseTracker, a_cursor_ends_behind_the_definitions) {
    const auto eof_cursor = bytes({0xfe, 0, 0, 0x42, 0});
    const auto ok_cursor = bytes({0xfe, 0, 0, 0x42, 0, 0, 0});
    EXPECT_EQ(follow(Command::stmt_execute, 0, frames({bytes({1}), definition, eof_cursor})).results, 1U);
    EXPECT_EQ(follow(Command::stmt_execute, new_style, frames({bytes({1}), definition, ok_cursor})).results, 1U);
    const auto row = bytes({0, 0, 1});
    EXPECT_EQ(follow(Command::stmt_fetch, 0, frames({row, row, bytes({0xfe, 0, 0, 0x4a, 0})})).rows, 2U);
}

TEST(ResponseTracker, waits_for_the_client_s_file) {
    ResponseTracker tracker;
    tracker.start(Command::query, 0);
    ASSERT_TRUE(tracker.consume(frames({bytes({0xfb}) + "/tmp/file"})));
    EXPECT_TRUE(tracker.client_turn());
    EXPECT_TRUE(tracker.local_infile());
    EXPECT_FALSE(tracker.done());
    ASSERT_TRUE(tracker.consume(frames({ok})));
    EXPECT_FALSE(tracker.client_turn());
    EXPECT_TRUE(tracker.done());
}

TEST(ResponseTracker, follows_a_preparation) {
    const auto head = [](int columns, int parameters) {
        return bytes({0, 9, 0, 0, 0, columns, 0, parameters, 0, 0, 1, 0});
    };
    auto s = follow(Command::stmt_prepare, 0, frames({head(2, 1), definition, eof, definition, definition, eof}));
    EXPECT_EQ(s.prepared.statement_id, 9U);
    EXPECT_EQ(s.prepared.columns, 2);
    EXPECT_EQ(s.warnings, 0);  // the last EOF's
    EXPECT_TRUE(s.warned);
    EXPECT_TRUE(s.told_status);
    s = follow(Command::stmt_prepare, new_style, frames({head(2, 1), definition, definition, definition}));
    EXPECT_FALSE(s.told_status);
    follow(Command::stmt_prepare, 0, frames({head(0, 2), definition, definition, eof}));
    follow(Command::stmt_prepare, new_style, frames({head(0, 2), definition, definition}));
    follow(Command::stmt_prepare, 0, frames({head(1, 0), definition, eof}));
    follow(Command::stmt_prepare, 0, frames({head(0, 0)}));
    EXPECT_TRUE(follow(Command::stmt_prepare, 0, frames({err})).failed);
    const auto without = head(3, 2) + bytes({0});
    follow(Command::stmt_prepare, capability::optional_resultset_metadata, frames({without, eof, eof}));
    follow(Command::stmt_prepare, capability::optional_resultset_metadata | new_style, frames({without}));
}

TEST(ResponseTracker, follows_a_resultset_without_its_definitions) {
    const auto caps = capability::mariadb_cache_metadata;
    const auto row = bytes({0, 0, 1});
    EXPECT_EQ(follow(Command::stmt_execute, caps | new_style, frames({bytes({2, 0}), row, ok_end})).rows, 1U);
    EXPECT_EQ(follow(Command::stmt_execute, caps, frames({bytes({2, 0}), eof, row, eof})).rows, 1U);
    EXPECT_EQ(follow(Command::stmt_execute, caps, frames({bytes({1, 1}), definition, eof, row, eof})).rows, 1U);
}

TEST(ResponseTracker, keeps_definitions_for_clients_that_do) {
    const auto caps = capability::mariadb_cache_metadata | new_style;
    const auto row = bytes({0, 0, 1});
    const auto sent = follow(Command::stmt_execute, caps, frames({bytes({1, 1}), definition, row, ok_end}));
    EXPECT_EQ(sent.definitions, bytes({static_cast<int>(definition.size()), 0, 0}) + definition);
    EXPECT_FALSE(sent.definitions_omitted);
    const auto omitted = follow(Command::stmt_execute, caps, frames({bytes({1, 0}), row, ok_end}));
    EXPECT_TRUE(omitted.definitions.empty());
    EXPECT_TRUE(omitted.definitions_omitted);
    EXPECT_TRUE(follow(Command::stmt_execute, new_style, frames({bytes({1}), definition, row, ok_end})).definitions.empty());
    const auto head = bytes({0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0});
    EXPECT_EQ(follow(Command::stmt_prepare, caps, frames({head, definition, definition})).definitions.size(),
              definition.size() + 3)
        << "those of the parameters are not the result's";
}

TEST(ResponseTracker, collects_session_state_of_all_results) {
    const auto first = bytes({0, 0, 0, 0x0a, 0x40, 0, 0, 0, 7, 1, 5, 4}) + "news";
    const auto second = bytes({0, 0, 0, 0x02, 0x40, 0, 0, 0, 5, 3, 3, 0, 1}) + "g";
    const auto s = follow(Command::query, capability::session_track, frames({first, second}));
    auto changes = parse_session_state(s.session_state);
    ASSERT_TRUE(changes);
    ASSERT_EQ(changes->size(), 2U);
    EXPECT_EQ((*changes)[0].value, "news");
    EXPECT_EQ(tracked_gtid(*changes), "g");
}

TEST(ResponseTracker, follows_the_other_shapes) {
    follow(Command::ping, 0, frames({ok}));
    follow(Command::set_option, 0, frames({eof}));
    follow(Command::set_option, new_style, frames({ok_end}));
    follow(Command::statistics, 0, frames({"Uptime: 5  Threads: 1"}));
    EXPECT_EQ(follow(Command::field_list, 0, frames({definition, definition, eof})).columns, 2U);
    EXPECT_TRUE(follow(Command::field_list, 0, frames({err})).failed);
    follow(Command::process_info, 0, frames({bytes({1}), definition, eof, bytes({1, '5'}), eof}));
    follow(Command::binlog_dump, 0, frames({bytes({0}) + "event", bytes({0}) + "event", eof}));
    EXPECT_TRUE(follow(Command::binlog_dump_gtid, 0, frames({bytes({0}) + "event", err})).failed);
    follow(Command::quit, 0, "");
    follow(Command::stmt_close, 0, "");
    follow(Command::stmt_send_long_data, 0, "");
}

TEST(ResponseTracker, follows_the_login_of_change_user) {
    ResponseTracker tracker;
    tracker.start(Command::change_user, 0);
    ASSERT_TRUE(tracker.consume(frames({bytes({0xfe}) + "caching_sha2_password" + bytes({0}) + "nonce" + bytes({0})})));
    EXPECT_TRUE(tracker.client_turn());
    ASSERT_TRUE(tracker.consume(frames({bytes({1, 3})})));
    EXPECT_FALSE(tracker.client_turn());
    ASSERT_TRUE(tracker.consume(frames({bytes({1, 4})})));
    EXPECT_TRUE(tracker.client_turn());
    EXPECT_FALSE(tracker.done());
    ASSERT_TRUE(tracker.consume(frames({ok})));
    EXPECT_TRUE(tracker.done());
}

TEST(ResponseTracker, steps_over_mariadb_s_progress_reports) {
    const auto progress = bytes({0xff, 0xff, 0xff, 1, 1, 1, 0, 0, 0, 4}) + "copy";
    const auto s = follow(Command::query, capability::mariadb_progress, frames({progress, progress, ok}));
    EXPECT_FALSE(s.failed);
    EXPECT_EQ(s.results, 1U);
}

TEST(ResponseTracker, an_unknown_command_s_answer_never_ends) {
    ResponseTracker tracker;
    tracker.start(Command::clone, 0);
    ASSERT_TRUE(tracker.consume(frames({ok, err, eof})));
    EXPECT_FALSE(tracker.done());
}

TEST(ResponseTracker, refuses_what_breaks_the_protocol) {
    const auto refused = [](Command command, const std::string& answer) {
        ResponseTracker tracker;
        tracker.start(command, 0);
        auto consumed = tracker.consume(answer);
        return !consumed && consumed.error().code == ErrorCode::protocol;
    };
    EXPECT_TRUE(refused(Command::query, frames({""})));
    EXPECT_TRUE(refused(Command::query, frames({bytes({0xfe, 0, 0})})));
    EXPECT_TRUE(refused(Command::query, frames({bytes({0xfd, 1, 0, 1})})));  // 65,537 columns
    EXPECT_TRUE(refused(Command::query, frames({bytes({0, 1})})));
    EXPECT_TRUE(refused(Command::query, frames({bytes({1}), definition, "no EOF"})));
    EXPECT_TRUE(refused(Command::ping, frames({"pong"})));
    EXPECT_TRUE(refused(Command::stmt_prepare, frames({bytes({0, 1})})));
}

TEST(ResponseTracker, does_not_collect_without_a_limit) {
    const auto answer = frames({ok + std::string(ResponseTracker::head_bytes_max + 1, 'x')});
    ResponseTracker tracker;
    tracker.start(Command::query, 0);
    ASSERT_TRUE(tracker.consume(std::string_view(answer).substr(0, 10)));
    EXPECT_FALSE(tracker.consume(std::string_view(answer).substr(10)));
}

}  // namespace
}  // namespace sabil::mysql
