"""Every form of the command line, its exit code, and the one clear message that each wrong configuration gives.
Run: python3 -m tests.integration.app_command_line"""
import glob
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from tests.support.servers import ROOT, MariaDB, free_port, sid_root

PROGRAM = os.environ.get("SABIL_PROGRAM", os.path.join(ROOT, "build", "sabil"))


def run(*arguments, limit_s=30, env=None):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=limit_s, env={**os.environ, **(env or {})})


class Running:
    """The server, started with these arguments, until a line of its output matches `until`."""

    def __init__(self, *arguments, until="ready", env=None):
        self.folder = tempfile.TemporaryDirectory(prefix="sabil-app-")
        self.process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder.name,
                                        env={**os.environ, **(env or {})})
        self.lines = []
        os.set_blocking(self.process.stdout.fileno(), True)
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if self.lines[-1] == until:
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.folder.cleanup()

    def port(self, face):
        for line in self.lines:
            found = re.match(rf"{face} listening on .*:(\d+)$", line)
            if found:
                return int(found[1])
        raise AssertionError(f"no line for {face} in {self.lines}")

    def stop(self, how=signal.SIGTERM, limit_s=25):
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=limit_s)
        return self.process.returncode, errors


def ask(port, command):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(command.encode() + b"\r\n")
        return s.recv(4096)


