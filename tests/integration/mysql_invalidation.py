"""What must not come from memory: after every kind of change the old answer, whoever made the change; and at any time what
no memory can answer. Run: python3 -m tests.integration.mysql_invalidation"""
import os
import struct
import tempfile
import threading
import time
import unittest

from tests.integration._mysql_wire import DEPRECATE_EOF, LOCAL_FILES, Connection
from tests.support.servers import MariaDB, MySQL, Sabil

TABLES = [
    "DROP DATABASE IF EXISTS trans", "CREATE DATABASE trans", "CREATE TABLE trans.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
    "INSERT INTO trans.t VALUES (1,10),(2,20)", "CREATE TABLE trans.t2 (id INT PRIMARY KEY AUTO_INCREMENT, v INT)", "INSERT INTO trans.t2 VALUES (1,77)",
    "CREATE TABLE trans.parent (id INT PRIMARY KEY)", "INSERT INTO trans.parent VALUES (1),(2)",
    "CREATE TABLE trans.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES trans.parent (id) ON DELETE CASCADE ON UPDATE CASCADE)",
    "INSERT INTO trans.child VALUES (1,1),(2,2)", "CREATE TABLE trans.src (id INT PRIMARY KEY)",
    "CREATE TRIGGER trans.fires AFTER INSERT ON trans.src FOR EACH ROW UPDATE trans.t SET v = v + NEW.id",
    "CREATE PROCEDURE trans.writes() UPDATE trans.t SET v = v + 1", "CREATE FUNCTION trans.wrote() RETURNS INT DETERMINISTIC BEGIN UPDATE trans.t SET v = v + 1; RETURN 1; END",
    "CREATE VIEW trans.seen AS SELECT id, v FROM trans.t", "CREATE TABLE trans.parts (id INT, v INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
    "INSERT INTO trans.parts VALUES (1,1),(11,11)", "CREATE TABLE trans.loose (id INT, v INT)", "INSERT INTO trans.loose VALUES (5,55)",
]
T, VIEW, CHILD, PARTS = "SELECT id, v FROM trans.t ORDER BY id", "SELECT v FROM trans.seen ORDER BY id", "SELECT id, p FROM trans.child ORDER BY id", "SELECT v FROM trans.parts ORDER BY id"
JOIN = "SELECT t.id, c.p FROM trans.t t JOIN trans.child c ON c.id = t.id ORDER BY t.id"
POINT = "SELECT v FROM trans.t WHERE id = 1"
CHANGES = [
    (T, "UPDATE trans.t SET v = 11 WHERE id = 1"), (POINT, "UPDATE trans.t SET v = 11 WHERE id = 1"), (POINT, "UPDATE trans.t SET id = 5 WHERE id = 1"), (T, "DELETE FROM trans.t WHERE id = 2"),
    (T, "REPLACE INTO trans.t VALUES (1, 99)"), (T, "INSERT INTO trans.t (v) SELECT v FROM trans.t2"), (T, "INSERT INTO trans.t VALUES (1, 0) ON DUPLICATE KEY UPDATE v = 5"),
    (JOIN, "UPDATE trans.t a JOIN trans.child b ON a.id = b.id SET b.p = 2, a.v = 0"), (JOIN, "DELETE FROM trans.t, trans.child USING trans.t JOIN trans.child ON t.id = child.id WHERE t.id = 1"),
    (T, "DELETE FROM trans.t WHERE id IN (WITH x AS (SELECT 1 AS i) SELECT i FROM x)"), (T, "TRUNCATE TABLE trans.t"), (T, "CALL trans.writes()"), (T, "SELECT trans.wrote()"), (T, "DO trans.wrote()"),
    (T, "INSERT INTO trans.t2 VALUES (9, 9); UPDATE trans.t SET v = 3"), (T, "BEGIN; UPDATE trans.t SET v = 4; COMMIT"), (T, "XA START 'x'; UPDATE trans.t SET v = 6; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'"),
    (T, "PREPARE p FROM 'UPDATE trans.t SET v = ?'; SET @v = 8; EXECUTE p USING @v"), (T, "INSERT INTO trans.src VALUES (5)"), (CHILD, "DELETE FROM trans.parent WHERE id = 1"), (CHILD, "UPDATE trans.parent SET id = 7 WHERE id = 1"),
    (T, "ALTER TABLE trans.t DROP COLUMN v, ADD COLUMN v INT DEFAULT 4 FIRST"), (T, "RENAME TABLE trans.t TO trans.x, trans.t2 TO trans.t"), (T, "DROP TABLE trans.t; CREATE TABLE trans.t LIKE trans.t2"), (T, "DROP TABLE trans.t"),
    (T, "DROP DATABASE trans"), (PARTS, "ALTER TABLE trans.parts EXCHANGE PARTITION p0 WITH TABLE trans.loose"), (PARTS, "ALTER TABLE trans.parts TRUNCATE PARTITION p1"), (PARTS, "ALTER TABLE trans.parts DROP PARTITION p1"),
    (VIEW, "UPDATE trans.t SET v = 1"), (VIEW, "UPDATE trans.seen SET v = 2"), (VIEW, "CREATE OR REPLACE VIEW trans.seen AS SELECT id, v * 2 AS v FROM trans.t"), (VIEW, "DROP VIEW trans.seen; CREATE VIEW trans.seen AS SELECT id, v FROM trans.t2"),
    (VIEW, "ALTER VIEW trans.seen AS SELECT id, 5 AS v FROM trans.t"), (T, "CREATE EVENT trans.e ON SCHEDULE AT CURRENT_TIMESTAMP DO UPDATE trans.t SET v = 123; DO SLEEP(2)"),
]
NEVER = [
    "SELECT NOW(6) FROM trans.t", "SELECT CURRENT_TIMESTAMP FROM trans.t", "SELECT SYSDATE(6) FROM trans.t", "SELECT RAND() FROM trans.t", "SELECT UUID() FROM trans.t", "SELECT UUID_SHORT() FROM trans.t", "SELECT UNIX_TIMESTAMP() FROM trans.t",
    "SELECT UTC_TIME() FROM trans.t", "SELECT CONNECTION_ID() FROM trans.t", "SELECT USER(), CURRENT_USER(), SESSION_USER() FROM trans.t", "SELECT DATABASE(), SCHEMA() FROM trans.t", "SELECT CURRENT_ROLE() FROM trans.t", "SELECT VERSION() FROM trans.t",
    "SELECT SLEEP(0) FROM trans.t", "SELECT BENCHMARK(1, 1) FROM trans.t", "SELECT LOAD_FILE('/nothing') FROM trans.t", "SELECT GET_LOCK('z', 0) FROM trans.t", "SELECT RELEASE_LOCK('z') FROM trans.t", "SELECT IS_FREE_LOCK('z') FROM trans.t", "SELECT @v FROM trans.t",
    "SELECT @v := 1 FROM trans.t", "SELECT @@sort_buffer_size FROM trans.t", "SELECT FOUND_ROWS() FROM trans.t", "SELECT ROW_COUNT() FROM trans.t", "SELECT LAST_INSERT_ID() FROM trans.t", "SELECT trans.wrote() FROM trans.t2", "SELECT v FROM trans.t FOR UPDATE",
    "SELECT v FROM trans.t LOCK IN SHARE MODE", "SELECT v INTO @v FROM trans.t LIMIT 1", "EXPLAIN SELECT v FROM trans.t", "SELECT TABLE_NAME FROM information_schema.TABLES LIMIT 1", "SELECT User FROM mysql.user LIMIT 1", "SELECT SQL_NO_CACHE v FROM trans.t",
    "/* sabil:nocache */ SELECT v FROM trans.t", "SELECT 1 / 0 FROM trans.t", "SELECT CAST('x' AS SIGNED) FROM trans.t", "SELECT nothing FROM trans.t", "SELECT v FROM trans.t WHERE v > NOW()", "SELECT v FROM trans.t ORDER BY RAND()", "SELECT v FROM (SELECT v, RAND() r FROM trans.t) d",
    "SELECT v FROM trans.t UNION SELECT UNIX_TIMESTAMP()", "SELECT v FROM trans.t WHERE id = (SELECT MAX(id) FROM trans.t2 FOR UPDATE)", "SHOW TABLES FROM trans", "SELECT MASTER_POS_WAIT('x', 1, 0) FROM trans.t", "SELECT NAME_CONST('a', RAND()) FROM trans.t",
]


