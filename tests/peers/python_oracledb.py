"""What python-oracledb in thin mode finds at the sandbox's SQL*Net. Called by python_oracledb.sh with the sandbox's directory."""
import base64
import configparser
import datetime as dt
import decimal
import email.utils
import hashlib
import http.client
import io
import json
import os
import sys
import tempfile
import threading
import time
import urllib.parse
import zipfile

import oracledb
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

DIRECTORY = sys.argv[1]
DATABASES = "/20160918/autonomousDatabases/"
NEW_PASSWORD = "Other-Secret-22"
TEXT = "Zeile äöü € \U0001F600 0123456789\n"

failures = 0


def same(title, wanted, found):
    global failures
    if wanted == found:
        print(f"ok    {title}", flush=True)
    else:
        print(f"FAIL  {title}: expected <{wanted!r}>, found <{str(found)[:300]!r}>", flush=True)
        failures += 1


def refused(title, code, act):
    """The code of the error that something ends in: the server's, or the client's own where the listener refused."""
    try:
        act()
        found = "no error"
    except oracledb.Error as error:
        text = str(error)
        found = code if code in text else text
    same(title, code, found)


class Cloud:
    """The few signed requests that the checks need, and the faults."""

    def __init__(self, description):
        config = configparser.ConfigParser()
        config.read(description["oci_config"])
        profile = config["DEFAULT"]
        self.key_id = "/".join(profile[name] for name in ("tenancy", "user", "fingerprint"))
        with open(profile["key_file"], "rb") as file:
            self.key = serialization.load_pem_private_key(file.read(), None)
        self.host = urllib.parse.urlsplit(description["oci_endpoint"]).netloc

    def call(self, method, path, body=None):
        headers = {"date": email.utils.formatdate(usegmt=True), "host": self.host}
        order = ["date", "(request-target)", "host"]
        data = b""
        if method in ("POST", "PUT"):
            data = b"" if body is None else json.dumps(body).encode()
            headers |= {
                "content-length": str(len(data)),
                "content-type": "application/json",
                "x-content-sha256": base64.b64encode(hashlib.sha256(data).digest()).decode(),
            }
            order += ["content-length", "content-type", "x-content-sha256"]
        values = headers | {"(request-target)": f"{method.lower()} {path}"}
        text = "\n".join(f"{name}: {values[name]}" for name in order)
        signature = base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        headers["authorization"] = (
            f'Signature version="1",keyId="{self.key_id}",algorithm="rsa-sha256",'
            f'headers="{" ".join(order)}",signature="{signature}"')
        connection = http.client.HTTPConnection(self.host)
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        found = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {found[:200]}")
        return found

    def database(self, ocid):
        return json.loads(self.call("GET", DATABASES + ocid))

    def reaches(self, ocid, state):
        for _ in range(100):
            if self.database(ocid)["lifecycleState"] == state:
                return
            time.sleep(0.05)
        raise RuntimeError(f"the database does not become {state}")

    def fault(self, method, path, action):
        rule = {"method": method, "path": path, "count": 1, "action": action}
        self.call("POST", "/sandbox/faults", rule)


def described():
    with open(os.path.join(DIRECTORY, "sandbox.json")) as file:
        return json.load(file)


