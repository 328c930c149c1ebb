#include "proxy/mysql_front/rules.h"

#include <gtest/gtest.h>

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::chrono_literals;

RuleVerdict decide(const std::vector<RuleOptions>& options, std::string_view text) {
    auto rules = Rules::compile(options);
    EXPECT_TRUE(rules);
    return rules->decide("app@10.0.0.1", "news", text, invalidation::sql::analyze(text, {}));
}

TEST(Rules, WithoutRulesEverythingIsCached) { EXPECT_TRUE(decide({}, "SELECT 1 FROM a").cache); }

TEST(Rules, TheFirstMatchDecides) {
    RuleOptions sessions{"", "", "sessions", "", false, {}, {}};
    RuleOptions articles{"", "", "news.art*", "", true, 5s, {}};
    EXPECT_FALSE(decide({sessions, articles}, "SELECT 1 FROM sessions").cache);
    EXPECT_EQ(decide({sessions, articles}, "SELECT 1 FROM articles").ttl, 5s);
    EXPECT_FALSE(decide({sessions, articles}, "SELECT 1 FROM articles").refresh);
    articles.refresh = true;
    EXPECT_TRUE(decide({sessions, articles}, "SELECT 1 FROM articles").refresh);
    EXPECT_FALSE(decide({sessions, articles}, "SELECT 1 FROM articles JOIN sessions USING (id)").cache);
    EXPECT_EQ(decide({sessions, articles}, "SELECT 1 FROM authors").ttl, std::nullopt);
}

TEST(Rules, EveryConditionMustHold) {
    RuleOptions rule{"ap?", "other", "", "", false, {}, {}};
    EXPECT_TRUE(decide({rule}, "SELECT 1 FROM a").cache);
    rule.schema = "n*";
    EXPECT_FALSE(decide({rule}, "SELECT 1 FROM a").cache);
    rule.query = "from\\s+b";
    EXPECT_TRUE(decide({rule}, "SELECT 1 FROM a").cache);
    EXPECT_FALSE(decide({rule}, "SELECT 1 FROM b").cache);
}

TEST(Rules, ABadExpressionIsNamed) {
    auto rules = Rules::compile({{"", "", "", "", true, {}, {}}, {"", "", "", "a(", true, {}, {}}});
    ASSERT_FALSE(rules);
    EXPECT_NE(rules.error().message.find("rule 2"), std::string::npos);
    EXPECT_NE(rules.error().message.find("a("), std::string::npos);
}

TEST(Glob, StarsAndQuestionMarks) {
    EXPECT_TRUE(matches_glob("*", ""));
    EXPECT_TRUE(matches_glob("a*c", "abbbc"));
    EXPECT_TRUE(matches_glob("a*b*c", "aXbYbZc"));
    EXPECT_FALSE(matches_glob("a*c", "abbb"));
    EXPECT_FALSE(matches_glob("a?", "a"));
    EXPECT_FALSE(matches_glob("", "a"));
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
