"""Entries filled from MySQL over a restart: what did not change meanwhile is answered without a query, what did change is
never answered stale, and where neither can be shown nothing comes back. On MariaDB, and the main course on MySQL as well.
Run: python3 -m tests.integration.persistence_warm"""
import os
import shutil
import signal
import subprocess
import time
import unittest

import pymysql

from tests.integration._persistence import Connection, Durable
from tests.support.servers import MariaDB, MySQL, Redis, Sabil

ROWS = 30
TABLES = f"""CREATE DATABASE news; USE news;
CREATE TABLE items (id INT PRIMARY KEY, v BIGINT NOT NULL, name VARCHAR(40)) CHARACTER SET utf8mb4;
CREATE TABLE others (id INT PRIMARY KEY, v BIGINT NOT NULL);
INSERT INTO items VALUES {", ".join(f"({i}, 1, 'item {i}')" for i in range(1, ROWS + 1))};
INSERT INTO others VALUES (1, 1);
CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%';
SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON;"""
LOOKUPS = """
[[lookup]]
name = "item"
key = "item:{id}"
query = "SELECT v FROM items WHERE id = {id}"
as = "string"
[[lookup]]
name = "whole"
key = "whole:{id}"
query = "SELECT id, v, name FROM items WHERE id = {id}"
as = "hash"
refresh = true
[[lookup]]
name = "names"
key = "names"
query = "SELECT name FROM items ORDER BY id LIMIT 5"
as = "list"
"""
READ = "SELECT id, v, name FROM items WHERE id = {}"
TAGGED = "SELECT /* sabil:tag=site */ v FROM items WHERE id = {}"


class Warm(Durable):
    """A cache in front of `mysql` whose folder outlives its process."""

    def __init__(self, mysql, lookups=LOOKUPS, redis=""):
        Sabil.__init__(self, mysql, config=f'[redis]\nenable-debug-command = "yes"\n{redis}\n{lookups}')

    def session(self):
        return pymysql.connect(host="127.0.0.1", port=self.mysql_port, user="site", password="site", database="news",
                               autocommit=True)

    def sql(self, text):
        with self.session() as connection, connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    def hits(self, face):
        return self.metrics().get(f'sabil_hits_total{{face="{face}"}}', 0)

    def read_all(self, client, numbers=range(1, ROWS + 1)):
        values = {}
        for i in numbers:
            values[f"item:{i}"] = client.call("GET", f"item:{i}")
            whole = client.call("HGETALL", f"whole:{i}")
            values[f"whole:{i}"] = dict(zip(whole[::2], whole[1::2])).get(b"v")
        values["missing"] = client.call("GET", "item:100000")
        values["names"] = client.call("LRANGE", "names", "0", "-1")
        return values

    def fill(self):
        """Until all is answered from memory."""
        client = self.client()
        deadline = time.monotonic() + 20
        while True:
            before = self.hits("resp")
            self.read_all(client)
            if self.hits("resp") - before >= 2 * ROWS + 1:
                break
            assert time.monotonic() < deadline, "the lookups do not become hits"
        with self.session() as connection, connection.cursor() as cursor:
            while True:
                before = self.hits("mysql")
                for i in range(1, ROWS + 1):
                    cursor.execute(READ.format(i))
                    cursor.execute(TAGGED.format(i))
                if self.hits("mysql") - before >= 2 * ROWS:
                    break
                assert time.monotonic() < deadline, "the statements do not become hits"
        client.close()

    def edit(self, before, after):
        path = os.path.join(self.folder, "sabil.toml")
        with open(path) as f:
            text = f.read()
        assert before in text
        with open(path, "w") as f:
            f.write(text.replace(before, after))


