# SPDX-License-Identifier: MIT
"""Law 8: the row's own flag is the only truth. Rows that become visible late, with a key or a
time behind what was sent already, are sent by the next run; and rows of a table that was changed
by others are found again."""

import contextlib

import pytest

import checks
import slt
import tables

EARLY = (
    "INSERT INTO audit_logs (id, is_sent, message, created_at) VALUES"
    """ (-5, NULL, '{"audit_event": {"date_time": "1999-03-01T06:00:00Z"}}', '1999-03-01')"""
)


def test_a_smaller_key_after_the_run(sender, logs, sink):
    assert sender.send().counted(sent=60)
    logs.db.execute(EARLY)
    assert sender.send().counted(sent=1) and checks.delivered(logs, sink) == 61


@pytest.mark.parametrize("ddl", [tables.USUAL, tables.README], ids=["usual", "readme"])
def test_a_commit_after_the_run(server_db, sink, program, ddl):
    """The row was inserted before the run, could not be seen by it, and held it up nowhere."""
    table = tables.SingleColumn(server_db, ddl).generate(60)
    sender = program(server_db, sink, sink, **table.settings)
    with contextlib.closing(server_db.connect()) as application:
        cursor = application.cursor()
        cursor.execute("BEGIN")
        cursor.execute(EARLY)
        assert sender.send().counted(sent=60)
        cursor.execute("COMMIT")
    assert sender.send().counted(sent=1) and checks.delivered(table, sink) == 61


def test_a_smaller_key_during_the_run(sender, logs, sink):
    """This run's position is past it already."""
    sink.script = [None, lambda request: logs.db.execute(EARLY) and None]
    assert sender.send().counted(sent=60)
    assert sender.send().counted(sent=1) and checks.delivered(logs, sink) == 61


def test_larger_keys_during_the_run(db, sink, program):
    """On the README's table, without an index on the key, PostgreSQL is told where a page ends before the rows
    come that the page then has: more of them than a page has room for, and some behind the last end.
    """
    table = tables.SingleColumn(db, tables.README)
    message = '{"audit_event": {"date_time": "1999-03-01T06:00:00Z"}}'
    late = [key for key in (*range(3001, 3300), *range(5001, 5100)) if key % 10]
    table.fill((key, None, message, "1999-03-01") for key in range(10, 4001, 10))
    sink.script = [None] * 99 + [lambda request: [table.add(key, message) for key in late] and None]
    result = program(db, sink, sink, **table.settings, CHUNK_SIZE=1).send()
    assert result.status == slt.DONE and result.counted(sent=400 + len(late)), result
    assert checks.delivered(table, sink) == 400 + len(late)


def test_a_mark_that_is_taken_back(sender, logs, sink):
    """Whoever takes a flag back asks for the row to be sent again."""
    assert sender.send().counted(sent=60)
    logs.db.execute("UPDATE audit_logs SET is_sent = ? WHERE id IN (5, 50)", (False,))
    del sink.stored["5"], sink.stored["50"]
    result = sender.send()
    assert (
        result.status == slt.DONE and result.counted(sent=2) and checks.delivered(logs, sink) == 60
    ), result
