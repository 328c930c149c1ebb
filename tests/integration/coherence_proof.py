"""The coherence proof and its mutants, as tests/coherence/run has them. Run: python3 -m tests.integration.coherence_proof

SABIL_TEST_HITS: how many checked hits a server must reach (2,000,000; tests/coherence/run alone does 10,000,000)."""
import os
import subprocess
import sys

from tests.support.servers import ROOT


def main():
    program = os.environ.get("SABIL_PROGRAM", os.path.join(ROOT, "build", "sabil"))
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "coherence", "run"), "--build", os.path.dirname(program),
                           "--hits", os.environ.get("SABIL_TEST_HITS", "2000000"), "proof", "mutants"], cwd=ROOT)
    print("1 passed, 0 failed" if done.returncode == 0 else "0 passed, 1 failed")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
