"""Answers of many connections on several workers have one order that explains them all; the checker finds bad histories.
Run: python3 -m tests.integration.resp_linearizable; for longer runs set SABIL_LINEARIZABLE_SECONDS."""
import os
import random
import subprocess
import sys
import unittest

from tests.blackbox.linearizability_search import Operation, linearisable
from tests.support.servers import ROOT, Sabil

PROGRAM = os.path.join(ROOT, "tests", "blackbox", "linearizability.py")
SECONDS = os.environ.get("SABIL_LINEARIZABLE_SECONDS", "15")


def history(*connections):
    """Each connection's (op, answer, invoked, answered) tuples."""
    return [[Operation(op, invoked, answered, answer) for op, answer, invoked, answered in one] for one in connections]


class Checker(unittest.TestCase):
    """Good histories pass and bad ones do not, whatever a server does."""

    def test_reads_may_not_be_stale(self):
        write = (("INCRBY", "counter0", 5), 5, 0, 1)
        self.assertTrue(linearisable(history([write], [(("GET", "counter0"), None, 0.5, 2)])))
        self.assertFalse(linearisable(history([write], [(("GET", "counter0"), None, 1.5, 2)])))

    def test_updates_may_not_be_lost(self):
        one = (("INCRBY", "counter0", 1), 1, 0, 1)
        self.assertFalse(linearisable(history([one], [one])))
        self.assertTrue(linearisable(history([one], [(("INCRBY", "counter0", 1), 2, 0, 1)])))

    def test_transactions_may_not_be_seen_in_half(self):
        write = (("EXEC", [("INCRBY", "counter0", 1), ("INCRBY", "counter1", 1)]), [1, 1], 0, 1)
        self.assertFalse(linearisable(history([write], [(("MGET", "counter0", "counter1"), [1, None], 0, 1)])))
        self.assertTrue(linearisable(history([write], [(("MGET", "counter0", "counter1"), [1, 1], 0, 1)])))

    def test_scripts_may_not_be_seen_in_half(self):
        fill = (("SETGET", "counter0", 10), None, 0, 1)
        transfer = (("TRANSFER", "counter0", "counter1", 4), 1, 2, 5)
        self.assertFalse(linearisable(history([fill, transfer], [(("MGET", "counter0", "counter1"), [6, None], 3, 4)])))
        self.assertTrue(linearisable(history([fill, transfer], [(("MGET", "counter0", "counter1"), [6, 4], 3, 4)])))

    def test_watch(self):
        def one(exec_answer, write_at):
            watcher = [(("WATCH", "counter0"), "OK", 0, 1), (("EXEC", [("GET", "counter1")]), exec_answer, 4, 5)]
            return history(watcher, [(("INCRBY", "counter0", 1), 1, write_at, write_at + 0.5)])
        self.assertFalse(linearisable(one([None], 2)), "changed between WATCH and EXEC")
        self.assertTrue(linearisable(one(None, 2)))
        self.assertFalse(linearisable(one(None, 6)), "changed only later")
        self.assertTrue(linearisable(one([None], 6)))

    def test_a_transaction_that_cleans_up_may_do_so_later(self):
        clean = (("EXEC", [("MSET", "counter0", 5), ("DEL", "counter0")]), ["OK", 1], 0, 9)
        one = (("INCRBY", "counter0", 1), 1, 0, 9)
        self.assertTrue(linearisable(history([clean], [one, (("GET", "counter0"), 1, 0, 9), (("GET", "counter0"), None, 0, 9)])))

    def test_elements_are_popped_once(self):
        push = (("RPUSH", "list0", 7), 1, 0, 1)
        pop = (("BLPOP", "list0", "list1"), ["list0", 7], 0, 2)
        self.assertTrue(linearisable(history([push], [pop])))
        self.assertFalse(linearisable(history([push], [pop], [(("LPOP", "list0"), 7, 0, 2)])))

    def test_blocked_clients_may_not_time_out_beside_an_element(self):
        push = (("RPUSH", "list0", 7), 1, 0, 1)
        self.assertFalse(linearisable(history([push], [(("BLPOP", "list0", "list1"), None, 2, 3)])))

    def test_random_bad_orders_are_found(self):
        """Three connections count one counter; two answers of different connections change places against time."""
        chance = random.Random(7)
        for _ in range(50):
            connections, now = [[], [], []], 0
            for value in range(1, 31):
                now += 1
                connections[chance.randrange(3)].append((("INCRBY", "counter0", 1), value, now, now + chance.random() * 3))
            connections = [sorted(one, key=lambda entry: entry[2]) for one in connections]
            for one in connections:  # a connection's next call follows its last answer
                for at in range(1, len(one)):
                    op, answer, _, _ = one[at - 1]
                    one[at - 1] = (op, answer, one[at - 1][2], min(one[at - 1][3], one[at][2]))
            self.assertTrue(linearisable(history(*connections)))
            late = max(range(3), key=lambda i: len(connections[i]))
            op, first, began, ended = connections[late][0]
            _, last, began_last, ended_last = connections[late][-1]
            connections[late][0], connections[late][-1] = (op, last, began, ended), (op, first, began_last, ended_last)
            self.assertFalse(linearisable(history(*connections)))


class Server(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # All workers from the start, however little there is to do.
        cls.sabil = Sabil(config='[redis]\nio-threads = "128"\n').__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def check(self, *arguments):
        return subprocess.run([sys.executable, PROGRAM, "--port", str(self.sabil.port), *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=3600)

    def test_answers_are_linearisable(self):
        done = self.check("--seconds", SECONDS)
        print(done.stdout.splitlines()[-1] if done.stdout else "no output", flush=True)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:])

    def test_a_server_without_transactions_would_be_found_out(self):
        done = self.check("--seconds", "20", "--split")
        self.assertEqual(done.returncode, 1, done.stdout[-2000:])
        self.assertIn("has no order that explains its answers", done.stdout)


if __name__ == "__main__":
    unittest.main()
