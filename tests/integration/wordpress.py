"""The README's recipe for WordPress, followed literally on Debian's package: only the port of DB_HOST changes.
Run: python3 -m tests.integration.wordpress [-v]    With --reasons it also prints what was not cached, and why."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from tests.support.servers import MariaDB, Sabil, free_port

CONFIGURATIONS = "/etc/wordpress"
ROOT_OF_PACKAGE = "/usr/share/wordpress"
CONFIGURATION = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', 'blog');
define('DB_HOST', '127.0.0.1:%d');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT']
         as $name) define($name, 'only a test');
"""
REASONS = "--reasons" in sys.argv


class Site:
    """Debian's WordPress on PHP's own web server, with its database at this port. Two of them are the same site: what
    tells them apart is the configuration they are started with, not the Host that they are asked for."""

    host = "blog.example"

    def __init__(self, database_port, folder):
        self.name = f"sabil-test-{os.getpid()}-{database_port}"
        self.configuration = f"{CONFIGURATIONS}/config-{self.name}.php"
        with open(self.configuration, "w") as f:
            f.write(CONFIGURATION % database_port)
        router = os.path.join(folder, f"{self.name}.php")
        with open(router, "w") as f:
            f.write(f"<?php $_SERVER['WORDPRESS_CONFIG'] = '{self.name}'; "
                    f"$path = '{ROOT_OF_PACKAGE}' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);\n"
                    "if (is_dir($path)) $path = rtrim($path, '/') . '/index.php';\n"
                    f"if (!is_file($path)) $path = '{ROOT_OF_PACKAGE}/index.php';\n"
                    "if (substr($path, -4) !== '.php') return false;\n"
                    "chdir(dirname($path)); require $path;\n")
        self.port = free_port()
        self.log = open(os.path.join(folder, f"{self.name}.log"), "wb")
        self.process = subprocess.Popen(["php", "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{self.port}", "-t", ROOT_OF_PACKAGE, router],
                                        stdout=self.log, stderr=self.log)

    def get(self, path="/", form=None, **headers):
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers={"Host": self.host, **headers})
        deadline = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.read().decode()
            except ConnectionRefusedError:
                raise
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        os.remove(self.configuration)


class Editor:
    """Somebody who has logged in and publishes as wp-admin's block editor does: a nonce, then the REST route."""

    def __init__(self, site):
        # The site's cookies belong to no domain that a jar would know again: they are handed on as they came.
        self.site = site
        form = urllib.parse.urlencode({"log": "editor", "pwd": "a long password", "wp-submit": "Log In"}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{site.port}/wp-login.php", data=form,
                                         headers={"Host": site.host, "Cookie": "wordpress_test_cookie=WP%20Cookie%20check"})
        opener = urllib.request.build_opener(Unmoved)
        try:
            opener.open(request, timeout=30)
            raise AssertionError("the login was refused")
        except urllib.error.HTTPError as answer:
            with answer:
                assert answer.code == 302, answer.code
                self.cookies = "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie"))
        self.nonce = site.get("/wp-admin/admin-ajax.php?action=rest-nonce", Cookie=self.cookies)

    def publish(self, title, content, post=None):
        """A new post, or `post` in new words; its number."""
        path = "/index.php?rest_route=/wp/v2/posts" + (f"/{post}" if post else "")
        saved = self.site.get(path, {"title": title, "content": content, "status": "publish"},
                              **{"Cookie": self.cookies, "X-WP-Nonce": self.nonce})
        return json.loads(saved)["id"]


