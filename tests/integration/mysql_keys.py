"""What makes two questions different though they look alike: the letters as they are written, the protocol, a variable, an
account that is another one by now, the state a transaction is in, a server that takes two names for one.
Run: python3 -m tests.integration.mysql_keys"""
import time
import unittest

from tests.integration._mysql_wire import DEPRECATE_EOF, SESSION_TRACK, Connection, ServerError
from tests.support.servers import MariaDB, MySQL, Sabil

SCHEMA = ("CREATE DATABASE keyed; CREATE DATABASE elsewhere; CREATE USER 'keyed'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'keyed'@'%';"
          "GRANT SHOW VIEW ON *.* TO 'sabil'@'%'; CREATE TABLE keyed.t (id INT PRIMARY KEY, v INT); CREATE TABLE keyed.open (id INT);"
          "CREATE TABLE keyed.long_texts (id INT PRIMARY KEY, x TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci);"
          "INSERT INTO keyed.long_texts VALUES (1, CONCAT(REPEAT('x', 100), 'b')), (2, CONCAT(REPEAT('x', 100), 'a'));")


class Beside:
    """A server, Sabil in front of it, and sessions on both."""

    options = ()
    schema = SCHEMA
    database_name = "keyed"

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make(options=list(cls.options)).__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(cls.schema)
        cls.sabil = Sabil(mysql=cls.database, database=cls.database_name).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def connect(self, port, user="keyed", capabilities=DEPRECATE_EOF, password="pw"):
        connection = Connection(port, user, password, self.database_name, capabilities)
        self.addCleanup(connection.close)
        return connection

    def front(self, **options):
        return self.connect(self.sabil.mysql_port, **options)

    def direct(self, **options):
        return self.connect(self.database.port, **options)

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)

    def until(self, condition, what, limit_s=20):
        limit = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), limit, what)
            time.sleep(0.02)

    def warm(self, connection, text):
        """Asks until the answer comes from memory; gives its packets."""
        found = []

        def hit():
            before = self.hits()
            found[:] = connection.query(text)
            return self.hits() > before
        self.until(hit, f"never a hit: {text}: { {k: v for k, v in self.sabil.metrics().items() if v and 'bypass_total' in k} }")
        return list(found)

    @staticmethod
    def outcome(connection, text):
        try:
            return connection.rows(text)
        except ServerError as error:
            return error.number


