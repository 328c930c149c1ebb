#include "cache/base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace sabil {
namespace {

TEST(Glob, MatchesAsRedisDoes) {
    const struct {
        const char* pattern;
        const char* text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"?", "", false},
        {"?", "a", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"h*llo", "hllo", true},
        {"h*llo", "heeello", true},
        {"h*llo", "hell", false},
        {"h[ae]llo", "hallo", true},
        {"h[ae]llo", "hillo", false},
        {"h[^e]llo", "hallo", true},
        {"h[^e]llo", "hello", false},
        {"h[a-b]llo", "hbllo", true},
        {"h[b-a]llo", "hallo", true},
        {"h[a-b]llo", "hcllo", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"[\\]]", "]", true},
        {"[a", "a", true},
        {"a\\", "a\\", true},
        {"*a*b*c", "xxaxxbxxc", true},
        {"*a*b*c", "xxbxxaxxc", false},
        {"user:*:name", "user:1:2:name", true},
        {"**", "", true},
        {"a**b", "ab", true},
        {"[]", "a", false},
    };
    for (const auto& c : cases) EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << ' ' << c.text;
}

TEST(Glob, CaseCanBeIgnored) {
    EXPECT_FALSE(glob_match("MaxMem*", "maxmemory"));
    EXPECT_TRUE(glob_match("MaxMem*", "maxmemory", CaseSensitivity::ignore));
    EXPECT_TRUE(glob_match("[A-C]x", "bX", CaseSensitivity::ignore));
}

TEST(Glob, HostilePatternsStayCheap) {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "a*";
    EXPECT_FALSE(glob_match(pattern + "b", std::string(20'000, 'a')));
}

TEST(Glob, TakesManyStarsForAnAttack) {
    const std::string text(5000, 'a');
    auto stars = [](int count) {
        std::string pattern;
        for (int i = 0; i < count; ++i) pattern += "*?";
        return pattern;
    };
    EXPECT_TRUE(glob_match(stars(1000), text));
    EXPECT_FALSE(glob_match(stars(1001), text));
    EXPECT_TRUE(glob_match(std::string(3000, '*') + "a", text)) << "stars in a row are one";
}

}  // namespace
}  // namespace sabil
