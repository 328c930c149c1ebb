"""Real servers for tests: private, on 127.0.0.1 and free ports, in temporary folders, ended by their own PID.

    with MariaDB() as db, Sabil(mysql=db) as sabil:
        db.sql("UPDATE news.articles SET title = 'x' WHERE id = 1")

From the shell, for a command that needs servers:

    python3 -m tests.support.servers mariadb mysql -- build-dev/mysql_live_test

sets SABIL_TEST_MARIADB (also for mariadb11) and SABIL_TEST_MYSQL to host:port (user `sabil`, password `secret`; `root` has none).
"""
import argparse
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A child process with a folder of its own. Subclasses give command() and ready()."""

    name = "server"
    start_limit_s = 60

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix=f"sabil-{self.name}-")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        self.port = free_port()

    def __enter__(self):
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def prepare(self):
        pass

    def environment(self):
        return dict(os.environ)

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.folder, env=self.environment())
        deadline = time.monotonic() + self.start_limit_s
        while not self.ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} exited with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} not ready in {self.start_limit_s} s:\n{self.log_tail()}")
            time.sleep(0.02)

    def ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
            return True
        except OSError:
            return False

    def log_tail(self, size=4000):
        try:
            with open(self.log_path, "rb") as f:
                return f.read()[-size:].decode(errors="replace")
        except OSError:
            return ""

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        """User and system time of the process so far."""
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, how=signal.SIGTERM, limit_s=30):
        """Ends the process and returns its exit code; killed where it outstays limit_s."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        self.process.send_signal(how)
        try:
            return self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"{self.name} did not end within {limit_s} s:\n{self.log_tail()}")

    def close(self):
        try:
            if self.process is not None and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Database(Server):
    """What MariaDB and MySQL have in common. `options` are extra server flags."""

    server_ids = iter(range(101, 100000))

    def __init__(self, options=(), binlog=True, binlog_format="ROW"):
        super().__init__()
        self.options = list(options)
        self.data = os.path.join(self.folder, "data")
        # The socket's path must stay under 108 bytes.
        self.socket = os.path.join(self.folder, "s.sock")
        self.binlog = binlog
        self.binlog_format = binlog_format
        self.server_id = next(self.server_ids)
        self.user = "mysql" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name

    def environment(self):
        """A server sweeps its temporary folder when it starts: each has its own."""
        return {**os.environ, "TMPDIR": self.folder}

    def own(self):
        if os.getuid() == 0:
            shutil.chown(self.folder, self.user)
            os.chmod(self.folder, 0o755)

    def ready(self):
        try:
            self.sql("SELECT 1")
            return True
        except subprocess.CalledProcessError:
            return False

    def client(self, *arguments, user="root", password=""):
        return ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={user}",
                *([f"--password={password}"] if password else []), *arguments]

    def sql(self, text, database=None, binary_mode=False):
        """Runs statements straight on the server as root; returns the output without column names."""
        arguments = ["--batch", "--skip-column-names"] + ([database] if database else [])
        done = subprocess.run(self.client(*arguments), input=text, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, "mariadb", done.stdout, done.stderr)
        return done.stdout.strip("\n")

    def load(self, path):
        with open(path, "rb") as f:
            subprocess.run(self.client(), stdin=f, check=True)

    def start(self):
        super().start()
        self.create_user()

    def restart(self, how=signal.SIGTERM):
        self.stop(how)
        Server.start(self)


class MariaDB(Database):
    name = "mariadb"
    dialect = "mariadb"

    def prepare(self):
        self.own()
        done = subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.data}", f"--user={self.user}",
                               "--auth-root-authentication-method=normal", "--skip-test-db"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environment())
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db: {done.returncode}\n{done.stdout[-2000:]}")

    def command(self):
        log = [f"--log-bin={self.data}/binlog", f"--binlog-format={self.binlog_format}"] if self.binlog else []
        return ["mariadbd", "--no-defaults", f"--user={self.user}", f"--datadir={self.data}",
                f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                f"--server-id={self.server_id}", f"--pid-file={self.folder}/pid", "--innodb-buffer-pool-size=64M",
                "--character-set-server=utf8mb4", "--skip-name-resolve", *log, *self.options]

    def create_user(self):
        self.sql("CREATE USER IF NOT EXISTS 'sabil'@'%' IDENTIFIED BY 'secret';"
                 "GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO 'sabil'@'%';")


