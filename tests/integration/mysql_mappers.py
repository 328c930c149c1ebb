"""Object mappers as they are used: Django and SQLAlchemy from Debian; Sequelize, Knex, TypeORM and Drizzle from npm. Each
reads the same rows through Sabil as without it, and from the second time on everything it reads is in memory.
Run: python3 -m tests.integration.mysql_mappers"""
import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from tests.support import npm
from tests.support.servers import ROOT, MariaDB, MySQL, Sabil

HERE = os.path.join(ROOT, "tests", "integration", "mappers")
ASIDE = ("not_select", "session_function", "variable")  # what a mapper asks about its connection


@functools.cache
def packages():
    """A folder with the mappers of npm, installed once."""
    folder = tempfile.mkdtemp(prefix="sabil-mappers-")
    atexit.register(shutil.rmtree, folder, True)
    for name in ("package.json", "mappers.mjs"):
        shutil.copy(os.path.join(HERE, name), folder)
    npm.install(folder)
    return folder


class Mappers:
    database_class = None
    cache = 'transactions = "until-write"'  # the README's advice to those who read in transactions

    @classmethod
    def setUpClass(cls):
        cls.database = cls.database_class().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.load(os.path.join(ROOT, "tests", "site", "news.sql"))
        cls.database.sql("CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%'")
        cls.sabil = Sabil(mysql=cls.database, cache=cls.cache).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def reads(self):
        metrics = self.sabil.metrics()
        asked = sum(value for name, value in metrics.items()
                    if name.startswith('sabil_bypass_total{face="mysql"') and not any(reason in name for reason in ASIDE))
        return metrics['sabil_hits_total{face="mysql"}'], asked + metrics['sabil_misses_total{face="mysql"}']

    def wait_for_fills(self):
        """Those of a new connection are kept when a probe has shown which server it reached."""
        deadline = time.monotonic() + 10
        while True:
            metrics = self.sabil.metrics()
            settled = sum(metrics[f'sabil_fills_total{{face="mysql",outcome="{outcome}"}}'] for outcome in ("stored", "rejected"))
            if settled == metrics['sabil_misses_total{face="mysql"}']:
                return
            self.assertLess(time.monotonic(), deadline, metrics)
            time.sleep(0.01)

    def check(self, command, name, folder=None):
        def run(port):
            done = subprocess.run([*command, str(port), name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        with self.subTest(name):
            direct = run(self.database.port)
            self.assertIn("fountain", direct)
            self.assertEqual(run(self.sabil.mysql_port), direct)
            self.wait_for_fills()
            served = []
            while (not served or served[-1][1]) and len(served) < 3:  # a machine that is busy elsewhere may be behind once
                hits, asked = self.reads()
                self.assertEqual(run(self.sabil.mysql_port), direct)
                hits_after, asked_after = self.reads()
                served.append((hits_after - hits, asked_after - asked))
            self.assertEqual(served[-1][1], 0, (served, self.sabil.metrics()))
            self.assertGreaterEqual(served[-1][0], 4)

    def test_in_python(self):
        for name in ("django", "django_atomic", "sqlalchemy_autocommit", "sqlalchemy_read_committed"):
            self.check([sys.executable, os.path.join(HERE, "mappers.py")], name)

    def test_in_node(self):
        for name in ("sequelize", "knex", "typeorm", "drizzle"):
            self.check(["node", "mappers.mjs"], name, packages())


class OnMariaDB(Mappers, unittest.TestCase):
    database_class = MariaDB


class OnMySQL(Mappers, unittest.TestCase):
    database_class = MySQL


if __name__ == "__main__":
    unittest.main()
