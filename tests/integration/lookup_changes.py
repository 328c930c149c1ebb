"""What follows a change in the database for lookups: pushes to clients that track keys, refills of hot entries, values
that may not be stored inside EXEC and EVAL; and that the first statement of a fresh start is cached already.
Run: python3 -m tests.integration.lookup_changes"""
import select
import threading
import time
import unittest

import pymysql
import redis

from tests.blackbox.resp_client import Connection, Push
from tests.support.servers import MariaDB, MySQL, Sabil

LOOKUPS = """
[[lookup]]
name = "title"
key = "title:{id}"
query = "SELECT title FROM articles WHERE id = {id}"
as = "string"
[[lookup]]
name = "latest"
key = "latest"
query = "SELECT title FROM articles ORDER BY id DESC LIMIT 3"
as = "list"
refresh = true
[[lookup]]
name = "cold"
key = "cold"
query = "SELECT COUNT(*) FROM articles"
as = "string"
refresh = true
[[lookup]]
name = "never"
key = "never:{id}"
query = "SELECT CONCAT(title, LEFT(UUID(), 0)) FROM articles WHERE id = {id}"
as = "string"
[[lookup]]
name = "old"
key = "old:{id}"
query = "SELECT title FROM articles WHERE id = {id}"
as = "string"
ttl = "200ms"
stale_while_revalidate = "10m"
"""
TABLES = """CREATE DATABASE news; USE news;
CREATE TABLE articles (id INT PRIMARY KEY, title VARCHAR(50)) CHARACTER SET utf8mb4;
INSERT INTO articles VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');
CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%';"""


def wait_for(condition, limit_s=5):
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Tracker(Connection):
    """A connection that keeps what is pushed apart from replies. It reads without a buffer, to see what is there."""

    def __init__(self, port, *options):
        super().__init__("127.0.0.1", port)
        self.reader = self.socket.makefile("rb", 0)
        self.pushes = []
        self.command("HELLO", "3")
        self.command("CLIENT", "TRACKING", "ON", *options)

    def exactly(self, length):
        data = b""
        while len(data) < length + 2:
            data += self.reader.read(length + 2 - len(data))
        return data[:-2]

    def command(self, *args):
        self.send([args])
        reply = self.read()
        while isinstance(reply, Push):
            self.pushes.append(reply)
            reply = self.read()
        return reply

    def push(self, limit_s):
        if not self.pushes and select.select([self.socket], [], [], limit_s)[0]:
            self.pushes.append(self.read())
        return self.pushes.pop(0) if self.pushes else None


