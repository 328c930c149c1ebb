"""Every byte of a small RDB file and of a small append-only file flipped, and both cut at every byte: the server starts
with exactly what the file holds, or says what is wrong and ends; it never crashes, hangs or takes memory for sizes that
are only claimed. Run: python3 -m tests.integration.persistence_corruption [--all]

Starts many servers at once; without --all every third position is tried, another third in each bit."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from tests.integration._persistence import Durable, idle, wait_until

STEP = 1 if "--all" in sys.argv else 3
LIMIT_S = 60


def small_data(client):
    client.pipeline([("SET", "text", "a string long enough to be compressed, compressed, compressed"), ("SET", "n", 12345),
                     ("RPUSH", "list", "a", "b", 3), ("SADD", "ints", 1, 2, 3), ("SADD", "set", "x", "y"),
                     ("ZADD", "zset", 1.5, "m", 2, "n"), ("HSET", "hash", "f", "v"), ("XADD", "stream", "1-1", "k", "v"),
                     ("XGROUP", "CREATE", "stream", "g", "0"), ("PEXPIREAT", "n", 99999999999999)])


class Corruption(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sabil-corrupt-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with Durable(appendonly="yes") as sabil:
            cls.program = sabil.program
            client = sabil.client()
            small_data(client)
            client.call("SAVE")
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            cls.rdb = open(sabil.path("dump.rdb"), "rb").read()
            cls.increment = open(sabil.path("appendonlydir", "appendonly.aof.1.incr.aof"), "rb").read()
            cls.base = open(sabil.path("appendonlydir", "appendonly.aof.1.base.rdb"), "rb").read()
            wait_until(lambda: idle(sabil))

    def start(self, place, prepare, log):
        """Starts a server in a folder of its own on what `prepare` puts there; it is to stop by itself or be ready."""
        folder = os.path.join(self.folder, place)
        os.makedirs(folder)
        prepare(folder)
        command = [self.program, "--listen.resp", "127.0.0.1:0", "--listen.http", "", "--redis.dir", folder,
                   "--redis.appendonly", "yes" if log else "no"]
        process = subprocess.Popen(["prlimit", f"--as={4 << 30}", *command], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace")
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if line.strip() == "ready":
                    process.kill()
                    return "ready", "".join(said)
            return process.wait(LIMIT_S), "".join(said)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            shutil.rmtree(folder)

    def outcomes(self, files, log):
        """[(name of the case, outcome, what was said)], four at a time."""
        with ThreadPoolExecutor(4) as pool:
            jobs = [(name, pool.submit(self.start, name, prepare, log)) for name, prepare in files]
            return [(name, *job.result()) for name, job in jobs]

    def rdb_cases(self):
        def writes(data):
            return lambda folder: open(os.path.join(folder, "dump.rdb"), "wb").write(data)
        for at in range(0, len(self.rdb), STEP):
            flipped = bytearray(self.rdb)
            flipped[at] ^= 1 << at % 8
            yield f"flip{at}", writes(bytes(flipped))
            yield f"cut{at}", writes(self.rdb[:at])

    def log_cases(self):
        def writes(data):
            def prepare(folder):
                inner = os.path.join(folder, "appendonlydir")
                os.makedirs(inner)
                with open(os.path.join(inner, "appendonly.aof.manifest"), "w") as f:
                    f.write("file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n")
                with open(os.path.join(inner, "appendonly.aof.1.base.rdb"), "wb") as f:
                    f.write(self.base)
                with open(os.path.join(inner, "appendonly.aof.1.incr.aof"), "wb") as f:
                    f.write(data)
            return prepare
        for at in range(0, len(self.increment), STEP):
            flipped = bytearray(self.increment)
            flipped[at] ^= 1 << at % 8
            yield f"flip{at}", writes(bytes(flipped))
            yield f"cut{at}", writes(self.increment[:at])

    def test_rdb_file(self):
        cases = self.outcomes(self.rdb_cases(), log=False)
        for name, outcome, said in cases:
            # The checksum covers all: nothing damaged may be taken for whole.
            self.assertEqual(outcome, 1, f"{name}: {said[-300:]}")
            self.assertIn("dump.rdb", said, name)
            self.assertNotIn("terminate called", said, name)
        print(f"{len(cases)} damaged RDB files, all refused", flush=True)

    def test_append_only_file(self):
        cases = self.outcomes(self.log_cases(), log=True)
        started = 0
        for name, outcome, said in cases:
            self.assertIn(outcome, ("ready", 1), f"{name}: {said[-300:]}")
            self.assertNotIn("terminate called", said, name)
            if outcome == 1:
                self.assertIn("Bad file format", said, name)
            if name.startswith("cut"):
                self.assertEqual(outcome, "ready", f"{name}: {said[-300:]}")
            started += outcome == "ready"
        print(f"{len(cases)} damaged logs, {started} read up to the damage or with another value in a record", flush=True)


if __name__ == "__main__":
    sys.argv = [argument for argument in sys.argv if argument != "--all"]
    unittest.main()
