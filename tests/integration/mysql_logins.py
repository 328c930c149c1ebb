"""Logins that are more than a password: accounts that trust an operating system's user, Unix sockets on both sides, plugins
with packets of their own. Run: python3 -m tests.integration.mysql_logins"""
import os
import pwd
import subprocess
import unittest

from tests.integration._mysql_wire import DEPRECATE_EOF, Connection, ServerError
from tests.support.servers import MariaDB, MariaDB11, MySQL, Sabil

SCHEMA = ("CREATE DATABASE trap; CREATE TABLE trap.t (id INT PRIMARY KEY, v INT); INSERT INTO trap.t VALUES (1, 10);"
          "CREATE USER 'trap'@'%' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO 'trap'@'%';")
OWN = pwd.getpwuid(os.geteuid()).pw_name


class OverSockets(Sabil):
    """Unix sockets on both sides, and TCP in front as well."""

    def prepare(self):
        super().prepare()
        self.front_socket = os.path.join(self.folder, "front.sock")
        path = os.path.join(self.folder, "sabil.toml")
        with open(path) as f:
            text = f.read()
        text = text.replace(f'host = "127.0.0.1"\nport = {self.mysql.port}\n', f'socket = "{self.mysql.socket}"\n')
        text = text.replace(f'mysql = "127.0.0.1:{self.mysql_port}"', f'mysql = ["127.0.0.1:{self.mysql_port}", "unix:{self.front_socket}"]')
        with open(path, "w") as f:
            f.write(text)


class UnixSockets:
    """A server lets an account in by the operating system's user at the other end of its socket, which is Sabil's."""

    @classmethod
    def setUpClass(cls):
        cls.database = cls.make().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(SCHEMA + cls.accounts)
        cls.sabil = OverSockets(mysql=cls.database, database="trap").__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def connect(self, user, password="", **options):
        connection = Connection(self.sabil.mysql_port, user, password, "trap", DEPRECATE_EOF, **options)
        self.addCleanup(connection.close)
        return connection

    def test_a_password_is_asked_for_as_ever(self):
        for options in ({}, {"unix": self.sabil.front_socket}):
            for _ in range(2):
                c = self.connect("trap", "pw", **options)
                self.assertEqual(c.rows("SELECT v FROM t"), [("10",)])
                c.change_user("trap", "pw", "trap")
                self.assertEqual(c.rows("SELECT v FROM t"), [("10",)])
            with self.assertRaises(ServerError) as refused:
                self.connect("trap", "wrong", **options)
            self.assertEqual(refused.exception.number, 1045)

    def test_a_new_session_is_new(self):
        """What Sabil asks of the server at a login leaves no traces."""
        own = Connection(self.database.port, "trap", "pw", "trap", DEPRECATE_EOF)
        self.addCleanup(own.close)
        for question in self.first_questions:
            for c in (self.connect("trap", "pw"), self.connect("trap", "pw", unix=self.sabil.front_socket)):
                self.assertEqual(c.rows(question), [("0",)], question)
                c.rows("SELECT v FROM t")
                c.change_user("trap", "pw", "trap")
                own.rows("SELECT v FROM t")
                own.change_user("trap", "pw", "trap")
                self.assertEqual(c.rows("SELECT ROW_COUNT()"), own.rows("SELECT ROW_COUNT()"))

    def test_nobody_passes_as_sabils_own_user(self):
        for user in self.trusting:
            with self.subTest(account=user):
                with self.assertRaises(ServerError) as refused:
                    self.connect(user)
                self.assertEqual(refused.exception.number, 1698)
                changing = self.connect("trap", "pw")
                with self.assertRaises((ServerError, EOFError)):
                    changing.change_user(user, "", "trap")
                with self.assertRaises((ServerError, EOFError, OSError)):
                    changing.rows("SELECT CURRENT_USER()")

    def test_the_user_himself_is_let_in(self):
        for user in self.trusting:
            c = self.connect(user, unix=self.sabil.front_socket)
            self.assertEqual(c.rows("SELECT CURRENT_USER()"), [(f"{user}@localhost",)])
            c.change_user(user, "", "trap")
            self.assertEqual(c.rows("SELECT CURRENT_USER(), v FROM t"), [(f"{user}@localhost", "10")])


class OnMariaDB(UnixSockets, unittest.TestCase):
    make = MariaDB
    trusting = [OWN]
    first_questions = ["SELECT ROW_COUNT()"]  # it gives a new session the FOUND_ROWS() of another
    accounts = f"CREATE OR REPLACE USER '{OWN}'@'localhost' IDENTIFIED VIA unix_socket; GRANT ALL ON *.* TO '{OWN}'@'localhost';"


