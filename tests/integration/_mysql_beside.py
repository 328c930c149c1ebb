"""A session straight on the server beside one through Sabil: the same statements, every packet compared.

SABIL_TEST_DIRECT and SABIL_TEST_FRONT (ports) use servers that are up already."""
import os
import signal
import struct
import tempfile
import time

from tests.integration._mysql_wire import MULTI_STATEMENTS, Connection, read_length
from tests.support.servers import Sabil


class BesideSabil:
    """A subclass gives `make` (the server), `schema` (statements in one text) and `routines` (one by one)."""

    # What a new connection read is kept once a probe has shown which server it reached.
    confirmed_s = 0.6

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sabil-diff-")
        if os.environ.get("SABIL_TEST_DIRECT"):
            cls.direct_port, cls.front_port = int(os.environ["SABIL_TEST_DIRECT"]), int(os.environ["SABIL_TEST_FRONT"])
            cls.sabil = None
        else:
            cls.database = cls.make().__enter__()
            cls.addClassCleanup(cls.database.close)
            cls.database.sql("CREATE USER IF NOT EXISTS 'diff'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'diff'@'%'; GRANT SHOW VIEW ON *.* TO 'sabil'@'%';"
                             "SET GLOBAL local_infile = ON; SET GLOBAL log_bin_trust_function_creators = ON;")
            cls.direct_port = cls.database.port
        admin = cls.connect_to(cls.direct_port, MULTI_STATEMENTS, database=None)
        for packet in (p for _, p in admin.query(cls.schema)):
            assert packet[0] != 0xFF, packet
        for text in cls.routines:
            admin.query("USE diff")
            packet = admin.query(text)[0][1]
            assert packet[0] != 0xFF, packet
        cls.admin = admin
        cls.fill_tables()
        if not os.environ.get("SABIL_TEST_DIRECT"):
            cls.sabil = Sabil(mysql=cls.database, database="diff").__enter__()
            cls.addClassCleanup(cls.sabil.close)
            cls.front_port = cls.sabil.mysql_port

    @classmethod
    def fill_tables(cls):
        """Rows that are too many for `schema`."""

    @classmethod
    def connect_to(cls, port, capabilities=0, database="diff", **options):
        return Connection(port, "diff", "pw", database, capabilities, **options)

    def put_back(self):
        for text in self.put_back_texts:
            packet = self.admin.query(text)[0][1]
            self.assertNotEqual(packet[0], 0xFF, packet)
        if "SABIL_TEST_PURGE_PID" in os.environ:
            os.kill(int(os.environ["SABIL_TEST_PURGE_PID"]), signal.SIGUSR1)
            time.sleep(0.05)

    @staticmethod
    def in_order(packet):
        """An OK with its reports of session changes sorted: their order is that of addresses in the server's memory."""
        number, data = packet
        try:
            if data[0] != 0 or not Connection.ok_status(data) & 0x4000:
                return packet
            _, at = read_length(data, 1)
            _, at = read_length(data, at)
            size, message = read_length(data, at + 4)
            _, begin = read_length(data, message + size)
            changes, at = [], begin
            while at < len(data):
                size, start = read_length(data, at + 1)
                changes.append(data[at:start + size])
                at = start + size
            return number, data[:begin], sorted(changes)
        except (IndexError, KeyError, struct.error):
            return packet

    def same(self, direct, through, what):
        direct, through = [self.in_order(p) for p in direct], [self.in_order(p) for p in through]
        if direct == through:
            return
        for i, (a, b) in enumerate(zip(direct, through)):
            if a != b:
                self.fail(f"{what}: packet {i} of {len(direct)}:\n  server {a}\n  sabil  {b}"[:3000])
        self.fail(f"{what}: {len(direct)} packets from the server, {len(through)} through sabil")

    def hits(self):
        if self.sabil is None:
            return None
        return self.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0)

    def run_texts(self, texts, capabilities, what):
        direct = self.connect_to(self.direct_port, capabilities)
        expected = [direct.query(text) for text in texts]
        direct.close()
        for turn in ("miss", "hit"):
            front = self.connect_to(self.front_port, capabilities)
            for text, packets in zip(texts, expected):
                self.same(packets, front.query(text), f"{what}, {turn}: {text}")
            front.close()
            time.sleep(self.confirmed_s)

    def run_script(self, port, capabilities, script):
        self.put_back()
        connection = self.connect_to(port, capabilities)
        try:
            return [connection.query(text) for text in script]
        finally:
            connection.close()

    def same_scripts(self, scripts, capability_sets):
        """Each line's answer, straight and through Sabil, where the script runs twice."""
        for name, capabilities in capability_sets.items():
            for title, script in scripts.items():
                with self.subTest(script=title, capabilities=name):
                    expected = self.run_script(self.direct_port, capabilities, script)
                    for turn in ("first", "second"):
                        got = self.run_script(self.front_port, capabilities, script)
                        for i, text in enumerate(script):
                            self.same(expected[i], got[i], f"{title}, {turn} time, line {i}: {text}")
