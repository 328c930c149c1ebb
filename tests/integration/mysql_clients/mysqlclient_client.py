"""Prints what a program on mysqlclient (MySQLdb, the C library) sees: run straight and through Sabil, the two must be the
same. Autocommit is off, as this driver leaves it."""
import sys

import MySQLdb
import MySQLdb.cursors

out = []
for options in ({}, {"compress": True}, {"cursorclass": MySQLdb.cursors.SSCursor}):
    c = MySQLdb.connect(host="127.0.0.1", port=int(sys.argv[1]), user="drivers", password="pw", database="drivers",
                        charset="utf8mb4", **options)
    for autocommit in (False, True):
        c.autocommit(autocommit)
        for turn in range(3):
            cursor = c.cursor()
            cursor.execute("SELECT * FROM kinds ORDER BY id")
            out.append((cursor.fetchall(), cursor.description, cursor.rowcount))
            cursor.execute("SELECT name, amount FROM kinds WHERE id = %s", (turn,))
            out.append(cursor.fetchall())
            cursor.execute("SELECT SQL_CALC_FOUND_ROWS id FROM kinds LIMIT 1")
            out.append((cursor.fetchall(), c.warning_count() >= 0))
            cursor.execute("SELECT FOUND_ROWS()")
            out.append(cursor.fetchall())
            cursor.execute("UPDATE kinds SET amount = amount + 1 WHERE id = 2")
            out.append((cursor.rowcount, c.insert_id()))
            cursor.execute("SELECT amount FROM kinds WHERE id = 2")
            out.append(cursor.fetchall())
            c.rollback()
            cursor.execute("UPDATE kinds SET amount = 2 WHERE id = 2")
            c.commit()
            cursor.execute("SELECT amount FROM kinds WHERE id = 2")
            out.append(cursor.fetchall())
            try:
                cursor.execute("SELECT nothing FROM kinds")
            except MySQLdb.Error as error:
                out.append(error.args)
            cursor.close()
    c.close()
for line in out:
    print(line)
