"""What applications send: the statements of content systems, shops and frameworks with all that a session can do between
them. Each runs straight on the server and through Sabil, is asked twice and again after a write, and every packet must be
the same. Run: python3 -m tests.integration.mysql_applications"""
import struct
import time
import unittest

from tests.integration._mysql_beside import BesideSabil
from tests.integration._mysql_wire import DEPRECATE_EOF, FOUND_ROWS, MULTI_STATEMENTS, SESSION_TRACK
from tests.support.servers import MariaDB, MySQL

SCHEMA = """
CREATE DATABASE IF NOT EXISTS diff CHARACTER SET utf8mb4;
CREATE DATABASE IF NOT EXISTS other;
CREATE TABLE diff.wp_options (option_id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, option_name VARCHAR(191) NOT NULL UNIQUE,
  option_value LONGTEXT NOT NULL, autoload VARCHAR(20) NOT NULL DEFAULT 'yes', KEY (autoload));
CREATE TABLE diff.wp_posts (ID BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, post_author BIGINT UNSIGNED NOT NULL DEFAULT 0,
  post_date DATETIME NOT NULL, post_title TEXT NOT NULL, post_status VARCHAR(20) NOT NULL DEFAULT 'publish',
  post_type VARCHAR(20) NOT NULL DEFAULT 'post', comment_count BIGINT NOT NULL DEFAULT 0,
  KEY type_status_date (post_type, post_status, post_date, ID), FULLTEXT (post_title));
CREATE TABLE diff.wp_postmeta (meta_id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, post_id BIGINT UNSIGNED NOT NULL,
  meta_key VARCHAR(255), meta_value LONGTEXT, KEY (post_id));
CREATE TABLE diff.users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100) UNIQUE, name VARCHAR(50), created DATETIME(6));
CREATE TABLE diff.orders (id INT PRIMARY KEY AUTO_INCREMENT, user_id INT, total DECIMAL(10,2), placed DATE, state ENUM('new','paid'),
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE diff.tree (id INT PRIMARY KEY, parent INT, name VARCHAR(20));
CREATE TABLE diff.docs (id INT PRIMARY KEY, body JSON);
CREATE TABLE diff.places (id INT PRIMARY KEY, name VARCHAR(20), at POINT NOT NULL, SPATIAL INDEX (at));
CREATE TABLE diff.memory (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE=MEMORY;
CREATE TABLE diff.old (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE=MyISAM;
CREATE TABLE diff.log (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(50));
CREATE VIEW diff.paid AS SELECT o.id, u.name, o.total FROM diff.orders o JOIN diff.users u ON u.id = o.user_id WHERE o.state = 'paid';
CREATE VIEW diff.dear AS SELECT id, total FROM diff.orders WHERE total > 10 WITH CHECK OPTION;
CREATE VIEW other.names AS SELECT id, name FROM diff.users;
"""
ROUTINES = [
    "CREATE PROCEDURE diff.add_user(IN e VARCHAR(100), OUT new_id INT, INOUT n INT) BEGIN INSERT INTO users (email) VALUES (e);"
    " SET new_id = LAST_INSERT_ID(); SET n = n + 1; END",
    "CREATE PROCEDURE diff.report() BEGIN SELECT COUNT(*) FROM users; SELECT id FROM orders ORDER BY id; END",
    "CREATE PROCEDURE diff.fails() BEGIN SELECT id FROM users; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no more'; END",
    "CREATE PROCEDURE diff.sets() BEGIN SET SESSION group_concat_max_len = 7; SET @from_procedure = 5; END",
    "CREATE FUNCTION diff.twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2",
    "CREATE TRIGGER diff.logged AFTER INSERT ON diff.users FOR EACH ROW INSERT INTO log (what) VALUES (CONCAT('user ', NEW.id))",
]
FILL = [
    "INSERT INTO diff.wp_options VALUES (1,'siteurl','http://a','yes'),(2,'blogname','Sabil','yes'),(3,'cron','a:0:{}','no'),(4,'_transient_x','1','no')",
    "INSERT INTO diff.wp_posts (ID, post_author, post_date, post_title, post_status, post_type, comment_count) VALUES"
    "(1,1,'2024-01-01 10:00:00','Hello world','publish','post',2),(2,1,'2024-02-01 10:00:00','Second hello','publish','post',0),"
    "(3,2,'2024-02-03 11:30:00','Draft of a page','draft','page',0),(4,2,'2024-03-03 00:00:00','Ünïcode title','private','post',7)",
    "INSERT INTO diff.wp_postmeta VALUES (1,1,'_edit_last','1'),(2,1,'views','10'),(3,2,'views','20'),(4,4,'_thumb',NULL)",
    "INSERT INTO diff.users VALUES (1,'a@x','Ann','2024-01-01 00:00:00.123456'),(2,'b@x','Bob',NULL),(3,'c@x',NULL,'2024-05-05')",
    "DELETE FROM diff.log",
    "INSERT INTO diff.orders VALUES (1,1,9.99,'2024-01-05','paid'),(2,1,20.00,'2024-02-05','new'),(3,2,15.50,'2024-02-07','paid'),(4,3,1.00,NULL,NULL)",
    "INSERT INTO diff.tree VALUES (1,NULL,'root'),(2,1,'left'),(3,1,'right'),(4,2,'leaf')",
    """INSERT INTO diff.docs VALUES (1,'{"a":{"b":[1,2,3]},"t":"x"}'),(2,'{"a":null,"t":"y"}'),(3,'[1,"z"]')""",
    "INSERT INTO diff.places VALUES (1,'zero',ST_GeomFromText('POINT(0 0)')),(2,'east',ST_GeomFromText('POINT(10 0)')),(3,'far',ST_GeomFromText('POINT(50 50)'))",
    "INSERT INTO diff.memory VALUES (1,'m')", "INSERT INTO diff.old VALUES (1,'o'),(2,'p')",
]
TABLES = ["wp_options", "wp_posts", "wp_postmeta", "orders", "users", "tree", "docs", "places", "memory", "old", "log"]
# Changes each of the tables, so that every read has to be answered anew.
WRITES = ["UPDATE wp_options SET option_value = CONCAT(option_value, '!')", "UPDATE wp_posts SET comment_count = comment_count + 1",
          "UPDATE wp_postmeta SET meta_value = CONCAT(meta_value, '0')", "UPDATE orders SET total = total + 1", "UPDATE users SET name = 'Zoe' WHERE id = 2",
          "UPDATE tree SET name = UPPER(name)", "UPDATE docs SET body = JSON_SET(body, '$.t', 'new')", "UPDATE places SET name = CONCAT(name, '+')",
          "UPDATE memory SET v = 'mm'", "UPDATE old SET v = 'oo' WHERE id = 1"]
