"""Coherence through both faces, end to end: counters that only grow are written through the proxy and straight to the
server, and read over the MySQL port (text and prepared) and as RESP lookups. Each read must be at least what its own
session wrote, what was committed max_staleness before it began, and, on one face, what was read there before.
At rest every face equals the database. Run: python3 -m tests.integration.coherence_faces"""
import os
import threading
import time
import unittest

import pymysql
import redis

from tests.support.servers import MariaDB, MySQL, Sabil

SECONDS = float(os.environ.get("SABIL_TEST_SECONDS", "15"))
ROWS = 8
MAX_STALENESS = 1.0
LOOKUPS = """
[[lookup]]
name = "counter"
key = "counter:{id}"
query = "SELECT v FROM counters WHERE id = {id}"
as = "string"

[[lookup]]
name = "all"
key = "counters"
query = "SELECT SUM(v) FROM counters"
as = "string"
"""


class History:
    """When each value was surely committed, by row: answers what a read that began at t must at least see."""

    def __init__(self):
        self.lock = threading.Lock()
        self.committed = {row: [(0.0, 0)] for row in range(ROWS)}

    def commit(self, row, value):
        with self.lock:
            self.committed[row].append((time.monotonic(), value))

    def at_least(self, row, moment):
        with self.lock:
            past = self.committed[row]
            for at, value in reversed(past):
                if at <= moment:
                    return value
        return 0


