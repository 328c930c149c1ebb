#include "proxy/readthrough/json_text.h"

#include <gtest/gtest.h>

namespace sabil::proxy::readthrough {
namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string base64(std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
}

TEST(JsonString, EscapesWhatJsonAsksFor) {
    EXPECT_EQ(json("plain"), "\"plain\"");
    EXPECT_EQ(json("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    EXPECT_EQ(json("\n\r\t\b\f"), "\"\\n\\r\\t\\b\\f\"");
    EXPECT_EQ(json(std::string_view("\0\x1f", 2)), "\"\\u0000\\u001f\"");
    EXPECT_EQ(json("\x7f"), "\"\x7f\"");
}

TEST(JsonString, KeepsUtf8AndReplacesWhatIsNot) {
    EXPECT_EQ(json("سبيل €😀"), "\"سبيل €😀\"");
    EXPECT_EQ(json("a\xff z"), "\"a\xef\xbf\xbd z\"");
    EXPECT_EQ(json("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong
    EXPECT_EQ(json("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
    EXPECT_EQ(json("\xf4\x90\x80\x80").size(), 2U + 4 * 3);                       // past U+10FFFF
    EXPECT_EQ(json("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // cut short
}

TEST(Base64, Pads) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("\xff\xfe\xfd\xfc"), "//79/A==");
}

TEST(JsonRow, WritesEachKindInItsForm) {
    using mysql::CellKind;
    mysql::Rows rows;
    auto add = [&](const std::string& name, CellKind kind, mysql::Cell cell) {
        mysql::RowsColumn column;
        column.name = name;
        column.kind = kind;
        rows.columns.push_back(column);
        if (rows.rows.empty()) rows.rows.emplace_back();
        rows.rows[0].push_back(std::move(cell));
    };
    add("i", CellKind::integer, std::int64_t{-5});
    add("u", CellKind::unsigned_integer, std::uint64_t{18446744073709551615ULL});
    add("d", CellKind::decimal, std::string("-0012.3400"));
    add("r", CellKind::real, 0.1);
    add("t", CellKind::text, std::string("a\"b"));
    add("b", CellKind::binary, std::string("\xff\x00", 2));
    add("j", CellKind::json, std::string("{\"k\": [1, 2]}"));
    add("n", CellKind::text, std::monostate{});
    add("at", CellKind::datetime, std::string("2024-01-31 12:00:00.5"));
    std::string out;
    append_json_row(out, rows, 0);
    EXPECT_EQ(out,
              "{\"i\":-5,\"u\":18446744073709551615,\"d\":-12.3400,\"r\":0.1,\"t\":\"a\\\"b\",\"b\":\"/wA=\","
              "\"j\":{\"k\": [1, 2]},\"n\":null,\"at\":\"2024-01-31 12:00:00.5\"}");
}

TEST(MarkJsonColumns, TakesTextThatIsJsonThroughoutAndNothingElse) {
    mysql::Rows rows;
    for (const auto* name : {"doc", "other", "broken"}) {
        mysql::RowsColumn column;
        column.name = name;
        column.kind = mysql::CellKind::text;
        rows.columns.push_back(column);
    }
    rows.rows = {{std::string("{\"a\": 1}"), std::string("{}"), std::string("[1]")},
                 {std::monostate{}, std::string("{}"), std::string("[1")}};
    mark_json_columns(rows, {"doc", "broken"});
    EXPECT_EQ(rows.columns[0].kind, mysql::CellKind::json);
    EXPECT_EQ(rows.columns[1].kind, mysql::CellKind::text);
    EXPECT_EQ(rows.columns[2].kind, mysql::CellKind::text);
}

TEST(JsonRow, AFloatShowsAFloatsDigits) {
    mysql::RowsColumn column;
    column.kind = mysql::CellKind::real;
    column.is_float = true;
    std::string out;
    append_json_cell(out, column, static_cast<double>(0.1F));
    EXPECT_EQ(out, "0.1");
}

}  // namespace
}  // namespace sabil::proxy::readthrough
