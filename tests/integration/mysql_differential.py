"""Byte for byte: a corpus of statements runs straight on the server and through Sabil twice, the second time from memory
where it may be, and every packet must be the same. On MariaDB and MySQL, text and binary protocol, with and without
DEPRECATE_EOF and session tracking. Run: python3 -m tests.integration.mysql_differential

SABIL_TEST_DIRECT and SABIL_TEST_FRONT (ports) run it against servers that are up already."""
import struct
import time
import unittest

from tests.integration._mysql_beside import BesideSabil
from tests.integration._mysql_wire import (BULK, CACHE_METADATA, COMPRESS, DEPRECATE_EOF, EXTENDED_METADATA, FOUND_ROWS, LOCAL_FILES, MULTI_STATEMENTS,
                                           QUERY_ATTRIBUTES, SESSION_TRACK, ZSTD, scratch_file)
from tests.support.servers import MariaDB, MySQL

SCHEMA = """
CREATE DATABASE IF NOT EXISTS diff CHARACTER SET utf8mb4;
CREATE DATABASE IF NOT EXISTS other CHARACTER SET latin1;
CREATE TABLE IF NOT EXISTS diff.types (
  id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, m MEDIUMINT, i INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED,
  z INT(8) ZEROFILL, f FLOAT, d DOUBLE, n DECIMAL(20,6), bi BIT(11), da DATE, ti TIME, tf TIME(6), dt DATETIME,
  df DATETIME(3), ts TIMESTAMP(6) NULL, y YEAR, c CHAR(10), v VARCHAR(300), cb CHAR(5) CHARACTER SET latin1, bin BINARY(4),
  vb VARBINARY(20), tx TEXT, mt MEDIUMTEXT COLLATE utf8mb4_bin, bl BLOB, e ENUM('a','b','ü'), se SET('x','y','z'), j JSON,
  g GEOMETRY);
REPLACE INTO diff.types VALUES
 (1,-1,255,-32768,8388607,4294967295,-9223372036854775808,18446744073709551615,42,1.5,-2.25e300,12345678901234.567891,b'101',
  '2024-02-29','-838:59:59','12:34:56.789012','2024-12-31 23:59:59','2024-01-01 00:00:00.125','2024-06-01 12:00:00.5',1999,
  'char','várchar €','latiñ','\\0\\1\\2\\3','\\xff\\xfe','text','Ünïcode','blob\\0blob','ü','x,z','{"a": [1, 2.5, null]}',
  ST_GeomFromText('POINT(1 2)')),
 (2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
  NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 (3,0,0,0,0,0,0,0,0,0,0,0,b'0','1000-01-01','00:00:00','00:00:00','1000-01-01 00:00:00','9999-12-31 23:59:59.999',
  '1970-01-02 00:00:01',2155,'','','','','','','','','a','','[]',ST_GeomFromText('LINESTRING(0 0,1 1)'));
CREATE TABLE IF NOT EXISTS diff.plain (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(50), n INT, KEY (a));
REPLACE INTO diff.plain (id, a, n) VALUES (1,'one',1),(2,'Two',2),(3,'three',3),(4,NULL,4),(5,'five',NULL);
CREATE TABLE IF NOT EXISTS diff.vacant (id INT PRIMARY KEY, a VARCHAR(10));
CREATE TABLE IF NOT EXISTS diff.scratch (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(50) UNIQUE) ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS diff.written (id INT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS diff.many (id INT PRIMARY KEY, pad VARCHAR(200));
CREATE TABLE IF NOT EXISTS diff.huge (id INT PRIMARY KEY, data LONGTEXT);
CREATE TABLE IF NOT EXISTS other.plain (id INT PRIMARY KEY, a VARCHAR(50));
REPLACE INTO other.plain VALUES (1,'other one');
CREATE OR REPLACE VIEW diff.seen AS SELECT id, UPPER(a) AS up FROM diff.plain;
"""
ROUTINES = ["DROP PROCEDURE IF EXISTS diff.two", "DROP FUNCTION IF EXISTS diff.one",
            "CREATE PROCEDURE diff.two() BEGIN SELECT id FROM diff.plain WHERE id < 3; SELECT a FROM diff.plain WHERE id = 3; END",
            "CREATE FUNCTION diff.one() RETURNS INT DETERMINISTIC RETURN 1", "DROP FUNCTION IF EXISTS diff.wrote",
            "CREATE FUNCTION diff.wrote() RETURNS INT DETERMINISTIC BEGIN REPLACE INTO diff.written VALUES (1); RETURN 1; END"]

