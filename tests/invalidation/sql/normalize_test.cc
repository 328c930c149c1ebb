#include <gtest/gtest.h>

#include <array>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {
namespace {

struct TextCase {
    std::string_view sql;
    std::string_view expected;
};

constexpr auto normal_cases = std::to_array<TextCase>({
    {"select  a,b\n from t where id=5", "SELECT a, b FROM t WHERE id = ?"},
    {"SELECT * FROM t WHERE id IN (1,2, 3)", "SELECT * FROM t WHERE id IN (?, ...)"},
    {"SELECT * FROM t WHERE id IN(1)", "SELECT * FROM t WHERE id IN (?, ...)"},
    {"SELECT * FROM t WHERE id IN (-1, NULL, 'a' 'b')", "SELECT * FROM t WHERE id IN (?, ...)"},
    {"SELECT * FROM t WHERE id IN (?, ?)", "SELECT * FROM t WHERE id IN (?, ...)"},
    {"SELECT * FROM t WHERE id IN (1, f(2))", "SELECT * FROM t WHERE id IN (?, f(?))"},
    {"SELECT * FROM t WHERE id IN (SELECT 1)", "SELECT * FROM t WHERE id IN (SELECT ?)"},
    {"INSERT INTO t (a,b) VALUES (1,'x'),(2,'y')", "INSERT INTO t (a, b) VALUES (?, ...), ..."},
    {"INSERT INTO t VALUES (1, NOW())", "INSERT INTO t VALUES (?, NOW())"},
    {"SELECT /* c */ a -- d\n FROM t # e", "SELECT a FROM t"},
    {"SELECT a FROM t WHERE s='a' 'b' AND x=N'c' AND y=0x41 AND z=b'1'",
     "SELECT a FROM t WHERE s = ? AND x = ? AND y = ? AND z = ?"},
    {"SELECT a FROM t WHERE b > -5 AND c = a - 5 AND d = a - -5",
     "SELECT a FROM t WHERE b > ? AND c = a - ? AND d = a - ?"},
    {"SELECT count(*), max( a ) FROM t", "SELECT count(*), max(a) FROM t"},
    {"SELECT `a b`.c, t . d FROM `a b`, t", "SELECT `a b`.c, t.d FROM `a b`, t"},
    {"SELECT @a, @@global.b FROM t", "SELECT @a, @@global.b FROM t"},
    {"SELECT (a + 1) * 2 FROM t;", "SELECT (a + ?) * ? FROM t;"},
    {"SELECT a FROM t WHERE NOT (b)", "SELECT a FROM t WHERE NOT (b)"},
    {"SELECT a FROM t LIMIT 5, 10", "SELECT a FROM t LIMIT ?, ?"},
    {"SELECT t.Select FROM t", "SELECT t.Select FROM t"},
    {"SELECT 'open", "SELECT ..."},
    {"", ""},
});

TEST(Normalize, Texts) {
    for (const TextCase& row : normal_cases) EXPECT_EQ(normalize(row.sql, {}), row.expected) << row.sql;
}

TEST(Normalize, LiteralsNeverShow) {
    for (const std::string_view sql : {"SELECT 'secret' FROM t WHERE a = 'secret", "SELECT \"secret\", 'x\\'secret'",
                                       "SET PASSWORD = 'secret'", "INSERT INTO t VALUES ('secret'), ('secret')"}) {
        EXPECT_EQ(normalize(sql, {}).find("secret"), std::string::npos) << sql;
    }
}

TEST(Normalize, IsCutAtAWord) {
    const std::string sql = "SELECT some_column, another_column FROM a_table WHERE x = 1";
    for (std::size_t limit = 0; limit < 80; ++limit) {
        const std::string text = normalize(sql, {}, limit);
        EXPECT_LE(text.size(), limit);
        EXPECT_EQ(text.ends_with(" ..."), limit >= 4 && limit < 59) << limit << text;
    }
    EXPECT_EQ(normalize(sql, {}, 30), "SELECT some_column, ...");
    EXPECT_EQ(normalize(std::string(5000, 'a'), {}, 10), "aaaaaa ...");
    EXPECT_EQ(normalize("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", {}, 9), "\xc3\xa9\xc3\xa9 ...");
    EXPECT_LE(normalize("SELECT " + std::string(1'000'000, '('), {}).size(), 4096U);
}

TEST(Digest, NamesANormalisedText) {
    const std::string digest_a = digest("SELECT a");
    EXPECT_EQ(digest_a.size(), 16U);
    EXPECT_EQ(digest_a.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(digest_a, digest("SELECT a"));
    EXPECT_NE(digest_a, digest("SELECT b"));
}

constexpr auto key_cases = std::to_array<TextCase>({
    {"SELECT 1", "SELECT 1"},
    {"  SELECT 1\n", "SELECT 1"},
    {"/* trace */ SELECT 1", "SELECT 1"},
    {"-- a\n# b\n/* c */SELECT 1", "SELECT 1"},
    {"SELECT 1 /* traceparent='00-ab' */", "SELECT 1"},
    {"SELECT 1 /* a */ -- b\n # c", "SELECT 1"},
    {"SELECT 1 --", "SELECT 1"},
    {"SELECT 1 --x", "SELECT 1 --x"},
    {"SELECT 1; /* a */", "SELECT 1;"},
    {"SELECT 1 /* a */;", "SELECT 1 /* a */;"},
    {"SELECT /* kept */ 1 /* a */", "SELECT /* kept */ 1"},
    {"SELECT '/* text */'", "SELECT '/* text */'"},
    {"SELECT '-- ' /* it's */", "SELECT '-- '"},
    {"SELECT `# `, \"/*\" # c", "SELECT `# `, \"/*\""},
    {"/*! SELECT */ 1", "/*! SELECT */ 1"},
    {"/*+ hint */ SELECT 1 /* a */", "/*+ hint */ SELECT 1 /* a */"},
    {"/*M! SELECT */ 1", "/*M! SELECT */ 1"},
    {"SELECT /*+ hint */ 1 /* a */", "SELECT /*+ hint */ 1 /* a */"},
    {"SELECT 1 /*! FOR UPDATE */", "SELECT 1 /*! FOR UPDATE */"},
    {"SELECT 1 /*!40001 FOR UPDATE */ /* a */", "SELECT 1 /*!40001 FOR UPDATE */ /* a */"},
    {"/* a /* b */ SELECT 1", "/* a /* b */ SELECT 1"},
    {"SELECT 1 /* open", "SELECT 1 /* open"},
    {"SELECT 'it''s' /* a */", "SELECT 'it''s'"},
    {"SELECT 'a\\'b' /* ' */", "SELECT 'a\\'b' /* ' */"},  // two ways to read it
    {"SELECT 'a\\\\b' /* a */", "SELECT 'a\\\\b'"},
    {"SELECT '\xbf\\' /* ' */", "SELECT '\xbf\\' /* ' */"},
    {"SELECT 'open /* a */", "SELECT 'open /* a */"},
    {"/* only */", "/* only */"},
    {"", ""},
    {"   ", "   "},
});

TEST(KeyText, OuterCommentsAreLeftOut) {
    for (const TextCase& row : key_cases) EXPECT_EQ(key_text(row.sql), row.expected) << row.sql;
}

TEST(KeyText, IsAViewIntoTheText) {
    const std::string_view text = "/* a */ SELECT 1 /* b */";
    const std::string_view key = key_text(text);
    EXPECT_GE(key.data(), text.data());
    EXPECT_LE(key.data() + key.size(), text.data() + text.size());
}

}  // namespace
}  // namespace sabil::invalidation::sql
