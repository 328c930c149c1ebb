#include "proxy/readthrough/query_template.h"

#include <gtest/gtest.h>

namespace sabil::proxy::readthrough {
namespace {

const std::vector<std::string> names{"id", "n"};

QueryTemplate good(const std::string& query) {
    return parse_query_template(query, names).value();
}

std::string bad(const std::string& query) {
    auto parsed = parse_query_template(query, names);
    return parsed ? "no error" : parsed.error().message;
}

TEST(QueryTemplate, BindsNames) {
    auto query = good("SELECT * FROM a WHERE id = {id} AND x = {n} OR id={id}");
    EXPECT_EQ(query.text, "SELECT * FROM a WHERE id = ? AND x = ? OR id=?");
    ASSERT_EQ(query.bindings.size(), 3U);
    EXPECT_EQ(query.bindings[0].name, 0U);
    EXPECT_EQ(query.bindings[1].name, 1U);
    EXPECT_EQ(query.bindings[2].name, 0U);
}

TEST(QueryTemplate, RowCountsAreIntegers) {
    auto query = good("SELECT * FROM a WHERE id = {id} limit {n}, {n}");
    EXPECT_FALSE(query.bindings[0].is_row_count);
    EXPECT_TRUE(query.bindings[1].is_row_count);
    EXPECT_TRUE(query.bindings[2].is_row_count);
    EXPECT_TRUE(good("SELECT 1 LIMIT 5 OFFSET {n}").bindings[0].is_row_count);
    EXPECT_FALSE(good("SELECT * FROM (SELECT 1 LIMIT 5) t WHERE a = {n}").bindings[0].is_row_count);
}

TEST(QueryTemplate, LeavesQuotesAndCommentsAlone) {
    EXPECT_EQ(good("SELECT '{x}', 'it''s {y}', '\\'{z}', `a{b}` -- {c}\n/* {d} ? */ # ?").bindings.size(), 0U);
    EXPECT_EQ(good("SELECT {d '2024-01-01'}").text, "SELECT {d '2024-01-01'}");
    EXPECT_EQ(good("SELECT 1;").text, "SELECT 1");
}

TEST(QueryTemplate, NamesWhatIsWrong) {
    EXPECT_EQ(bad("SELECT {x}"), "query uses {x}, which the key does not have");
    EXPECT_EQ(bad("SELECT '{id}'"), "query has {id} inside quotes; remove the quotes, it is bound as a parameter");
    EXPECT_EQ(bad("SELECT ?"), "query has a bare '?'; write the key's {name} in its place");
    EXPECT_EQ(bad("SELECT 'x"), "query has quotes that do not close");
    EXPECT_EQ(bad("SELECT 1; DELETE FROM a"), "query has more than one statement");
    EXPECT_EQ(bad(std::string(70000, ' ')), "query is longer than 64 KiB");
}

}  // namespace
}  // namespace sabil::proxy::readthrough