READS = [
    "SELECT option_name, option_value FROM wp_options WHERE autoload = 'yes'",
    "SELECT option_value FROM wp_options WHERE option_name = 'blogname' LIMIT 1",
    "SELECT   wp_posts.* FROM wp_posts  WHERE 1=1  AND ((wp_posts.post_type = 'post' AND (wp_posts.post_status = 'publish' OR wp_posts.post_status = 'private')))"
    "  ORDER BY wp_posts.post_date DESC LIMIT 0, 10",
    "SELECT post_id, meta_key, meta_value FROM wp_postmeta WHERE post_id IN (1,2) ORDER BY meta_id ASC",
    "SELECT YEAR(post_date) AS `year`, MONTH(post_date) AS `month`, COUNT(ID) AS posts FROM wp_posts GROUP BY YEAR(post_date), MONTH(post_date) ORDER BY 1, 2",
    "SELECT post_status, COUNT( * ) AS num_posts FROM wp_posts WHERE post_type = 'post' GROUP BY post_status ORDER BY 1",
    "SELECT SQL_CALC_FOUND_ROWS ID FROM wp_posts ORDER BY ID LIMIT 1", "SELECT FOUND_ROWS()", "SELECT FOUND_ROWS()",
    "SELECT p.ID, m.meta_value+0 AS views FROM wp_posts p LEFT JOIN wp_postmeta m ON (p.ID = m.post_id AND m.meta_key = 'views') ORDER BY views DESC, p.ID",
    "SELECT ID FROM wp_posts WHERE MATCH(post_title) AGAINST ('+hello -world' IN BOOLEAN MODE)",
    "SELECT ID, MATCH(post_title) AGAINST ('hello') > 0 AS hit FROM wp_posts WHERE MATCH(post_title) AGAINST ('hello' WITH QUERY EXPANSION) ORDER BY ID",
    "SELECT `users`.`id`, `users`.`email` FROM `users` WHERE `users`.`email` = 'a@x' LIMIT 21",
    "select * from `users` where `email` like '%@x' and `name` is not null order by `id` asc limit 15 offset 0",
    "select count(*) as aggregate from `users`", "select exists(select * from `orders` where `user_id` = 1) as `exists`",
    "SELECT DISTINCT `users`.`name` FROM `users` INNER JOIN `orders` ON (`users`.`id` = `orders`.`user_id`) WHERE `orders`.`total` >= 5 ORDER BY `users`.`name` ASC",
    "SELECT u.name, (SELECT SUM(total) FROM orders o WHERE o.user_id = u.id) AS s FROM users u ORDER BY u.id",
    "SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.state <=> 'paid') ORDER BY 1",
    "SELECT placed, SUM(total), GROUP_CONCAT(id ORDER BY id DESC SEPARATOR ';') FROM orders GROUP BY placed WITH ROLLUP",
    "SELECT user_id, total, RANK() OVER (PARTITION BY user_id ORDER BY total DESC) r, SUM(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s,"
    " LAG(total, 1, 0) OVER w, FIRST_VALUE(id) OVER w FROM orders WINDOW w AS (ORDER BY id) ORDER BY id",
    "WITH RECURSIVE t AS (SELECT id, name, 0 AS depth FROM tree WHERE parent IS NULL UNION ALL SELECT c.id, c.name, depth + 1 FROM tree c JOIN t ON c.parent = t.id)"
    " SELECT * FROM t ORDER BY id",
    "WITH a AS (SELECT * FROM orders), b AS (SELECT user_id, COUNT(*) c FROM a GROUP BY user_id) SELECT * FROM b NATURAL JOIN a ORDER BY id",
    "SELECT id FROM users UNION ALL SELECT user_id FROM orders ORDER BY 1 LIMIT 5", "(SELECT id FROM users LIMIT 1) UNION (SELECT 9) ORDER BY id DESC",
    "SELECT id FROM users INTERSECT SELECT user_id FROM orders", "SELECT id FROM users EXCEPT SELECT user_id FROM orders WHERE total > 10 ORDER BY 1",
    "SELECT JSON_EXTRACT(body, '$.a.b[1]'), JSON_UNQUOTE(JSON_EXTRACT(body, '$.t')), JSON_TYPE(body), JSON_LENGTH(body), JSON_CONTAINS(body, '\"y\"', '$.t') FROM docs ORDER BY id",
    "SELECT j.v FROM docs, JSON_TABLE(body, '$.a.b[*]' COLUMNS (v INT PATH '$')) j ORDER BY 1", "SELECT JSON_OBJECTAGG(id, name), JSON_ARRAYAGG(name) FROM users",
    "SELECT JSON_OBJECT('id', id, 'n', name) FROM users ORDER BY id", 
    "SELECT id, ST_AsText(at), ST_X(at), ST_Distance(at, ST_GeomFromText('POINT(3 4)')) FROM places ORDER BY id",
    "SELECT name FROM places WHERE MBRContains(ST_GeomFromText('POLYGON((-1 -1,20 -1,20 20,-1 20,-1 -1))'), at) ORDER BY id", "SELECT at FROM places WHERE id = 1",
    "SELECT * FROM paid ORDER BY id", "SELECT * FROM dear ORDER BY id", "SELECT v FROM memory", "SELECT v FROM old ORDER BY id",
    "SELECT CASE state WHEN 'paid' THEN 1 WHEN 'new' THEN 2 ELSE 3 END, IF(total > 10, 'dear', 'cheap'), NULLIF(user_id, 1), COALESCE(placed, 'never'), state+0 FROM orders ORDER BY id",
    "SELECT name COLLATE utf8mb4_bin, BINARY name, LOWER(name), SUBSTRING_INDEX(email, '@', 1), LPAD(id, 3, '0'), SHA2(email, 256), CRC32(email) FROM users ORDER BY 1",
    "SELECT UNIX_TIMESTAMP(post_date), DATE(post_date), DATE_ADD(post_date, INTERVAL 1 MONTH), TIMESTAMPDIFF(HOUR, post_date, '2024-04-01'), LAST_DAY(post_date), STR_TO_DATE('2024-01-02','%Y-%m-%d') FROM wp_posts ORDER BY ID",
    "SELECT created, created + INTERVAL 1 MICROSECOND, EXTRACT(MICROSECOND FROM created), CAST(created AS DATE), CAST(total AS UNSIGNED), CAST(total AS CHAR(3)) FROM users JOIN orders ON users.id = orders.user_id ORDER BY orders.id",
    "SELECT COUNT(DISTINCT user_id), STDDEV(total), VAR_SAMP(total), BIT_OR(id), MIN(placed), MAX(state) FROM orders", "SELECT email REGEXP '^[a-b]@', email RLIKE 'X$', name SOUNDS LIKE 'Anne' FROM users",
    "SELECT id, total FROM orders WHERE total BETWEEN 5 AND 16 AND placed > '2024-01-01' ORDER BY FIELD(state, 'new', 'paid'), id",
    "SELECT id FROM orders WHERE (user_id, state) IN ((1, 'paid'), (2, 'paid')) ORDER BY id", "SELECT id FROM orders USE INDEX (PRIMARY) WHERE id > 1 ORDER BY id", "SELECT STRAIGHT_JOIN o.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY 1",
    "SELECT SQL_BIG_RESULT user_id, COUNT(*) FROM orders GROUP BY user_id ORDER BY NULL", "SELECT HIGH_PRIORITY SQL_SMALL_RESULT DISTINCT state FROM orders ORDER BY 1", "SELECT ALL id FROM users ORDER BY RAND(3)", "SELECT NOW() > '2000-01-01' FROM users LIMIT 1",
    "SELECT UUID() <> '' FROM users LIMIT 1", "SELECT LENGTH(RAND()) > 0 FROM users LIMIT 1", "SELECT id FROM users WHERE created < NOW() ORDER BY id", 
    "SELECT id, @n := IFNULL(@n, 0) + 1 FROM users ORDER BY id", "SELECT LAST_INSERT_ID()", 
    "SELECT users.* FROM users PARTITION (p0)", "SELECT id FROM users LIMIT 1,2", "SELECT id FROM users ORDER BY id DESC LIMIT 2 OFFSET 1", "SELECT name AS `first``name`, email \"e\" FROM users ORDER BY id",
    "SELECT 'it''s', 'a\\'b', \"q\", 1e3, .5, -0, 0x4142, b'11', TRUE, NULL, DATE '2024-01-01', TIMESTAMP '2024-01-01 01:02:03', _utf8mb4'x' COLLATE utf8mb4_bin FROM users LIMIT 1",
    "SHOW TABLES", "SHOW FULL TABLES", "SHOW FULL COLUMNS FROM users", "SHOW INDEX FROM users", "SHOW CREATE VIEW paid", "SHOW CREATE PROCEDURE report", "SHOW CREATE TRIGGER logged", "SHOW TRIGGERS LIKE 'users'", "SHOW DATABASES LIKE 'diff'", "SHOW VARIABLES LIKE 'collation%'",
    "SHOW SESSION STATUS LIKE 'Ssl_cipher'", "SHOW GRANTS", "SHOW ENGINES", "SHOW CHARACTER SET LIKE 'latin1'", "SHOW COLLATION LIKE 'latin1_bin'", "SHOW ERRORS", "SHOW WARNINGS LIMIT 1", "SHOW COUNT(*) ERRORS", "SHOW OPEN TABLES FROM nowhere", "SHOW TABLE STATUS LIKE 'nothing'",
    "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'diff' ORDER BY 1", "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'diff' AND TABLE_NAME = 'users' ORDER BY ORDINAL_POSITION",
    "SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = 'diff' AND REFERENCED_TABLE_NAME IS NOT NULL", "SELECT COUNT(*) > 0 FROM performance_schema.session_variables", "SELECT User FROM mysql.user WHERE User = 'diff'", "SELECT @@session.sql_mode, @@autocommit, @@tx_isolation", "SELECT @@transaction_isolation",
    "EXPLAIN SELECT * FROM users", "DESCRIBE users email", 
    "SELECT * FROM other.names ORDER BY id", "SELECT id FROM other.names WHERE id = 2", "SHOW COLUMNS FROM other.names",
]
# May write, as far as Sabil can tell: what comes after them goes to the server for a moment.
LAST_READS = ["SELECT body->>'$.t' FROM docs ORDER BY id", "SELECT id, name FROM users WHERE id = 1 LIMIT 1 FOR SHARE", "TABLE users", "VALUES ROW(1,2), ROW(3,4)", "VALUES (1,2),(3,4)", "SELECT 1 FROM users PROCEDURE ANALYSE()",
              "SELECT NEXT VALUE FOR no_sequence", "SELECT id FROM users FOR UPDATE", "HELP 'nothing'", "SELECT id INTO @first FROM users ORDER BY id LIMIT 1", "SELECT @first",
              "SELECT twice(id) FROM users", "CHECK TABLE users", "ANALYZE TABLE users", "CHECKSUM TABLE users, old"]
