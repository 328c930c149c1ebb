"""What a binlog does not tell: engines and tables that it leaves out, tables that a restart empties, filters, statements that
were not to be logged, temporary tables in front of others. Each is seen in another way, or never kept.
Run: python3 -m tests.integration.coherence_unlogged"""
import signal
import time
import unittest

import pymysql

from tests.integration._losses import main_side_by_side
from tests.support.servers import MariaDB, MySQL, Sabil

LIMIT_S = 20
TABLES = """CREATE DATABASE news; CREATE DATABASE hidden; USE news; CREATE TABLE articles (id INT PRIMARY KEY, v INT);
INSERT INTO articles VALUES (1, 10), (2, 20); CREATE TABLE hidden.t (id INT PRIMARY KEY, v INT); INSERT INTO hidden.t VALUES (1, 1);
CREATE PROCEDURE shadow() CREATE TEMPORARY TABLE articles (id INT PRIMARY KEY, v INT);
CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON *.* TO 'site'@'%';"""
ALL = "SELECT id, v FROM articles ORDER BY id"


class Unlogged:
    make, engines, filter = None, (), None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make(options=cls.options).__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(TABLES)
        cls.sabil = Sabil(mysql=cls.database).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def connect(self, port=None):
        connection = pymysql.connect(host="127.0.0.1", port=port or self.sabil.mysql_port, user="site", password="site",
                                     database="news", autocommit=True)
        self.addCleanup(lambda: connection.open and connection.close())
        return connection

    @staticmethod
    def run_sql(connection, text):
        try:
            with connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall()
        except pymysql.MySQLError as error:
            return error.args[0]

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)

    def bypassed(self, reason):
        return self.sabil.metrics().get(f'sabil_bypass_total{{face="mysql",reason="{reason}"}}', 0)

    def epochs(self):
        return sum(count for name, count in self.sabil.metrics().items() if name.startswith("sabil_epochs_total"))

    def warm(self, connection, text):
        deadline = time.monotonic() + LIMIT_S
        while True:
            before, rows = self.hits(), self.run_sql(connection, text)
            if self.hits() > before:
                return rows
            self.assertLess(time.monotonic(), deadline, ("never from memory", text, rows))
            time.sleep(0.01)

    def becomes(self, connection, text, expected, limit_s=1.0):
        """At most max_staleness after the change that has just been made."""
        deadline = time.monotonic() + limit_s
        while (found := self.run_sql(connection, text)) != expected:
            self.assertLess(time.monotonic(), deadline, f"{text}: {found}, not {expected}")
            time.sleep(0.01)
        for _ in range(3):
            self.assertEqual(self.run_sql(connection, text), expected)

    def test_each_engine_that_logs_is_followed(self):
        session = self.connect()
        for engine in self.engines:
            with self.subTest(engine=engine):
                self.database.sql(f"CREATE TABLE news.kind (id INT NOT NULL, v INT NOT NULL) ENGINE={engine}; INSERT INTO news.kind VALUES (1, 1)")
                try:
                    text = "SELECT id, v FROM kind ORDER BY id, v"
                    self.assertEqual(self.warm(session, text), ((1, 1),))
                    self.database.sql("INSERT INTO news.kind VALUES (2, 2)")
                    self.becomes(session, text, ((1, 1), (2, 2)))
                    self.warm(session, text)
                    self.database.sql("TRUNCATE TABLE news.kind" if engine != "ARCHIVE" else "DROP TABLE news.kind; CREATE TABLE news.kind (id INT NOT NULL, v INT NOT NULL)")
                    self.becomes(session, text, ())
                finally:
                    self.database.sql("DROP TABLE news.kind")

    def test_tables_that_are_others_rows_are_never_kept(self):
        session = self.connect()
        self.database.sql("CREATE TABLE news.part (id INT NOT NULL, v INT) ENGINE=MyISAM; INSERT INTO news.part VALUES (1, 1);"
                          "CREATE TABLE news.merged (id INT NOT NULL, v INT) ENGINE=MERGE UNION=(news.part) INSERT_METHOD=LAST")
        self.never_kept(session, "SELECT id, v FROM merged ORDER BY id", "UPDATE news.part SET v = 2", ((1, 2),))
        self.database.sql("CREATE TABLE news.near (id INT PRIMARY KEY, v INT); INSERT INTO news.near VALUES (1, 1)")
        self.database.sql(self.install_federated + "CREATE TABLE news.far (id INT PRIMARY KEY, v INT) ENGINE=FEDERATED "
                          f"CONNECTION='mysql://site:site@127.0.0.1:{self.database.port}/news/near'")
        self.never_kept(session, "SELECT id, v FROM far ORDER BY id", "UPDATE news.near SET v = 2", ((1, 2),))

    def never_kept(self, session, text, change, expected):
        before, hits = self.bypassed("unlogged_table"), self.hits()
        deadline = time.monotonic() + LIMIT_S
        while self.bypassed("unlogged_table") < before + 3:
            self.assertLess(time.monotonic(), deadline)
            self.assertIsInstance(self.run_sql(session, text), tuple)
        self.database.sql(change)
        self.assertEqual(self.run_sql(session, text), expected)
        self.assertEqual(self.hits(), hits)

    def test_a_table_in_memory_is_empty_after_a_restart(self):
        self.database.sql("CREATE TABLE news.quick (id INT PRIMARY KEY, v INT) ENGINE=MEMORY")
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.database.sql("INSERT INTO news.quick VALUES (1, 1), (2, 2)")
            self.assertEqual(self.warm(self.connect(), "SELECT id FROM quick ORDER BY id"), ((1,), (2,)))
            self.database.restart(how)
            deadline = time.monotonic() + LIMIT_S
            while True:
                try:
                    session = self.connect()
                    break
                except pymysql.MySQLError:
                    self.assertLess(time.monotonic(), deadline)
            time.sleep(1.05)  # max_staleness
            for _ in range(20):
                self.assertEqual(self.run_sql(session, "SELECT id FROM quick ORDER BY id"), ())
            self.assertEqual(self.warm(session, "SELECT id FROM quick ORDER BY id"), ())
            self.database.sql("INSERT INTO news.quick VALUES (3, 3)")
            self.becomes(session, "SELECT id FROM quick ORDER BY id", ((3,),))
            self.database.sql("DELETE FROM news.quick")

    def test_what_a_session_of_this_port_does_not_log_is_seen_all_the_same(self):
        """On the server itself, sql_log_bin = 0 is what nobody can see."""
        reader, writer = self.connect(), self.connect()
        self.database.sql("REPLACE INTO news.articles VALUES (1, 10), (2, 20); DELETE FROM news.articles WHERE id > 2;"
                          "CREATE TABLE news.echo (id INT PRIMARY KEY, v INT); INSERT INTO news.echo VALUES (1, 1);"
                          "CREATE TRIGGER news.echoes AFTER UPDATE ON news.articles FOR EACH ROW UPDATE echo SET v = v + 1")
        self.addCleanup(self.database.sql, "DROP TABLE news.echo; DROP TRIGGER IF EXISTS news.echoes")
        epochs = self.epochs()
        self.run_sql(writer, "SET SESSION sql_log_bin = 0")
        for texts, rows in ((["INSERT INTO articles VALUES (3, 30)"], ((1, 10), (2, 20), (3, 30))),
                            (["BEGIN", "DELETE FROM articles WHERE id = 3", "UPDATE articles SET v = 21 WHERE id = 2", "COMMIT"], ((1, 10), (2, 21)))):
            self.warm(reader, ALL)
            for text in texts:
                self.run_sql(writer, text)
            self.becomes(reader, ALL, rows)
            self.assertEqual(self.run_sql(writer, ALL), rows)
        self.assertEqual(self.epochs(), epochs, "rows alone are no epoch")
        self.assertEqual(self.warm(reader, "SELECT v FROM echo"), ((2,),))
        self.run_sql(writer, "UPDATE articles SET v = 22 WHERE id = 2")
        self.becomes(reader, "SELECT v FROM echo", ((3,),))
        # A definition: the columns of later row events are found in their new places.
        self.warm(reader, "SELECT v FROM articles WHERE id = 2")
        self.run_sql(writer, "ALTER TABLE articles MODIFY v INT FIRST")
        self.run_sql(writer, "SET SESSION sql_log_bin = 1")
        self.becomes(reader, "SELECT * FROM articles WHERE id = 2", ((22, 2),))
        self.warm(reader, "SELECT v FROM articles WHERE id = 2")
        self.run_sql(self.connect(self.database.port), "UPDATE articles SET v = 23 WHERE id = 2")
        self.becomes(reader, "SELECT v FROM articles WHERE id = 2", ((23,),))
        self.run_sql(writer, "ALTER TABLE articles MODIFY v INT AFTER id")

    def test_a_temporary_table_hides_the_other_from_its_session_alone(self):
        self.database.sql("REPLACE INTO news.articles VALUES (1, 10), (2, 20); DELETE FROM news.articles WHERE id > 2")
        create = "CREATE TEMPORARY TABLE articles (id INT PRIMARY KEY, v INT)"
        ways = {"a statement": [create], "with rows": [create + " SELECT 7 AS id, 7 AS v"], "a routine": ["CALL shadow()"],
                "LIKE": ["CREATE TEMPORARY TABLE articles LIKE hidden.t"], "comment": ["CREATE/**/TEMPORARY /* x */ TABLE articles (id INT PRIMARY KEY, v INT)"],
                "text PREPARE": [f"PREPARE p FROM '{create}'", "EXECUTE p"], **self.more_ways(create)}
        for name, texts in ways.items():
            with self.subTest(way=name):
                other, mine = self.connect(), self.connect()
                rows = self.warm(other, ALL)
                self.assertEqual(self.warm(mine, ALL), rows)
                for text in texts:
                    self.assertEqual(self.run_sql(mine, text), (), text)
                here = ((7, 7),) if name == "with rows" else ()
                for _ in range(3):
                    self.assertEqual(self.run_sql(mine, ALL), here)
                    self.assertEqual(self.run_sql(other, ALL), rows)
                self.run_sql(mine, "INSERT INTO articles VALUES (9, 9)")
                self.assertEqual(self.run_sql(mine, ALL), (*here, (9, 9)))
                self.assertEqual(self.run_sql(self.connect(), ALL), rows)
                self.run_sql(mine, "DROP TABLE articles")
                self.assertEqual(self.run_sql(mine, ALL), rows)

    def more_ways(self, create):
        return {}

    def test_a_partition_and_a_table_change_places(self):
        self.database.sql("CREATE TABLE news.parts (id INT, v INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10),"
                          "PARTITION p1 VALUES LESS THAN (20)); INSERT INTO news.parts VALUES (1, 1), (11, 11);"
                          "CREATE TABLE news.loose (id INT, v INT); INSERT INTO news.loose VALUES (5, 55)")
        session = self.connect()
        parts, loose = "SELECT id, v FROM parts ORDER BY id", "SELECT id, v FROM loose"
        for swap in range(3):
            self.warm(session, parts)
            self.warm(session, loose)
            self.warm(session, "SELECT v FROM parts PARTITION (p0)")
            self.database.sql("ALTER TABLE news.parts EXCHANGE PARTITION p0 WITH TABLE news.loose")
            mine, other = ((5, 55), (1, 1)) if swap % 2 == 0 else ((1, 1), (5, 55))
            self.becomes(session, parts, (mine, (11, 11)))
            self.becomes(session, loose, (other,))
            self.becomes(session, "SELECT v FROM parts PARTITION (p0)", ((mine[1],),))

    def test_a_server_that_logs_some_schemas_only_is_not_followed(self):
        with self.make(options=[self.filter]) as database:
            database.sql(TABLES)
            with Sabil(mysql=database, cache='default_ttl = "1s"') as sabil:
                self.assertEqual(sabil.metrics().get('sabil_coherence_mode{mode="coherent"}'), 0)
                self.assertIn("remove binlog_do_db and binlog_ignore_db", sabil.log_tail(1 << 20))
                session = self.connect(sabil.mysql_port)
                self.run_sql(session, "SELECT v FROM hidden.t")
                database.sql("USE hidden; UPDATE t SET v = 2")
                self.becomes(session, "SELECT v FROM hidden.t", ((2,),), limit_s=LIMIT_S)  # the ttl
                self.run_sql(session, "UPDATE hidden.t SET v = 3")
                self.assertEqual(self.run_sql(session, "SELECT v FROM hidden.t"), ((3,),))


