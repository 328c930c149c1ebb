"""kill -9 at random moments under load. With appendfsync always no acknowledged write may be missing afterwards, with
everysec at most those of the last second and a half; also while the log is rewritten and snapshots are taken.

    python3 -m tests.integration.persistence_crash              20 kills
    python3 -m tests.integration.persistence_crash --kills 200  and no other tests
"""
import os
import random
import sys
import threading
import time
import unittest

from tests.integration._persistence import Connection, Durable, Failure, wait_until

SEED = int(os.environ.get("SABIL_TEST_SEED", "20260101"))
CONNECTIONS = 12


class Writer(threading.Thread):
    """Writes ever higher numbers, and remembers what was sent and what was acknowledged, and when."""

    def __init__(self, server, number, first, rng):
        super().__init__(daemon=True)
        self.port = server.port
        self.number = number
        self.next = first
        self.sent = first - 1
        self.acknowledged = []  # (number, moment)
        self.rng = rng
        self.errors = []
        self.stopping = False

    def commands(self, n):
        """What number n stands for: a counter, a list, a transaction over two keys, a script, a set that loses one."""
        w = self.number
        value = f"{n}:" + "v" * self.rng.randrange(0, 200)
        return [
            ("SET", f"w{w}:last", value),
            ("RPUSH", f"w{w}:all", n),
            ("MULTI",), ("SET", f"w{w}:a", n), ("SET", f"{{other}}w{w}:b", n), ("EXEC",),
            ("EVAL", "redis.call('SET', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[1])", 2, f"w{w}:sa",
             f"w{w}:sb", n),
        ]

    def run(self):
        try:
            connection = Connection("127.0.0.1", self.port, timeout=20)
            while not self.stopping:
                depth = self.rng.choice([1, 1, 3])
                numbers = range(self.next, self.next + depth)
                batch = [command for n in numbers for command in self.commands(n)]
                self.sent = numbers[-1]
                replies = connection.pipeline(batch)
                now = time.monotonic()
                for reply in replies:
                    if isinstance(reply, Failure):
                        self.errors.append(reply)
                self.acknowledged += [(n, now) for n in numbers]
                self.next += depth
        except (OSError, ConnectionError):
            pass


def state_of(connection, w):
    last = connection.call("GET", f"w{w}:last")
    return {
        "last": int(last.split(b":")[0]) if last else 0,
        "list": [int(n) for n in connection.call("LRANGE", f"w{w}:all", 0, -1)],
        "a": int(connection.call("GET", f"w{w}:a") or 0),
        "b": int(connection.call("GET", f"{{other}}w{w}:b") or 0),
        "sa": int(connection.call("GET", f"w{w}:sa") or 0),
        "sb": int(connection.call("GET", f"w{w}:sb") or 0),
    }


class Killer:
    """One server that is killed again and again."""

    def __init__(self, test, kills, loses_s=0.0, **parameters):
        self.test = test
        self.kills = kills
        self.loses_s = loses_s
        self.rng = random.Random(SEED)
        self.server = Durable(appendonly="yes", auto_aof_rewrite_min_size="64kb", auto_aof_rewrite_percentage="50",
                              **parameters)
        self.written = 0
        self.lost = 0

    def run(self):
        with self.server:
            firsts = [1] * CONNECTIONS
            for kill in range(self.kills):
                writers = self.load(firsts)
                self.server.kill()
                killed_at = time.monotonic()
                for writer in writers:
                    writer.join(10)
                    self.test.assertEqual(writer.errors, [])
                self.server.start()
                firsts = [self.check(writer, killed_at, kill) for writer in writers]

    def load(self, firsts):
        writers = [Writer(self.server, i, first, random.Random(self.rng.random()))
                   for i, first in enumerate(firsts)]
        for writer in writers:
            writer.start()
        wait_until(lambda: all(writer.acknowledged for writer in writers), message="writers do not get on")
        disturb = self.server.client()
        until = time.monotonic() + self.rng.uniform(0.02, 0.5)
        while time.monotonic() < until:
            disturb.call(self.rng.choice(["BGREWRITEAOF", "BGSAVE", "PING", "PING"]))
            time.sleep(self.rng.uniform(0, 0.05))
        disturb.close()
        return writers

    def check(self, writer, killed_at, kill):
        connection = self.server.client()
        state = state_of(connection, writer.number)
        connection.close()
        due = max((n for n, at in writer.acknowledged if killed_at - at > self.loses_s), default=0)
        acknowledged = max((n for n, _ in writer.acknowledged), default=0)
        where = f"kill {kill}, writer {writer.number}: {state['last']}, {state['list'][-3:]}, {state}"
        for name in ("last", "a", "b", "sa", "sb"):
            self.test.assertGreaterEqual(state[name], due, f"an acknowledged write is missing ({name}); {where}"[:600])
            self.test.assertLessEqual(state[name], writer.sent, where[:600])
        # The log's order is the order of each key's changes: nothing missing in between, nothing twice.
        self.test.assertEqual(state["list"], list(range(1, len(state["list"]) + 1)), where[:600])
        self.test.assertGreaterEqual(len(state["list"]), due)
        self.test.assertEqual(state["a"], state["b"], "half a transaction; " + where[:600])
        self.test.assertEqual(state["sa"], state["sb"], "half a script; " + where[:600])
        self.written += acknowledged - writer.acknowledged[0][0] + 1
        self.lost += max(0, acknowledged - state["last"])
        return self.realign(writer.number, max(state["last"], len(state["list"]), state["a"], state["sa"]))

    def realign(self, w, highest):
        """A number may be there in part, as its commands are several: all keys go on from the highest."""
        connection = self.server.client()
        have = connection.call("LLEN", f"w{w}:all")
        if have < highest:
            connection.call("RPUSH", f"w{w}:all", *range(have + 1, highest + 1))
        for key in (f"w{w}:last", f"w{w}:a", f"{{other}}w{w}:b", f"w{w}:sa", f"w{w}:sb"):
            connection.call("SET", key, f"{highest}")
        connection.close()
        return highest + 1


class Crash(unittest.TestCase):
    kills = 12

    def report(self, killer):
        print(f"{killer.kills} kills, {killer.written} numbers acknowledged, {killer.lost} of them lost", flush=True)

    def test_always_loses_nothing(self):
        killer = Killer(self, self.kills, appendfsync="always")
        killer.run()
        self.report(killer)
        self.assertEqual(killer.lost, 0)

    def test_everysec_loses_at_most_a_second_and_a_half(self):
        killer = Killer(self, max(4, self.kills // 3), loses_s=1.5, appendfsync="everysec")
        killer.run()
        self.report(killer)

    def test_commands_as_base(self):
        killer = Killer(self, max(4, self.kills // 6), appendfsync="always", aof_use_rdb_preamble="no")
        killer.run()
        self.report(killer)
        self.assertEqual(killer.lost, 0)


if __name__ == "__main__":
    if "--kills" in sys.argv:
        at = sys.argv.index("--kills")
        Crash.kills = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main()
