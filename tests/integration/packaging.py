"""What `cmake --install` and the Debian package put where; the package installed, run, removed and purged in a throwaway
copy of this system (an overlay over /, seen from a chroot). Run: python3 -m tests.integration.packaging"""
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from tests.support.servers import ROOT

BUILD = os.environ.get("SABIL_BUILD", os.path.join(ROOT, "build"))
SERVICE = os.path.join(ROOT, "proxy", "debian", "sabil.service")


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Throwaway:
    """A copy of this system that costs nothing: what is written goes to a folder that is deleted afterwards. The mount is
    in a namespace of its own, held by a shell that runs the commands."""

    def __init__(self, folder):
        for name in ("up", "work", "root"):
            os.makedirs(os.path.join(folder, name))
        self.root = os.path.join(folder, "root")
        prepare = (f"mount -t overlay overlay -o lowerdir=/,upperdir={folder}/up,workdir={folder}/work {self.root} && "
                   f"mount -t proc proc {self.root}/proc && mount --bind /dev {self.root}/dev && "
                   f"mount -t tmpfs tmpfs {self.root}/run && echo up && exec sleep 600")
        self.process = subprocess.Popen(["unshare", "-m", "sh", "-c", prepare], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        if line != "up\n":
            self.close()
            raise unittest.SkipTest(f"no overlay over / can be made here: {line.strip()}")

    def enter(self, *command):
        return ["nsenter", "-t", str(self.process.pid), "-m", "chroot", self.root, *command]

    def run(self, *command):
        return run(*self.enter(*command))

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Packaging(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sabil-package-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def good(self, done):
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_install_under_a_prefix(self):
        self.good(run("cmake", "--install", BUILD, "--prefix", self.folder))
        found = sorted(os.path.relpath(os.path.join(at, name), self.folder) for at, _, names in os.walk(self.folder) for name in names)
        self.assertEqual(found, [
            "bin/sabil", "lib/systemd/system/sabil.service", "share/doc/sabil/CHANGELOG.md", "share/doc/sabil/README.md",
            "share/doc/sabil/copyright", "share/man/man1/sabil.1", "share/sabil/grafana/sabil.json",
            "share/sabil/prometheus/alerts.yml", "share/sabil/sabil.toml"])
        self.assertRegex(self.good(run(os.path.join(self.folder, "bin", "sabil"), "--version")), r"^sabil \d")

    def test_the_manual_names_every_command_and_section(self):
        page = os.path.join(ROOT, "proxy", "debian", "sabil.1")
        self.assertEqual(self.good(run("groff", "-man", "-ww", "-z", page)), "")
        with open(page) as f:
            text = f.read()
        for word in ("check", "explain", "[listen]", "[mysql]", "[cache]", "[[lookup]]", "[[rule]]", "[http]", "[redis]", "[log]", "SIGHUP"):
            self.assertIn(word, text)

    def test_the_unit_is_sound_and_hardened(self):
        with open(SERVICE) as f:
            unit = f.read()
        # Where nothing is installed, the program and the manual are not there.
        path = os.path.join(self.folder, "sabil.service")
        with open(path, "w") as f:
            f.write(unit.replace("/usr/bin/sabil", os.path.join(BUILD, "sabil")).replace("Documentation=man:sabil(1)\n", ""))
        self.assertEqual(self.good(run("systemd-analyze", "verify", path)), "")
        done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", path)
        self.assertEqual(done.returncode, 0, done.stdout[-300:])

    def test_readiness_is_told_to_the_service_manager(self):
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(20)
            program = subprocess.Popen([os.path.join(BUILD, "sabil"), "--listen.resp", "127.0.0.1:0", "--listen.http", ""],
                                       env={**os.environ, "NOTIFY_SOCKET": path}, stdout=subprocess.PIPE, cwd=self.folder)
            try:
                self.assertEqual(manager.recv(100), b"READY=1")
                self.assertTrue(program.stdout.read1().endswith(b"ready\n"))
                program.terminate()
                self.assertEqual(manager.recv(100), b"STOPPING=1")
                self.assertEqual(program.wait(20), 0)
            finally:
                program.kill()
                program.communicate()

    def test_the_package_installs_runs_and_goes(self):
        self.good(run("cpack", "-G", "DEB", "-B", self.folder, cwd=BUILD))
        package = next(name for name in os.listdir(self.folder) if name.endswith(".deb"))
        self.assertRegex(package, r"^sabil_\d[\d.]*_[a-z0-9]+\.deb$")
        package = os.path.join(self.folder, package)
        depends = self.good(run("dpkg-deb", "-f", package, "Depends"))
        for library in ("libc6", "libmysqlcppconn7v5", "libcpp-httplib", "liblua5.1-0", "libspdlog"):
            self.assertIn(library, depends)
        system = Throwaway(os.path.join(self.folder, "system"))
        self.addCleanup(system.close)
        self.good(system.run("dpkg", "-i", package))
        self.assertEqual(self.good(system.run("stat", "-c", "%U:%G %a", "/etc/sabil/sabil.toml", "/var/lib/sabil")),
                         "root:sabil 640\nsabil:sabil 750\n")
        self.assertIn("coherent cache", self.good(system.run("man", "-l", "/usr/share/man/man1/sabil.1")))
        as_service = ("runuser", "-u", "sabil", "--")
        self.assertIn("good", self.good(system.run(*as_service, "sabil", "check", "/etc/sabil/sabil.toml")))
        self.serves(system.enter(*as_service, "sabil", "/etc/sabil/sabil.toml", "--listen.resp", "127.0.0.1:0", "--listen.http", ""))
        self.good(system.run("sh", "-c", "echo '# mine' >>/etc/sabil/sabil.toml"))
        self.good(system.run("dpkg", "-i", package))  # an upgrade keeps the configuration
        self.assertIn("# mine", self.good(system.run("cat", "/etc/sabil/sabil.toml")))
        self.good(system.run("dpkg", "-r", "sabil"))
        self.assertNotEqual(system.run("test", "-e", "/usr/bin/sabil").returncode, 0)
        self.assertIn("# mine", self.good(system.run("cat", "/etc/sabil/sabil.toml")))
        self.good(system.run("dpkg", "-P", "sabil"))
        left = self.good(system.run("sh", "-c", "ls -d /etc/sabil /var/lib/sabil /usr/share/sabil /usr/share/doc/sabil 2>/dev/null; "
                                                "getent passwd sabil; dpkg -l sabil 2>/dev/null | grep ^i; true"))
        self.assertEqual(left, "")

    def serves(self, command):
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            port = None
            for line in program.stdout:
                found = re.match(r"resp listening on 127\.0\.0\.1:(\d+)", line)
                port = int(found[1]) if found else port
                if line == "ready\n":
                    break
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                s.sendall(b"PING\r\n")
                self.assertEqual(s.recv(100), b"+PONG\r\n")
                s.sendall(b"SHUTDOWN NOSAVE\r\n")
                self.assertEqual(s.recv(100), b"")
            deadline = time.monotonic() + 20
            while program.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(program.returncode, 0)
        finally:
            program.kill()
            program.communicate()


if __name__ == "__main__":
    unittest.main()
