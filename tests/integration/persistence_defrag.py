"""Active defragmentation under everything at once: every type, expiries, transactions, scripts, snapshots and rewrites,
lookups and result sets that are filled and evicted. Each writer keeps a model of its keys and compares; at the end all is
compared again, and once more after a restart. Run: python3 -m tests.integration.persistence_defrag"""
import os
import random
import threading
import time
import unittest

import pymysql

from tests.integration._persistence import Durable, Failure, wait_until
from tests.support.servers import MariaDB, Sabil

SEED = int(os.environ.get("SABIL_TEST_SEED", "20260301"))
LOAD_S = float(os.environ.get("SABIL_DEFRAG_S", "12"))
WRITERS = 4
ROWS = 12000
TABLES = f"""CREATE DATABASE news; USE news;
CREATE TABLE items (id INT PRIMARY KEY, v BIGINT NOT NULL, name VARCHAR(2000)) CHARACTER SET utf8mb4;
INSERT INTO items SELECT seq, seq * 7, REPEAT(CONCAT('item ', seq, ' '), 1 + seq % 90) FROM seq_1_to_{ROWS};
CREATE USER 'site'@'%' IDENTIFIED BY 'site'; GRANT ALL ON news.* TO 'site'@'%';"""
LOOKUPS = """
[[lookup]]
name = "item"
key = "item:{id}"
query = "SELECT name FROM items WHERE id = {id}"
as = "string"
[[lookup]]
name = "whole"
key = "whole:{id}"
query = "SELECT id, v, name FROM items WHERE id = {id}"
as = "hash"
"""
PARAMETERS = """
appendonly = "yes"
activedefrag = "yes"
active-defrag-ignore-bytes = "1"
active-defrag-threshold-lower = "0"
active-defrag-cycle-max = "60"
"""


class Moving(Durable):
    def __init__(self, mysql):
        Sabil.__init__(self, mysql, config=f"[redis]\n{PARAMETERS}\n{LOOKUPS}", cache='maxmemory = "9mb"')


def name_of(row):
    return f"item {row} " * (1 + row % 90)