class Changes:
    server = None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.server().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(TABLES)
        cls.sabil = Sabil(mysql=cls.database, config=LOOKUPS).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        self.resp = redis.Redis(port=self.sabil.port, decode_responses=True)
        self.addCleanup(self.resp.close)

    def metric(self, name):
        return self.sabil.metrics().get(name, 0)

    def change(self, text):
        self.database.sql(f"USE news; {text}")

    def tracker(self, *options):
        client = Tracker(self.sabil.port, *options)
        self.addCleanup(client.close)
        return client

    def expect_push(self, client, key):
        push = client.push(5)
        self.assertEqual(push, [b"invalidate", [key.encode()]])

    def test_first_statement_of_a_fresh_start_is_stored(self):
        with Sabil(mysql=self.database, config=LOOKUPS) as fresh:
            connection = pymysql.connect(host="127.0.0.1", port=fresh.mysql_port, user="site", password="site",
                                         database="news", autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT title FROM articles WHERE id = 2")
            connection.close()
            metrics = fresh.metrics()
            loading = [name for name in metrics if "schema_loading" in name and metrics[name] > 0]
            self.assertEqual(loading, [])
            self.assertEqual(metrics.get('sabil_misses_total{face="mysql"}'), 1)

    def test_tables_are_read_again_after_a_change_of_definition(self):
        self.change("ALTER TABLE articles ADD COLUMN extra INT DEFAULT 7")
        connection = pymysql.connect(host="127.0.0.1", port=self.sabil.mysql_port, user="site", password="site",
                                     database="news", autocommit=True)
        hits = self.metric('sabil_hits_total{face="mysql"}')

        def hit():
            with connection.cursor() as cursor:
                cursor.execute("SELECT extra FROM articles WHERE id = 2")
            return self.metric('sabil_hits_total{face="mysql"}') > hits
        self.assertTrue(wait_for(hit))
        connection.close()
        self.change("ALTER TABLE articles DROP COLUMN extra")
        self.assertGreater(self.metric('sabil_invalidations_total{source="ddl"}'), 0)

    def test_a_tracked_key_is_pushed_when_its_row_changes(self):
        for options in ((), ("BCAST", "PREFIX", "title:")):
            client = self.tracker(*options)
            self.resp.get("title:1")  # filled before the client reads it
            client.command("GET", "title:1")
            self.change("UPDATE articles SET title = 'other' WHERE id = 2")
            self.change(f"UPDATE articles SET title = 'x{time.monotonic()}' WHERE id = 1")
            self.expect_push(client, "title:1")
            client.close()

    def test_an_absent_row_is_pushed_when_it_appears(self):
        client = self.tracker()
        self.assertIsNone(client.command("GET", "title:77"))
        self.change("INSERT INTO articles VALUES (77, 'new')")
        self.expect_push(client, "title:77")
        self.change("DELETE FROM articles WHERE id = 77")

    def test_a_value_that_is_not_kept_is_pushed_at_once(self):
        client = self.tracker()
        client.command("GET", "never:1")
        self.expect_push(client, "never:1")

    def test_each_read_is_told_once_of_many_changes(self):
        client = self.tracker()
        client.command("GET", "title:3")
        for i in range(20):
            self.change(f"UPDATE articles SET title = 't{i}' WHERE id = 3")
        self.expect_push(client, "title:3")
        self.assertIsNone(client.push(0.3))

    def test_a_hot_entry_is_refilled_by_itself(self):
        self.resp.lrange("latest", 0, -1)
        self.resp.lrange("latest", 0, -1)
        misses = self.metric('sabil_lookup_misses_total{lookup="latest"}')
        fills = self.fills("latest")
        for i in range(6):
            self.change(f"UPDATE articles SET title = 'round {i}' WHERE id = 4")
            self.assertTrue(wait_for(lambda: self.fills("latest") > fills), f"round {i}")
            fills = self.fills("latest")
            self.assertEqual(self.resp.lrange("latest", 0, -1)[0], f"round {i}")
        self.assertEqual(self.metric('sabil_lookup_misses_total{lookup="latest"}'), misses)

    def fills(self, lookup):
        records = [dict(zip(*[iter(record)] * 2)) for record in self.resp.execute_command("SABIL", "LOOKUPS")]
        return next(record["fills"] for record in records if record["lookup"] == lookup)

    def test_an_entry_that_nobody_reads_is_not_refilled_for_ever(self):
        self.resp.get("cold")  # the miss itself reads the value once
        before, rounds = self.fills("cold"), 0
        while True:  # several changes may share one refill
            rounds += 1
            self.assertLess(rounds, 30)
            self.change(f"UPDATE articles SET title = 'b{rounds}' WHERE id = 1")
            self.assertTrue(wait_for(lambda: self.resp.get("title:1") == f"b{rounds}"))
            if not wait_for(lambda: self.fills("cold") > before, 0.5):
                break
            before = self.fills("cold")

    def test_exec_eval_and_sort_see_what_may_not_be_stored(self):
        self.change("UPDATE articles SET title = 'one' WHERE id = 1")
        self.assertTrue(wait_for(lambda: self.resp.get("title:1") == "one"))
        pipe = self.resp.pipeline(transaction=True)
        pipe.get("never:1").get("title:1").exists("never:1")
        self.assertEqual(pipe.execute(), ["one", "one", 1])
        self.assertEqual(self.resp.eval("return redis.call('GET', KEYS[1])", 1, "never:1"), "one")
        self.assertEqual(len(self.resp.sort("latest", alpha=True)), 3)

    def test_exec_never_reads_a_changing_row_as_missing(self):
        stop = threading.Event()

        def write():
            connection = pymysql.connect(host="127.0.0.1", port=self.database.port, user="site", password="site",
                                         database="news", autocommit=True)
            with connection.cursor() as cursor:
                i = 0
                while not stop.is_set():
                    i += 1
                    cursor.execute(f"UPDATE articles SET title = 'w{i}' WHERE id = 2")
            connection.close()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            missing = 0
            for _ in range(300):
                pipe = self.resp.pipeline(transaction=True)
                pipe.get("title:2").get("title:2")
                first, second = pipe.execute()
                missing += first is None or second is None
                missing += self.resp.eval("return redis.call('GET', KEYS[1])", 1, "title:2") is None
            self.assertEqual(missing, 0)
        finally:
            stop.set()
            writer.join()

    def test_a_stale_value_is_shown_while_it_is_read_again(self):
        self.assertIsNotNone(self.resp.get("old:1"))
        self.change(f"UPDATE articles SET title = 'y{time.monotonic()}' WHERE id = 1")
        truth = self.database.sql("SELECT title FROM news.articles WHERE id = 1").strip()
        self.assertTrue(wait_for(lambda: self.resp.get("old:1") == truth))
        self.assertGreater(self.metric('sabil_lookup_hits_total{lookup="old"}') +
                           self.metric('sabil_lookup_misses_total{lookup="old"}'), 1)


class OnMariaDB(Changes, unittest.TestCase):
    server = MariaDB


class OnMySQL(Changes, unittest.TestCase):
    server = MySQL


if __name__ == "__main__":
    unittest.main()
