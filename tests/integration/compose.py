"""docker-compose.yml end to end: MySQL, Sabil's own image, the site and Prometheus, as `docker compose up` brings them up.
Runs where a Docker daemon is at hand (DOCKER_HOST or the default socket) and says so where none is; base images that no
registry gives are made from Debian's packages (tests/support/images). Grafana's image cannot be made so: without a registry
it is left out, and said. Run: python3 -m tests.integration.compose"""
import base64
import json
import os
import secrets
import shutil
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import redis

from tests.support.servers import ROOT, free_port

GRAFANA = "grafana/grafana:11.1.0"
PROJECT = "sabil-test"


def docker(*arguments, check=True):
    done = subprocess.run(["docker", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if check and done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout.strip() if check else done.returncode == 0


def daemon_trouble():
    """Why it cannot run; empty where it can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    try:
        done = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return "the Docker daemon does not answer"
    if done.returncode:
        return done.stdout.strip().splitlines()[-1]
    return "" if compose_command() else "there is neither docker-compose nor docker's compose plugin"


def compose_command():
    if subprocess.run(["docker", "compose", "version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def get(port, path, password=None, limit_s=5):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if password:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"u:{password}".encode()).decode())
    with urllib.request.urlopen(request, timeout=limit_s) as answer:
        return answer.read().decode()


def wait_for(what, limit_s, question):
    deadline = time.monotonic() + limit_s
    last = None
    while time.monotonic() < deadline:
        try:
            last = question()
            if last:
                return last
        except (OSError, ValueError, RuntimeError) as error:
            last = error
        time.sleep(0.3)
    raise AssertionError(f"{what}: not within {limit_s} s, last: {last}")


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        trouble = daemon_trouble()
        if trouble:
            raise unittest.SkipTest(f"no Docker daemon is at hand: {trouble}")
        subprocess.run([os.path.join(ROOT, "tests", "support", "images")], check=True, stdout=subprocess.DEVNULL)
        names = ("SABIL_MYSQL_PORT", "SABIL_RESP_PORT", "SABIL_HTTP_PORT", "SITE_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")
        cls.ports = {name: free_port() for name in names}
        cls.passwords = {name: secrets.token_hex(12)
                         for name in ("SABIL_MYSQL_PASSWORD", "SITE_MYSQL_PASSWORD", "SABIL_HTTP_PASSWORD")}
        cls.environment = {**os.environ, **cls.passwords, **{name: str(port) for name, port in cls.ports.items()},
                           "SABIL_IMAGE_TARGET": os.environ.get("SABIL_IMAGE_TARGET", "packaged")}
        cls.services = ["mysql", "sabil", "site", "prometheus"]
        if docker("image", "inspect", GRAFANA, check=False) or docker("pull", "-q", GRAFANA, check=False):
            cls.services.append("grafana")
        cls.compose("down", "-v", "--remove-orphans")
        cls.addClassCleanup(cls.compose, "down", "-v", "--remove-orphans")
        cls.compose("build", "sabil", "site")
        try:
            cls.compose("up", "-d", *cls.services)
            wait_for("all containers healthy", 180, cls.all_healthy)
        except (AssertionError, RuntimeError):
            print(subprocess.run([*compose_command(), "-p", PROJECT, "logs", "--tail", "40"], cwd=ROOT, env=cls.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout)
            raise

    @classmethod
    def compose(cls, *arguments):
        done = subprocess.run([*compose_command(), "-p", PROJECT, *arguments], cwd=ROOT, env=cls.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"docker compose {' '.join(arguments)}:\n{done.stdout[-4000:]}")
        return done.stdout

    @classmethod
    def container(cls, service):
        return cls.compose("ps", "-q", service).strip().splitlines()[-1]

    @classmethod
    def inspect(cls, service):
        return json.loads(docker("inspect", cls.container(service)))[0]

    @classmethod
    def all_healthy(cls):
        return all(cls.inspect(service)["State"].get("Health", {}).get("Status") == "healthy" for service in cls.services)

    def straight_to_the_database(self, statement):
        docker("exec", "-e", f"MYSQL_PWD={self.passwords['SITE_MYSQL_PASSWORD']}", self.container("mysql"),
               "mysql", "--host=127.0.0.1", "--user=site", "news", f"--execute={statement}")

    def test_1_the_site_shows_a_change_at_once(self):
        site = self.ports["SITE_PORT"]
        for n in range(3):
            title = f"Breaking: fountain number {n}"
            for path in ("/", "/redis", "/article/7"):
                self.assertIn("ms", get(site, path))
            self.straight_to_the_database(f"UPDATE articles SET title = '{title}', status = 'published', "
                                          f"published_at = '2031-01-01 00:00:0{n}' WHERE id = 7")
            for path in ("/", "/redis", "/article/7"):
                wait_for(f"{path} shows the new title", 1, lambda p=path: title in get(site, p))

    def test_2_sabil_is_coherent_and_its_page_behind_the_password(self):
        port, password = self.ports["SABIL_HTTP_PORT"], self.passwords["SABIL_HTTP_PASSWORD"]
        self.assertIn("coherence is 'coherent'", get(port, "/readyz"))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            get(port, "/")
        with caught.exception as error:
            self.assertEqual(error.code, 401)
        self.assertIn("<title>Sabil</title>", get(port, "/", password))
        status = json.loads(get(port, "/api/status", password))
        self.assertEqual((status["mode"], status["ready"]), ("coherent", True))
        self.assertGreater(status["faces"]["mysql"]["hits"], 0)

    def test_3_prometheus_scrapes_it_and_knows_the_alerts(self):
        port = self.ports["PROMETHEUS_PORT"]
        answer = wait_for("a sample of sabil_hits_total", 40, lambda: json.loads(
            get(port, "/api/v1/query?query=sabil_hits_total"))["data"]["result"])
        self.assertEqual({one["metric"]["job"] for one in answer}, {"sabil"})
        groups = json.loads(get(port, "/api/v1/rules"))["data"]["groups"]
        self.assertIn("SabilStaleFound", {rule["name"] for rule in groups[0]["rules"]})

    def test_3_grafana_has_the_dashboard(self):
        if "grafana" not in self.services:
            self.skipTest(f"no registry gives {GRAFANA} here")
        port = self.ports["GRAFANA_PORT"]
        dashboard = json.loads(get(port, "/api/dashboards/uid/sabil"))["dashboard"]
        self.assertGreater(len(dashboard["panels"]), 10)
        self.assertEqual(json.loads(get(port, "/api/datasources/uid/prometheus/health"))["status"], "OK")

    def test_4_nobody_is_root_and_nothing_is_writable(self):
        for service in self.services:
            host = self.inspect(service)["HostConfig"]
            self.assertTrue(host["ReadonlyRootfs"], service)
            self.assertIn("no-new-privileges:true", host["SecurityOpt"], service)
            users = {line.split()[0] for line in docker("top", self.container(service), "-o", "uid,pid").splitlines()[1:]}
            self.assertNotIn("0", users, service)
            self.assertNotIn("root", users, service)
        with self.assertRaises(RuntimeError):
            docker("exec", self.container("sabil"), "touch", "/etc/x")

    def test_5_the_volume_outlives_the_container(self):
        kept = docker("exec", self.container("sabil"), "cat", "/var/lib/sabil/front-cert.pem")
        self.assertIn("BEGIN CERTIFICATE", kept)
        redis.Redis(port=self.ports["SABIL_RESP_PORT"]).set("kept", "in the volume")
        self.compose("rm", "-s", "-f", "sabil")
        self.compose("up", "-d", *self.services)
        wait_for("healthy again", 90, self.all_healthy)
        self.assertEqual(docker("exec", self.container("sabil"), "cat", "/var/lib/sabil/front-cert.pem"), kept)
        self.assertEqual(redis.Redis(port=self.ports["SABIL_RESP_PORT"]).get("kept"), b"in the volume")
        wait_for("the site reads again", 20, lambda: "ms" in get(self.ports["SITE_PORT"], "/"))


if __name__ == "__main__":
    unittest.main()