def statements(connect):
    connection = connect()
    cursor = connection.cursor()
    ask = lambda text, *binds, **named: cursor.execute(text, *binds, **named).fetchall()
    same("the version", "23.26" if connection.version.startswith("23") else "19.28", connection.version[:5])
    same("a query", [(1,)], ask("select 1 from dual"))
    cursor.execute("create table peer (id number(10) primary key, name varchar2(100 char), d date, t timestamp,"
                   " z timestamp with time zone, r raw(20), c clob, b blob)")
    moment = dt.datetime(2024, 2, 29, 13, 5, 6, 123456)
    cursor.setinputsizes(t=oracledb.DB_TYPE_TIMESTAMP)
    cursor.execute("insert into peer (id, name, d, t, r) values (:id, :name, :d, :t, :r)",
                   id=1, name="ä€\U0001F600", d=moment, t=moment, r=b"\x00\xff")
    same("a row was inserted, in a transaction", (1, True), (cursor.rowcount, connection.transaction_in_progress))
    same("binds come back in rows", [("ä€\U0001F600", moment.replace(microsecond=0), moment, b"\x00\xff")],
         ask("select name, d, t, r from peer where id = :1", [1]))
    connection.rollback()
    same("a rollback", ([(0,)], False), (ask("select count(*) from peer"), connection.transaction_in_progress))
    cursor.executemany("insert into peer (id, name) values (:1, :2)", [(n, f"n{n}") for n in range(1, 2001)])
    connection.commit()
    cursor.executemany("insert into peer (id, name) values (:1, :2)", [(1, "x"), (3000, "y"), (2, "z")], batcherrors=True)
    same("errors of single rows", ([(0, "ORA-00001"), (2, "ORA-00001")], 1),
         ([(error.offset, error.full_code) for error in cursor.getbatcherrors()], cursor.rowcount))
    connection.rollback()
    cursor.arraysize = 70
    cursor.execute("select id, name from peer order by id")
    same("rows are fetched in portions", (2000, (2000, "n2000")), (lambda rows: (len(rows), rows[-1]))(cursor.fetchall()))
    same("numbers", [(12345678901234567890123456789012345678, decimal.Decimal("-1234567890.0987654321"), 0)],
         [tuple(decimal.Decimal(str(v)) if v is not None else v for v in row) for row in numbers(connection)])
    same("one name for two binds", [("xxy",)], ask("select :a || :a || :b from dual", a="x", b="y"))
    same("intervals", [(dt.timedelta(days=1, seconds=7384, microseconds=500000), oracledb.IntervalYM(1, 2))],
         ask("select interval '1 02:03:04.5' day to second, interval '1-2' year to month from dual"))
    cursor.parse("select id, name, c from peer")
    same("a description", [("ID", "DB_TYPE_NUMBER", False), ("NAME", "DB_TYPE_VARCHAR", True), ("C", "DB_TYPE_CLOB", True)],
         [(column[0], column[1].name, column[6]) for column in cursor.description])
    blocks(connection, cursor)
    large_objects(connection, cursor)
    errors(cursor)
    sessions(connect, connection, cursor)
    cursor.execute("drop table peer purge")
    connection.close()


def numbers(connection):
    with connection.cursor() as cursor:
        cursor.outputtypehandler = lambda cur, meta: cur.var(decimal.Decimal, arraysize=cur.arraysize)
        return cursor.execute("select 12345678901234567890123456789012345678, :n, 0 from dual",
                              n=decimal.Decimal("-1234567890.0987654321")).fetchall()


def blocks(connection, cursor):
    out, both = cursor.var(str), cursor.var(int)
    for word in ("ä", "b"):
        both.setvalue(0, 5)
        cursor.execute("begin :o := 'x' || :i; :n := :n + 1; end;", o=out, i=word, n=both)
        same(f"binds of a block, {word}", (f"x{word}", 6), (out.getvalue(), both.getvalue()))
    kinds = {"d": oracledb.DB_TYPE_DATE, "t": oracledb.DB_TYPE_TIMESTAMP, "z": oracledb.DB_TYPE_TIMESTAMP_TZ,
             "r": oracledb.DB_TYPE_RAW, "y": oracledb.DB_TYPE_BOOLEAN, "n": oracledb.DB_TYPE_BOOLEAN, "f": oracledb.DB_TYPE_BINARY_DOUBLE}
    outs = {name: cursor.var(kind) for name, kind in kinds.items()}
    cursor.execute("begin :d := date '2024-01-02'; :t := timestamp '2024-01-02 03:04:05.678'; :y := true; :n := null;"
                   " :z := timestamp '2024-01-02 03:04:05 +02:00'; :r := hextoraw('00FF'); :f := -1.25; end;", **outs)
    same("types that come out", {"d": dt.datetime(2024, 1, 2), "t": dt.datetime(2024, 1, 2, 3, 4, 5, 678000), "r": b"\x00\xff",
                                 "z": dt.datetime(2024, 1, 2, 3, 4, 5), "y": True, "n": None, "f": -1.25},
         {name: variable.getvalue() for name, variable in outs.items()})
    same("a function", "ABC", cursor.callfunc("upper", str, ["abc"]))
    cursor.callproc("dbms_output.enable")
    cursor.execute("begin for i in 1 .. 5 loop dbms_output.put_line('line ä ' || i); end loop; end;")
    line, status = cursor.var(str), cursor.var(int)
    cursor.callproc("dbms_output.get_line", (line, status))
    same("a line of output", ("line ä 1", 0), (line.getvalue(), status.getvalue()))
    lines, count = cursor.arrayvar(str, 100), cursor.var(int)
    count.setvalue(0, 100)
    cursor.callproc("dbms_output.get_lines", (lines, count))
    same("lines of output", (["line ä 2", "line ä 3", "line ä 4", "line ä 5"], 4), (lines.getvalue(), count.getvalue()))
    rows = connection.cursor()
    cursor.execute("begin open :r for select id, name from peer where id < :m order by id; end;", r=rows, m=3)
    same("a cursor that comes out", [(1, "n1"), (2, "n2")], rows.fetchall())
    number, name = cursor.var(int), cursor.var(str)
    cursor.execute("update peer set name = name || 'x' where id < :m returning id, name into :o, :p", m=3, o=number, p=name)
    same("returning", ([1, 2], ["n1x", "n2x"]), (number.getvalue(), name.getvalue()))
    connection.rollback()


