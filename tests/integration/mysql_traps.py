"""What a transparent cache gets wrong first: privileges, own writes, sessions that end, clients that do not read, a server
that is away. Run: python3 -m tests.integration.mysql_traps"""
import os
import signal
import socket
import threading
import time
import unittest

from tests.integration._mysql_wire import (DEPRECATE_EOF, FOUND_ROWS, SESSION_TRACK, Connection, ServerError)
from tests.support.servers import MariaDB, MySQL, Sabil


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Traps:
    server_has_tls = False
    cache = 'default_ttl = "1h"'

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE trap; CREATE TABLE trap.t (id INT PRIMARY KEY, v INT);"
                         "CREATE TABLE trap.secret (id INT PRIMARY KEY, v INT); INSERT INTO trap.secret VALUES (1, 1);"
                         "CREATE USER 'trap'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'trap'@'%';"
                         "CREATE USER 'weak'@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON trap.t TO 'weak'@'%';")
        cls.sabil = Sabil(mysql=cls.database, database="trap", cache=cls.cache).__enter__()
        cls.addClassCleanup(cls.sabil.close)
        for n in range(5):
            cls.database.sql(f"INSERT INTO trap.t VALUES ({n + 100}, {n})")

    def setUp(self):
        self.database.sql("DELETE FROM trap.t; INSERT INTO trap.t VALUES (1, 10), (2, 20)")

    def front(self, user="trap", capabilities=DEPRECATE_EOF, **options):
        connection = Connection(self.sabil.mysql_port, user, "pw", "trap", capabilities, **options)
        self.addCleanup(connection.close)
        return connection

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)

    def warm(self, connection, text):
        """Runs it until it is answered from memory."""
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            before = self.hits()
            rows = connection.rows(text)
            if self.hits() > before:
                return rows
            time.sleep(0.05)
        told = {k: v for k, v in self.sabil.metrics().items() if v and ("bypass_total" in k or "fills_total" in k or "invalid" in k)}
        self.fail(f"never a hit: {text}: {told}")

    def test_a_change_made_elsewhere_is_seen(self):
        c = self.front()
        text = "SELECT v FROM t WHERE id = 1"
        for n in range(5):
            self.assertEqual(self.warm(c, text), [(str(10 + n),)])
            self.database.sql("UPDATE trap.t SET v = v + 1 WHERE id = 1")
            limit = time.monotonic() + 3
            while c.rows(text) != [(str(11 + n),)]:
                self.assertLess(time.monotonic(), limit, "still the old value")

    def test_own_writes_are_seen_at_once(self):
        for capabilities in (0, DEPRECATE_EOF, DEPRECATE_EOF | SESSION_TRACK | FOUND_ROWS):
            c = self.front(capabilities=capabilities)
            for n in range(100):
                c.query(f"UPDATE t SET v = {n} WHERE id = 2")
                self.assertEqual(c.rows("SELECT v FROM t WHERE id = 2"), [(str(n),)])
                c.query("BEGIN")
                c.query(f"UPDATE t SET v = {n + 1000} WHERE id = 2")
                self.assertEqual(c.rows("SELECT v FROM t WHERE id = 2"), [(str(n + 1000),)])
                c.query("COMMIT" if n % 2 else "ROLLBACK")
                self.assertEqual(c.rows("SELECT v FROM t WHERE id = 2"), [(str(n + 1000 if n % 2 else n),)])

    def test_another_account_gets_no_hit_it_has_no_right_to(self):
        self.warm(self.front(), "SELECT v FROM secret")
        weak = self.front(user="weak")
        with self.assertRaises(ServerError) as refused:
            weak.rows("SELECT v FROM secret")
        self.assertEqual(refused.exception.number, 1142)

    def test_a_right_taken_away_is_gone(self):
        weak = self.front(user="weak")
        self.warm(weak, "SELECT v FROM t")
        self.database.sql("REVOKE SELECT ON trap.t FROM 'weak'@'%'")
        try:
            limit = time.monotonic() + 5
            while True:
                try:
                    weak.rows("SELECT v FROM t")
                except ServerError as refused:
                    self.assertEqual(refused.number, 1142)
                    break
                self.assertLess(time.monotonic(), limit, "still served")
                time.sleep(0.02)
        finally:
            self.database.sql("GRANT SELECT ON trap.t TO 'weak'@'%'")

    def test_an_uncommitted_change_is_nobody_elses(self):
        writer, reader = self.front(), self.front()
        self.warm(reader, "SELECT v FROM t WHERE id = 1")
        writer.query("BEGIN")
        writer.query("UPDATE t SET v = 99 WHERE id = 1")
        for _ in range(20):
            self.assertEqual(writer.rows("SELECT v FROM t WHERE id = 1"), [("99",)])
            self.assertEqual(reader.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
        writer.query("ROLLBACK")
        self.assertEqual(reader.rows("SELECT v FROM t WHERE id = 1"), [("10",)])

    def test_a_snapshot_stays_what_it_was(self):
        c = self.front()
        self.warm(c, "SELECT v FROM t WHERE id = 1")
        c.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        c.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        self.database.sql("UPDATE trap.t SET v = 77 WHERE id = 1")
        time.sleep(0.3)
        self.warm(self.front(), "SELECT v FROM t WHERE id = 1")
        self.assertEqual(c.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
        c.query("COMMIT")

    def test_an_idle_session_that_lives_on_hits_is_not_closed(self):
        c = self.front()
        c.query("SET SESSION wait_timeout = 3")
        self.warm(c, "SELECT v FROM t WHERE id = 1")
        until = time.monotonic() + 7
        while time.monotonic() < until:
            c.rows("SELECT v FROM t WHERE id = 1")
            time.sleep(0.2)
        self.assertEqual(c.rows("SELECT @@wait_timeout"), [("3",)])

    def test_an_idle_session_is_closed_when_the_server_closes_it(self):
        c = self.front()
        c.query("SET SESSION wait_timeout = 1")
        c.socket.settimeout(6)
        c.buffer = b""
        data = b"x"
        while data:
            data = c.socket.recv(4096)  # an error packet of newer servers, then the end

    def test_kill_reaches_the_right_connection(self):
        victim, killer = self.front(), self.front()
        self.assertEqual(victim.rows("SELECT CONNECTION_ID()"), [(str(victim.thread_id),)])
        answers = []
        thread = threading.Thread(target=lambda: answers.append(victim.query("SELECT SLEEP(20)")))
        began = time.monotonic()
        thread.start()
        time.sleep(0.3)
        killer.query(f"KILL QUERY {victim.thread_id}")
        thread.join(10)
        self.assertLess(time.monotonic() - began, 10)
        self.assertTrue(answers)
        killer.query(f"KILL {victim.thread_id}")
        with self.assertRaises((EOFError, OSError, ServerError)):
            for _ in range(3):
                victim.rows("SELECT 1")
                time.sleep(0.2)

    def test_a_killed_session_ends_at_once_though_idle(self):
        """A client that finds its connection closed may connect anew unasked; one that has already sent may not."""
        victim, killer = self.front(), self.front()
        victim.rows("SELECT v FROM t")
        killer.query(f"KILL {victim.thread_id}")
        victim.socket.settimeout(2)
        while victim.socket.recv(4096):
            pass

    def test_a_refused_change_of_user_ends_as_on_the_server(self):
        def outcome(port):
            c = Connection(port, "trap", "pw", "trap", DEPRECATE_EOF)
            self.addCleanup(c.close)
            told = []
            for user, password in (("trap", "wrong"), ("trap", "pw"), ("weak", "pw")):
                try:
                    c.change_user(user, password, "trap")
                    told.append(c.rows("SELECT CURRENT_USER(), v FROM t WHERE id = 1"))
                except ServerError as error:
                    told.append(error.number)
                except (EOFError, OSError):
                    told.append("closed")
            return told
        self.assertEqual(outcome(self.database.port), outcome(self.sabil.mysql_port))

    def test_a_client_that_does_not_read_holds_a_bounded_buffer(self):
        c = self.front()
        c.rows("SELECT 1 FROM t")
        before = rss_bytes(self.sabil.pid)
        slow = [self.front() for _ in range(8)]
        for s in slow:
            s.send(b"\x03SELECT REPEAT('x', 1000000) FROM t a, t b, t c, t d, t e, t f")  # 64 MB each
        time.sleep(2)
        self.assertLess(rss_bytes(self.sabil.pid) - before, 64 << 20)
        self.assertEqual(c.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
        self.assertEqual(len(slow[0].results()), 64 + 3)

    def test_a_client_that_leaves_takes_its_session_along(self):
        for cut in range(20):
            s = socket.create_connection(("127.0.0.1", self.sabil.mysql_port))
            s.recv(10)
            s.close()
            c = Connection(self.sabil.mysql_port, "trap", "pw", "trap")
            c.send(b"\x03SELECT SLEEP(0.2)" if cut % 2 else b"\x03SELECT v FROM t")
            c.close()
        limit = time.monotonic() + 10
        while self.sabil.metrics()['sabil_connections{face="mysql"}'] > 0:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.1)

    def test_a_wrong_password_is_the_servers_own_error(self):
        def refused(port):
            with self.assertRaises(ServerError) as error:
                Connection(port, "trap", "wrong", "trap")
            return error.exception.packet
        self.assertEqual(refused(self.database.port), refused(self.sabil.mysql_port))

    def test_logins_over_tls_and_in_the_open(self):
        for tls in (False, True):
            for _ in range(2):
                c = self.front(tls=tls)
                self.assertEqual(c.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
                direct = Connection(self.database.port, "trap", "pw", "trap", DEPRECATE_EOF, tls=tls) if self.server_has_tls else c
                self.addCleanup(direct.close)
                ciphers = [len(one.rows("SHOW STATUS LIKE 'Ssl_cipher'")[0][1]) > 0 for one in (c, direct)]
                self.assertEqual(ciphers, [tls and self.server_has_tls] * 2)

    def test_pages_and_their_counts_come_from_memory(self):
        """SELECT SQL_CALC_FOUND_ROWS and SELECT FOUND_ROWS(): the count belongs to the statement before it, whoever filled it."""
        page, count = "SELECT SQL_CALC_FOUND_ROWS v FROM t ORDER BY id LIMIT 1", "SELECT FOUND_ROWS()"
        a, b = self.front(), self.front()
        limit = time.monotonic() + 10
        served = 0
        while served < 2 and time.monotonic() < limit:
            before = self.hits()
            for c in (a, b):
                self.assertEqual((c.rows(page), c.rows(count)), ([("10",)], [("2",)]))
            served = self.hits() - before
            if self.dialect == "mysql":
                break  # it warns that the words are deprecated: such results are not kept
        if self.dialect != "mysql":
            self.assertGreaterEqual(served, 2)
        self.database.sql("INSERT INTO trap.t VALUES (3, 30)")
        limit = time.monotonic() + 3
        while (a.rows(page), a.rows(count))[1] != [("3",)]:
            self.assertLess(time.monotonic(), limit, "an old count")
        for c in (b, a, b):
            c.rows(page)
            self.assertEqual((c.rows(count), c.rows(count)), ([("3",)], [("1",)]))
            c.rows("SELECT SQL_CALC_FOUND_ROWS v FROM t WHERE id < 3 LIMIT 1")
            self.assertEqual(c.rows(count), [("2",)])
            c.rows(page)
            c.rows("SELECT v FROM t LIMIT 2")
            self.assertEqual(c.rows(count), [("2",)])
            c.rows(page)
            c.simple(b"\x02trap")
            c.query("SET @a = 1")
            self.assertEqual(c.rows(count), [("3",)])

    def test_zz_a_server_that_is_away_is_said_so(self):
        c = self.front()
        self.database.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with self.assertRaises((ServerError, EOFError, OSError)):
                Connection(self.sabil.mysql_port, "trap", "pw", "trap", limit_s=60)
            self.assertLess(time.monotonic() - began, 45)
        finally:
            self.database.process.send_signal(signal.SIGCONT)
        self.assertEqual(c.rows("SELECT v FROM t WHERE id = 1"), [("10",)])
        self.database.stop(signal.SIGKILL)
        with self.assertRaises((EOFError, OSError, ServerError)):
            c.rows("SELECT v + 1 FROM t WHERE id = 1")
        with self.assertRaises(ServerError) as error:
            Connection(self.sabil.mysql_port, "trap", "pw", "trap")
        self.assertEqual(error.exception.number, 2003)
        self.assertIn(str(self.database.port).encode(), error.exception.packet)
        self.database.restart()
        self.assertEqual(self.front().rows("SELECT v FROM t WHERE id = 1"), [("10",)])


class OnMariaDB(Traps, unittest.TestCase):
    make = MariaDB
    dialect = "mariadb"


class OnMySQL(Traps, unittest.TestCase):
    server_has_tls = True
    make = MySQL
    dialect = "mysql"

    def test_a_tls_session_with_the_server_is_resumed(self):
        def resumed():
            return int(self.database.sql("SHOW GLOBAL STATUS LIKE 'Ssl_session_cache_hits'").split()[1])
        with Sabil(mysql=self.database, database="trap", arguments=["--mysql.tls", "required"]) as sabil:
            def look():
                connection = Connection(sabil.mysql_port, "trap", "pw", "trap", DEPRECATE_EOF)
                self.assertNotEqual(connection.rows("SHOW STATUS LIKE 'Ssl_cipher'")[0][1], "")
                connection.close()
            look()
            before = resumed()
            for _ in range(5):
                look()
            self.assertGreaterEqual(resumed() - before, 5)


class UntilWrite(unittest.TestCase):
    """transactions = "until-write": what programs with autocommit off need."""

    def test_hits_until_the_first_write(self):
        with MariaDB() as database:
            database.sql("CREATE DATABASE trap; CREATE TABLE trap.t (id INT PRIMARY KEY, v INT); INSERT INTO trap.t VALUES (1, 10);"
                         "CREATE USER 'trap'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'trap'@'%';")
            with Sabil(mysql=database, database="trap", cache='transactions = "until-write"') as sabil:
                c = Connection(sabil.mysql_port, "trap", "pw", "trap", DEPRECATE_EOF)
                hits = lambda: sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)
                c.query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                c.query("SET autocommit = 0")
                limit = time.monotonic() + 10
                while hits() == 0:
                    c.rows("SELECT v FROM t")
                    c.query("COMMIT")
                    self.assertLess(time.monotonic(), limit)
                    time.sleep(0.05)
                before = hits()
                packets = c.query("SELECT v FROM t")
                self.assertEqual(hits(), before + 1)
                self.assertEqual(Connection.ok_status(packets[-1][1]) & 3, 1, "in a transaction, autocommit off")
                c.query("UPDATE t SET v = 11")
                self.assertEqual(c.rows("SELECT v FROM t"), [("11",)])
                self.assertEqual(hits(), before + 1)
                c.query("ROLLBACK")
                self.assertEqual(c.rows("SELECT v FROM t"), [("10",)])
                c.query("COMMIT")
                c.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                c.query("COMMIT")
                before = hits()
                for _ in range(3):
                    self.assertEqual(c.rows("SELECT v FROM t"), [("10",)])
                database.sql("UPDATE trap.t SET v = 12")
                other = Connection(sabil.mysql_port, "trap", "pw", "trap", DEPRECATE_EOF)
                limit = time.monotonic() + 5
                while other.rows("SELECT v FROM t") != [("12",)]:
                    self.assertLess(time.monotonic(), limit)
                self.assertEqual(c.rows("SELECT v FROM t"), [("10",)], "the snapshot of its first read")
                other.close()
                c.close()


class WriteAckApplied(unittest.TestCase):
    """write_ack = "applied": after the OK every session reads the write."""

    def test_every_session_sees_an_acknowledged_write(self):
        with MariaDB() as database:
            database.sql("CREATE DATABASE trap; CREATE TABLE trap.t (id INT PRIMARY KEY, v INT); INSERT INTO trap.t VALUES (1, 0);"
                         "CREATE USER 'trap'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'trap'@'%';")
            with Sabil(mysql=database, database="trap", cache='write_ack = "applied"') as sabil:
                writer, reader = (Connection(sabil.mysql_port, "trap", "pw", "trap", DEPRECATE_EOF) for _ in range(2))
                # A table's first statements pass through until its definition is known.
                until = time.monotonic() + 10
                while not sabil.metrics()['sabil_hits_total{face="mysql"}'] and time.monotonic() < until:
                    reader.rows("SELECT v FROM t WHERE id = 1")
                    time.sleep(0.05)
                for n in range(1, 300):
                    self.assertEqual(writer.query(f"UPDATE t SET v = {n} WHERE id = 1")[0][1][0], 0)
                    self.assertEqual(reader.rows("SELECT v FROM t WHERE id = 1"), [(str(n),)])
                    self.assertEqual(reader.rows("SELECT v FROM t WHERE id = 1"), [(str(n),)])
                told = {k: v for k, v in sabil.metrics().items() if v and ("_total{face" in k or "invalid" in k)}
                self.assertGreater(told['sabil_hits_total{face="mysql"}'], 100, told)


if __name__ == "__main__":
    unittest.main()
