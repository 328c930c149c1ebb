// Statements that write: which tables they name.
#include <gtest/gtest.h>

#include <array>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/cacheable_cases.h"
#include "tests/invalidation/sql/show.h"

namespace sabil::invalidation::sql {
namespace {

struct ChangeCase {
    std::string_view sql;
    StatementKind kind;
    std::string_view writes;  // "?" at the end: not all of them are known
    std::string_view reads = "";
    Servers servers = Servers::both;
};
using enum StatementKind;

constexpr auto change_cases = std::to_array<ChangeCase>({
    {"INSERT INTO t VALUES (1, 2)", write, "t"},
    {"insert t (a, b) values (1, DEFAULT), (?, NULL)", write, "t"},
    {"INSERT INTO news.t () VALUES ()", write, "news.t"},
    {"INSERT INTO `news`.`my table` SET a = 1, b = DEFAULT", write, "news.my table"},
    {"INSERT LOW_PRIORITY IGNORE INTO t VALUES (1)", write, "t"},
    {"INSERT INTO t PARTITION (p0, p1) (a) VALUES (1)", write, "t"},
    {"INSERT INTO t (a) VALUES (NOW()), (UUID()), (CURRENT_TIMESTAMP)", write, "t"},
    {"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES(a), b = b + 1", write, "t"},
    {"INSERT INTO t VALUES (1) AS n ON DUPLICATE KEY UPDATE a = n.a", write, "t", "", Servers::mysql},
    {"INSERT INTO t VALUES (1) AS n (x) ON DUPLICATE KEY UPDATE a = x", write, "t", "", Servers::mysql},
    {"INSERT INTO t SELECT * FROM u WHERE a = 1", write, "t", "u"},
    {"INSERT INTO t (a) (SELECT a FROM u)", write, "t", "u"},
    {"INSERT INTO t (SELECT a FROM u) ON DUPLICATE KEY UPDATE a = 1", write, "t", "u"},
    {"INSERT INTO t WITH c AS (SELECT * FROM u) SELECT * FROM c", write, "t", "u"},
    {"INSERT INTO t TABLE u", write, "t", "u", Servers::mysql},
    {"INSERT INTO t VALUES ((SELECT MAX(id) FROM u))", write, "t", "u"},
    {"INSERT INTO t VALUES (f(1))", write, "t ?"},
    {"INSERT INTO t VALUES (1) RETURNING id, a", write, "t", "", Servers::mariadb},
    {"INSERT INTO t VALUE (1)", write, "t"},
    {"INSERT INTO t VALUES (1, 'a;b', \"c\")", write, "t"},
    {"INSERT INTO t VALUES (1", write, "t ?"},
    {"INSERT INTO t some new syntax", write, "t ?"},
    {"REPLACE INTO t VALUES (1)", write, "t"},
    {"REPLACE DELAYED t SET a = 1", write, "t"},
    {"UPDATE t SET a = 1", write, "t", "t"},
    {"UPDATE LOW_PRIORITY IGNORE news.t AS x SET x.a = 1, b = b + 1 WHERE id = 5 ORDER BY id LIMIT 3", write, "news.t",
     "news.t"},
    {"UPDATE t SET a = (SELECT MAX(a) FROM u)", write, "t", "t u"},
    {"UPDATE t, u SET t.a = u.a WHERE t.id = u.id", write, "t", "t u"},
    {"UPDATE t x JOIN news.u y ON x.id = y.id SET y.a = 1, x.a = 2", write, "news.u t", "t news.u"},
    {"UPDATE t JOIN u USING (id) SET a = 1", write, "t u", "t u"},
    {"UPDATE t JOIN u USING (id) SET t.a = 1, b = 2", write, "t u", "t u"},
    {"UPDATE t LEFT JOIN (SELECT id FROM u) d ON d.id = t.id SET t.a = 1", write, "t", "t u"},
    {"UPDATE t SET a = f(a)", write, "t ?", "t"},
    {"WITH c AS (SELECT id FROM u) UPDATE t JOIN c ON c.id = t.id SET t.a = 1", write, "t", "u t"},
    {"WITH c AS (SELECT id FROM u) DELETE FROM t WHERE id IN (SELECT id FROM c)", write, "t", "u"},
    {"DELETE FROM t", write, "t"},
    {"DELETE FROM news.t WHERE id = 5 ORDER BY id LIMIT 1", write, "news.t"},
    {"DELETE LOW_PRIORITY QUICK IGNORE FROM t WHERE a IN (SELECT a FROM u)", write, "t", "u"},
    {"DELETE FROM t AS x WHERE x.id = 1", write, "t"},
    {"DELETE FROM t PARTITION (p0) WHERE id = 1", write, "t"},
    {"DELETE FROM t WHERE id = 1 RETURNING id", write, "t", "", Servers::mariadb},
    {"DELETE t FROM t JOIN u ON t.id = u.id", write, "t", "t u"},
    {"DELETE x.*, y FROM t x JOIN news.u y ON x.id = y.id WHERE x.a = 1", write, "t news.u", "t news.u"},
    {"DELETE FROM x USING t x JOIN u ON x.id = u.id", write, "t", "t u"},
    {"DELETE FROM x, u USING t AS x JOIN u ON x.id = u.id WHERE u.a = 1", write, "t u", "t u"},
    {"LOAD DATA LOCAL INFILE '/x' REPLACE INTO TABLE news.t FIELDS TERMINATED BY ',' (a, @b) SET c = UPPER(@b)", write,
     "news.t"},
    {"LOAD DATA INFILE 'x' INTO TABLE t SET a = f(b)", write, "t ?"},
    {"LOAD XML INFILE 'x' INTO TABLE t ROWS IDENTIFIED BY '<r>'", write, "t"},
    {"TRUNCATE TABLE t", write, "t"},
    {"TRUNCATE news.t", write, "news.t"},
    {"/* x */ -- y\n INSERT INTO t VALUES (1) ;", write, "t"},
    {"ANALYZE DELETE FROM t", write, "t", "", Servers::mariadb},
    {"ANALYZE FORMAT=JSON UPDATE t SET a = 1", write, "t", "t", Servers::mariadb},
    {"EXPLAIN ANALYZE DELETE t FROM t JOIN u", write, "t", "t u", Servers::mysql},

    {"CREATE TABLE t (id INT PRIMARY KEY, a INT DEFAULT (1), KEY (a))", ddl, "t"},
    {"CREATE OR REPLACE TABLE news.t (id INT)", ddl, "news.t", "", Servers::mariadb},
    {"CREATE TABLE IF NOT EXISTS t LIKE u", ddl, "t"},
    {"CREATE TABLE t AS SELECT * FROM u", ddl, "t"},
    {"CREATE TABLE t (a INT REFERENCES u (id), FOREIGN KEY (a) REFERENCES news.w (id) ON DELETE CASCADE)", ddl,
     "t u news.w"},
    {"CREATE TEMPORARY TABLE t (id INT)", ddl, "t"},
    {"CREATE TABLE `if` (id INT)", ddl, "if"},
    {"ALTER TABLE t ADD COLUMN b INT, DROP COLUMN c", ddl, "t"},
    {"ALTER ONLINE IGNORE TABLE t ENGINE=InnoDB", ddl, "t", "", Servers::mariadb},
    {"ALTER TABLE t RENAME TO news.u", ddl, "t news.u"},
    {"ALTER TABLE t RENAME u", ddl, "t u"},
    {"ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO k", ddl, "t"},
    {"ALTER TABLE t EXCHANGE PARTITION p0 WITH TABLE u WITHOUT VALIDATION", ddl, "t u"},
    {"ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id)", ddl, "t u"},
    {"ALTER TABLE t DROP PARTITION p0", ddl, "t"},
    {"DROP TABLE t", ddl, "t"},
    {"DROP TABLE IF EXISTS `t`, news.u /* generated by server */", ddl, "t news.u"},
    {"DROP TEMPORARY TABLE IF EXISTS t", ddl, "t"},
    {"DROP VIEW v, w", ddl, "v w"},
    {"RENAME TABLE t TO t_old, t_new TO news.t", ddl, "t t_old t_new news.t"},
    {"RENAME TABLES IF EXISTS t WAIT 5 TO u", ddl, "t u", "", Servers::mariadb},
    {"CREATE INDEX i ON t (a)", ddl, "t"},
    {"CREATE UNIQUE INDEX i USING BTREE ON news.t (a)", ddl, "news.t"},
    {"CREATE FULLTEXT INDEX i ON t (a)", ddl, "t"},
    {"DROP INDEX i ON t", ddl, "t"},
    {"CREATE VIEW v AS SELECT * FROM t", ddl, "v"},
    {"CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW news.v AS SELECT 1", ddl,
     "news.v"},
    {"CREATE DEFINER=CURRENT_USER() VIEW v AS SELECT 1", ddl, "v"},
    {"CREATE DEFINER=root@localhost VIEW v AS SELECT 1", ddl, "v"},
    {"ALTER VIEW v AS SELECT 2", ddl, "v"},
    {"CREATE TRIGGER g BEFORE INSERT ON news.t FOR EACH ROW SET NEW.a = 1", ddl, "news.t"},
    {"CREATE DEFINER=`a`@`%` TRIGGER g AFTER DELETE ON t FOR EACH ROW BEGIN DELETE FROM u; END", ddl, "t ?"},
    {"DROP TRIGGER g", ddl, "?"},
    {"CREATE PROCEDURE p() SELECT 1", ddl, ""},
    {"CREATE PROCEDURE p() BEGIN DELETE FROM t; END", ddl, "?"},
    {"CREATE PROCEDURE p() SELECT 1; DELETE FROM t", ddl, "?"},
    {"CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1", ddl, ""},
    {"DROP FUNCTION IF EXISTS f", ddl, ""},
    {"CREATE DATABASE x", ddl, "?"},
    {"DROP DATABASE IF EXISTS `x y`", ddl, "?"},
    {"ALTER DATABASE x CHARACTER SET utf8mb4", ddl, "?"},
    {"CREATE SEQUENCE s START WITH 1", ddl, "s", "", Servers::mariadb},
    {"DROP SEQUENCE s", ddl, "s", "", Servers::mariadb},
    {"CREATE SERVER x FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h')", ddl, "?"},
    {"CREATE TABLESPACE x ADD DATAFILE 'x.ibd'", ddl, "?"},
    {"ANALYZE TABLE t, news.u", ddl, "t news.u"},
    {"OPTIMIZE NO_WRITE_TO_BINLOG TABLE t", ddl, "t"},
    {"REPAIR TABLE t EXTENDED", ddl, "t"},
    {"CHECK TABLE t QUICK", ddl, "t"},
});

TEST(Change, TargetsOfStatements) {
    for (const ChangeCase& row : change_cases) {
        for (const Dialect dialect : {Dialect::mariadb, Dialect::mysql}) {
            if (row.servers == (dialect == Dialect::mysql ? Servers::mariadb : Servers::mysql)) continue;
            ParseMode mode;
            mode.dialect = dialect;
            const Statement statement = analyze(row.sql, mode);
            EXPECT_EQ(static_cast<int>(statement.kind), static_cast<int>(row.kind)) << row.sql;
            EXPECT_EQ(show_writes(statement), row.writes) << row.sql;
            std::string names;
            for (const TableUse& use : statement.reads) names += (names.empty() ? "" : " ") + sql::show(use.name);
            EXPECT_EQ(names, row.reads) << row.sql;
            EXPECT_FALSE(statement.cacheable()) << row.sql;
        }
    }
}

TEST(Change, SchemaThatIsChanged) {
    EXPECT_EQ(analyze("CREATE DATABASE IF NOT EXISTS `x y`", {}).schema, "x y");
    EXPECT_EQ(analyze("DROP SCHEMA x", {}).schema, "x");
    EXPECT_EQ(analyze("ALTER DATABASE x COLLATE utf8mb4_bin", {}).schema, "x");
}

TEST(Change, TemporaryTablesAndImplicitCommits) {
    EXPECT_TRUE(analyze("CREATE TEMPORARY TABLE t (a INT)", {}).creates_temporary);
    EXPECT_TRUE(analyze("CREATE OR REPLACE TEMPORARY TABLE t (a INT)", {}).creates_temporary);
    EXPECT_FALSE(analyze("CREATE TEMPORARY TABLE t (a INT)", {}).implicit_commit);
    EXPECT_FALSE(analyze("DROP TEMPORARY TABLE t", {}).implicit_commit);
    EXPECT_FALSE(analyze("CREATE TABLE temporary (a INT)", {}).creates_temporary);
    for (const std::string_view sql :
         {"CREATE TABLE t (a INT)", "TRUNCATE t", "DROP TABLE t", "GRANT SELECT ON *.* TO u", "BEGIN",
          "LOCK TABLES t READ", "ANALYZE TABLE t", "SET autocommit = 1"}) {
        EXPECT_TRUE(analyze(sql, {}).implicit_commit) << sql;
    }
    for (const std::string_view sql : {"INSERT INTO t VALUES (1)", "SELECT 1", "COMMIT", "SET NAMES utf8mb4"}) {
        EXPECT_FALSE(analyze(sql, {}).implicit_commit) << sql;
    }
}

TEST(Change, TooManyTargetsAreNotAllKnown) {
    std::string sql = "DROP TABLE t0";
    for (int i = 1; i < 5000; ++i) sql += ", t" + std::to_string(i);
    const Statement statement = analyze(sql, {});
    EXPECT_EQ(statement.kind, ddl);
    EXPECT_FALSE(statement.writes_known);
}

}  // namespace
}  // namespace sabil::invalidation::sql