SCRIPTS = {
    "upsert": ["INSERT INTO wp_options (option_name, option_value, autoload) VALUES ('blogname', 'x', 'no') ON DUPLICATE KEY UPDATE option_value = VALUES(option_value)",
               "SELECT option_value FROM wp_options WHERE option_name = 'blogname'", "SELECT ROW_COUNT(), LAST_INSERT_ID()", "REPLACE INTO wp_options (option_id, option_name, option_value) VALUES (2, 'blogname', 'y')",
               "SELECT option_value, autoload FROM wp_options WHERE option_name = 'blogname'", "INSERT IGNORE INTO users (id, email) VALUES (1, 'a@x'), (9, 'n@x')", "SHOW WARNINGS", "SELECT COUNT(*) FROM users",
               "INSERT INTO users (email) SELECT CONCAT('copy-', email) FROM users WHERE id < 3", "SELECT LAST_INSERT_ID()", "SELECT COUNT(*) FROM users", "SELECT what FROM log ORDER BY id"],
    "temporary": ["CREATE TEMPORARY TABLE basket SELECT id, total FROM orders WHERE total > 5", "SELECT * FROM basket ORDER BY id", "SELECT * FROM basket ORDER BY id", "UPDATE basket SET total = 0", "SELECT SUM(total) FROM basket",
                  "SELECT COUNT(*) FROM orders", "DROP TEMPORARY TABLE basket", "SELECT * FROM basket", "CREATE TEMPORARY TABLE users (id INT)", "SELECT * FROM users", "DROP TABLE users", "SELECT COUNT(*) FROM users"],
    "variables": ["SET @a = 1, @b := 'x'", "SELECT @a, @b", "SELECT id FROM users WHERE id = @a", "SET @a = 2", "SELECT id FROM users WHERE id = @a", "SELECT id, @row := @row + 1 FROM users, (SELECT @row := 0) r ORDER BY id", "SELECT @row",
                  "SELECT name INTO @n FROM users WHERE id = 1", "SELECT @n", "SET @s = (SELECT COUNT(*) FROM orders)", "SELECT @s"],
    "locks": ["SELECT GET_LOCK('cron', 0)", "SELECT IS_FREE_LOCK('cron'), IS_USED_LOCK('cron') = CONNECTION_ID()", "SELECT v FROM old ORDER BY id", "SELECT RELEASE_LOCK('cron')", "SELECT RELEASE_ALL_LOCKS()", "LOCK TABLES users READ, orders WRITE",
              "SELECT COUNT(*) FROM users", "SELECT COUNT(*) FROM docs", "UPDATE orders SET total = 1 WHERE id = 1", "UPDATE users SET name = 'x'", "UNLOCK TABLES", "SELECT COUNT(*) FROM docs", "SELECT total FROM orders WHERE id = 1"],
    "savepoints": ["START TRANSACTION", "UPDATE users SET name = 'one' WHERE id = 1", "SAVEPOINT s1", "UPDATE users SET name = 'two' WHERE id = 1", "SELECT name FROM users WHERE id = 1", "ROLLBACK TO SAVEPOINT s1", "SELECT name FROM users WHERE id = 1",
                   "RELEASE SAVEPOINT s1", "BEGIN", "SELECT name FROM users WHERE id = 1", "COMMIT AND CHAIN", "SELECT name FROM users WHERE id = 1", "ROLLBACK AND NO CHAIN", "SELECT name FROM users WHERE id = 1", "SELECT name FROM users WHERE id = 1",
                   "START TRANSACTION READ ONLY", "UPDATE users SET name = 'three'", "SELECT name FROM users WHERE id = 1", "START TRANSACTION READ WRITE", "BEGIN", "ROLLBACK"],
    "xa": ["XA START 'x1'", "UPDATE users SET name = 'xa' WHERE id = 1", "SELECT name FROM users WHERE id = 1", "XA END 'x1'", "XA PREPARE 'x1'", "XA COMMIT 'x1'", "SELECT name FROM users WHERE id = 1", "SELECT name FROM users WHERE id = 1", "XA RECOVER",
           "XA START 'x2'", "UPDATE users SET name = 'xb' WHERE id = 1", "XA END 'x2'", "XA COMMIT 'x2' ONE PHASE", "SELECT name FROM users WHERE id = 1"],
    "procedures": ["SET @n = 5", "CALL add_user('p@x', @id, @n)", "SELECT @id, @n", "SELECT email FROM users WHERE id = @id", "SELECT COUNT(*) FROM users", "SELECT what FROM log ORDER BY id", "CALL report()", "CALL report()", "CALL fails()", "SHOW WARNINGS",
                   "SELECT GROUP_CONCAT(email) FROM users", "CALL sets()", "SELECT GROUP_CONCAT(email) FROM users", "SELECT @from_procedure", "CALL nowhere()", "DO SLEEP(0)", "SELECT twice(4)"],
    "handler": ["HANDLER users OPEN AS h", "HANDLER h READ FIRST", "HANDLER h READ NEXT LIMIT 2", "SELECT COUNT(*) FROM users", "HANDLER h READ `PRIMARY` = (1)", "HANDLER h CLOSE", "HANDLER h READ NEXT"],
    "multiple": ["SELECT id FROM users ORDER BY id; SELECT COUNT(*) FROM orders", "UPDATE users SET name = 'm' WHERE id = 1; SELECT name FROM users WHERE id = 1", "SELECT name FROM users WHERE id = 1", "SET @a = 1; SELECT @a; SELECT nothing; SELECT 2", "SELECT name FROM users WHERE id = 1",
                 "BEGIN; UPDATE users SET name = 'mm' WHERE id = 1", "SELECT name FROM users WHERE id = 1", "ROLLBACK; SELECT name FROM users WHERE id = 1", "SELECT name FROM users WHERE id = 1"],
    "modes": ["SET sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE'", "SELECT name, 1/0 FROM users WHERE id = 1", "INSERT INTO tree VALUES (9, 'x', 'n')", "SET sql_mode = ''", "INSERT INTO tree VALUES (9, 'x', 'n')", "SHOW WARNINGS", "SELECT * FROM tree ORDER BY id",
              "SET SESSION sql_mode = 'ANSI'", "SELECT \"name\" || 'x' FROM \"users\" ORDER BY 1", "SET sql_mode = 'HIGH_NOT_PRECEDENCE,IGNORE_SPACE'", "SELECT NOT 1 BETWEEN -5 AND 5, COUNT (*) FROM users", "SET sql_mode = 'ONLY_FULL_GROUP_BY'", "SELECT name, COUNT(*) FROM users", "SET sql_mode = DEFAULT", "SELECT name, COUNT(*) FROM users",
              "SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'", "SELECT name FROM users ORDER BY id", "SET sql_mode = 'REAL_AS_FLOAT'", "SELECT total FROM orders ORDER BY id", "SET sql_mode = 'NO_UNSIGNED_SUBTRACTION'", "SELECT ID - 5 FROM wp_posts ORDER BY ID"],
    "settings": ["SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci", "SELECT name = 'ANN' FROM users ORDER BY id", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT COUNT(*) FROM users", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT COUNT(*) FROM users",
                 "SET SQL_SAFE_UPDATES = 1", "UPDATE users SET name = 'all'", "SET FOREIGN_KEY_CHECKS = 0", "DELETE FROM users WHERE id = 3", "SELECT COUNT(*) FROM orders", "SET FOREIGN_KEY_CHECKS = 1", "DELETE FROM users WHERE id = 2", "SELECT COUNT(*) FROM orders", "SELECT COUNT(*) FROM orders",
                 "SET timestamp = 1700000000", "SELECT NOW()", "SELECT COUNT(*) FROM users WHERE created < NOW()", "SET timestamp = DEFAULT", "SET max_execution_time = 1000", "SET max_statement_time = 10", "SELECT COUNT(*) FROM users", "SET insert_id = 77", "INSERT INTO log (what) VALUES ('x')", "SELECT MAX(id) FROM log",
                 "SET SQL_BIG_SELECTS = 1, SQL_AUTO_IS_NULL = 1", "INSERT INTO log (what) VALUES ('y')", "SELECT id FROM log WHERE id IS NULL", "SELECT id FROM log WHERE id IS NULL", "SET SQL_AUTO_IS_NULL = 0", "SET nonsense = 1", "SET character_set_results = latin1", "SELECT post_title FROM wp_posts WHERE ID = 4"],
    "writes": ["SELECT SUM(total) FROM orders", "UPDATE orders o JOIN users u ON o.user_id = u.id SET o.total = 100, u.name = 'rich' WHERE u.id = 1", "SELECT SUM(total) FROM orders", "SELECT name FROM users WHERE id = 1", "DELETE o FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.id = 2", "SELECT SUM(total) FROM orders",
               "DELETE FROM users WHERE id = 1", "SELECT COUNT(*) FROM orders", "UPDATE dear SET total = 50", "SELECT total FROM orders ORDER BY id", "INSERT INTO dear (id, total) VALUES (20, 1)", "TRUNCATE TABLE log", "SELECT COUNT(*) FROM log", "INSERT INTO docs SET id = 7, body = '{}'", "SELECT COUNT(*) FROM docs",
               "UPDATE docs SET body = JSON_INSERT(body, '$.k', 1) WHERE id = 7", "SELECT body FROM docs WHERE id = 7", "UPDATE users SET name = name", "SELECT ROW_COUNT()", "UPDATE users SET name = 'q' ORDER BY id LIMIT 1", "SELECT name FROM users ORDER BY id", "DELETE FROM tree", "SELECT COUNT(*) FROM tree", "WITH x AS (SELECT 1) DELETE FROM docs", "SELECT COUNT(*) FROM docs"],
    "definitions": ["SELECT * FROM tree ORDER BY id", "ALTER TABLE tree ADD COLUMN n INT DEFAULT 3, ADD INDEX (parent)", "SELECT * FROM tree ORDER BY id", "ALTER TABLE tree RENAME COLUMN n TO m", "SELECT * FROM tree ORDER BY id", "ALTER TABLE tree DROP COLUMN m, DROP INDEX parent", "SELECT * FROM tree ORDER BY id",
                    "CREATE TABLE tree2 LIKE tree", "INSERT INTO tree2 SELECT id + 100, parent, name FROM tree", "RENAME TABLE tree TO tree3, tree2 TO tree, tree3 TO tree2", "SELECT * FROM tree ORDER BY id", "DROP TABLE tree", "SELECT * FROM tree", "RENAME TABLE tree2 TO tree", "SELECT * FROM tree ORDER BY id",
                    "CREATE OR REPLACE VIEW dear AS SELECT id FROM orders", "SELECT * FROM dear ORDER BY id", "CREATE OR REPLACE VIEW dear AS SELECT id, total FROM orders WHERE total > 10 WITH CHECK OPTION", "SELECT * FROM dear ORDER BY id", "OPTIMIZE TABLE old", "SELECT v FROM old ORDER BY id"],
    "prepared": ["PREPARE s FROM 'SELECT name FROM users WHERE id = ?'", "SET @id = 1", "EXECUTE s USING @id", "EXECUTE s USING @id", "UPDATE users SET name = 'changed' WHERE id = 1", "EXECUTE s USING @id", "PREPARE w FROM 'UPDATE users SET name = ? WHERE id = 1'", "SELECT name FROM users WHERE id = 1", "SET @v = 'by statement'", "EXECUTE w USING @v",
                 "SELECT name FROM users WHERE id = 1", "DEALLOCATE PREPARE w", "DROP PREPARE s", "EXECUTE s USING @id", "EXECUTE IMMEDIATE 'SELECT 5'", "SELECT name FROM users WHERE id = 1"],
    "diagnostics": ["SELECT name FROM users WHERE id = 1", "SELECT nothing FROM users", "SELECT @@error_count, @@warning_count", "SHOW ERRORS", "SELECT 'x' + 1 FROM users", "SELECT name FROM users WHERE id = 1", "SELECT @@warning_count", "SELECT 'x' + 1 FROM users", "GET DIAGNOSTICS @c = NUMBER", "SELECT @c", "SELECT name FROM users WHERE id = 1", "GET DIAGNOSTICS @c = NUMBER", "SELECT @c",
                    "SIGNAL SQLSTATE '45000'", "SHOW WARNINGS", "KILL QUERY 1", "SELECT name FROM users WHERE id = 1", "SELECT ROW_COUNT(), FOUND_ROWS()", "INSERT INTO users (email) VALUES ('d@x'), ('e@x')", "SELECT name FROM users WHERE id = 1", "SELECT ROW_COUNT()", "SELECT name FROM users WHERE id = 1", "SELECT LAST_INSERT_ID(), ROW_COUNT()"],
}