def large_objects(connection, cursor):
    size = cursor.var(int)
    for length in (1, 4000, 8000, 8192, 32767, 32768, 65535, 1_000_000):
        text = (TEXT * (length // len(TEXT) + 1))[:length]
        cursor.execute("update peer set c = :c where id = 1", c=text)
        locator, = cursor.execute("select c from peer where id = 1").fetchone()
        same(f"a CLOB of {length} letters", True, locator.read() == text and locator.size() == len(text.encode("utf-16-le")) // 2)
        oracledb.defaults.fetch_lobs = False
        with connection.cursor() as other:
            same(f"the same as a text", True, other.execute("select c from peer where id = 1").fetchone()[0] == text)
        oracledb.defaults.fetch_lobs = True
        echo = cursor.var(oracledb.DB_TYPE_CLOB)
        cursor.execute("begin :o := :c; end;", o=echo, c=text)
        same("the same in and out of a block", True, echo.getvalue().read() == text)
    data = bytes(range(256)) * 5000
    cursor.execute("update peer set b = :b where id = 1", b=data)
    locator, = cursor.execute("select b from peer where id = 1").fetchone()
    same("a BLOB", True, locator.read() == data and locator.read(3, 4) == data[2:6])
    refused("a BLOB of a row that is not locked", "ORA-22920", lambda: locator.write(b"x"))
    made = connection.createlob(oracledb.DB_TYPE_CLOB)
    made.write("abc")
    made.write("DEFä", 4)
    cursor.execute("begin :o := length(:c); end;", o=size, c=made)
    same("a temporary CLOB", (7, "bcD", 7), (made.size(), made.read(2, 3), size.getvalue()))
    made.trim(2)
    made.open()
    same("trimmed and open", ("ab", True), (made.read(), made.isopen()))
    made.close()
    connection.rollback()


def errors(cursor):
    for title, text, code, place in [
        ("a missing table", "select * from nosuch", "ORA-00942", 14),
        ("an unknown column", "select 1,\n nosuch from dual", "ORA-00904", 11),
        ("a block that does not compile", "begin nosuch; end;", "ORA-06550", 6),
        ("an application's error", "begin raise_application_error(-20001, 'closed'); end;", "ORA-20001", 0),
        ("nothing found", "declare x number; begin select 1 into x from dual where 1 = 2; end;", "ORA-01403", 0),
        ("a syntax error", "selec", "ORA-00900", 0),
        ("a duplicate", "insert into peer (id) values (1)", "ORA-00001", 0),
    ]:
        try:
            cursor.execute(text)
            found = "no error"
        except oracledb.Error as error:
            found = (error.args[0].full_code, error.args[0].offset)
        same(title, (code, place), found)
    try:
        cursor.execute("begin raise_application_error(-20001, 'closed'); end;")
    except oracledb.Error as error:
        same("a stack", True, error.args[0].message.startswith("ORA-20001: closed\nORA-06512: at line 1"))
    cursor.execute("create or replace procedure peer_bad is begin nosuch; end;")
    same("errors of compilation are a warning", "DPY-7000", str(cursor.warning)[:8])
    cursor.execute("drop procedure peer_bad")


def sessions(connect, connection, cursor):
    ask = lambda text: cursor.execute(text).fetchall()
    connection.module, connection.action, connection.client_identifier = "peer", "checks", "somebody"
    same("what the client says of itself", [("peer", "checks", "somebody")],
         ask("select module, action, client_identifier from v$session where sid = sys_context('userenv', 'sid')"))
    connection.ping()
    connection.current_schema = "SYS"
    same("the schema", [("SYS",)], ask("select sys_context('userenv', 'current_schema') from dual"))
    connection.current_schema = connection.username.upper()
    cursor.execute("alter session set nls_date_format = 'YYYY'")
    same("settings live on", [("2024",)], ask("select to_char(date '2024-02-03') from dual"))
    cursor.execute("create or replace package peer_state as n number := 0; end;")
    for _ in range(2):
        cursor.execute("begin peer_state.n := peer_state.n + 5; end;")
    state = cursor.var(int)
    cursor.execute("begin :o := peer_state.n; end;", o=state)
    same("packages keep their state", 10, state.getvalue())
    cursor.execute("drop package peer_state")
    handle = cursor.var(float)
    cursor.execute("begin :h := dbms_datapump.open('EXPORT', 'SCHEMA', null, 'PEER_JOB'); end;", h=handle)
    cursor.execute("begin dbms_datapump.stop_job(:h, 1, 0); end;", h=int(handle.getvalue()))
    same("a handle of Data Pump outlives its call", True, True)
    other = connect()
    cursor.execute("insert into peer (id) values (7000)")
    same("nobody sees what is not committed", [(0,)], other.cursor().execute("select count(*) from peer where id = 7000").fetchall())
    connection.autocommit = True
    cursor.execute("insert into peer (id) values (7001)")
    connection.autocommit = False
    same("unless the client wants it so", [(2,)], other.cursor().execute("select count(*) from peer where id >= 7000").fetchall())
    endless = "begin loop null; end loop; end;"
    connection.call_timeout = 300
    refused("a call takes too long", "DPY-4024", lambda: cursor.execute(endless))
    connection.call_timeout = 0
    same("the session goes on", [(1,)], ask("select 1 from dual"))
    threading.Timer(0.2, connection.cancel).start()
    refused("a call is cancelled", "ORA-01013", lambda: cursor.execute(endless))
    same("the session goes on again", [(1,)], ask("select 1 from dual"))
    timer = threading.Timer(0.2, lambda: cursor.execute(f"alter system kill session '{other.session_id},{other.serial_num}'"))
    timer.start()
    refused("a session is killed in the middle of a call", "DPY-4011", lambda: other.cursor().execute(endless))
    timer.join()


def accounts(admin, connect):
    cursor = admin.cursor()
    cursor.execute('create user peer_user identified by "First-Secret-11"')
    cursor.execute("grant create session to peer_user")
    own = lambda password, **more: connect(user="peer_user", password=password, **more)
    refused("a wrong password", "ORA-01017", lambda: own("Wrong-Secret-33"))
    refused("an unknown user", "ORA-01017", lambda: connect(user="peer_nobody", password="x"))
    own("First-Secret-11").changepassword("First-Secret-11", NEW_PASSWORD)
    refused("the old password", "ORA-01017", lambda: own("First-Secret-11"))
    cursor.execute("alter user peer_user password expire")
    refused("an expired password", "ORA-28001", lambda: own(NEW_PASSWORD))
    same("a new one at logon", "peer_user", own(NEW_PASSWORD, newpassword="Third-Secret-333").username)
    cursor.execute("alter user peer_user account lock")
    refused("a locked account", "ORA-28000", lambda: own("Third-Secret-333"))
    cursor.execute("drop user peer_user")


def faults(cloud, facts, connect):
    service = facts["tns"].split("/")[1]
    call = f"/sqlnet/{service}/"
    kill = {"engine": {"name": "kill-session", "detail": {}}}
    connection = connect()
    cloud.fault("CALL", call + "execute", kill)
    refused("a fault kills the session", "ORA-00028", lambda: connection.cursor().execute("select 1 from dual"))
    connection = connect()
    cursor = connection.cursor()
    cursor.arraysize = cursor.prefetchrows = 2
    cursor.execute("select level from dual connect by level < 100")
    cloud.fault("CALL", call + "fetch", {"drop": {"after": True}})
    refused("a fault ends the connection in the middle of rows", "DPY-4011", cursor.fetchall)
    connection = connect()
    cloud.fault("CALL", call + "*", {"slow": {"seconds": 0.3}})
    begun = time.monotonic()
    connection.ping()
    same("a fault makes a call slow", True, time.monotonic() - begun > 0.25)
    cloud.fault("CONNECT", f"/sqlnet/{service}", {"refuse": {"error": 12506}})
    refused("a fault refuses a connection", "ORA-12506", connect)


def secured(cloud, facts):
    """The wallet that the cloud gives, and what comes of its connections."""
    folder = tempfile.mkdtemp(dir=DIRECTORY)
    archive = cloud.call("POST", f"{DATABASES}{facts['ocid']}/actions/generateWallet", {"password": "Wallet-Secret-1"})
    zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
    wallet = {"user": "admin", "password": facts["admin_password"], "config_dir": folder, "wallet_location": folder}
    with open(os.path.join(folder, "tnsnames.ora")) as file:
        names = {line.split(" =")[0]: line.split(" = ")[1].strip() for line in file if " = " in line}
    same("the wallet's services", ["high", "low", "medium", "tp", "tpurgent"], sorted(name.split("_")[1] for name in names))
    for alias in names:
        with oracledb.connect(dsn=alias, wallet_password="Wallet-Secret-1", **wallet) as connection:
            same(f"TLS with the wallet, {alias}", [("ADMIN",)], connection.cursor().execute("select user from dual").fetchall())
    once = next(iter(names.values())).replace("retry_count=20", "retry_count=0")
    refused("another password than the wallet's", "DPY-6005", lambda: oracledb.connect(dsn=once, wallet_password="x", **wallet))
    authority = "-----BEGIN CERTIFICATE-----" + open(os.path.join(folder, "ewallet.pem")).read().split("-----BEGIN CERTIFICATE-----")[2]
    without = tempfile.mkdtemp(dir=DIRECTORY)
    with open(os.path.join(without, "ewallet.pem"), "w") as file:
        file.write(authority)
    alone = wallet | {"wallet_location": without}
    refused("no client's certificate", "DPY-6005", lambda: oracledb.connect(dsn=once, **alone))
    refused("a service of nobody at the secured port", "DPY-6001",
            lambda: oracledb.connect(dsn=once.replace("service_name=", "service_name=x"), wallet_password="Wallet-Secret-1", **wallet))
    # TLS without a client's certificate, at a port of its own, once the database allows it.
    one_way = f"tcps://localhost:{facts['one_way_port']}/{facts['tns'].split('/')[1]}"
    refused("one-way TLS where the database demands a wallet", "ORA-12506", lambda: oracledb.connect(dsn=one_way, **alone))
    cloud.call("PUT", DATABASES + facts["ocid"], {"isMtlsConnectionRequired": False})
    cloud.reaches(facts["ocid"], "AVAILABLE")
    with oracledb.connect(dsn=one_way, **alone) as connection:
        same("one-way TLS", [("ADMIN",)], connection.cursor().execute("select user from dual").fetchall())
    refused("one-way TLS by a name that is not the server's", "DPY-6005",
            lambda: oracledb.connect(dsn=one_way.replace("localhost", "127.0.0.2"), **alone))
    return lambda: oracledb.connect(dsn=once, wallet_password="Wallet-Secret-1", **wallet)


def main():
    description = described()
    facts = description["databases"]["dev"]
    cloud = Cloud(description)

    def connect(**more):
        return oracledb.connect(**({"user": "admin", "password": facts["admin_password"], "dsn": facts["tns"]} | more))

    statements(connect)
    accounts(connect(), connect)
    faults(cloud, facts, connect)
    encrypted = secured(cloud, facts)
    refused("an unknown service", "DPY-6001", lambda: connect(dsn=description["sqlnet"] + "/nobody"))
    refused("an unknown SID", "DPY-6003", lambda: connect(
        dsn=f"(description=(address=(protocol=tcp)(host=127.0.0.1)(port={description['sqlnet'].split(':')[1]}))(connect_data=(sid=x)))"))
    cloud.call("PUT", DATABASES + facts["ocid"], {"dbVersion": "26ai"})
    cloud.reaches(facts["ocid"], "AVAILABLE")
    statements(connect)
    statements(encrypted)
    lasting = connect()
    cloud.call("POST", DATABASES + facts["ocid"] + "/actions/stop")
    cloud.reaches(facts["ocid"], "STOPPED")
    refused("a stopped database", "ORA-12506", connect)
    refused("a session of a database that was stopped", "ORA-01089", lasting.ping)
    cloud.call("POST", DATABASES + facts["ocid"] + "/actions/start")
    cloud.reaches(facts["ocid"], "AVAILABLE")
    same("a database that was started", [(1,)], connect().cursor().execute("select 1 from dual").fetchall())
    sys.exit(1 if failures else 0)


main()
