"""/metrics, /healthz, /readyz, the API and the page of a server under load; promtool and a real Prometheus judge the
metrics. Run: python3 -m tests.integration.metrics_scrape"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import pymysql
import pymysql
import redis

from tests.support.servers import ROOT, MariaDB, Sabil, free_port

LOOKUP = """
[[lookup]]
name = "article"
key = "article:{id}"
query = "SELECT * FROM articles WHERE id = {id}"
as = "hash"
"""

# Name -> one label set that must be there.
EXPECTED = [
    'sabil_hits_total{face="mysql"}', 'sabil_hits_total{face="resp"}', 'sabil_misses_total{face="mysql"}',
    'sabil_misses_total{face="resp"}', 'sabil_fills_total{face="resp",outcome="stored"}',
    'sabil_fills_total{face="mysql",outcome="too_big"}', 'sabil_bypass_total{face="resp",reason="other"}',
    'sabil_bypass_total{face="mysql",reason="other"}', 'sabil_request_seconds_bucket{face="resp",outcome="bypass",le="+Inf"}', 'sabil_lookup_hits_total{lookup="article"}',
    'sabil_lookup_misses_total{lookup="article"}', 'sabil_invalidations_total{source="binlog"}',
    'sabil_evictions_total{class="filled"}', 'sabil_evictions_total{class="owned"}', 'sabil_expired_total',
    'sabil_entries{class="filled"}', 'sabil_memory_bytes{class="owned"}', 'sabil_maxmemory_bytes',
    'sabil_coherence_mode{mode="coherent"}', 'sabil_binlog_lag_seconds', 'sabil_freshness_horizon_seconds',
    'sabil_request_seconds_count{face="mysql",outcome="hit"}', 'sabil_request_seconds_sum{face="resp",outcome="miss"}',
    'sabil_backend_request_seconds_count{face="resp"}', 'sabil_connections{face="mysql"}', 'sabil_connections{face="resp"}',
    'sabil_persistence_last_save_ok', 'sabil_persistence_log_ok', 'sabil_persistence_log_bytes', 'sabil_persistence_saves_total',
    'sabil_commands_total{command="hgetall"}', 'process_cpu_seconds_total', 'process_resident_memory_bytes',
    'process_open_fds', 'process_start_time_seconds',
]


def get(url, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDB().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.load(os.path.join(ROOT, "tests", "site", "news.sql"))
        cls.sabil = Sabil(mysql=cls.database, config=LOOKUP).__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.url = f"http://127.0.0.1:{cls.sabil.http_port}"
        resp = redis.Redis(port=cls.sabil.port)
        for _ in range(20):
            resp.hgetall("article:42")
        resp.set("own", "1")
        query = "SELECT id, title FROM news.articles WHERE id = 42;" * 5
        # A table's first statements pass through until its definition is known, so the hits may take a moment.
        deadline = time.monotonic() + 10
        while cls.sabil.metrics().get('sabil_hits_total{face="mysql"}', 0) == 0 and time.monotonic() < deadline:
            subprocess.run(["mariadb", "--no-defaults", "--host=127.0.0.1", f"--port={cls.sabil.mysql_port}", "--user=root",
                            "news"], input=query, text=True, check=True, stdout=subprocess.DEVNULL)
            time.sleep(0.2)

    def test_promtool_finds_no_fault(self):
        text = get(self.url + "/metrics")[2]
        done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_every_name_is_there(self):
        metrics = self.sabil.metrics()
        self.assertEqual([name for name in EXPECTED if name not in metrics], [])
        self.assertEqual(metrics['sabil_coherence_mode{mode="coherent"}'], 1)
        self.assertEqual(metrics['sabil_lookup_misses_total{lookup="article"}'], 1)
        self.assertEqual(metrics['sabil_lookup_hits_total{lookup="article"}'], 19)
        self.assertGreater(metrics['sabil_hits_total{face="mysql"}'], 0)
        self.assertEqual(metrics['sabil_commands_total{command="hgetall"}'], 20)
        for face in ("mysql", "resp"):
            hits = metrics[f'sabil_hits_total{{face="{face}"}}']
            self.assertEqual(metrics[f'sabil_request_seconds_count{{face="{face}",outcome="hit"}}'], hits, face)
            self.assertGreater(metrics[f'sabil_request_seconds_sum{{face="{face}",outcome="hit"}}'], 0, face)

    def test_a_flood_of_statements_and_reasons_does_not_grow_it(self):
        def series():
            return {name for name in self.sabil.metrics() if "sabil_bypass_total" not in name}

        before = series()
        connection = pymysql.connect(host="127.0.0.1", port=self.sabil.mysql_port, user="root", database="news", autocommit=True,
                                     client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
        with connection, connection.cursor() as cursor:
            for n in range(4500):  # past the 4,096 statements that are told apart
                cursor.execute(f"SELECT title AS c{n} FROM articles WHERE id = 1")
            for n in range(50):
                cursor.execute(f"SELECT title AS c{n}, NOW() FROM articles WHERE id = 1")
        self.assertEqual(series() - before, set())
        reasons = [name for name in self.sabil.metrics() if name.startswith("sabil_bypass_total")]
        self.assertLess(len(reasons), 20)
        for limit in (0, 10, 1000):
            listed = json.loads(get(f"{self.url}/api/queries?limit={limit}")[2])
            self.assertLessEqual(len(listed), limit)
        self.assertLess(len(get(self.url + "/api/live?after=0")[2]), 200_000)

    def test_open_metrics_is_given_where_it_is_asked_for(self):
        status, kind, text = get(self.url + "/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"})
        self.assertEqual(status, 200)
        self.assertTrue(kind.startswith("application/openmetrics-text; version=1.0.0"), kind)
        self.assertTrue(text.endswith("# EOF\n"))
        self.assertIn("# TYPE sabil_hits counter\n", text)

    def test_health_and_readiness(self):
        self.assertEqual(get(self.url + "/healthz")[2], "ok\n")
        self.assertIn("coherence is 'coherent'", get(self.url + "/readyz")[2])
        self.database.process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(1.5)
            started = time.monotonic()
            with self.assertRaises(urllib.error.HTTPError) as caught:
                get(self.url + "/readyz")
            self.assertEqual(caught.exception.code, 503)
            caught.exception.close()
            self.assertLess(time.monotonic() - started, 5)
            self.assertEqual(get(self.url + "/healthz")[0], 200)
        finally:
            self.database.process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if get(self.url + "/readyz")[0] == 200:
                    return
            except urllib.error.HTTPError as error:
                error.close()
            time.sleep(0.2)
        self.fail("not ready again within 20 s")

    def test_the_api_is_json(self):
        status = json.loads(get(self.url + "/api/status")[2])
        self.assertEqual(status["mode"], "coherent")
        self.assertGreater(status["faces"]["resp"]["hits"], 0)
        self.assertGreater(status["faces"]["mysql"]["latency"]["hit"]["p99"], 0)
        lookups = json.loads(get(self.url + "/api/lookups")[2])
        self.assertEqual((lookups[0]["lookup"], lookups[0]["hits"]), ("article", 19))
        queries = json.loads(get(self.url + "/api/queries?limit=10&by=hits")[2])
        self.assertTrue(any("FROM news.articles" in one["query"] for one in queries), queries)

    def test_an_answer_that_cannot_be_kept_says_why(self):
        with Sabil(mysql=self.database) as sabil:
            connection = pymysql.connect(host="127.0.0.1", port=sabil.mysql_port, user="root", database="news", autocommit=True)
            with connection, connection.cursor() as cursor:
                for _ in range(3):
                    cursor.execute("SELECT CAST('12 years' AS SIGNED), id FROM articles ORDER BY id LIMIT 1")
                    cursor.execute("SELECT id, REPEAT('x', 1500000) FROM articles ORDER BY id LIMIT 1")
            told = json.loads(get(f"http://127.0.0.1:{sabil.http_port}/api/queries?limit=10&by=misses")[2])
        self.assertEqual({(one["query"].split("(")[0].split()[-1], one["reason"]) for one in told},
                         {("CAST", "warnings"), ("REPEAT", "too_large")})

    def test_the_page_is_there_and_needs_nothing_else(self):
        page = get(self.url + "/")[2]
        self.assertIn("<title>Sabil</title>", page)
        for asset in ("page.css", "page.js"):
            self.assertIn(asset, page)
            self.assertNotIn("http://", get(f"{self.url}/{asset}")[2])
        self.assertNotIn("https://", page)

    def test_alert_rules_are_sound_and_fire(self):
        for arguments in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"), ("check", "config", "prometheus.yml")):
            done = subprocess.run(["promtool", *arguments], cwd=os.path.join(ROOT, "proxy", "observe"), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)

    def dashboard_has_data(self, prometheus):
        """Every query of the dashboard and every alert's names, asked of a Prometheus that has scraped for a while."""
        with open(os.path.join(ROOT, "proxy", "observe", "grafana", "sabil.json")) as f:
            dashboard = json.load(f)
        titles = [panel["title"] for panel in dashboard["panels"]]
        self.assertEqual(len(titles), len(set(titles)))
        without = []
        for panel in dashboard["panels"]:
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "30s").replace("$instance", ".*")
                answer = json.loads(get(f"{prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": query}))[2])
                self.assertEqual(answer["status"], "success", query)
                if not answer["data"]["result"]:
                    without.append(f"{panel['title']}: {query}")
        self.assertEqual(without, [])

    def test_a_real_prometheus_scrapes_it(self):
        folder = tempfile.mkdtemp(prefix="sabil-prometheus-")
        self.addCleanup(shutil.rmtree, folder, True)
        port = free_port()
        with open(os.path.join(folder, "prometheus.yml"), "w") as f:
            f.write("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: sabil\n"
                    f"  static_configs: [{{targets: ['127.0.0.1:{self.sabil.http_port}']}}]\n")
        with open(os.path.join(folder, "log"), "w") as log:
            prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 40
            found = []
            while not found and time.monotonic() < deadline:
                time.sleep(0.5)
                try:
                    answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?query=sabil_lookup_hits_total")[2])
                    found = answer["data"]["result"]
                except (OSError, ValueError):
                    pass
            self.assertTrue(found, "Prometheus has no sample of sabil_lookup_hits_total")
            self.assertEqual(found[0]["metric"]["lookup"], "article")
            # A rate needs two samples.
            deadline = time.monotonic() + 20
            query = urllib.parse.urlencode({"query": "rate(sabil_maxmemory_bytes[30s])"})
            while not json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?{query}")[2])["data"]["result"]:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)
            self.dashboard_has_data(f"http://127.0.0.1:{port}")
            up = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?query=up")[2])["data"]["result"]
            self.assertEqual(up[0]["value"][1], "1")
        finally:
            prometheus.terminate()
            prometheus.wait(20)


if __name__ == "__main__":
    unittest.main()