class Course:
    """The tests that both servers pass."""

    server = None

    @classmethod
    def setUpClass(cls):
        cls.mysql = cls.server()
        cls.mysql.__enter__()
        cls.addClassCleanup(cls.mysql.__exit__, None, None, None)
        cls.mysql.sql(TABLES)

    def setUp(self):
        self.mysql.sql("UPDATE items SET v = 1 WHERE v <> 1", "news")
        self.sabil = Warm(self.mysql)
        self.sabil.__enter__()
        self.addCleanup(self.sabil.__exit__, None, None, None)

    def queries(self, changed=()):
        """What the server was asked about the items so far, the changed ones left out: these are refreshed."""
        asked = self.mysql.sql("SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type IN "
                               "('Query', 'Execute') AND CONVERT(argument USING utf8mb4) LIKE 'SELECT%FROM items%'")
        rows = tuple(f" id = {i}" for i in changed)
        return [text for text in asked.splitlines() if "general_log" not in text and not text.endswith(rows)]

    def assert_warm(self, changed):
        """All but the changed rows come from memory; no row is stale."""
        info = self.sabil.info()
        self.assertGreater(int(info["sabil_filled_restored"]), 3 * ROWS, info)
        kept = [i for i in range(1, ROWS + 1) if i not in changed]
        client = self.sabil.client()
        before = self.queries(changed)
        for i in kept:
            self.assertEqual(client.call("GET", f"item:{i}"), b"1")
            whole = client.call("HGETALL", f"whole:{i}")
            self.assertEqual(dict(zip(whole[::2], whole[1::2])),
                             {b"id": str(i).encode(), b"v": b"1", b"name": f"item {i}".encode()})
        self.assertIsNone(client.call("GET", "item:100000"))
        for i in kept:
            self.assertEqual(self.sabil.sql(READ.format(i)), ((i, 1, f"item {i}"),))
            self.assertEqual(self.sabil.sql(TAGGED.format(i)), ((1,),))
        self.assertEqual(self.queries(changed)[len(before):], [], "what did not change was asked for again")
        for i in changed:
            self.assertEqual(client.call("GET", f"item:{i}"), b"2")
            whole = client.call("HGETALL", f"whole:{i}")
            self.assertEqual(dict(zip(whole[::2], whole[1::2]))[b"v"], b"2")
            self.assertEqual(self.sabil.sql(READ.format(i)), ((i, 2, f"item {i}"),))
            self.assertEqual(self.sabil.sql(TAGGED.format(i)), ((2,),))
        # And it goes on being so.
        self.mysql.sql(f"UPDATE items SET v = 3 WHERE id = {kept[0]}", "news")
        deadline = time.monotonic() + 5
        while client.call("GET", f"item:{kept[0]}") != b"3":
            self.assertLess(time.monotonic(), deadline, "a later change is not seen")
        client.close()

    def change(self, changed):
        self.mysql.sql(f"UPDATE items SET v = 2 WHERE id IN ({', '.join(map(str, changed))});"
                       "UPDATE others SET v = v + 1;", "news")

    def test_a_stop_with_a_save(self):
        self.sabil.fill()
        client = self.sabil.client()
        client.call("SET", "owned", "stays")
        try:
            client.call("SHUTDOWN", "SAVE")
        except (OSError, EOFError):
            pass
        self.sabil.process.wait(20)
        self.change([3, 5, 8])
        self.sabil.start()
        self.assertEqual(self.sabil.client().call("GET", "owned"), b"stays")
        self.assert_warm([3, 5, 8])

    def test_a_kill_after_a_background_save(self):
        self.sabil.fill()
        self.change([2])
        client = self.sabil.client()
        self.assertTrue(client.call("BGSAVE"))
        deadline = time.monotonic() + 20
        while self.sabil.info()["rdb_saves"] == "0":
            self.assertLess(time.monotonic(), deadline, "the save does not end")
            time.sleep(0.02)
        self.change([4])  # between the save and the kill
        self.sabil.kill()
        self.change([6])
        self.sabil.start()
        self.assert_warm([2, 4, 6])