def mysql_certificate(port):
    """What the MySQL port shows after the client asked for TLS (an SSLRequest: 32 bytes, sequence 1)."""
    import ssl
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        greeting = s.recv(4096)
        assert greeting[4] == 10, greeting
        flags = 0x00000200 | 0x00000800 | 0x00008000  # PROTOCOL_41, SSL, SECURE_CONNECTION
        s.sendall(b"\x20\x00\x00\x01" + flags.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + b"\0" * 23)
        context = ssl._create_unverified_context()
        with context.wrap_socket(s) as secure:
            return secure.getpeercert(binary_form=True)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sabil-app-")
        self.addCleanup(self.folder.cleanup)

    def write(self, text, name="c.toml"):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def test_version_and_help(self):
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^sabil \d+\.\d+\.\d+\n$")
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertLessEqual(done.stdout.count("\n"), 24)

    def test_bad_usage_is_2(self):
        for arguments in (["check"], ["explain", "x.toml"], ["-x"], ["x.toml", "--port", "1"], ["x.toml", "y.toml"]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr.startswith("sabil: "), done.stderr)

    def test_bad_configuration_is_1_and_names_line_and_fix(self):
        path = self.write("[cache]\nmaxmemroy = '1gb'\n")
        for arguments in ([path], ["check", path]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr,
                             f"sabil: {path}:2: unknown key 'maxmemroy' in [cache]; did you mean 'maxmemory'?\n")
        done = run(self.write("[log]\njson = 'yes'\n"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("must be true or false, not a string", done.stderr)
        done = run("/nonexistent.toml")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "sabil: '/nonexistent.toml' cannot be read: No such file or directory\n"))

    def test_without_a_file_it_is_a_plain_resp_server(self):
        with Running("--listen.resp", "127.0.0.1:0", "--listen.http", "127.0.0.1:0") as sabil:
            self.assertEqual(sabil.lines[-1], "ready")
            self.assertEqual(ask(sabil.port("resp"), "PING"), b"+PONG\r\n")
            self.assertEqual(sabil.stop()[0], 0)

    def test_a_taken_port_is_1(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run("--listen.resp", f"127.0.0.1:{port}", "--listen.http", "")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"127.0.0.1:{port}", done.stderr)
            self.assertIn("in use", done.stderr)

    def test_stops_on_sigint_and_shutdown(self):
        with Running("--listen.resp", "127.0.0.1:0", "--listen.http", "") as sabil:
            self.assertEqual(sabil.stop(signal.SIGINT)[0], 0)
        with Running("--listen.resp", "127.0.0.1:0", "--listen.http", "") as sabil:
            ask(sabil.port("resp"), "SHUTDOWN NOSAVE")
            self.assertEqual(sabil.process.wait(20), 0)

    def test_stops_in_time_with_clients_connected(self):
        with Running("--listen.resp", "127.0.0.1:0", "--listen.http", "127.0.0.1:0") as sabil:
            held = [socket.create_connection(("127.0.0.1", sabil.port(face))) for face in ("resp", "http") for _ in range(5)]
            started = time.monotonic()
            self.assertEqual(sabil.stop()[0], 0)
            self.assertLess(time.monotonic() - started, 10)
            for s in held:
                s.close()

    def test_redis_mode(self):
        port = free_port()
        conf = self.write(f"# comment\nport {port}\nsave 900 1\nsave 300 10\nmaxmemory 50mb\nappendonly no\n", "redis.conf")
        with Running(conf, "--dir", self.folder.name, until="Ready to accept connections") as sabil:
            self.assertIn(f"PID: {sabil.process.pid}", sabil.lines)
            self.assertTrue(any(line.endswith(" * Ready to accept connections") for line in sabil.lines), sabil.lines)
            self.assertIn("ready", sabil.lines)
            self.assertIn(b"52428800", ask(port, "CONFIG GET maxmemory"))
            self.assertIn(b"900 1 300 10", ask(port, "CONFIG GET save"))
            self.assertEqual(sabil.stop()[0], 0)
        with Running("--port", str(port), "--save", "", "--dir", self.folder.name,
                     until="Ready to accept connections") as sabil:
            self.assertEqual(ask(port, "PING"), b"+PONG\r\n")
            self.assertEqual(sabil.stop()[0], 0)
        path = self.write("", "kept.sock")  # an empty file, as made for a temporary name
        with Running("--port", "0", "--unixsocket", path, "--save", "", "--dir", self.folder.name,
                     until="Ready to accept connections") as sabil:
            with socket.socket(socket.AF_UNIX) as local:
                local.connect(path)
                local.sendall(b"PING\r\n")
                self.assertEqual(local.recv(100), b"+PONG\r\n")
            self.assertEqual(sabil.stop()[0], 0)
        done = run(self.write("port 70000\n", "bad.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("70000", done.stderr)
        done = run(self.write("nonsense yes\nport 0\n", "bad.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("nonsense", done.stderr)

    def test_without_bind_others_are_let_in_only_with_a_password(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
            try:
                way_out.connect(("192.0.2.1", 9))  # sends nothing: it asks for the address this would leave from
            except OSError:
                self.skipTest("this machine has no address but the loopback's")
            address = way_out.getsockname()[0]
        port = free_port()

        def greeted(protection):
            with Running("--port", str(port), "--save", "", "--dir", self.folder.name, *protection,
                         until="Ready to accept connections") as sabil:
                self.assertTrue(ask(port, "PING"), "the loopback is always let in")
                with socket.create_connection((address, port), timeout=5) as client:
                    client.sendall(b"PING\r\n")
                    answer = client.recv(4096)
                self.assertEqual(sabil.stop()[0], 0)
            return answer
        self.assertIn(b"-DENIED", greeted([]))
        self.assertEqual(greeted(["--protected-mode", "no"]), b"+PONG\r\n")
        self.assertIn(b"-NOAUTH", greeted(["--requirepass", "secret"]))

    def test_the_files_of_debians_servers(self):
        """redis-server 7's, 8's and valkey-server 9's own configuration files, all but where their folders are."""
        port = free_port()
        for path in ("/etc/redis/redis.conf", f"{sid_root()}/etc/redis/redis.conf", f"{sid_root()}/etc/valkey/valkey.conf"):
            with self.subTest(path):
                with open(path) as f:
                    lines = [line for line in f if line.split(" ")[0] not in ("dir", "logfile", "pidfile", "daemonize", "port")]
                with Running(self.write("".join(lines), "redis.conf"), "--port", str(port), "--dir", self.folder.name,
                             until="Ready to accept connections") as sabil:
                    self.assertEqual(ask(port, "PING"), b"+PONG\r\n")
                    self.assertEqual(sabil.stop()[0], 0)

    def test_the_process_as_redis_conf_wants_it(self):
        def threads(pid, named="persistence"):  # once that one has its name
            found, deadline = {}, time.monotonic() + 20
            while named not in found and time.monotonic() < deadline:
                found = threads_now(pid)
            return found

        def threads_now(pid):
            found = {}
            for task in glob.glob(f"/proc/{pid}/task/*/status"):
                with open(task) as f:
                    status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
                found.setdefault(status["Name"], []).append(status)
            return found
        cpus = sorted(os.sched_getaffinity(0))
        first, last = str(cpus[0]), str(cpus[-1])
        with Running("--port", "0", "--save", "", "--dir", self.folder.name, "--server-cpulist", last, "--bio-cpulist", first,
                     until="Ready to accept connections") as sabil:
            found = threads(sabil.process.pid)
            self.assertEqual({status["Cpus_allowed_list"] for name in found if name.startswith("worker-") for status in found[name]}, {last})
            deadline = time.monotonic() + 20
            while found["persistence"][0]["Cpus_allowed_list"] != first and time.monotonic() < deadline:
                found = threads(sabil.process.pid)
            self.assertEqual([status["Cpus_allowed_list"] for status in found["persistence"]], [first])
            self.assertEqual(found["persistence"][0]["THP_enabled"], "0")
            self.assertEqual(sabil.stop()[0], 0)
        with Running("--port", "0", "--save", "", "--dir", self.folder.name, "--disable-thp", "no", until="Ready to accept connections") as sabil:
            self.assertEqual(threads(sabil.process.pid)["persistence"][0]["THP_enabled"], "1")
        with Running("--port", "0", "--save", "", "--server-cpulist", "0-x") as sabil:
            code, errors = sabil.process.wait(10), sabil.process.stderr.read()
            self.assertEqual(code, 1)
            self.assertIn("'0-x' is no CPU; give a list such as 0-3,8 or 0-7:2", errors)

    @unittest.skipIf(os.path.exists("/dev/log") or os.geteuid() != 0, "this machine has a system log, which the test would have to take the place of")
    def test_the_systems_log(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind("/dev/log")
            self.addCleanup(os.unlink, "/dev/log")
            log.settimeout(20)
            with Running("--port", "0", "--save", "", "--dir", self.folder.name, "--syslog-enabled", "yes", "--syslog-ident", "kiosk",
                         "--syslog-facility", "local3", until="Ready to accept connections") as sabil:
                line = log.recv(4096).decode()
                self.assertRegex(line, rf"^<{(16 + 3) * 8 + 6}>.* kiosk\[{sabil.process.pid}\]: ")  # facility and priority: info

    def test_log_levels_and_json(self):
        path = self.write("[listen]\nresp='127.0.0.1:0'\nhttp=''\n[log]\njson=true\n")
        with Running(path) as sabil:
            sabil.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            code, errors = sabil.stop()
        self.assertEqual(code, 0)
        import json
        records = [json.loads(line) for line in errors.splitlines()]
        self.assertTrue(any(record["message"].startswith("reloaded") for record in records), errors)


    def test_users_of_redis_conf_and_their_reload(self):
        port = free_port()
        acl = self.write("user default on nopass ~* &* +@all\nuser filed on >one ~* +get\n", "users.acl")
        lines = f"port {port}\nsave ''\ndir {self.folder.name}\n"
        conf = self.write(lines + "requirepass old\nuser reader on >first ~a:* +get\nuser goes on >x +ping\n", "redis.conf")

        def login(user, password):
            return ask(port, f"AUTH {user} {password}")

        with Running(conf, until="Ready to accept connections") as sabil:
            self.assertEqual((login("reader", "first"), login("goes", "x"), login("default", "old")), (b"+OK\r\n",) * 3)
            self.write(lines + "requirepass new\nuser reader on >second ~a:* +get\n", "redis.conf")
            sabil.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while login("reader", "second") != b"+OK\r\n" and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual((login("reader", "second"), login("default", "new")), (b"+OK\r\n",) * 2)
            for user, password in (("reader", "first"), ("goes", "x"), ("default", "old")):
                self.assertTrue(login(user, password).startswith(b"-WRONGPASS"), user)
            sabil.stop()
        conf = self.write(lines + f"aclfile {acl}\n", "redis.conf")
        with Running(conf, until="Ready to accept connections") as sabil:
            self.assertEqual(login("filed", "one"), b"+OK\r\n")
            self.write("user default on nopass ~* &* +@all\nuser filed on >two ~* +get\n", "users.acl")
            sabil.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while login("filed", "two") != b"+OK\r\n" and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(login("filed", "two"), b"+OK\r\n")
            self.assertTrue(login("filed", "one").startswith(b"-WRONGPASS"))
            sabil.stop()
        done = run(self.write(lines + f"aclfile {acl}\nuser a on\n", "redis.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("keep one of them", done.stderr)
        done = run(self.write(lines + "user a on +nosuchcommand\n", "redis.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("redis.conf:4: user 'a'", done.stderr)


class WithDatabase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = MariaDB().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql("CREATE DATABASE news; CREATE TABLE news.articles (id INT PRIMARY KEY, title VARCHAR(100));"
                         "CREATE USER 'poor'@'%' IDENTIFIED BY 'secret'; GRANT SELECT ON news.* TO 'poor'@'%';")
        cls.folder = tempfile.TemporaryDirectory(prefix="sabil-app-")
        cls.addClassCleanup(cls.folder.cleanup)

    def config(self, extra="", database="news", user="sabil", password="secret", port=None):
        path = os.path.join(self.folder.name, "c.toml")
        with open(path, "w") as f:
            f.write('[listen]\nresp = "127.0.0.1:0"\nmysql = "127.0.0.1:0"\nhttp = "127.0.0.1:0"\n'
                    f'[mysql]\nhost = "127.0.0.1"\nport = {port or self.database.port}\nuser = "{user}"\n'
                    f'password = "{password}"\ndatabase = "{database}"\n{extra}\n')
        return path

    def test_check_says_the_mode(self):
        done = run("check", self.config())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("coherent", done.stdout)

    def test_wrong_password(self):
        path = self.config(password="wrong")
        for arguments in ([path], ["check", path]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn("refuses user 'sabil'", done.stderr)
            self.assertIn("check [mysql] user and password", done.stderr)

    def test_unknown_database(self):
        done = run("check", self.config(database="nwes"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no database 'nwes'", done.stderr)

    def test_unreachable(self):
        port = free_port()
        done = run("check", self.config(port=port))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"MySQL at 127.0.0.1:{port} cannot be reached", done.stderr)
        # The server starts all the same: its own keys do not need MySQL.
        with Running(self.config(port=port)) as sabil:
            self.assertEqual(ask(sabil.port("resp"), "SET a 1"), b"+OK\r\n")
            import urllib.error
            import urllib.request
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"http://127.0.0.1:{sabil.port('http')}/readyz", timeout=5)
            self.assertEqual(caught.exception.code, 503)
            self.assertIn(b"cannot be reached", caught.exception.read())
            code, errors = sabil.stop()
            self.assertEqual(code, 0)
            self.assertIn("cannot be reached", errors)
        done = run(self.config('[cache]\ncoherence = "coherent"', port=port))
        self.assertEqual(done.returncode, 1)
        self.assertIn('coherence = "coherent" does not start without it', done.stderr)

    def test_missing_grant(self):
        done = run("check", self.config(user="poor"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("in-path", done.stdout)
        self.assertRegex(done.stdout, "GRANT .*(BINLOG MONITOR|REPLICATION SLAVE|BINLOG)")
        done = run("check", self.config('[cache]\ncoherence = "coherent"', user="poor"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("GRANT", done.stderr)

    def test_binlog_off(self):
        with MariaDB(binlog=False) as database:
            database.sql("CREATE DATABASE news")
            done = run("check", self.config(port=database.port))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("in-path", done.stdout)
            self.assertIn("log_bin", done.stdout)
            done = run(self.config('[cache]\ncoherence = "coherent"', port=database.port))
            self.assertEqual(done.returncode, 1)
            self.assertIn("log_bin", done.stderr)

    def test_lookups_are_checked_against_the_server(self):
        lookup = '[[lookup]]\nname = "a"\nkey = "a:{id}"\nas = "%s"\nquery = "%s"\n'
        for query, kind, words in (
                ("SELECT titel FROM articles WHERE id = {id}", "hash", "Unknown column"),
                ("SELECT * FROM article WHERE id = {id}", "hash", "doesn't exist"),
                ("SELEC 1", "string", "no SELECT"),
                ("SELECT title FROM articles", "zset", "needs two columns"),
                ("SELECT id, id FROM articles", "row", "AS"),
                ("DELETE FROM articles WHERE id = {id}", "string", "no SELECT")):
            done = run("check", self.config(lookup % (kind, query)))
            self.assertEqual(done.returncode, 1, query)
            self.assertIn("lookup 'a'", done.stderr)
            self.assertIn(words, done.stderr)

    def test_check_asks_for_show_view_where_views_are_hidden(self):
        self.database.sql("CREATE USER 'half'@'%' IDENTIFIED BY 'secret';"
                          "GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO 'half'@'%';"
                          "CREATE VIEW news.titles AS SELECT title FROM news.articles")
        self.addCleanup(self.database.sql, "DROP VIEW news.titles; DROP USER 'half'@'%'")
        done = run("check", self.config(user="half"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, "not cached: titles; GRANT SHOW VIEW ON ")
        self.database.sql("GRANT SHOW VIEW ON *.* TO 'half'@'%'")
        self.assertNotIn("SHOW VIEW", run("check", self.config(user="half")).stdout)

    def test_the_mysql_ports_certificate_is_kept(self):
        import ssl
        folder = tempfile.mkdtemp(dir=self.folder.name)
        path = self.config(f'[redis]\ndir = "{folder}"')

        def certificate():
            with Running(path) as sabil:
                got = mysql_certificate(sabil.port("mysql"))
                _, errors = sabil.stop()
            return got, errors

        first, errors = certificate()
        file = os.path.join(folder, "front-cert.pem")
        self.assertIn(f"self-signed certificate {file}, made now", errors)
        with open(file) as f:
            self.assertEqual(ssl.PEM_cert_to_DER_cert(f.read()), first)
        for name in ("front-cert.pem", "front-key.pem"):
            self.assertEqual(os.stat(os.path.join(folder, name)).st_mode & 0o777, 0o600)
        second, errors = certificate()
        self.assertEqual(second, first)
        self.assertIn(f"self-signed certificate {file}\n", errors)

    def test_explain(self):
        path = self.config()
        done = run("explain", path, "SELECT * FROM articles WHERE id = 5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"cacheable +yes")
        self.assertIn("news.articles where id = 5", done.stdout)
        self.assertIn("rows with these values", done.stdout)
        done = run("explain", path, "SELECT NOW()")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"cacheable +no")
        self.assertIn("nondeterministic (NOW", done.stdout.replace("now", "NOW"))


if __name__ == "__main__":
    unittest.main()
