#include "proxy/mysql_front/execute_view.h"

#include <gtest/gtest.h>

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::string_literals;

const std::string head = "\x17\x05\x00\x00\x00\x00\x01\x00\x00\x00"s;

TEST(ExecuteView, WithoutParametersNothingFollows) {
    auto view = view_execute(head, 0, 0);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->statement_id, 5U);
    EXPECT_EQ(view->types_at, 0U);
    EXPECT_TRUE(view->values.empty());
}

TEST(ExecuteView, FindsBitmapTypesAndValues) {
    const auto packet = head + "\x02\x01\x03\x00\xfd\x00\x2a\x00\x00\x00"s;
    auto view = view_execute(packet, 0, 2);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->types_follow);
    EXPECT_EQ(view->null_bitmap, "\x02"s);
    EXPECT_EQ(view->types, "\x03\x00\xfd\x00"s);
    EXPECT_EQ(view->values, "\x2a\x00\x00\x00"s);
}

TEST(ExecuteView, TypesOfTheExecutionBeforeArePutIn) {
    const auto without = head + "\x00\x00\x2a\x00\x00\x00"s;
    auto view = view_execute(without, 0, 1);
    ASSERT_TRUE(view);
    EXPECT_FALSE(view->types_follow);
    std::string with;
    append_with_types(with, without, *view, "\x03\x00"s);
    EXPECT_EQ(with, head + "\x00\x01\x03\x00\x2a\x00\x00\x00"s);
    // Given back unchanged where they are there already.
    auto again = view_execute(with, 0, 1);
    ASSERT_TRUE(again);
    std::string same;
    append_with_types(same, with, *again, "\xfd\x00"s);
    EXPECT_EQ(same, with);
}

TEST(ExecuteView, QueryAttributesBringNamesAndACount) {
    const auto caps = mysql::capability::query_attributes;
    const auto flagged = "\x17\x05\x00\x00\x00\x08\x01\x00\x00\x00"s;
    const auto packet = flagged + "\x02\x00\x01\x03\x00\x00\xfd\x00\x02hi\x2a\x00\x00\x00\x01x"s;
    auto view = view_execute(packet, caps, 1);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->has_attributes);
    EXPECT_EQ(view->types, "\x03\x00\x00\xfd\x00\x02hi"s);
    auto own = view_execute(flagged + "\x01\x00\x01\x03\x00\x00\x2a\x00\x00\x00"s, caps, 1);
    ASSERT_TRUE(own);
    EXPECT_FALSE(own->has_attributes);
}

TEST(ExecuteView, EveryCutIsRefusedOrHarmless) {
    const auto packet = head + "\x00\x01\x03\x00\xfd\x00\x2a\x00\x00\x00\x01x"s;
    for (std::size_t n = 0; n < head.size() + 6; ++n) EXPECT_FALSE(view_execute(packet.substr(0, n), 0, 2)) << n;
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
