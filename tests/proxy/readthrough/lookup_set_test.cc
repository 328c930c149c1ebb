#include "proxy/readthrough/lookup_set.h"

#include <gtest/gtest.h>

namespace sabil::proxy::readthrough {
namespace {

LookupConfig config(const std::string& name, const std::string& key, unsigned line = 1) {
    LookupConfig out;
    out.name = name;
    out.key = key;
    out.query = "SELECT 1";
    out.line = line;
    return out;
}

TEST(LookupSet, FirstMatchInTheOrderOfTheFile) {
    std::vector<std::string> errors;
    LookupSet set({config("latest", "article:latest"), config("wild", "{kind}:42"), config("article", "article:{id}")},
                  "c.toml", errors);
    ASSERT_TRUE(errors.empty()) << errors.front();
    Captures captures;
    EXPECT_EQ(set.match("article:latest", captures), 0U);
    EXPECT_EQ(set.match("article:42", captures), 1U);
    EXPECT_EQ(captures.values[0], "article");
    EXPECT_EQ(set.match("article:43", captures), 2U);
    EXPECT_EQ(set.match("author:43", captures), std::nullopt);
    EXPECT_EQ(set.match("", captures), std::nullopt);
    EXPECT_EQ(set.find("wild"), 1U);
    EXPECT_EQ(set.find("nobody"), std::nullopt);
}

TEST(LookupSet, RefusesWhatCanNeverMatch) {
    std::vector<std::string> errors;
    LookupSet({config("a", "x:{id}"), config("b", "x:{name}", 7), config("c", "x:latest", 9)}, "c.toml", errors);
    ASSERT_EQ(errors.size(), 3U);
    EXPECT_EQ(
        errors[0],
        "c.toml:7: lookup 'b': key 'x:{name}' is ambiguous: every such key is taken by lookup 'a' ('x:{id}'); change "
        "one of them");
    EXPECT_EQ(
        errors[1],
        "c.toml:9: lookup 'c': key 'x:latest' is ambiguous: every such key is taken by lookup 'a' ('x:{id}') before "
        "it; put 'c' first");
}

TEST(LookupSet, ReportsTemplatesWithTheirLine) {
    std::vector<std::string> errors;
    auto wrong = config("a", "x:{id", 3);
    LookupSet({wrong}, "c.toml", errors);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0], "c.toml:3: lookup 'a': key 'x:{id' has a '{' without its '}'");
}

}  // namespace
}  // namespace sabil::proxy::readthrough
