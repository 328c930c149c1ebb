"""Lookups over RESP on real servers: encodings, misses and hits, changes seen at once, single flight, MySQL down.
Run: python3 -m tests.integration.lookup_live"""
import base64
import json
import signal
import threading
import time
import unittest

import redis

from tests.support.servers import MariaDB, MySQL, Sabil

TABLES = """
CREATE DATABASE news;
USE news;
CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT UNSIGNED, price DECIMAL(20,4), ratio DOUBLE, small FLOAT, name VARCHAR(50),
  raw VARBINARY(10), doc JSON, day DATE, at DATETIME(3), took TIME, nothing INT NULL, flag BIT(3), year_of YEAR)
  CHARACTER SET utf8mb4;
INSERT INTO kinds VALUES (1, 18446744073709551615, 12.3400, 0.1, 0.1, 'caf\u00e9 "x" \u20ac', x'ff0041', '{"a": [1, 2]}',
  '2024-01-31', '2024-01-31 12:00:00.250', '-01:02:03', NULL, b'101', 2024);
CREATE TABLE articles (id INT PRIMARY KEY, title VARCHAR(50), views INT, slug VARCHAR(50), KEY (slug));
INSERT INTO articles VALUES (1, 'one', 10, 'first'), (2, 'two', 30, 'second'), (3, 'three', 20, '42'), (4, NULL, 5, 'x y');
"""

LOOKUPS = """
[[lookup]]
name = "kinds"
key = "kinds:{id}"
query = "SELECT * FROM kinds WHERE id = {id}"
as = "row"
[[lookup]]
name = "kinds_hash"
key = "kinds_hash:{id}"
query = "SELECT * FROM kinds WHERE id = {id}"
as = "hash"
[[lookup]]
name = "all"
key = "articles:all"
query = "SELECT id, title FROM articles ORDER BY id"
as = "json"
[[lookup]]
name = "title"
key = "title:{id}"
query = "SELECT title FROM articles WHERE id = {id}"
as = "string"
[[lookup]]
name = "slug"
key = "slug:{slug}"
query = "SELECT id FROM articles WHERE slug = {slug}"
as = "string"
[[lookup]]
name = "titles"
key = "titles"
query = "SELECT title FROM articles ORDER BY id"
as = "list"
[[lookup]]
name = "ids"
key = "ids"
query = "SELECT id FROM articles"
as = "set"
[[lookup]]
name = "top"
key = "top:{n}"
query = "SELECT id, views FROM articles ORDER BY views DESC LIMIT {n}"
as = "zset"
[[lookup]]
name = "kept"
key = "kept:{id}"
query = "SELECT title FROM articles WHERE id = {id}"
as = "string"
stale_if_error = "10m"
"""


