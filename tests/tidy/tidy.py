"""The house's rules as tests: who may include whom, no include cycles, headers that compile alone, sizes of files and
functions. Run: python3 -m tests.tidy.tidy"""
import concurrent.futures
import os
import re
import statistics
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = ("cache", "mysql", "invalidation", "proxy")
# Room -> what its files may include of ours, by prefix.
MAY_INCLUDE = {
    "cache/base": ("cache/base/",),
    "cache": ("cache/",),
    "mysql": ("mysql/", "cache/base/"),
    "invalidation": ("invalidation/", "mysql/", "cache/base/"),
    "proxy": ("proxy/", "invalidation/", "mysql/", "cache/"),
}
NO_ASIO = ("cache/", "invalidation/", "mysql/wire/", "mysql/auth/", "proxy/resp/commands/")
# A generated table says so in its first line and is exempt from the size rules.
GENERATED = "// Generated"
MEDIAN_LINES, P95_LINES, MOST_LINES, P99_FUNCTION_LINES = 150, 450, 800, 70


def tracked(*suffixes):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [f for f in listed if f.endswith(suffixes) and os.path.exists(os.path.join(ROOT, f))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def room_sources():
    return [f for f in tracked(".h", ".cc") if f.split("/")[0] in ROOMS]


def includes(text):
    return re.findall(r'^#include "([^"]+)"', text, re.M)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def function_lengths(text):
    """(first line, length) of bodies that open at the end of a line with no or namespace-only nesting, by braces."""
    found, depth, start, is_function = [], 0, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*', "", line)
        for character in code:
            if character == "{":
                opens = not any(is_function) and re.search(r"\)\s*(const|noexcept|override|final|mutable|->\s*[\w:<>&*, ]+|\s)*{", code) \
                    and not re.match(r"\s*(namespace|struct|class|enum|union)\b", code)
                is_function.append(bool(opens))
                if opens:
                    start = number
                depth += 1
            elif character == "}" and is_function:
                if is_function.pop():
                    found.append((start, number - start + 1))
                depth -= 1
    return found


class Tidy(unittest.TestCase):
    def test_includes_go_one_way(self):
        wrong = []
        for path in room_sources():
            allowed = MAY_INCLUDE["cache/base" if path.startswith("cache/base/") else path.split("/")[0]]
            for included in includes(read(path)):
                if not included.startswith(allowed):
                    wrong.append(f"{path} includes {included}")
        self.assertEqual(wrong, [])

    def test_no_asio_where_there_is_no_io(self):
        wrong = [path for path in room_sources() if path.startswith(NO_ASIO) and re.search(r'#include *[<"]asio', read(path))]
        self.assertEqual(wrong, [])

    def test_no_include_cycles(self):
        graph = {path: [i for i in includes(read(path)) if os.path.exists(os.path.join(ROOT, i))] for path in room_sources()}
        state, cycles = {}, []

        def visit(path, trail):
            state[path] = "open"
            for nxt in graph.get(path, ()):
                if state.get(nxt) == "open":
                    cycles.append(" -> ".join([*trail, path, nxt]))
                elif nxt not in state:
                    visit(nxt, [*trail, path])
            state[path] = "done"

        for path in graph:
            if path not in state:
                visit(path, [])
        self.assertEqual(cycles, [])

    def test_headers_compile_alone(self):
        flags = ["-std=c++20", "-fsyntax-only", "-I.", "-DASIO_STANDALONE", "-DASIO_SEPARATE_COMPILATION",
                 "-DASIO_NO_DEPRECATED", '-DSABIL_VERSION="0"', "-I/usr/include/lua5.1"]
        headers = [path for path in room_sources() if path.endswith(".h")]

        def compile_alone(path):
            # Included rather than compiled, so that #pragma once is in its place.
            done = subprocess.run(["g++", *flags, "-x", "c++", "-"], cwd=ROOT, input=f'#include "{path}"\n', text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return f"{path}: {done.stdout.splitlines()[0] if done.stdout else done.returncode}" if done.returncode else None

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([w for w in pool.map(compile_alone, headers) if w], [])

    def test_sizes_of_files(self):
        sizes = {path: read(path).count("\n") for path in room_sources() if not read(path).startswith(GENERATED)}
        self.assertEqual({p: n for p, n in sizes.items() if n > MOST_LINES}, {})
        self.assertLessEqual(statistics.median(sizes.values()), MEDIAN_LINES)
        self.assertLessEqual(percentile(sizes.values(), 0.95), P95_LINES,
                             sorted(((n, p) for p, n in sizes.items() if n > P95_LINES), reverse=True))

    def test_sizes_of_functions(self):
        lengths = [(length, f"{path}:{line}") for path in room_sources() if not read(path).startswith(GENERATED)
                   for line, length in function_lengths(read(path))]
        self.assertLessEqual(percentile([n for n, _ in lengths], 0.99), P99_FUNCTION_LINES,
                             sorted(((n, p) for n, p in lengths if n > P99_FUNCTION_LINES), reverse=True)[:20])

    def test_no_promises_of_later_work(self):
        wrong = [f"{path}: {m.group(0)}" for path in room_sources()
                 for m in [re.search(r"\b(TODO|FIXME|XXX)\b|not implemented|unimplemented", read(path))] if m]
        self.assertEqual(wrong, [])

    def test_no_leftovers_of_other_programs(self):
        self.assertEqual(tracked(".orig", ".rej", ".bak", ".swp", "~"), [])

    def test_no_path_of_one_machine(self):
        texts = tracked(".h", ".cc", ".py", ".md", ".txt", ".yml", ".toml", ".sh", ".json")
        wrong = [path for path in texts if re.search(r"(?<![\w.])/(work|farm|root|tmp/wt)/[a-z]", read(path))
                 and not path.startswith("tests/tidy/")]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
