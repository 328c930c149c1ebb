"""What administrators and tools use beside data: MIGRATE, function libraries, redis.conf, tracking, WATCH, the sandbox.
Run: python3 -m tests.integration.resp_server_commands"""
import os
import socket
import subprocess
import threading
import time
import unittest

import redis

from tests.blackbox.resp_client import Connection
from tests.support.servers import Redis, Sabil, Server, free_port

LIBRARY = "#!lua name=%s\nredis.register_function('%s', function(keys, args) return %s end)"


class DropIn(Server):
    """Sabil started as redis-server is: with a file in Redis' format."""

    name = "sabil-redis"

    def __init__(self, lines=(), arguments=()):
        super().__init__()
        self.lines, self.arguments = list(lines), list(arguments)

    def prepare(self):
        self.conf = os.path.join(self.folder, "redis.conf")
        with open(self.conf, "w") as f:
            f.write("\n".join([f"port {self.port}", f"dir {self.folder}", "save ''", *self.lines, ""]))

    def command(self):
        return [Sabil().program, self.conf, *self.arguments]


class Stalled:
    """Accepts connections and never answers."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.listener.close()


def client(server, **options):
    return redis.Redis(port=server.port, decode_responses=True, **options)


def loaded(server):
    """A client, once the data set is in memory."""
    ours = client(server)
    deadline = time.monotonic() + 30
    while ours.info("persistence")["loading"] == 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    return ours


class WaitAof(unittest.TestCase):
    def test_waits_until_the_log_is_on_disk(self):
        with DropIn(["appendonly yes", "appendfsync everysec"]) as server:
            writer, other = client(server), client(server)
            while other.info("persistence")["loading"] == 1:
                time.sleep(0.01)
            for i in range(3):
                writer.set("key", i)
                self.assertEqual(writer.execute_command("WAITAOF", 1, 0, 10_000), [1, 0])
            writer.set("key", "again")
            began = time.monotonic()
            answer = writer.execute_command("WAITAOF", 1, 0, 1)
            self.assertIn(answer, ([0, 0], [1, 0]))
            self.assertLess(time.monotonic() - began, 5, "a millisecond is not for ever")
            self.assertEqual(other.execute_command("WAITAOF", 0, 0, 0)[1], 0)
            other.config_set("appendonly", "no")
            with self.assertRaisesRegex(redis.ResponseError, "appendonly is disabled"):
                other.execute_command("WAITAOF", 1, 0, 0)


class Migrate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sabil = Sabil().__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.other = Redis().__enter__()
        cls.addClassCleanup(cls.other.close)

    def setUp(self):
        self.ours, self.theirs = client(self.sabil), client(self.other)
        self.ours.flushall()
        self.theirs.flushall()
        self.theirs.config_set("requirepass", "")

    def migrate(self, *arguments, port=None):
        return self.ours.execute_command("MIGRATE", "127.0.0.1", port or self.other.port, *arguments)

    def test_moves_every_type_and_the_expiry(self):
        self.ours.set("s", "v", px=100000)
        self.ours.rpush("l", *range(300))
        self.ours.hset("h", mapping={"a": 1, "b": 2})
        self.ours.zadd("z", {"x": 1.5})
        self.ours.sadd("i", 1, 2, 3)
        self.assertEqual(self.migrate("", 0, 5000, "KEYS", "s", "l", "h", "z", "i", "none"), "OK")
        self.assertEqual(self.ours.dbsize(), 0)
        self.assertTrue(90000 < self.theirs.pttl("s") <= 100000)
        self.assertEqual(self.theirs.lrange("l", 0, -1), [str(i) for i in range(300)])
        self.assertEqual(self.theirs.hgetall("h"), {"a": "1", "b": "2"})
        self.assertEqual(self.theirs.zscore("z", "x"), 1.5)
        self.assertEqual(self.theirs.smembers("i"), {"1", "2", "3"})

    def test_copy_replace_and_refusals(self):
        self.ours.set("k", "new")
        self.theirs.set("k", "old")
        with self.assertRaisesRegex(redis.ResponseError, "Target instance replied with error: BUSYKEY"):
            self.migrate("k", 0, 5000, "COPY")
        self.assertEqual(self.migrate("k", 0, 5000, "COPY", "REPLACE"), "OK")
        self.assertEqual((self.ours.get("k"), self.theirs.get("k")), ("new", "new"))
        self.assertEqual(self.migrate("missing", 0, 5000), "NOKEY")
        with self.assertRaisesRegex(redis.ResponseError, "must be set to the empty string"):
            self.migrate("k", 0, 5000, "KEYS", "k")

    def test_only_accepted_keys_go(self):
        self.ours.mset({"a": 1, "b": 2, "c": 3})
        self.theirs.set("b", "there")
        with self.assertRaisesRegex(redis.ResponseError, "BUSYKEY"):
            self.migrate("", 0, 5000, "KEYS", "a", "b", "c")
        self.assertEqual(self.ours.keys(), ["b"])
        self.assertEqual(self.theirs.mget("a", "b", "c"), ["1", "there", "3"])

    def test_password_and_database(self):
        self.theirs.config_set("requirepass", "secret")
        self.theirs = client(self.other, password="secret", db=3)
        self.ours.set("k", "v")
        with self.assertRaisesRegex(redis.ResponseError, "Target instance replied with error: (WRONGPASS|ERR|NOAUTH)"):
            self.migrate("k", 3, 5000, "AUTH", "wrong")
        self.assertEqual(self.ours.get("k"), "v")
        self.assertEqual(self.migrate("k", 3, 5000, "AUTH", "secret"), "OK")
        self.assertEqual(self.theirs.get("k"), "v")
        self.theirs.config_set("requirepass", "")

    def test_keeps_the_connection_for_the_next_one(self):
        with Redis() as short_lived:
            theirs = client(short_lived)
            before = theirs.info("stats")["total_connections_received"]
            for i in range(3):
                self.ours.set("k", i)
                self.assertEqual(self.migrate("k", 0, 5000, "REPLACE", port=short_lived.port), "OK")
                self.assertGreaterEqual(self.ours.info("stats")["migrate_cached_sockets"], 1)
            self.assertEqual(theirs.info("stats")["total_connections_received"], before + 1)
            theirs.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            self.ours.set("k", "again")
            self.assertEqual(self.migrate("k", 0, 5000, "REPLACE", port=short_lived.port), "OK", "the other end was closed")
            port = short_lived.port
        self.ours.set("k", "v")
        with self.assertRaisesRegex(redis.ResponseError, "IOERR"):
            self.migrate("k", 0, 1000, port=port)
        self.assertEqual(self.ours.get("k"), "v")

    def test_others_go_on_while_it_waits(self):
        self.ours.set("k", "v")
        with Stalled() as stalled:
            failures = []

            def move():
                try:
                    self.migrate("k", 0, 1500, port=stalled.port)
                except redis.ResponseError as error:
                    failures.append(str(error))

            mover = threading.Thread(target=move)
            started = time.monotonic()
            mover.start()
            beside = client(self.sabil)
            while mover.is_alive():
                asked = time.monotonic()
                self.assertEqual(beside.get("k"), "v")
                self.assertLess(time.monotonic() - asked, 1)
                time.sleep(0.01)
            mover.join()
            self.assertLess(time.monotonic() - started, 8)
        self.assertRegex(failures[0], "IOERR error or timeout reading")
        with self.assertRaisesRegex(redis.ResponseError, "IOERR error or timeout connecting"):
            self.migrate("k", 0, 1000, port=free_port())
        self.assertEqual(self.ours.get("k"), "v")

    def test_closing_the_client_meanwhile_harms_nothing(self):
        self.ours.set("k", "v")
        with Stalled() as stalled:
            with socket.create_connection(("127.0.0.1", self.sabil.port)) as s:
                s.sendall(b"MIGRATE 127.0.0.1 %d k 0 500\r\n" % stalled.port)
                deadline = time.monotonic() + 10
                while "cmd=migrate" not in str(self.ours.execute_command("CLIENT", "LIST")) and time.monotonic() < deadline:
                    pass
            stalled.listener.accept()[0].close()
        self.assertEqual(self.ours.get("k"), "v")


class Functions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sabil = Sabil().__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        self.ours = client(self.sabil)
        self.raw = redis.Redis(port=self.sabil.port)
        self.ours.execute_command("FUNCTION", "FLUSH")

    def load(self, name, function, value):
        return self.ours.execute_command("FUNCTION", "LOAD", LIBRARY % (name, function, value))

    def names(self):
        return sorted(library[1] for library in self.ours.execute_command("FUNCTION", "LIST"))

    def test_payload_is_understood_by_redis_and_back(self):
        self.load("one", "f", 1)
        self.load("two", "g", 2)
        payload = self.raw.execute_command("FUNCTION", "DUMP")
        with Redis() as other:
            theirs = redis.Redis(port=other.port)
            self.assertEqual(theirs.execute_command("FUNCTION", "RESTORE", payload), b"OK")
            self.assertEqual(theirs.execute_command("FCALL", "g", 0), 2)
            payload = theirs.execute_command("FUNCTION", "DUMP")
        self.ours.execute_command("FUNCTION", "FLUSH")
        self.assertEqual(self.ours.execute_command("FUNCTION", "RESTORE", payload), "OK")
        self.assertEqual(self.ours.execute_command("FCALL", "F", 0), 1)

    def test_policies_are_all_or_nothing(self):
        self.load("one", "f", 1)
        payload = self.raw.execute_command("FUNCTION", "DUMP")
        with self.assertRaisesRegex(redis.ResponseError, "Library one already exists"):
            self.ours.execute_command("FUNCTION", "RESTORE", payload)
        self.ours.execute_command("FUNCTION", "FLUSH")
        self.load("other", "f", 7)
        for policy in ("APPEND", "REPLACE"):
            with self.assertRaisesRegex(redis.ResponseError, "Function f already exists"):
                self.ours.execute_command("FUNCTION", "RESTORE", payload, policy)
            self.assertEqual(self.names(), ["other"])
        self.ours.execute_command("FUNCTION", "RESTORE", payload, "FLUSH")
        self.assertEqual((self.names(), self.ours.execute_command("FCALL", "f", 0)), (["one"], 1))
        with self.assertRaisesRegex(redis.ResponseError, "payload version or checksum are wrong"):
            self.ours.execute_command("FUNCTION", "RESTORE", payload[:-1] + b"x", "FLUSH")
        self.assertEqual(self.names(), ["one"])

    def test_scripts_cannot_leave_the_interpreter(self):
        for bounds in ("-2, 2147483647", "0, 2147483647", "-2147483648, -2"):
            with self.assertRaisesRegex(redis.ResponseError, "too many results to unpack"):
                self.ours.eval("return {unpack({1,2,3}, %s)}" % bounds, 0)
        for digits, text in (("-2147483648", "0000FFFF"), ("2147483647", "0000ffff"), ("4", "ffff"), ("-4", "FFFF")):
            self.assertEqual(self.ours.eval("return bit.tohex(65535, %s)" % digits, 0), text)
        with self.assertRaisesRegex(redis.ResponseError, "not enough memory"):
            self.ours.eval("return #cjson.encode(string.rep('\\1', 358000000))", 0)
        with self.assertRaisesRegex(redis.ResponseError, "readonly table"):
            self.ours.eval("_G = {}", 0)
        many = "local a = {} for i = 1, 7999 do a[i] = 1 end return redis.call('lpush', KEYS[1], unpack(a))"
        self.assertEqual(self.ours.eval(many, 1, "many"), 7999)


class Configuration(unittest.TestCase):
    def test_renamed_commands(self):
        with DropIn(["rename-command CONFIG settings", 'rename-command FLUSHALL ""']) as server:
            ours = client(server)
            self.assertEqual(ours.execute_command("SETTINGS", "GET", "maxmemory"), ["maxmemory", "0"])
            for gone in ("CONFIG GET maxmemory", "FLUSHALL"):
                with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
                    ours.execute_command(*gone.split())

    def test_rewrites_its_file_after_changing_folder(self):
        with DropIn(["user alice on >secret ~app:* +@all"]) as server:
            ours = client(server)
            self.assertEqual(ours.execute_command("AUTH", "alice", "secret"), True)
            ours = client(server)
            ours.config_set("maxmemory", "50mb")
            ours.execute_command("CONFIG", "REWRITE")
            with open(server.conf) as f:
                self.assertIn("maxmemory 52428800", f.read())


class Listeners(unittest.TestCase):
    def test_move_while_the_server_runs(self):
        with DropIn() as server:
            old = client(server)
            self.assertEqual(old.config_get("bind"), {"bind": "* -::*"})
            port = free_port()
            old.config_set("port", port)
            self.assertEqual(old.config_get("port"), {"port": str(port)}, "who is connected stays")
            ours = redis.Redis(port=port, decode_responses=True)
            self.assertTrue(ours.ping())
            with self.assertRaises(redis.ConnectionError):
                client(server).ping()
            with socket.create_server(("127.0.0.1", 0)) as taken:
                with self.assertRaisesRegex(redis.ResponseError, "'port'\\) - Unable to listen on this port"):
                    old.config_set("port", taken.getsockname()[1])
            self.assertTrue(redis.Redis(port=port).ping(), "listens where it did before")
            with self.assertRaisesRegex(redis.ResponseError, "'bind'\\) - Failed to bind to specified addresses"):
                old.config_set("bind", "999.999.999.999")
            self.assertTrue(redis.Redis(port=port).ping())
            old.config_set("bind", "")
            with self.assertRaises(redis.ConnectionError):
                redis.Redis(port=port).ping()
            old.config_set("bind", "127.0.0.1 -::1")
            self.assertTrue(redis.Redis(port=port).ping())
            old.config_set("port", server.port)
            self.assertTrue(client(server).ping())

    def test_of_the_own_configuration_are_told(self):
        with Sabil() as server:
            self.assertEqual(client(server).config_get("port", "bind"), {"bind": "127.0.0.1", "port": str(server.port)})


class Changes(unittest.TestCase):
    def test_restore_is_logged_as_it_was_asked(self):
        with DropIn(["appendonly yes"]) as server:
            ours = client(server)
            while ours.info("persistence")["loading"] == 1:
                time.sleep(0.01)
            ours.rpush("b", 1)
            payload = redis.Redis(port=server.port).dump("b")
            ours.execute_command("RESTORE", "c", 100_000, payload)
            ours.execute_command("RESTORE", "d", 0, payload)
            ours.execute_command("RESTORE", "d", 0, payload, "REPLACE")
            ours.execute_command("WAITAOF", 1, 0, 10_000)
            folder = os.path.join(server.folder, "appendonlydir")
            [name] = [name for name in os.listdir(folder) if name.endswith(".incr.aof")]
            with open(os.path.join(folder, name), "rb") as f:
                log = f.read()
            self.assertEqual([log.count(word) for word in (b"ABSTTL", b"REPLACE", b"RESTORE")], [1, 1, 3])

    def test_library_headers_are_quoted_as_requests_are(self):
        with DropIn(["enable-debug-command yes"]) as server:
            ours = client(server)
            ours.function_load("#!lua name=\"mine\"\nredis.register_function('f', function() return 'hello' end)")
            self.assertEqual(ours.fcall("f", 0), "hello")
            with self.assertRaisesRegex(redis.ResponseError, "Engine '' not found"):
                ours.function_load("#! name=other\nredis.register_function('g', function() return 1 end)")
            with self.assertRaisesRegex(redis.ResponseError, "Invalid library metadata"):
                ours.function_load("#!lua name=\"other\nredis.register_function('g', function() return 1 end)")
            with self.assertRaisesRegex(redis.ResponseError, "not allowed from read-only scripts"):
                ours.eval_ro("return redis.call('publish', 'c', 'm')", 0)

    def test_debug_object_sees_what_has_expired(self):
        with DropIn(["enable-debug-command yes"]) as server:
            ours = client(server)
            ours.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", 0)
            ours.set("k", "v", px=1)
            time.sleep(0.01)
            self.assertIn("encoding:embstr", str(ours.execute_command("DEBUG", "OBJECT", "k")))
            self.assertFalse(ours.exists("k"))
            with self.assertRaisesRegex(redis.ResponseError, "no such key"):
                ours.execute_command("DEBUG", "OBJECT", "k")

    def test_bad_parameters_are_named_as_they_were_given(self):
        for arguments, said in ((["--port", "--bla"], "'port \"--bla\"'"),
                                (["--replicaof", "127.0.0.1", "abc"], "Invalid master port")):
            done = subprocess.run([Sabil().program, *arguments], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stdout + done.stderr)


class OutOfMemory(unittest.TestCase):
    def test_clients_buffers_make_keys_go(self):
        with DropIn(["maxmemory 11mb", "maxmemory-policy allkeys-lru"]) as server:
            ours = client(server)
            for i in range(50):
                ours.setrange(i, 100_000, "x")
            self.assertEqual(ours.dbsize(), 50)
            greedy = []
            for _ in range(30):
                s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
                self.addCleanup(s.close)
                s.sendall(b"*250\r\n" + (b"$1000\r\n" + b"x" * 1000 + b"\r\n") * 249)
                greedy.append(s)
            deadline = time.monotonic() + 10
            while ours.dbsize() == 50 and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertLess(ours.dbsize(), 50)
            self.assertGreater(ours.info("stats")["evicted_keys"], 0)

    def test_a_lower_limit_takes_effect_at_once(self):
        with DropIn(["maxmemory-policy allkeys-lru"]) as server:
            ours = client(server)
            for i in range(100):
                ours.setrange(i, 10_000, "x")
            ours.config_set("maxmemory", ours.info("memory")["used_memory"] - 200_000)
            self.assertGreater(ours.info("stats")["evicted_keys"], 5)
            self.assertTrue(50 < ours.dbsize() < 95)

    def test_a_transaction_that_grows_is_refused_whole(self):
        """As on redis-server: what was queued while there was room is not run where there is none any more."""
        answers = []
        with DropIn() as ours, Redis() as theirs:
            for server in (ours, theirs):
                writer, other = client(server), client(server)
                writer.set("kept", "1")
                pipe = Connection("127.0.0.1", server.port)
                self.addCleanup(pipe.close)
                said = [pipe.call("MULTI"), pipe.call("SET", "new", "1"), pipe.call("GET", "kept")]
                other.config_set("maxmemory", "1")
                said.append(str(pipe.call("EXEC")))
                said += [pipe.call("MULTI"), pipe.call("GET", "kept"), pipe.call("EXEC")]
                other.config_set("maxmemory", "0")
                answers.append((said, other.exists("new")))
        self.assertEqual(answers[0], answers[1])
        self.assertIn("EXECABORT", answers[0][0][3])


class Watching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sabil = Sabil(config='[redis]\nenable-debug-command = "yes"\n').__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def setUp(self):
        self.ours = client(self.sabil)
        self.ours.flushall()

    def tearDown(self):
        self.ours.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "1")

    def test_a_key_past_its_time_that_goes_is_no_change(self):
        self.ours.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        for change in (["DEL", "k"], ["FLUSHDB"], ["SWAPDB", "0", "1"], ["SET", "k", "new"]):
            connection = redis.Redis(port=self.sabil.port, single_connection_client=True)
            self.ours.set("k", "v", px=1)
            while self.ours.pttl("k") != -2:
                time.sleep(0.001)
            connection.execute_command("WATCH", "k")
            self.ours.execute_command(*change)
            connection.execute_command("MULTI")
            connection.execute_command("PING")
            self.assertEqual(connection.execute_command("EXEC"), None if change[0] == "SET" else [b"PONG"], change)
            self.ours.flushall()
            connection.close()

    def test_listeners_of_prefixes_hear_of_a_command_at_once(self):
        with socket.create_connection(("127.0.0.1", self.sabil.port), timeout=10) as s:
            s.sendall(b"HELLO 3\r\nCLIENT TRACKING on BCAST PREFIX a: PREFIX b:\r\nPING\r\n")
            seen = b""
            while b"PONG" not in seen:
                seen += s.recv(4096)
            self.ours.mset({"a:2": 1, "a:1": 1, "c": 1, "b:1": 1})
            seen = b""
            while seen.count(b"invalidate") < 2 or not seen.endswith(b"b:1\r\n"):
                seen += s.recv(4096)
            self.assertEqual(seen, b">2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\na:1\r\n$3\r\na:2\r\n"
                                   b">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nb:1\r\n")

    def test_scripts_are_followed_by_what_they_read(self):
        with socket.create_connection(("127.0.0.1", self.sabil.port), timeout=10) as s:
            self.ours.mset({"a": 1, "b": 1})
            s.sendall(b"HELLO 3\r\nCLIENT TRACKING on\r\nEVAL_RO \"return redis.call('get', KEYS[1])\" 2 a b\r\nPING\r\n")
            seen = b""
            while b"PONG" not in seen:
                seen += s.recv(4096)
            self.ours.mset({"b": 2, "a": 2})
            s.sendall(b"ECHO done\r\n")
            seen = b""
            while b"done" not in seen or seen.count(b"invalidate") < 1:
                seen += s.recv(4096)
            self.assertIn(b"*1\r\n$1\r\na\r\n", seen)
            self.assertNotIn(b"*1\r\n$1\r\nb\r\n", seen, "declared, and not read")

    def test_hears_of_evicted_keys_before_the_reply_that_needed_room(self):
        with DropIn() as server, socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
            self.addCleanup(client(server).shutdown, nosave=True)
            memory = loaded(server).info("memory")["used_memory"]
            client(server).config_set("maxmemory", memory + (200 << 10))
            s.sendall(b"HELLO 3\r\nCLIENT TRACKING on\r\nCONFIG SET maxmemory-policy volatile-random\r\n"
                      b"SETEX gone 1000 x\r\nGET gone\r\nSETBIT large 3200000 0\r\nGETBIT large 0\r\nECHO done\r\n")
            seen = b""
            while b"done" not in seen:
                seen += s.recv(4096)
            self.assertTrue(seen.endswith(b":0\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$4\r\ngone\r\n:0\r\n$4\r\ndone\r\n"), seen)

    def test_monitor_shows_commands_in_the_order_of_their_effect(self):
        with self.ours.monitor() as monitor:
            with self.ours.pipeline() as transaction:
                transaction.set("k", 1)
                transaction.execute()
            self.ours.eval("return redis.call('set', 'k', '2')", 0)
            words = []
            for command in monitor.listen():
                words.append(command["command"].split()[0].lower())
                if len(words) == 5:
                    break
        self.assertEqual(words, ["multi", "set", "exec", "eval", "set"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