class Model:
    """Keys of one writer and what they hold; change() gives commands that it has followed already."""

    def __init__(self, number, rng):
        self.prefix = f"w{number}:"
        self.rng = rng
        self.keys = {}
        self.streams = {}  # the last ID's number

    def text(self):
        return f"{self.rng.randrange(10**9)}" + "t" * self.rng.choice([0, 5, 20, 60, 300])

    def member(self):
        return f"m{self.rng.randrange(400)}"

    def pick(self, kind):
        return f"{self.prefix}{kind}{self.rng.randrange(60)}"

    def change(self):
        kind = self.rng.choice(["string", "hash", "set", "ints", "zset", "list", "stream"])
        key = self.pick(kind)
        if self.rng.random() < 0.06:
            self.keys.pop(key, None)
            return [self.rng.choice([("DEL", key), ("UNLINK", key)])]
        return getattr(self, "change_" + kind)(key)

    def change_string(self, key):
        text = self.text()
        if self.rng.random() < 0.3:
            self.keys[key] = self.keys.get(key, "") + text[:40]
            return [("APPEND", key, text[:40])]
        self.keys[key] = text
        if self.rng.random() < 0.3:
            return [("EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", 1, key, text)]
        return [("SET", key, text, "EX", 10000)]

    def change_hash(self, key):
        held = self.keys.setdefault(key, {})
        fields = {self.member(): self.text() for _ in range(self.rng.choice([1, 3, 40]))}
        held.update(fields)
        gone = self.rng.sample(sorted(held), min(len(held) - 1, self.rng.choice([0, 1, 30])))
        for field in gone:
            del held[field]
        out = [("HSET", key, *[part for pair in fields.items() for part in pair])]
        return out + ([("HDEL", key, *gone)] if gone else [])

    def change_set(self, key, make=None):
        held = self.keys.setdefault(key, set())
        added = {make() if make else self.member() for _ in range(self.rng.choice([1, 3, 60]))}
        held |= added
        gone = self.rng.sample(sorted(held), min(len(held) - 1, self.rng.choice([0, 1, 50])))
        held -= set(gone)
        return [("SADD", key, *added)] + ([("SREM", key, *gone)] if gone else [])

    def change_ints(self, key):
        return self.change_set(key, lambda: str(self.rng.randrange(-700, 70000)))

    def change_zset(self, key):
        held = self.keys.setdefault(key, {})
        scores = {self.member(): self.rng.randrange(10**6) for _ in range(self.rng.choice([1, 3, 60]))}
        held.update(scores)
        gone = self.rng.sample(sorted(held), min(len(held) - 1, self.rng.choice([0, 1, 50])))
        for member in gone:
            del held[member]
        out = [("ZADD", key, *[part for member, score in scores.items() for part in (score, member)])]
        return out + ([("ZREM", key, *gone)] if gone else [])

    def change_list(self, key):
        held = self.keys.setdefault(key, [])
        texts = [self.text() for _ in range(self.rng.choice([1, 3, 30]))]
        held += texts
        out = [("RPUSH", key, *texts)]
        gone = min(len(held) - 1, self.rng.choice([0, 1, 25]))
        if gone:
            del held[:gone]
            out.append(("LPOP", key, gone))
        return out

    def change_stream(self, key):
        held = self.keys.setdefault(key, {})
        number = self.streams.get(key, 0) + 1
        self.streams[key] = number
        held[f"{number}-1"] = text = self.text()
        out = [("XADD", key, f"{number}-1", "field", text)]
        if len(held) > 5 and self.rng.random() < 0.5:
            gone = self.rng.sample(sorted(held), 2)
            for identity in gone:
                del held[identity]
            out.append(("XDEL", key, *gone))
        return out

    def thin_out(self):
        gone = [key for key in self.keys if self.rng.random() < 0.8]
        for key in gone:
            del self.keys[key]
            self.streams.pop(key, None)
        return [("DEL", *gone)] if gone else []

    def reading(self, key):
        for kind, command in (("string", ("GET", key)), ("hash", ("HGETALL", key)), ("set", ("SMEMBERS", key)),
                              ("ints", ("SMEMBERS", key)), ("zset", ("ZRANGE", key, 0, -1, "WITHSCORES")),
                              ("list", ("LRANGE", key, 0, -1)), ("stream", ("XRANGE", key, "-", "+"))):
            if key.startswith(self.prefix + kind):
                return command
        raise ValueError(key)

    def same(self, key, reply):
        held = self.keys[key]
        kind = key[len(self.prefix):].rstrip("0123456789")
        if kind == "string":
            return reply.decode() == held
        if kind in ("set", "ints"):
            return {member.decode() for member in reply} == held
        if kind == "list":
            return [element.decode() for element in reply] == held
        if kind == "stream":
            return [(identity.decode(), fields[1].decode()) for identity, fields in reply] == \
                sorted(held.items(), key=lambda item: int(item[0].split("-")[0]))
        pairs = {reply[i].decode(): reply[i + 1].decode() for i in range(0, len(reply), 2)}
        return pairs == {member: str(score) for member, score in held.items()}

    def differences(self, client, keys):
        replies = client.pipeline([self.reading(key) for key in keys]) if keys else []
        return [(key, str(reply)[:300], str(self.keys[key])[:300])
                for key, reply in zip(keys, replies) if isinstance(reply, Failure) or not self.same(key, reply)]


