"""Every sentence of tests/coherence/README.md names tests that exist. Run: python3 -m tests.integration.coherence_promises"""
import os
import re
import unittest

from tests.support.servers import ROOT


def read(path):
    with open(os.path.join(ROOT, path)) as f:
        return f.read()


class Promises(unittest.TestCase):
    def test_each_is_shown_by_tests_that_exist(self):
        rows = [line.strip("| \n").split(" | ") for line in read("tests/coherence/README.md").splitlines()
                if line.startswith("| ") and not line.startswith("| sentence")]
        self.assertGreater(len(rows), 50)
        run = read("tests/coherence/run")
        for sentence, shown_by in rows:
            for part in shown_by.split("; "):
                where, names = part.split(": ")
                text = run if where == "`run`" else read(where)
                for name in names.split(", "):
                    name = name.removeprefix("mutants ").removeprefix("mutant ")
                    self.assertRegex(text, rf"\b{re.escape(name)}\b", f"{sentence}: {part}")


if __name__ == "__main__":
    unittest.main()