class Keys(Beside):
    def setUp(self):
        self.database.sql("DELETE FROM keyed.t; INSERT INTO keyed.t VALUES (1, 10), (2, 20)")

    def test_a_column_is_called_what_the_text_says(self):
        """Letter case and white space stand in the header of the result."""
        direct, front = self.direct(), self.front()
        texts = ["SELECT v+1 FROM t", "SELECT V+1 FROM t", "SELECT v + 1 FROM t", "SELECT v+1  FROM t", "select v+1 from t", "SELECT v+1 AS V FROM t",
                 "SELECT v+1 AS v FROM t", "SELECT v FROM t", "SELECT V FROM t", "SELECT t.V FROM t", "SELECT 'a', 'A' FROM t", "SELECT 'A', 'a' FROM t"]
        for text in texts:
            self.assertEqual(self.warm(front, text), direct.query(text), text)
        for text in texts:
            self.assertEqual(front.query(text), direct.query(text), text)

    def test_text_and_binary_rows_are_kept_apart(self):
        direct, front = self.direct(), self.front()
        text = "SELECT id, v FROM t WHERE id = 1"
        asked = {name: connection.prepare(text)[1] for name, connection in (("direct", direct), ("front", front))}
        for _ in range(3):
            self.assertEqual(self.warm(front, text), direct.query(text))
            self.assertEqual(front.execute(asked["front"]), direct.execute(asked["direct"]))
        before = self.hits()
        self.assertEqual(front.execute(asked["front"]), direct.execute(asked["direct"]))
        self.assertEqual(self.hits(), before + 1)

    def test_how_much_of_a_text_is_sorted_by(self):
        text = "SELECT id FROM long_texts ORDER BY x"
        front = self.front()
        self.warm(front, text)
        self.assertEqual(front.rows(text), [("2",), ("1",)])
        other, direct = self.front(), self.direct()
        for c in (other, direct):
            c.query("SET max_sort_length = 64")
        self.assertEqual(direct.rows(text), [("1",), ("2",)])
        for _ in range(3):
            self.assertEqual(other.query(text), direct.query(text))
        self.assertEqual(front.rows(text), [("2",), ("1",)])

    def test_a_variable_that_nobody_knows_keeps_a_session_from_memory(self):
        front = self.front()
        self.warm(front, "SELECT v FROM t")
        front.query(self.unknown_setting)
        before = self.hits()
        for _ in range(3):
            self.assertEqual(front.rows("SELECT v FROM t"), [("10",), ("20",)])
        self.assertEqual(self.hits(), before)
        self.assertGreaterEqual(self.sabil.metrics()['sabil_bypass_total{face="mysql",reason="unknown_variable"}'], 3)

    def test_an_account_that_is_dropped_and_made_anew(self):
        """Sessions of a dropped account read on as long as the server lets them; the one of the same name is another."""
        text = "SELECT v FROM t WHERE id = 1"
        make = "CREATE USER 'gone'@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON keyed.open TO 'gone'@'%'"
        self.database.sql(f"{make}; GRANT SELECT ON keyed.t TO 'gone'@'%'")
        front, direct = self.front(user="gone"), self.direct(user="gone")
        self.warm(front, text)
        self.assertEqual(self.outcome(direct, text), [("10",)])
        self.database.sql("DROP USER 'gone'@'%'")
        left = self.outcome(direct, text)
        self.until(lambda: self.outcome(front, text) == left, f"another answer than {left}")
        for _ in range(10):
            self.assertEqual(self.outcome(front, text), left)
        with self.assertRaises(ServerError) as refused:
            self.front(user="gone")
        self.assertEqual(refused.exception.number, 1045)
        self.database.sql(make)
        self.addCleanup(self.database.sql, "DROP USER 'gone'@'%'")
        anew = self.front(user="gone")
        for _ in range(5):
            self.assertEqual(self.outcome(anew, text), 1142)
        self.database.sql("GRANT SELECT ON keyed.t TO 'gone'@'%'")
        self.until(lambda: self.outcome(anew, text) == [("10",)], "the right is not found given")
        self.database.sql("UPDATE keyed.t SET v = 11 WHERE id = 1")
        self.until(lambda: self.outcome(anew, text) == [("11",)], "an old row")

    def test_without_autocommit_the_first_read_is_what_is_read(self):
        front = self.front()
        self.warm(front, "SELECT v FROM t WHERE id = 1")
        front.query("SET autocommit = 0")
        for _ in range(2):
            self.assertEqual(front.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
        self.database.sql("UPDATE keyed.t SET v = 11 WHERE id = 1")
        other = self.front()
        self.until(lambda: other.rows("SELECT v FROM t WHERE id = 1") == [("11",)], "the change is not seen")
        self.warm(other, "SELECT v FROM t WHERE id = 1")
        self.assertEqual(front.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
        front.query("COMMIT")
        self.assertEqual(front.rows("SELECT v FROM t WHERE id = 1"), [("11",)])

    def test_an_xa_transaction_is_one_and_ends(self):
        front, other = self.front(), self.front()
        text = "SELECT v FROM t WHERE id = 1"
        self.warm(front, text)
        for end in ("XA COMMIT 'a'", "XA ROLLBACK 'a'", "XA COMMIT 'a' ONE PHASE"):
            for step in ("XA START 'a'", "UPDATE t SET v = v + 1 WHERE id = 1", text, "XA END 'a'", text):
                front.query(step)
            self.assertEqual(self.outcome(front, text), 1399, "between its end and its commit nothing may be read")
            mine = self.outcome(other, text)
            if "ONE" not in end:
                front.query("XA PREPARE 'a'")
            self.assertEqual(self.outcome(other, text), mine)
            self.assertEqual(front.query(end)[0][1][0], 0)
            committed = [(str(int(mine[0][0]) + ("ROLLBACK" not in end)),)]
            self.assertEqual(self.outcome(front, text), committed)
            self.warm(front, text)
            self.assertEqual(self.outcome(front, text), committed)
        for n in range(100, 200):
            for step in ("XA START 'b'", f"UPDATE t SET v = {n} WHERE id = 1", "XA END 'b'", "XA PREPARE 'b'", "XA COMMIT 'b'"):
                self.assertEqual(front.query(step)[0][1][0], 0, step)
            self.assertEqual(front.rows(text), [(str(n),)])


class OnMariaDB(Keys, unittest.TestCase):
    make = MariaDB
    unknown_setting = "SET in_predicate_conversion_threshold = 2"

    def test_what_is_analysed_by_a_procedure_is_not_kept(self):
        front, direct = self.front(), self.direct()
        text = "SELECT v FROM t PROCEDURE ANALYSE()"
        self.warm(front, "SELECT v FROM t")
        before = self.hits()
        for _ in range(4):
            self.assertEqual(front.query(text), direct.query(text))
        self.assertEqual(self.hits(), before)

    def test_a_table_that_is_replaced_is_another(self):
        self.database.sql("CREATE OR REPLACE TABLE keyed.again (v INT) AS SELECT 1 AS v")
        front = self.front()
        self.warm(front, "SELECT v FROM again")
        self.database.sql("CREATE OR REPLACE TABLE keyed.again (v INT) AS SELECT 2 AS v")
        self.until(lambda: front.rows("SELECT v FROM again") == [("2",)], "still the old table")

    def test_flags_behind_a_function_of_another_schema(self):
        """The server runs it within that schema, and says that it went there and back."""
        self.database.sql("SET GLOBAL log_bin_trust_function_creators = 1; CREATE OR REPLACE FUNCTION elsewhere.one() RETURNS INT DETERMINISTIC RETURN 1;"
                          "CREATE OR REPLACE FUNCTION keyed.two() RETURNS INT DETERMINISTIC RETURN 2")
        for capabilities in (0, DEPRECATE_EOF, SESSION_TRACK, SESSION_TRACK | DEPRECATE_EOF):
            front, direct = self.front(capabilities=capabilities), self.direct(capabilities=capabilities)
            for text in ["SELECT v FROM t", "SELECT elsewhere.one()", "SELECT v, elsewhere.one() FROM t", "SELECT two()", "SELECT keyed.two(), v FROM t",
                         "SELECT `elsewhere`.`one`() + two()", "SELECT v FROM t"] * 2:
                self.assertEqual(front.query(text), direct.query(text), (text, capabilities))


class OnMySQL(Keys, unittest.TestCase):
    make = MySQL
    unknown_setting = "SET select_into_buffer_size = 262144"


class LowerCaseNames(Beside):
    """lower_case_table_names = 1: names of tables and schemas in any letters are one."""

    options = ("--lower-case-table-names=1",)
    schema = ("CREATE DATABASE Mixed; CREATE USER 'keyed'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'keyed'@'%'; GRANT SHOW VIEW ON *.* TO 'sabil'@'%';"
              "CREATE TABLE Mixed.Parent (id INT PRIMARY KEY, v INT);"
              "CREATE TABLE MIXED.CHILD (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES Mixed.pArent (id) ON DELETE CASCADE);"
              "CREATE VIEW mixed.Seen AS SELECT V FROM mixed.PARENT;")
    database_name = "Mixed"

    def test_a_change_under_any_name_is_seen_under_any(self):
        front, direct = self.front(), self.direct()
        reads = ["SELECT v FROM PARENT WHERE id = 1", "SELECT v FROM mixed.parent", "SELECT V FROM Mixed.PaRent p WHERE P.id = 1", "SELECT v FROM SEEN", "SELECT p FROM Child",
                 "SELECT c.p FROM PARENT a JOIN child C ON c.p = A.id WHERE a.id = 1"]
        changes = ["UPDATE Parent SET v = v + 1", "UPDATE MIXED.PARENT SET v = v + 1 WHERE ID = 1", "UPDATE mixed.SEEN SET v = v + 1", "DELETE FROM pARENT WHERE id = 1",
                   "TRUNCATE Mixed.CHILD", "ALTER TABLE PArent ADD COLUMN w INT", "RENAME TABLE parENT TO Other, OTHER TO Parent"]
        for own in (True, False):
            for change in changes:
                self.database.sql("DELETE FROM mixed.child; DELETE FROM mixed.parent; INSERT INTO mixed.parent (id, v) VALUES (1, 10); INSERT INTO mixed.child VALUES (5, 1)")
                kept = [f"{read.replace('SELECT ', f'SELECT {len(change)} AS n{own}, ')} -- {change}" for read in reads]
                for read in kept:
                    self.warm(front, read)
                if own:
                    self.assertEqual(front.query(change)[0][1][0], 0, change)
                else:
                    self.database.sql(f"USE mixed; {change}")
                for read in kept:
                    after = self.outcome(direct, read)
                    if own:
                        self.assertEqual(self.outcome(front, read), after, (change, read))
                    self.until(lambda: self.outcome(front, read) == after, f"{change}: {read}: not {after}")
                self.database.sql("ALTER TABLE mixed.parent DROP COLUMN w" if "ADD" in change else "SELECT 1")


class LowerCaseOnMariaDB(LowerCaseNames, unittest.TestCase):
    make = MariaDB


class LowerCaseMySQL(MySQL):
    """It must be so from the beginning."""

    def program(self):
        return [*super().program(), *LowerCaseNames.options]


class LowerCaseOnMySQL(LowerCaseNames, unittest.TestCase):
    make = LowerCaseMySQL
    options = ()


class TwoNames(Beside, unittest.TestCase):
    """lower_case_table_names = 0: names in other letters are others."""

    make = MariaDB
    schema = ("CREATE DATABASE keyed; CREATE DATABASE KEYED; CREATE USER 'keyed'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'keyed'@'%';"
              "CREATE TABLE keyed.t (v INT); CREATE TABLE keyed.T (v INT); CREATE TABLE KEYED.t (v INT);"
              "INSERT INTO keyed.t VALUES (1); INSERT INTO keyed.T VALUES (2); INSERT INTO KEYED.t VALUES (3);")

    def test_each_has_its_own_rows(self):
        front = self.front()
        values = {"t": 1, "T": 2, "KEYED.t": 3}
        for _ in range(3):
            for name in values:
                self.warm(front, f"SELECT v FROM {name}")
                self.assertEqual(front.rows(f"SELECT v FROM {name}"), [(str(values[name]),)])
            for name in values:
                values[name] += 10
                front.query(f"UPDATE {name} SET v = {values[name]}")
                for other, value in values.items():
                    self.assertEqual(front.rows(f"SELECT v FROM {other}"), [(str(value),)], other)


if __name__ == "__main__":
    unittest.main()
