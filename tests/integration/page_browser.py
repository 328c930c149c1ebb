"""The live page in headless Chromium under load, at two widths, light and dark; and who may purge.
Run: python3 -m tests.integration.page_browser    Screenshots: build/page_browser"""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import pymysql
import redis

from tests.support import npm
from tests.support.servers import ROOT, MariaDB, Sabil

HERE = os.path.join(ROOT, "tests", "integration", "browser")
LOOKUPS = """
[[lookup]]
name = "latest"
key = "articles:latest"
query = "SELECT id, title FROM articles WHERE status = 'published' ORDER BY published_at DESC LIMIT 10"
as = "json"

[[lookup]]
name = "article"
key = "article:{id}"
query = "SELECT * FROM articles WHERE id = {id}"
as = "hash"
"""


class Load:
    """Reads over both ports until it is closed."""

    def __init__(self, sabil):
        self.sabil = sabil
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=work) for work in (self.over_mysql, self.over_resp)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def over_mysql(self):
        connection = pymysql.connect(host="127.0.0.1", port=self.sabil.mysql_port, user="root", database="news",
                                     autocommit=True)
        n = 0
        with connection, connection.cursor() as cursor:
            while not self.stopping.wait(0.005):
                n += 1
                cursor.execute(f"SELECT title FROM articles WHERE id = {n % 50 + 1}")
                cursor.execute("SELECT id, title FROM articles ORDER BY published_at DESC LIMIT 10")
                if n % 10 == 0:
                    cursor.execute("SELECT NOW(), COUNT(*) FROM articles")

    def over_resp(self):
        client = redis.Redis(port=self.sabil.port)
        n = 0
        while not self.stopping.wait(0.005):
            n += 1
            client.hgetall(f"article:{n % 50 + 1}")
            client.get("articles:latest")


def post(url, **headers):
    request = urllib.request.Request(url, data=b"", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDB().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.load(os.path.join(ROOT, "tests", "site", "news.sql"))

    def test_in_a_browser(self):
        shots = os.path.join(ROOT, "build", "page_browser")
        os.makedirs(shots, exist_ok=True)
        folder = tempfile.mkdtemp(prefix="sabil-browser-")
        self.addCleanup(shutil.rmtree, folder, True)
        for name in ("package.json", "page.mjs"):
            shutil.copy(os.path.join(HERE, name), folder)
        npm.install(folder)
        with Sabil(mysql=self.database, config=LOOKUPS) as sabil, Load(sabil):
            done = subprocess.run(["node", "page.mjs", f"http://127.0.0.1:{sabil.http_port}/", shutil.which("chromium"), shots],
                                  cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count("ok "), 11, done.stdout)

    def test_events_tell_of_a_restarted_database(self):
        with Sabil(mysql=self.database, config=LOOKUPS) as sabil:
            def events():
                with urllib.request.urlopen(f"http://127.0.0.1:{sabil.http_port}/api/events", timeout=5) as answer:
                    return json.load(answer)

            client = redis.Redis(port=sabil.port)
            client.hgetall("article:1")
            self.assertEqual([event for event in events() if event["kind"] == "epoch"], [])
            self.database.restart()
            deadline = time.monotonic() + 30
            while not any(event["kind"] == "epoch" for event in events()):
                self.assertLess(time.monotonic(), deadline, events())
                time.sleep(0.2)
            found = events()
            self.assertEqual([event["number"] for event in found], sorted((event["number"] for event in found), reverse=True))
            self.assertTrue(all(event["text"] and event["unix_ms"] > 1_600_000_000_000 for event in found), found)

    def test_purging_is_behind_the_password(self):
        with Sabil(mysql=self.database, config=LOOKUPS + '[http]\npassword = "secret"\n') as sabil:
            url = f"http://127.0.0.1:{sabil.http_port}/api/purge?scope=lookup&what=article"
            client = redis.Redis(port=sabil.port)
            client.hgetall("article:1")
            self.assertEqual(post(url)[0], 401)
            wrong, right = "Basic dTp3cm9uZw==", "Basic dTpzZWNyZXQ="  # u:wrong, u:secret
            self.assertEqual(post(url, Authorization=wrong)[0], 401)
            self.assertEqual(post(url, Authorization=right, Origin="http://elsewhere.example")[0], 403)
            status, text = post(url, Authorization=right)
            self.assertEqual((status, json.loads(text)), (200, {"dropped": 1}))
            self.assertEqual(post(url.replace("lookup", "nonsense", 1), Authorization=right)[0], 400)
            self.assertEqual(post(url.replace("what=article", "what=none"), Authorization=right)[0], 404)

    def test_without_a_password_other_sites_cannot_reach_it(self):
        with Sabil(mysql=self.database, config=LOOKUPS) as sabil:
            url = f"http://127.0.0.1:{sabil.http_port}/api/purge?scope=all"
            self.assertEqual(post(url, Origin="http://elsewhere.example")[0], 403)
            self.assertEqual(post(url, Host="rebound.example")[0], 403)
            self.assertEqual(post(url)[0], 200)
            with self.assertRaises(urllib.error.HTTPError) as caught:  # a change by GET would be a link's to make
                urllib.request.urlopen(url, timeout=5)
            caught.exception.close()
            self.assertEqual(caught.exception.code, 404)


if __name__ == "__main__":
    unittest.main()