# Reads: run as they are, one after the other, on one session.
READS = [
    "SELECT * FROM types", "SELECT * FROM types WHERE id = 1", "SELECT * FROM types WHERE id = 2",
    "SELECT * FROM types WHERE id = 99", "SELECT id FROM plain", "SELECT id AS `a b`, a 'x' FROM plain p WHERE p.id IN (1,2)",
    "select  ID , a from plain where id = 1", "SELECT * FROM vacant", "SELECT COUNT(*), MAX(a), MIN(n), SUM(n), AVG(n) FROM plain",
    "SELECT a, COUNT(*) FROM plain GROUP BY a HAVING COUNT(*) > 0 ORDER BY a DESC LIMIT 2 OFFSET 1",
    "SELECT p.id, q.a FROM plain p JOIN plain q ON p.id = q.id WHERE q.n = 2",
    "SELECT p.id, e.a FROM plain p LEFT JOIN vacant e ON p.id = e.id ORDER BY p.id",
    "SELECT id FROM plain UNION SELECT id FROM types ORDER BY id", "SELECT id FROM plain WHERE id IN (SELECT id FROM types)",
    "WITH c AS (SELECT id, a FROM plain WHERE id < 4) SELECT * FROM c ORDER BY id",
    "SELECT id, ROW_NUMBER() OVER (ORDER BY id) FROM plain", "SELECT DISTINCT a FROM plain ORDER BY 1",
    "SELECT * FROM seen ORDER BY id", "SELECT a.* FROM diff.plain AS a WHERE a.a LIKE 't%'", "SELECT id FROM other.plain",
    "SELECT CONCAT(a, '-', n), LENGTH(a), IFNULL(a, 'none'), n + 1, n / 3, n DIV 2, n % 2, a = 'ONE' FROM plain",
    "SELECT CAST(n AS CHAR), CAST(a AS BINARY), CONVERT(a USING latin1), HEX(a), JSON_EXTRACT(j, '$.a[1]') FROM plain, types",
    "SELECT DATE_FORMAT(dt, '%W %M %Y'), YEAR(da), dt + INTERVAL 1 DAY, DATEDIFF(dt, da), WEEK(da) FROM types",
    "SELECT ROUND(d), FLOOR(n), ABS(t), TRUNCATE(n, 2), 7 / 3, GREATEST(n, 3) FROM types WHERE id = 1",
    "SELECT GROUP_CONCAT(a ORDER BY id SEPARATOR '|') FROM plain", "SELECT 'ünï', _latin1'x', N'nat', x'4142', 0x41, b'1000001' FROM plain",
    "/* trace=1 */ SELECT id FROM plain WHERE id = 2 /* app='x' */", "SELECT id FROM plain WHERE id = 2 -- end",
    "SELECT /*! id */ FROM plain", "SELECT /*+ MAX_EXECUTION_TIME(5000) */ id FROM plain WHERE id = 1",
    "SELECT SQL_NO_CACHE id FROM plain WHERE id = 1", "SELECT id FROM plain WHERE id = 1 FOR UPDATE",
    "SELECT id FROM plain WHERE id = 1 LOCK IN SHARE MODE", "(SELECT id FROM plain WHERE id = 1)", "SELECT 1", "SELECT 1 FROM dual",
    "SELECT NULL, TRUE, 'a' FROM plain LIMIT 1", "SELECT id FROM many ORDER BY id", "SELECT pad FROM many WHERE id < 500",
    "SELECT wrote()", "SELECT id FROM plain", "SELECT @@version_comment LIMIT 1", "SELECT DATABASE(), USER(), CURRENT_USER()", "SELECT @x", "SELECT one()",
    "SELECT id FROM plain ORDER BY id LIMIT 0", "SELECT REPEAT(a, 20000) FROM plain WHERE id < 4",
    "SHOW TABLES", "SHOW COLUMNS FROM plain", "SHOW CREATE TABLE plain", "SHOW VARIABLES LIKE 'sql_mode'", "EXPLAIN SELECT id FROM plain WHERE id = 1",
    "DESCRIBE plain", "SHOW WARNINGS", "SHOW VARIABLES LIKE 'session_track%'", "SELECT @@session_track_system_variables",
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'diff' ORDER BY 1",
]
# Answers with errors and warnings.
FAULTS = [
    "SELECT nothing FROM plain", "SELECT * FROM nowhere", "SELEC 1", "", ";", "SELECT 1/0 FROM plain", "SELECT CAST('x' AS SIGNED) FROM plain",
    "SELECT id FROM plain WHERE a = 1", "SHOW WARNINGS", "SELECT id FROM plain; SELECT 1", "SELECT (SELECT id FROM plain)", "USE nowhere",
    "INSERT INTO plain VALUES (1, 'dup', 1)", "SHOW WARNINGS", "SELECT '2024-13-01' + INTERVAL 1 DAY FROM plain LIMIT 1",
]
# Scripts: each line on one session, the tables put back before. What a session must look like after a hit.
SCRIPTS = {
    "found_rows": ["SELECT id FROM plain LIMIT 2", "SELECT FOUND_ROWS()", "SELECT id FROM plain LIMIT 2", "SELECT FOUND_ROWS()",
                   "SELECT SQL_CALC_FOUND_ROWS id FROM plain LIMIT 1", "SELECT FOUND_ROWS()", "SELECT id FROM plain", "SET @a = 1",
                   "SELECT FOUND_ROWS()", "SELECT id FROM plain WHERE id = 1", "SELECT FOUND_ROWS(), ROW_COUNT()"],
    "row_count": ["UPDATE scratch SET a = CONCAT(a, 'x')", "SELECT ROW_COUNT()", "SELECT id FROM plain", "SELECT ROW_COUNT()",
                  "SELECT id FROM plain", "SELECT ROW_COUNT()", "DO 1", "SELECT ROW_COUNT()"],
    "last_insert_id": ["INSERT INTO scratch (a) VALUES ('new')", "SELECT id FROM plain", "SELECT LAST_INSERT_ID()", "SELECT id FROM plain",
                       "SELECT LAST_INSERT_ID()", "SELECT a FROM scratch WHERE id = LAST_INSERT_ID()"],
    "warnings": ["SELECT 1/0", "SHOW WARNINGS", "SELECT 1/0", "SELECT id FROM plain", "SHOW WARNINGS", "SELECT 1/0", "SELECT id FROM plain",
                 "SELECT @@warning_count", "SELECT id FROM plain", "SHOW COUNT(*) WARNINGS", "INSERT IGNORE INTO scratch VALUES (1, 'dup')",
                 "SHOW WARNINGS"],
    "flags": ["SELECT id FROM plain", "BEGIN", "SELECT id FROM plain", "COMMIT", "SELECT id FROM plain", "SET autocommit = 0",
              "SELECT id FROM plain", "ROLLBACK", "SELECT id FROM plain", "SET autocommit = 1", "SELECT id FROM plain",
              "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')", "SELECT id, 'a\\b' FROM plain", "SELECT id, 'a\\b' FROM plain",
              "START TRANSACTION READ ONLY", "SELECT id FROM plain", "COMMIT", "SELECT id FROM plain"],
    "own_writes": ["SELECT a FROM scratch WHERE id = 1", "UPDATE scratch SET a = 'changed' WHERE id = 1", "SELECT a FROM scratch WHERE id = 1",
                   "DELETE FROM scratch WHERE id = 1", "SELECT a FROM scratch WHERE id = 1", "SELECT COUNT(*) FROM scratch",
                   "INSERT INTO scratch VALUES (1, 'back')", "SELECT a FROM scratch WHERE id = 1", "BEGIN",
                   "UPDATE scratch SET a = 'in doubt' WHERE id = 1", "SELECT a FROM scratch WHERE id = 1", "ROLLBACK",
                   "SELECT a FROM scratch WHERE id = 1", "REPLACE INTO scratch VALUES (1, 'again')", "SELECT a FROM scratch WHERE id = 1",
                   "INSERT INTO scratch VALUES (1, 'x') ON DUPLICATE KEY UPDATE a = 'upserted'", "SELECT a FROM scratch WHERE id = 1",
                   "TRUNCATE scratch", "SELECT COUNT(*) FROM scratch"],
    "variables": ["SELECT ts, DATE_FORMAT(dt, '%M') FROM types", "SET time_zone = '+05:00'", "SELECT ts, DATE_FORMAT(dt, '%M') FROM types",
                  "SET lc_time_names = 'de_DE'", "SELECT ts, DATE_FORMAT(dt, '%M') FROM types", "SET time_zone = 'SYSTEM'",
                  "SELECT 5 / 3, n / 3 FROM plain", "SET div_precision_increment = 10", "SELECT 5 / 3, n / 3 FROM plain",
                  "SELECT GROUP_CONCAT(pad) FROM many WHERE id < 50", "SET group_concat_max_len = 20", "SELECT GROUP_CONCAT(pad) FROM many WHERE id < 50",
                  "SELECT id FROM plain", "SET sql_select_limit = 2", "SELECT id FROM plain", "SET sql_select_limit = DEFAULT", "SELECT id FROM plain",
                  "SELECT WEEK(da) FROM types", "SET default_week_format = 3", "SELECT WEEK(da) FROM types",
                  "SELECT \"a\" FROM plain", "SET sql_mode = 'ANSI_QUOTES'", "SELECT \"a\" FROM plain", "SET sql_mode = ''",
                  "SELECT 'a' || 'b' FROM plain", "SET sql_mode = 'PIPES_AS_CONCAT'", "SELECT 'a' || 'b' FROM plain",
                  "SET sort_buffer_size = 300000", "SELECT id FROM plain", "SET SESSION wait_timeout = 100", "SELECT id FROM plain"],
    "charsets": ["SELECT v, cb, tx FROM types", "SET NAMES latin1", "SELECT v, cb, tx FROM types", "SET NAMES utf8mb4", "SELECT v, cb, tx FROM types",
                 "SET character_set_results = NULL", "SELECT v, cb, tx FROM types", "SET character_set_results = utf8mb4",
                 "SET collation_connection = utf8mb4_bin", "SELECT 'a' = 'A', a FROM plain", "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci",
                 "SELECT 'a' = 'A', a FROM plain", "SET NAMES binary", "SELECT v, a FROM types, plain"],
    "schemas": ["SELECT a FROM plain", "USE other", "SELECT a FROM plain", "USE diff", "SELECT a FROM plain", "SELECT a FROM other.plain"],
    "temporary": ["SELECT a FROM plain", "CREATE TEMPORARY TABLE plain (id INT, a VARCHAR(50))", "SELECT a FROM plain",
                  "INSERT INTO plain VALUES (9, 'temporary')", "SELECT a FROM plain", "DROP TEMPORARY TABLE plain", "SELECT a FROM plain"],
    "locks": ["SELECT GET_LOCK('diff', 1)", "SELECT id FROM plain", "SELECT RELEASE_LOCK('diff')", "LOCK TABLES plain READ", "SELECT id FROM plain",
              "SELECT id FROM types WHERE id = 1", "UNLOCK TABLES", "SELECT id FROM plain"],
    "user_variables": ["SET @n = 2", "SELECT id FROM plain WHERE id = @n", "SELECT @n := 3 FROM plain LIMIT 1", "SELECT id FROM plain WHERE id = @n"],
    "text_prepare": ["PREPARE p FROM 'SELECT a FROM plain WHERE id = ?'", "SET @id = 1", "EXECUTE p USING @id", "EXECUTE p USING @id",
                     "DEALLOCATE PREPARE p", "EXECUTE p USING @id"],
    "call": ["CALL two()", "SELECT id FROM plain", "CALL two()", "SELECT FOUND_ROWS()"],
    "tracking": ["SET NAMES utf8mb4", "SET sort_buffer_size = 400000", "USE other", "SET time_zone = '+00:00'", "SET @u = 1", "SET autocommit = 1",
                 "SELECT @@session_track_system_variables", "SET session_track_state_change = ON", "SET @u = 2", "SELECT a FROM plain",
                 "SELECT @@session_track_state_change", "SET session_track_schema = OFF", "USE diff", "SELECT a FROM plain"],
    "ddl": ["SELECT * FROM scratch", "ALTER TABLE scratch ADD COLUMN extra INT DEFAULT 5", "SELECT * FROM scratch", "ALTER TABLE scratch DROP COLUMN extra",
            "SELECT * FROM scratch", "RENAME TABLE scratch TO scratch2", "SELECT * FROM scratch", "RENAME TABLE scratch2 TO scratch",
            "SELECT * FROM scratch"],
    "handler": ["HANDLER plain OPEN", "HANDLER plain READ FIRST", "HANDLER plain CLOSE", "FLUSH STATUS", "KILL 99999999", "CHECKSUM TABLE plain"],
}
PREPARED = [
    ("SELECT * FROM types WHERE id = ?", [(1,), (2,), (3,), ("1",), (1.0,), (None,), (99,)]),
    ("SELECT id, a FROM plain WHERE a = ?", [("one",), ("ONE",), ("",), (None,), ("x' OR 1=1 -- ",)]),
    ("SELECT ?, a FROM plain WHERE id < ?", [(1, 3), ("text", 3), (None, 3), (1.25, 3), (1, 3)]),
    ("SELECT id FROM plain ORDER BY id LIMIT ?", [(1,), (3,)]),
    ("SELECT COUNT(*) FROM plain", [()]),
    ("SELECT FOUND_ROWS()", [()]),
    ("SELECT a FROM plain WHERE id IN (?, ?, ?)", [(1, 2, 3), (1, 1, 1), (None, 2, "3")]),
    ("UPDATE scratch SET a = ? WHERE id = ?", [("p", 1), ("q", 77)]),
    ("SELECT a FROM scratch WHERE id = ?", [(1,), (1,)]),
    ("SELECT nothing FROM plain", []),
    ("SELECT pad FROM many WHERE id < ?", [(800,)]),
]