class Defragmentation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mysql = MariaDB()
        cls.addClassCleanup(cls.mysql.close)
        cls.mysql.__enter__()
        cls.mysql.sql(TABLES)

    def setUp(self):
        self.wrong = []
        self.stopping = False

    def in_turns(self, step):
        """A thread that takes steps until the end; what it raises is told at the end."""
        def run():
            try:
                while not self.stopping and not self.wrong:
                    step()
            except Exception as problem:  # pylint: disable=broad-except
                self.wrong.append(repr(problem))
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def writer(self, client, model):
        rng = model.rng

        def step():
            if rng.random() < 0.01:
                batch = model.thin_out()
            else:
                batch = [command for _ in range(10) for command in model.change()]
                if rng.random() < 0.3:
                    batch = [("MULTI",), *batch, ("EXEC",)]
                batch += [("SET", f"{model.prefix}brief{rng.randrange(200)}", "brief" * 20, "PX", rng.randrange(1, 400))]
            replies = client.pipeline(batch) if batch else []
            replies += [reply for each in replies if isinstance(each, list) for reply in each]  # EXEC's
            failures = [str(reply) for reply in replies if isinstance(reply, Failure)]
            keys = rng.sample(sorted(model.keys), min(len(model.keys), 6))
            self.wrong += failures + model.differences(client, keys)
        return step

    def looker(self, client, rng):
        def step():
            row = rng.randrange(1, ROWS + 1)
            name = name_of(row).encode()
            if rng.random() < 0.5:
                got, want = client.call("GET", f"item:{row}"), name
            else:
                got = client.call("HGETALL", f"whole:{row}")
                want = [b"id", str(row).encode(), b"v", str(row * 7).encode(), b"name", name]
            if got != want:
                self.wrong.append((row, str(got)[:300]))
        return step

    def selecter(self, session, rng):
        def step():
            row = rng.randrange(1, ROWS + 1)
            with session.cursor() as cursor:
                cursor.execute(f"SELECT name FROM items WHERE id = {row}")
                got = cursor.fetchall()
            if got != ((name_of(row),),):
                self.wrong.append((row, str(got)[:300]))
        return step

    def disturber(self, client, rng):
        def step():
            client.call(rng.choice(["BGSAVE", "BGREWRITEAOF", "PING", "PING"]))
            if rng.random() < 0.1:
                client.call("MEMORY", "PURGE")
            time.sleep(rng.uniform(0.05, 0.3))
        return step

    def test_every_value_stays(self):
        with Moving(self.mysql) as server:
            models = self.load(server)
            self.assertEqual(self.wrong, [])
            moved, evicted = self.moved_and_evicted(server)
            commands = server.info("stats")["total_commands_processed"]
            self.assertEqual(server.metrics().get('sabil_evictions_total{class="owned"}', 0), 0)
            self.compare(server, models)
            server.restart()
            self.compare(server, models)
            print(f"{moved} blocks moved, {evicted} entries evicted, {commands} commands", flush=True)

    def load(self, server):
        models = [Model(i, random.Random(SEED + i)) for i in range(WRITERS)]
        threads = [self.in_turns(self.writer(server.client(), model)) for model in models]
        threads += [self.in_turns(self.looker(server.client(), random.Random(SEED + 100 + i))) for i in range(2)]
        session = pymysql.connect(host="127.0.0.1", port=server.mysql_port, user="site", password="site",
                                  database="news", autocommit=True)
        threads.append(self.in_turns(self.selecter(session, random.Random(SEED + 200))))
        threads.append(self.in_turns(self.disturber(server.client(), random.Random(SEED + 300))))
        end = time.monotonic() + LOAD_S
        wait_until(lambda: self.wrong or time.monotonic() > end and min(self.moved_and_evicted(server)) > 500,
                   limit_s=LOAD_S + 60, message=f"nothing is moved or evicted: {self.moved_and_evicted(server)}")
        self.stopping = True
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive(), "a client hangs")
        session.close()
        return models

    @staticmethod
    def moved_and_evicted(server):
        return (int(server.info("stats")["active_defrag_hits"]),
                int(server.metrics().get('sabil_evictions_total{class="filled"}', 0)))

    def compare(self, server, models):
        client = server.client()
        for model in models:
            self.assertEqual(model.differences(client, sorted(model.keys)), [])
        held = {key for model in models for key in model.keys}
        there = {key.decode() for key in client.call("KEYS", "w*:*")}
        self.assertEqual({key for key in there if "brief" not in key and not key.startswith("whole:")}, held)
        client.close()


if __name__ == "__main__":
    unittest.main()
