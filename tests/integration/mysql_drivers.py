"""Programs and drivers written for MySQL, unmodified: each runs straight on the server and through Sabil, and must see
the same. Run: python3 -m tests.integration.mysql_drivers"""
import os
import shutil
import subprocess
import tempfile
import unittest

from tests.support import npm
from tests.support.servers import MariaDB, MySQL, Sabil

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mysql_clients")

SCHEMA = """
CREATE DATABASE drivers CHARACTER SET utf8mb4;
CREATE TABLE drivers.kinds (id INT PRIMARY KEY, name VARCHAR(50), amount DECIMAL(10,2), at DATETIME(3), big BIGINT UNSIGNED,
  bits BIT(3), raw VARBINARY(10), kind ENUM('a','b'), f DOUBLE, note TEXT);
INSERT INTO drivers.kinds VALUES (1,'one',1.50,'2024-02-29 12:34:56.789',18446744073709551615,b'101','\\0\\xff','a',1.25,'first'),
  (2,'zwei é€',2.00,NULL,0,NULL,NULL,'b',-1e100,REPEAT('x',50)),(3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE DATABASE bench;
"""
CLI_SCRIPT = """
SELECT * FROM kinds; SELECT * FROM kinds; SELECT id, name FROM kinds WHERE id = 2\\G
SELECT COUNT(*) FROM kinds; SHOW TABLES; SELECT 1/0; SHOW WARNINGS; SELECT nothing FROM kinds; USE information_schema;
SELECT DATABASE(); USE drivers;
BEGIN; UPDATE kinds SET amount = 5 WHERE id = 1; SELECT amount FROM kinds; ROLLBACK; SELECT amount FROM kinds; SELECT amount FROM kinds;
"""


class Drivers:
    @classmethod
    def setUpClass(cls):
        cls.database = cls.make().__enter__()
        cls.addClassCleanup(cls.database.close)
        cls.database.sql(cls.account + "GRANT ALL ON *.* TO 'drivers'@'%';" + SCHEMA, binary_mode=True)
        cls.sabil = Sabil(mysql=cls.database, database="drivers").__enter__()
        cls.addClassCleanup(cls.sabil.close)

    def output(self, command, port, text=None):
        command = [part.replace("PORT", str(port)) for part in command]
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=120)
        return done.returncode, done.stdout

    def same(self, command, text=None, code=0):
        direct = self.output(command, self.database.port, text)
        self.assertEqual(direct[0], code, direct[1])
        for _ in range(2):
            through = self.output(command, self.sabil.mysql_port, text)
            self.assertEqual(direct, through)
        self.assertGreater(len(direct[1]), 100)

    def client(self, *arguments):
        return [*arguments[:1], "--no-defaults", "--host=127.0.0.1", "--port=PORT", "--user=drivers", "--password=pw", *arguments[1:]]

    def test_command_line(self):
        self.same(self.client("mariadb", "--force", "--table", "--comments", "drivers"), CLI_SCRIPT)

    def test_command_line_compressed(self):
        self.same(self.client("mariadb", "--compress", "--force", "--table", "drivers"), CLI_SCRIPT)

    def test_command_line_over_tls(self):
        _, text = self.output(self.client("mariadb", "--ssl", "--batch", "drivers", "-e", "SHOW STATUS LIKE 'Ssl_version'; SELECT id FROM kinds"),
                              self.sabil.mysql_port)
        self.assertIn("1\n2\n3\n", text)

    def test_dump(self):
        self.same(self.client("mariadb-dump", "--skip-comments", "--single-transaction", "--routines", "--hex-blob", "drivers"))

    def test_pymysql(self):
        self.same(["/usr/bin/python3", os.path.join(HERE, "pymysql_client.py"), "PORT"])

    def test_mysqlclient(self):
        self.same(["/usr/bin/python3", os.path.join(HERE, "mysqlclient_client.py"), "PORT"])

    def test_connector_cpp(self):
        program = os.path.join(tempfile.mkdtemp(prefix="sabil-connector-"), "client")
        self.addCleanup(shutil.rmtree, os.path.dirname(program), True)
        subprocess.run(["g++", "-std=c++17", "-o", program, os.path.join(HERE, "connector_client.cc"), "-lmysqlcppconn"], check=True)
        self.same([program, "PORT"])

    def test_php(self):
        self.same(["php", os.path.join(HERE, "php_client.php"), "PORT"])

    def test_mysql2(self):
        folder = tempfile.mkdtemp(prefix="sabil-mysql2-")
        self.addCleanup(shutil.rmtree, folder, True)
        for name in ("package.json", "mysql2.mjs"):
            shutil.copy(os.path.join(HERE, name), folder)
        npm.install(folder)
        self.same(["node", os.path.join(folder, "mysql2.mjs"), "PORT"])

    def test_sysbench(self):
        for mode in ("auto", "disable"):
            base = ["sysbench", "oltp_read_write", "--mysql-host=127.0.0.1", f"--mysql-port={self.sabil.mysql_port}",
                    "--mysql-user=drivers", "--mysql-password=pw", "--mysql-db=bench", "--tables=2", "--table-size=1000", "--threads=4",
                    f"--db-ps-mode={mode}", "--time=4"]
            for step in ("prepare", "run", "cleanup"):
                done = subprocess.run([*base, step], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertNotIn("FATAL", done.stdout)
                if step == "run":
                    transactions = int(done.stdout.split("transactions:")[1].split()[0])
                    self.assertGreater(transactions, 10, done.stdout)


class OnMariaDB(Drivers, unittest.TestCase):
    make = MariaDB
    account = "CREATE USER 'drivers'@'%' IDENTIFIED BY 'pw';"


class OnMySQL(Drivers, unittest.TestCase):
    make = MySQL
    account = "CREATE USER 'drivers'@'%' IDENTIFIED WITH caching_sha2_password BY 'pw';"


if __name__ == "__main__":
    unittest.main()
