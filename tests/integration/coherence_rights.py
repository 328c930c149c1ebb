"""What an account may read, through every change of it. A session keeps the global rights of its login, and on MySQL those
on its current schema until USE; what it still may read must not reach a session that may not, nor the other way round.
Each session through Sabil has a twin straight on the server, which it must equal.
Run: python3 -m tests.integration.coherence_rights"""
import threading
import time
import unittest

import pymysql
import redis

from tests.integration._mysql_wire import DEPRECATE_EOF, Connection
from tests.support.servers import MariaDB, MySQL, Sabil

TEXT = "SELECT id, v FROM news.articles ORDER BY id"
LIMIT_S = 20


class Twins:
    """One session through Sabil, one straight on the server; both are told the same."""

    def __init__(self, test, user="guest", password="pw", database="lobby"):
        def connect(port):
            connection = pymysql.connect(host="127.0.0.1", port=port, user=user, password=password, database=database,
                                         autocommit=True)
            test.addCleanup(lambda: connection.open and connection.close())
            return connection
        self.test, self.front, self.direct = test, connect(test.sabil.mysql_port), connect(test.database.port)

    @staticmethod
    def outcome(connection, text):
        """The rows, or the error's number."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall()
        except pymysql.MySQLError as error:
            return error.args[0]

    def do(self, text):
        ours, theirs = self.outcome(self.front, text), self.outcome(self.direct, text)
        self.test.assertEqual(ours, theirs, text)
        return ours

    def close(self):
        self.front.close()
        self.direct.close()


class Rights:
    make = None
    texts = 100

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE news; CREATE DATABASE lobby; CREATE TABLE news.articles (id INT PRIMARY KEY, v INT);"
                         "INSERT INTO news.articles VALUES (1, 10), (2, 20); CREATE TABLE news.hall (id INT PRIMARY KEY, v INT);"
                         "INSERT INTO news.hall VALUES (1, 1)")
        cls.sabil = Sabil(mysql=cls.database).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        self.account("CREATE USER IF NOT EXISTS 'renamed'@'%'; DROP USER IF EXISTS 'guest'@'%', 'other'@'%', 'renamed'@'%'; DROP ROLE IF EXISTS reader;"
                     "CREATE USER 'guest'@'%' IDENTIFIED BY 'pw'; CREATE USER 'other'@'%' IDENTIFIED BY 'pw';"
                     "CREATE ROLE reader; GRANT SELECT ON lobby.* TO 'guest'@'%', 'other'@'%', reader")

    def epochs(self):
        return self.sabil.metrics().get('sabil_epochs_total{reason="accounts"}', 0)

    def account(self, texts):
        """Runs them on the server, until Sabil has seen each of them."""
        for text in texts.split(";"):
            before, deadline = self.epochs(), time.monotonic() + LIMIT_S
            self.database.sql(text)
            while self.epochs() == before:
                self.assertLess(time.monotonic(), deadline, text)
                time.sleep(0.005)

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)

    def warm(self, twins, text=TEXT):
        """Until the session is served from memory; what it is served."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            before, rows = self.hits(), twins.do(text)
            self.assertIsInstance(rows, tuple, "may not read at all")
            if self.hits() > before:
                return rows
            self.assertLess(time.monotonic(), deadline, "never from memory")
            time.sleep(0.01)

    def shares(self, fill, read):
        """What one session has filled, the other's first read finds: at one of several tries, as a busy machine may bypass."""
        for _ in range(10):
            type(self).texts += 1
            text, deadline, before = f"SELECT v FROM news.articles WHERE id <> {self.texts}", time.monotonic() + LIMIT_S, self.hits()
            while self.hits() == before:
                self.assertLess(time.monotonic(), deadline, "never from memory")
                fill(text)
            before = self.hits()
            read(text)
            if self.hits() > before:
                return
        self.fail("what one session filled, the other never finds")

    def apart(self, old, news, text=TEXT, rounds=4):
        """The old session fills and is served what is its own; none of the new ones is."""
        for _ in range(rounds):
            for _ in range(3):
                mine = old.do(text)
            theirs = [new.do(text) for new in news]
            self.assertNotIn(mine, theirs, "the change makes no difference")
            time.sleep(0.05)

    def test_a_global_right_taken_away(self):
        self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
        old = Twins(self)
        self.warm(old)
        self.account("REVOKE SELECT ON *.* FROM 'guest'@'%'")
        self.apart(old, [Twins(self), Twins(self)])
        self.warm(old)
        self.apart(old, [Twins(self), Twins(self)])

    def test_a_global_right_given_is_not_the_old_sessions(self):
        old = Twins(self)
        self.assertEqual(old.do(TEXT), 1142)
        self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
        new = Twins(self)
        self.warm(new)
        self.apart(old, [new])

    def test_rights_on_the_current_schema(self):
        self.account("GRANT SELECT ON news.* TO 'guest'@'%'")
        old = Twins(self, database="news")
        self.warm(old)
        self.account("REVOKE SELECT ON news.* FROM 'guest'@'%'; GRANT SELECT ON news.hall TO 'guest'@'%'")
        for _ in range(4):
            for _ in range(3):
                old.do(TEXT)
            self.assertEqual(Twins(self, database="news").do(TEXT), 1142)
            time.sleep(0.05)
        self.assertEqual(old.do("USE news"), ())
        self.assertEqual(old.do(TEXT), 1142, "what it kept is gone with the rights that it read it by")

    def test_the_current_schema_named_again_by_a_command(self):
        self.account("GRANT SELECT ON news.* TO 'guest'@'%'")
        old = Twins(self, database="news")
        self.account("REVOKE SELECT ON news.* FROM 'guest'@'%'; GRANT SELECT ON news.hall TO 'guest'@'%'")
        for _ in range(3):
            old.do(TEXT)
        old.front.select_db("news")
        old.direct.select_db("news")
        self.assertEqual(old.do(TEXT), 1142)

    def test_rights_on_a_table_and_on_columns(self):
        for right in ("SELECT ON news.articles", "SELECT (id, v) ON news.articles"):
            self.account(f"GRANT {right} TO 'guest'@'%'")
            old = Twins(self)
            self.warm(old)
            self.account(f"REVOKE {right} FROM 'guest'@'%'; GRANT SELECT (id) ON news.articles TO 'guest'@'%'")
            new = Twins(self)
            for session in (old, new, old, new):
                self.assertIn(session.do(TEXT), (1142, 1143))
                self.assertEqual(session.do("SELECT id FROM news.articles ORDER BY id"), ((1,), (2,)))

    def test_a_role_that_was_active(self):
        self.account("GRANT SELECT ON *.* TO reader; GRANT reader TO 'guest'@'%'")
        old = Twins(self)
        self.assertEqual(old.do(TEXT), 1142)
        old.do("SET ROLE reader")
        self.warm(old)
        self.account("REVOKE SELECT ON *.* FROM reader")
        for _ in range(4):
            for _ in range(3):
                old.do(TEXT)
            new = Twins(self)
            new.do("SET ROLE reader")
            self.assertEqual(new.do(TEXT), 1142)
        old.do("SET ROLE reader")
        self.assertEqual(old.do(TEXT), 1142, "the role as it is now")

    def test_a_role_taken_away_and_a_default_one(self):
        self.account("GRANT SELECT ON news.articles TO reader; GRANT reader TO 'guest'@'%'")
        self.account(self.default_role.format("reader"))
        old = Twins(self)
        self.warm(old)
        self.account("REVOKE reader FROM 'guest'@'%'")
        for _ in range(4):
            for _ in range(3):
                old.do(TEXT)
            self.assertEqual(Twins(self).do(TEXT), 1142)
        self.account("GRANT reader TO 'guest'@'%'")
        self.account(self.default_role.format("NONE"))
        self.assertEqual(Twins(self).do(TEXT), 1142)
        old.do(TEXT)

    def test_an_account_dropped_and_made_again(self):
        self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
        old = Twins(self)
        self.warm(old)
        self.account("DROP USER 'guest'@'%'; CREATE USER 'guest'@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON lobby.* TO 'guest'@'%'")
        self.apart(old, [Twins(self), Twins(self)])

    def test_an_account_renamed_while_another_takes_its_name(self):
        self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
        old = Twins(self)
        self.warm(old)
        self.account("RENAME USER 'guest'@'%' TO 'renamed'@'%'; RENAME USER 'other'@'%' TO 'guest'@'%'")
        self.apart(old, [Twins(self), Twins(self)])
        self.warm(Twins(self, user="renamed"))

    def test_a_locked_account_and_another_password(self):
        self.account("GRANT SELECT ON news.articles TO 'guest'@'%'")
        old = Twins(self)
        self.warm(old)
        self.account("ALTER USER 'guest'@'%' ACCOUNT LOCK")
        for _ in range(4):
            self.assertEqual(old.do(TEXT), ((1, 10), (2, 20)))
        with self.assertRaisesRegex(pymysql.MySQLError, "(?i)locked"):
            Twins(self)
        self.account("ALTER USER 'guest'@'%' ACCOUNT UNLOCK; SET PASSWORD FOR 'guest'@'%' = " + self.password.format("new"))
        with self.assertRaisesRegex(pymysql.MySQLError, "1045"):
            Twins(self)
        self.assertEqual(old.do(TEXT), ((1, 10), (2, 20)))
        self.warm(Twins(self, password="new"))

    def test_a_new_login_of_the_same_connection_shares_again(self):
        self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
        session, other = (Connection(self.sabil.mysql_port, "guest", "pw", "lobby", DEPRECATE_EOF) for _ in range(2))
        self.addCleanup(session.close)
        self.addCleanup(other.close)
        self.assertEqual(session.rows(TEXT), [("1", "10"), ("2", "20")])
        self.account("GRANT SELECT ON lobby.* TO 'other'@'%'")
        other.change_user("guest", "pw", "lobby")
        deadline, before = time.monotonic() + LIMIT_S, self.hits()
        while self.hits() == before:
            self.assertLess(time.monotonic(), deadline)
            other.rows(TEXT)
        before = self.hits()
        session.rows(TEXT)
        self.assertEqual(self.hits(), before, "not what others share, as it is older than the change")
        while self.hits() == before:  # but its own
            self.assertLess(time.monotonic(), deadline)
            session.rows(TEXT)
        session.change_user("guest", "pw", "lobby")
        self.shares(other.rows, session.rows)
        self.account("REVOKE SELECT ON *.* FROM 'guest'@'%'")
        for _ in range(3):
            session.rows(TEXT)
        session.change_user("guest", "pw", "lobby")
        self.assertEqual(session.query(TEXT)[-1][1][0], 0xFF)

    def test_a_purge_sets_no_session_apart(self):
        self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
        one, two = Twins(self), Twins(self)
        self.warm(one)
        self.warm(two)
        resp = redis.Redis(port=self.sabil.port)
        self.addCleanup(resp.close)
        resp.execute_command("SABIL", "PURGE", "ALL")
        self.shares(one.do, two.do)

    def test_logins_right_after_a_change_share(self):
        for _ in range(5):
            self.account("GRANT SELECT ON news.* TO 'guest'@'%'")
            self.shares(Twins(self).do, Twins(self).do)

    def test_while_sessions_read(self):
        """Right after a right is taken away: fills under way, sessions that log in at the same time."""
        for _ in range(3):
            self.account("GRANT SELECT ON *.* TO 'guest'@'%'")
            stop, olds = threading.Event(), [Twins(self) for _ in range(3)]

            def read(front):
                while not stop.is_set():
                    for n in range(5):
                        Twins.outcome(front, f"SELECT v FROM news.articles WHERE id <> {n}")
            threads = [threading.Thread(target=read, args=(old.front,)) for old in olds]
            for thread in threads:
                thread.start()
            try:
                time.sleep(0.2)
                self.database.sql("REVOKE SELECT ON *.* FROM 'guest'@'%'")
                news = [Twins(self) for _ in range(3)]
                time.sleep(1.1)
                end = time.monotonic() + 1
                while time.monotonic() < end:
                    for new in news:
                        for n in range(5):
                            self.assertEqual(new.do(f"SELECT v FROM news.articles WHERE id <> {n}"), 1142)
            finally:
                stop.set()
                for thread in threads:
                    thread.join()


class OnMariaDB(Rights, unittest.TestCase):
    make = MariaDB
    default_role = "SET DEFAULT ROLE {} FOR 'guest'@'%'"
    password = "PASSWORD('{}')"


class OnMySQL(Rights, unittest.TestCase):
    make = MySQL
    default_role = "SET DEFAULT ROLE {} TO 'guest'@'%'"
    password = "'{}'"


if __name__ == "__main__":
    unittest.main()
