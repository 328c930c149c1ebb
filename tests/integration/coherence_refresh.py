"""refresh = true on a [[rule]]: a hot statement of the MySQL port is read again right after a change, on the connection of
a session at rest that has the same circumstances; what is answered afterwards is byte for byte the server's own answer,
the session that lent its connection shows no trace of it, and what cannot be read again safely is left to its readers,
with the reason counted. Run: python3 -m tests.integration.coherence_refresh"""
import time
import unittest

from tests.integration._mysql_wire import CACHE_METADATA, DEPRECATE_EOF, QUERY_ATTRIBUTES, SESSION_TRACK, Connection
from tests.integration._losses import main_side_by_side
from tests.support.servers import MariaDB, MySQL, Sabil

RULES = """
[[rule]]
match = { table = "articles" }
refresh = true
"""
TABLES = """CREATE DATABASE news CHARACTER SET utf8mb4; CREATE DATABASE other CHARACTER SET utf8mb4; USE news;
CREATE TABLE articles (id INT PRIMARY KEY, title VARCHAR(50), views BIGINT) CHARACTER SET utf8mb4;
INSERT INTO articles VALUES (1, 'one', 10), (2, 'zwölf', 20), (3, NULL, 30), (4, 'four', 40);
CREATE TABLE other.articles LIKE articles; INSERT INTO other.articles VALUES (1, 'elsewhere', 1);
CREATE TABLE plain (id INT PRIMARY KEY, title VARCHAR(50)) CHARACTER SET utf8mb4; INSERT INTO plain VALUES (1, 'one');
CREATE USER 'site'@'%' IDENTIFIED BY ''; GRANT ALL ON news.* TO 'site'@'%'; GRANT ALL ON other.* TO 'site'@'%';
CREATE USER 'guest'@'%' IDENTIFIED BY ''; GRANT SELECT ON news.articles TO 'guest'@'%';"""
HOT = "SELECT id, title, views FROM articles ORDER BY views DESC LIMIT 3"


