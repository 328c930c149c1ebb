"""Losses between the program and the database, made by a relay on the way: a cut, a black hole, slow answers, logs purged
while nobody read them, another server behind the same address, a server that was restarted from an older state. Each
ends in bypass or a new epoch with its reason, no answer is older than max_staleness, and answers come from memory again
soon. Run: python3 -m tests.integration.coherence_losses"""
import select
import socket
import threading
import time
import unittest

import pymysql
import redis

from tests.support.servers import MariaDB, MySQL, Sabil, free_port

LOOKUP = """
[[lookup]]
name = "value"
key = "value:{id}"
query = "SELECT v FROM counters WHERE id = {id}"
as = "string"
[log]
level = "debug"
"""
TABLES = """CREATE DATABASE news; CREATE TABLE news.counters (id INT PRIMARY KEY, v BIGINT NOT NULL);
INSERT INTO news.counters VALUES (1, {v}), (2, {v}); CREATE USER 'site'@'%' IDENTIFIED BY 'site';
GRANT ALL ON news.* TO 'site'@'%';"""
RECOVERY_LIMIT_S = 8


class Relay:
    """TCP from a port of its own to a target that may change; can cut, swallow and delay."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.black_hole = False
        self.delay_s = 0.0
        self.refuse = False
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.add((client, server))
            threading.Thread(target=self.pump, args=(client, server), daemon=True).start()

    def pump(self, client, server):
        try:
            while True:
                ready = select.select([client, server], [], [], 0.2)[0]
                if self.black_hole:
                    time.sleep(0.05)
                    continue
                for source in ready:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    if self.delay_s:
                        time.sleep(self.delay_s)
                    (server if source is client else client).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.pairs.discard((client, server))
            client.close()
            server.close()

    def cut(self):
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()
        self.cut()


class Behind:
    """What Sabil() asks of a database: where it is."""

    def __init__(self, relay):
        self.port = relay.port


class Losses:
    database_class = None

    @classmethod
    def setUpClass(cls):
        cls.database = cls.database_class().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.other = cls.database_class().__enter__()
        cls.addClassCleanup(cls.other.close)
        cls.database.sql(TABLES.format(v=0))
        cls.other.sql(TABLES.format(v=1_000_000))

    def setUp(self):
        self.relay = Relay(self.database.port)
        self.addCleanup(self.relay.close)
        self.sabil = Sabil(mysql=Behind(self.relay), config=LOOKUP).__enter__()
        self.addCleanup(self.sabil.close)
        self.resp = redis.Redis(port=self.sabil.port, decode_responses=True, socket_timeout=10)
        self.addCleanup(self.resp.close)
        self.serves()

    def read(self):
        """None where the database cannot be asked."""
        try:
            return int(self.resp.get("value:1"))
        except redis.ResponseError as error:
            self.assertRegex(str(error), "^(MYSQLDOWN|LOOKUP)")
            return None

    def hits(self):
        return self.sabil.metrics().get('sabil_hits_total{face="resp"}', 0)

    def serves(self, database=None, limit_s=RECOVERY_LIMIT_S):
        """Until answers come from memory and are the database's; seconds it took."""
        truth = int((database or self.database).sql("SELECT v FROM news.counters WHERE id = 1"))
        begun = time.monotonic()
        while True:
            before = self.hits()
            value = self.read()
            if value == truth and self.hits() > before:
                return time.monotonic() - begun
            self.assertLess(time.monotonic() - begun, limit_s, f"{value}, not {truth}: {self.sabil.log_tail()}")
            time.sleep(0.02)

    def change(self, database=None):
        (database or self.database).sql("UPDATE news.counters SET v = v + 1 WHERE id = 1")
        return int((database or self.database).sql("SELECT v FROM news.counters WHERE id = 1"))

    def epochs(self):
        return {name.split('"')[1]: count for name, count in self.sabil.metrics().items() if name.startswith("sabil_epochs_total")}

    def never_old(self, truth, seconds):
        """From max_staleness on, no read gives anything older."""
        time.sleep(1.05)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.read()
            self.assertTrue(value is None or value >= truth, f"{value}, not {truth}")
            time.sleep(0.02)

    def tell(self, what, seconds):
        print(f"{self.database.name}: {what}: from memory again after {seconds:.1f} s, epochs {self.epochs()}", flush=True)

    def test_a_cut_connection_is_no_new_epoch(self):
        for _ in range(3):
            self.relay.cut()
            self.change()
            self.tell("cut", self.serves())
        self.assertEqual(self.epochs(), {})

    def test_a_black_hole_is_bypassed_and_recovered_from(self):
        self.relay.black_hole = True
        truth = self.change()
        self.never_old(truth, 3)
        self.relay.black_hole = False
        self.tell("black hole for 4 s", self.serves())
        self.assertEqual(self.epochs(), {})

    def test_a_slow_way_delays_and_does_not_lie(self):
        self.relay.delay_s = 0.15
        for _ in range(3):
            self.never_old(self.change(), 0.5)
        self.relay.delay_s = 0
        self.serves()

    def test_logs_purged_while_away_are_a_new_epoch(self):
        self.relay.refuse = True
        self.relay.cut()
        truth = self.change()
        logs = [line.split()[0] for line in self.database.sql("SHOW BINARY LOGS").splitlines()]
        last, deadline = logs[-1], time.monotonic() + 15
        while last in logs:  # a dump that has not ended holds its file
            self.assertLess(time.monotonic(), deadline)
            self.database.sql("FLUSH BINARY LOGS")
            logs = [line.split()[0] for line in self.database.sql("SHOW BINARY LOGS").splitlines()]
            self.database.sql(f"PURGE BINARY LOGS TO '{logs[-1]}'")
            logs = [line.split()[0] for line in self.database.sql("SHOW BINARY LOGS").splitlines()]
            time.sleep(0.1)
        self.never_old(truth, 0.5)
        self.relay.refuse = False
        self.tell("purged", self.serves())
        self.assertEqual(self.epochs(), {"purged": 1})

    def test_another_server_behind_the_address_is_a_new_epoch(self):
        self.relay.target = self.other.port
        self.relay.cut()
        self.tell("another server", self.serves(self.other))
        self.assertEqual(self.epochs(), {"server_changed": 1})
        self.relay.target = self.database.port  # silently: what is open stays, what is new goes elsewhere
        self.never_old(self.change(self.other), 0.5)
        self.relay.cut()
        self.serves()

    def test_a_reset_is_a_new_epoch(self):
        self.database.sql("RESET MASTER" if self.database.dialect == "mariadb" else "RESET BINARY LOGS AND GTIDS")
        self.change()
        self.tell("reset", self.serves())
        self.assertEqual(self.epochs(), {"reset": 1})

    def test_a_restart_is_a_new_epoch(self):
        self.database.restart()
        self.change()
        self.tell("restart", self.serves())
        self.assertEqual(self.epochs(), {"server_restart": 1})


class OnMariaDB(Losses, unittest.TestCase):
    database_class = MariaDB


class OnMySQL(Losses, unittest.TestCase):
    database_class = MySQL


if __name__ == "__main__":
    unittest.main()
