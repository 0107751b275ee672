# SPDX-License-Identifier: MIT
"""Crash anywhere: kill -9 at each step of the chunk loop, and at 200 random moments. Whatever the
moment, no row is marked that the index does not hold, and the next clean run does the rest."""

import random
import signal
import time

import pytest

import checks
import slt
import tables

STEPS = ("taken", "built", "posted", "marked", "committed", "settled")
ACKNOWLEDGED = STEPS[STEPS.index("posted") :]  # the index has the chunk in hand
MARKED = STEPS[STEPS.index("committed") :]  # and its rows are marked
KILLS = 50  # of each of the four databases
SEED = 20


def died(result):
    assert result.status == -signal.SIGKILL, result


def in_doubt(table, index):
    """The keys of the rows whose documents the index holds and which are not marked."""
    _, unmarked = checks.settled(table, index)
    return set(unmarked) & set(index.documents())


def the_rest(sender, table, index, rows, doubtful):
    """The next run knows what the killed one left."""
    clean = sender.send("--wait", 10)
    assert clean.status == slt.DONE, clean
    assert clean.summary["already there"] == doubtful, clean
    assert checks.delivered(table, index) == rows


@pytest.mark.parametrize(
    "at, ddl, size, chunk",
    [
        (1, tables.USUAL, 10, 10),
        (3, tables.USUAL, 10, 10),
        (3, tables.README, 1, 64),  # a scan of the table serves that many chunks
    ],
    ids=["first", "third", "third of a table without a key"],
)
@pytest.mark.parametrize("step", STEPS)
def test_at_each_step(db, sink, program, dying, step, at, ddl, size, chunk):
    """One lane: it is known to the row what was sent and what was marked."""
    rows = 5 * chunk
    table = tables.SingleColumn(db, ddl).generate(rows)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=size)
    died(dying(sender, step, at).send())
    stored = chunk * (at if step in ACKNOWLEDGED else at - 1)
    marked = chunk * (at if step in MARKED else at - 1)
    assert set(sink.documents()) == {str(key) for key in range(1, stored + 1)}
    assert len(checks.only_unmarked(table, sink, range(marked + 1, rows + 1))) == marked
    the_rest(sender, table, sink, rows, stored - marked)


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("step", STEPS)
def test_at_each_step_of_one_of_four_lanes(db, sink, program, dying, step, at):
    """The others are at any step themselves."""
    table = tables.SingleColumn(db).generate(100)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=10, LANES=4)
    died(dying(sender, step, at).send())
    doubtful = in_doubt(table, sink)
    if step in ACKNOWLEDGED and step not in MARKED:
        assert len(doubtful) >= 10
    # what was on its way may have come meanwhile
    clean = sender.send("--wait", 10)
    assert clean.status == slt.DONE and clean.summary["already there"] >= len(doubtful), clean
    assert checks.delivered(table, sink) == 100


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("lanes", [1, 4])
def test_while_stored_documents_are_compared(db, sink, program, dying, lanes, at):
    """The index has all documents, and somebody took the marks back."""
    table = tables.SingleColumn(db).generate(100)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=10, LANES=lanes)
    assert sender.send().counted(sent=100)
    db.execute("UPDATE audit_logs SET is_sent = ?", (False,))
    died(dying(sender, "compared", at).send())
    doubtful = in_doubt(table, sink)
    assert len(doubtful) == 110 - 10 * at if lanes == 1 else len(doubtful) >= 10
    the_rest(sender, table, sink, 100, len(doubtful))


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("step", ["marked", "committed"])
def test_a_row_that_goes_to_the_quarantine(db, sink, program, dying, step, at):
    """It is unsent whatever happened, and listed by a later run."""
    table = tables.SingleColumn(db).generate(50)
    table.add(0, "{}")
    sender = program(
        db, sink, sink, **table.settings, CHUNK_SIZE=10, QUARANTINE_TABLE="audit_quarantine"
    )
    assert sender.run("setup").status == slt.DONE
    died(dying(sender, step, at).send())
    result = sender.send("--wait", 10)
    assert result.status == (slt.SET_ASIDE if at == 1 else slt.DONE), result
    assert sender.send().status == slt.DONE, "it is told once"
    assert len(checks.only_unmarked(table, sink, [0])) == 50
    assert sender.run("quarantine", "list").out.startswith("0\t1\t")


@pytest.mark.parametrize("at", [1, 3])
def test_clear(db, sink, program, dying, at):
    """Behind a transaction of deletes: the rest goes next time, and an unsent row never."""
    table = tables.SingleColumn(db).generate(50)
    sender = program(db, sink, sink, **table.settings, CLEAR_CHUNK_SIZE=10)
    assert sender.send("--limit", 40).counted(sent=40)
    died(dying(sender, "cleared", at).run("clear", "--older-than", "1h"))
    assert len(table.rows()) == 50 - 10 * at
    assert sender.run("clear", "--older-than", "1h").status == slt.DONE
    assert [(row.key, row.marked) for row in table.rows()] == [
        (str(key), False) for key in range(41, 51)
    ]


def marked_keys(db):
    return {str(key) for (key,) in db.query("SELECT id FROM audit_logs WHERE is_sent = ?", (True,))}


def test_at_random_moments(db, sink, program, measured):
    """50 kills on each database, at moments drawn over the length of a run, one after another. A run
    that was over before its moment does not count."""
    batch = 100
    table = tables.SingleColumn(db).generate(3 * batch)
    sender = program(db, sink, sink, **table.settings, BATCH_SIZE=batch, CHUNK_SIZE=10)
    length = min(sender.send("--wait", 10).seconds for _ in range(3))
    rows = 3 * batch
    moments, lanes = random.Random(f"{SEED} {db.kind}"), [1, 4]
    kills = between = tries = 0
    known = set()  # rows in doubt before
    while kills < KILLS:
        tries += 1
        assert tries <= 4 * KILLS, f"{kills} kills in {tries} runs"
        if rows - len(marked_keys(db)) < batch:  # always a whole run's work
            table.generate(10 * batch, first_id=rows + 1)
            rows += 10 * batch
        running = sender.with_(LANES=lanes[tries % 2]).start("send")
        time.sleep(moments.random() * length)
        running.kill()
        if running.result().status != -signal.SIGKILL:
            continue
        kills += 1
        doubtful = set(sink.stored) - marked_keys(db)
        between += bool(doubtful - known)
        known |= doubtful
    marked, stored = len(marked_keys(db)), len(sink.stored)
    assert marked <= stored < rows
    clean = sender.send("--all", "--wait", 10)
    assert clean.status == slt.DONE and clean.summary["already there"] >= stored - marked, clean
    marks, documents = len(marked_keys(db)), len(sink.stored)
    assert checks.delivered(table, sink) == rows == marks == documents
    measured(
        f"{db.kind}: seed {SEED}, {kills} kills in {tries} runs of {length * 1000:.0f} ms, {between} left"
        f" rows in doubt, {stored - marked} in all; then {marks} of {rows} rows marked, {documents} documents"
    )
