"""The same commands to Sabil and to redis-server: the conformance table and random rounds, replies and keyspaces compared.
Run: python3 -m tests.integration.resp_differential"""
import os
import subprocess
import sys
import unittest

from tests.support.servers import ROOT, Redis, Sabil

PROGRAM = os.path.join(ROOT, "tests", "blackbox", "differential.py")
RANDOM_SECONDS = os.environ.get("SABIL_DIFFERENTIAL_SECONDS", "20")


class Differential(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sabil = Sabil().__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.peer = Redis().__enter__()
        cls.addClassCleanup(cls.peer.close)

    def compare(self, *arguments):
        done = subprocess.run([sys.executable, PROGRAM, "--port", str(self.sabil.port), "--peer-port", str(self.peer.port),
                               *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        print(done.stdout.splitlines()[-1] if done.stdout else "no output", flush=True)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_conformance_resp2(self):
        self.compare("--conformance")

    def test_conformance_resp3(self):
        self.compare("--conformance", "--resp", "3")

    def test_random_resp2(self):
        self.compare("--seconds", RANDOM_SECONDS, "--seed", "a", "--encodings")

    def test_random_resp3(self):
        self.compare("--seconds", RANDOM_SECONDS, "--seed", "b", "--resp", "3")

    def test_both_encodings(self):
        self.compare("--seconds", RANDOM_SECONDS, "--seed", "c", "--small-encodings")


if __name__ == "__main__":
    unittest.main()
