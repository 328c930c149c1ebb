"""Files exchanged with Debian's redis-server, both ways: RDB files and append-only files of every type and encoding,
without a difference, and Redis' own checkers find nothing wrong. Run: python3 -m tests.integration.persistence_exchange
"""
import os
import subprocess
import unittest

from tests.integration._persistence import Connection, Durable, Redis, copy, differing, dumps, fill, idle, wait_until


def redis_client(redis):
    return Connection("127.0.0.1", redis.port, timeout=20)


class Exchange(unittest.TestCase):
    def same(self, ours, theirs):
        mine, other = dumps(ours), dumps(theirs)
        self.assertEqual(differing(mine, other), [])
        self.assertGreater(sum(len(keys) for keys in mine.values()), 80)
        self.assertEqual(ours.call("FCALL", "answer", 0), 42)
        self.assertEqual(theirs.call("FCALL", "answer", 0), 42)

    def check(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])

    def test_redis_loads_our_rdb_file(self):
        with Durable() as sabil, Redis() as redis:
            ours = sabil.client()
            fill(ours)
            self.assertEqual(ours.call("SAVE"), "OK")
            self.check("redis-check-rdb", sabil.path("dump.rdb"))
            redis.stop()
            copy(sabil.path("dump.rdb"), os.path.join(redis.folder, "dump.rdb"))
            redis.start()
            self.same(ours, redis_client(redis))

    def test_we_load_redis_rdb_file(self):
        with Durable() as sabil, Redis() as redis:
            theirs = redis_client(redis)
            fill(theirs, seed=2)
            self.assertEqual(theirs.call("SAVE"), "OK")
            sabil.stop()
            copy(os.path.join(redis.folder, "dump.rdb"), sabil.path("dump.rdb"))
            sabil.start()
            self.same(sabil.client(), theirs)

    def our_log(self, **parameters):
        with Durable(appendonly="yes", **parameters) as sabil, Redis(options=["--appendonly", "yes"]) as redis:
            ours = sabil.client()
            fill(ours, seed=3, sizes=(3, 40))
            ours.call("BGREWRITEAOF")
            wait_until(lambda: idle(sabil))
            fill_more(ours)
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            self.check("redis-check-aof", sabil.path("appendonlydir", "appendonly.aof.manifest"))
            redis.stop()
            copy(sabil.path("appendonlydir"), os.path.join(redis.folder, "appendonlydir"))
            redis.start()
            self.same(ours, redis_client(redis))
            # And we read it back ourselves.
            before = dumps(ours)
            sabil.restart()
            self.assertEqual(differing(before, dumps(sabil.client())), [])

    def test_redis_loads_our_log(self):
        self.our_log()

    def test_redis_loads_our_log_of_commands(self):
        self.our_log(aof_use_rdb_preamble="no", aof_timestamp_enabled="yes")

    def their_log(self, *options):
        with Durable(appendonly="yes") as sabil, Redis(options=["--appendonly", "yes", *options]) as redis:
            theirs = redis_client(redis)
            fill(theirs, seed=4, sizes=(3, 40))
            theirs.call("BGREWRITEAOF")
            wait_until(lambda: b"aof_rewrite_in_progress:0" in theirs.call("INFO", "persistence"))
            fill_more(theirs)
            sabil.stop()
            copy(os.path.join(redis.folder, "appendonlydir"), sabil.path("appendonlydir"))
            sabil.start()
            self.same(sabil.client(), theirs)

    def test_we_load_redis_log(self):
        self.their_log()

    def test_we_load_redis_log_of_commands(self):
        self.their_log("--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes")


def fill_more(client):
    """Commands that are logged in another form than they were sent in."""
    client.pipeline([
        ("SET", "counter", 5), ("INCRBYFLOAT", "counter", "0.25"), ("HINCRBYFLOAT", "hash3", "f", "1.5"),
        ("SADD", "popped", *range(20)), ("SPOP", "popped"), ("SPOP", "popped", 5), ("SPOP", "intset3", 100),
        ("SET", "gone", "x", "PX", 1), ("SETEX", "later", 1000, "x"), ("EXPIRE", "counter", 2000),
        ("GETEX", "embstr", "EX", 3000), ("GETDEL", "raw"), ("XADD", "stream3", "*", "a", "b"),
        ("XADD", "stream40", "MAXLEN", "~", 30, "*", "a", "b"), ("XAUTOCLAIM", "stream40", "group", "carol", 0, "0"),
        ("BLPOP", "list3", 1), ("BLMOVE", "list40", "list3", "LEFT", "RIGHT", 1), ("BZPOPMIN", "zset3", 1),
        ("LMPOP", 1, "list40", "RIGHT", "COUNT", 3), ("RESTORE", "copy", 5000, client.call("DUMP", "zset40")),
        ("COPY", "hash40", "hash-copy"), ("MOVE", "hash-copy", 1), ("SORT", "list-int40", "STORE", "sorted"),
        ("MULTI",), ("INCR", "in-unit"), ("SELECT", 3), ("INCR", "in-unit"), ("EXEC",), ("SELECT", 0),
        ("EVAL", "redis.call('SET', 'from-script', redis.call('TIME')[1]) redis.call('SPOP', 'popped')", 0),
        ("EXISTS", "gone"), ("DEL", "set3"), ("SWAPDB", 3, 9),
    ])


if __name__ == "__main__":
    unittest.main()
