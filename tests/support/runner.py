"""Builds, runs the tests, counts them. Called by tests/run."""
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JOBS = str(os.cpu_count() or 2)
INTEGRATION = os.path.join(ROOT, "tests", "integration")
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": f"halt_on_error=1:suppressions={ROOT}/tests/support/tsan.suppressions",
}
# What runs the whole program from every side, and judges no speed.
SANITIZED_INTEGRATION = ["bad_input", "coherence_faces", "lookup_live", "mysql_differential", "mysql_drivers", "persistence_defrag",
                         "resp_clients", "resp_programs"]


class Count:
    def __init__(self):
        self.passed = self.failed = 0
        self.failures = []
        self.not_run = []

    def add(self, passed, failures, not_run=()):
        """failures: a line for each test that failed; not_run: for each that this machine cannot run, with the reason."""
        self.passed += passed
        self.not_run += not_run
        self.failed += len(failures)
        self.failures += failures

    def finish(self):
        for name in self.not_run:
            print(f"NOT RUN: {name}")
        for name in self.failures:
            print(f"FAILED: {name}")
        rest = f", {len(self.not_run)} not run" if self.not_run else ""
        print(f"{self.passed} passed, {self.failed} failed{rest}", flush=True)
        return 1 if self.failed or not self.passed else 0


def say(text):
    print(f"== {text}", flush=True)


