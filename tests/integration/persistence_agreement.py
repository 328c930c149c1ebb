"""The same persistence commands on redis-server 7, redis-server 8 and Sabil, one after the other, with equal answers:
SHUTDOWN where the save fails, what INFO says of the last load, FLUSHALL with each word and setting, a log written by
Redis 8 with offsets in its manifest. Run: python3 -m tests.integration.persistence_agreement"""
import os
import shutil
import signal
import time
import unittest

from tests.integration._persistence import Connection, Durable, Failure, Redis, idle, wait_until

KINDS = ["redis7", "redis8", "sabil"]


def server_of(kind, **parameters):
    if kind == "sabil":
        return Durable(**parameters)
    options = [part for name, value in parameters.items() for part in ("--" + name.replace("_", "-"), *str(value).split())]
    return Redis(kind, options)


def connect(server):
    return Connection("127.0.0.1", server.port, timeout=20)


def info(client, name):
    text = client.call("INFO", "everything").decode()
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)[name]


def ended(server, how):
    """The exit code, where the command ended the server; else its reply."""
    client = connect(server)
    try:
        reply = client.call("SHUTDOWN", *how)
        return str(reply)
    except (OSError, ConnectionError):
        return server.process.wait(20)


class Agreement(unittest.TestCase):
    def same(self, course, **parameters):
        """What `course` returns of each server, which is to be the same; returned."""
        results = {}
        for kind in KINDS:
            with server_of(kind, **parameters) as server:
                results[kind] = course(server)
        self.assertEqual(results["sabil"], results["redis8"])
        self.assertEqual(results["sabil"], results["redis7"])
        return results["sabil"]

    def test_shutdown_where_the_save_fails(self):
        def course(server):
            client = connect(server)
            client.call("SET", "k", "v")
            # A folder in the file's place cannot be replaced, whoever the user is.
            os.makedirs(os.path.join(server.folder, "dump.rdb", "in the way"))
            said = [ended(server, ()), ended(server, ("SAVE",)), client.call("GET", "k")]
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)  # for who would end
            said.append(client.call("GET", "k"))
            return said + [ended(server, ("FORCE",))]
        said = self.same(course, save="3600 1")
        self.assertEqual(said[2:], [b"v", b"v", 0])
        self.assertTrue(said[0].startswith("ERR Errors trying to SHUTDOWN"), said[0])

    def test_shutdown_now_and_nosave(self):
        def course(server):
            connect(server).call("SET", "k", "v")
            os.makedirs(os.path.join(server.folder, "dump.rdb", "in the way"))
            return [ended(server, ("NOW",)), ended(server, ("ABORT",)), ended(server, ("SAVE", "NOSAVE")),
                    ended(server, ("NOSAVE",))]
        self.assertEqual(self.same(course, save="3600 1")[-1], 0)

    def test_what_info_says_of_the_last_load(self):
        def course(server):
            client = connect(server)
            due = time.time() + 2.5
            client.pipeline([("SET", f"stays{i}", "v", *(("PX", 900_000) if i % 2 else ())) for i in range(16)] +
                            [("SET", f"goes{i}", "v", "PXAT", int(due * 1000)) for i in range(4)] + [("SAVE",)])
            server.process.kill()
            server.process.wait()
            time.sleep(max(0.0, due + 0.1 - time.time()))
            server.start()
            wait_until(lambda: answers(server))
            client = connect(server)
            return [info(client, "rdb_last_load_keys_loaded"), info(client, "rdb_last_load_keys_expired"),
                    client.call("DBSIZE")]
        self.assertEqual(self.same(course), ["16", "4", 16])

    def test_flushall_and_lazyfree_settings(self):
        def course(server):
            client = connect(server)
            out = []
            for setting in ("no", "yes"):
                client.call("CONFIG", "SET", "lazyfree-lazy-user-flush", setting)
                for words in (("FLUSHALL",), ("FLUSHALL", "SYNC"), ("FLUSHALL", "ASYNC"), ("FLUSHDB", "ASYNC"),
                              ("FLUSHALL", "LATER"), ("FLUSHALL", "SYNC", "ASYNC")):
                    client.call("CONFIG", "RESETSTAT")
                    client.call("RPUSH", "list", *range(5000))
                    client.call("SET", "k", "v")
                    out.append((setting, words, str(client.call(*words)), client.call("DBSIZE")))
                    lazily = words[-1] == "ASYNC" or (setting == "yes" and len(words) == 1)
                    if lazily and out[-1][2] == "OK":
                        wait_until(lambda: info(client, "lazyfree_pending_objects") == "0")
                        out.append(int(info(client, "lazyfreed_objects")) > 0)
                    client.call("DEL", "list", "k")
            return out
        self.same(course)

    def test_a_log_of_redis_8_with_offsets(self):
        with Redis("redis8", ["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"]) as redis:
            client = connect(redis)
            client.call("SET", "before", "1")
            client.call("BGREWRITEAOF")
            wait_until(lambda: info(client, "aof_rewrite_in_progress") == "0" and info(client, "aof_rewrites") != "0")
            client.call("SELECT", 3)
            client.pipeline([("MULTI",), ("SET", "a", "1"), ("SELECT", 5), ("SET", "b", "2"), ("EXEC",)])
            redis.stop()
            folder = os.path.join(redis.folder, "appendonlydir")
            with open(os.path.join(folder, "appendonly.aof.manifest"), encoding="utf-8") as f:
                self.assertIn("startoffset", f.read())
            with Durable(appendonly="yes") as sabil:
                sabil.stop()
                shutil.rmtree(sabil.path("appendonlydir"))
                shutil.copytree(folder, sabil.path("appendonlydir"))
                sabil.start()
                client = sabil.client()
                found = [client.call("GET", "before")]
                for database, key in ((3, "a"), (5, "b")):
                    client.call("SELECT", database)
                    found.append(client.call("GET", key))
                self.assertEqual(found, [b"1", b"1", b"2"])
                client.call("BGREWRITEAOF")
                wait_until(lambda: idle(sabil))
                sabil.restart()
                self.assertEqual(sabil.client().call("GET", "before"), b"1")


def answers(server):
    try:
        return not isinstance(connect(server).call("DBSIZE"), Failure)
    except (OSError, ConnectionError):
        return False


if __name__ == "__main__":
    unittest.main()
