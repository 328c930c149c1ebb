"""Programs written for Redis, unmodified: redis-cli, redis-benchmark, python3-redis, ioredis, node-redis, BullMQ's scripts.
Run: python3 -m tests.integration.resp_clients"""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import redis

from tests.support import npm
from tests.support.servers import ROOT, Redis, Sabil

HERE = os.path.dirname(os.path.abspath(__file__))


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sabil = Sabil().__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        redis.Redis(port=self.sabil.port).flushall()

    def cli(self, *arguments, text=None):
        done = subprocess.run(["redis-cli", "-p", str(self.sabil.port), *arguments], input=text, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.strip()

    def test_redis_cli(self):
        self.assertEqual(self.cli("SET", "k", "hello world"), "OK")
        self.assertEqual(self.cli("GET", "k"), "hello world")
        self.assertTrue(self.cli("-3", "HELLO", "3").startswith("server"))
        self.cli("HSET", "h", "a", "1", "b", "2")
        self.assertEqual(json.loads(self.cli("--json", "-3", "HGETALL", "h")), {"a": "1", "b": "2"})
        self.assertIn("ERR wrong number of arguments for 'get' command", self.cli("GET"))
        self.assertEqual(self.cli(text="RPUSH l 1 2 3\nLRANGE l 0 -1\n").splitlines(), ["3", "1", "2", "3"])
        self.assertIn("k", self.cli("--scan"))
        self.assertIn("Biggest", self.cli("--bigkeys"))
        self.assertIn("redis_version:7.2.4", self.cli("INFO", "server"))

    def test_redis_cli_pipe(self):
        commands = "".join(f"*3\r\n$3\r\nSET\r\n$6\r\nk{i:05}\r\n$3\r\nabc\r\n" for i in range(20000))
        self.assertIn("errors: 0, replies: 20000", self.cli("--pipe", text=commands))
        self.assertEqual(self.cli("DBSIZE"), "20000")

    def test_redis_benchmark_all_its_tests(self):
        for extra in ([], ["-P", "16"], ["-3"]):
            done = subprocess.run(["redis-benchmark", "-p", str(self.sabil.port), "-n", "5000", "-q", "--csv", *extra],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = [row.split(",")[0].strip('"') for row in done.stdout.strip().splitlines()[1:]]
            for name in ("PING_INLINE", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP",
                         "ZADD", "ZPOPMIN", "MSET (10 keys)"):
                self.assertIn(name, rows)
            self.assertTrue(any(row.startswith("LRANGE_600") for row in rows), rows)
            self.assertNotIn("ERR", done.stdout + done.stderr)

    def test_python_redis_types(self):
        for protocol in (2, 3):
            try:
                r = redis.Redis(port=self.sabil.port, decode_responses=True, **({"protocol": 3} if protocol == 3 else {}))
            except TypeError:
                continue  # this release of the library speaks RESP2 only
            r.flushall()
            self.assertTrue(r.set("s", "v", ex=100))
            self.assertTrue(99 <= r.ttl("s") <= 100)
            self.assertEqual(r.incrbyfloat("f", 0.1), 0.1)
            r.hset("h", mapping={"a": 1, "b": "two"})
            self.assertEqual(r.hgetall("h"), {"a": "1", "b": "two"})
            r.rpush("l", *range(200))
            self.assertEqual(r.lrange("l", 198, -1), ["198", "199"])
            r.sadd("x", 1, 2, 3)
            r.sadd("y", 2, 3, 4)
            self.assertEqual(r.sinter("x", "y"), {"2", "3"})
            r.zadd("z", {"a": 1, "b": 2.5, "c": float("inf")})
            self.assertEqual(r.zrange("z", 0, -1, withscores=True), [("a", 1.0), ("b", 2.5), ("c", float("inf"))])
            self.assertEqual(sorted(r.scan_iter()), ["f", "h", "l", "s", "x", "y", "z"])
            with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE"):
                r.lpush("s", 1)

    def test_python_redis_transactions(self):
        r = redis.Redis(port=self.sabil.port, decode_responses=True)
        with r.pipeline(transaction=True) as p:
            p.set("a", 1).incr("a").get("a")
            self.assertEqual(p.execute(), [True, 2, "2"])
        with r.pipeline() as p:
            p.watch("a")
            redis.Redis(port=self.sabil.port).set("a", 10)
            p.multi()
            p.incr("a")
            with self.assertRaises(redis.WatchError):
                p.execute()

        def add(_key="counter"):
            mine = redis.Redis(port=self.sabil.port)
            for _ in range(50):
                mine.transaction(lambda p: (p.get("counter"), p.multi(), p.incr("counter")), "counter")

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(r.get("counter"), "200")

    def test_python_redis_pubsub(self):
        r = redis.Redis(port=self.sabil.port, decode_responses=True)
        listener = r.pubsub(ignore_subscribe_messages=True)
        listener.subscribe("news")
        listener.psubscribe("ne*")
        deadline = time.monotonic() + 5
        while r.publish("news", "hello") < 2:
            self.assertLess(time.monotonic(), deadline)
        found = []
        while len(found) < 2:
            message = listener.get_message(timeout=1)
            if message:
                found.append((message["type"], message["channel"], message["data"]))
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(sorted(found), [("message", "news", "hello"), ("pmessage", "news", "hello")])

    def test_python_redis_blocking_pop(self):
        r = redis.Redis(port=self.sabil.port, decode_responses=True)
        threading.Timer(0.1, lambda: redis.Redis(port=self.sabil.port).rpush("queue", "job")).start()
        self.assertEqual(r.blpop("queue", timeout=5), ("queue", "job"))
        start = time.monotonic()
        self.assertIsNone(r.blpop("queue", timeout=1))
        self.assertTrue(0.9 < time.monotonic() - start < 2)


class NodeClients(unittest.TestCase):
    """ioredis and node-redis from npm."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sabil-node-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        shutil.copy(os.path.join(HERE, "node", "package.json"), cls.folder)
        npm.install(cls.folder)
        for script in ("ioredis.mjs", "node_redis.mjs", "node_redis_cache.mjs", "bullmq_scripts.mjs", "monitored.mjs"):
            shutil.copy(os.path.join(HERE, "node", script), cls.folder)
        cls.sabil = Sabil().__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        for command in ("FLUSHALL", "FUNCTION FLUSH", "SCRIPT FLUSH"):
            redis.Redis(port=self.sabil.port).execute_command(command)

    def output(self, name, server):
        done = subprocess.run(["node", name, str(server.port)], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        return done.stdout

    def run_script(self, name):
        output = self.output(name, self.sabil)
        self.assertTrue(output.endswith("ok\n"), output)

    def compare(self, name):
        """What the script prints, one JSON object a line, is the same from redis-server and from Sabil."""
        with Redis() as peer:
            expected, found = [[json.loads(line) for line in self.output(name, server).splitlines()]
                               for server in (peer, self.sabil)]
        self.assertEqual(len(expected), len(found))
        for theirs, ours in zip(expected, found):
            with self.subTest(theirs.get("label")):
                self.assertEqual(theirs.get("answer"), ours.get("answer"))
                self.assertEqual(theirs, ours)
        return expected

    def test_ioredis(self):
        self.run_script("ioredis.mjs")

    def test_node_redis(self):
        self.run_script("node_redis.mjs")

    def test_node_redis_cache(self):
        self.run_script("node_redis_cache.mjs")

    def test_monitor(self):
        self.assertGreater(len(self.compare("monitored.mjs")), 10)

    def test_bullmq_scripts(self):
        missed = self.compare("bullmq_scripts.mjs")[-1]["missed"]
        # What BullMQ's classes call for servers older than Redis 6.0.6, or not at all
        self.assertEqual(missed, ["getState", "isJobInList", "relayAckInbox", "relayGetNamespaces", "releaseLock",
                                  "saveStacktrace"])


if __name__ == "__main__":
    assert os.path.isdir(ROOT)
    unittest.main()
