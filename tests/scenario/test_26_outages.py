# SPDX-License-Identifier: MIT
"""What the program works with goes away in the middle of a run, and comes back: the database, the
search server, the room on the disk, the right to write. After the next clean run every row is
marked and has its document."""

import contextlib
import os
import resource
import signal
import socket
import struct
import subprocess
import threading

import pytest

import checks
import servers
import slt
import tables
from database import Mysql, Postgres, Sqlite
from gateway import Reply
from search import Index

ROWS = 60


def clean(sender, table, index, rows=ROWS):
    """Of the rows that were not marked, each is sent now, or its document is there already."""
    _, unmarked = checks.settled(table, index)
    result = sender.send("--wait", 10)
    assert result.status == slt.DONE, result
    assert result.summary["sent"] + result.summary["already there"] == len(unmarked), result
    assert checks.delivered(table, index) == rows
    return result


# ---- the database is killed


@pytest.fixture(scope="module", params=["postgresql", "mysql", "mariadb"])
def mortal(request):
    """A database server of this file alone."""
    with servers.running(request.param) as server:
        yield server


@pytest.fixture
def doomed(mortal):
    """A database there, which is dropped with the server."""
    make = Postgres if mortal.kind == "postgresql" else lambda url: Mysql(mortal.kind, url)
    return make(mortal.url)


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_database_that_is_back_at_once(mortal, doomed, sink, program, lanes):
    """What the index has acknowledged is marked on a new connection. The lock is gone, so no more
    chunks are taken."""
    table = tables.SingleColumn(doomed).generate(ROWS)
    sender = program(doomed, sink, sink, **table.settings, CHUNK_SIZE=10, LANES=lanes)
    sink.script = [None, lambda request: mortal.restart() and None]
    result = sender.send()
    assert result.status in (slt.STOPPED, slt.UNAVAILABLE), result
    doomed.reconnect()
    marked, _ = checks.settled(table, sink)
    assert 20 <= len(marked) < ROWS or lanes > 1, result
    clean(sender, table, sink)


def test_a_database_that_stays_away(mortal, doomed, sink, program):
    """Until somebody stops the run, which has tried to mark again."""
    table = tables.SingleColumn(doomed).generate(ROWS)
    sender = program(doomed, sink, sink, **table.settings, CHUNK_SIZE=10, LANES=4)
    sink.script = [None, lambda request: mortal.kill()]
    running = sender.start("-v", "send")
    slt.until(lambda: "marking again" in running.said(), "an attempt")
    running.signal()
    result = running.result()
    assert result.status in (slt.STOPPED, slt.UNAVAILABLE), result
    assert result.summary["left"] >= 10 and result.seconds < 10, result
    assert sender.send().status == slt.UNAVAILABLE
    mortal.start()
    doomed.reconnect()
    assert clean(sender, table, sink).summary["already there"] >= 10


def test_a_database_that_dies_while_it_marks(mortal, doomed, sink, program):
    """The statement was on its way, and nobody tells what became of it."""
    table = tables.SingleColumn(doomed).generate(ROWS)
    sender = program(doomed, sink, sink, **table.settings, CHUNK_SIZE=10)
    application = doomed.connect()
    cursor = application.cursor()

    def wait():
        slt.until(doomed.waits_for_lock, "the mark waits")
        mortal.restart()

    def lock(request):
        cursor.execute("BEGIN")
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 15")
        killer.start()

    killer = threading.Thread(target=wait)
    sink.script = [None, lock]
    result = sender.send()
    killer.join()
    assert result.status in (slt.STOPPED, slt.UNAVAILABLE), result
    doomed.reconnect()
    clean(sender, table, sink)


def postgres_agrees(client):
    client.recv(8)  # may we have TLS?
    client.sendall(b"S")


