"""The child that saves must wait for no lock that another thread held at the fork: a preloaded library records every
mutex, lock and guard of a static that it takes, but for those that the fork itself had prepared. Snapshots and both
forms of a log's base, of every type and of filled entries, and with a disk that refuses.
Run: python3 -m tests.integration.persistence_fork"""
import os
import shutil
import tempfile
import unittest

from tests.integration._persistence import Durable, build_shim, fill, idle, wait_until
from tests.integration.persistence_warm import TABLES, Warm
from tests.support.servers import MariaDB

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static __thread int forking;
static int in_child;
static void *prepared[4096];
static int prepared_count;

static void note(const char *what, void *lock) {
  if (forking && prepared_count < 4096) { prepared[prepared_count++] = lock; return; }
  if (!in_child) return;
  for (int i = 0; i < prepared_count; ++i) if (prepared[i] == lock) return;
  in_child = 0;  /* what follows may take locks itself */
  int to = open(getenv("SHIM_LOCKS"), O_WRONLY | O_CREAT | O_APPEND, 0644);
  void *frames[24];
  dprintf(to, "%s\n", what);
  backtrace_symbols_fd(frames, backtrace(frames, 24), to);
  dprintf(to, "--\n");
  close(to);
  in_child = 1;
}

int pthread_mutex_lock(pthread_mutex_t *lock);
pid_t fork(void) {
  static pid_t (*real)(void);
  if (!real) real = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
  void *frames[2];
  backtrace(frames, 2);  /* loads what it needs now */
  prepared_count = 0;
  forking = 1;
  pid_t pid = real();
  forking = 0;
  if (pid == 0 && getenv("SHIM_LOCKS")) {
    int to = open(getenv("SHIM_FORKS"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dprintf(to, "%d\n", prepared_count);
    close(to);
    in_child = 1;
    static pthread_mutex_t probe = PTHREAD_MUTEX_INITIALIZER;
    if (getenv("SHIM_PROBE")) pthread_mutex_lock(&probe);
  }
  return pid;
}
#define WATCHED(name, lock_type) int name(lock_type *lock) { \
  static int (*real)(lock_type *); if (!real) real = (int (*)(lock_type *))dlsym(RTLD_NEXT, #name); \
  note(#name, lock); return real(lock); }
WATCHED(pthread_mutex_lock, pthread_mutex_t)
WATCHED(pthread_mutex_trylock, pthread_mutex_t)
WATCHED(pthread_rwlock_rdlock, pthread_rwlock_t)
WATCHED(pthread_rwlock_wrlock, pthread_rwlock_t)
int __cxa_guard_acquire(void *guard) {
  static int (*real)(void *);
  if (!real) real = (int (*)(void *))dlsym(RTLD_NEXT, "__cxa_guard_acquire");
  note("the guard of a static", guard);
  return real(guard);
}
ssize_t write(int fd, const void *bytes, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  struct stat s;
  const char *refuse = getenv("SHIM_REFUSE");
  if (in_child && refuse && access(refuse, F_OK) == 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, bytes, size);
}
"""


class Fork(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sabil-fork-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.library = build_shim(SHIM, cls.folder)

    def setUp(self):
        self.locks = os.path.join(self.folder, "locks")
        self.forks = os.path.join(self.folder, "forks")
        self.refuse = os.path.join(self.folder, "refuse")
        for path in (self.locks, self.forks, self.refuse):
            if os.path.exists(path):
                os.unlink(path)

    def environment(self):
        return {"LD_PRELOAD": self.library, "SHIM_LOCKS": self.locks, "SHIM_FORKS": self.forks, "SHIM_REFUSE": self.refuse}

    def taken(self):
        with open(self.forks) as f:  # the heap prepares each of its size classes: so the library sees the forks
            self.assertGreater(min(int(line) for line in f), 50)
        if not os.path.exists(self.locks):
            return ""
        with open(self.locks) as f:
            return f.read()

    def save_all_ways(self, server, status="ok"):
        client = server.client()
        for command, result in ((("BGSAVE",), "rdb_last_bgsave_status"), (("BGREWRITEAOF",), "aof_last_bgrewrite_status")):
            self.assertIn("started", client.call(*command))
            wait_until(lambda: idle(server))
            self.assertEqual(server.info()[result], status)
        client.close()

    def test_every_type(self):
        for preamble in ("yes", "no"):
            with self.subTest(preamble=preamble), \
                    Durable(environment=self.environment(), appendonly="yes", aof_use_rdb_preamble=preamble,
                            auto_aof_rewrite_percentage="0") as sabil:
                client = sabil.client()
                wait_until(lambda: idle(sabil))
                fill(client)
                client.call("HSET", "with-expiries", "a", "1", "b", "2")
                self.save_all_ways(sabil)
                self.assertEqual(self.taken()[:3000], "")

    def test_the_library_tells(self):
        with Durable(environment={**self.environment(), "SHIM_PROBE": "1"}) as sabil:
            sabil.client().call("BGSAVE")
            wait_until(lambda: idle(sabil))
            self.assertIn("pthread_mutex_lock", self.taken())

    def test_a_disk_that_refuses(self):
        with Durable(environment=self.environment(), appendonly="yes", auto_aof_rewrite_percentage="0") as sabil:
            wait_until(lambda: idle(sabil))
            fill(sabil.client(), sizes=(3,))
            open(self.refuse, "w").close()
            self.save_all_ways(sabil, "err")
            self.assertEqual(self.taken()[:3000], "")

    def test_filled_entries(self):
        with MariaDB() as mysql:
            mysql.sql(TABLES)
            server = Warm(mysql, redis='save = "3600 1"')
            server.env = self.environment()
            with server:
                server.fill()
                server.sql("SELECT id, v, name FROM items WHERE id = 3")
                client = server.client()
                self.assertIn("started", client.call("BGSAVE"))
                wait_until(lambda: idle(server))
                client.close()
                self.assertEqual(server.info()["rdb_last_bgsave_status"], "ok")
                with open(server.path("dump.rdb"), "rb") as f:
                    self.assertIn(b"entries filled from MySQL", f.read())
                self.assertEqual(self.taken()[:3000], "")


if __name__ == "__main__":
    unittest.main()
