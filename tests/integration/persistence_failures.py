"""Full disks, folders that may not be written, files that may not grow, short writes and failing syncs: writes are
refused with MISCONF, or with appendfsync always the server ends; what was acknowledged stays, and a partial file never
takes the place of a good one. Run: python3 -m tests.integration.persistence_failures"""
import os
import resource
import shutil
import subprocess
import tempfile
import unittest

from tests.integration._persistence import Durable, Failure, build_shim, idle, wait_until

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
static int asked(const char *name) { const char *f = getenv(name); struct stat s; return f && stat(f, &s) == 0; }
static int regular(int fd) { struct stat s; return fstat(fd, &s) == 0 && S_ISREG(s.st_mode); }
static int failing(int fd) { if (fd > 2 && regular(fd) && asked("SHIM_FAIL_SYNC")) { errno = EIO; return 1; } return 0; }
int fdatasync(int fd) { if (failing(fd)) return -1; return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
int fsync(int fd) { if (failing(fd)) return -1; return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
ssize_t write(int fd, const void *bytes, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  static unsigned seed = 1;
  if (fd > 2 && size > 1 && regular(fd) && asked("SHIM_SHORT_WRITES")) {
    seed = seed * 1103515245 + 12345;
    size = 1 + (seed >> 8) % (size - 1);
  }
  return real(fd, bytes, size);
}
"""


def mounted():
    """A folder of 4 MB, or None where this user may not mount."""
    folder = tempfile.mkdtemp(prefix="sabil-small-disk-")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], stderr=subprocess.DEVNULL)
    if done.returncode == 0:
        return folder
    os.rmdir(folder)
    return None


def unmount(folder):
    subprocess.run(["umount", "-l", folder], check=True)
    os.rmdir(folder)


def refused(reply):
    return isinstance(reply, Failure) and reply.startswith("MISCONF")


def fill_disk(folder):
    path = os.path.join(folder, "filler")
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass
    return path


class SmallDisk(unittest.TestCase):
    def setUp(self):
        self.disk = mounted()
        self.addCleanup(unmount, self.disk)

    def write_until_refused(self, client, start=0, size=500):
        """Numbers of the keys that were acknowledged."""
        acknowledged = []
        for i in range(start, start + 20000):
            try:
                reply = client.call("SET", f"key{i}", "x" * size)
            except (OSError, ConnectionError):
                return acknowledged
            if refused(reply):
                return acknowledged
            self.assertEqual(reply, "OK")
            acknowledged.append(i)
        self.fail("the disk was never full")

    def assert_there(self, client, numbers):
        values = client.pipeline([("STRLEN", f"key{i}") for i in numbers])
        missing = [i for i, length in zip(numbers, values) if not length]
        self.assertEqual(missing, [], f"{len(missing)} acknowledged writes are missing")

    def test_a_save_without_room_refuses_writes_and_keeps_the_old_file(self):
        with Durable(dir=self.disk, save="3600 1", enable_protected_configs="yes") as sabil:
            client = sabil.client()
            client.call("SET", "small", "1")
            self.assertEqual(client.call("SAVE"), "OK")
            with open(os.path.join(self.disk, "dump.rdb"), "rb") as f:
                good = f.read()
            rng = os.urandom(200_000)
            for i in range(40):
                client.call("SET", f"big{i}", rng)
            client.call("BGSAVE")
            wait_until(lambda: sabil.info()["rdb_last_bgsave_status"] == "err")
            self.assertTrue(refused(client.call("SET", "refused", "1")))
            self.assertTrue(refused(client.call("PING")))
            self.assertEqual(client.call("GET", "small"), b"1")
            with open(os.path.join(self.disk, "dump.rdb"), "rb") as f:
                self.assertEqual(f.read(), good)
            self.assertEqual(os.listdir(self.disk), ["dump.rdb"])
            self.assertIsInstance(client.call("SHUTDOWN"), Failure)  # goes on rather than lose what is in memory
            self.assertEqual(client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"), "OK")
            self.assertEqual(client.call("SET", "accepted", "1"), "OK")
            client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
            client.call("CONFIG", "SET", "dir", sabil.folder)
            self.assertEqual(client.call("SAVE"), "OK")
            self.assertEqual(client.call("SET", "again", "1"), "OK")

    def test_everysec_refuses_writes_until_there_is_room(self):
        with Durable(dir=self.disk, appendonly="yes", auto_aof_rewrite_percentage="0") as sabil:
            client = sabil.client()
            filler = fill_disk(self.disk)
            there = self.write_until_refused(client)
            self.assertEqual(sabil.info()["aof_last_write_status"], "err")
            self.assertEqual(client.call("GET", "nothing"), None)
            os.unlink(filler)
            wait_until(lambda: client.call("SET", "room", "1") == "OK", limit_s=10)
            self.assertEqual(sabil.info()["aof_last_write_status"], "ok")
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            sabil.kill()
            sabil.start()
            self.assert_there(sabil.client(), there)

    def test_always_ends_the_server_and_loses_nothing(self):
        with Durable(dir=self.disk, appendonly="yes", appendfsync="always", auto_aof_rewrite_percentage="0") as sabil:
            filler = fill_disk(self.disk)
            there = self.write_until_refused(sabil.client())
            self.assertEqual(sabil.process.wait(10), 1)
            self.assertIn("the server ends", sabil.log_since_start())
            os.unlink(filler)
            sabil.start()
            self.assert_there(sabil.client(), there)

    def test_a_rewrite_without_room_leaves_the_log_as_it_was(self):
        with Durable(dir=self.disk, appendonly="yes", auto_aof_rewrite_percentage="0") as sabil:
            client = sabil.client()
            for i in range(10):
                client.call("SET", f"key{i}", os.urandom(150_000))
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            filler = fill_disk(self.disk)
            client.call("BGREWRITEAOF")
            wait_until(lambda: sabil.info()["aof_last_bgrewrite_status"] == "err" and idle(sabil))
            self.assertFalse([name for name in os.listdir(self.disk) if name.startswith("temp")])
            os.unlink(filler)
            wait_until(lambda: client.call("SET", "key10", "1") == "OK", limit_s=10)
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            sabil.kill()
            sabil.start()
            self.assert_there(sabil.client(), range(11))

    def test_a_read_only_disk(self):
        with Durable(dir=self.disk, save="3600 1") as sabil:
            client = sabil.client()
            client.call("SET", "key0", "1")
            subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
            self.assertIsInstance(client.call("SAVE"), Failure)
            self.assertTrue(refused(client.call("SET", "key1", "1")))
            self.assertIsInstance(client.call("CONFIG", "SET", "appendonly", "yes"), Failure)
            subprocess.run(["mount", "-o", "remount,rw", self.disk], check=True)
            self.assertEqual(client.call("SAVE"), "OK")
            self.assertEqual(client.call("SET", "key1", "1"), "OK")


class Shimmed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sabil-shim-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.library = build_shim(SHIM, cls.folder)

    def environment(self):
        return {"LD_PRELOAD": self.library, "SHIM_FAIL_SYNC": self.switch("sync"),
                "SHIM_SHORT_WRITES": self.switch("short")}

    def switch(self, name):
        return os.path.join(self.folder, name)

    def turn(self, name, on):
        if on:
            open(self.switch(name), "w").close()
        elif os.path.exists(self.switch(name)):
            os.unlink(self.switch(name))

    def tearDown(self):
        self.turn("sync", False)
        self.turn("short", False)

    def test_short_writes_are_continued(self):
        self.turn("short", True)
        with Durable(environment=self.environment(), appendonly="yes") as sabil:
            client = sabil.client()
            for i in range(300):
                client.call("SET", f"key{i}", str(i) * 50)
            self.assertEqual(client.call("SAVE"), "OK")
            client.call("BGREWRITEAOF")
            wait_until(lambda: idle(sabil))
            for i in range(300, 400):
                client.call("SET", f"key{i}", str(i) * 50)
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            sabil.kill()
            sabil.start()
            client = sabil.client()
            for i in range(400):
                self.assertEqual(client.call("GET", f"key{i}"), (str(i) * 50).encode())
            self.assertEqual(subprocess.run(["redis-check-rdb", sabil.path("dump.rdb")],
                                            stdout=subprocess.DEVNULL).returncode, 0)

    def test_a_failing_sync_refuses_writes_and_the_log_is_written_anew(self):
        with Durable(environment=self.environment(), appendonly="yes") as sabil:
            client = sabil.client()
            self.assertEqual(client.call("SET", "before", "1"), "OK")
            self.turn("sync", True)
            wait_until(lambda: refused(client.call("SET", "during", "1")), limit_s=10)
            self.assertIsInstance(client.call("SAVE"), Failure)
            self.turn("sync", False)
            wait_until(lambda: client.call("SET", "after", "1") == "OK", limit_s=20)
            wait_until(lambda: int(sabil.info()["aof_rewrites"]) >= 1)
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            sabil.kill()
            sabil.start()
            self.assertEqual(sabil.client().call("MGET", "before", "after"), [b"1", b"1"])

    def test_a_failing_sync_ends_the_server_with_always(self):
        with Durable(environment=self.environment(), appendonly="yes", appendfsync="always") as sabil:
            client = sabil.client()
            self.assertEqual(client.call("SET", "before", "1"), "OK")
            self.turn("sync", True)
            with self.assertRaises((OSError, ConnectionError)):
                client.call("SET", "never acknowledged", "1")
            self.assertEqual(sabil.process.wait(10), 1)
            self.turn("sync", False)
            sabil.start()
            self.assertEqual(sabil.client().call("GET", "before"), b"1")

    def test_a_file_that_may_not_grow(self):
        with Durable(appendonly="yes", auto_aof_rewrite_percentage="0") as sabil:
            client = sabil.client()
            limit = 200_000
            resource.prlimit(sabil.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            acknowledged = 0
            while client.call("SET", f"key{acknowledged}", "x" * 1000) == "OK":
                acknowledged += 1
                self.assertLess(acknowledged, 100_000)
            self.assertTrue(refused(client.call("SET", "more", "1")))
            resource.prlimit(sabil.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            wait_until(lambda: client.call("SET", "again", "1") == "OK", limit_s=10)
            wait_until(lambda: sabil.info()["aof_buffer_length"] == "0")
            sabil.kill()
            sabil.start()
            self.assertEqual(sabil.client().call("DBSIZE"), acknowledged + 1)


def load_tests(loader, _, __):
    suite = unittest.TestSuite([loader.loadTestsFromTestCase(Shimmed)])
    folder = mounted()
    if folder is None:
        print("this user may not mount: the tests of a full disk are left out")
        return suite
    unmount(folder)
    suite.addTests(loader.loadTestsFromTestCase(SmallDisk))
    return suite


if __name__ == "__main__":
    unittest.main()
