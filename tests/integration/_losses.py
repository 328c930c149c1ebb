"""What tests of losses share: a database and another of its kind, a relay on the way, the program behind it."""
import io
import sys
import threading
import time
import unittest

import redis

from tests.support.relay import Relay
from tests.support.servers import Sabil

LOOKUP = """
[[lookup]]
name = "value"
key = "value:{id}"
query = "SELECT v FROM counters WHERE id = {id}"
as = "string"
[log]
level = "debug"
"""
TABLES = """CREATE DATABASE news; CREATE TABLE news.counters (id INT PRIMARY KEY, v BIGINT NOT NULL);
INSERT INTO news.counters VALUES (1, {v}), (2, {v}); CREATE USER 'site'@'%' IDENTIFIED BY 'site';
GRANT ALL ON news.* TO 'site'@'%';"""
RECOVERY_LIMIT_S = 8


class Behind:
    """What Sabil() asks of a database: where it is."""

    def __init__(self, relay):
        self.port = relay.port


class LossCase:
    database_class = None
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.database = cls.database_class().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.other = cls.database_class().__enter__()
        cls.addClassCleanup(cls.other.close)
        cls.database.sql(TABLES.format(v=0))
        cls.other.sql(TABLES.format(v=1_000_000))

    def setUp(self):
        self.relay = Relay(self.database.port)
        self.addCleanup(self.relay.close)
        self.sabil = Sabil(mysql=Behind(self.relay), config=LOOKUP, arguments=("--mysql.tls", "disabled"),
                           env=self.environment).__enter__()
        self.addCleanup(self.sabil.close)
        self.resp = redis.Redis(port=self.sabil.port, decode_responses=True, socket_timeout=10)
        self.addCleanup(self.resp.close)
        self.serves()

    def read(self):
        """None where the database cannot be asked."""
        try:
            return int(self.resp.get("value:1"))
        except redis.ResponseError as error:
            self.assertRegex(str(error), "^(MYSQLDOWN|LOOKUP)")
            return None

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="resp"}', 0)

    def serves(self, database=None, limit_s=RECOVERY_LIMIT_S):
        """Until answers come from memory and are the database's; seconds it took."""
        truth = int((database or self.database).sql("SELECT v FROM news.counters WHERE id = 1"))
        begun = time.monotonic()
        while True:
            before = self.hits()
            value = self.read()
            if value == truth and self.hits() > before:
                return time.monotonic() - begun
            self.assertLess(time.monotonic() - begun, limit_s, f"{value}, not {truth}: {self.sabil.log_tail()}")
            time.sleep(0.02)

    def change(self, database=None):
        (database or self.database).sql("UPDATE news.counters SET v = v + 1 WHERE id = 1")
        return int((database or self.database).sql("SELECT v FROM news.counters WHERE id = 1"))

    def epochs(self):
        return {name.split('"')[1]: count for name, count in self.sabil.metrics().items() if name.startswith("sabil_epochs_total")}

    def never_old(self, truth, seconds):
        """From max_staleness on, no read gives anything older."""
        time.sleep(1.05)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.read()
            self.assertTrue(value is None or value >= truth, f"{value}, not {truth}")
            time.sleep(0.02)

    def tell(self, what, seconds):
        print(f"{self.database.name}: {what}: from memory again after {seconds:.1f} s, epochs {self.epochs()}", flush=True)


def main_side_by_side(module):
    """unittest.main(), but for the classes, which run at the same time: they mostly wait. With arguments: as ever."""
    if len(sys.argv) > 1:
        return unittest.main(module)
    suites = list(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module]))
    results, begun = [], time.monotonic()

    def run(suite):
        text = io.StringIO()
        results.append((unittest.TextTestRunner(text).run(suite), text))
    threads = [threading.Thread(target=run, args=(suite,)) for suite in suites if suite.countTestCases()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result, text in results:
        if not result.wasSuccessful():
            print(text.getvalue(), file=sys.stderr)
    bad = sum(len(result.failures) + len(result.errors) for result, _ in results) + len(threads) - len(results)
    skipped = sum(len(result.skipped) for result, _ in results)
    print(f"Ran {sum(result.testsRun for result, _ in results)} tests in {time.monotonic() - begun:.3f}s\n\n"
          f"{f'FAILED (failures={bad})' if bad else 'OK'}{f' (skipped={skipped})' if skipped else ''}", file=sys.stderr)
    sys.exit(1 if bad else 0)
