"""A change is in the binlog before anybody can read it. Here that moment lasts for seconds: semi-synchronous replication that
waits for an acknowledgement which nobody gives. Answers stay what the server shows, and nothing that was read meanwhile
is served once the change can be read. Run: python3 -m tests.integration.coherence_visibility"""
import os
import subprocess
import threading
import time
import unittest

import pymysql
import redis

from tests.integration._losses import main_side_by_side
from tests.support.servers import ROOT, MariaDB, MySQL, Sabil

LOOKUP = """
[[lookup]]
name = "value"
key = "value:{id}"
query = "SELECT v FROM counters WHERE id = {id}"
as = "string"
"""
TABLES = """CREATE DATABASE news; CREATE TABLE news.counters (id INT PRIMARY KEY, v BIGINT NOT NULL);
INSERT INTO news.counters VALUES (1, 0), (2, 0); CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%';"""
HELD_S = 4
LIMIT_S = 20


class Held:
    make = None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(TABLES)
        for text in cls.semi_sync:
            cls.database.sql(text)
        cls.sabil = Sabil(mysql=cls.database, config=LOOKUP).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def connect(self, port=None):
        connection = pymysql.connect(host="127.0.0.1", port=port or self.sabil.mysql_port, user="site", password="site",
                                     database="news", autocommit=True)
        self.addCleanup(connection.close)
        return connection

    @staticmethod
    def value(connection, text):
        with connection.cursor() as cursor:
            cursor.execute(text)
            row = cursor.fetchone()
            return row and int(row[0])

    @staticmethod
    def applied(resp):
        said = resp.execute_command("SABIL", "STATUS")
        return int(said[said.index("applied") + 1] if isinstance(said, list) else said["applied"])

    def test_what_waits_for_an_acknowledgement_is_neither_shown_nor_forgotten(self):
        reader, direct, writer = self.connect(), self.connect(self.database.port), self.connect()
        resp = redis.Redis(port=self.sabil.port, decode_responses=True)
        self.addCleanup(resp.close)
        reads = {"the row": lambda: self.value(reader, "SELECT v FROM counters WHERE id = 1"),
                 "the sum": lambda: self.value(reader, "SELECT SUM(v) FROM counters"),
                 "the lookup": lambda: int(resp.get("value:1"))}
        for round_number in range(1, 3):
            for text in self.again:
                self.database.sql(text)
            before = self.value(direct, "SELECT v FROM counters WHERE id = 1")
            done, saw_it = [], []

            def write():
                self.value(writer, "UPDATE counters SET v = v + 1 WHERE id = 1")
                done.append(time.monotonic())
                saw_it.append(self.value(writer, "SELECT v FROM counters WHERE id = 1"))
            for read in reads.values():
                for _ in range(5):
                    self.assertEqual(read(), before)
            begun, known = time.monotonic(), self.applied(resp)
            thread = threading.Thread(target=write)
            thread.start()
            held, ahead = 0, 0
            while not done:
                seen = {name: read() for name, read in reads.items()}
                truth = self.value(direct, "SELECT v FROM counters WHERE id = 1")
                if truth == before:
                    held += 1
                    ahead += self.applied(resp) > known
                    self.assertEqual(set(seen.values()), {before}, "shown before the server shows it")
                time.sleep(0.005)
            thread.join()
            self.assertGreater(done[0] - begun, HELD_S / 2, "the server did not wait")
            self.assertGreater(ahead, 20, "the change was not in the binlog before it could be read")
            self.assertEqual(saw_it, [before + 1], "its own write")
            time.sleep(max(0.0, done[0] + 1.05 - time.monotonic()))
            for _ in range(5):
                for name, read in reads.items():
                    self.assertEqual(read(), before + 1, f"{name}, in round {round_number}")
            print(f"{self.database.name}: held for {done[0] - begun:.1f} s, {ahead} of {held} rounds of reads while the change was applied here and not visible there", flush=True)


class OnMariaDB(Held, unittest.TestCase):
    make = MariaDB
    semi_sync = ("SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC", "SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON",
                 f"SET GLOBAL rpl_semi_sync_master_timeout = {HELD_S * 1000}")
    again = ("SET GLOBAL rpl_semi_sync_master_enabled = OFF", "SET GLOBAL rpl_semi_sync_master_enabled = ON")


class OnMySQL(Held, unittest.TestCase):
    make = MySQL
    semi_sync = ("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'",
                 "SET GLOBAL rpl_semi_sync_source_wait_point = AFTER_SYNC", "SET GLOBAL rpl_semi_sync_source_wait_no_replica = ON",
                 f"SET GLOBAL rpl_semi_sync_source_timeout = {HELD_S * 1000}")
    again = ("SET GLOBAL rpl_semi_sync_source_enabled = OFF", "SET GLOBAL rpl_semi_sync_source_enabled = ON")


class CommitsInAnyOrder(unittest.TestCase):
    """binlog_order_commits = OFF: a later transaction may be visible before an earlier one."""

    def test_a_short_proof(self):
        build = os.path.dirname(os.environ.get("SABIL_PROGRAM", os.path.join(ROOT, "build", "sabil")))
        with MySQL(options=["--binlog-order-commits=OFF"]) as database:
            database.sql("GRANT ALL ON sabil_coherence.* TO 'sabil'@'%'")
            done = subprocess.run([os.path.join(build, "coherence_workload"), "--port", str(database.port), "--user", "sabil",
                                   "--password", "secret", "--hits", "500000", "--changes", "4000", "--seconds", "60", "--writers", "4"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main_side_by_side(__name__)
