"""Truncated, oversized and random bytes on each port: a clear error or a closed connection, never a crash, a hang or
memory that grows with what was claimed. Run: python3 -m tests.integration.bad_input"""
import os
import random
import socket
import struct
import unittest

from tests.support.servers import ROOT, MariaDB, Sabil

SEED = int(os.environ.get("SABIL_TEST_SEED", "20260101"))


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def exchange(port, data, limit_s=2.0, half_close=True, size=1 << 16):
    """Sends what the peer takes, then reads until it closes, has nothing more to say, or the limit passes."""
    with socket.create_connection(("127.0.0.1", port), timeout=limit_s) as s:
        try:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        s.settimeout(limit_s)
        received = b""
        try:
            while len(received) < size:
                part = s.recv(size)
                if not part:
                    break
                received += part
        except OSError:
            pass
        return received


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDB().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.load(os.path.join(ROOT, "tests", "site", "news.sql"))
        cls.sabil = Sabil(mysql=cls.database).__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def tearDown(self):
        self.assertIsNone(self.sabil.process.poll(), self.sabil.log_tail())
        self.assertEqual(exchange(self.sabil.port, b"PING\r\n"), b"+PONG\r\n")
        self.assertLess(rss_bytes(self.sabil.pid), 700 << 20)

    def test_resp_protocol_errors(self):
        cases = {
            b"*abc\r\n": b"-ERR Protocol error: invalid multibulk length\r\n",
            b"*99999999999\r\n": b"-ERR Protocol error: invalid multibulk length\r\n",
            b"*1\r\n$-5\r\n": b"-ERR Protocol error: invalid bulk length\r\n",
            b"*1\r\n$536870913\r\n": b"-ERR Protocol error: invalid bulk length\r\n",
            b"*1\r\n:1\r\n": b"-ERR Protocol error: expected '$', got ':'\r\n",
            b'SET a "unbalanced\r\n': b"-ERR Protocol error: unbalanced quotes in request\r\n",
            b"x" * 70000: b"-ERR Protocol error: too big inline request\r\n",
            b"*" + b"1" * 70000: b"-ERR Protocol error: too big mbulk count string\r\n",
        }
        for sent, expected in cases.items():
            self.assertEqual(exchange(self.sabil.port, sent, half_close=False), expected, sent[:60])

    def test_resp_truncated_at_every_byte(self):
        whole = b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n"
        for cut in range(len(whole)):
            self.assertEqual(exchange(self.sabil.port, whole[:cut]), b"", cut)
        self.assertEqual(exchange(self.sabil.port, whole), b"+OK\r\n")

    def test_resp_claims_do_not_take_memory(self):
        before = rss_bytes(self.sabil.pid)
        held = []
        for _ in range(64):
            s = socket.create_connection(("127.0.0.1", self.sabil.port))
            s.sendall(b"*1000000\r\n$500000000\r\nstart")
            held.append(s)
        self.assertEqual(exchange(self.sabil.port, b"PING\r\n"), b"+PONG\r\n")
        self.assertLess(rss_bytes(self.sabil.pid) - before, 128 << 20)
        for s in held:
            s.close()

    def random_bytes(self, port, rounds):
        rng = random.Random(SEED)
        for _ in range(rounds):
            data = rng.randbytes(rng.choice((1, 7, 100, 3000, 40000)))
            if rng.random() < 0.3:
                data = rng.choice((b"*3\r\n$3\r\n", b"\x01\x00\x00\x01", b"GET /metrics HTTP/1.1\r\n", b"\x00")) + data
            exchange(port, data, limit_s=1)

    def test_random_bytes_on_resp(self):
        self.random_bytes(self.sabil.port, 200)

    def test_random_bytes_on_mysql(self):
        self.random_bytes(self.sabil.mysql_port, 200)

    def test_random_bytes_on_http(self):
        self.random_bytes(self.sabil.http_port, 60)

    def test_mysql_login_cut_and_oversized(self):
        greeting = exchange(self.sabil.mysql_port, b"", half_close=False, size=1, limit_s=2)
        self.assertTrue(greeting)
        for length in (0, 1, 31, 32, 33, 0xFFFFFF):
            body = b"\x85\xa6\xff\x01" + b"\x00" * max(0, min(length, 5000) - 4)
            exchange(self.sabil.mysql_port, struct.pack("<I", length)[:3] + b"\x01" + body, limit_s=1)
        rng = random.Random(SEED)
        login = b"\x85\xa6\xff\x01\x00\x00\x00\x01\x21" + b"\x00" * 23 + b"site\x00\x14" + b"\x01" * 20 + b"news\x00"
        for _ in range(100):
            broken = bytearray(login)
            for _ in range(rng.randrange(1, 6)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            broken = bytes(broken[:rng.randrange(1, len(broken) + 1)])
            exchange(self.sabil.mysql_port, struct.pack("<I", len(broken))[:3] + b"\x01" + broken, limit_s=1)

    def test_http_limits(self):
        self.assertTrue(exchange(self.sabil.http_port, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", half_close=False).startswith(b"HTTP/1.1 4"))
        self.assertIn(b"404", exchange(self.sabil.http_port, b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", half_close=False)[:20])


if __name__ == "__main__":
    unittest.main()
