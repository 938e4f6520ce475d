"""One round of python-oracledb's side of thin.sh. Each line it prints is a measure's name and seconds."""
import json
import sys
import time

import oracledb

SESSIONS, TRIPS, ROWS = 40, 1000, 100_000


def measured(name, work):
    begun = time.monotonic()
    outcome = work()
    print(f"{name}\t{time.monotonic() - begun}", flush=True)
    return outcome


with open(sys.argv[1]) as file:
    DEV = json.load(file)["databases"]["dev"]


def connect():
    return oracledb.connect(
        user="ADMIN", password=DEV["admin_password"], dsn="dev_low", config_dir=DEV["wallet_dir"],
        wallet_location=DEV["wallet_dir"], wallet_password=DEV["wallet_password"])


def trips(connection):
    for _ in range(TRIPS):
        cursor = connection.cursor()
        cursor.execute("select 1 from dual")
        cursor.fetchall()
        cursor.close()


def rows(connection):
    cursor = connection.cursor()
    # The same portions as adbctl's.
    cursor.arraysize, cursor.prefetchrows = 1000, 1000
    cursor.execute("select * from bench_rows order by id")
    # Counted as they come, as adbctl does.
    return sum(1 for _ in cursor)


def long_text(connection, path):
    """The CLOB to a file, in pieces."""
    size = 240_000
    with open(path, "w", encoding="utf-8") as file:
        cursor = connection.cursor()
        cursor.execute("select payload from bench_texts where id = 1", fetch_lobs=True)
        (lob,) = cursor.fetchone()
        offset, length = 1, lob.size()
        while offset <= length:
            piece = lob.read(offset, size)
            file.write(piece)
            offset += size


if len(sys.argv) > 2:
    long_text(connect(), sys.argv[2])
    sys.exit()
for _ in range(SESSIONS):
    measured("open", connect).close()
connection = connect()
measured("trips", lambda: trips(connection))
found = measured("rows", lambda: rows(connection))
if found != ROWS:
    sys.exit(f"{found} rows came")
