"""Losses between the program and the database, made by a relay on the way: a cut, a black hole, slow answers, logs purged
while nobody read them, another server behind the same address, a server that was restarted from an older state. Each
ends in bypass or a new epoch with its reason, no answer is older than max_staleness, and answers come from memory again
soon. Run: python3 -m tests.integration.coherence_losses"""
import signal
import threading
import time
import unittest

from tests.integration._losses import LossCase, main_side_by_side
from tests.support.servers import MariaDB, MySQL


class Losses(LossCase):
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

    def reset(self):
        self.database.sql("RESET MASTER" if self.database.dialect == "mariadb" else "RESET BINARY LOGS AND GTIDS")

    def test_a_reset_while_rows_change_is_a_new_epoch(self):
        """By the time that the dump is asked for again, its old place may be one of the new history's too."""
        stopping = threading.Event()

        def write():
            while not stopping.is_set():
                self.database.sql(20 * "UPDATE news.counters SET v = v + 1 WHERE id = 2; ")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for count in (1, 2, 3):
                self.reset()
                deadline = time.monotonic() + 20
                while self.epochs() != {"reset": count}:
                    self.assertLess(time.monotonic(), deadline, self.epochs())
                    time.sleep(0.02)
                self.tell("reset under load", self.serves())
        finally:
            stopping.set()
            writer.join()
        self.assertEqual(self.epochs(), {"reset": 3})

    def test_a_reset_while_away_is_a_new_epoch_though_the_history_has_grown_past_the_old_one(self):
        self.reset()
        self.serves()
        writes = "UPDATE news.counters SET v = v + 1 WHERE id = 2; "
        self.database.sql(10 * writes)
        self.serves()
        deadline = time.monotonic() + 20
        while "reset" not in self.epochs():  # until then, what is read is of the time before
            self.assertLess(time.monotonic(), deadline, self.epochs())
            time.sleep(0.02)
        self.serves()
        epochs = self.epochs()["reset"]
        self.relay.refuse = True
        self.relay.cut()
        self.reset()
        truth = self.change()
        self.database.sql(30 * writes)
        self.relay.refuse = False
        self.tell("reset while away", self.serves())
        self.never_old(truth, 0.2)
        self.assertEqual(self.epochs(), {"reset": epochs + 1})

    def test_a_reset_is_a_new_epoch(self):
        self.reset()
        self.change()
        self.tell("reset", self.serves())
        self.assertEqual(self.epochs(), {"reset": 1})

    def test_a_restart_is_a_new_epoch(self):
        self.database.restart()
        self.change()
        self.tell("restart", self.serves())
        self.assertEqual(self.epochs(), {"server_restart": 1})

    def test_each_crash_of_a_server_just_started_is_a_new_epoch(self):
        for count in (1, 2, 3):
            self.database.restart(signal.SIGKILL)
            self.change()
            self.tell("crash", self.serves())
            self.assertEqual(self.epochs(), {"server_restart": count})


class OnMariaDB(Losses, unittest.TestCase):
    database_class = MariaDB


class OnMySQL(Losses, unittest.TestCase):
    database_class = MySQL


if __name__ == "__main__":
    main_side_by_side(__name__)
