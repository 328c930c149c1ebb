"""Programs that live on a RESP server: BullMQ, Celery, PHP's redis extension, prometheus-redis-exporter, redis-sentinel.
Run: python3 -m tests.integration.resp_programs"""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import redis
import redis.sentinel

from tests.support import npm
from tests.support.servers import Sabil, Server

HERE = os.path.dirname(os.path.abspath(__file__))

PHP = r"""
$r = new Redis();
$r->connect('127.0.0.1', (int) $argv[1]);
function same($a, $b) { if ($a !== $b) { var_dump($a, $b); throw new Exception('not the same'); } }
same($r->set('k', 'v', ['ex' => 100]), true);
same($r->get('k'), 'v');
same($r->hMSet('h', ['a' => '1', 'b' => '2']), true);
same($r->hGetAll('h'), ['a' => '1', 'b' => '2']);
same($r->rPush('l', 'a', 'b', 'c'), 3);
same($r->lRange('l', 0, -1), ['a', 'b', 'c']);
same($r->zAdd('z', 1, 'a', 2, 'b'), 2);
same($r->zRange('z', 0, -1, true), ['a' => 1.0, 'b' => 2.0]);
same($r->multi()->incr('n')->incr('n')->exec(), [1, 2]);
same($r->eval('return {KEYS[1], ARGV[1]}', ['key', 'arg'], 1), ['key', 'arg']);
$it = null; $keys = [];
while ($part = $r->scan($it, '*', 100)) { $keys = array_merge($keys, $part); }
sort($keys);
same($keys, ['h', 'k', 'l', 'n', 'z']);
echo "ok\n";
"""

TASKS = """
import os
from celery import Celery
url = os.environ['BROKER']
app = Celery('tasks', broker=url, backend=url)
app.conf.broker_connection_retry_on_startup = True

@app.task
def add(x, y):
    return x + y
"""


class Exporter(Server):
    name = "redis-exporter"

    def __init__(self, target):
        super().__init__()
        self.target = target

    def command(self):
        return ["prometheus-redis-exporter", f"-web.listen-address=127.0.0.1:{self.port}",
                f"-redis.addr=redis://127.0.0.1:{self.target}"]


class Sentinel(Server):
    name = "redis-sentinel"

    def __init__(self, target):
        super().__init__()
        self.target = target

    def command(self):
        path = os.path.join(self.folder, "sentinel.conf")
        with open(path, "w") as f:
            f.write(f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\nsentinel monitor watched 127.0.0.1 {self.target} 1\n"
                    "sentinel down-after-milliseconds watched 1000\n")
        return ["redis-server", path, "--sentinel"]


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sabil = Sabil().__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.folder = tempfile.mkdtemp(prefix="sabil-programs-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)

    def setUp(self):
        redis.Redis(port=self.sabil.port).flushall()

    def run_program(self, command, limit_s=120, **options):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s,
                              cwd=self.folder, **options)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        return done.stdout

    def test_bullmq(self):
        for name in ("package.json", "bullmq.mjs"):
            shutil.copy(os.path.join(HERE, "node", name), self.folder)
        npm.install(self.folder)
        self.assertTrue(self.run_program(["node", "bullmq.mjs", str(self.sabil.port)]).endswith("ok\n"))

    def test_php_redis(self):
        self.assertEqual(self.run_program(["php", "-r", PHP, str(self.sabil.port)]), "ok\n")

    def test_celery(self):
        with open(os.path.join(self.folder, "tasks.py"), "w") as f:
            f.write(TASKS)
        environment = {**os.environ, "BROKER": f"redis://127.0.0.1:{self.sabil.port}/0", "PYTHONPATH": self.folder}
        python = sys.executable
        worker = subprocess.Popen([python, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-l", "WARNING"],
                                  cwd=self.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            text = ("from tasks import add; from celery import group;"
                    "print(sum(group(add.s(i, i) for i in range(100))().get(timeout=60)))")
            self.assertEqual(self.run_program([python, "-c", text], env=environment).strip(), "9900")
        finally:
            worker.terminate()
            worker.wait(30)

    def test_redis_exporter(self):
        redis.Redis(port=self.sabil.port).set("k", "v")
        with Exporter(self.sabil.port) as exporter:
            deadline = time.monotonic() + 10
            while True:
                text = urllib.request.urlopen(f"http://127.0.0.1:{exporter.port}/metrics", timeout=5).read().decode()
                if "redis_up 1" in text or time.monotonic() > deadline:
                    break
                time.sleep(0.2)
        for metric in ("redis_up 1", "redis_memory_used_bytes", "redis_connected_clients", "redis_commands_total",
                       "redis_keyspace_hits_total", 'redis_db_keys{db="db0"} 1', "redis_uptime_in_seconds"):
            self.assertIn(metric, text)

    def test_sentinel(self):
        with Sentinel(self.sabil.port) as sentinel:
            asked = redis.Redis(port=sentinel.port, decode_responses=True)
            deadline = time.monotonic() + 20
            while True:
                state = asked.sentinel_master("watched")
                known = state["role-reported"] == "master" and state["runid"] and state["info-refresh"] != 0
                if known or time.monotonic() > deadline:
                    break
                time.sleep(0.2)
            self.assertTrue(known, state)
            self.assertEqual(state["flags"], "master")
            self.assertEqual(state["runid"], redis.Redis(port=self.sabil.port).info("server")["run_id"])
            self.assertTrue(asked.execute_command("SENTINEL CKQUORUM watched"))
            watched = redis.sentinel.Sentinel([("127.0.0.1", sentinel.port)]).master_for("watched")
            self.assertTrue(watched.set("k", "v"))
            self.assertEqual(watched.get("k"), b"v")


if __name__ == "__main__":
    assert sys.version_info >= (3, 9)
    unittest.main()
