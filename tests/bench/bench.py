"""Sabil beside its peers, in one run on one machine: absolute times are this machine's, ratios are what counts.

Each figure is the median over interleaved rounds, so that a slow moment of the machine touches all contenders alike.
CPU is the server process's own, user and system, per million operations."""
import argparse
import contextlib
import os
import re
import subprocess
import sys
import time

from tests.bench import resp, results_memory
from tests.bench.figures import Figure, table
from tests.integration._mysql_wire import DEPRECATE_EOF, Connection
from tests.support.servers import ROOT, MariaDB, Sabil, Server

HERE = os.path.join(ROOT, "tests", "bench")


class Relay(Server):
    """A bare TCP relay to the database: what any proxy costs at least."""

    name = "socat"

    def __init__(self, target_port):
        super().__init__()
        self.target_port = target_port

    def command(self):
        return ["socat", f"TCP-LISTEN:{self.port},bind=127.0.0.1,fork,reuseaddr,nodelay", f"TCP:127.0.0.1:{self.target_port},nodelay"]

    def cpu_seconds(self):
        """Of the children that have ended too: one process serves each connection."""
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def sysbench(port, script, prepared, seconds, threads=4):
    done = subprocess.run(["sysbench", os.path.join(HERE, script), "--db-driver=mysql", "--mysql-host=127.0.0.1",
                           f"--mysql-port={port}", "--mysql-user=sabil", "--mysql-password=secret", "--mysql-db=news",
                           "--mysql-ssl=off", f"--db-ps-mode={'auto' if prepared else 'disable'}", f"--threads={threads}",
                           f"--time={seconds}", "--events=0", "run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"sysbench failed:\n{done.stdout[-2000:]}")
    return int(re.search(r"total number of events:\s+(\d+)", done.stdout).group(1)), \
        float(re.search(r"queries:\s+\d+\s+\(([\d.]+) per sec", done.stdout).group(1))


def bench_mysql(options):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(MariaDB())
        database.load(os.path.join(ROOT, "tests", "site", "news.sql"))
        hit = stack.enter_context(Sabil(mysql=database))
        passed = stack.enter_context(Sabil(mysql=database, config="[[rule]]\nmatch = {}\ncache = false\n"))
        relay = stack.enter_context(Relay(database.port))
        contenders = {"direct": (database, database.port), "TCP relay (socat)": (relay, relay.port),
                      "sabil, passed through": (passed, passed.mysql_port), "sabil, hit": (hit, hit.mysql_port)}
        for script in ("point_select.lua", "latest_articles.lua"):
            for prepared in (False, True):
                figures = {name: Figure() for name in contenders}
                sysbench(hit.mysql_port, script, prepared, 1)
                for _ in range(options.rounds):
                    for name, (server, port) in contenders.items():
                        before = server.cpu_seconds()
                        events, rate = sysbench(port, script, prepared, options.seconds)
                        figures[name].add(rate, (server.cpu_seconds() - before) / events * 1e6)
                table(f"{script[:-4]}, {'prepared' if prepared else 'text'}, 4 threads", figures, "direct")
        scraped = hit.metrics()
        hits = sum(v for k, v in scraped.items() if k.startswith('sabil_hits_total{face="mysql"'))
        misses = sum(v for k, v in scraped.items() if k.startswith('sabil_misses_total{face="mysql"'))
        print(f"\nhit rate of 'sabil, hit': {100 * hits / max(1, hits + misses):.2f} %")
        results_memory.report(database, 20_000)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["resp", "mysql"])
    parser.add_argument("--seconds", type=float, help="about, for each measurement (RESP 0.5, MySQL 3)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", nargs="+", default=["redis7", "redis8", "valkey9"], choices=["redis7", "redis8", "valkey9"])
    parser.add_argument("--commands", nargs="+", default=list(resp.LOADS), choices=list(resp.LOADS))
    options = parser.parse_args()
    unknown = [w for w in options.what if w not in ("resp", "workers", "mysql")]
    if unknown:
        parser.error(f"'{unknown[0]}': choose resp, workers or mysql")
    print(f"medians of {options.rounds} rounds; {os.cpu_count()} cores shared by load generator, database and Sabil")
    if "resp" in options.what:
        resp.bench(options, options.seconds or 0.5)
    if "workers" in options.what:
        resp.bench_workers(options, options.seconds or 0.5)
    if "mysql" in options.what:
        options.seconds = max(1, int(options.seconds or 3))
        bench_mysql(options)


if __name__ == "__main__":
    main()