class Applications(BesideSabil):
    schema = SCHEMA
    routines = ROUTINES
    put_back_texts = [*(f"DELETE FROM diff.{table}" for table in TABLES), *FILL,
                      *(f"ALTER TABLE diff.{table} AUTO_INCREMENT = 1000" for table in ("users", "log", "wp_options"))]
    capability_sets = {"plain": 0, "deprecate_eof": DEPRECATE_EOF, "all": DEPRECATE_EOF | SESSION_TRACK | FOUND_ROWS | MULTI_STATEMENTS}

    # Past the moment in which a session's own writes may not be seen in memory.
    settled_s = 1.1

    def beside(self, direct, front, texts, what):
        for text in texts:
            self.same(direct.query(text), front.query(text), f"{what}: {text}")

    def told(self):
        return {k: v for k, v in self.sabil.metrics().items() if v and ("bypass_total" in k or "fills_total" in k)}

    def read_from_memory(self, direct, front):
        """Twice; more often where the tables' definitions were not all read yet."""
        until = time.monotonic() + 60
        while True:
            before = self.hits()
            for turn in ("second", "third"):
                self.beside(direct, front, READS, f"{turn} time")
            if before is None or self.hits() - before > 60:
                return
            self.assertLess(time.monotonic(), until, f"{self.hits() - before} hits: {self.told()}")

    def test_reads_twice_and_after_a_write(self):
        for name, capabilities in self.capability_sets.items():
            with self.subTest(capabilities=name):
                self.put_back()
                direct, front = (self.connect_to(port, capabilities) for port in (self.direct_port, self.front_port))
                self.beside(direct, front, READS + LAST_READS, "at first")
                time.sleep(self.settled_s)
                self.read_from_memory(direct, front)
                for text in WRITES:
                    front.query(text)
                for turn in ("first", "second"):
                    self.beside(direct, front, READS, f"{turn} time after a write")
                direct.close()
                front.close()

    def test_prepared_reads_twice_and_after_a_write(self):
        reads = [text for text in READS if text.startswith(("SELECT", "select", "WITH", "(", "TABLE", "VALUES"))]
        for name, capabilities in self.capability_sets.items():
            with self.subTest(capabilities=name):
                self.put_back()
                pair = [self.connect_to(port, capabilities) for port in (self.direct_port, self.front_port)]
                prepared = []
                for text in reads:
                    (direct, a), (front, b) = [connection.prepare(text) for connection in pair]
                    strip = lambda packets: [(n, p[:1] + p[5:] if p[0] == 0 and not i else p) for i, (n, p) in enumerate(packets)]
                    self.same(strip(direct), strip(front), f"prepare: {text}")
                    if a is not None:
                        prepared.append((text, a, b))
                before = self.hits()

                def execute(turn):
                    for text, a, b in prepared:
                        self.same(pair[0].execute(a), pair[1].execute(b), f"execute, turn {turn}: {text}")
                for turn in range(5):
                    execute(turn)
                    if not turn:
                        time.sleep(self.settled_s)
                    if turn == 2:
                        for text in WRITES:
                            pair[1].query(text)
                until = time.monotonic() + 60
                while before is not None and self.hits() - before <= 60:  # more turns where definitions were read late
                    self.assertLess(time.monotonic(), until, self.told())
                    execute("more")
                for text, a, b in prepared:
                    pair[0].send(b"\x19" + struct.pack("<I", a))
                    pair[1].send(b"\x19" + struct.pack("<I", b))
                self.beside(*pair, READS[:10], "after closing")
                for connection in pair:
                    connection.close()

    def test_scripts(self):
        self.same_scripts(SCRIPTS, {name: bits for name, bits in self.capability_sets.items() if name != "deprecate_eof"})


class OnMariaDB(Applications, unittest.TestCase):
    make = MariaDB


class OnMySQL(Applications, unittest.TestCase):
    make = MySQL


if __name__ == "__main__":
    unittest.main()
