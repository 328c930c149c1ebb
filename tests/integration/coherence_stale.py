"""stale_if_error on a [[rule]]: a result that has ended stands in where the server could not answer, as long as the rule
allows; never for errors that are the server's judgement, nor for what was purged. Run:
python3 -m tests.integration.coherence_stale"""
import signal
import time
import unittest

import pymysql

from tests.integration._losses import main_side_by_side
from tests.support.servers import MariaDB, MySQL, Sabil

CONFIG = """
[[rule]]
match = { table = "articles" }
stale_if_error = "10m"
[[rule]]
match = { table = "brief" }
ttl = "300ms"
stale_if_error = "2s"
"""
TABLES = """CREATE DATABASE news; USE news;
CREATE TABLE articles (id INT PRIMARY KEY, title VARCHAR(50)); INSERT INTO articles VALUES (1, 'old'), (2, 'old');
CREATE TABLE brief LIKE articles; INSERT INTO brief VALUES (1, 'old');
CREATE TABLE strict_one LIKE articles; INSERT INTO strict_one VALUES (1, 'old');
CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%';"""


class Stale:
    server = None

    def setUp(self):
        self.database = self.server().__enter__()
        self.addCleanup(self.database.close)
        self.database.sql(TABLES)
        self.sabil = Sabil(mysql=self.database, config=CONFIG).__enter__()
        self.addCleanup(self.sabil.close)
        self.connection = self.connect(self.sabil.mysql_port)
        # A statement that has to wait fails soon.
        limit = "max_statement_time = 0.2" if self.database.dialect == "mariadb" else "max_execution_time = 200"
        self.connection.cursor().execute(f"SET SESSION {limit}")

    def connect(self, port):
        connection = pymysql.connect(host="127.0.0.1", port=port, user="site", password="site", database="news", autocommit=True)
        self.addCleanup(connection._force_close)
        return connection

    def read(self, table="articles", row=1):
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT title FROM {table} WHERE id = {row}")
            return cursor.fetchone()[0]

    def metric(self, name, labels='face="mysql"'):
        return self.sabil.metrics().get(f"{name}{{{labels}}}", 0)

    def stale(self):
        return self.metric("sabil_stale_total", 'face="mysql",reason="error"')

    def until(self, condition, limit_s=10):
        deadline = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def cache(self, table="articles"):
        def is_hit():
            before = self.metric("sabil_hits_total")
            self.read(table)
            return self.metric("sabil_hits_total") > before
        self.until(is_hit)

    def lock(self, *tables):
        """Until it is released, reads of these tables wait at the server."""
        locker = self.connect(self.database.port)
        locker.cursor().execute("LOCK TABLES " + ", ".join(f"{table} WRITE" for table in tables))
        return locker

    def test_what_has_ended_stands_in_for_a_timeout(self):
        for table in ("articles", "strict_one"):
            self.cache(table)
        locker = self.lock("articles", "strict_one")
        for table in ("articles", "strict_one"):
            locker.cursor().execute(f"UPDATE {table} SET title = 'new'")
        # The change is applied, and the entry not served any more, before the server is asked: the answer is the stand-in.
        self.until(lambda: self.read() == "old" and self.stale() > 0)
        with self.assertRaises(pymysql.err.OperationalError):  # no rule allows it
            self.until(lambda: self.read("strict_one") is None)
        with self.assertRaises(pymysql.err.OperationalError):  # nothing to stand in
            self.read(row=2)
        locker.cursor().execute("UNLOCK TABLES")
        self.until(lambda: self.read() == "new")
        stale = self.stale()
        self.assertEqual(self.read(), "new")
        self.assertEqual(self.stale(), stale)

    def test_what_its_ttl_has_ended_stands_in_within_the_window(self):
        self.cache("brief")
        locker = self.lock("brief")
        time.sleep(0.4)  # past the ttl, which nothing tells
        self.assertEqual(self.read("brief"), "old")
        self.assertEqual(self.stale(), 1)

        def refused():
            try:
                return self.read("brief") != "old"
            except pymysql.err.OperationalError:
                return True
        self.until(refused)
        locker.close()

    def test_neither_judgements_nor_what_was_purged(self):
        self.cache()
        locker = self.lock("articles")
        import redis
        resp = redis.Redis(port=self.sabil.port)
        self.addCleanup(resp.close)
        resp.execute_command("SABIL", "PURGE", "ALL")
        with self.assertRaises(pymysql.err.OperationalError):
            self.until(lambda: self.read() is None)
        locker.cursor().execute("UNLOCK TABLES")
        self.cache()
        self.database.sql("REVOKE ALL ON news.* FROM 'site'@'%'; DROP TABLE news.articles")
        with self.assertRaises(pymysql.err.MySQLError):
            self.until(lambda: self.read() is None)
        self.assertEqual(self.stale(), 0)

    def test_a_server_that_dies_is_stood_in_for(self):
        self.cache()
        self.connection.cursor().execute(
            "SET SESSION max_statement_time = 0" if self.database.dialect == "mariadb" else "SET SESSION max_execution_time = 0")
        self.cache()
        locker = self.lock("articles")
        locker.cursor().execute("UPDATE articles SET title = 'new'")
        import threading
        answers = []

        def read():
            while len(answers) < 1:
                before = self.stale()
                value = self.read()
                if self.stale() > before:
                    answers.append(value)
        reader = threading.Thread(target=read)
        reader.start()
        self.until(lambda: self.database.sql(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT title FROM articles%'").strip() == "1")
        self.database.stop(signal.SIGKILL)
        reader.join(10)
        self.assertEqual(answers, ["old"])
        with self.assertRaises(pymysql.err.MySQLError):
            self.read()


class OnMariaDB(Stale, unittest.TestCase):
    server = MariaDB


class OnMySQL(Stale, unittest.TestCase):
    server = MySQL


if __name__ == "__main__":
    main_side_by_side(__name__)