class MariaDB11(MariaDB):
    """MariaDB 11.8 from Debian trixie, run through that system's own loader and libraries. There where available() says."""

    name = "mariadb11"

    @staticmethod
    def root():
        return os.path.join(os.environ.get("SABIL_PEERS", "/var/cache/sabil"), "trixie")

    @classmethod
    def available(cls):
        return os.access(f"{cls.root()}/usr/sbin/mariadbd", os.X_OK)

    def program(self):
        root = self.root()
        libraries = f"{root}/usr/lib/x86_64-linux-gnu"
        return [f"{libraries}/ld-linux-x86-64.so.2", "--library-path", libraries, f"{root}/usr/sbin/mariadbd",
                "--no-defaults", f"--user={self.user}", f"--datadir={self.data}", f"--basedir={root}/usr",
                f"--lc-messages-dir={root}/usr/share/mariadb", f"--character-sets-dir={root}/usr/share/mariadb/charsets",
                f"--plugin-dir={root}/usr/lib/mysql/plugin"]

    def prepare(self):
        """Its own installer would start programs that this system cannot load: what it feeds to --bootstrap is fed here."""
        if not self.available():
            raise RuntimeError("MariaDB 11.8 is not on this machine: run tests/support/peers mariadb11")
        self.own()
        os.makedirs(os.path.join(self.data, "mysql"))
        for folder, _, _ in os.walk(self.data):
            if os.getuid() == 0:
                shutil.chown(folder, self.user)
        text = "use mysql;\nSET @auth_root_socket=NULL;\n"
        for part in ("system_tables", "performance_tables", "system_tables_data"):
            with open(f"{self.root()}/usr/share/mariadb/mariadb_{part}.sql", encoding="utf-8") as f:
                text += f.read()
        done = subprocess.run([*self.program(), "--bootstrap", "--enforce-storage-engine=", "--max-allowed-packet=8M",
                               "--net-buffer-length=16K", "--log-warnings=0"], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment())
        if done.returncode:
            raise RuntimeError(f"mariadbd --bootstrap failed:\n{done.stdout[-2000:]}")

    def command(self):
        return [*self.program(), *super().command()[4:]]