class Unmoved(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class WordPress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDB().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE wordpress; CREATE USER 'wordpress'@'%' IDENTIFIED BY 'blog';"
                         "GRANT ALL ON wordpress.* TO 'wordpress'@'%'")
        cls.sabil = Sabil(mysql=cls.database, database="wordpress").__enter__()
        cls.addClassCleanup(cls.sabil.close)
        cls.folder = tempfile.TemporaryDirectory(prefix="sabil-wordpress-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.direct = Site(cls.database.port, cls.folder.name)
        cls.addClassCleanup(cls.direct.close)
        cls.cached = Site(cls.sabil.mysql_port, cls.folder.name)
        cls.addClassCleanup(cls.cached.close)
        page = cls.direct.get("/wp-admin/install.php?step=2", {
            "weblog_title": "The fountain", "user_name": "editor", "admin_password": "a long password", "pw_weak": "on",
            "admin_password2": "a long password", "admin_email": "editor@blog.example", "blog_public": "0", "language": ""})
        assert "wp-login.php" in page, page[-2000:]
        for n in range(1, 16):
            cls.publish(n, f"Post number {n}")

    @classmethod
    def publish(cls, n, title):
        """A post as an editor's SQL makes it, past Sabil."""
        cls.database.sql(
            "INSERT INTO wp_posts (post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status, post_name,"
            " to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, guid, post_type) VALUES (1,"
            f" NOW() - INTERVAL 1 DAY + INTERVAL {n} MINUTE, UTC_TIMESTAMP() - INTERVAL 1 DAY + INTERVAL {n} MINUTE, 'Water for all. {n}',"
            f" '{title}', '', 'publish', 'post-{n}', '', '', NOW(), UTC_TIMESTAMP(), '', 'http://{Site.host}/?p=9{n}', 'post')",
            database="wordpress")

    @staticmethod
    def reads(sabil):
        """Hits, and SELECTs in all."""
        metrics = sabil.metrics()
        hits = metrics['sabil_hits_total{face="mysql"}']
        asked = sum(value for name, value in metrics.items() if name.startswith("sabil_bypass_total{face=\"mysql\"")
                    and "not_select" not in name)
        return hits, hits + asked + metrics['sabil_misses_total{face="mysql"}']

    def view(self, path, site=None, sabil=None):
        sabil = sabil or self.sabil
        hits, all_reads = self.reads(sabil)
        page = (site or self.cached).get(path)
        hits_after, all_after = self.reads(sabil)
        return page, hits_after - hits, all_after - all_reads

    def settle(self, path):
        """Views a page until its tables are known and its results kept."""
        deadline = time.monotonic() + 15
        page, hits, asked = self.view(path)
        while hits < 0.8 * asked and time.monotonic() < deadline:
            page, hits, asked = self.view(path)
        return page, hits, asked

    def tearDown(self):
        if REASONS:
            url = f"http://127.0.0.1:{self.sabil.http_port}/api/queries?limit=200&by=misses"
            for one in json.load(urllib.request.urlopen(url, timeout=5)):
                if one["reason"]:
                    print(f"{one['not_cached']:4} not cached, {one['hits']:4} hits, {one['misses']:3} misses: {one['reason']}: {one['query'][:170]}")

    def test_pages_are_those_of_the_database_and_come_from_memory(self):
        for path in ("/", "/?p=1", "/?paged=2", "/?s=fountain", "/?author=1", "/?feed=rss2"):
            with self.subTest(path):
                self.settle(path)
                page, hits, asked = self.view(path)
                self.assertEqual(page, self.direct.get(path))
                self.assertGreater(asked, 5)
                self.assertGreater(hits / asked, 0.8, f"{hits:.0f} hits of {asked:.0f} SELECTs")
                print(f"{path}: {hits:.0f} of {asked:.0f} SELECTs from memory", flush=True)

    def test_the_second_view_comes_from_memory(self):
        """A Sabil that nobody has asked anything yet: the first view is all that prepares the second."""
        with Sabil(mysql=self.database, database="wordpress") as sabil:
            site = Site(sabil.mysql_port, self.folder.name)
            try:
                first = self.view("/", site, sabil)
                second = self.view("/", site, sabil)
            finally:
                site.close()
        self.assertEqual(first[1], 0)
        self.assertGreater(second[1] / second[2], 0.8, f"{second[1]:.0f} hits of {second[2]:.0f} SELECTs")
        self.assertEqual(second[0], self.direct.get("/"))

    def test_a_post_published_by_sql_shows_on_the_next_request(self):
        self.settle("/")
        for n in range(20, 25):
            title = f"Breaking news {n}"
            self.publish(n, title)
            # Within the binlog's delay of the commit, which is what max_staleness bounds.
            deadline = time.monotonic() + 1
            page = self.cached.get("/")
            while title not in page and time.monotonic() < deadline:
                page = self.cached.get("/")
            self.assertIn(title, page)
            self.assertEqual(page, self.direct.get("/"))
        self.database.sql("UPDATE wp_options SET option_value = 'Renamed' WHERE option_name = 'blogname'", database="wordpress")
        time.sleep(0.2)
        self.assertIn("Renamed", self.cached.get("/"))

    def test_a_post_published_in_wp_admin_shows_on_the_next_request(self):
        self.settle("/")
        editor = Editor(self.cached)
        for n in range(3):
            post = editor.publish(f"From the desk {n}", "Fresh water.")
            page = self.cached.get("/")
            self.assertIn(f"From the desk {n}", page)
            self.assertEqual(page, self.direct.get("/"))
            editor.publish(f"From the desk {n}, corrected", "Fresher water.", post)
            self.assertIn(f"From the desk {n}, corrected", self.cached.get("/"))
            self.assertIn("Fresher water.", self.cached.get(f"/?p={post}"))


if __name__ == "__main__":
    unittest.main(argv=[a for a in sys.argv if a != "--reasons"])