def mysql_agrees(client):
    """Protocol::HandshakeV10 of MySQL's source, with the capabilities of any server and CLIENT_SSL."""
    capabilities = struct.pack("<I", 0x1 | 0x2 | 0x8 | 0x200 | 0x800 | 0x2000 | 0x8000 | 0x80000)
    packet = (
        b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"abcdefgh\0" + capabilities[:2] + b"\x2d\x02\0"
    )
    packet += capabilities[2:] + b"\x15" + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0"
    client.sendall(struct.pack("<I", len(packet)) + packet)  # length and number of the packet
    client.recv(36)  # we shall have TLS


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("url", "agree"),
    [
        pytest.param("postgresql://{}/test?sslmode=require", postgres_agrees, id="postgresql"),
        pytest.param("mysql://{}/test?ssl_mode=REQUIRED", mysql_agrees, id="mysql"),
    ],
)
def test_a_server_that_goes_in_the_middle_of_the_handshake(bare, url, agree, reset):
    """It has agreed to TLS and says no more: that passes, and is no wrong setting."""

    def answer():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                agree(client)
                client.recv(65536)  # the beginning of TLS
                if reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, daemon=True).start()
        there = f"somebody@127.0.0.1:{listener.getsockname()[1]}"
        result = bare.with_(DATABASE_URL=url.format(there), ELASTICSEARCH_HOST="localhost").send()
        listener.shutdown(socket.SHUT_RDWR)
    assert result.status == slt.UNAVAILABLE and "SSL" in result.err, result


# ---- the database may not be written


def test_a_primary_that_comes_back_as_a_standby(sink, program):
    """The rows in hand cannot be marked, and later runs send nothing, until it is promoted."""
    with servers.running("postgresql") as server:
        db = Postgres(server.url)
        table = tables.SingleColumn(db).generate(ROWS)
        sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=10)

        def demote(request):
            server.kill()
            (server.folder / "data" / "standby.signal").touch()
            server.start()

        sink.script = [None, demote]
        result = sender.send()
        assert result.status != slt.DONE and result.counted(sent=10, left=10), result
        db.reconnect()
        assert len(checks.only_unmarked(table, sink, range(11, ROWS + 1))) == 10
        requests = len(sink.requests)
        refused = sender.send()
        assert refused.status in (slt.UNAVAILABLE, slt.CONFIGURATION), refused
        assert "read-only" in refused.err and len(sink.requests) == requests, refused
        db.query("SELECT pg_promote()")
        assert clean(sender, table, sink).summary["already there"] == 10


def test_a_server_that_becomes_read_only(my_db, sink, program):
    table = tables.SingleColumn(my_db).generate(ROWS)
    sender = program(my_db, sink, sink, **table.settings, CHUNK_SIZE=10)
    with contextlib.ExitStack() as until_then:

        def forbid(request):
            until_then.enter_context(my_db.settings_of_server(read_only=1))

        sink.script = [None, forbid]
        result = sender.send()
        assert result.status != slt.DONE and result.counted(sent=10, left=10), result
        assert len(sink.bulks) == 2
        assert len(checks.only_unmarked(table, sink, range(11, ROWS + 1))) == 10
    assert clean(sender, table, sink).summary["already there"] == 10


# ---- the disk is full


class SmallDisk:
    """A file system of its own."""

    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=True)

    def fill(self, running):
        with open(self.ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 512):
                pass

    def free(self):
        self.ballast.unlink()

    def close(self):
        subprocess.run(["umount", self.folder], check=True)


