"""Clients and servers that do not behave, on the MySQL port: those who leave in the middle, queries that are killed while
they fill the cache, a thousand idle sessions, a server that restarts, random bytes. Each time the next client must be
served, and right. Run: python3 -m tests.integration.mysql_adversity"""
import random
import socket
import struct
import threading
import time
import unittest

from tests.integration._mysql_wire import DEPRECATE_EOF, SESSION_TRACK, Connection, ServerError
from tests.support.servers import MariaDB, MySQL, Sabil

SCHEMA = """
CREATE DATABASE hard;
CREATE TABLE hard.plain (id INT PRIMARY KEY, a VARCHAR(50));
INSERT INTO hard.plain VALUES (1,'one'),(2,'two'),(3,'three');
CREATE TABLE hard.big (id INT PRIMARY KEY, pad VARCHAR(200));
INSERT INTO hard.big VALUES (0, REPEAT('x', 150));
CREATE USER hard@'%' IDENTIFIED BY 'pw';
GRANT ALL ON *.* TO hard@'%';
"""
# Takes the server seconds, and may be kept.
SLOW = "SELECT COUNT(*), SUM(LENGTH(CONCAT(a.pad, b.pad))) FROM big a JOIN big b ON a.pad <= b.pad"


def eventually(condition, limit_s=20):
    until = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class Adversity:
    @classmethod
    def setUpClass(cls):
        cls.database = cls.make(options=["--max-connections=1200"]).__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(SCHEMA)
        for power in range(12):
            cls.database.sql(f"INSERT INTO hard.big SELECT id + {1 << power}, CONCAT(pad, id % 10) FROM hard.big")
        cls.sabil = Sabil(mysql=cls.database, database="hard").__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.admin = Connection(cls.database.port, "hard", "pw", "hard", DEPRECATE_EOF)

    def front(self, capabilities=DEPRECATE_EOF, **options):
        connection = Connection(self.sabil.mysql_port, "hard", "pw", "hard", capabilities, **options)
        self.addCleanup(connection.close)
        return connection

    def metric(self, name):
        return self.sabil.metrics().get(name, 0)

    def server_threads(self):
        return [int(row[0]) for row in self.admin.rows("SELECT id FROM information_schema.processlist WHERE user = 'hard' "
                                                       "AND id <> CONNECTION_ID()")]

    def running(self):
        return self.admin.rows("SELECT id FROM information_schema.processlist WHERE user = 'hard' AND info LIKE 'SELECT COUNT(*), SUM%' "
                               "AND id <> CONNECTION_ID()")

    def still_serves(self):
        self.assertEqual(self.front().rows("SELECT a FROM plain ORDER BY id"), [("one",), ("two",), ("three",)])

    def test_a_client_that_leaves_in_the_middle_of_a_fill(self):
        """What came of its answer is not kept as if it were the answer; who waited for the same fill asks by himself."""
        text = "SELECT id, pad FROM big ORDER BY id DESC"
        whole = Connection(self.database.port, "hard", "pw", "hard", DEPRECATE_EOF).rows(text)
        for _ in range(10):
            leaver, waiter = self.front(), self.front()
            leaver.send(b"\x03" + text.encode())
            waiter.send(b"\x03" + text.encode())
            leaver.socket.recv(100)
            leaver.close()
            self.assertEqual(len(waiter.results()), len(whole) + 4)
        self.assertEqual(self.front().rows(text), whole)
        self.assertEqual(self.front().rows(text), whole)

    def test_a_kill_while_it_fills(self):
        """The client hears what the server says of it; nothing of it is kept."""
        stored = self.metric('sabil_fills_total{face="mysql",outcome="stored"}')
        for _ in range(2):
            front = self.front()
            front.query("SELECT a FROM plain WHERE id = 1")
            front.send(b"\x03" + SLOW.encode())
            self.assertTrue(eventually(self.running), "the query runs")
            self.admin.query(f"KILL QUERY {self.running()[0][0]}")
            packets = front.results()
            self.assertEqual(packets[-1][1][0], 0xFF)
            self.assertEqual(struct.unpack_from("<H", packets[-1][1], 1)[0], 1317)
            self.assertEqual(front.rows("SELECT 7"), [("7",)], "the session lives on")
        self.assertLessEqual(self.metric('sabil_fills_total{face="mysql",outcome="stored"}') - stored, 1)

    def test_a_client_that_leaves_while_the_server_works(self):
        """Its connection to the server ends, as the server would end it."""
        front = self.front()
        front.send(b"\x03" + SLOW.encode())
        self.assertTrue(eventually(self.running))
        thread = int(self.running()[0][0])
        front.close()
        self.admin.query(f"KILL QUERY {thread}")
        self.assertTrue(eventually(lambda: thread not in self.server_threads()), "the server's connection is left behind")
        self.still_serves()

    def test_a_client_that_leaves_without_a_word(self):
        """Its last command and its end come in one packet: nothing may wait for more."""
        for last in (b"\x03SELECT a FROM plain WHERE id = 1", b"\x0e", b"\x19\x01\0\0\0", b"\x03SET @a = 1"):
            front = self.front()
            thread = front.thread_id
            front.query("SELECT a FROM plain WHERE id = 1")
            self.assertIn(thread, self.server_threads())
            front.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            front.send(last)
            front.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(eventually(lambda: thread not in self.server_threads()), last)

    def test_a_thousand_idle_sessions(self):
        """They cost memory that is bounded, and keep nobody from being served."""
        def resident_kb():
            with open(f"/proc/{self.sabil.pid}/status") as f:
                return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        self.still_serves()
        before = resident_kb()
        sessions = []

        def log_in(count):
            for _ in range(count):
                connection = Connection(self.sabil.mysql_port, "hard", "pw", "hard", DEPRECATE_EOF)
                connection.query("SELECT a FROM plain WHERE id = 1")
                sessions.append(connection)
        threads = [threading.Thread(target=log_in, args=(125,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(sessions), 1000)
        self.still_serves()
        # Buffers are given back after a moment of rest; the allocator keeps a part.
        eventually(lambda: resident_kb() - before < 1000 * 32, 5)
        self.assertLess(resident_kb() - before, 1000 * 64, "KB for 1,000 sessions at rest")
        for i in range(0, 1000, 50):
            self.assertEqual(sessions[i].rows("SELECT a FROM plain WHERE id = 2"), [("two",)])
        for session in sessions:
            session.close()
        self.assertTrue(eventually(lambda: self.metric('sabil_connections{face="mysql"}') <= 4), "sessions stay behind")

    def test_random_bytes(self):
        """After the login anything may come: the session ends or goes on, the port does not notice."""
        generator = random.Random(5)
        for i in range(150):
            front = self.front(limit_s=5)
            size = generator.choice((0, 1, 3, 4, 5, 9, 40, 5000))
            junk = bytes(generator.randrange(256) for _ in range(size))
            if i % 3:
                command = generator.randrange(256)
                while command in (0x08, 0x12, 0x1E, 0x20):  # shutdown, and streams that never end
                    command = generator.randrange(256)
                junk = struct.pack("<I", len(junk) + 1)[:3] + b"\0" + bytes([command]) + junk
            front.socket.sendall(junk)
            front.socket.shutdown(socket.SHUT_WR)
            try:
                while front.socket.recv(1 << 16):
                    pass
            except (TimeoutError, ConnectionError):
                pass
            front.close()
        self.still_serves()
        self.assertTrue(eventually(lambda: self.metric('sabil_connections{face="mysql"}') <= 2), "sessions stay behind")

    def test_commands_of_no_bytes_and_unknown_ones_end_as_on_the_server(self):
        for raw in (b"\0\0\0\0", b"\x01\0\0\0\x77", b"\x01\0\0\0\x05", b"\x01\0\0\x05\x0e"):
            answers = []
            for port in (self.database.port, self.sabil.mysql_port):
                connection = Connection(port, "hard", "pw", "hard", DEPRECATE_EOF, limit_s=5)
                connection.socket.sendall(raw + b"\x01\0\0\0\x0e\x01\0\0\0\x01")
                got = b""
                try:
                    while part := connection.socket.recv(1 << 16):
                        got += part
                except ConnectionError:
                    pass
                answers.append(got)
                connection.close()
            self.assertEqual(answers[0], answers[1], raw)

    def test_variables_that_change_between_hits(self):
        """Two sessions that are never alike for long, beside the server itself."""
        generator = random.Random(7)
        changes = ["SET NAMES latin1", "SET NAMES utf8mb4", "SET time_zone = '+03:00'", "SET time_zone = 'SYSTEM'", "SET sql_mode = ''",
                   "SET sql_mode = 'ANSI_QUOTES'", "SET sql_select_limit = 2", "SET sql_select_limit = DEFAULT", "BEGIN", "COMMIT",
                   "SET character_set_results = NULL", "USE hard", "SET @x = 1", "SET group_concat_max_len = 5",
                   "SET group_concat_max_len = 1024"]
        reads = ["SELECT id, a FROM plain ORDER BY id", "SELECT \"a\" FROM plain ORDER BY id", "SELECT GROUP_CONCAT(a ORDER BY id) FROM plain",
                 "SELECT 'é', a FROM plain WHERE id = 1", "SELECT FOUND_ROWS()", "SELECT @x", "SHOW WARNINGS"]
        track = DEPRECATE_EOF | SESSION_TRACK
        pairs = [(Connection(self.database.port, "hard", "pw", "hard", track), self.front(track)) for _ in range(2)]
        hits = self.metric('sabil_hits_total{face="mysql"}')
        in_transaction = False
        for i in range(600):
            text = generator.choice(changes if i % 4 == 0 else reads)
            if text == "BEGIN" and in_transaction:
                text = "COMMIT"
            in_transaction = text == "BEGIN" or in_transaction and text != "COMMIT"
            for direct, through in pairs:
                expected, got = direct.query(text), through.query(text)
                if text.startswith("SET") or text.startswith("USE"):  # reports come in any order
                    expected, got = [sorted(p[1]) for p in expected], [sorted(p[1]) for p in got]
                self.assertEqual(expected, got, f"{i}: {text}")
        self.assertGreater(self.metric('sabil_hits_total{face="mysql"}') - hits, 50)

    def test_zz_the_server_restarts_in_the_middle(self):
        """Sessions end with their server connections; new ones are served, with what the tables hold by then."""
        idle, busy = self.front(), self.front()
        idle.query("SELECT a FROM plain WHERE id = 3")
        stop = threading.Event()
        errors = []

        def reads():
            try:
                while not stop.is_set():
                    busy.query("SELECT a FROM plain WHERE id = 3")
            except (EOFError, OSError) as error:
                errors.append(error)
        reader = threading.Thread(target=reads)
        reader.start()
        self.database.restart()
        self.assertRaises((EOFError, OSError, ServerError), lambda: idle.rows("SELECT 1"))
        reader.join(20)
        stop.set()
        self.assertFalse(reader.is_alive())
        self.assertEqual(len(errors), 1)
        self.database.sql("UPDATE hard.plain SET a = 'THREE' WHERE id = 3")

        def reads_anew():
            try:
                return self.front().rows("SELECT a FROM plain WHERE id = 3") == [("THREE",)]
            except (EOFError, OSError, ServerError):
                return False
        self.assertTrue(eventually(reads_anew))
        self.database.sql("UPDATE hard.plain SET a = 'three' WHERE id = 3")
        type(self).admin = Connection(self.database.port, "hard", "pw", "hard", DEPRECATE_EOF)


class OnMariaDB(Adversity, unittest.TestCase):
    make = MariaDB


class OnMySQL(Adversity, unittest.TestCase):
    make = MySQL


if __name__ == "__main__":
    unittest.main()
