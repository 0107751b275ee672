# SPDX-License-Identifier: MIT
"""Law 7: while HTTP waits there is nothing of ours on the table, so the application goes on as
if nobody were there; and what it does to the rows in hand meanwhile is no harm."""

import contextlib
import threading

import checks
import slt
import tables

NEW_ROW = (
    "INSERT INTO audit_logs (id, is_sent, message, created_at) VALUES"
    """ (1000, NULL, '{"audit_event": {"date_time": "2026-03-01T06:00:00Z"}}', '2026-03-01')"""
)


def meanwhile(sender, sink, act, at=2, **settings):
    """Runs `send`; act() happens while request number `at` waits for its reply, which then comes
    as usual."""
    failures = []

    def step(request):
        try:
            act()
        except Exception as failure:  # told in the test's thread
            failures.append(failure)

    sink.script = [None] * (at - 1) + [step]
    result = sender.with_(**settings).send()
    if failures:
        raise failures[0]
    assert len(sink.bulks) >= at
    return result


def test_an_application_writes_at_once(sender, logs, sink):
    """Without waiting for any lock; the new row is sent by this run or the next one."""

    def act():
        with contextlib.closing(logs.db.connect()) as application:
            cursor = application.cursor()
            cursor.execute(NEW_ROW)
            cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 25")

    result = meanwhile(sender, sink, act)
    assert result.status == slt.DONE, result
    sender.send()
    assert checks.delivered(logs, sink) == 61


LOCK_TABLE = {
    "sqlite": ["BEGIN EXCLUSIVE"],
    "postgresql": ["BEGIN", "LOCK TABLE audit_logs IN ACCESS EXCLUSIVE MODE NOWAIT"],
    "mysql": ["LOCK TABLES audit_logs WRITE"],
}


def test_an_application_locks_the_whole_table(sender, logs, sink):
    def act():
        with contextlib.closing(logs.db.connect()) as application:
            cursor = application.cursor()
            for statement in LOCK_TABLE[logs.db.dialect]:
                cursor.execute(statement)

    assert meanwhile(sender, sink, act).status == slt.DONE
    assert checks.delivered(logs, sink) == 60


def test_postgresql_sees_nothing_open(postgres, sink, program):
    """Only the connection of the run lock is in a transaction, and that one holds neither a
    snapshot nor the table."""
    table, seen = tables.SingleColumn(postgres).generate(60), []

    def act():
        seen.extend(
            postgres.query(
                "SELECT a.pid, a.state, a.backend_xmin, a.backend_xid, (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid AND"
                " l.relation = 'audit_logs'::regclass) FROM pg_stat_activity a WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )

    assert (
        meanwhile(program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20), sink, act).status
        == slt.DONE
    )
    assert seen and [(xmin, xid, locks) for _, _, xmin, xid, locks in seen] == [
        (None, None, 0)
    ] * len(seen), seen
    states = sorted(state for _, state, *_ in seen)
    assert states.count("idle in transaction") == 1 and set(states) == {
        "idle",
        "idle in transaction",
    }, seen


def test_a_write_ahead_log_can_be_emptied(sqlite, sink, program):
    """SQLite in WAL mode: a forgotten reader would keep the checkpoint from finishing."""
    table, seen = tables.SingleColumn(sqlite).generate(60), []
    sqlite.execute("PRAGMA journal_mode = WAL")

    def act():
        with contextlib.closing(sqlite.connect()) as application:
            application.execute(NEW_ROW)
            seen.extend(application.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    sender = program(sqlite, sink, sink, **table.settings, CHUNK_SIZE=20)
    assert meanwhile(sender, sink, act).status == slt.DONE
    assert seen == [(0, 0, 0)], "(busy, pages in the log, pages moved)"
    sender.send()
    assert checks.delivered(table, sink) == 61


def test_rows_that_are_gone_or_marked_meanwhile(sender, logs, sink):
    """Counted, no failure, and the others of the chunk are marked."""

    def act():
        logs.db.execute("DELETE FROM audit_logs WHERE id = 22")
        logs.db.execute("UPDATE audit_logs SET is_sent = ? WHERE id = 23", (True,))

    result = meanwhile(sender, sink, act)
    assert result.status == slt.DONE and result.counted(sent=58, gone=2), result
    marked = {row.key for row in logs.rows() if row.marked}
    assert marked == {str(key) for key in range(1, 61)} - {"22"} and len(sink.documents()) == 60


def test_a_row_goes_and_another_one_gets_a_twin(db, sink, program):
    """Without a key in the table, so that the number of rows touched looks right: the twin was
    never sent, and must not be marked in the place of the row that is gone."""
    table = tables.SingleColumn(db, tables.README).generate(60)

    def act():
        db.execute("DELETE FROM audit_logs WHERE id = 22")
        db.execute(NEW_ROW.replace("1000", "23"))

    result = meanwhile(program(db, sink, sink, **table.settings, CHUNK_SIZE=20), sink, act)
    assert result.status == slt.SET_ASIDE and result.counted(sent=58, gone=1, refused=1), result
    assert [row.key for row in table.rows() if not row.marked] == ["23", "23"]
    assert "not unique" in result.warnings(23)[0]


def test_a_row_that_is_rewritten_meanwhile(sender, logs, sink):
    """A log is written once: it is marked with what was sent."""
    text = '{"audit_event": {"date_time": "2026-03-01T06:00:00Z", "rewritten": true}}'
    before = {row.key: row.document() for row in logs.rows()}
    result = meanwhile(
        sender,
        sink,
        lambda: logs.db.execute("UPDATE audit_logs SET message = ? WHERE id = 30", (text,)),
    )
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert all(row.marked for row in logs.rows())
    stored = sink.documents()
    assert [key for key, document in before.items() if document.differs(stored[key])] == []


def test_a_table_that_is_locked_when_the_mark_comes(sender, logs, sink):
    """An application that holds a lock for a moment delays the mark, no more."""
    application = logs.db.connect()
    cursor = application.cursor()

    def lock():
        cursor.execute("BEGIN IMMEDIATE" if logs.db.kind == "sqlite" else "BEGIN")
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 30")
        release.start()

    release = threading.Timer(0.5, lambda: cursor.execute("COMMIT"))
    result = meanwhile(sender, sink, lock)
    release.join()
    application.close()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60