class Differential(BesideSabil):
    """The tests; a subclass for each server gives `make`."""

    schema = SCHEMA
    routines = ROUTINES
    put_back_texts = ["DROP TABLE IF EXISTS diff.scratch, diff.scratch2",
                      "CREATE TABLE diff.scratch (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(50) UNIQUE)",
                      "INSERT INTO diff.scratch VALUES (1,'first'),(2,'second')"]
    capability_sets = {"plain": 0, "deprecate_eof": DEPRECATE_EOF, "session_track": SESSION_TRACK,
                       "all": DEPRECATE_EOF | SESSION_TRACK | FOUND_ROWS | MULTI_STATEMENTS}

    @classmethod
    def fill_tables(cls):
        for start in range(0, 3000, 500):
            values = ",".join(f"({i},'{str(i) * (i % 40)}')" for i in range(start, start + 500))
            cls.admin.query(f"REPLACE INTO diff.many VALUES {values}")

    def test_reads(self):
        before = self.hits()
        for name, capabilities in self.capability_sets.items():
            with self.subTest(capabilities=name):
                self.run_texts(READS, capabilities, "read")
        if before is not None:
            self.assertGreater(self.hits() - before, 25 * len(self.capability_sets), self.sabil.metrics())

    def test_faults(self):
        for name, capabilities in self.capability_sets.items():
            with self.subTest(capabilities=name):
                self.run_texts(FAULTS, capabilities, "fault")

    def test_scripts(self):
        self.same_scripts(SCRIPTS, self.capability_sets)

    def run_prepared(self, connection):
        out = []
        for text, executions in PREPARED:
            packets, statement = connection.prepare(text)
            if statement is not None:  # the server's number for it differs from connection to connection
                packets[0] = (packets[0][0], packets[0][1][:1] + packets[0][1][5:])
            out.append((text, packets))
            for n, values in enumerate(executions):
                same_kinds = n > 0 and [type(v) for v in values] == [type(v) for v in executions[n - 1]]
                out.append((f"{text} {values}", connection.execute(statement, values)))
                out.append((f"{text} {values} again", connection.execute(statement, values, types=False)))
                out.append((f"FOUND_ROWS after {text} {values}", connection.query("SELECT FOUND_ROWS()") if n % 2 else []))
                if same_kinds:
                    out.append((f"{text} {values} untyped", connection.execute(statement, values, types=False)))
            if statement is not None:
                connection.send(b"\x1a" + struct.pack("<I", statement))
                out.append(("reset", [connection.packet()]))
                if "many" not in text:
                    connection.send(b"\x19" + struct.pack("<I", statement))
        return out

    def test_prepared(self):
        sets = {**self.capability_sets, "attributes": QUERY_ATTRIBUTES | DEPRECATE_EOF}
        for name, capabilities in sets.items():
            with self.subTest(capabilities=name):
                self.put_back()
                direct = self.connect_to(self.direct_port, capabilities)
                expected = self.run_prepared(direct)
                direct.close()
                for turn in ("miss", "hit"):
                    self.put_back()
                    front = self.connect_to(self.front_port, capabilities)
                    for (what, packets), (_, got) in zip(expected, self.run_prepared(front)):
                        self.same(packets, got, f"prepared, {turn}: {what}")
                    front.close()

    def test_cursor_and_long_data(self):
        def run(connection):
            out = []
            _, statement = connection.prepare("SELECT id, a FROM plain ORDER BY id")
            connection.send(connection.execute_packet(statement, flags=1))
            old = not connection.capabilities & DEPRECATE_EOF
            out += [connection.packet() for _ in range(3 + old + (0 if old else 1))]
            for _ in range(2):
                connection.send(b"\x1c" + struct.pack("<II", statement, 3))
                while True:
                    out.append(connection.packet())
                    if out[-1][1][0] == 0xFE:
                        break
            _, statement = connection.prepare("SELECT LENGTH(?), a FROM plain WHERE id < ?")
            for _ in range(2):
                connection.send(b"\x18" + struct.pack("<IH", statement, 0) + b"x" * 1000)
                connection.send(b"\x18" + struct.pack("<IH", statement, 0) + b"y" * 500)
                body = b"\x17" + struct.pack("<IBI", statement, 0, 1) + b"\0\x01\xfd\x00\x08\x00" + struct.pack("<q", 3)
                connection.send(body)
                out += connection.results()
            out += connection.execute(statement, ("abc", 3))
            return out
        for capabilities in (0, DEPRECATE_EOF):
            expected = run(self.connect_to(self.direct_port, capabilities))
            for _ in range(2):
                self.same(expected, run(self.connect_to(self.front_port, capabilities)), "cursor and long data")

    def test_multi_statements(self):
        texts = ["SELECT id FROM plain; SELECT a FROM plain", "SET @q = 1; SELECT id FROM plain; SELECT nothing", "SELECT 1; ; SELECT 2",
                 "SELECT id FROM plain;", "CALL two(); SELECT 1", "SELECT id FROM plain"]
        for capabilities in (MULTI_STATEMENTS, MULTI_STATEMENTS | DEPRECATE_EOF | SESSION_TRACK):
            self.run_texts(texts, capabilities, "multi")

    def test_other_commands(self):
        def run(connection):
            out = [connection.simple(b"\x0e"), connection.simple(b"\x02other"), connection.query("SELECT a FROM plain"),
                   connection.simple(b"\x02nowhere"), connection.simple(b"\x02diff"), connection.query("SELECT a FROM plain WHERE id=1")]
            connection.send(b"\x04plain\0%")
            fields = []
            while not fields or fields[-1][1][0] not in (0xFE, 0xFF):
                fields.append(connection.packet())
            out.append(fields)
            out.append(connection.simple(b"\x1b\x00\x00"))
            out.append(connection.simple(b"\x1b\x01\x00"))
            out.append(connection.simple(b"\x0c" + struct.pack("<I", 99999999)))
            out.append(connection.query("SET @keep = 1, sql_mode = ''"))
            out.append(connection.simple(b"\x1f"))
            out.append(connection.query("SELECT @keep, @@sql_mode"))
            out.append(connection.query("SELECT a FROM plain"))
            connection.change_user("diff", "pw", "other")
            out.append([(0, connection.ok)])
            out.append(connection.query("SELECT a FROM plain"))
            out.append(connection.simple(b"\x17\x63\x00\x00\x00\x00\x01\x00\x00\x00"))
            out.append(connection.simple(b"\x77"))
            return out
        for capabilities in (0, SESSION_TRACK | DEPRECATE_EOF):
            expected = run(self.connect_to(self.direct_port, capabilities))
            for _ in range(2):
                got = run(self.connect_to(self.front_port, capabilities))
                for i, (a, b) in enumerate(zip(expected, got)):
                    self.same(a, b, f"command {i}")

    def test_load_data_local(self):
        path = scratch_file(self.folder, "rows.txt", b"".join(b"%d\tline %d\n" % (i, i) for i in range(1000, 21000)))
        empty = scratch_file(self.folder, "empty.txt", b"")

        def run(connection):
            return [connection.query(f"LOAD DATA LOCAL INFILE '{path}' REPLACE INTO TABLE scratch"),
                    connection.query("SELECT COUNT(*), MAX(a) FROM scratch"),
                    connection.query(f"LOAD DATA LOCAL INFILE '{empty}' INTO TABLE scratch"), connection.query("SELECT 1 FROM plain")]
        for capabilities in (LOCAL_FILES, LOCAL_FILES | SESSION_TRACK | DEPRECATE_EOF):
            self.put_back()
            expected = run(self.connect_to(self.direct_port, capabilities))
            for _ in range(2):
                self.put_back()
                for a, b in zip(expected, run(self.connect_to(self.front_port, capabilities))):
                    self.same(a, b, "LOAD DATA LOCAL")

    def test_packets_above_16_mb(self):
        self.admin.query("SET GLOBAL max_allowed_packet = 67108864")
        size = (1 << 24) + 5
        def run(connection):
            out = [connection.query("REPLACE INTO huge VALUES (1, '" + "z" * size + "')"),
                   connection.query("SELECT * FROM huge"), connection.query("SELECT * FROM huge"), connection.query("SELECT id FROM huge")]
            _, statement = connection.prepare("SELECT ? = data, LENGTH(data) FROM huge")
            out.append(connection.execute(statement, ("z" * size,)))
            out.append(connection.execute(statement, ("z",)))
            for exact in (0xFFFFFF - 37, 0xFFFFFF - 36, 0xFFFFFF - 35):
                out.append(connection.query("REPLACE INTO huge VALUES (2, '" + "q" * exact + "')"))
                out.append(connection.query("SELECT LENGTH(data), data FROM huge WHERE id = 2"))
            return out
        for capabilities in (0, DEPRECATE_EOF | SESSION_TRACK):
            self.admin.query("TRUNCATE diff.huge")
            expected = run(self.connect_to(self.direct_port, capabilities))
            self.admin.query("TRUNCATE diff.huge")
            got = run(self.connect_to(self.front_port, capabilities))
            for i, (a, b) in enumerate(zip(expected, got)):
                self.assertEqual([len(p) for _, p in a], [len(p) for _, p in b], i)
                self.assertTrue(a == b, f"large {i}")

    def test_tls(self):
        front = self.connect_to(self.front_port, DEPRECATE_EOF, tls=True)
        direct = self.connect_to(self.direct_port, DEPRECATE_EOF)
        for text in READS[:30] + READS[:30]:
            self.same(direct.query(text), front.query(text), f"TLS: {text}")

    def test_compression(self):
        """In front only, whatever is behind; frames really are compressed, and the sessions' own capabilities are the key."""
        path = scratch_file(self.folder, "packed.txt", b"".join(b"%d\tline %d\n" % (i, i) for i in range(1000, 9000)))
        direct = self.connect_to(self.direct_port, DEPRECATE_EOF)
        for algorithm, tls in ((COMPRESS, False), (COMPRESS, True), (ZSTD, False)):
            wanted = self.connect_to(self.direct_port, algorithm).capabilities & algorithm
            front = self.connect_to(self.front_port, DEPRECATE_EOF | LOCAL_FILES | algorithm, tls=tls)
            self.assertEqual(front.capabilities & algorithm, wanted, "offered where the server offers it")
            if not wanted:
                continue
            for text in READS[:30] + READS[:30] + ["SELECT * FROM many", "SELECT 1", "SELECT REPEAT('ab', 8000000)"]:
                self.same(direct.query(text), front.query(text), f"compressed: {text}")
            front.query(f"LOAD DATA LOCAL INFILE '{path}' REPLACE INTO TABLE scratch")
            self.assertEqual(front.rows("SELECT COUNT(*) FROM scratch WHERE id >= 1000"), [("8000",)])
            self.put_back()
            self.assertGreater(front.socket.frames_packed, 10)
            front.change_user("diff", "pw", "diff")
            self.same(direct.query("SELECT a FROM plain"), front.query("SELECT a FROM plain"), "compressed, another user")
            front.socket.socket.sendall(b"\x10\0\0\0\xff\xff\xff" + b"x" * 16)
            with self.assertRaises((EOFError, OSError)):
                front.query("SELECT 1")

    def test_pipelined(self):
        """Commands sent without waiting are answered in order."""
        front = self.connect_to(self.front_port)
        texts = ["SELECT id FROM plain WHERE id = 1", "SELECT a FROM plain", "SET @p = 5", "SELECT @p", "SELECT id FROM plain WHERE id = 1"] * 20
        direct = self.connect_to(self.direct_port)
        expected = [direct.query(text) for text in texts]
        raw = b"".join(struct.pack("<I", len(t) + 1)[:3] + b"\0\x03" + t.encode() for t in texts)
        front.socket.sendall(raw)
        for text, packets in zip(texts, expected):
            self.same(packets, front.results(), f"pipelined: {text}")


    def test_pipelined_and_compressed(self):
        """Each command in a frame of its own: the answers' frames are numbered anew for each."""
        texts = ["SELECT id FROM plain WHERE id = 1", "SELECT a FROM plain", "SET @p = 5", "SELECT * FROM many WHERE id < 300", "SELECT id FROM plain WHERE id = 1"] * 4

        def frames(connection):
            raw, out = connection.socket.socket, []
            commands = b"".join(struct.pack("<I", len(t) + 5)[:3] + bytes(4) + struct.pack("<I", len(t) + 1)[:3] + b"\0\x03" + t.encode() for t in texts)
            raw.sendall(commands)
            for text in texts:
                numbers = []
                recorded = connection.socket.take

                def take(n, numbers=numbers):
                    data = recorded(n)
                    if n == 7:
                        numbers.append(data[3])
                    return data
                connection.socket.sequence, connection.socket.take = 1, take
                out.append((connection.results(), numbers[0]))
                connection.socket.take = recorded
                self.assertEqual(connection.buffer, b"", text)
            return out
        for capabilities in (COMPRESS, COMPRESS | DEPRECATE_EOF):
            expected = frames(self.connect_to(self.direct_port, capabilities))
            for turn in range(3):
                for text, (direct, first), (through, begun) in zip(texts, expected, frames(self.connect_to(self.front_port, capabilities))):
                    self.same(direct, through, f"pipelined and compressed, turn {turn}: {text}")
                    self.assertEqual(first, begun, text)
                time.sleep(self.confirmed_s)


