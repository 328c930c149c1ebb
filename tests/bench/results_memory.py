"""What a result in memory takes beside what is sent for it: used_memory and RSS, per cached point result.

Each shape in a Sabil of its own, from a warm start to `--results` more results. Run: python3 -m tests.bench.results_memory"""
import argparse
import contextlib
import time

from tests.bench.memory import resident_bytes, used_bytes
from tests.blackbox.resp_client import Connection as RespConnection
from tests.integration._mysql_wire import DEPRECATE_EOF, Connection
from tests.support.servers import MariaDB, Sabil

SHAPES = {"one column": ("SELECT title FROM points WHERE id = {}", False),
          "six columns": ("SELECT * FROM points WHERE id = {}", False),
          "six columns, prepared": ("SELECT * FROM points WHERE id = ?", True)}

warm_count = 4000  # results before the first look: tables and caches of fixed size have grown by then


def make_points(database, count):
    database.sql("CREATE TABLE news.points (id INT PRIMARY KEY, title VARCHAR(80), author VARCHAR(40), status VARCHAR(20), words INT, at DATETIME);"
                 f"INSERT INTO news.points SELECT seq, CONCAT('A title as they are, number ', seq), CONCAT('author ', seq % 50), 'published', seq % 4000, '2024-01-01' FROM news.seq_1_to_{count};")


def filled(sabil):
    return sabil.metrics().get('sabil_entries{class="filled"}', 0)


def measure(database, shape, count):
    """Bytes by used_memory, by RSS, of packets, and of text and parameters: all per result."""
    text, prepared = SHAPES[shape]
    with Sabil(mysql=database) as sabil, contextlib.closing(Connection(sabil.mysql_port, "sabil", "secret", "news", DEPRECATE_EOF)) as connection:
        resp = RespConnection("127.0.0.1", sabil.port, timeout=60)
        statement = connection.prepare(text)[1] if prepared else None

        def ask(number):
            return connection.execute(statement, (number,)) if prepared else connection.query(text.format(number))
        until = time.monotonic() + 60
        while filled(sabil) < warm_count and time.monotonic() < until:
            for number in range(1, warm_count + 1):
                ask(number)
            time.sleep(0.1)
        before, used, resident = filled(sabil), used_bytes(resp), resident_bytes(sabil.pid)
        sent = asked = 0
        for number in range(warm_count + 1, warm_count + count + 1):
            sent += sum(len(packet) + 4 for _, packet in ask(number))
            asked += len(text) + 8 if prepared else len(text.format(number))
        time.sleep(0.2)
        kept = filled(sabil) - before
        if kept < 0.9 * count:
            raise SystemExit(f"only {kept:.0f} of {count} results were kept")
        grown = (used_bytes(resp) - used) / kept, (resident_bytes(sabil.pid) - resident) / kept
        resp.close()
        return *grown, sent / count, asked / count


def report(database, count):
    make_points(database, count + warm_count)
    print(f"\nmemory per cached point result, {count} results: {'used_memory':>14}{'RSS':>8}{'packets':>10}{'text':>8}{'used_memory / both':>20}")
    for shape in SHAPES:
        used, resident, sent, asked = measure(database, shape, count)
        print(f"  {shape:44} {used:14.0f}{resident:8.0f}{sent:10.0f}{asked:8.0f}{used / (sent + asked):20.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=20_000)
    options = parser.parse_args()
    with MariaDB() as database:
        database.sql("CREATE DATABASE news")
        report(database, options.results)


if __name__ == "__main__":
    main()
