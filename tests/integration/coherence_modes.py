"""The weaker modes on real servers: which one is taken and said, what makes answers stale in each, and what bounds the
rest. Run: python3 -m tests.integration.coherence_modes"""
import time
import unittest

import pymysql
import redis

from tests.support.servers import MariaDB, MySQL, Sabil

TABLES = """CREATE DATABASE news; USE news;
CREATE TABLE counters (id INT PRIMARY KEY, v BIGINT NOT NULL); INSERT INTO counters VALUES (1, 0), (2, 0);
CREATE TABLE children (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES counters (id) ON DELETE CASCADE);
CREATE TABLE others (id INT PRIMARY KEY, v BIGINT NOT NULL); INSERT INTO others VALUES (1, 0);
CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%';"""
LOOKUP = """
[[lookup]]
name = "counter"
key = "counter:{id}"
query = "SELECT v FROM counters WHERE id = {id}"
as = "string"
"""


class Mode:
    mode = None
    why = None
    database_class = None
    options = {}
    cache = 'default_ttl = "1s"'

    @classmethod
    def setUpClass(cls):
        cls.database = cls.database_class(**cls.options).__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(TABLES)
        cls.prepare_account()
        cls.sabil = Sabil(mysql=cls.database, config=LOOKUP, cache=cls.cache).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    @classmethod
    def prepare_account(cls):
        pass

    def setUp(self):
        self.through = self.connect(self.sabil.mysql_port)
        self.direct = self.connect(self.database.port)
        self.resp = redis.Redis(port=self.sabil.port, decode_responses=True)
        for closable in (self.through, self.direct, self.resp):
            self.addCleanup(closable.close)

    def connect(self, port):
        return pymysql.connect(host="127.0.0.1", port=port, user="site", password="site", database="news", autocommit=True)

    def run_sql(self, connection, text):
        with connection.cursor() as cursor:
            cursor.execute(text)
            row = cursor.fetchone()
            return row[0] if row else None

    def read(self, text="SELECT v FROM counters WHERE id = 1"):
        return self.run_sql(self.through, text)

    def hits(self, face="mysql"):
        return self.sabil.metrics().get(f'sabil_hits_total{{face="{face}"}}', 0)

    def until_hit(self, text="SELECT v FROM counters WHERE id = 1"):
        before, deadline = self.hits(), time.monotonic() + 10
        while self.hits() == before:
            self.assertLess(time.monotonic(), deadline, f"never served from memory: {self.sabil.metrics()}")
            value = self.read(text)
            time.sleep(0.02)
        return value

    def until(self, function, value, limit_s):
        """Seconds until the reads give the value."""
        begun = time.monotonic()
        while function() != value:
            self.assertLess(time.monotonic() - begun, limit_s)
            time.sleep(0.01)
        return time.monotonic() - begun

    def test_mode_is_said_everywhere(self):
        metrics = self.sabil.metrics()
        self.assertEqual(metrics[f'sabil_coherence_mode{{mode="{self.mode}"}}'], 1)
        log = self.sabil.log_tail(1 << 20)
        self.assertIn(f"coherence '{self.mode}'", log)
        self.assertIn(self.why, log)
        status = self.resp.execute_command("SABIL", "STATUS")
        self.assertIn(self.mode, status)
        self.assertEqual(self.resp.info()["sabil_mode"], self.mode)
        self.assertIn(self.why, self.resp.info("sabil")["sabil_why"])

    def test_a_change_straight_to_the_server_is_seen_within_its_bound(self):
        for face, read in (("mysql", self.read), ("resp", lambda: int(self.resp.get("counter:1")))):
            self.until_hit()
            read()
            value = (self.run_sql(self.direct, "SELECT v FROM counters WHERE id = 1")) + 1
            self.run_sql(self.direct, f"UPDATE counters SET v = {value} WHERE id = 1")
            took = self.until(read, value, 6)
            self.check_delay(face, took)

    def check_delay(self, face, took):
        self.assertLess(took, 3, f"{face}: the time limit of 1 s bounds it")