class MySQL(Database):
    """MySQL 9 from Debian sid, run through that system's own loader and libraries."""

    name = "mysql"
    dialect = "mysql"

    def __init__(self, options=(), binlog=True, binlog_format="ROW", gtid=True):
        super().__init__(options, binlog, binlog_format)
        self.gtid = gtid

    def program(self):
        root = sid_root()
        return [*sid_loader(root), f"{root}/usr/sbin/mysqld", "--no-defaults", f"--user={self.user}",
                f"--datadir={self.data}", f"--basedir={root}/usr", f"--lc-messages-dir={root}/usr/share/mysql",
                f"--character-sets-dir={root}/usr/share/mysql/charsets", f"--plugin-dir={root}/usr/lib/mysql/plugin"]

    def prepare(self):
        self.own()
        done = subprocess.run([*self.program(), "--initialize-insecure"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=self.environment())
        if done.returncode:
            raise RuntimeError(f"mysqld --initialize-insecure failed:\n{done.stdout[-2000:]}")

    def command(self):
        log = [f"--log-bin={self.data}/binlog", f"--binlog-format={self.binlog_format}"] if self.binlog else \
            ["--skip-log-bin"]
        gtid = ["--gtid-mode=ON", "--enforce-gtid-consistency=ON"] if self.gtid and self.binlog else \
            ["--gtid-mode=OFF"]
        return [*self.program(), f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                "--mysqlx=OFF", "--secure-file-priv=", f"--server-id={self.server_id}", f"--pid-file={self.folder}/pid",
                "--innodb-buffer-pool-size=64M", *log, *gtid, *self.options]

    def create_user(self):
        self.sql("CREATE USER IF NOT EXISTS 'sabil'@'%' IDENTIFIED BY 'secret';"
                 "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'sabil'@'%';")


class Redis(Server):
    """redis-server of Debian 12, or another RESP server by `kind`: redis8, valkey9 (from Debian sid)."""

    def __init__(self, kind="redis7", options=()):
        self.name = kind
        self.options = list(options)
        super().__init__()

    def command(self):
        if self.name == "redis7":
            program = ["redis-server"]
        else:
            root = sid_root()
            program = [*sid_loader(root), f"{root}/usr/bin/" + {"redis8": "redis-server", "valkey9": "valkey-server"}[self.name]]
        return [*program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                *self.options]


class Sabil(Server):
    """The program under test. `mysql` is a Database or None; `config` is TOML appended to what is made here."""

    name = "sabil"
    start_limit_s = 30

    def __init__(self, mysql=None, config="", cache="", database="news", arguments=(), program=None, env=None):
        super().__init__()
        self.mysql = mysql
        self.config = config
        self.cache = cache
        self.database = database
        self.arguments = list(arguments)
        self.program = program or os.environ.get("SABIL_PROGRAM", os.path.join(ROOT, "build", "sabil"))
        self.mysql_port = free_port()
        self.http_port = free_port()
        self.env = env or {}

    def prepare(self):
        text = f'[listen]\nresp = "127.0.0.1:{self.port}"\nhttp = "127.0.0.1:{self.http_port}"\n'
        if self.mysql is not None:
            text += (f'mysql = "127.0.0.1:{self.mysql_port}"\n[mysql]\nhost = "127.0.0.1"\nport = {self.mysql.port}\n'
                     f'user = "sabil"\npassword = "secret"\ndatabase = "{self.database}"\n')
        text += f"[cache]\n{self.cache}\n{self.config}\n"
        with open(os.path.join(self.folder, "sabil.toml"), "w") as f:
            f.write(text)

    def environment(self):
        return {**os.environ, **self.env}

    def command(self):
        return [self.program, os.path.join(self.folder, "sabil.toml"), *self.arguments]

    def ready(self):
        return any(line.strip().endswith("ready") for line in self.log_tail(1 << 20).splitlines())

    def metrics(self):
        """{'name{labels}': value} as scraped now."""
        import urllib.request
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=5).read().decode()
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


def sid_root():
    return subprocess.run([os.path.join(ROOT, "tests", "support", "peers")], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def sid_loader(root):
    libraries = f"{root}/usr/lib/x86_64-linux-gnu"
    return [f"{libraries}/ld-linux-x86-64.so.2", "--library-path", f"{libraries}:{root}/usr/lib/mysql/private"]


KINDS = {"mariadb": MariaDB, "mariadb11": MariaDB11, "mysql": MySQL}


def main():
    parser = argparse.ArgumentParser(description="Run a command with private database servers up.")
    parser.add_argument("servers", nargs="+", choices=sorted(KINDS))
    parser.add_argument("--news", action="store_true", help="load the sample news database into each")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    options = parser.parse_args(sys.argv[1:split])
    command = sys.argv[split + 1:]
    if not command:
        parser.error("give the command after --")
    environment = dict(os.environ)
    running = []
    try:
        for kind in options.servers:
            server = KINDS[kind]().__enter__()
            running.append(server)
            if options.news:
                server.load(os.path.join(ROOT, "tests", "site", "news.sql"))
            environment[f"SABIL_TEST_{server.dialect.upper()}"] = f"127.0.0.1:{server.port}"
            environment[f"SABIL_TEST_{server.dialect.upper()}_SOCKET"] = server.socket
        return subprocess.run(command, env=environment).returncode
    finally:
        for server in running:
            server.close()


if __name__ == "__main__":
    sys.exit(main())
