#include "proxy/readthrough/key_template.h"

#include <gtest/gtest.h>

namespace sabil::proxy::readthrough {
namespace {

std::string error_of(const std::string& text) {
    auto parsed = KeyTemplate::parse(text);
    return parsed ? "no error" : parsed.error().message;
}

// What the names took, joined by '|'; "-" where the key does not match.
std::string taken(const std::string& text, std::string_view key) {
    Captures captures;
    if (!KeyTemplate::parse(text).value().match(key, captures)) return "-";
    std::string out;
    for (std::size_t i = 0; i < captures.count; ++i) out += (i ? "|" : "") + std::string(captures.values[i]);
    return out;
}

TEST(KeyTemplate, TakesOneOrMoreCharactersButNoColon) {
    EXPECT_EQ(taken("article:{id}", "article:42"), "42");
    EXPECT_EQ(taken("article:{id}", "article:"), "-");
    EXPECT_EQ(taken("article:{id}", "article:4:2"), "-");
    EXPECT_EQ(taken("article:{id}", "article"), "-");
    EXPECT_EQ(taken("article:{id}", "Article:42"), "-");
    EXPECT_EQ(taken("{a}", "x"), "x");
    EXPECT_EQ(taken("{a}", ""), "-");
    EXPECT_EQ(taken("articles:latest", "articles:latest"), "");
    EXPECT_EQ(taken("articles:latest", "articles:latest2"), "-");
    EXPECT_EQ(taken("u:{a}:posts:{b}", "u:x y:posts:\xff"), "x y|\xff");
    EXPECT_EQ(taken("v{n}.json", "v12.json"), "12");
    EXPECT_EQ(taken("v{n}.json", "v.json"), "-");
    EXPECT_EQ(taken("a::{n}", "a::1"), "1");
}

TEST(KeyTemplate, NamesWhatIsWrong) {
    EXPECT_EQ(error_of(""), "key '' is empty");
    EXPECT_EQ(error_of("a:{b"), "key 'a:{b' has a '{' without its '}'");
    EXPECT_EQ(error_of("a:b}"), "key 'a:b}' has a '}' without its '{'");
    EXPECT_EQ(error_of("a:{b-c}"), "key 'a:{b-c}' has the name 'b-c'; use letters, digits and _");
    EXPECT_EQ(error_of("a:{}"), "key 'a:{}' has the name ''; use letters, digits and _");
    EXPECT_EQ(error_of("a:{b}-{c}"), "key 'a:{b}-{c}' is ambiguous: two names in '{b}-{c}'; separate them by ':'");
    EXPECT_EQ(error_of("{a}:{a}"), "key '{a}:{a}' has {a} twice");
}

TEST(KeyTemplate, KnowsWhatItCovers) {
    auto covers = [](const std::string& a, const std::string& b) {
        return KeyTemplate::parse(a).value().covers(KeyTemplate::parse(b).value());
    };
    EXPECT_TRUE(covers("article:{id}", "article:{name}"));
    EXPECT_TRUE(covers("article:{id}", "article:latest"));
    EXPECT_FALSE(covers("article:latest", "article:{id}"));
    EXPECT_TRUE(covers("{x}:{y}", "article:{id}"));
    EXPECT_FALSE(covers("{x}:{y}", "article"));
    EXPECT_TRUE(covers("a{x}c", "ab{y}bc"));
    EXPECT_FALSE(covers("a{x}c", "a{y}d"));
    EXPECT_FALSE(covers("ab{x}", "ab"));
}

}  // namespace
}  // namespace sabil::proxy::readthrough
