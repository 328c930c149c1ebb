"""What a session is promised: its own writes, with write_ack = "applied" everybody's, and with monotonic_reads nothing
older than it has seen; and the audit, which finds what the binlog does not tell.
Run: python3 -m tests.integration.coherence_sessions"""
import threading
import time
import unittest

import pymysql
import redis

from tests.support.servers import MariaDB, MySQL, Sabil

LOOKUP = """
[[lookup]]
name = "value"
key = "value:{id}"
query = "SELECT v FROM counters WHERE id = {id}"
as = "hash"
"""
ROUNDS = 60


class Sessions:
    database_class = None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.database_class().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("""CREATE DATABASE news; USE news; CREATE TABLE counters (id INT PRIMARY KEY, v BIGINT NOT NULL);
            INSERT INTO counters VALUES (1, 0), (2, 0), (3, 0); CREATE TABLE pairs (id INT PRIMARY KEY, v BIGINT NOT NULL);
            INSERT INTO pairs VALUES (1, 0); CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON *.* TO 'site'@'%';""")

    def sabil(self, cache):
        program = Sabil(mysql=self.database, config=LOOKUP, cache=cache).__enter__()
        self.addCleanup(program.close)
        return program

    def connect(self, port, autocommit=True):
        connection = pymysql.connect(host="127.0.0.1", port=port, user="site", password="site", database="news",
                                     autocommit=autocommit)
        self.addCleanup(connection.close)
        return connection

    def run_sql(self, connection, text):
        with connection.cursor() as cursor:
            cursor.execute(text)
            row = cursor.fetchone()
            return row[0] if row else None

    def hits(self, sabil, face="mysql"):
        return sabil.metrics().get(f'sabil_hits_total{{face="{face}"}}', 0)

    def until_hit(self, sabil, connection, text):
        before, deadline = self.hits(sabil), time.monotonic() + 10
        while self.hits(sabil) == before:
            self.assertLess(time.monotonic(), deadline, "never served from memory")
            self.run_sql(connection, text)

    def test_a_session_reads_its_own_writes(self):
        sabil = self.sabil("")
        session = self.connect(sabil.mysql_port)
        read = "SELECT v FROM counters WHERE id = 1"
        ways = {"autocommit": ["UPDATE counters SET v = {} WHERE id = 1"],
                "COMMIT": ["BEGIN", "UPDATE counters SET v = {} WHERE id = 1", "COMMIT"],
                "implicit commit": ["BEGIN", "UPDATE counters SET v = {} WHERE id = 1", "ALTER TABLE pairs COMMENT '{}'"],
                "autocommit turned on": ["SET autocommit = 0", "UPDATE counters SET v = {} WHERE id = 1", "SET autocommit = 1"]}
        value = 0
        for name, statements in ways.items():
            self.until_hit(sabil, session, read)
            for _ in range(ROUNDS // 4):
                value += 1
                for statement in statements:
                    self.run_sql(session, statement.format(value))
                self.assertEqual(self.run_sql(session, read), value, name)
        self.until_hit(sabil, session, "SELECT COUNT(*) FROM counters")
        for column in ("a", "b"):
            self.run_sql(session, f"ALTER TABLE counters ADD COLUMN {column} INT DEFAULT 5")
            self.assertEqual(self.run_sql(session, f"SELECT {column} FROM counters WHERE id = 1"), 5)
        self.run_sql(session, "ALTER TABLE counters DROP COLUMN a, DROP COLUMN b")

    def test_what_a_new_connection_reads_serves_the_next_connection(self):
        """As PHP works: a connection for each request. Its fill waits for a probe that shows which server it reached;
        that probe is sent at once, not when the next one is due."""
        sabil = self.sabil("")
        self.until_hit(sabil, self.connect(sabil.mysql_port), "SELECT COUNT(*) FROM counters")
        served = 0
        for n in range(30):
            text = f"SELECT v FROM counters WHERE id <> {n}"
            self.run_sql(self.connect(sabil.mysql_port), text)
            time.sleep(0.03)
            before = self.hits(sabil)
            self.run_sql(self.connect(sabil.mysql_port), text)
            served += self.hits(sabil) > before
        self.assertGreater(served, 26)

    def test_with_applied_acknowledgement_everybody_reads_it(self):
        sabil = self.sabil('write_ack = "applied"')
        writer, reader = self.connect(sabil.mysql_port), self.connect(sabil.mysql_port)
        resp = redis.Redis(port=sabil.port, decode_responses=True)
        self.addCleanup(resp.close)
        read = "SELECT v FROM counters WHERE id = 2"
        self.until_hit(sabil, reader, read)
        for value in range(1, ROUNDS):
            self.run_sql(writer, f"UPDATE counters SET v = {value} WHERE id = 2")
            self.assertEqual(self.run_sql(reader, read), value)
            self.assertEqual(int(resp.hget("value:2", "v")), value)
            self.run_sql(reader, read)
        self.assertGreater(self.hits(sabil), 0)

    def test_monotonic_reads_never_go_back(self):
        """Two rows are always written together, straight to the server; one is read there, then the other from memory."""
        sabil = self.sabil("monotonic_reads = true\naudit_one_in = 0")
        session = self.connect(sabil.mysql_port)
        stop = threading.Event()
        direct = self.connect(self.database.port, autocommit=False)

        def write():
            value = 0
            with direct.cursor() as cursor:
                while not stop.is_set():
                    value += 1
                    cursor.execute(f"UPDATE counters SET v = {value} WHERE id = 3")
                    cursor.execute(f"UPDATE pairs SET v = {value} WHERE id = 1")
                    direct.commit()
                    time.sleep(0.002)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            back, end = 0, time.monotonic() + 5
            reads = 0
            while time.monotonic() < end:
                seen = self.run_sql(session, "SELECT SQL_NO_CACHE v FROM counters WHERE id = 3")
                for _ in range(3):
                    value = self.run_sql(session, "SELECT v FROM pairs WHERE id = 1")
                    back += value < seen
                    seen = max(seen, value)
                    reads += 1
        finally:
            stop.set()
            writer.join()
        self.assertEqual(back, 0, f"of {reads} reads")
        self.until_hit(sabil, session, "SELECT v FROM pairs WHERE id = 1")
        text = [name for name in sabil.metrics() if "sabil_misses_total" in name]
        self.assertTrue(text)

    def test_the_audit_agrees_and_finds_what_the_binlog_does_not_tell(self):
        sabil = self.sabil("audit_one_in = 2")
        session, direct = self.connect(sabil.mysql_port), self.connect(self.database.port)
        resp = redis.Redis(port=sabil.port, decode_responses=True)
        self.addCleanup(resp.close)
        prepared = "SELECT v FROM counters WHERE id = 1 -- and a comment"

        def read():
            self.run_sql(session, "SELECT v FROM counters WHERE id = 1")
            self.run_sql(session, prepared)
            resp.hgetall("value:1")
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            read()
            if int(time.monotonic() * 100) % 10 == 0:
                self.run_sql(direct, "UPDATE counters SET v = v + 1 WHERE id = 1")
        metrics = sabil.metrics()
        self.assertGreater(metrics["sabil_audit_checked_total"], 5)
        self.assertEqual(metrics["sabil_audit_stale_total"], 0)
        self.run_sql(direct, "SET SESSION sql_log_bin = 0")
        self.run_sql(direct, "UPDATE counters SET v = -77 WHERE id = 1")
        deadline = time.monotonic() + 10
        found = set()
        while found != {"mysql", "resp"} and time.monotonic() < deadline:
            read()
            log = sabil.log_tail(1 << 20)
            found = {face for face in ("mysql", "resp") if f"a stale hit on the {face} port" in log}
            time.sleep(0.05)
        self.assertEqual(found, {"mysql", "resp"})
        self.assertGreaterEqual(sabil.metrics()["sabil_audit_stale_total"], 2)
        self.assertIn("-77", log)
        self.assertIn("value:1", log)
        self.assertIn("SELECT v FROM counters WHERE id = 1", log)
        self.run_sql(direct, "SET SESSION sql_log_bin = 1")
        self.run_sql(direct, "UPDATE counters SET v = 1 WHERE id = 1")


class OnMariaDB(Sessions, unittest.TestCase):
    database_class = MariaDB


class OnMySQL(Sessions, unittest.TestCase):
    database_class = MySQL


if __name__ == "__main__":
    unittest.main()
