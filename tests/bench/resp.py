"""The RESP face beside redis-server and valkey-server: CPU of the server process and throughput, by redis-benchmark."""
import contextlib
import glob
import statistics
import subprocess
import time

from tests.bench.figures import Figure, table
from tests.bench.flood import BATCH_COMMANDS, flood
from tests.support.servers import Redis, Sabil

VALUE = "x" * 32
LOADS = {
    "SET": ["-r", "100000", "-d", "32", "SET", "key:__rand_int__", VALUE],
    "GET": ["-r", "100000", "GET", "key:__rand_int__"],
    "INCR": ["-r", "100000", "INCR", "counter:__rand_int__"],
    "LPUSH": ["LPUSH", "list", VALUE],
    "HSET": ["-r", "100000", "HSET", "hash", "field:__rand_int__", VALUE],
    "ZADD": ["-r", "100000", "ZADD", "zset", "__rand_int__", "member:__rand_int__"],
    "MSET 10": ["-r", "100000", "MSET"] + [w for i in range(10) for w in ("key:__rand_int__", VALUE)],
    "LRANGE 100": ["LRANGE", "list", "0", "99"],
    "XADD": ["XADD", "stream", "MAXLEN", "~", "10000", "*", "field", VALUE],
}
HEAVY = {"MSET 10": 5, "LRANGE 100": 5}  # so many times the work of the others


def redis_benchmark(port, arguments, requests, pipeline, clients=50):
    done = subprocess.run(["redis-benchmark", "-h", "127.0.0.1", "-p", str(port), "-n", str(requests), "-c", str(clients),
                           "-P", str(pipeline), "-q", "--csv", *arguments], stdout=subprocess.PIPE, check=True, text=True)
    row = done.stdout.strip().splitlines()[-1]
    return float(row.split(",")[1].strip('"'))


def fill(port):
    """What the reading loads read."""
    redis_benchmark(port, LOADS["SET"], 300_000, 64)
    redis_benchmark(port, LOADS["LPUSH"], 1_000, 16)


def cpu_seconds(server):
    """To the nanosecond, where /proc/PID/stat counts hundredths; the threads of RESP servers stay."""
    total = 0
    for path in glob.glob(f"/proc/{server.pid}/task/*/schedstat"):
        with open(path) as f:
            total += int(f.read().split()[0])
    return total / 1e9


def bench_workers(options, seconds):
    """What a second worker gives. With two cores, the load generator must take as little of them as it can (flood), and
    what it does take is told. A worker on a core of its own serves as many requests a second as one second of its CPU pays
    for, so two give 2 x (cost with one / cost with two): spinning for locks and moving cache lines show in that cost.
    Waiting for a lock asleep does not; it shows in the throughput, where the machine is otherwise idle."""
    with contextlib.ExitStack() as stack:
        contenders = {f"{count} worker{'s' * (count > 1)}": stack.enter_context(Sabil(config=f'[redis]\nio-threads = "{count}"\n'))
                      for count in (1, 2)}
        one, two = contenders
        for server in contenders.values():
            fill(server.port)
        by_cost, by_rate = {}, {}
        for load in options.commands:
            figures, cores = {name: Figure() for name in contenders}, {name: [] for name in contenders}
            for _ in range(options.rounds):
                for name, server in contenders.items():
                    before, own = cpu_seconds(server), time.process_time()
                    requests, wall = flood(server.port, LOADS[load], seconds)
                    used = cpu_seconds(server) - before
                    figures[name].add(requests / wall, used / requests * 1e6)
                    cores[name].append((used / wall, (time.process_time() - own) / wall))
            table(f"RESP {load}, batches of {BATCH_COMMANDS}, 8 connections", figures, one)
            for name in contenders:
                server, generator = (statistics.median(each) for each in zip(*cores[name]))
                print(f"  {name}: {server:.2f} cores, load generator {generator:.2f}")
            by_cost[load] = 2 * figures[one].cost / figures[two].cost
            by_rate[load] = figures[two].rate / figures[one].rate
        for what, ratios in (("by CPU per request", by_cost), ("by throughput, the generator on the same two cores", by_rate)):
            print(f"\ntwo workers over one, {what}: " + ", ".join(f"{load} {ratio:.2f}" for load, ratio in ratios.items())
                  + f"; median {statistics.median(ratios.values()):.2f}", flush=True)


def bench(options, seconds):
    with contextlib.ExitStack() as stack:
        contenders = {kind: stack.enter_context(Redis(kind)) for kind in options.peers}
        # One worker as the peers have one thread, and the default: a worker per core, that share what all clients change.
        contenders["sabil, one worker"] = stack.enter_context(Sabil(config='[redis]\nio-threads = "1"\n'))
        contenders["sabil"] = stack.enter_context(Sabil())
        for server in contenders.values():
            fill(server.port)
        for pipeline in (1, 16):
            ratios = {name: {} for name in contenders if name not in options.peers}
            for load in options.commands:
                figures = {name: Figure() for name in contenders}
                requests = int(seconds * (60_000 if pipeline == 1 else 400_000) / HEAVY.get(load, 1))
                for _ in range(options.rounds):
                    for name, server in contenders.items():
                        before = cpu_seconds(server)
                        rate = redis_benchmark(server.port, LOADS[load], requests, pipeline)
                        figures[name].add(rate, (cpu_seconds(server) - before) / requests * 1e6)
                table(f"RESP {load}, pipeline {pipeline}, 50 connections", figures, options.peers[0])
                best = min(figures[kind].cost for kind in options.peers)
                for name, of_load in ratios.items():
                    of_load[load] = best / figures[name].cost if figures[name].cost else float("inf")
            print(f"\npipeline {pipeline}: the best peer's CPU per command over Sabil's (above 1: Sabil costs less)")
            for name, of_load in ratios.items():
                print(f"  {name}: " + ", ".join(f"{load} {ratio:.2f}" for load, ratio in of_load.items())
                      + f"; median {statistics.median(of_load.values()):.2f}", flush=True)