class Refresh:
    server = None
    views = 1000  # grows over all tests: a value written twice is no change

    @classmethod
    def setUpClass(cls):
        cls.database = cls.server().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(TABLES)

    def setUp(self):
        self.sabil = Sabil(mysql=self.database, config=RULES).__enter__()
        self.addCleanup(self.sabil.close)

    def connect(self, port=None, user="site", database="news", capabilities=DEPRECATE_EOF):
        connection = Connection(port or self.sabil.mysql_port, user, database=database, capabilities=capabilities)
        self.addCleanup(connection.close)
        return connection

    def count(self, name, **labels):
        labels = ",".join(f'{key}="{value}"' for key, value in {"face": "mysql", **labels}.items())
        return self.sabil.metrics().get(f"{name}{{{labels}}}", 0)

    def refreshed(self, outcome="stored"):
        return self.count("sabil_refreshes_total", outcome=outcome)

    def until(self, condition, limit_s=10):
        deadline = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), deadline, {
                name: value for name, value in self.sabil.metrics().items()
                if value and name.startswith(("sabil_refreshes", "sabil_hits_total", "sabil_bypass_total", "sabil_misses"))})
            time.sleep(0.005)

    def change(self, row=1, table="news.articles"):
        type(self).views += 1
        self.database.sql(f"UPDATE {table} SET views = {self.views} WHERE id = {row}")

    def is_hit(self, ask):
        """The answer, where it came from memory."""
        before = self.count("sabil_hits_total")
        answer = ask()
        return answer if self.count("sabil_hits_total") == before + 1 else None

    def make_hot(self, ask):
        self.until(lambda: self.is_hit(ask) is not None)

    def change_and_await_refill(self, ask, **change):
        """The change, its refill, and the first read behind it, which must be a hit."""
        before = self.refreshed()
        self.change(**change)
        self.until(lambda: self.refreshed() > before)
        misses = self.count("sabil_misses_total")
        answer = self.is_hit(ask)
        self.assertIsNotNone(answer)
        self.assertEqual(self.count("sabil_misses_total"), misses)
        return answer

    def test_a_hot_list_is_read_again_before_anybody_asks(self):
        for capabilities in (0, DEPRECATE_EOF, SESSION_TRACK | DEPRECATE_EOF, SESSION_TRACK, QUERY_ATTRIBUTES | DEPRECATE_EOF):
            with self.subTest(capabilities=capabilities):
                reader = self.connect(capabilities=capabilities)
                direct = self.connect(self.database.port, capabilities=capabilities)
                self.make_hot(lambda: reader.query(HOT))
                for _ in range(5):
                    answer = self.change_and_await_refill(lambda: reader.query(HOT))
                    self.assertEqual(answer, direct.query(HOT))
                    self.assertIn(str(self.views).encode(), b"".join(packet for _, packet in answer))
                reader.close()

    def test_prepared_statements_are_read_again_too(self):
        text = "SELECT id, title, views FROM articles WHERE views > ? ORDER BY views DESC"
        for capabilities in (0, DEPRECATE_EOF, QUERY_ATTRIBUTES | DEPRECATE_EOF):
            with self.subTest(capabilities=capabilities):
                reader = self.connect(capabilities=capabilities)
                direct = self.connect(self.database.port, capabilities=capabilities)
                reader.prepare("SELECT 1")  # so that the ids differ
                _, through = reader.prepare(text)
                _, straight = direct.prepare(text)
                self.make_hot(lambda: reader.execute(through, (25,)))
                for _ in range(3):
                    answer = self.change_and_await_refill(lambda: reader.execute(through, (25,)))
                    self.assertEqual(answer, direct.execute(straight, (25,)))
                # The server was given the types by the refill: an execution without them is understood.
                reader.query("SELECT SLEEP(0)")
                self.assertEqual(reader.execute(through, (5000000,), types=False),
                                 direct.execute(straight, (5000000,), types=False))
                reader.close()

    def test_each_circumstance_has_its_own(self):
        """Another schema, character set, sql_mode or account: each entry is read again by one of its own readers."""
        makes = [lambda port: self.connect(port), lambda port: self.connect(port, database="other"),
                 lambda port: self.connect(port, user="guest")]
        settings = ["SET NAMES latin1", "SET sql_mode = 'ANSI'", "SET SESSION sql_select_limit = 2", "SET character_set_results = NULL"]
        pairs = [(make(None), make(self.database.port)) for make in makes + makes[:1] * len(settings)]
        for (reader, direct), text in zip(pairs[len(makes):], settings):
            for connection in (reader, direct):
                connection.query(text)
        for reader, _ in pairs:
            self.make_hot(lambda: reader.query(HOT))
        for _ in range(3):
            before = self.refreshed()
            self.change()
            self.change(table="other.articles")
            self.until(lambda: self.refreshed() >= before + len(pairs))
            misses = self.count("sabil_misses_total")
            for number, (reader, direct) in enumerate(pairs):
                self.assertEqual(reader.query(HOT), direct.query(HOT), number)
            self.assertEqual(self.count("sabil_misses_total"), misses)

    def test_the_session_that_lent_its_connection_shows_no_trace(self):
        reader, direct = self.connect(), self.connect(self.database.port)
        asks = ["SELECT FOUND_ROWS()", "SHOW WARNINGS", "SELECT ROW_COUNT()", "SELECT @@warning_count", "SELECT LAST_INSERT_ID()"]
        small = "SELECT title FROM articles WHERE id < 3"
        self.make_hot(lambda: reader.query(HOT))
        for ask in asks:
            for last in (HOT, small):
                self.make_hot(lambda: reader.query(HOT))
                self.make_hot(lambda: reader.query(last))
                before = self.refreshed()
                self.change(row=4)
                self.until(lambda: self.refreshed() > before)
                direct.query(last)
                self.assertEqual(reader.query(ask), direct.query(ask), (ask, last))

    def test_a_session_with_something_to_lose_is_left_alone(self):
        reader = self.connect()
        self.make_hot(lambda: reader.query(HOT))
        self.assertIsNotNone(self.is_hit(lambda: reader.query(HOT)))
        reader.query("DO 1 / 0")  # a warning and a row count that can still be asked for
        before = self.refreshed(), self.refreshed("no_session_at_rest")
        self.change()
        self.until(lambda: self.refreshed("no_session_at_rest") > before[1])
        self.assertEqual(self.refreshed(), before[0])
        self.assertIn(b"Division by 0", b"".join(packet for _, packet in reader.query("SHOW WARNINGS")))
        # Inside a transaction neither.
        self.make_hot(lambda: reader.query(HOT))
        self.assertIsNotNone(self.is_hit(lambda: reader.query(HOT)))
        reader.query("BEGIN")
        before = self.refreshed("no_session_at_rest")
        self.change()
        self.until(lambda: self.refreshed("no_session_at_rest") > before)
        reader.query("ROLLBACK")

    def test_what_nobody_reads_is_read_again_a_few_times_only(self):
        reader = self.connect()
        self.make_hot(lambda: reader.query(HOT))
        self.assertIsNotNone(self.is_hit(lambda: reader.query(HOT)))
        before = self.refreshed()
        for _ in range(50):
            stored = self.refreshed()
            self.change()
            self.until(lambda: self.refreshed() > stored or self.refreshed("not_read"))
            if self.refreshed("not_read"):
                break
        self.assertEqual(self.refreshed("not_read"), 1)
        self.assertLessEqual(self.refreshed() - before, 4)

    def test_others_are_not_read_again(self):
        reader = self.connect()
        self.make_hot(lambda: reader.query("SELECT title FROM plain WHERE id = 1"))
        self.make_hot(lambda: reader.query(HOT))
        self.database.sql("UPDATE news.plain SET title = CONCAT(title, 'x') WHERE id = 1")
        self.change_and_await_refill(lambda: reader.query(HOT))
        self.assertIsNone(self.is_hit(lambda: reader.query("SELECT title FROM plain WHERE id = 1")))

    def test_what_cannot_be_read_again_safely_is_not(self):
        """MySQL warns of counted rows, so that they are not stored at all; MariaDB alone has clients that keep definitions."""
        if self.database.dialect == "mariadb":
            self.connect().query("SELECT SQL_CALC_FOUND_ROWS id, title FROM articles ORDER BY views LIMIT 1")
            self.until(lambda: self.refreshed("calc_found_rows") == 1)
            keeper = self.connect(capabilities=DEPRECATE_EOF | CACHE_METADATA)
            _, statement = keeper.prepare(HOT)
            self.until(lambda: keeper.execute(statement) and self.refreshed("client_keeps_definitions"))
        hidden = Connection(self.sabil.mysql_port, "site", database="news", tls=True)
        self.addCleanup(hidden.close)
        self.until(lambda: hidden.query(HOT) and self.refreshed("encrypted_or_compressed_client"))

    def test_what_an_account_may_not_see_any_more_is_not_read_again_for_it(self):
        guest = self.connect(user="guest")
        self.make_hot(lambda: guest.query(HOT))
        self.assertIsNotNone(self.is_hit(lambda: guest.query(HOT)))
        self.database.sql("REVOKE SELECT ON news.articles FROM 'guest'@'%'")
        try:
            for _ in range(3):
                self.change()
                self.assertEqual(guest.query(HOT)[0][1][0], 0xFF)  # refused, each time
        finally:
            self.database.sql("GRANT SELECT ON news.articles TO 'guest'@'%'")

    def test_a_reader_that_leaves_is_replaced_by_another(self):
        readers = [self.connect() for _ in range(4)]
        for reader in readers:
            self.make_hot(lambda: reader.query(HOT))
        while readers:
            self.assertIsNotNone(self.change_and_await_refill(lambda: readers[-1].query(HOT)))
            for reader in readers:
                reader.query(HOT)
            readers.pop(0).close()
        before = self.refreshed("no_session_at_rest")
        self.change()
        self.until(lambda: self.refreshed("no_session_at_rest") > before)


class OnMariaDB(Refresh, unittest.TestCase):
    server = MariaDB


class OnMySQL(Refresh, unittest.TestCase):
    server = MySQL


if __name__ == "__main__":
    main_side_by_side(__name__)