class OnMariaDB(Course, unittest.TestCase):
    server = MariaDB

    def save_and_stop(self):
        self.sabil.fill()
        client = self.sabil.client()
        self.assertEqual(client.call("SAVE"), "OK")
        client.close()
        self.assertEqual(self.sabil.stop(), 0)

    def assert_cold(self, reason, value=b"1"):
        info = self.sabil.info()
        self.assertEqual(info["sabil_filled_restored"], "0", info)
        self.assertGreater(int(info["sabil_filled_dropped"]), 3 * ROWS, info)
        self.assertIn(reason, info["sabil_filled_drop_reason"])
        self.assertIn("are dropped: ", self.sabil.log_since_start())
        self.assertGreater(self.sabil.metrics()["sabil_persistence_filled_dropped"], 3 * ROWS)
        self.assertEqual(self.sabil.client().call("GET", "item:9"), value)

    def test_b_the_log_is_purged(self):
        self.save_and_stop()
        self.change([9])
        # The server keeps a file that a dump of the process before may still read.
        deadline = time.monotonic() + 20
        while True:
            self.mysql.sql("FLUSH BINARY LOGS; FLUSH BINARY LOGS;")
            newest = self.mysql.sql("SHOW MASTER STATUS").split()[0]
            self.mysql.sql(f"PURGE BINARY LOGS TO '{newest}'")
            if len(self.mysql.sql("SHOW BINARY LOGS").splitlines()) == 1:
                break
            self.assertLess(time.monotonic(), deadline, "the log is not purged")
            time.sleep(0.2)
        self.sabil.start()
        self.assert_cold("", b"2")

    def test_c_another_server_is_behind_it(self):
        self.save_and_stop()
        with MariaDB() as other:
            other.sql(TABLES)
            other.sql("UPDATE items SET v = 7", "news")
            self.sabil.edit(f"port = {self.mysql.port}\n", f"port = {other.port}\n")
            self.sabil.start()
            self.assert_cold("another one", b"7")
            self.sabil.stop()

    def test_d_other_settings(self):
        self.save_and_stop()
        self.sabil.edit('user = "sabil"', 'user = "root"')
        self.sabil.edit('password = "secret"', 'password = ""')
        self.sabil.start()
        self.assert_cold("another database, account")

    def test_e_a_purge_after_the_save(self):
        self.sabil.fill()
        client = self.sabil.client()
        self.assertEqual(client.call("SAVE"), "OK")
        # What the log does not tell is why somebody purges.
        self.mysql.sql("SET sql_log_bin = 0; UPDATE items SET v = 2 WHERE id = 9;", "news")
        self.assertGreater(client.call("SABIL", "PURGE", "ALL"), 0)
        self.sabil.kill()
        self.sabil.start()
        self.assert_cold("purge", b"2")

    def test_f_a_lookup_and_the_rules_changed(self):
        self.save_and_stop()
        self.sabil.edit('query = "SELECT v FROM items WHERE id = {id}"', 'query = "SELECT v + 10 FROM items WHERE id = {id}"')
        with open(os.path.join(self.sabil.folder, "sabil.toml"), "a") as f:
            f.write('[[rule]]\nmatch = { table = "items" }\ncache = false\n')
        self.sabil.start()
        info = self.sabil.info()
        self.assertGreaterEqual(int(info["sabil_filled_restored"]), ROWS, "the lookups that stayed as they were")
        self.assertGreaterEqual(int(info["sabil_filled_dropped"]), 3 * ROWS)
        self.assertEqual(self.sabil.client().call("GET", "item:9"), b"11")
        before = self.queries()
        self.assertEqual(self.sabil.client().call("HGET", "whole:9", "v"), b"1")
        self.assertEqual(self.queries(), before)

    def test_g_the_table_is_another_one(self):
        self.save_and_stop()
        self.mysql.sql("ALTER TABLE items ADD COLUMN later INT FIRST; UPDATE items SET v = 2 WHERE id = 9;", "news")
        self.sabil.start()
        self.assertEqual(self.sabil.client().call("GET", "item:9"), b"2")
        self.assertEqual(self.sabil.sql(READ.format(9)), ((9, 2, "item 9"),))
        self.mysql.sql("ALTER TABLE items DROP COLUMN later", "news")

    def test_h_the_base_of_the_log_has_them_too(self):
        self.sabil.fill()
        client = self.sabil.client()
        client.call("CONFIG", "SET", "appendonly", "yes")
        deadline = time.monotonic() + 20
        while self.sabil.info()["aof_rewrites"] == "0":
            self.assertLess(time.monotonic(), deadline, "the log gets no base")
            time.sleep(0.02)
        client.call("SET", "owned", "stays")
        self.assertEqual(client.call("WAITAOF", "1", "0", "10000"), [1, 0])
        self.sabil.edit("[redis]\n", '[redis]\nappendonly = "yes"\n')
        self.sabil.kill()
        self.change([3])
        self.sabil.start()
        self.assertEqual(self.sabil.client().call("GET", "owned"), b"stays")
        self.assert_warm([3])

    def test_i_redis_and_its_tools_take_the_file(self):
        self.save_and_stop()
        done = subprocess.run(["redis-check-rdb", self.sabil.path("dump.rdb")], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        self.assertIn("RDB looks OK", done.stdout)
        self.assertIn("entries filled from MySQL", done.stdout)
        for kind in ("redis7", "redis8", "valkey9"):
            server = Redis(kind)
            shutil.copy(self.sabil.path("dump.rdb"), server.folder)
            with server:
                client = Connection("127.0.0.1", server.port, timeout=20)
                self.assertEqual(client.call("DBSIZE"), 0, "lookups' keys are not Redis'")
                client.close()


class OnMySQL(Course, unittest.TestCase):
    server = MySQL


if __name__ == "__main__":
    unittest.main()