class Limit:
    """Who may not mount one: the process may not write beyond this size of a file."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, running):
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (100, 100))

    def free(self):
        pass

    close = free


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = (SmallDisk if os.geteuid() == 0 else Limit)(folder)
    yield disk
    disk.close()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_full_disk(disk, sink, program, journal):
    """SQLite needs room for the journal of a mark."""
    db = Sqlite(disk.folder)
    db.execute(f"PRAGMA journal_mode = {journal}")
    table = tables.SingleColumn(db).generate(ROWS)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=10)
    running = []

    def fill(request):
        disk.fill(slt.until(lambda: running, "the handle of the run")[0])

    sink.script = [None, fill]
    running.append(sender.start("-v", "send"))
    slt.until(
        lambda: "marking again" in running[0].said() or not running[0].going(), "a mark has failed"
    )
    if running[0].going():
        running[0].signal()  # it would be tried for some seconds
    result = running[0].result()
    assert result.status in (slt.STOPPED, -signal.SIGXFSZ), result
    assert result.status < 0 or result.counted(sent=10, left=10), result
    assert len(sink.bulks) == 2, "and it does not go on to send what it cannot mark"
    disk.free()
    assert len(checks.only_unmarked(table, sink, range(11, ROWS + 1))) == 10
    assert clean(sender, table, sink).summary["already there"] == 10


FULL = {
    "postgresql": [
        """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END';
           CREATE TRIGGER full_disk BEFORE UPDATE ON audit_logs
           FOR EACH STATEMENT EXECUTE PROCEDURE full_disk();"""
    ],
    "mysql": [
        "CREATE TRIGGER full_disk BEFORE UPDATE ON audit_logs FOR EACH ROW"
        f" SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}"
        for number in (1021, 1114)  # the disk is full, the tablespace is full
    ],
}


@pytest.mark.parametrize("way", [0, -1])
def test_a_server_whose_disk_is_full_for_a_moment(server_db, sink, program, way):
    """As the server says it; the mark is tried again."""
    table = tables.SingleColumn(server_db).generate(ROWS)
    drop = "DROP TRIGGER full_disk" + " ON audit_logs" * (server_db.kind == "postgresql")
    passing = threading.Timer(0.7, server_db.execute, [drop])

    def fill(request):
        server_db.script(FULL[server_db.dialect][way])
        passing.start()

    sink.script = [None, fill]
    result = program(server_db, sink, sink, **table.settings, CHUNK_SIZE=20).run("-v", "send")
    passing.join()
    assert "marking again" in result.err and result.status == slt.DONE, result
    assert checks.delivered(table, sink) == ROWS


# ---- two who wait for one another


def test_a_deadlock(postgres, sink, program):
    """The server ends the mark's transaction, which is the first to look. The mark is tried again."""
    table, done = tables.SingleColumn(postgres).generate(ROWS), []
    application = postgres.connect()
    cursor = application.cursor()
    cursor.execute("SET lock_timeout = '20s'; SET deadlock_timeout = '20s'")

    def cross():
        # the mark has rows 21 to 39 and waits for row 40
        slt.until(postgres.waits_for_lock, "the mark waits")
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 21")
        cursor.execute("COMMIT")
        done.append(True)

    crossing = threading.Thread(target=cross)

    def lock(request):
        cursor.execute("BEGIN")
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 40")
        crossing.start()

    sink.script = [None, lock]
    sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20)
    result = sender.run("-v", "send")
    crossing.join()
    application.close()
    assert done, "the application's own transaction was taken back"
    assert "40P01" in result.err or "deadlock" in result.err, result
    assert result.status == slt.DONE and result.counted(sent=ROWS), result
    assert checks.delivered(table, sink) == ROWS


# ---- the search server


@pytest.mark.parametrize("lanes", [1, 4])
def test_connections_that_are_reset_in_the_middle_of_a_reply(sender, logs, sink, lanes):
    """The documents are stored, and every second reply breaks off somewhere."""

    def broken(share):
        def step(request):
            body = sink.usual(request).body
            return Reply(200, body, cut=int(len(body) * share), reset=True)

        return step

    sink.script = [broken(0), None, broken(0.5), None, broken(0.99), None, broken(0.1)]
    sender = sender.with_(LANES=lanes, CHUNK_SIZE=5, ELASTICSEARCH_RETRY_SECONDS=20)
    result = sender.send()
    assert result.status == slt.DONE, result
    assert result.counted(sent=40, already_there=20), result
    assert checks.delivered(logs, sink) == 60


def test_a_search_server_that_is_killed(sqlite, program, measured):
    """It is started again within the run's patience: the run goes on, and what it had in hand is
    there, or is sent again."""
    rows = 3000
    with servers.running("opensearch") as server:
        index = Index(server.url).create()
        table = tables.SingleColumn(sqlite).generate(rows)
        sender = program(sqlite, index, index, **table.settings, CHUNK_SIZE=20, BATCH_SIZE=0)
        sender = sender.with_(LANES=4, ELASTICSEARCH_RETRY_SECONDS=90)
        running = sender.start("send")
        slt.until(lambda: marks(sqlite) > rows / 10, "a part of the rows is marked")
        server.restart()
        assert running.going() and marks(sqlite) < rows, "it was not in the middle"
        result = running.result(120)
        assert result.status == slt.DONE, result
        marked, stored = marks(sqlite), index.count()
        assert checks.delivered(table, index) == rows == marked == stored
        measured(f"search server killed: {result.err.splitlines()[-1]}")


def marks(db):
    return db.query("SELECT count(*) FROM audit_logs WHERE is_sent")[0][0]
