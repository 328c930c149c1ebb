"""MariaDB 11.8, whose binlog says less about positions: the engine's behaviour, the decoder beside the server's own tool, and
a short proof, as for the servers that every machine has. Run: python3 -m tests.integration.coherence_mariadb11"""
import os
import subprocess
import sys
import unittest

from tests.support.servers import ROOT, MariaDB11

BUILD = os.path.dirname(os.environ.get("SABIL_PROGRAM", os.path.join(ROOT, "build", "sabil")))


@unittest.skipUnless(MariaDB11.available(), "MariaDB 11.8 is not on this machine: run tests/support/peers mariadb11")
class OnMariaDB11(unittest.TestCase):
    def expect_good(self, command, limit_s):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s)
        failures = [line for line in done.stdout.splitlines() if "FAILED" in line or "Failure" in line or "first violation" in line]
        self.assertEqual(done.returncode, 0, "\n".join([*failures, done.stdout[-2000:]]))
        return done.stdout

    def expect_tests(self, program, which):
        said = self.expect_good([sys.executable, "-m", "tests.support.servers", "mariadb11", "--", os.path.join(BUILD, program),
                                 f"--gtest_filter={which}", "--gtest_brief=1"], 400)
        self.assertNotIn("[==========] 0 tests", said)

    def test_the_engine(self):
        self.expect_tests("coherence_live_test", "*/MARIADB")

    def test_the_decoder_and_the_dump(self):
        self.expect_tests("mysql_live_test", "*BinlogLive*/mariadb:*DumpLive*/mariadb")

    def test_a_short_proof(self):
        said = self.expect_good([sys.executable, os.path.join(ROOT, "tests", "coherence", "run"), "--build", BUILD, "--server",
                                 "mariadb11", "--hits", "1000000", "proof"], 300)
        print(said)


if __name__ == "__main__":
    unittest.main()