class Ed25519(unittest.TestCase):
    """MariaDB's client_ed25519: the server's nonce is signed, whatever the password, and the relay keeps out of it."""

    def test_a_signature_is_relayed(self):
        word, other = "0123456789abcdef0123456789ABCDEF", "FEDCBA9876543210fedcba9876543210"
        with MariaDB() as database:
            database.sql(f"{SCHEMA} INSTALL SONAME 'auth_ed25519'; CREATE USER 'signs'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{word}');"
                         "GRANT ALL ON *.* TO 'signs'@'%'; CREATE USER 'short'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('pw');"
                         "GRANT ALL ON *.* TO 'short'@'%';")
            with OverSockets(mysql=database, database="trap") as sabil:
                for options in ({}, {"tls": True}, {"unix": sabil.front_socket}):
                    c = Connection(sabil.mysql_port, "signs", word, "trap", DEPRECATE_EOF, **options)
                    self.addCleanup(c.close)
                    self.assertTrue(any(packet.startswith(b"\xfeclient_ed25519\0") for packet in c.login_packets))
                    for _ in range(2):
                        self.assertEqual(c.rows("SELECT CURRENT_USER(), v FROM t"), [("signs@%", "10")])
                        c.change_user("trap", "pw", "trap")
                        self.assertEqual(c.rows("SELECT CURRENT_USER(), v FROM t"), [("trap@%", "10")])
                        c.change_user("signs", word, "trap")
                    with self.assertRaises(ServerError) as refused:
                        Connection(sabil.mysql_port, "signs", other, "trap", DEPRECATE_EOF, **options)
                    self.assertEqual(refused.exception.number, 1045)
                for password, answer in (("pw", 0), ("wrong", 1)):
                    done = subprocess.run(["mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1", f"--port={sabil.mysql_port}", "--user=short",
                                           f"--password={password}", "--batch", "--skip-column-names", "--execute=SELECT CURRENT_USER(), v FROM trap.t"],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    self.assertEqual((done.returncode, done.stdout), (answer, "" if answer else "short@%\t10\n"), done.stderr)


@unittest.skipUnless(MariaDB11.available(), "MariaDB 11.8 is not on this machine")
class OnMariaDB11(UnixSockets, unittest.TestCase):
    make = MariaDB11
    first_questions = OnMariaDB.first_questions
    trusting = [OWN, "mapped", "either"]
    accounts = OnMariaDB.accounts + (
        f"CREATE USER 'mapped'@'localhost' IDENTIFIED VIA unix_socket AS '{OWN}'; GRANT ALL ON *.* TO 'mapped'@'localhost';"
        f"CREATE USER 'either'@'localhost' IDENTIFIED VIA mysql_native_password USING PASSWORD('pw') OR unix_socket AS '{OWN}';"
        "GRANT ALL ON *.* TO 'either'@'localhost'; CREATE USER 'stranger'@'localhost' IDENTIFIED VIA unix_socket AS 'stranger';"
        "INSTALL SONAME 'auth_parsec'; CREATE USER 'signs'@'%' IDENTIFIED VIA parsec USING PASSWORD('pw');"
        "GRANT ALL ON *.* TO 'signs'@'%';")

    def test_an_account_that_trusts_another_user_is_refused_by_the_server(self):
        with self.assertRaises(ServerError) as refused:
            self.connect("stranger")
        self.assertEqual(refused.exception.number, 1698)

    def test_a_plugin_with_packets_of_its_own(self):
        with Sabil(mysql=self.database, database="trap") as over_tcp:
            for options in ({}, {"tls": True}, {"unix": self.sabil.front_socket}):
                port = self.sabil.mysql_port if "unix" in options else over_tcp.mysql_port
                c = Connection(port, "signs", "pw", "trap", DEPRECATE_EOF, **options)
                self.addCleanup(c.close)
                self.assertEqual(c.rows("SELECT CURRENT_USER(), v FROM t"), [("signs@%", "10")])
                c.change_user("signs", "pw", "trap")
                self.assertEqual(c.rows("SELECT v FROM t"), [("10",)])
                with self.assertRaises(ServerError) as refused:
                    Connection(port, "signs", "wrong", "trap", DEPRECATE_EOF, **options)
                self.assertEqual(refused.exception.number, 1045)


class OnMySQL(UnixSockets, unittest.TestCase):
    make = MySQL
    trusting = ["mapped"]
    first_questions = ["SELECT ROW_COUNT()", "SELECT FOUND_ROWS()"]
    accounts = ("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';"
                f"CREATE USER 'mapped'@'localhost' IDENTIFIED WITH auth_socket AS '{OWN}'; GRANT ALL ON *.* TO 'mapped'@'localhost';")


if __name__ == "__main__":
    unittest.main()