def wait_for(condition, limit_s=5):
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Lookups:
    """Runs on each server."""

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

    def test_row_writes_each_type_in_its_form(self):
        text = self.resp.get("kinds:1")
        self.assertIn('"price":12.3400', text)
        self.assertIn('"big":18446744073709551615', text)
        row = json.loads(text)
        self.assertEqual(row["ratio"], 0.1)
        self.assertEqual(row["small"], 0.1)
        self.assertEqual(row["name"], 'caf\u00e9 "x" \u20ac')
        self.assertEqual(base64.b64decode(row["raw"]), b"\xff\x00A")
        self.assertEqual(row["doc"], {"a": [1, 2]})
        self.assertEqual(row["day"], "2024-01-31")
        self.assertEqual(row["at"][:23], "2024-01-31 12:00:00.250")
        self.assertEqual(row["took"][:9], "-01:02:03")
        self.assertIsNone(row["nothing"])
        self.assertEqual((row["flag"], row["year_of"]), (5, 2024))

    def test_hash_leaves_null_out(self):
        fields = redis.Redis(port=self.sabil.port).hgetall("kinds_hash:1")
        self.assertNotIn(b"nothing", fields)
        self.assertEqual(fields[b"price"], b"12.3400")
        self.assertEqual(fields[b"raw"], b"\xff\x00A")
        self.assertEqual(self.resp.hget("kinds_hash:1", "id"), "1")
        self.assertEqual(self.resp.type("kinds_hash:1"), "hash")

    def test_every_shape(self):
        self.assertEqual(json.loads(self.resp.get("articles:all"))[3], {"id": 4, "title": None})
        self.assertEqual(self.resp.get("title:1"), "one")
        self.assertIsNone(self.resp.get("title:4"))
        self.assertEqual(self.resp.lrange("titles", 0, -1), ["one", "two", "three"])
        self.assertEqual(self.resp.smembers("ids"), {"1", "2", "3", "4"})
        self.assertEqual(self.resp.zrange("top:2", 0, -1, withscores=True), [("3", 20.0), ("2", 30.0)])
        self.assertEqual(self.resp.mget("title:1", "title:2", "title:99"), ["one", "two", None])
        self.assertEqual(self.resp.exists("title:1", "title:99"), 1)

    def test_names_are_bound_in_their_columns_type(self):
        self.assertEqual(self.resp.get("slug:42"), "3")
        self.assertIsNone(self.resp.get("slug:42x"))
        self.assertEqual(self.resp.get("slug:x y"), "4")
        self.assertIsNone(self.resp.get("slug:' OR '1'='1"))
        with self.assertRaisesRegex(redis.ResponseError, "row count"):
            self.resp.zrange("top:many", 0, -1)

    def test_writes_are_refused_and_deletes_drop(self):
        with self.assertRaisesRegex(redis.ResponseError, "key is filled from MySQL by lookup 'title'; change the row instead"):
            self.resp.set("title:1", "x")
        # Kept once it can be shown current, which takes a moment after the server was away.
        self.assertTrue(wait_for(lambda: self.resp.get("title:1") == "one" and self.resp.delete("title:1") == 1))
        self.assertEqual(self.resp.get("title:1"), "one")

    def test_the_second_read_is_a_hit(self):
        self.resp.get("title:3")
        misses = self.metric('sabil_lookup_misses_total{lookup="title"}')
        hits = self.metric('sabil_lookup_hits_total{lookup="title"}')
        for _ in range(10):
            self.resp.get("title:3")
        self.assertEqual(self.metric('sabil_lookup_misses_total{lookup="title"}'), misses)
        self.assertEqual(self.metric('sabil_lookup_hits_total{lookup="title"}'), hits + 10)

    def test_a_missing_row_is_remembered_until_it_comes(self):
        self.assertIsNone(self.resp.get("title:50"))
        misses = self.metric('sabil_lookup_misses_total{lookup="title"}')
        for _ in range(5):
            self.assertIsNone(self.resp.get("title:50"))
        self.assertEqual(self.metric('sabil_lookup_misses_total{lookup="title"}'), misses)
        self.database.sql("INSERT INTO news.articles VALUES (50, 'fifty', 0, 'fifty')")
        self.assertTrue(wait_for(lambda: self.resp.get("title:50") == "fifty"))
        self.database.sql("DELETE FROM news.articles WHERE id = 50")
        self.assertTrue(wait_for(lambda: self.resp.get("title:50") is None))

    def test_changes_are_seen(self):
        for i in range(20):
            self.database.sql(f"UPDATE news.articles SET title = 'two {i}' WHERE id = 2")
            self.assertTrue(wait_for(lambda: self.resp.get("title:2") == f"two {i}", 1.5), i)
        self.database.sql("UPDATE news.articles SET title = 'two' WHERE id = 2")
        self.assertTrue(wait_for(lambda: self.resp.get("title:2") == "two", 1.5))

    def test_another_rows_change_keeps_the_entry(self):
        self.resp.get("title:1")
        misses = self.metric('sabil_lookup_misses_total{lookup="title"}')
        self.database.sql("UPDATE news.articles SET views = views + 1 WHERE id = 4")
        time.sleep(0.3)
        self.assertEqual(self.resp.get("title:1"), "one")
        self.assertEqual(self.metric('sabil_lookup_misses_total{lookup="title"}'), misses)

    def test_a_hundred_clients_cause_one_query(self):
        self.resp.delete("title:1")
        fills = self.metric('sabil_lookup_fills_total{lookup="title"}')
        gate = threading.Barrier(100)
        answers = []

        def one():
            with redis.Redis(port=self.sabil.port, decode_responses=True) as client:
                client.ping()
                gate.wait()
                answers.append(client.get("title:1"))

        # The table is locked while they come, so that all of them wait.
        lock = self.hold_table()
        threads = [threading.Thread(target=one) for _ in range(100)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        lock()
        for thread in threads:
            thread.join(20)
        self.assertEqual(answers, ["one"] * 100)
        self.assertEqual(self.metric('sabil_lookup_fills_total{lookup="title"}'), fills + 1)

    def hold_table(self):
        import subprocess
        holder = subprocess.Popen(self.database.client("--unbuffered"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("LOCK TABLES news.articles WRITE; SELECT 'held';\n")
        holder.stdin.flush()
        while "held" not in (line := holder.stdout.readline()) or line.strip() != "held":
            pass

        def release():
            holder.stdin.write("UNLOCK TABLES;\n")
            holder.stdin.close()
            holder.wait(10)
            holder.stdout.close()
        return release

    def test_sabil_commands(self):
        status = self.resp.execute_command("SABIL", "STATUS")
        self.assertIn("coherent", status)
        self.resp.get("title:1")
        names = [record[1] for record in self.resp.execute_command("SABIL", "LOOKUPS")]
        self.assertIn("title", names)
        explained = self.resp.execute_command("SABIL", "EXPLAIN", "SELECT title FROM articles WHERE id = 1")
        self.assertEqual(explained[:2], ["cacheable", "yes"])
        self.assertGreaterEqual(self.resp.execute_command("SABIL", "PURGE", "LOOKUP", "title"), 1)
        self.resp.get("title:1")
        self.assertGreaterEqual(self.resp.execute_command("SABIL", "PURGE", "TABLE", "news.articles"), 1)
        self.resp.get("title:1")
        self.assertGreaterEqual(self.resp.execute_command("SABIL", "PURGE", "ALL"), 1)
        with self.assertRaisesRegex(redis.ResponseError, "no lookup is named 'nobody'"):
            self.resp.execute_command("SABIL", "PURGE", "LOOKUP", "nobody")

    def test_with_mysql_down_nothing_hangs(self):
        self.resp.get("kept:1")
        self.resp.get("title:2")
        self.database.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            self.assertTrue(wait_for(lambda: self.resp.get("kept:1") == "one", 15))
            time.sleep(2)  # past max_staleness nothing can be shown to be current
            self.assertEqual(self.resp.get("kept:1"), "one")
            with self.assertRaisesRegex(redis.ResponseError, "^MYSQLDOWN|MYSQLDOWN"):
                self.resp.get("title:2")
            self.assertLess(time.monotonic() - started, 30)
            self.assertTrue(self.resp.set("mine", "1"))
            self.assertEqual(self.resp.get("mine"), "1")
        finally:
            self.database.process.send_signal(signal.SIGCONT)
        self.assertTrue(wait_for(lambda: self.answers("title:2") == "two", 20))

    def answers(self, key):
        try:
            return self.resp.get(key)
        except redis.ResponseError as error:
            return str(error)


class OnMariaDB(Lookups, unittest.TestCase):
    server = MariaDB


class OnMySQL(Lookups, unittest.TestCase):
    server = MySQL


if __name__ == "__main__":
    unittest.main()
