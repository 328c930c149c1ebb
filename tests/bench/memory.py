"""Bytes per element of each type, by used_memory and by RSS, of Sabil and its peers in one run.

Each figure is the growth from an empty server to the loaded one, over the number of elements; each type in a server of
its own, so that no type profits from what another left behind."""
import argparse
import contextlib
import socket
import sys

from tests.blackbox.resp_client import Connection, encode
from tests.support.servers import Redis, Sabil


def strings(count):
    value = "v" * 32
    return (("SET", f"key:{i:012d}", value) for i in range(count)), count


def strings_with_ttl(count):
    value = "v" * 32
    return (("SET", f"key:{i:012d}", value, "EX", "100000") for i in range(count)), count


def hashes(count):
    count //= 5
    return (("HSET", f"hash:{i:011d}", *(w for f in range(10) for w in (f"field{f}", f"value-{i % 1000:04d}")))
            for i in range(count)), count


def one_zset(count):
    return (("ZADD", "zset", i * 7919 % count, f"member:{i:09d}") for i in range(count)), count


def one_set(count):
    return (("SADD", "set", f"member:{i:09d}") for i in range(count)), count


def one_stream(count):
    return (("XADD", "stream", f"{1700000000000 + i}-0", "field", "value-of-12b") for i in range(count)), count


def one_list(count):
    return (("RPUSH", "list", f"element-{i:08d}") for i in range(count)), count


LOADS = {"string 16 B key, 32 B value": strings, "the same with a TTL": strings_with_ttl, "hash of 10 fields": hashes,
         "zset member": one_zset, "set member": one_set, "stream entry": one_stream, "list element": one_list}


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * 4096


def used_bytes(connection):
    text = connection.call("INFO", "memory").decode()
    return int(next(line for line in text.splitlines() if line.startswith("used_memory:")).split(":")[1])


def load(connection, commands):
    """Sends everything; answers are only counted."""
    batch, pending = [], 0
    def flush():
        nonlocal pending
        connection.socket.sendall(b"".join(batch))
        batch.clear()
        for _ in range(pending):
            connection.reader.readline()
        pending = 0
    for command in commands:
        if command[0] == "XADD":
            pending += 1  # a bulk answer has two lines
        batch.append(encode(command))
        pending += 1
        if len(batch) == 500:
            flush()
    flush()


def measure(server, name, count):
    connection = Connection("127.0.0.1", server.port, timeout=60)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    used, resident = used_bytes(connection), resident_bytes(server.pid)
    commands, elements = LOADS[name](count)
    load(connection, commands)
    grown = (used_bytes(connection) - used) / elements, (resident_bytes(server.pid) - resident) / elements
    connection.close()
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=200_000, help="strings and members; a fifth as many hashes")
    parser.add_argument("--peers", nargs="*", default=["redis7", "redis8", "valkey9"], choices=["redis7", "redis8", "valkey9"])
    parser.add_argument("--types", nargs="+", default=list(LOADS), choices=list(LOADS))
    options = parser.parse_args()
    print(f"bytes per element, {options.elements} elements: used_memory (RSS)")
    print(f"  {'':30}" + "".join(f"{name:>18}" for name in [*options.peers, "sabil"]) + f"{'to the best':>14}")
    for name in options.types:
        figures = {}
        for kind in [*options.peers, "sabil"]:
            with contextlib.ExitStack() as stack:
                server = stack.enter_context(Sabil() if kind == "sabil" else Redis(kind))
                figures[kind] = measure(server, name, options.elements)
        best = min((figures[kind][0] for kind in options.peers), default=float("nan"))
        row = "".join(f"{figures[kind][0]:9.1f} ({figures[kind][1]:6.1f})" for kind in figures)
        print(f"  {name:30}{row}{figures['sabil'][0] / best:14.2f}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