class OnMariaDB(Differential, unittest.TestCase):
    make = MariaDB

    def test_bulk_and_extended_metadata(self):
        """What only MariaDB's clients ask for: many rows in one packet, and column types that the old packet cannot name."""
        def run(connection):
            self.assertEqual(connection.capabilities >> 34, 3, "both were offered")
            _, statement = connection.prepare("INSERT INTO scratch (id, a) VALUES (?, ?)")
            out = [connection.bulk(statement, [(10, "ten"), (11, None), (12, "twölf")]), connection.bulk(statement, [(13, "x"), (10, "again")]),
                   connection.query("SELECT * FROM scratch ORDER BY id")]
            _, statement = connection.prepare("SELECT g, j, id FROM types WHERE id = ?")
            for _ in range(2):
                out += [connection.query("SELECT * FROM types"), connection.query("SELECT j, g FROM types WHERE id = 1"),
                        connection.execute(statement, (1,)), connection.execute(statement, (3,))]
            return out
        for capabilities in (BULK | EXTENDED_METADATA, BULK | EXTENDED_METADATA | DEPRECATE_EOF | SESSION_TRACK):
            self.put_back()
            expected = run(self.connect_to(self.direct_port, capabilities))
            for _ in range(2):
                self.put_back()
                for i, (a, b) in enumerate(zip(expected, run(self.connect_to(self.front_port, capabilities)))):
                    self.same(a, b, f"bulk and metadata {i}")


    def test_definitions_that_the_client_keeps(self):
        """A client that keeps definitions is sent them where the server would send them, and nowhere else."""
        texts = {"columns": ("SELECT * FROM types WHERE id = ?", [(1,), (2,), (1,), (99,)]), "whole": ("SELECT * FROM scratch", [(), ()]),
                 "typed": ("SELECT ?, a FROM plain WHERE id < ?", [(1, 3), (1, 3), ("text", 3), ("text", 3), (1, 3), (None, 3), (1, 3)]),
                 "function": ("SELECT UPPER(a), n + 1 FROM plain WHERE id = ?", [(1,), (1,), (2,)]), "vacant": ("SELECT a FROM vacant", [(), ()])}
        between = ["SELECT 1", "SET NAMES latin1", "SET NAMES utf8mb4", "SET character_set_results = latin1", "SET NAMES utf8mb4",
                   "SET character_set_client = latin1", "BEGIN", "COMMIT", "SET NAMES utf8mb4", "ALTER TABLE scratch ADD COLUMN extra INT",
                   "ALTER TABLE scratch DROP COLUMN extra", "SET time_zone = '+01:00'", "SELECT FOUND_ROWS()"]

        def run(connection):
            self.assertEqual(connection.capabilities & CACHE_METADATA, CACHE_METADATA, "offered")
            prepared = {}
            out = []
            for name, (text, _) in texts.items():
                packets, prepared[name] = connection.prepare(text)
                out.append((f"prepare {name}", packets[1:]))
            for text in ["SELECT 2", *between]:
                out.append((text, connection.query(text)))
                for name, (_, executions) in texts.items():
                    for n, values in enumerate(executions):
                        out.append((f"{name} {values} {n} after {text}", connection.execute(prepared[name], values)))
                        out.append((f"{name} {values} {n} after {text}, again", connection.execute(prepared[name], values, types=False)))
            return out
        for capabilities in (0, DEPRECATE_EOF, DEPRECATE_EOF | SESSION_TRACK | EXTENDED_METADATA):
            self.put_back()
            expected = run(self.connect_to(self.direct_port, CACHE_METADATA | capabilities))
            for turn in range(3):
                self.put_back()
                time.sleep(self.confirmed_s)
                before = self.hits()
                for (what, a), (_, b) in zip(expected, run(self.connect_to(self.front_port, CACHE_METADATA | capabilities))):
                    self.same(a, b, f"turn {turn}: {what}")
            if before is not None:
                self.assertGreater(self.hits() - before, 50, "results without definitions come from memory too")
            self.run_texts(READS[:30], CACHE_METADATA | capabilities, "text")


class OnMySQL(Differential, unittest.TestCase):
    make = MySQL


if __name__ == "__main__":
    unittest.main()
