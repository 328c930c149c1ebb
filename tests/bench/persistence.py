"""Start-up load rate of RDB and append-only file, and the latency of another client while a snapshot is written, of
Sabil and its peers in one run. Each loads what it has written itself.
python3 -m tests.bench.persistence [--keys N] [--peers redis7 ...]"""
import argparse
import subprocess
import sys
import threading
import time

from tests.blackbox.resp_client import Connection
from tests.bench.memory import load
from tests.support.servers import Redis, Sabil


class Kept:
    """A server whose folder outlives its process, with Redis' own parameters."""

    def __init__(self, kind, log):
        settings = {"appendonly": "yes" if log else "no", "save": "", "appendfsync": "everysec",
                    "auto-aof-rewrite-percentage": "0"}
        if kind == "sabil":
            self.server = Sabil(config="[redis]\n" + "\n".join(f'{k} = "{v}"' for k, v in settings.items()))
            self.server.cache = 'maxmemory = "0"'
        else:
            self.server = Redis(kind, [word for k, v in settings.items() for word in (f"--{k}", v)])

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.close()

    def client(self):
        return Connection("127.0.0.1", self.server.port, timeout=60)

    def wait_until_loaded(self):
        while True:
            try:
                client = self.client()
                answer = client.call("PING")
                client.close()
                if answer == "PONG":
                    return
            except OSError:
                pass
            time.sleep(0.005)


def commands(count):
    for i in range(count):
        yield ("SET", f"key:{i:012d}", "v" * 32)
        if i % 10 == 0:
            yield ("HSET", f"hash:{i:011d}", *(w for f in range(10) for w in (f"field{f}", f"value-{i % 1000:04d}")))


def info(client, field):
    text = client.call("INFO", "persistence").decode()
    return next(line.split(":", 1)[1] for line in text.splitlines() if line.startswith(field + ":"))


def snapshot_latencies(kept):
    """Milliseconds of a client's GETs and SETs before and during a BGSAVE, and what that took."""
    client, control = kept.client(), kept.client()
    samples = {False: [], True: []}
    state = {"saving": False, "stop": False}

    def work():
        i = 0
        while not state["stop"]:
            saving = state["saving"]
            began = time.perf_counter()
            client.call("SET", f"key:{i * 7919 % 100000:012d}", "w" * 32)
            client.call("GET", f"key:{i * 104729 % 100000:012d}")
            samples[saving].append((time.perf_counter() - began) * 500)
            i += 1

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(1.0)
    state["saving"] = True
    began = time.monotonic()
    control.call("BGSAVE")
    while info(control, "rdb_bgsave_in_progress") == "1":
        time.sleep(0.02)
    took = time.monotonic() - began
    state["stop"] = True
    worker.join()
    return samples[False], samples[True], took


def quantiles(samples):
    ordered = sorted(samples)
    return tuple(ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.99, 1.0))


def restart_seconds(kept):
    kept.server.process.kill()
    kept.server.process.wait()
    # What waits for the line of readiness would read the old one.
    open(kept.server.log_path, "w").close()
    began = time.monotonic()
    log = open(kept.server.log_path, "ab")
    kept.server.process = subprocess.Popen(kept.server.command(), stdout=log, stderr=log,
                                                         cwd=kept.server.folder)
    kept.wait_until_loaded()
    return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=500_000)
    parser.add_argument("--peers", nargs="*", default=["redis7", "redis8", "valkey9"])
    options = parser.parse_args()
    total = options.keys + (options.keys + 9) // 10
    print(f"{options.keys} strings and {total - options.keys} hashes of 10 fields")
    print(f"  {'':10}{'RDB load':>16}{'AOF load':>16}{'BGSAVE':>10}   latency ms p50 / p99 / max: before, during")
    for kind in [*options.peers, "sabil"]:
        with Kept(kind, False) as kept:
            load(kept.client(), commands(options.keys))
            before, during, took = snapshot_latencies(kept)
            rdb = restart_seconds(kept)
            keys = kept.client().call("DBSIZE")
            assert keys == total, (kind, keys)
        with Kept(kind, True) as kept:
            load(kept.client(), commands(options.keys))
            time.sleep(1.5)
            aof = restart_seconds(kept)
            keys = kept.client().call("DBSIZE")
            assert keys == total, (kind, keys)
        figures = ["{:.2f} / {:.2f} / {:.1f}".format(*quantiles(samples)) for samples in (before, during)]
        print(f"  {kind:10}{total / rdb / 1000:10.0f} k/s  {total / aof / 1000:10.0f} k/s  {took:6.2f} s   "
              f"{figures[0]}, {figures[1]}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
