#!/usr/bin/env python3
"""Sends the same command sequences to two servers and compares replies and, at each round's end, the keyspaces.

  differential.py --port 7000 --seconds 600                  random rounds against a redis-server started for the run
  differential.py --port 7000 --conformance                  the fixed table of argument errors, wrong types, missing keys
  differential.py --port 7000 --peer-port 6380 --resp 3      an already running peer
Exit code 0: no unexplained difference. 1: differences, each printed with the shortest history found that shows it.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import conformance
import keyspace_dump
import normalise
from command_templates import FAMILIES, NEWER_FAMILIES
from generator import Generator
from resp_client import Connection, Failure

MINIMISE_REPLAYS_COUNT = 150
BATCH_COMMANDS = 40


class Pair:
    """Both servers, and the exceptions that were needed to call their replies the same."""

    def __init__(self, options, peer_socket):
        self.options, self.peer_socket = options, peer_socket
        self.seen = {}
        self.connect()

    def connect(self):
        o = self.options
        self.ours = Connection(o.host, o.port, o.unix, o.resp)
        peer_unix = self.peer_socket if not o.peer_port else None
        self.peer = Connection(o.host, o.peer_port, peer_unix, o.resp)

    def reset(self):
        for connection in (self.ours, self.peer):
            for database in (1, 0):
                connection.call("SELECT", database)
                if isinstance(connection.call("FLUSHDB"), Failure):
                    for name in connection.call("KEYS", "*"):
                        connection.call("DEL", name)
            if self.options.small_encodings:
                for name in ("hash", "zset"):
                    connection.call("CONFIG", "SET", name + "-max-listpack-entries", 4)
                connection.call("CONFIG", "SET", "set-max-intset-entries", 4)
                connection.call("CONFIG", "SET", "list-max-listpack-size", 4)

    def run(self, commands):
        """The first difference as (index, our reply, peer's reply), or None. The index len(commands) is the dump."""
        self.reset()
        for start in range(0, len(commands), BATCH_COMMANDS):
            batch = commands[start:start + BATCH_COMMANDS]
            found = self.compare(batch)
            if found:
                return (start + found[0],) + found[1:]
        for connection in (self.ours, self.peer):
            connection.call("DISCARD")
            connection.call("UNWATCH")
        encodings = self.options.encodings
        same = lambda a, b: normalise.equal(a, b, self.seen)
        rest = keyspace_dump.differences(keyspace_dump.dump(self.ours, encodings), keyspace_dump.dump(self.peer, encodings), same)
        return (len(commands), rest[0][:2], rest[0][::2]) if rest else None

    def compare(self, batch):
        ours, peer = self.pipeline(self.ours, batch), self.pipeline(self.peer, batch)
        for i, command in enumerate(batch):
            if not normalise.same(command, ours[i], peer[i], self.seen):
                return i, ours[i], peer[i]
        return None

    @staticmethod
    def pipeline(connection, batch):
        try:
            return connection.pipeline(batch)
        except (OSError, ConnectionError) as error:
            return [Failure("CONNECTION " + str(error))] * len(batch)

    def fails(self, commands):
        try:
            return self.run(commands)
        except (OSError, ConnectionError):
            self.connect()
            return (len(commands), "connection lost", "")


def minimise(pair, commands, signature):
    """Drops ever smaller runs of commands while the same kind of difference stays."""
    replays = 0
    chunk = max(1, len(commands) // 2)
    while chunk >= 1 and replays < MINIMISE_REPLAYS_COUNT:
        at = 0
        while at < len(commands) - 1 and replays < MINIMISE_REPLAYS_COUNT:
            shorter = commands[:at] + commands[at + chunk:]
            replays += 1
            found = pair.fails(shorter) if shorter else None
            if found and describe_signature(shorter, found) == signature:
                commands = shorter[:found[0] + 1]
            else:
                at += chunk
        chunk //= 2
    return commands


def describe_signature(commands, found):
    name = commands[found[0]][0].upper() if found[0] < len(commands) else b"dump"
    kinds = tuple(str(r)[:60] if isinstance(r, Failure) else type(r).__name__ for r in found[1:])
    return name, kinds


def show(commands, found, label):
    print("DIFFERENCE %s" % label)
    for command in commands:
        print("   ", " ".join(quote(a) for a in command))
    where = "reply" if found[0] < len(commands) else "keyspace at the end"
    print("  %s ours: %r\n  %s peer: %r\n" % (where, found[1], where, found[2]), flush=True)


def quote(argument):
    raw = argument if isinstance(argument, bytes) else str(argument).encode()
    plain = raw.decode("latin-1")
    if plain and plain.isprintable() and " " not in plain and raw.isascii():
        return plain if len(plain) < 200 else plain[:200] + "..."
    return repr(raw[:200])[1:].replace("'", '"')


def random_rounds(pair, options, families):
    differences = {}
    counts = {"rounds": 0, "commands": 0}
    until = time.monotonic() + options.seconds
    while time.monotonic() < until and len(differences) < options.max_differences:
        number = options.first_round + counts["rounds"]
        generator = Generator(random.Random("%s:%d" % (options.seed, number)), families)
        commands = []
        while len(commands) < options.round_commands:
            commands.extend(generator.commands())
        counts["rounds"] += 1
        counts["commands"] += len(commands)
        found = pair.fails(commands)
        if not found:
            continue
        signature = describe_signature(commands, found)
        if signature in differences:
            differences[signature] += 1
            continue
        differences[signature] = 1
        shortest = minimise(pair, commands[:found[0] + 1], signature)
        again = pair.fails(shortest)
        show(shortest if again else commands[:found[0] + 1], again or found, "seed %s round %d" % (options.seed, number))
    return differences, "%(rounds)d rounds, %(commands)d commands" % counts


def conformance_table(pair, options, families):
    differences = {}
    found = pair.fails(conformance.SETUP)
    if found:
        show(conformance.SETUP, found, "setup")
        return {"setup": 1}, "only the setup"
    table = conformance.cases(families)
    for label, commands in table:
        if len(differences) >= options.max_differences:
            break
        found = pair.fails(conformance.SETUP + commands)
        if found:
            signature = (label,) + describe_signature(conformance.SETUP + commands, found)
            if signature not in differences:
                at = (found[0] - len(conformance.SETUP),) + found[1:]
                show(commands, at, label)
            differences[signature] = differences.get(signature, 0) + 1
    return differences, "%d cases" % len(table)


def start_peer(options, folder):
    path = os.path.join(folder, "peer.sock")
    process = subprocess.Popen([options.peer, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder,
                                "--enable-debug-command", "yes"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if os.path.exists(path):
            return process, path
        time.sleep(0.05)
    process.terminate()
    sys.exit("%s did not open %s within 10 s" % (options.peer, path))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6379, help="Sabil's RESP port")
    parser.add_argument("--unix", help="Sabil's Unix socket instead of host and port")
    parser.add_argument("--peer", default=shutil.which("redis-server") or "redis-server", help="program to start as the peer")
    parser.add_argument("--peer-port", type=int, default=0, help="use a running peer instead")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first-round", type=int, default=0)
    parser.add_argument("--round-commands", type=int, default=300)
    parser.add_argument("--families", default="all", help="comma-separated: %s; by name only, for newer peers: %s" % (",".join(FAMILIES), ",".join(NEWER_FAMILIES)))
    parser.add_argument("--resp", type=int, choices=(2, 3), default=2)
    parser.add_argument("--encodings", action="store_true", help="compare OBJECT ENCODING in the dumps too")
    parser.add_argument("--small-encodings", action="store_true", help="thresholds of 4 elements: both encodings in every round")
    parser.add_argument("--conformance", action="store_true", help="the fixed table instead of random rounds")
    parser.add_argument("--max-differences", type=int, default=20, help="stop after so many kinds")
    return parser.parse_args()


def main():
    options = parse_options()
    families = list(FAMILIES) if options.families == "all" else options.families.split(",")
    unknown = [f for f in families if f not in FAMILIES and f not in NEWER_FAMILIES]
    if unknown:
        sys.exit("unknown family %r; one of %s" % (unknown[0], ", ".join([*FAMILIES, *NEWER_FAMILIES])))
    folder = tempfile.mkdtemp(prefix="differential-")
    process, path = (None, None) if options.peer_port else start_peer(options, folder)
    try:
        pair = Pair(options, path)
        run = conformance_table if options.conformance else random_rounds
        differences, extent = run(pair, options, families)
        for name, count in sorted(pair.seen.items()):
            print("tolerated %7d  %s: %s" % (count, name, normalise.EXCEPTIONS[name]))
        print("%s, RESP%d, families %s: %d kinds of difference" % (extent, options.resp, options.families, len(differences)))
        return 1 if differences else 0
    finally:
        if process:
            process.terminate()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