def build(preset, targets=()):
    say(f"building ({preset})")
    start = time.monotonic()
    folder = {"release": "build"}.get(preset, f"build-{preset}")
    # Said each time: a folder that was configured without tests remembers it.
    tests = "OFF" if preset == "fuzz" else "ON"
    quiet = subprocess.run(["cmake", "--preset", preset, f"-DSABIL_TESTS={tests}"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True)
    if quiet.returncode:
        sys.exit(quiet.stdout + "\n0 passed, 1 failed")
    done = subprocess.run(["ninja", "-C", folder, f"-j{JOBS}", *targets], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout[-8000:])
        sys.exit("0 passed, 1 failed")
    say(f"built in {time.monotonic() - start:.0f} s")
    return os.path.join(ROOT, folder)


def with_databases(command):
    return [sys.executable, "-m", "tests.support.servers", "mariadb", "mysql", "--", *command]


def unit_tests(folder, count, environment):
    for program in sorted(os.listdir(folder)):
        if not program.endswith("_test"):
            continue
        report = os.path.join(folder, f"{program}.xml")
        if os.path.exists(report):
            os.remove(report)
        command = [os.path.join(folder, program), f"--gtest_output=xml:{report}", "--gtest_brief=1"]
        if program.endswith("_live_test"):
            command = with_databases(command)
        say(program)
        code = run_limited(command, environment, limit_s=1200)
        total, failures = unit_report(report)
        if code and not failures:
            failures = [f"{program} (exit code {code}{', a signal' if code < 0 else ''})"]
        count.add(max(total - len(failures), 0), failures)


def unit_report(report):
    """The number of tests in a GoogleTest report and the full names of those that failed; (0, []) where there is none."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return 0, []
    return len(cases), [f"{case.get('classname')}.{case.get('name')}" for case in cases if case.find("failure") is not None]


def run_limited(command, environment, limit_s):
    """The exit code; output goes to the terminal; past the limit the process group is ended and counts as failed."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        print(f"{command[0]}: not done in {limit_s} s", flush=True)
        os.killpg(process.pid, 9)
        process.wait()
        return 124


def integration_names():
    return sorted(f[:-3] for f in os.listdir(INTEGRATION) if f.endswith(".py") and not f.startswith("_"))


def integration_tests(names, count, environment):
    program_tests([f"tests.integration.{name}" for name in names], count, environment)


def program_tests(modules, count, environment):
    """Each module is a program: exit code 0 is a pass; 'N passed, N failed' or unittest's summary gives the numbers."""
    for name in modules:
        say(name)
        start = time.monotonic()
        log = os.path.join(ROOT, "build", f"{name}.log")
        with open(log, "w") as out:
            process = subprocess.Popen([sys.executable, "-m", name, "-v"], cwd=ROOT, env=environment,
                                       stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                code = process.wait(900)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                code = 124
        with open(log) as f:
            text = f.read()
        passed, failed = counts_in(text, code)
        names = failed_names(text)
        skipped = skipped_tests(text)
        passed -= sum(not test.startswith("setUp") for test in skipped)  # a whole class that is not run is not in "Ran"
        count.add(passed, [f"{name}: {names[i] if i < len(names) else '(named in its output)'}" for i in range(failed)],
                  [f"{name}: {test}" for test in skipped])
        rest = f", {len(skipped)} not run" if skipped else ""
        print(f"{name}: {passed} passed, {failed} failed{rest} in {time.monotonic() - start:.0f} s", flush=True)
        if failed:
            print(text[-6000:], flush=True)


def counts_in(text, code):
    plain = re.findall(r"^(\d+) passed, (\d+) failed", text, re.M)
    if plain:
        passed, failed = int(plain[-1][0]), int(plain[-1][1])
    else:
        ran = re.findall(r"^Ran (\d+) tests?", text, re.M)
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", text))
        passed, failed = (int(ran[-1]) - bad, bad) if ran else (0 if code else 1, 0)
    if code and not failed:
        failed = 1
    return max(passed, 0), failed


def failed_names(text):
    """The tests that unittest, or a program's own 'FAILED name' lines, call failed, in order."""
    return [match[0] or match[1] for match in re.findall(r"^(?:FAIL|ERROR): (\S.*)|^FAILED: (\S.*)", text, re.M)]


def skipped_tests(text):
    """unittest's verbose lines of the tests that called themselves off, with their reasons."""
    return [f"{test}: {reason}" for test, reason in re.findall(r"^(\S.*) \.\.\. skipped ['\"](.*)['\"]$", text, re.M)]


def fuzz(seconds, count):
    folder = build("fuzz")
    for target in sorted(f for f in os.listdir(folder) if f.endswith("_fuzz")):
        corpus = os.path.join(ROOT, "tests", "fuzz", "corpus", target[:-5])
        work = os.path.join(folder, "corpus", target)
        os.makedirs(work, exist_ok=True)
        say(f"{target}, {seconds} s")
        log = os.path.join(folder, f"{target}.log")
        with open(log, "w") as out:
            code = subprocess.run([os.path.join(folder, target), f"-max_total_time={seconds}", "-timeout=10",
                                   "-rss_limit_mb=2048", "-print_final_stats=1", work,
                                   *([corpus] if os.path.isdir(corpus) else [])], cwd=work, stdout=out,
                                  stderr=subprocess.STDOUT).returncode
        with open(log) as f:
            text = f.read()
        print("\n".join(re.findall(r"^stat::number_of_executed_units.*", text, re.M)), flush=True)
        if code:
            print(text[-4000:], flush=True)
        count.add(0 if code else 1, [target] if code else [])


def main(arguments):
    count = Count()
    environment = dict(os.environ)
    what = arguments[0] if arguments else "all"
    if what in ("asan", "tsan"):
        environment.update(SANITIZER_ENVIRONMENT)
        folder = build(what)
        environment["SABIL_PROGRAM"] = os.path.join(folder, "sabil")
        unit_tests(folder, count, environment)
        integration_tests(arguments[1:] or SANITIZED_INTEGRATION, count, environment)
    elif what == "clang":
        build("clang")
        count.add(1, [])
    elif what == "fuzz":
        fuzz(int(arguments[1]) if len(arguments) > 1 else 60, count)
    elif what == "all":
        folder = build("release")
        unit_tests(folder, count, environment)
        integration_tests(integration_names(), count, environment)
        program_tests(["tests.tidy.tidy"], count, environment)
    else:
        unknown = [name for name in arguments if name not in integration_names()]
        if unknown:
            sys.exit(f"tests/run: no integration test named {', '.join(unknown)}; there are: {', '.join(integration_names())}")
        build("release")
        integration_tests(arguments, count, environment)
    return count.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
