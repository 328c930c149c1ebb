#include "proxy/readthrough/encode.h"

#include <gtest/gtest.h>

namespace sabil::proxy::readthrough {
namespace {

using mysql::CellKind;

const cache::EncodingLimits limits;

mysql::RowsColumn column(const std::string& name, CellKind kind) {
    mysql::RowsColumn out;
    out.name = name;
    out.kind = kind;
    return out;
}

// id, title, views: two rows, the second with a NULL title.
mysql::Rows articles() {
    mysql::Rows out;
    out.columns = {column("id", CellKind::integer), column("title", CellKind::text),
                   column("views", CellKind::decimal)};
    out.rows = {{std::int64_t{1}, std::string("One"), std::string("10.50")},
                {std::int64_t{2}, std::monostate{}, std::string("7.00")}};
    return out;
}

std::string text_of(Encoding as, const mysql::Rows& rows) {
    auto value = encode(as, rows, limits).value();
    if (const auto* text = std::get_if<cache::String>(&value.variant())) return std::string(text->view());
    if (const auto* integer = std::get_if<std::int64_t>(&value.variant())) return std::to_string(*integer);
    return value.type() == cache::ValueType::absent ? "(absent)" : "(" + std::string(type_name(value.type())) + ")";
}

TEST(Encode, JsonIsAnArrayOfObjects) {
    EXPECT_EQ(text_of(Encoding::json, articles()),
              R"([{"id":1,"title":"One","views":10.50},{"id":2,"title":null,"views":7.00}])");
}

TEST(Encode, RowIsOneObject) {
    EXPECT_EQ(text_of(Encoding::row, articles()), R"({"id":1,"title":"One","views":10.50})");
}

TEST(Encode, StringIsTheFirstColumnOfTheFirstRow) {
    EXPECT_EQ(text_of(Encoding::string, articles()), "1");
    auto rows = articles();
    rows.rows[0][0] = std::monostate{};
    EXPECT_EQ(text_of(Encoding::string, rows), "(absent)");
}

TEST(Encode, NoRowIsAnAbsentKeyInEveryEncoding) {
    auto rows = articles();
    rows.rows.clear();
    for (auto as : {Encoding::json, Encoding::row, Encoding::string, Encoding::hash, Encoding::list, Encoding::set,
                    Encoding::zset}) {
        EXPECT_EQ(text_of(as, rows), "(absent)") << encoding_name(as);
    }
}

TEST(Encode, HashLeavesNullFieldsOut) {
    auto rows = articles();
    rows.rows.erase(rows.rows.begin());
    auto value = encode(Encoding::hash, rows, limits).value();
    auto* hash = value.get<cache::Hash>();
    ASSERT_NE(hash, nullptr);
    EXPECT_EQ(hash->size(), 2U);
    EXPECT_TRUE(*hash->get("id") == "2");
    EXPECT_TRUE(*hash->get("views") == "7.00");
    EXPECT_FALSE(hash->contains("title"));
}

TEST(Encode, ListKeepsOrderAndRepeats) {
    auto rows = articles();
    rows.rows.push_back(rows.rows[0]);
    auto value = encode(Encoding::list, rows, limits).value();
    auto* list = value.get<cache::List>();
    ASSERT_NE(list, nullptr);
    ASSERT_EQ(list->size(), 3U);
    EXPECT_TRUE(*list->at(0) == "1");
    EXPECT_TRUE(*list->at(1) == "2");
    EXPECT_TRUE(*list->at(2) == "1");
}

TEST(Encode, SetTakesEachOnce) {
    auto rows = articles();
    rows.rows.push_back(rows.rows[0]);
    auto value = encode(Encoding::set, rows, limits).value();
    EXPECT_EQ(value.get<cache::Set>()->size(), 2U);
}

TEST(Encode, ZsetTakesMemberAndScore) {
    auto rows = articles();
    rows.columns = {column("title", CellKind::text), column("views", CellKind::decimal)};
    rows.rows = {{std::string("a"), std::string("2.5")},
                 {std::string("b"), std::string("-1")},
                 {std::monostate{}, std::string("9")}};
    auto value = encode(Encoding::zset, rows, limits).value();
    auto* zset = value.get<cache::ZSet>();
    ASSERT_NE(zset, nullptr);
    EXPECT_EQ(zset->size(), 2U);
    EXPECT_EQ(zset->score("a"), 2.5);
    EXPECT_EQ(zset->score("b"), -1);
}

TEST(Encode, RefusesColumnsThatDoNotFit) {
    mysql::Rows rows;
    rows.columns = {column("a", CellKind::text)};
    EXPECT_EQ(encode(Encoding::zset, rows, limits).error().message,
              "as = \"zset\" needs two columns, member and score; the query gives one");
    rows.columns = {column("a", CellKind::text), column("a", CellKind::text)};
    EXPECT_EQ(encode(Encoding::hash, rows, limits).error().message,
              "two columns are named 'a'; give one an alias with AS");
    EXPECT_TRUE(encode(Encoding::list, rows, limits));
    rows.columns = {column("a", CellKind::text), column("b", CellKind::text)};
    rows.rows = {{std::string("x"), std::string("high")}};
    EXPECT_EQ(encode(Encoding::zset, rows, limits).error().message,
              "as = \"zset\": column 'b' holds 'high', which is no number to order by");
    rows.columns.clear();
    EXPECT_FALSE(encode(Encoding::json, rows, limits));
}

}  // namespace
}  // namespace sabil::proxy::readthrough