class OnMariaDB(Unlogged, unittest.TestCase):
    make = MariaDB
    options, filter = (), "--binlog-ignore-db=hidden"
    engines = ("InnoDB", "MyISAM", "Aria", "MEMORY", "CSV")
    install_federated = "INSTALL SONAME 'ha_federatedx';"

    def more_ways(self, create):
        return {"EXECUTE IMMEDIATE": [f"EXECUTE IMMEDIATE '{create}'"], "OR REPLACE": [create.replace("CREATE", "CREATE OR REPLACE")]}

    def test_sequences_are_never_kept(self):
        self.database.sql("CREATE SEQUENCE news.numbers CACHE 1")
        session = self.connect()
        before = self.hits()
        seen = [self.run_sql(session, "SELECT next_not_cached_value FROM numbers") for _ in range(3)]
        self.assertEqual(self.run_sql(session, "SELECT NEXTVAL(numbers)"), ((1,),))
        self.run_sql(self.connect(self.database.port), "SELECT NEXTVAL(numbers)")
        self.assertEqual(self.run_sql(session, "SELECT next_not_cached_value FROM numbers"), ((3,),))
        self.assertEqual(self.run_sql(session, "SELECT NEXTVAL(numbers)"), ((3,),))
        self.assertEqual((self.hits(), seen[0]), (before, ((1,),)))

    def test_periods_and_versions(self):
        self.database.sql("CREATE TABLE news.stays (id INT, a DATE, b DATE, PERIOD FOR p (a, b));"
                          "INSERT INTO news.stays VALUES (1, '2020-01-01', '2021-01-01');"
                          "CREATE TABLE news.kept (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO news.kept VALUES (1, 1)")
        session = self.connect()
        self.assertEqual(self.warm(session, "SELECT COUNT(*) FROM stays WHERE id = 1"), ((1,),))
        self.database.sql("DELETE FROM news.stays FOR PORTION OF p FROM '2020-03-01' TO '2020-04-01'")
        self.becomes(session, "SELECT COUNT(*) FROM stays WHERE id = 1", ((2,),))
        self.assertEqual(self.warm(session, "SELECT v FROM kept WHERE id = 1"), ((1,),))
        self.database.sql("UPDATE news.kept SET v = 2")
        self.becomes(session, "SELECT v FROM kept WHERE id = 1", ((2,),))


class OnMySQL(Unlogged, unittest.TestCase):
    make = MySQL
    options, filter = ("--federated",), "--binlog-do-db=news"
    engines = ("InnoDB", "MyISAM", "MEMORY", "ARCHIVE", "CSV")
    install_federated = ""


if __name__ == "__main__":
    main_side_by_side(__name__)
