"""Faults of one connection at a time and of clocks: a binlog that comes late or not at all, late probes, connections that
reach another server, another reader under the same server_id, clocks that jump, a transaction larger than memory allows.
Each ends in bypass or a new epoch, told in the log, INFO and the metrics; no answer is older than max_staleness, and answers
come from memory again by themselves. Run: python3 -m tests.integration.coherence_faults"""
import glob
import os
import tempfile
import time
import unittest

import pymysql

from tests.integration._losses import LossCase, main_side_by_side
from tests.support.servers import MariaDB, MySQL

LIBFAKETIME = (glob.glob("/usr/lib/*/faketime/libfaketime.so.1") or [None])[0]


def memory_bytes(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


class DumpReader:
    """A bare replication client under a server_id of the caller's choosing."""

    def __init__(self, database, server_id):
        self.connection = pymysql.connect(host="127.0.0.1", port=database.port, user="sabil", password="secret")
        with self.connection.cursor() as cursor:
            cursor.execute("SET @master_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4")
            cursor.execute("SHOW BINARY LOGS")
            name = cursor.fetchall()[-1][0].encode()
        self.connection._execute_command(0x12, (4).to_bytes(4, "little") + b"\0\0" + server_id.to_bytes(4, "little") + name)
        self.connection._read_packet()

    def close(self):
        self.connection._force_close()


class OneConnection(LossCase):
    def horizon(self):
        return self.sabil.metrics()["sabil_freshness_horizon_seconds"]

    def bypassed_for_age(self, truth, seconds):
        """Nothing old is shown, nothing comes from memory, and the metrics say why."""
        self.never_old(truth, 0.2)
        hits, end, oldest = self.hits(), time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            oldest = max(oldest, self.horizon())
            value = self.read()
            self.assertTrue(value is None or value >= truth, f"{value}, not {truth}")
        self.assertEqual(self.hits(), hits)
        self.assertGreater(oldest, 1.0)

    def logged(self, text):
        return text in self.sabil.log_tail(1 << 20)

    def test_a_black_holed_dump_is_bypassed_and_opened_anew(self):
        self.relay.swallowed = {"dump"}
        self.bypassed_for_age(self.change(), 3.5)
        self.assertTrue(self.logged("the binlog reader lost its connection"))
        self.assertIn("connected", self.resp.execute_command("SABIL", "STATUS"))
        self.relay.swallowed = set()
        self.tell("black-holed dump", self.serves())
        self.assertEqual(self.epochs(), {})

    def test_a_slow_tailer_is_bypassed_while_it_is_late(self):
        self.relay.delays_s = {"dump": 0.4}
        for _ in range(3):
            self.never_old(self.change(), 0.2)
        self.relay.delays_s = {"dump": 2.5}
        self.change()
        self.bypassed_for_age(self.change(), 0.5)
        self.relay.delays_s = {}
        self.tell("slow tailer", self.serves())
        self.assertEqual(self.epochs(), {})

    def test_late_probes_are_bypassed_past_max_staleness(self):
        self.relay.delays_s = {"probe": 0.2}
        for _ in range(3):
            self.never_old(self.change(), 0.3)
        self.assertLess(self.serves(), 5)
        self.relay.delays_s = {"probe": 1.5}
        self.bypassed_for_age(self.change(), 2)
        self.assertTrue(self.logged("the probe lost its connection"))
        self.relay.delays_s = {}
        self.tell("late probes", self.serves())
        self.assertEqual(self.epochs(), {})

    def test_a_silent_switch_of_either_connection_is_a_new_epoch(self):
        epochs = 0
        for kind in ("dump", "probe"):
            for database in (self.other, self.database):
                self.relay.target = database.port  # what is open stays where it is
                self.relay.cut(kind)
                self.tell(f"silent switch of the {kind} connection", self.serves(database))
                epochs += 1
                self.assertEqual(self.epochs(), {"server_changed": epochs})
                self.never_old(self.change(database), 0.2)
        self.assertIn("server_changed", str(self.resp.execute_command("SABIL", "STATUS")))
        self.assertTrue(self.logged("server_changed"))

    def test_a_damaged_event_is_a_new_epoch(self):
        self.relay.damaged = {"dump"}
        self.never_old(self.change(), 0.2)
        self.tell("damaged event", self.serves())
        self.assertEqual(self.epochs(), {"decode_error": 1})
        self.assertTrue(self.logged("checksum"))

    def test_another_reader_with_our_server_id_costs_no_answer(self):
        for _ in range(2):
            known, mine = len(self.relay.dump_ids), self.relay.newest_dump_id
            reader = DumpReader(self.database, mine)
            try:
                self.never_old(self.change(), 0.2)
                self.tell("same server_id", self.serves())
                if self.database.dialect == "mariadb":  # MySQL tells readers apart by their uuid
                    self.assertGreater(len(self.relay.dump_ids), known)
            finally:
                reader.close()
        self.assertEqual(self.epochs(), {})

    def test_a_transaction_of_any_size_is_read_in_little_memory(self):
        self.database.sql("CREATE TABLE news.heap (id INT AUTO_INCREMENT PRIMARY KEY, body CHAR(200) NOT NULL);"
                          "CREATE TABLE news.seed (n INT PRIMARY KEY)")
        self.addCleanup(self.database.sql, "DROP TABLE news.heap, news.seed")
        self.database.sql("INSERT INTO news.seed VALUES " + ", ".join(f"({n})" for n in range(320)))
        compressions = ["SET GLOBAL log_bin_compress = ON", "SET GLOBAL log_bin_compress = OFF"] \
            if self.database.dialect == "mariadb" else ["SET SESSION binlog_transaction_compression = ON", ""]
        for setting in compressions:
            before = memory_bytes(self.sabil.pid, "VmRSS")
            insert = "INSERT INTO news.heap (body) SELECT REPEAT('x', 200) FROM news.seed a, news.seed b;"
            self.database.sql(f"{setting}; BEGIN; {4 * insert} UPDATE news.counters SET v = v + 1 WHERE id = 1; COMMIT")
            self.tell(f"80 MB in one transaction, {setting or 'not compressed'}", self.serves(limit_s=30))
            self.assertLess(memory_bytes(self.sabil.pid, "VmHWM") - before, 32 << 20)
        self.assertEqual(self.epochs(), {})


@unittest.skipIf(LIBFAKETIME is None, "libfaketime is not installed: apt-get install libfaketime")
class ClockJumps(LossCase):
    """The program's wall clock jumps; its steady one does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.offset = os.path.join(folder.name, "offset")
        cls.jump("+0")
        cls.environment = {"LD_PRELOAD": LIBFAKETIME, "FAKETIME_TIMESTAMP_FILE": cls.offset, "FAKETIME_NO_CACHE": "1",
                           "DONT_FAKE_MONOTONIC": "1"}

    @classmethod
    def jump(cls, offset):
        with open(cls.offset, "w") as f:
            f.write(offset)

    def test_jumps_of_the_wall_clock_change_nothing(self):
        for offset in ("+2h", "-2h", "+40d", "-3s", "+0"):
            self.jump(offset)
            self.never_old(self.change(), 0.2)
            self.tell(f"clock at {offset}", self.serves())
            self.assertEqual(self.epochs(), {})


class ServerClockJumps(LossCase):
    """The server's clock jumps: its start must not seem to have moved."""

    def test_a_jump_is_no_restart(self):
        for offset in ("+2h", "-2h", "+0"):
            with open(self.database.offset, "w") as f:
                f.write(offset)
            self.relay.cut()
            self.never_old(self.change(), 0.2)
            self.tell(f"the server's clock at {offset}", self.serves())
            self.assertEqual(self.epochs(), {})


class MariaDBWithClock(MariaDB):
    def environment(self):
        self.offset = os.path.join(self.folder, "offset")
        if not os.path.exists(self.offset):
            with open(self.offset, "w") as f:
                f.write("+0")
        return {**super().environment(), "LD_PRELOAD": LIBFAKETIME, "FAKETIME_TIMESTAMP_FILE": self.offset, "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1"}


class OneConnectionToMariaDB(OneConnection, unittest.TestCase):
    database_class = MariaDB


class OneConnectionToMySQL(OneConnection, unittest.TestCase):
    database_class = MySQL


class ClockJumpsOnMariaDB(ClockJumps, unittest.TestCase):
    database_class = MariaDB


@unittest.skipIf(LIBFAKETIME is None, "libfaketime is not installed: apt-get install libfaketime")
class ServerClockJumpsOnMariaDB(ServerClockJumps, unittest.TestCase):
    database_class = MariaDBWithClock


if __name__ == "__main__":
    main_side_by_side(__name__)