class Invalidation:
    texts = 0

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make(options=["--event-scheduler=ON", "--log-bin-trust-function-creators=1", "--local-infile=1"]).__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE base; CREATE USER 'inv'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'inv'@'%' WITH GRANT OPTION; GRANT SHOW VIEW ON *.* TO 'sabil'@'%';"
                         "CREATE USER 'member'@'%' IDENTIFIED BY 'pw'; CREATE ROLE reader; GRANT reader TO 'member'@'%'; GRANT SELECT ON base.* TO 'member'@'%';")
        cls.sabil = Sabil(mysql=cls.database, database="base").__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        self.put_back()
        self.front = self.connect()

    def put_back(self):
        self.database.sql("DELIMITER $$\n" + "$$\n".join(TABLES) + "$$\n")

    def connect(self, user="inv", capabilities=DEPRECATE_EOF):
        connection = Connection(self.sabil.mysql_port, user, "pw", "base", capabilities)
        self.addCleanup(connection.close)
        return connection

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)

    def warm(self, text, connection=None):
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            before = self.hits()
            rows = (connection or self.front).rows(text)
            if self.hits() > before:
                return rows
            time.sleep(0.02)
        told = {k: v for k, v in self.sabil.metrics().items() if v and ("bypass_total" in k or "fills_total" in k)}
        self.fail(f"never a hit: {text}: {told}")

    def own_text(self, read):
        """What changes soon after each fill is not kept for a while: each time another text."""
        type(self).texts += 1
        return f"SELECT {self.texts} AS n, {read.removeprefix('SELECT ')}"

    @staticmethod
    def outcome(connection, text):
        packets = connection.query(text)
        last = packets[-1][1]
        if last[0] == 0xFF:
            return struct.unpack_from("<H", last, 1)[0]
        return connection.rows(text)

    def test_every_kind_of_change_made_elsewhere_is_seen(self):
        for read, change in CHANGES:
            with self.subTest(read=read, change=change):
                self.put_back()
                read = self.own_text(read)
                direct = Connection(self.database.port, "inv", "pw", "base", DEPRECATE_EOF)
                before = self.warm(read)
                self.assertEqual(before, direct.rows(read))
                self.database.sql(change)
                after = self.outcome(direct, read)
                self.assertNotEqual(before, after, "the change changes nothing")
                limit = time.monotonic() + 5
                while self.outcome(self.front, read) != after:
                    self.assertLess(time.monotonic(), limit, "still the old answer")
                    time.sleep(0.005)
                direct.close()

    def test_every_kind_of_change_of_ones_own_is_seen_at_once(self):
        for read, change in CHANGES[:20:2] + CHANGES[21:33:3]:
            with self.subTest(read=read, change=change):
                self.put_back()
                read = self.own_text(read)
                direct = Connection(self.database.port, "inv", "pw", "base", DEPRECATE_EOF)
                front = self.connect()
                before = self.warm(read, front)
                for text in change.split("; "):
                    front.query(text)
                after = self.outcome(direct, read)
                self.assertNotEqual(before, after)
                for _ in range(3):
                    self.assertEqual(self.outcome(front, read), after)
                front.close()
                direct.close()

    def test_a_prepared_write_and_a_loaded_file_are_seen(self):
        writer = self.connect(capabilities=DEPRECATE_EOF | LOCAL_FILES)
        _, statement = writer.prepare("UPDATE trans.t SET v = ? WHERE id = 1")
        for n in range(5):
            self.warm(self.own_text(POINT), writer)
            self.assertEqual(writer.execute(statement, (n + 1000,))[0][1][0], 0)
            self.assertEqual(writer.rows(POINT), [(str(n + 1000),)])
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as here:
            here.write("1\t666\n")
        self.addCleanup(os.unlink, here.name)

        def send_own(path):
            self.assertEqual(path, here.name)
            writer.socket.sendall(b"\x06\0\0" + bytes([writer.sequence]) + b"1\t555\n" + b"\0\0\0" + bytes([writer.sequence + 1]))
        writer.send_file = send_own
        writer.query(f"LOAD DATA LOCAL INFILE '{here.name}' REPLACE INTO TABLE trans.t")
        self.assertEqual(writer.rows(POINT), [("555",)], "the client's file, not the one of that name beside Sabil")

    def test_what_no_memory_can_answer_goes_to_the_server(self):
        self.warm(T)
        for text in NEVER:
            with self.subTest(statement=text):
                before = self.hits()
                for _ in range(4):
                    self.front.query(text)
                    self.front.query("ROLLBACK")
                self.assertEqual(self.hits(), before)

    def test_a_rollback_changes_nothing_and_publishes_nothing(self):
        self.warm(T)
        writer, before = self.connect(), self.hits()
        for text in ("BEGIN", "UPDATE trans.t SET v = 0", "SELECT v FROM trans.t", "ROLLBACK"):
            writer.query(text)
        self.assertEqual(self.front.rows(T), [("1", "10"), ("2", "20")])
        self.assertEqual(self.hits(), before + 1, "still in memory")

    def test_trace_comments_do_not_defeat_the_cache(self):
        self.warm(T)
        before = self.hits()
        for n in range(5):
            self.assertEqual(self.front.rows(f"/* traceparent='00-{n}-01' */ {T} /* route='/{n}' */"), [("1", "10"), ("2", "20")])
        self.assertEqual(self.hits(), before + 5)
        self.assertEqual(self.outcome(self.front, "SELECT /*! v + 1 */ FROM trans.t WHERE id = 1"), [("11",)])
        self.assertEqual(self.outcome(self.front, "SELECT v FROM trans.t WHERE id = 1 /*! + 1 */"), [("20",)])

    def test_a_role_is_what_it_lets_at_once(self):
        member = self.connect("member")
        self.database.sql("GRANT SELECT ON trans.t TO reader")
        self.assertEqual(self.outcome(member, T), 1142)
        member.query("SET ROLE reader")
        self.assertEqual(self.warm(T, member), [("1", "10"), ("2", "20")])
        member.query("SET ROLE NONE")
        self.assertEqual(self.outcome(member, T), 1142)
        member.query("SET ROLE reader")
        self.warm(T, member)
        self.database.sql("REVOKE SELECT ON trans.t FROM reader")
        limit = time.monotonic() + 5
        while self.outcome(member, T) != 1142:
            self.assertLess(time.monotonic(), limit, "still served")
            time.sleep(0.02)

    def test_a_read_that_locks_does_lock(self):
        self.warm(POINT)
        holder, other = self.connect(), self.connect()
        holder.query("BEGIN")
        for _ in range(2):
            holder.rows(POINT + " FOR UPDATE")
        other.query("SET SESSION innodb_lock_wait_timeout = 1")
        self.assertEqual(struct.unpack_from("<H", other.query("UPDATE trans.t SET v = 1 WHERE id = 1")[0][1], 1)[0], 1205)
        holder.query("ROLLBACK")

    def test_locks_of_the_whole_server_and_of_tables_hold(self):
        self.warm(T)
        for lock, unlock in (("FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES"), ("LOCK TABLES trans.t2 READ", "UNLOCK TABLES")):
            self.front.query(lock)
            before = self.hits()
            self.outcome(self.front, T)
            self.outcome(self.front, T)
            self.assertEqual(self.hits(), before, lock)
            self.front.query(unlock)
            self.warm(self.own_text(T))

    def test_what_a_limit_cut_short_is_not_kept(self):
        slow = "SELECT COUNT(*), SUM(SHA2(CONCAT(a.v, b.v, c.v), 512) > '8') FROM trans.t2 a JOIN trans.t2 b JOIN trans.t2 c"
        self.database.sql("INSERT INTO trans.t2 (v) SELECT v FROM trans.t2; " * 8)
        hasty, patient = self.connect(), self.connect()
        hasty.query(self.time_limit)
        self.assertIn(self.outcome(hasty, slow), (1969, 3024))
        before = self.hits()
        killed = threading.Timer(0.4, lambda: self.database.sql(f"KILL QUERY {patient.thread_id}"))
        killed.start()
        self.assertEqual(self.outcome(patient, slow), 1317)
        killed.join()
        self.assertEqual(self.hits(), before)

    def test_statistics_and_debug_talk_do_not_disturb_a_session(self):
        self.warm(T)
        for command in (b"\x09", b"\x0e", b"\x0a", b"\x0d"):
            self.front.simple(command) if command != b"\x0a" else self.front.query("SHOW PROCESSLIST")
            self.assertEqual(self.front.rows(T), [("1", "10"), ("2", "20")])


class OnMariaDB(Invalidation, unittest.TestCase):
    make = MariaDB
    time_limit = "SET max_statement_time = 0.3"

    def test_history_and_sequences_go_to_the_server(self):
        self.database.sql("CREATE TABLE trans.past (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO trans.past VALUES (1, 1); CREATE SEQUENCE trans.s")
        self.warm("SELECT v FROM trans.past")
        for text in ("SELECT v FROM trans.past FOR SYSTEM_TIME ALL", "SELECT v FROM trans.past FOR SYSTEM_TIME AS OF NOW(6)", "SELECT NEXT VALUE FOR trans.s", "SELECT NEXTVAL(trans.s) FROM trans.t",
                     "SELECT LASTVAL(trans.s) FROM trans.t"):
            before = self.hits()
            for _ in range(4):
                self.front.query(text)
            self.assertEqual(self.hits(), before, text)
        self.assertEqual(self.front.rows("SELECT NEXTVAL(trans.s)"), [("13",)])


class OnMySQL(Invalidation, unittest.TestCase):
    make = MySQL
    time_limit = "SET max_execution_time = 300"


if __name__ == "__main__":
    unittest.main()