class Faces:
    database_class = None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.database_class().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE news; CREATE TABLE news.counters (id INT PRIMARY KEY, v BIGINT NOT NULL);"
                         f"INSERT INTO news.counters VALUES {', '.join(f'({row}, 0)' for row in range(ROWS))};"
                         "CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%'")
        cls.sabil = Sabil(mysql=cls.database, config=LOOKUPS).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def connect(self, port):
        return pymysql.connect(host="127.0.0.1", port=port, user="site", password="site", database="news", autocommit=True)

    def write(self, rows, port, own):
        connection = self.connect(port)
        value = 0
        while time.monotonic() < self.end:
            value += 1
            for row in rows:
                with connection.cursor() as cursor:
                    cursor.execute(f"UPDATE counters SET v = {value} WHERE id = {row}")
                    self.history.commit(row, value)
                    if own:  # a session sees its own writes at once
                        cursor.execute(f"SELECT v FROM counters WHERE id = {row}")
                        self.check(cursor.fetchone()[0] >= value, f"own write of row {row}")
            time.sleep(0.01)
        connection.close()

    def read_mysql(self, text):
        connection = self.connect(self.sabil.mysql_port)
        seen = [0] * ROWS
        with connection.cursor() as cursor:
            while time.monotonic() < self.end:
                for row in range(ROWS):
                    began = time.monotonic()
                    cursor.execute(f"SELECT v FROM counters WHERE id = {row}" if text else
                                   f"SELECT MAX(v) FROM counters WHERE id = {row} /* by aggregate */")
                    self.observe("mysql", row, cursor.fetchone()[0], began, seen)
        connection.close()

    def read_resp(self):
        client = redis.Redis(port=self.sabil.port)
        seen = [0] * ROWS
        while time.monotonic() < self.end:
            for row in range(ROWS):
                began = time.monotonic()
                self.observe("resp", row, int(client.get(f"counter:{row}")), began, seen)

    def observe(self, face, row, value, began, seen):
        floor = self.history.at_least(row, began - MAX_STALENESS)
        self.check(value >= floor, f"{face}: row {row} read {value}, {floor} was committed over {MAX_STALENESS} s before")
        self.reads[face] += 1
        if value < seen[row]:
            self.backward[face] += 1
        seen[row] = max(seen[row], value)

    def check(self, holds, what):
        if not holds:
            self.violations.append(what)

    def guarded(self, function, *arguments):
        def run():
            try:
                function(*arguments)
            except Exception as error:  # noqa: BLE001: reported as a failure below
                self.violations.append(f"{function.__name__}: {error!r}")
        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def test_reads_are_current(self):
        self.history, self.violations = History(), []
        self.reads, self.backward = {"mysql": 0, "resp": 0}, {"mysql": 0, "resp": 0}
        self.end = time.monotonic() + SECONDS
        threads = [self.guarded(self.write, range(0, ROWS, 2), self.database.port, False),
                   self.guarded(self.write, range(1, ROWS, 2), self.sabil.mysql_port, True),
                   self.guarded(self.read_mysql, True), self.guarded(self.read_mysql, False), self.guarded(self.read_resp)]
        for thread in threads:
            thread.join()
        self.assertEqual(self.violations[:5], [], f"{len(self.violations)} violations")
        hits = {k: v for k, v in self.sabil.metrics().items() if k.startswith("sabil_hits_total")}
        print(f"{self.database.name}: 0 of {sum(self.reads.values())} reads stale; {self.reads}, {hits}", flush=True)
        self.assertTrue(all(count > 200 for count in self.reads.values()), self.reads)
        self.assertTrue(all(count > 100 for count in hits.values()) and len(hits) == 2, hits)
        self.equal_at_rest()

    def equal_at_rest(self):
        time.sleep(1.5)
        direct, through = self.connect(self.database.port), self.connect(self.sabil.mysql_port)
        client = redis.Redis(port=self.sabil.port)
        for _ in range(2):
            for row in range(ROWS):
                with direct.cursor() as a, through.cursor() as b:
                    a.execute(f"SELECT v FROM counters WHERE id = {row}")
                    b.execute(f"SELECT v FROM counters WHERE id = {row}")
                    truth = a.fetchone()[0]
                    self.assertEqual(b.fetchone()[0], truth)
                    self.assertEqual(int(client.get(f"counter:{row}")), truth)
            with direct.cursor() as a:
                a.execute("SELECT SUM(v) FROM counters")
                self.assertEqual(int(client.get("counters")), int(a.fetchone()[0]))
        direct.close()
        through.close()

    def test_what_changes_before_it_is_read_again_is_left_alone_for_a_while(self):
        resp = redis.Redis(port=self.sabil.port, decode_responses=True)
        through = self.connect(self.sabil.mysql_port)

        def applied():
            status = resp.execute_command("SABIL", "STATUS")
            return int(dict(zip(status[::2], status[1::2]))["applied"])

        def change():
            before = applied()
            self.database.sql("UPDATE news.counters SET v = v + 1 WHERE id = 6")
            deadline = time.monotonic() + 10
            while applied() == before:
                self.assertLess(time.monotonic(), deadline)

        def left_alone():
            return self.sabil.metrics().get('sabil_bypass_total{face="mysql",reason="changes_too_often"}', 0)

        def read(row):
            cursor.execute(f"SELECT v, 'often' FROM counters WHERE id = {row}")
            self.assertEqual(str(cursor.fetchone()[0]), self.database.sql(f"SELECT v FROM news.counters WHERE id = {row}"))

        def hits():
            return self.sabil.metrics()['sabil_hits_total{face="mysql"}']
        with through.cursor() as cursor:
            for _ in range(40):  # an entry that came too late to be kept does not count
                change()
                read(6)
                if left_alone():
                    break
            self.assertGreater(left_alone(), 0)
            read(7)
            before = hits()
            read(7)
            self.assertEqual(hits(), before + 1, "other rows are kept")
            deadline = time.monotonic() + 10
            while hits() == before + 1:  # after its pause the row is kept again
                self.assertLess(time.monotonic(), deadline)
                read(6)
        through.close()
        resp.close()

    def test_an_article_shows_at_once(self):
        """The type case: read, write straight to the database, read again; how long until it shows."""
        client = redis.Redis(port=self.sabil.port)
        connection = self.connect(self.sabil.mysql_port)
        waits = []
        with connection.cursor() as cursor:
            for value in range(1_000_000, 1_000_050):
                self.database.sql(f"UPDATE news.counters SET v = {value} WHERE id = 0")
                committed = time.monotonic()
                while True:
                    cursor.execute("SELECT v FROM counters WHERE id = 0")
                    if cursor.fetchone()[0] == value and int(client.get("counter:0")) == value:
                        break
                    self.assertLess(time.monotonic() - committed, MAX_STALENESS)
                waits.append(time.monotonic() - committed)
        connection.close()
        waits.sort()
        print(f"{self.database.name}: shown on both ports after {waits[len(waits) // 2] * 1e3:.1f} ms (median), "
              f"{waits[-1] * 1e3:.1f} ms (worst of {len(waits)})", flush=True)


class OnMariaDB(Faces, unittest.TestCase):
    database_class = MariaDB


class OnMySQL(Faces, unittest.TestCase):
    database_class = MySQL


if __name__ == "__main__":
    unittest.main()