class InPath(Mode):
    mode = "in-path"

    def test_a_write_through_the_port_is_seen_at_once(self):
        writes = self.sabil.metrics().get('sabil_invalidations_total{source="in_path"}', 0)
        for value in range(1000, 1020):
            self.until_hit() if value == 1000 else None
            self.read()
            self.run_sql(self.through, f"UPDATE counters SET v = {value} WHERE id = 1")
            self.assertEqual(self.read(), value)
            self.assertEqual(int(self.resp.get("counter:1")), value)
        self.assertGreaterEqual(self.sabil.metrics()['sabil_invalidations_total{source="in_path"}'], writes + 20)

    def test_other_tables_stay_and_children_go(self):
        self.run_sql(self.through, "INSERT IGNORE INTO counters VALUES (50, 0)")
        self.run_sql(self.through, "INSERT IGNORE INTO children VALUES (5, 50)")
        self.until_hit("SELECT COUNT(*) FROM children")
        self.run_sql(self.through, "DELETE FROM counters WHERE id = 50")
        self.assertEqual(self.read("SELECT COUNT(*) FROM children"), 0)
        self.until_hit("SELECT v FROM others WHERE id = 1")
        before = self.hits()
        self.run_sql(self.through, "UPDATE counters SET v = v + 1 WHERE id = 2")
        self.read("SELECT v FROM others WHERE id = 1")
        self.assertEqual(self.hits(), before + 1)

    def test_definitions_changed_through_the_port_end_everything(self):
        self.until_hit()
        self.run_sql(self.through, "ALTER TABLE others ADD COLUMN w INT DEFAULT 7")
        self.assertEqual(self.read("SELECT w FROM others WHERE id = 1"), 7)
        self.run_sql(self.through, "ALTER TABLE others DROP COLUMN w")
        deadline = time.monotonic() + 5
        while not self.sabil.metrics()['sabil_invalidations_total{source="ddl"}']:  # counted once the epoch has begun
            self.assertLess(time.monotonic(), deadline)
        self.until_hit()

    def test_a_rolled_back_write_does_no_harm(self):
        value = self.until_hit()
        self.run_sql(self.through, "BEGIN")
        self.run_sql(self.through, "UPDATE counters SET v = -1 WHERE id = 1")
        self.assertEqual(int(self.resp.get("counter:1")), value)
        self.run_sql(self.through, "ROLLBACK")
        self.assertEqual(self.read(), value)
        self.until_hit()


class WithoutBinlogOnMariaDB(InPath, unittest.TestCase):
    database_class = MariaDB
    options = {"binlog": False}
    why = "binary log is off"


class WithoutBinlogOnMySQL(InPath, unittest.TestCase):
    database_class = MySQL
    options = {"binlog": False}
    why = "binary log is off"


class WithoutGrant(InPath):
    why = "GRANT REPLICATION SLAVE"

    @classmethod
    def prepare_account(cls):
        cls.database.sql("REVOKE REPLICATION SLAVE ON *.* FROM 'sabil'@'%'")


class WithoutGrantOnMariaDB(WithoutGrant, unittest.TestCase):
    database_class = MariaDB


class WithoutGrantOnMySQL(WithoutGrant, unittest.TestCase):
    database_class = MySQL


class BestEffort(Mode, unittest.TestCase):
    """MySQL without GTIDs: changes are seen by the binlog; that they are visible to readers is only held to be so."""
    mode = "best-effort"
    why = "gtid_mode is OFF"
    database_class = MySQL
    options = {"gtid": False}
    cache = 'default_ttl = "10m"'

    def check_delay(self, face, took):
        self.assertLess(took, 3.0, f"{face}: the binlog tells, not the time limit")

    def test_changes_end_what_they_touch_by_the_binlog(self):
        before = self.sabil.metrics()['sabil_invalidations_total{source="binlog"}']
        self.until_hit("SELECT v FROM counters WHERE id = 2")
        for value in range(2000, 2005):
            self.run_sql(self.direct, f"UPDATE counters SET v = {value} WHERE id = 1")
            self.until(self.read, value, 1)
        self.assertGreaterEqual(self.sabil.metrics()['sabil_invalidations_total{source="binlog"}'], before + 5)

    def test_what_changed_lately_is_not_stored(self):
        """A result read within the hold-off after a change may be older than it: it is shown and not kept."""
        self.run_sql(self.direct, "UPDATE counters SET v = v + 1 WHERE id = 1")
        begun = time.monotonic()
        self.until_hit()
        self.assertGreater(time.monotonic() - begun, 1.5)

    def test_writes_of_one_session_are_seen_by_it(self):
        for value in range(3000, 3010):
            self.run_sql(self.through, f"UPDATE counters SET v = {value} WHERE id = 1")
            self.assertEqual(self.read(), value)


class TimeToLive(Mode, unittest.TestCase):
    mode = "ttl"
    why = "cache.coherence asks for ttl"
    database_class = MariaDB
    cache = 'coherence = "ttl"\ndefault_ttl = "1s"'

    def test_values_are_kept_until_their_time_has_come(self):
        value = self.until_hit()
        self.run_sql(self.direct, "UPDATE counters SET v = v + 1 WHERE id = 1")
        self.assertIn(self.read(), (value, value + 1))
        self.until(self.read, value + 1, 4)


if __name__ == "__main__":
    unittest.main()
