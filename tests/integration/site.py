"""The latest-articles site (Node, mysql2, ioredis), unmodified, over both ports: same pages as straight from the database,
served from memory, and a change in the database shows on the next page. Run: python3 -m tests.integration.site"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from tests.support import npm
from tests.support.servers import ROOT, MariaDB, MySQL, Sabil, free_port

SITE = os.path.join(ROOT, "tests", "site")
LOOKUP = """
[[lookup]]
name = "latest"
key = "articles:latest"
query = "SELECT id, title, author, summary, published_at FROM articles WHERE status = 'published' ORDER BY published_at DESC LIMIT 10"
as = "json"
"""


class Site:
    def __init__(self, folder, mysql_port, redis_port=0):
        self.port = free_port()
        self.process = subprocess.Popen(
            ["node", "server.js"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "HOST": "127.0.0.1", "PORT": str(self.port), "MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(mysql_port),
                 "MYSQL_USER": "site", "MYSQL_PASSWORD": "site", "REDIS_PORT": str(redis_port)})
        line = self.process.stdout.readline()
        assert line.startswith("site listening"), line

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def content(self, path):
        """A page without what says how long it took."""
        return re.sub(r"<footer>.*", "", self.get(path), flags=re.S)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)


class WithDatabase:
    @classmethod
    def setUpClass(cls):
        cls.database = cls.kind().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.load(os.path.join(SITE, "news.sql"))
        cls.database.sql("CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT SELECT, INSERT, UPDATE, DELETE ON news.* TO 'site'@'%'")
        cls.sabil = Sabil(mysql=cls.database, config=LOOKUP).__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.site = Site(FOLDER, cls.sabil.mysql_port, cls.sabil.port)
        cls.addClassCleanup(cls.site.close)
        cls.direct = Site(FOLDER, cls.database.port)
        cls.addClassCleanup(cls.direct.close)

    def hits(self):
        metrics = self.sabil.metrics()
        return metrics['sabil_hits_total{face="mysql"}'], metrics['sabil_hits_total{face="resp"}']

    def test_pages_are_those_of_the_database_and_come_from_memory(self):
        paths = ["/", *(f"/article/{n}" for n in range(1, 12))]
        for path in paths:
            self.assertEqual(self.site.content(path), self.direct.content(path), path)
        self.assertIn("MySQL port", self.site.get("/"))
        self.assertIn("RESP port", self.site.get("/redis"))
        deadline = time.monotonic() + 10  # a table's first statements pass through until its definition is known
        missed = 1
        while missed and time.monotonic() < deadline:
            before = self.sabil.metrics()
            for path in [*paths, "/redis"]:
                self.site.get(path)
            after = self.sabil.metrics()
            missed = sum(after[name] - before[name] for name in after
                         if re.match(r"sabil_misses_total|sabil_bypass_total.*reason=\"(?!not_select)", name) and name in before)
        self.assertEqual(missed, 0)
        self.assertGreaterEqual(after['sabil_hits_total{face="mysql"}'] - before['sabil_hits_total{face="mysql"}'], 1 + 3 * 11)
        self.assertEqual(after['sabil_hits_total{face="resp"}'] - before['sabil_hits_total{face="resp"}'], 1)

    def test_a_change_in_the_database_shows_at_once(self):
        for n in range(10):
            for path in ("/", "/redis", "/article/77"):
                self.site.get(path)
            title = f"The fountain runs again, {self.database.dialect} {n}"
            self.database.sql(f"UPDATE articles SET title = '{title}', status = 'published', published_at = '2031-01-01 00:00:{n:02}' "
                              "WHERE id = 77", database="news")
            for path in ("/", "/redis", "/article/77"):
                deadline = time.monotonic() + 1
                while title not in self.site.get(path):
                    self.assertLess(time.monotonic(), deadline, f"{path} still shows the old title after 1 s")

    def test_what_is_not_there(self):
        for path in ("/article/999999", "/nothing"):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.site.get(path)
            caught.exception.close()
            self.assertEqual(caught.exception.code, 404)


class OnMariaDB(WithDatabase, unittest.TestCase):
    kind = MariaDB


class OnMySQL(WithDatabase, unittest.TestCase):
    kind = MySQL


FOLDER = None


def setUpModule():
    global FOLDER
    FOLDER = tempfile.mkdtemp(prefix="sabil-site-")
    unittest.addModuleCleanup(shutil.rmtree, FOLDER, True)
    for name in ("package.json", "package-lock.json", "server.js"):
        shutil.copy(os.path.join(SITE, name), FOLDER)
    npm.install(FOLDER)


if __name__ == "__main__":
    unittest.main()
