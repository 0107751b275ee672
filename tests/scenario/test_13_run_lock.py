# SPDX-License-Identifier: MIT
"""One run at a time per table: the second one names the first and leaves, or waits."""

import os
import re

import pytest

import checks
import slt
import tables


@pytest.fixture
def first(sender, sink):
    """A run that holds the lock: its first request waits until sink.release()."""
    sink.script = [sink.hang]
    running = sender.with_(ELASTICSEARCH_TIMEOUT=30).start("send")
    slt.until(lambda: sink.bulks, "the first request")
    yield running
    if running.going():
        running.kill()


def test_the_second_run_leaves(first, sender, logs, sink):
    second = sender.send()
    assert second.status == slt.DONE and len(sink.bulks) == 1, second
    assert re.search(r"\b(pid|process|connection) \d+", second.err), "the holder is named"
    assert re.search(r"since|ago|for \d+", second.err), "and since when"
    sink.release()
    assert first.result().status == slt.DONE and checks.delivered(logs, sink) == 60


def test_the_second_run_waits(first, sender, logs, sink):
    second = sender.start("send", "--wait", 20)
    slt.until(lambda: second.going() and lock_is_asked_for(second), "the second run is up")
    assert second.going() and len(sink.bulks) == 1
    sink.release()
    assert first.result().counted(sent=60)
    waited = second.result()
    assert waited.status == slt.DONE and waited.counted(), waited
    assert checks.delivered(logs, sink) == 60


def lock_is_asked_for(running):
    """Far enough: it has the database open."""
    return any(
        ".sqlite" in path or "socket:" in path for path in slt.open_files(running.process.pid)
    )


def test_it_waits_as_long_as_it_was_told(first, sender, sink):
    second = sender.send("--wait", 1)
    assert second.status == slt.DONE and 1 <= second.seconds < 5 and len(sink.bulks) == 1, second


def test_a_killed_run_leaves_no_lock(first, sender, logs, sink):
    first.kill()
    sink.release()
    sink.script = []
    slt.until(lambda: sender.send() and all(row.marked for row in logs.rows()), "the lock is free")
    assert checks.delivered(logs, sink) == 60


def test_another_table_is_no_matter(first, sender, logs, sink, program, index):
    other = tables.SingleColumn(logs.db, table="other_logs").generate(10)
    result = program(logs.db, index, index, **other.settings).send()
    assert result.counted(sent=10) and checks.delivered(other, index) == 10


def test_looking_needs_no_lock(first, sender, sink):
    result = sender.run("preview", "-n", 60)
    assert result.status == slt.DONE and len(result.out.split("\n")) == 61, result


def test_two_spellings_of_one_table(first, sender, logs, sink):
    """The lock is the table's, not the text's that names it."""
    if logs.db.kind == "sqlite":
        link = logs.db.path.with_name("link.sqlite")
        link.symlink_to(logs.db.path)
        other = {"DATABASE_URL": f"sqlite:///{link}"}
    else:
        schema = "public" if logs.db.kind == "postgresql" else logs.db.name
        other = {"AUDIT_TABLE_NAME": f"{schema}.audit_logs"}
    second = sender.with_(**other).send()
    assert second.status == slt.DONE and len(sink.bulks) == 1, second


def end_connections(postgres, condition):
    """Ends the program's connections of which the condition on pg_stat_activity holds."""
    ended = postgres.query(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
    )
    assert ended, "no such connection"
    for pid, _ in ended:
        slt.until(lambda: not os.path.exists(f"/proc/{pid}"), "the server process is gone")


@pytest.mark.parametrize("state", ["idle in transaction", "idle"], ids=["lock", "lane"])
def test_a_connection_that_is_ended_by_the_server(postgres, sink, program, state):
    """Without the lock's, no more chunks are taken; without the lane's, the chunk in hand may stay
    unmarked. Nothing is marked that was not delivered, and the next run does the rest."""
    table = tables.SingleColumn(postgres).generate(60)
    sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20)
    sink.script = [None, lambda request: end_connections(postgres, f"state = '{state}'")]
    result = sender.send()
    marked, unmarked = checks.settled(table, sink)
    if state == "idle in transaction":
        assert result.status == slt.STOPPED and result.counted(sent=40), result
        assert len(marked) == 40 and len(sink.bulks) == 2
    else:
        assert (
            result.status in (slt.DONE, slt.UNAVAILABLE, slt.STOPPED) and len(marked) >= 20
        ), result
    again = sender.send()
    assert again.summary["sent"] + again.summary["already there"] == len(unmarked), again
    assert set(sink.documents()) == {str(key) for key in range(1, 61)}
    checks.settled(table, sink)
