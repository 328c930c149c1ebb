"""Linearisability of a RESP server under many connections.

Rounds of random commands over seven keys from several connections at once: counters, lists, sets, commands over several
keys, MULTI/EXEC, WATCH, scripts, blocking pops. Each round has keys of its own; several rounds make one burst of each
connection, and a script that holds the server for a moment is the starting gun, so that all begin together. Every answer is recorded with the times of its call and
return, and each round must have an order that explains all its answers (linearizability_search.py); a last look at all
keys, after everything has answered, pins sums and elements.

  python3 tests/blackbox/linearizability.py --port 6379 --seconds 30 [--connections 6] [--seed x] [--split]

--split sends what belongs to one transaction as separate commands: the history of a server without atomicity, which
must be found out. Exit code 0: no violation; 1: one, which is printed; 2: too many rounds undecided."""
import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.blackbox.linearizability_model import KEYS, NAMES  # noqa: E402
from tests.blackbox.linearizability_search import Operation, Undecided, linearisable  # noqa: E402
from tests.blackbox.resp_client import Connection, Failure, encode  # noqa: E402

GUN = "local n = 0 for i = 1, 300000 do n = n + i end return n"
TRANSFER = ("local n = tonumber(ARGV[1]) if tonumber(redis.call('GET', KEYS[1]) or '0') < n then return 0 end "
            "redis.call('DECRBY', KEYS[1], n) redis.call('INCRBY', KEYS[2], n) return 1")
SWAP = ("local a, b = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]) "
        "for i, v in ipairs({b or '', a or ''}) do "
        "if v ~= '' then redis.call('SET', KEYS[i], v) else redis.call('DEL', KEYS[i]) end end return {a, b}")
ALL = "return {" + ", ".join(
    f"redis.call('{dict(counter='GET', list='LRANGE', set='SMEMBERS')[name[:-1]]}', KEYS[{i + 1}]"
    f"{', 0, -1' if name.startswith('list') else ''})" for i, name in enumerate(NAMES)) + "}"
BLOCKED_SECONDS = "0.005"
UNDECIDED_SHARE = 0.02


class Round:
    """Generates operations and turns them into commands and answers into the model's values."""

    def __init__(self, name):
        self.prefix = f"{name}:"
        self.random = random.Random(name)
        self.values = 0
        self.blocks = self.random.random() < 0.2  # few rounds: their time-outs are most of the time it all takes

    def fresh(self):
        self.values += 1
        return self.values

    def key(self, kind):
        return f"{kind}{self.random.randrange(KEYS[kind])}"

    def two(self, kind):
        return self.random.sample([f"{kind}{i}" for i in range(KEYS[kind])], 2)

    def simple(self, may_block):
        r = self.random
        counter = [("INCRBY", self.key("counter"), r.randint(1, 9)), ("GET", self.key("counter")),
                   ("SETGET", self.key("counter"), self.fresh() * 1000),
                   ("MSET", *sum(((k, self.fresh() * 1000) for k in self.two("counter")), ())),
                   ("MGET", *self.two("counter"))]
        lists = [("LPUSH", self.key("list"), self.fresh()), ("RPUSH", self.key("list"), self.fresh()),
                 ("LPOP", self.key("list")), ("RPOP", self.key("list")), ("LMOVE", *self.two("list")),
                 ("LRANGE", self.key("list"))]
        sets = [("SADD", self.key("set"), r.randint(1, 4)), ("SPOP", self.key("set")),
                ("SMOVE", *self.two("set"), r.randint(1, 4)), ("SUNION", *self.two("set"))]
        more = [("DEL", self.key("counter"), self.key("list"))]
        if may_block:
            more.append(("BLPOP", *self.two("list")))
        return r.choice(r.choice([counter, counter, lists, lists, sets, more]))

    def operations(self, count):
        out = []
        while len(out) < count:
            what = self.random.random()
            if what < 0.6:
                out.append(self.simple(self.blocks))
            elif what < 0.72:
                out.append(("TRANSFER", *self.two("counter"), self.random.randint(1, 2000)))
            elif what < 0.77:
                out.append(("SWAP", *self.two("counter")))
            elif what < 0.8:
                out.append(("ALL",))
            else:
                if self.random.random() < 0.5:
                    out.append(("WATCH", self.key("counter"), self.key("list")))
                out.append(("EXEC", [self.simple(False) for _ in range(self.random.randint(2, 4))]))
        return [*out, ("UNWATCH",)]

    def wire(self, op):
        """The command's words."""
        kind, *args = op
        names = [self.prefix + str(a) if a in NAMES else a for a in args]
        if kind == "SETGET":
            return ["SET", *names, "GET"]
        if kind == "LMOVE":
            return ["LMOVE", *names, "LEFT", "RIGHT"]
        if kind == "LRANGE":
            return ["LRANGE", *names, 0, -1]
        if kind == "BLPOP":
            return ["BLPOP", *names, BLOCKED_SECONDS]
        if kind == "TRANSFER":
            return ["EVAL", TRANSFER, 2, *names]
        if kind == "SWAP":
            return ["EVAL", SWAP, 2, *names]
        if kind == "ALL":
            return ["EVAL", ALL, len(NAMES), *(self.prefix + name for name in NAMES)]
        return [kind, *names]

    def answer(self, op, raw):
        if isinstance(raw, Failure):
            raise AssertionError(f"{op} answered {raw}")
        kind = op[0]
        if kind == "EXEC":
            return None if raw is None else [self.answer(part, said) for part, said in zip(op[1], raw, strict=True)]
        if kind == "ALL":
            return [value(name, said) for name, said in zip(NAMES, raw)]
        if kind == "BLPOP":
            return None if raw is None else [raw[0].decode().removeprefix(self.prefix), int(raw[1])]
        if kind in ("WATCH", "UNWATCH", "MSET"):
            return str(raw)
        if isinstance(raw, list):
            plain = [None if item is None else int(item) for item in raw]
            return sorted(plain) if kind == "SUNION" else plain
        return None if raw is None else int(raw)


