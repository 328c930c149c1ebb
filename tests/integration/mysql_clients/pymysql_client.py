"""Prints what a program on PyMySQL sees: run straight and through Sabil, the two must be the same."""
import sys

import pymysql

out = []
c = pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="drivers", password="pw", database="drivers",
                    charset="utf8mb4")
cursor = c.cursor()
for autocommit in (False, True):
    c.autocommit(autocommit)
    for turn in range(3):
        cursor.execute("SELECT * FROM kinds ORDER BY id")
        out.append((cursor.fetchall(), cursor.description, cursor.rowcount))
        cursor.execute("SELECT name FROM kinds WHERE id = %s", (turn,))
        out.append(cursor.fetchall())
        cursor.execute("SELECT FOUND_ROWS()")
        out.append(cursor.fetchall())
    cursor.execute("UPDATE kinds SET amount = amount + 1 WHERE id = 2")
    cursor.execute("SELECT amount FROM kinds WHERE id = 2")
    out.append(cursor.fetchall())
    cursor.execute("UPDATE kinds SET amount = amount - 1 WHERE id = 2")
    c.commit()
    cursor.execute("SELECT amount FROM kinds WHERE id = 2")
    out.append(cursor.fetchall())
try:
    cursor.execute("SELECT nothing FROM kinds")
except pymysql.Error as e:
    out.append(e.args)
stream = c.cursor(pymysql.cursors.SSDictCursor)
for _ in range(2):
    stream.execute("SELECT id, name FROM kinds")
    out.append(list(stream))
stream.close()
c.ping(reconnect=False)
c.select_db("drivers")
c.set_charset("latin1")
cursor.execute("SELECT name FROM kinds ORDER BY id")
out.append(cursor.fetchall())
c.close()
print("\n".join(repr(item) for item in out))
