"""Entries that end by their ttl are read again shortly before, by one reader, while all others go on from memory; and the
fills under way are capped. Run: python3 -m tests.integration.coherence_early"""
import threading
import time
import unittest

import pymysql
import redis

from tests.support.servers import MariaDB, Sabil

SLOW = "SELECT SUM(a.v * b.v) AS total FROM numbers a JOIN numbers b ON a.v <> b.v + 7"
CONFIG = f"""
[[rule]]
match = {{ table = "numbers" }}
ttl = "400ms"
[[lookup]]
name = "total"
key = "total"
query = "{SLOW}"
as = "string"
ttl = "400ms"
"""
READERS = 4


class Early(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDB().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE news; USE news; CREATE TABLE news.numbers (v INT NOT NULL);"
                         " INSERT INTO news.numbers SELECT seq FROM seq_1_to_700;"
                         " CREATE TABLE news.many (id INT PRIMARY KEY, v INT NOT NULL);"
                         " INSERT INTO news.many SELECT seq, seq FROM seq_1_to_2000;"
                         " CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%'")

    def setUp(self):
        self.sabil = Sabil(mysql=self.database, config=CONFIG).__enter__()
        self.addCleanup(self.sabil.close)

    def metric(self, name, face):
        return self.sabil.metrics().get(f'{name}{{face="{face}"}}', 0)

    def fills(self, face):
        return self.sabil.metrics().get(f'sabil_fills_total{{face="{face}",outcome="stored"}}', 0)

    def read_for(self, connect, seconds=4.0):
        """Each reader's waits over some 10 lives of the entry."""
        waits, failures = [], []

        def work():
            try:
                read, close = connect()
                read()
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    begun = time.monotonic()
                    read()
                    waits.append(time.monotonic() - begun)
                    time.sleep(0.001)
                close()
            except Exception as error:  # pylint: disable=broad-except
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        return waits

    def sql_reader(self):
        connection = pymysql.connect(host="127.0.0.1", port=self.sabil.mysql_port, user="site", password="site",
                                     database="news", autocommit=True)
        cursor = connection.cursor()

        def read():
            cursor.execute(SLOW)
            cursor.fetchall()
        return read, connection.close

    def resp_reader(self):
        client = redis.Redis(port=self.sabil.port)
        return lambda: client.get("total"), client.close

    def cost(self, face):
        metrics = self.sabil.metrics()
        return metrics[f'sabil_backend_request_seconds_sum{{face="{face}"}}'] / \
            metrics[f'sabil_backend_request_seconds_count{{face="{face}"}}']

    def test_one_reader_of_the_mysql_port_goes_ahead(self):
        waits = self.read_for(self.sql_reader)
        fills, cost = self.fills("mysql"), self.cost("mysql")
        self.assertGreater(fills, 4)
        slow = sum(wait > cost / 2 for wait in waits)
        print(f"mysql: {fills:.0f} fills of {1e3 * cost:.0f} ms, {slow} of {len(waits)} reads waited")
        # Where all find the entry gone at once, each of them waits each time.
        self.assertLess(slow, 2 * fills)

    def test_no_reader_of_a_lookup_waits(self):
        read, close = self.resp_reader()
        deadline = time.monotonic() + 10
        while not self.fills("resp") and time.monotonic() < deadline:  # until the columns are known
            read()
        close()
        misses = self.metric("sabil_misses_total", "resp")
        waits = self.read_for(self.resp_reader)
        fills, cost = self.fills("resp"), self.cost("resp")
        self.assertGreater(fills, 4)
        slow = sum(wait > cost / 2 for wait in waits)
        print(f"resp: {fills:.0f} fills of {1e3 * cost:.0f} ms, {slow} of {len(waits)} reads waited")
        self.assertLess(slow, fills)
        self.assertLess(self.metric("sabil_misses_total", "resp") - misses, fills / 2)

    def test_the_fills_of_one_table_are_capped(self):
        """While a lock holds up its fills, as many as may be wait at the server; the others wait here, then pass by."""
        cap, readers = 64, 90
        locker = pymysql.connect(host="127.0.0.1", port=self.database.port, user="site", password="site", database="news",
                                 autocommit=True)
        connections = [pymysql.connect(host="127.0.0.1", port=self.sabil.mysql_port, user="site", password="site",
                                       database="news", autocommit=True) for _ in range(readers)]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # until its columns are known
            with connections[0].cursor() as cursor:
                cursor.execute("SELECT v FROM many WHERE id = 1")
            if self.fills("mysql"):
                break
        for connection in connections:
            with connection.cursor() as cursor:
                cursor.execute("SELECT v FROM many WHERE id = 1")
        locker.cursor().execute("LOCK TABLES many WRITE")
        results = []

        def read(number):
            with connections[number].cursor() as cursor:
                cursor.execute(f"SELECT v FROM many WHERE id = {number + 2}")
                results.append(cursor.fetchone()[0] == number + 2)

        threads = [threading.Thread(target=read, args=(i,)) for i in range(readers)]
        for thread in threads:
            thread.start()

        def waiting():
            return int(self.database.sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT v FROM many%'"))
        reason = 'sabil_bypass_total{face="mysql",reason="too_many_fills"}'
        deadline = time.monotonic() + 10
        seen = []
        while self.sabil.metrics().get(reason, 0) < readers - cap and time.monotonic() < deadline:
            seen.append(waiting())
        self.assertEqual(self.sabil.metrics().get(reason, 0), readers - cap)
        self.assertIn(cap, seen)
        locker.cursor().execute("UNLOCK TABLES")
        for thread in threads:
            thread.join()
        self.assertEqual(results, [True] * readers)
        for connection in [*connections, locker]:
            connection.close()


if __name__ == "__main__":
    unittest.main()
