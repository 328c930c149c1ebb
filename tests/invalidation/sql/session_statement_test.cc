#include <gtest/gtest.h>

#include <array>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/show.h"

namespace sabil::invalidation::sql {
namespace {

using enum StatementKind;

struct KindCase {
    std::string_view sql;
    StatementKind kind;
    bool writes_known = true;
};

constexpr auto kind_cases = std::to_array<KindCase>({
    {"BEGIN", begin},
    {"BEGIN WORK", begin},
    {"begin;", begin},
    {"START TRANSACTION", begin},
    {"START TRANSACTION READ ONLY", begin},
    {"COMMIT", commit},
    {"COMMIT WORK AND CHAIN NO RELEASE", commit},
    {"ROLLBACK", rollback},
    {"ROLLBACK AND NO CHAIN RELEASE", rollback},
    {"ROLLBACK TO x", savepoint},
    {"ROLLBACK WORK TO SAVEPOINT `x`", savepoint},
    {"SAVEPOINT x", savepoint},
    {"RELEASE SAVEPOINT x", savepoint},
    {"XA START 'a','b',1", xa},
    {"XA COMMIT X'61',X'62',1 ONE PHASE", xa},
    {"USE news", use},
    {"CALL p(1)", call, false},
    {"EXECUTE s USING @a", call, false},
    {"EXECUTE IMMEDIATE 'DELETE FROM t'", call, false},
    {"DO RELEASE_LOCK('x')", call},
    {"DO f(1)", call, false},
    {"PREPARE s FROM 'SELECT 1'", prepare},
    {"DEALLOCATE PREPARE s", prepare},
    {"DROP PREPARE s", prepare},
    {"LOCK TABLES t READ, u WRITE", lock},
    {"UNLOCK TABLES", lock},
    {"FLUSH TABLES WITH READ LOCK", lock},
    {"FLUSH PRIVILEGES", account},
    {"GRANT SELECT ON news.* TO 'a'@'%'", account},
    {"REVOKE ALL PRIVILEGES ON *.* FROM a@localhost", account},
    {"CREATE USER a IDENTIFIED BY 'x'", account},
    {"CREATE OR REPLACE USER 'a'@'h'", account},
    {"CREATE ROLE r", account},
    {"ALTER USER a@'%' ACCOUNT LOCK", account},
    {"DROP USER a, b", account},
    {"DROP ROLE r", account},
    {"RENAME USER a TO b", account},
    {"SET PASSWORD = 'x'", account},
    {"SET PASSWORD FOR 'a'@'%' = PASSWORD('x')", account},
    {"SET DEFAULT ROLE r FOR a", account},
    {"SET ROLE r", set_role},
    {"SET ROLE NONE", set_role},
    {"SHOW TABLES", show},
    {"SHOW CREATE TABLE t", show},
    {"DESCRIBE t", show},
    {"DESC t a", show},
    {"EXPLAIN SELECT * FROM t", show},
    {"EXPLAIN FORMAT=JSON DELETE FROM t", show},
    {"EXPLAIN ANALYZE SELECT * FROM t", show},
    {"EXPLAIN ANALYZE SELECT f() FROM t", show, false},
    {"ANALYZE FORMAT=JSON SELECT * FROM t", show},
    {"CHECKSUM TABLE t", show},
    {"HELP 'x'", show},
    {"KILL QUERY 5", other},
    {"HANDLER t OPEN", other},
    {"PURGE BINARY LOGS TO 'x'", other},
    {"RESET MASTER", other},
    {"START SLAVE", other},
    {"STOP REPLICA", other},
    {"SHUTDOWN", other},
    {"GET DIAGNOSTICS @n = NUMBER", other},
    {"# Dummy event replacing event type 160", other},
    {"", other},
    {";", other},
    {"/* nothing */", other},
    {"BEGIN NOT ATOMIC DELETE FROM t; END", other, false},
    {"IF 1 THEN DELETE FROM t; END IF", other, false},
    {"FOR i IN 1..2 DO DELETE FROM t; END FOR", other, false},
    {"WHILE 1 DO DELETE FROM t; END WHILE", other, false},
    {"BINLOG 'abc'", other, false},
    {"SIGNAL SQLSTATE '45000'", other, false},
    {"CHANGE MASTER TO MASTER_HOST='x'", other, false},
    {"INSTALL SONAME 'x'", other, false},
    {"SET STATEMENT max_statement_time=1 FOR DELETE FROM t", other, false},
    {"frobnicate the table", other, false},
    {"42", other, false},
    {"'x'", other, false},
});

TEST(SessionStatement, Kinds) {
    for (const KindCase& row : kind_cases) {
        const Statement statement = analyze(row.sql, {});
        EXPECT_EQ(static_cast<int>(statement.kind), static_cast<int>(row.kind)) << row.sql;
        EXPECT_EQ(statement.writes_known, row.writes_known) << row.sql;
        EXPECT_TRUE(statement.writes.empty()) << row.sql;
        EXPECT_FALSE(statement.cacheable()) << row.sql;
    }
}

TEST(SessionStatement, TransactionWords) {
    EXPECT_TRUE(analyze("START TRANSACTION WITH CONSISTENT SNAPSHOT", {}).transaction.consistent_snapshot);
    const auto both = analyze("START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT", {}).transaction;
    EXPECT_TRUE(both.read_only && both.consistent_snapshot);
    EXPECT_FALSE(analyze("START TRANSACTION READ WRITE", {}).transaction.read_only);
    EXPECT_TRUE(analyze("COMMIT AND CHAIN", {}).transaction.chain);
    EXPECT_FALSE(analyze("COMMIT AND NO CHAIN RELEASE", {}).transaction.chain);
    EXPECT_TRUE(analyze("COMMIT AND NO CHAIN RELEASE", {}).transaction.release);
    EXPECT_EQ(analyze("COMMIT GARBAGE", {}).kind, other);
}

TEST(SessionStatement, ReadsWhatThePreviousOneLeft) {
    for (const std::string_view sql :
         {"SELECT FOUND_ROWS()", "SELECT ROW_COUNT()", "SELECT LAST_INSERT_ID()", "SHOW WARNINGS",
          "SHOW ERRORS LIMIT 1", "SHOW COUNT(*) WARNINGS", "SELECT @@warning_count", "SELECT @@session.error_count",
          "SELECT @@last_insert_id", "SELECT @@identity", "SELECT @@local.identity", "GET DIAGNOSTICS @n = NUMBER",
          "SELECT 1, FOUND_ROWS() + 1", "INSERT INTO t VALUES (LAST_INSERT_ID())", "UPDATE t SET a = ROW_COUNT()",
          "SET @x = FOUND_ROWS()", "SET @x = @@warning_count", "SELECT 1; SHOW WARNINGS"}) {
        EXPECT_TRUE(analyze(sql, {}).reads_previous) << sql;
    }
    for (const std::string_view sql :
         {"SELECT LAST_INSERT_ID(5)", "SHOW TABLES", "SELECT @@version", "SELECT * FROM t"}) {
        EXPECT_FALSE(analyze(sql, {}).reads_previous) << sql;
    }
}

TEST(SessionStatement, UseNamesItsSchema) {
    EXPECT_EQ(analyze("USE news", {}).schema, "news");
    EXPECT_EQ(analyze("use `a``b`;", {}).schema, "a`b");
    EXPECT_EQ(analyze("USE a b", {}).kind, other);
}

TEST(SessionStatement, SeveralInOneText) {
    const Statement two = analyze("SELECT 1; DELETE FROM t", {});
    EXPECT_EQ(two.kind, multi);
    EXPECT_EQ(two.reason, Reason::multi_statement);
    ASSERT_EQ(two.parts.size(), 2U);
    EXPECT_EQ(two.parts[0].kind, select);
    EXPECT_EQ(two.parts[1].kind, write);
    EXPECT_EQ(show_writes(two), "t");

    EXPECT_EQ(analyze("SELECT * FROM t;", {}).kind, select);
    EXPECT_EQ(analyze("SELECT * FROM t; -- end", {}).reason, Reason::none);
    EXPECT_EQ(analyze("SELECT * FROM t WHERE s = ';'", {}).reason, Reason::none);
    EXPECT_EQ(analyze("SELECT * FROM t;;", {}).kind, multi);
    EXPECT_EQ(analyze("SELECT * FROM t /*! ; DELETE FROM t */", {}).kind, multi);

    const Statement settings = analyze("SET NAMES utf8mb4; SET sql_mode = 'ANSI'; BEGIN; SELECT f()", {});
    EXPECT_EQ(settings.parts.size(), 4U);
    EXPECT_FALSE(settings.writes_known);
    EXPECT_TRUE(settings.implicit_commit);

    const Statement broken = analyze("SELECT FROM; DELETE FROM t; CREATE TEMPORARY TABLE x (a INT)", {});
    EXPECT_EQ(broken.kind, multi);
    EXPECT_FALSE(broken.writes_known);
    EXPECT_TRUE(broken.creates_temporary);
    EXPECT_EQ(show_writes(broken), "t x ?");

    EXPECT_FALSE(analyze("SELECT 1; DELETE FROM t; SELECT 'open", {}).writes_known);
}

TEST(SessionStatement, PartsAreLimited) {
    std::string sql;
    for (std::size_t i = 0; i < max_parts_count + 10; ++i) sql += "SELECT 1;";
    const Statement statement = analyze(sql, {});
    EXPECT_EQ(statement.kind, multi);
    EXPECT_EQ(statement.parts.size(), max_parts_count);
    EXPECT_FALSE(statement.writes_known);
}

TEST(SessionStatement, ParametersAreCounted) {
    EXPECT_EQ(analyze("SELECT ? FROM t WHERE a = ? LIMIT ?, ?", {}).parameters, 4);
    EXPECT_EQ(analyze("SELECT '?' FROM `?`", {}).parameters, 0);
}

}  // namespace
}  // namespace sabil::invalidation::sql