def value(name, raw):
    """What a key holds, as the model has it."""
    if not isinstance(raw, list):
        return None if raw is None else int(raw)
    items = [int(item) for item in raw]
    return (frozenset(items) if name.startswith("set") else tuple(items)) or None


class Client:
    """One connection: sends operations of several rounds in one burst, then reads their answers."""

    def __init__(self, port, split):
        self.connection = Connection("127.0.0.1", port, timeout=20)
        self.split = split

    def commands(self, one_round, op):
        if op[0] != "EXEC":
            return [one_round.wire(op)]
        parts = [one_round.wire(part) for part in op[1]]
        return parts if self.split else [["MULTI"], *parts, ["EXEC"]]

    def send(self, operations):
        """(round, operation) pairs."""
        commands = [self.commands(*pair) for pair in operations]
        self.todo = [(*pair, len(words)) for pair, words in zip(operations, commands)]
        burst = b"".join(encode(words) for group in commands for words in group)
        self.invoked = time.monotonic()
        self.connection.socket.sendall(burst)

    def read(self, histories):
        """histories: per round, where this connection's operations go."""
        for one_round, op, count in self.todo:
            replies = [self.connection.read() for _ in range(count)]
            raw = replies if op[0] == "EXEC" and self.split else replies[-1]
            histories[one_round].append(Operation(op, self.invoked, time.monotonic(), one_round.answer(op, raw)))


def play(clients, gun, rounds, operations_each):
    """Two bursts of each client: the second one starts when its first was answered, whatever the others do. The history
    of each round: per connection, its operations."""
    histories = [{one_round: [] for one_round in rounds} for _ in clients]
    plans = [[[(one_round, op) for one_round in rounds for op in one_round.operations(operations_each // 2)]
              for _ in range(2)] for _ in clients]
    gun.send([("EVAL", GUN, "0")])
    for client, (first, _) in zip(clients, plans):
        client.send(first)
    gun.read()
    for client, (_, second), history in zip(clients, plans, histories):
        client.read(history)
        client.send(second)
    for client, history in zip(clients, histories):
        client.read(history)
    clients[0].send([(one_round, ("ALL",)) for one_round in rounds])
    clients[0].read(histories[0])
    gun.pipeline([("DEL", *(one_round.prefix + name for name in NAMES)) for one_round in rounds])
    return [[history[one_round] for history in histories] for one_round in rounds]


def run(options):
    clients = [Client(options.port, options.split) for _ in range(options.connections)]
    gun = Connection("127.0.0.1", options.port, timeout=20)
    began = time.monotonic()
    rounds = operations = undecided = 0
    while time.monotonic() - began < options.seconds:
        for history in play(clients, gun, [Round(f"{options.seed}:{rounds + i}") for i in range(options.rounds)],
                            options.operations):
            rounds += 1
            operations += sum(map(len, history))
            try:
                if not linearisable(history):
                    report(history, rounds)
                    return 1
            except Undecided:
                undecided += 1
    print(f"{rounds} rounds, {operations} operations of {options.connections} connections: linearisable; {undecided} undecided")
    return 2 if undecided > UNDECIDED_SHARE * rounds + 1 else 0


def report(history, rounds):
    print(f"round {rounds} has no order that explains its answers:")
    for number, one in enumerate(history):
        for operation in one:
            print(f"  connection {number} {operation}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=5)
    parser.add_argument("--operations", type=int, default=12, help="of each connection in a round")
    parser.add_argument("--rounds", type=int, default=16, help="in one burst")
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--split", action="store_true", help="send transactions as separate commands: must be found out")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
