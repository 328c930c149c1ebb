"""What the tests of persistence share: servers whose folder outlives them, data of every type, and comparison."""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

from tests.support.servers import ROOT, Redis, Sabil, Server

sys.path.insert(0, os.path.join(ROOT, "tests", "blackbox"))
import keyspace_dump  # noqa: E402
from resp_client import Connection, Failure  # noqa: E402


def build_shim(text, folder):
    """A library to preload, from C; its path."""
    source, library = os.path.join(folder, "shim.c"), os.path.join(folder, "shim.so")
    with open(source, "w") as f:
        f.write(text)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"], check=True)
    return library


class Durable(Sabil):
    """Sabil with Redis' parameters; restart() finds what the one before has left."""

    def __init__(self, environment=None, **parameters):
        lines = "\n".join(f'{name.replace("_", "-")} = "{value}"' for name, value in parameters.items())
        super().__init__(config=f'[redis]\nenable-debug-command = "yes"\n{lines}', env=environment)

    def client(self, timeout=20.0):
        return Connection("127.0.0.1", self.port, timeout=timeout)

    def ready(self):
        if not os.path.exists(self.log_path):
            return False
        with open(self.log_path, "rb") as f:
            f.seek(self.log_from)
            return any(line.strip().endswith(b"ready") for line in f.read().splitlines())

    def start(self):
        self.log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        super().start()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self, how=signal.SIGTERM):
        code = self.stop(how)
        self.start()
        return code

    def log_since_start(self):
        with open(self.log_path, "rb") as f:
            f.seek(self.log_from)
            return f.read().decode(errors="replace")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def info(self, section="persistence"):
        client = self.client()
        text = client.call("INFO", section).decode()
        client.close()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def wait_until(what, limit_s=30, message="the condition did not come"):
    deadline = time.monotonic() + limit_s
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(message)
        time.sleep(0.01)


def idle(server):
    info = server.info()
    return info["rdb_bgsave_in_progress"] == "0" and info["aof_rewrite_in_progress"] == "0" and \
        info.get("aof_rewrite_scheduled", "0") == "0"


def fill(client, seed=1, sizes=(3, 40, 700)):
    """Every type in every encoding, with and without expiries, in three databases."""
    rng = random.Random(seed)
    far = int(time.time() * 1000) + 3_600_000
    for database in (0, 3, 9):
        client.call("SELECT", database)
        client.call("SET", "int", rng.randrange(10**12))
        client.call("SET", "negative", -7)
        client.call("SET", "embstr", "a short one")
        client.call("SET", "binary", bytes(range(256)))
        client.call("SET", "long", "ab" * 9000)
        client.call("SET", "random", rng.randbytes(5000))
        client.call("SET", "expires", "later", "PXAT", far)
        client.call("SETRANGE", "raw", 10, "x")
        client.call("PFADD", "hll", *[f"e{i}" for i in range(300)])
        client.call("SETBIT", "bits", 100000, 1)
        for size in sizes:
            texts = [f"member-{i}-{rng.randrange(10**6)}" for i in range(size)]
            client.call("RPUSH", f"list{size}", *texts)
            client.call("RPUSH", f"list-int{size}", *range(size))
            client.call("SADD", f"set{size}", *texts)
            client.call("SADD", f"intset{size}", *[rng.randrange(-2**40, 2**40) for _ in range(size)])
            client.call("HSET", f"hash{size}", *[part for i, text in enumerate(texts) for part in (text, i)])
            client.call("ZADD", f"zset{size}", *[part for text in texts for part in (rng.uniform(-1e6, 1e6), text)])
            for i in range(size):
                client.call("XADD", f"stream{size}", f"{i + 1}-{i % 3}", "field", i, "name", texts[i])
            client.call("PEXPIREAT", f"hash{size}", far + size)
        client.call("RPUSH", "list-big", "x" * 20000, "y", "z" * 9000)
        client.call("HSET", "hash-big", "field", "x" * 200)
        client.call("ZADD", "zset-special", "inf", "a", "-inf", "b", "1e300", "c", "0.1", "d", "17", "e")
        client.call("GEOADD", "geo", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")
        client.call("XGROUP", "CREATE", "stream40", "group", 0)
        client.call("XREADGROUP", "GROUP", "group", "alice", "COUNT", 7, "STREAMS", "stream40", ">")
        client.call("XREADGROUP", "GROUP", "group", "bob", "COUNT", 2, "STREAMS", "stream40", ">")
        client.call("XACK", "stream40", "group", "1-0")
        client.call("XGROUP", "CREATECONSUMER", "stream40", "group", "carol")
        client.call("XDEL", "stream700", "5-1", "400-0")
        client.call("XADD", "stream-empty", "5-5", "a", "b")
        client.call("XDEL", "stream-empty", "5-5")
    client.call("SELECT", 0)
    client.call("FUNCTION", "LOAD", "REPLACE",
                "#!lua name=lib\nredis.register_function('answer', function(keys, args) return 42 end)")


def dumps(client, databases=(0, 1, 3, 9)):
    out = {}
    for database in databases:
        client.call("SELECT", database)
        out[database] = keyspace_dump.dump(client, with_encodings=False)
    client.call("SELECT", 0)
    return out


def differing(ours, theirs):
    """What differs between two servers' dumps, expiries compared to within some seconds."""
    out = []
    for database in ours:
        out += keyspace_dump.differences(ours[database], theirs[database], same_content, tolerance_ms=10000)
    return [(name, str(a)[:300], str(b)[:300]) for name, a, b in out]


def same_content(a, b):
    """Numbers may be written differently: Redis 7.0 gives all digits of a score."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_content(x, y) for x, y in zip(a, b))
    if a == b:
        return True
    try:
        return isinstance(a, bytes) and isinstance(b, bytes) and float(a) == float(b)
    except ValueError:
        return False


def copy(source, target):
    if os.path.isdir(source):
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


__all__ = ["Connection", "Durable", "Failure", "ROOT", "Redis", "Server", "copy", "differing", "dumps", "fill", "idle",
           "wait_until"]
