#include <gtest/gtest.h>

#include <array>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/cacheable_cases.h"
#include "tests/invalidation/sql/show.h"

namespace sabil::invalidation::sql {
namespace {

struct DeniedCase {
    std::string_view sql;
    Reason reason;
    std::string_view detail;
    Servers servers = Servers::both;
};

constexpr auto denied_cases = std::to_array<DeniedCase>({
    // clocks and chance
    {"SELECT NOW() FROM t", Reason::nondeterministic, "NOW"},
    {"SELECT * FROM t WHERE d > now()", Reason::nondeterministic, "now"},
    {"SELECT CURRENT_TIMESTAMP FROM t", Reason::nondeterministic, "CURRENT_TIMESTAMP"},
    {"SELECT CURRENT_TIMESTAMP(6) FROM t", Reason::nondeterministic, "CURRENT_TIMESTAMP"},
    {"SELECT * FROM t WHERE d = current_date", Reason::nondeterministic, "current_date"},
    {"SELECT LOCALTIME, LOCALTIMESTAMP() FROM t", Reason::nondeterministic, "LOCALTIME"},
    {"SELECT UTC_DATE FROM t", Reason::nondeterministic, "UTC_DATE"},
    {"SELECT UTC_TIMESTAMP(3) FROM t", Reason::nondeterministic, "UTC_TIMESTAMP"},
    {"SELECT CURDATE() - INTERVAL 1 DAY FROM t", Reason::nondeterministic, "CURDATE"},
    {"SELECT SYSDATE() FROM t", Reason::nondeterministic, "SYSDATE"},
    {"SELECT UNIX_TIMESTAMP() FROM t", Reason::nondeterministic, "UNIX_TIMESTAMP"},
    {"SELECT * FROM t ORDER BY RAND()", Reason::nondeterministic, "RAND"},
    {"SELECT RAND(5) FROM t", Reason::nondeterministic, "RAND"},
    {"SELECT UUID() FROM t", Reason::nondeterministic, "UUID"},
    {"SELECT * FROM t WHERE id IN (SELECT RAND() FROM u)", Reason::nondeterministic, "RAND"},
    {"SELECT * FROM (SELECT NOW() AS n FROM t) d", Reason::nondeterministic, "NOW"},
    {"SELECT id FROM t UNION SELECT UUID_SHORT() FROM u", Reason::nondeterministic, "UUID_SHORT"},
    {"SELECT a FROM t GROUP BY a HAVING MAX(d) < NOW()", Reason::nondeterministic, "NOW"},
    {"SELECT CASE WHEN a THEN NOW() END FROM t", Reason::nondeterministic, "NOW"},
    {"SELECT {fn NOW()} FROM t", Reason::nondeterministic, "NOW"},
    {"SELECT DATE_FORMAT(SEC_TO_TIME(a), '%Y') FROM t", Reason::nondeterministic, "DATE_FORMAT"},
    {"SELECT CAST(TIME '10:00:00' AS DATETIME) FROM t", Reason::nondeterministic, "CAST"},
    {"SELECT YEAR(CAST(s AS TIME)) FROM t", Reason::nondeterministic, "YEAR"},
    {"SELECT YEAR(STR_TO_DATE(s, '%H:%i')) FROM t", Reason::nondeterministic, "YEAR"},
    {"SELECT RANDOM_BYTES(4) FROM t", Reason::nondeterministic, "RANDOM_BYTES", Servers::mysql},

    // the session
    {"SELECT CONNECTION_ID() FROM t", Reason::session_function, "CONNECTION_ID"},
    {"SELECT USER() FROM t", Reason::session_function, "USER"},
    {"SELECT CURRENT_USER FROM t", Reason::session_function, "CURRENT_USER"},
    {"SELECT CURRENT_USER() FROM t", Reason::session_function, "CURRENT_USER"},
    {"SELECT CURRENT_ROLE FROM t", Reason::session_function, "CURRENT_ROLE", Servers::mariadb},
    {"SELECT DATABASE(), SCHEMA() FROM t", Reason::session_function, "DATABASE"},
    {"SELECT VERSION() FROM t", Reason::session_function, "VERSION"},
    {"SELECT FOUND_ROWS()", Reason::session_function, "FOUND_ROWS"},
    {"SELECT * FROM t WHERE id = LAST_INSERT_ID()", Reason::session_function, "LAST_INSERT_ID"},

    // effects
    {"SELECT SLEEP(1) FROM t", Reason::side_effect, "SLEEP"},
    {"SELECT BENCHMARK(10, MD5('x')) FROM t", Reason::side_effect, "BENCHMARK"},
    {"SELECT GET_LOCK('x', 1)", Reason::side_effect, "GET_LOCK"},
    {"SELECT RELEASE_ALL_LOCKS() FROM t", Reason::side_effect, "RELEASE_ALL_LOCKS"},
    {"SELECT LOAD_FILE('/x') FROM t", Reason::side_effect, "LOAD_FILE"},
    {"SELECT LAST_INSERT_ID(5) FROM t", Reason::side_effect, "LAST_INSERT_ID"},
    {"SELECT NEXT VALUE FOR s", Reason::side_effect, "NEXT VALUE FOR", Servers::mariadb},
    {"SELECT PREVIOUS VALUE FOR news.s FROM t", Reason::side_effect, "PREVIOUS VALUE FOR", Servers::mariadb},
    {"SELECT NEXTVAL(s) FROM t", Reason::side_effect, "NEXTVAL", Servers::mariadb},
    {"SELECT s.nextval FROM t", Reason::side_effect, "nextval"},
    {"SELECT MASTER_GTID_WAIT('0-1-1') FROM t", Reason::side_effect, "MASTER_GTID_WAIT", Servers::mariadb},

    // functions that may be anybody's
    {"SELECT f(id) FROM t", Reason::unknown_function, "f"},
    {"SELECT f (id) FROM t", Reason::unknown_function, "f"},
    {"SELECT `f`(id) FROM t", Reason::unknown_function, "f"},
    {"SELECT `now`() FROM t", Reason::unknown_function, "now"},
    {"SELECT news.f(id) FROM t", Reason::unknown_function, "news.f"},
    {"SELECT news.abs(id) FROM t", Reason::unknown_function, "news.abs"},
    {"SELECT news . f (id) FROM t", Reason::unknown_function, "news.f"},
    {"SELECT MAX (id) FROM t", Reason::unknown_function, "MAX"},
    {"SELECT COUNT/**/(id) FROM t", Reason::unknown_function, "COUNT"},
    {"SELECT RANK () OVER (ORDER BY a) FROM t", Reason::unknown_function, "RANK", Servers::mariadb},
    {"SELECT * FROM t WHERE a = f()", Reason::unknown_function, "f"},
    {"SELECT * FROM t LEFT JOIN u ON f(t.id) = u.id", Reason::unknown_function, "f"},
    {"SELECT f(a AS b) FROM t", Reason::unknown_function, "f"},
    {"SELECT DEFAULT(a) FROM t", Reason::unknown_function, "DEFAULT"},
    {"SELECT AES_ENCRYPT(s, 'k') FROM t", Reason::unknown_function, "AES_ENCRYPT"},
    {"SELECT REGEXP_LIKE(s, 'x') FROM t", Reason::unknown_function, "REGEXP_LIKE", Servers::mariadb},
    {"SELECT UUID_TO_BIN(s) FROM t", Reason::unknown_function, "UUID_TO_BIN", Servers::mariadb},
    {"SELECT COLUMN_GET(s, 'x') FROM t", Reason::unknown_function, "COLUMN_GET", Servers::mysql},

    // variables
    {"SELECT @a FROM t", Reason::variable, "@a"},
    {"SELECT @a := 1 FROM t", Reason::variable, "@a"},
    {"SELECT @`a b` FROM t", Reason::variable, "@`a b`"},
    {"SELECT * FROM t WHERE id = @'x'", Reason::variable, "@'x'"},
    {"SELECT @@version FROM t", Reason::variable, "@@version"},
    {"SELECT @@global.max_connections FROM t", Reason::variable, "@@max_connections"},
    {"SELECT @@session.sql_mode", Reason::variable, "@@sql_mode"},

    // locks, INTO, and other places
    {"SELECT * FROM t FOR UPDATE", Reason::locking_read, "FOR UPDATE"},
    {"SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT", Reason::locking_read, "FOR UPDATE"},
    {"SELECT * FROM t FOR UPDATE SKIP LOCKED", Reason::locking_read, "FOR UPDATE"},
    {"SELECT * FROM t FOR UPDATE WAIT 5", Reason::locking_read, "FOR UPDATE", Servers::mariadb},
    {"SELECT * FROM t FOR SHARE OF t", Reason::locking_read, "FOR SHARE", Servers::mysql},
    {"SELECT * FROM t LOCK IN SHARE MODE", Reason::locking_read, "LOCK IN SHARE MODE"},
    {"SELECT * FROM t AS x LOCK IN SHARE MODE", Reason::locking_read, "LOCK IN SHARE MODE"},
    {"SELECT * FROM (SELECT * FROM t FOR UPDATE) d", Reason::locking_read, "FOR UPDATE"},
    {"(SELECT * FROM t) UNION (SELECT * FROM u) FOR UPDATE", Reason::locking_read, "FOR UPDATE"},
    {"SELECT * FROM t /*! FOR UPDATE */", Reason::locking_read, "FOR UPDATE"},
    {"SELECT * FROM t /*!40001 FOR UPDATE */", Reason::locking_read, "FOR UPDATE"},
    {"SELECT a INTO @x FROM t", Reason::into, "INTO"},
    {"SELECT a FROM t INTO @x", Reason::into, "INTO"},
    {"SELECT a FROM t INTO OUTFILE '/x' FIELDS TERMINATED BY ',' LINES TERMINATED BY '\\n'", Reason::into, "OUTFILE"},
    {"SELECT a FROM t LIMIT 1 INTO DUMPFILE '/x'", Reason::into, "DUMPFILE"},
    {"SELECT * FROM t PROCEDURE ANALYSE(10, 2000)", Reason::procedure, "PROCEDURE", Servers::mariadb},
    {"SELECT * FROM information_schema.tables", Reason::system_schema, "information_schema"},
    {"SELECT * FROM `Information_Schema`.tables", Reason::system_schema, "Information_Schema"},
    {"SELECT * FROM t JOIN mysql.user", Reason::system_schema, "mysql"},
    {"SELECT * FROM t WHERE id IN (SELECT 1 FROM performance_schema.threads)", Reason::system_schema,
     "performance_schema"},
    {"SELECT * FROM sys.version", Reason::system_schema, "sys"},
    {"SELECT * FROM t FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00'", Reason::temporal_table, "FOR SYSTEM_TIME",
     Servers::mariadb},
    {"SELECT * FROM t FOR SYSTEM_TIME ALL WHERE id = 1", Reason::temporal_table, "FOR SYSTEM_TIME", Servers::mariadb},
    {"SELECT * FROM t FOR SYSTEM_TIME BETWEEN '2024-01-01' AND '2024-02-01'", Reason::temporal_table, "FOR SYSTEM_TIME",
     Servers::mariadb},
    {"SELECT 1", Reason::no_table, ""},
    {"SELECT 1 FROM DUAL", Reason::no_table, ""},
    {"SELECT 1 + 2 FROM (SELECT 1) d", Reason::no_table, ""},
    {"WITH c AS (SELECT 1) SELECT * FROM c", Reason::no_table, ""},
    {"SELECT SQL_NO_CACHE * FROM t", Reason::sql_no_cache, "SQL_NO_CACHE"},
    {"SELECT /*!40001 SQL_NO_CACHE */ * FROM `t`", Reason::sql_no_cache, "SQL_NO_CACHE"},
    {"SELECT SQL_CALC_FOUND_ROWS * FROM t LIMIT 10", Reason::calc_found_rows, "SQL_CALC_FOUND_ROWS"},
    {"SELECT SQL_CALC_FOUND_ROWS NOW() FROM t", Reason::nondeterministic, "NOW"},
    {"SELECT SQL_NO_CACHE @a FROM t", Reason::variable, "@a"},
    {"SELECT * FROM t /* sabil:nocache */", Reason::comment_nocache, "sabil:nocache"},
    {"/* sabil:nocache */ SELECT * FROM t", Reason::comment_nocache, "sabil:nocache"},
    {"SELECT * FROM t -- sabil:nocache", Reason::comment_nocache, "sabil:nocache"},
    {"SELECT * FROM t /* sabil:ttl=0 */", Reason::comment_nocache, "sabil:nocache"},
    {"SELECT SQL_CALC_FOUND_ROWS * FROM t /* sabil:nocache */", Reason::comment_nocache, "sabil:nocache"},
    {"SELECT RAND() FROM t /* sabil:nocache */", Reason::nondeterministic, "RAND"},
    {"INSERT INTO t VALUES (1)", Reason::not_select, ""},
    {"SHOW TABLES", Reason::not_select, ""},
});

TEST(Reason, OfStatementsThatAreNotCached) {
    for (const DeniedCase& row : denied_cases) {
        for (const Dialect dialect : {Dialect::mariadb, Dialect::mysql}) {
            if (row.servers == (dialect == Dialect::mysql ? Servers::mariadb : Servers::mysql)) continue;
            ParseMode mode;
            mode.dialect = dialect;
            const Statement statement = analyze(row.sql, mode);
            EXPECT_FALSE(statement.cacheable()) << row.sql;
            EXPECT_EQ(reason_name(statement.reason), reason_name(row.reason)) << row.sql;
            EXPECT_EQ(statement.detail, row.detail) << row.sql;
        }
    }
}

TEST(Reason, TextThatIsNotUnderstood) {
    for (const std::string_view sql : {
             "SELECT",
             "SELECT FROM t",
             "SELECT * FROM",
             "SELECT * FROM t WHERE",
             "SELECT * FROM t WHERE a =",
             "SELECT * FROM t WHERE (a = 1",
             "SELECT * FROM t)",
             "SELECT (1 FROM t",
             "SELECT 'open FROM t",
             "SELECT `open FROM t",
             "SELECT `` FROM t",
             "SELECT * FROM t /* open",
             "SELECT * FROM t /*! open",
             "SELECT * FROM t WHERE a = 1.5e",
             "SELECT x'abc' FROM t",
             "SELECT x'zz' FROM t",
             "SELECT b'2' FROM t",
             "SELECT * FROM t ORDER",
             "SELECT * FROM t LIMIT",
             "SELECT * FROM t LIMIT 1,",
             "SELECT * FROM t LIMIT x",
             "SELECT * FROM t WHERE a IN ()",
             "SELECT * FROM t WHERE a NOT 1",
             "SELECT CASE END FROM t",
             "SELECT a b c FROM t",
             "SELECT * FROM t x y",
             "SELECT * FROM select",
             "SELECT * FROM t TABLESAMPLE SYSTEM (10)",
             "SELECT * FROM f(1)",
             "SELECT * FROM a.b.c",
             "SELECT a.b.c.d FROM t",
             "SELECT * FROM t WHERE a == 1",
             "SELECT * FROM t WHERE a := 1",
             "SELECT * FROM t FOR",
             "SELECT * FROM t UNION",
             "WITH c SELECT 1",
             "SELECT * FROM t WHERE a = 5 +",
             "SELECT * FROM t GROUP a",
             "SELECT COUNT( FROM t",
             "SELECT * FROM t JOIN",
             "SELECT * FROM t LEFT u ON 1",
             "SELECT * FROM t WHERE MATCH a AGAINST 'x'",
             "SELECT CAST(a) FROM t",
             "SELECT CAST(a AS) FROM t",
             "SELECT EXTRACT(x FROM d) FROM t",
             "SELECT INTERVAL 1 x FROM t",
             "SELECT * FROM t WHERE a LIKE",
             "SELECT * FROM t \\",
             "SELECT * FROM t WHERE a = $1 ]",
             "SELECT /* a /* b */ 1 */ FROM t",
             "SELECT * FROM t /*!40000 /*!40000 x */ */",
             "SELECT * FROM t WHERE a = 1 */",
             "SELECT * FROM t --\x01 x",
             "SELECT * FROM t WHERE a = 1 GARBAGE HERE",
         }) {
        for (const Dialect dialect : {Dialect::mariadb, Dialect::mysql}) {
            ParseMode mode;
            mode.dialect = dialect;
            const Statement statement = analyze(sql, mode);
            EXPECT_EQ(statement.kind, StatementKind::other) << sql;
            EXPECT_EQ(reason_name(statement.reason), "parse_error") << sql;
            EXPECT_FALSE(statement.writes_known) << sql;
            EXPECT_TRUE(statement.reads.empty()) << sql;
        }
    }
}

TEST(Reason, ZeroBytes) {
    using namespace std::string_view_literals;
    EXPECT_EQ(analyze("SELECT * FROM t\0"sv, {}).reason, Reason::parse_error);
    EXPECT_EQ(analyze("SELECT * FROM t\0; DROP TABLE t"sv, {}).reason, Reason::parse_error);
    EXPECT_EQ(analyze("SELECT * FROM `t\0`"sv, {}).reason, Reason::parse_error);
    const Statement inside = analyze("SELECT * FROM t WHERE s = 'a\0b'"sv, {});
    EXPECT_EQ(show_reads(inside), "t(s='a\0b')"sv);
}

TEST(Reason, VersionedCommentsByServerVersion) {
    ParseMode mode;
    const auto reason = [&mode](std::string_view sql) { return analyze(sql, mode).reason; };
    EXPECT_EQ(reason("SELECT * FROM t /*!101100 FOR UPDATE */"), Reason::parse_error);
    mode.server_version = 101106;
    EXPECT_EQ(reason("SELECT * FROM t /*!101100 FOR UPDATE */"), Reason::locking_read);
    EXPECT_EQ(reason("SELECT * FROM t /*!110000 FOR UPDATE */"), Reason::none);
    EXPECT_EQ(reason("SELECT * FROM t /*!50701 FOR UPDATE */"), Reason::none);
    EXPECT_EQ(reason("SELECT * FROM t /*!80000 FOR UPDATE */"), Reason::none);
    EXPECT_EQ(reason("SELECT * FROM t /*M!50701 FOR UPDATE */"), Reason::locking_read);
    EXPECT_EQ(reason("SELECT * FROM t /*! FOR UPDATE */"), Reason::locking_read);
    mode.dialect = Dialect::mysql;
    mode.server_version = 0;
    EXPECT_EQ(reason("SELECT * FROM t /*!80000 FOR UPDATE */"), Reason::locking_read);
    EXPECT_EQ(reason("SELECT * FROM t /*!80034 FOR UPDATE */"), Reason::parse_error);
    mode.server_version = 90704;
    EXPECT_EQ(reason("SELECT * FROM t /*!80034 FOR UPDATE */"), Reason::locking_read);
    EXPECT_EQ(reason("SELECT * FROM t /*!100100 FOR UPDATE */"), Reason::none);
    EXPECT_EQ(reason("SELECT * FROM t /*M!50000 FOR UPDATE */"), Reason::none);
}

TEST(Reason, FunctionsByServerVersion) {
    ParseMode mode;
    mode.dialect = Dialect::mysql;
    const auto reason = [&mode](std::string_view sql) { return analyze(sql, mode).reason; };
    EXPECT_EQ(reason("SELECT JSON_OVERLAPS(j, '1') FROM t"), Reason::unknown_function);
    EXPECT_EQ(reason("SELECT MD5(s) FROM t"), Reason::none);
    mode.server_version = 90700;
    EXPECT_EQ(reason("SELECT JSON_OVERLAPS(j, '1') FROM t"), Reason::none);
    EXPECT_EQ(reason("SELECT MD5(s) FROM t"), Reason::unknown_function);  // a component's since 9.6
}

TEST(Reason, FunctionsThatMayWriteLeaveWritesUnknown) {
    EXPECT_FALSE(analyze("SELECT f() FROM t", {}).writes_known);
    EXPECT_TRUE(analyze("SELECT SLEEP(1) FROM t", {}).writes_known);
}

TEST(Reason, ClockBehindTime) {
    EXPECT_TRUE(analyze("SELECT DATE_FORMAT(d, '%Y') FROM t", {}).reads_clock_given_time);
    EXPECT_TRUE(analyze("SELECT d + INTERVAL 1 DAY FROM t", {}).reads_clock_given_time);
    EXPECT_TRUE(analyze("SELECT CAST(d AS DATETIME) FROM t", {}).reads_clock_given_time);
    EXPECT_FALSE(analyze("SELECT HOUR(d), TIME_FORMAT(d, '%H') FROM t", {}).reads_clock_given_time);
}

TEST(Reason, NamesAreAllDifferent) {
    for (int i = 0; i <= static_cast<int>(Reason::too_large); ++i) {
        EXPECT_NE(reason_name(static_cast<Reason>(i)), "unknown");
        for (int k = 0; k < i; ++k) EXPECT_NE(reason_name(static_cast<Reason>(i)), reason_name(static_cast<Reason>(k)));
    }
    EXPECT_EQ(reason_name(Reason::too_large), "too_large");
    EXPECT_EQ(reason_name(Reason::unknown_function), "unknown_function");
}

}  // namespace
}  // namespace sabil::invalidation::sql
