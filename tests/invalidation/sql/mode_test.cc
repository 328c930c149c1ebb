// sql_mode and character sets change how text is read.
#include <gtest/gtest.h>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/show.h"

namespace sabil::invalidation::sql {
namespace {

TEST(Mode, AnsiQuotes) {
    ParseMode mode;
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE s = \"a\"", mode)), "t(s='a')");
    EXPECT_EQ(analyze("SELECT * FROM \"t\"", mode).reason, Reason::parse_error);
    mode.ansi_quotes = true;
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE s = \"a\"", mode)), "t");
    EXPECT_EQ(show_reads(analyze("SELECT * FROM \"my \"\"t\" WHERE \"a\\\" = 1", mode)), "my \"t(a\\=1)");
}

TEST(Mode, NoBackslashEscapes) {
    ParseMode mode;
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE s = 'a\\' OR 1 -- '", mode)), "t(s='a' OR 1 -- ')");
    mode.no_backslash_escapes = true;
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE s = 'a\\' OR 1 -- '", mode)), "t");
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE s = 'a\\nb''c'", mode)), "t(s='a\\nb'c')");
}

TEST(Mode, PipesAsConcat) {
    ParseMode mode;
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE a = 1 || b = 2", mode)), "t");
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE a = 1 AND s = 'x' || 'y'", mode)), "t");
    mode.pipes_as_concat = true;
    EXPECT_EQ(show_reads(analyze("SELECT * FROM t WHERE a = 1 AND s = 'x' || 'y'", mode)), "t(a=1)");
}

TEST(Mode, IgnoreSpace) {
    ParseMode mode;
    EXPECT_EQ(analyze("SELECT COUNT (*) FROM t", mode).kind, StatementKind::other);
    EXPECT_EQ(analyze("SELECT SUM (a) FROM t", mode).reason, Reason::unknown_function);
    mode.ignore_space = true;
    EXPECT_EQ(analyze("SELECT COUNT (*), SUM (a) FROM t", mode).reason, Reason::none);
    EXPECT_EQ(analyze("SELECT f (a) FROM t", mode).reason, Reason::unknown_function);
}

TEST(Mode, ForeignGrammarIsNotRead) {
    ParseMode mode;
    mode.foreign_grammar = true;
    EXPECT_EQ(analyze("SELECT * FROM t", mode).reason, Reason::parse_error);
    EXPECT_EQ(analyze("SELECT * FROM t", mode).kind, StatementKind::other);
}

TEST(Mode, CharacterSets) {
    EXPECT_EQ(client_charset("utf8mb4"), ClientCharset::utf8);
    EXPECT_EQ(client_charset("UTF8MB3"), ClientCharset::utf8);
    EXPECT_EQ(client_charset("latin1"), ClientCharset::ascii_based);
    EXPECT_EQ(client_charset("gbk"), ClientCharset::unsafe);
    EXPECT_EQ(client_charset("sjis"), ClientCharset::unsafe);
    EXPECT_EQ(client_charset("swe7"), ClientCharset::unsupported);
    EXPECT_EQ(client_charset("ucs2"), ClientCharset::unsupported);
    EXPECT_EQ(client_charset(""), ClientCharset::unsupported);
    EXPECT_EQ(client_charset("a name longer than any character set"), ClientCharset::unsupported);
}

TEST(Mode, BytesAboveAscii) {
    ParseMode mode;
    const auto reason = [&mode](std::string_view sql) { return analyze(sql, mode).reason; };
    EXPECT_EQ(reason("SELECT é FROM t"), Reason::none);
    EXPECT_EQ(reason("SELECT \xe9 FROM t"), Reason::parse_error);      // not UTF-8
    EXPECT_EQ(reason("SELECT \xc0\xaf FROM t"), Reason::parse_error);  // an overlong form
    EXPECT_EQ(reason("SELECT a\xa0"
                     "FROM t"),
              Reason::parse_error);  // a blank in latin1
    EXPECT_EQ(reason("SELECT * FROM t WHERE s = '\xe9'"), Reason::none);
    mode.charset = ClientCharset::ascii_based;
    EXPECT_EQ(reason("SELECT é FROM t"), Reason::parse_error);
    EXPECT_EQ(reason("SELECT `é` FROM t WHERE s = '\xe9'"), Reason::none);
    mode.charset = ClientCharset::unsafe;
    EXPECT_EQ(reason("SELECT * FROM t WHERE s = '\xbf\x5c' OR 1 -- '"), Reason::parse_error);
    EXPECT_EQ(reason("SELECT * FROM t WHERE s = 'x'"), Reason::none);
    mode.charset = ClientCharset::unsupported;
    EXPECT_EQ(reason("SELECT * FROM t"), Reason::parse_error);
}

TEST(Mode, DialectsDifferInArrows) {
    ParseMode mode;
    EXPECT_EQ(analyze("SELECT j->'$.a' FROM t", mode).reason, Reason::parse_error);
    mode.dialect = Dialect::mysql;
    EXPECT_EQ(analyze("SELECT j->'$.a' FROM t", mode).reason, Reason::none);
    EXPECT_EQ(analyze("SELECT \\N FROM t", mode).reason, Reason::parse_error);
    EXPECT_EQ(analyze("SELECT $$x$$ FROM t", mode).reason, Reason::parse_error);
}

TEST(Mode, Directives) {
    using std::chrono::milliseconds;
    const auto directives = [](std::string_view sql) { return analyze(sql, {}).directives; };
    EXPECT_EQ(directives("/* sabil:ttl=30 */ SELECT * FROM t").ttl, milliseconds(30'000));
    EXPECT_EQ(directives("SELECT * /* sabil:ttl=250ms */ FROM t").ttl, milliseconds(250));
    EXPECT_EQ(directives("SELECT * FROM t -- sabil:ttl=2m").ttl, milliseconds(120'000));
    EXPECT_EQ(directives("SELECT * FROM t # x sabil:ttl=1h, sabil:tag=front").tag, "front");
    const Directives all = directives("/*sabil:tag=a*/ SELECT * FROM t /* sabil:ttl=5s sabil:nocache */");
    EXPECT_EQ(all.tag, "a");
    EXPECT_EQ(all.ttl, milliseconds(5'000));
    EXPECT_TRUE(all.nocache);
    EXPECT_FALSE(directives("SELECT 'sabil:nocache' FROM t").nocache);
    EXPECT_FALSE(directives("SELECT * FROM t /* sabil:ttl=x */").ttl.has_value());
    EXPECT_FALSE(directives("SELECT * FROM t /* sabil:ttl=-5 */").ttl.has_value());
    EXPECT_FALSE(directives("SELECT * FROM t /* sabil:ttl=5d */").ttl.has_value());
    EXPECT_TRUE(directives("SELECT * FROM t /* sabil:ttl=99999999999999999 */").ttl <=
                milliseconds(400LL * 86'400'000));
    EXPECT_TRUE(directives("SELECT * FROM t /* sabil: sabil:x sabil:tag= */").tag.empty());
    EXPECT_TRUE(directives("SELECT * FROM t /* sabil:tag=" + std::string(100, 'a') + " */").tag.empty());
}

}  // namespace
}  // namespace sabil::invalidation::sql
