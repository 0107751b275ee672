# SPDX-License-Identifier: MIT
"""Several runs at once on one table, while applications go on inserting: no document twice, no row
lost, and no insert waits for a run."""

import contextlib
import signal
import time

import pytest

import checks
import servers
import slt
import tables
from writer import writing

ANOTHER = "another run is active"
ROWS = 200
SLOW = 0.02  # seconds that a reply takes


def slowed(sink, seconds=SLOW, replies=100_000):
    """The steps of an index that takes its time."""

    def step(request):
        time.sleep(seconds)

    sink.script = [step] * replies


def at_once(sender, n, *args):
    """So many runs that are started together: their results."""
    runs = [sender.start("send", *args) for _ in range(n)]
    return [running.result() for running in runs]


def sent_by(results):
    """Rows that these runs have sent. Each has sent some, found nothing, or left for another."""
    total = 0
    for result in results:
        assert result.status == slt.DONE, result
        if ANOTHER not in result.err:
            total += result.summary["sent"]
            assert result.counted(sent=result.summary["sent"]), result
    return total


def each_once(sink, rows):
    """Each document was sent in one request alone."""
    ids = [key for request in sink.bulks for key in request.ids]
    assert len(ids) == len(set(ids)) == rows


def overlap(table, sender, sink, n, seconds=1.5):
    """Rounds of n runs at once, with an application that inserts. Returns it and the number of
    runs that left for another."""
    slowed(sink)
    results = []
    with writing(table.db, ROWS + 1) as application:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            results += at_once(sender, n)
    late = sum(ANOTHER in result.err for result in results)
    assert late, "no two runs were there at once"
    results.append(sender.send("--all", "--wait", 10))
    rows = ROWS + application.rows
    assert application.rows > 20 and sent_by(results) == rows
    assert application.longest() < 1
    each_once(sink, rows)
    assert checks.delivered(table, sink) == rows == len(sink.documents())
    return application, len(results), late


@pytest.mark.parametrize("n", [2, 5])
def test_runs_at_once(db, sink, program, measured, n):
    table = tables.SingleColumn(db).generate(ROWS)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=20, LANES=2)
    application, runs, late = overlap(table, sender, sink, n)
    measured(
        f"{db.kind}, {n} at once: {runs} runs, {late} left for another; {application.rows} inserts,"
        f" the longest took {application.longest() * 1000:.0f} ms"
    )


@pytest.mark.parametrize("n", [2, 5])
def test_runs_that_wait(db, sink, program, n):
    """All of them run, one after another."""
    table = tables.SingleColumn(db).generate(ROWS)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=20, LANES=2)
    slowed(sink)
    with writing(db, ROWS + 1) as application:
        results = at_once(sender, n, "--wait", 20)
    assert not any(ANOTHER in result.err for result in results), results
    results.append(sender.send("--wait", 10))
    rows = ROWS + application.rows
    assert sent_by(results) == rows
    each_once(sink, rows)
    assert checks.delivered(table, sink) == rows


def test_no_insert_waits_for_the_index(db, sink, program, measured):
    """Replies take a second, also those that show stored documents: an insert that had to wait for
    what a run does around one would take as long."""
    table = tables.SingleColumn(db).generate(ROWS)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=50, LANES=2)
    assert sender.send("--limit", 50).counted(sent=50)
    db.execute("UPDATE audit_logs SET is_sent = ?", (False,))
    slowed(sink, 1.0)
    sink.reads = list(sink.script)
    with writing(db, ROWS + 1) as application:
        result = sender.send("--limit", ROWS)
    assert result.status == slt.DONE and sink.mgets, result
    longest = application.longest()
    assert longest < 0.5, f"an insert took {longest:.3f} s"
    sink.script, sink.reads = [], []
    assert sender.send("--all").status == slt.DONE
    assert checks.delivered(table, sink) == ROWS + application.rows
    measured(
        f"{db.kind}, replies after 1 s: {application.rows} inserts, the longest took"
        f" {longest * 1000:.0f} ms"
    )


# ---- pgbouncer


@pytest.fixture
def pooled(postgres):
    """URL of the database through pgbouncer. Its clients share fewer connections than they ask
    for, and sessions begin in another time zone."""
    postgres.execute(f"ALTER DATABASE {postgres.name} SET timezone = 'Asia/Tokyo'")
    with servers.pgbouncer(postgres.url, connections=2) as url:
        yield url


@pytest.mark.parametrize("n", [2, 5])
def test_through_pgbouncer(pooled, postgres, sink, program, measured, n):
    table = tables.SingleColumn(postgres).generate(ROWS)
    sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20, LANES=4)
    application, runs, late = overlap(table, sender.with_(DATABASE_URL=pooled), sink, n)
    measured(
        f"pgbouncer, {n} at once: {runs} runs, {late} left for another; {application.rows} inserts,"
        f" the longest took {application.longest() * 1000:.0f} ms"
    )


def test_times_through_pgbouncer(pooled, postgres, sink, program):
    table = tables.Django(postgres, "3.4")
    sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20, LANES=4)
    assert sender.with_(DATABASE_URL=pooled).send().status == slt.DONE
    checks.delivered(table, sink)


def test_a_killed_run_leaves_no_lock_in_pgbouncer(pooled, postgres, sink, program):
    """Nor in the connection that the next run is given."""
    table = tables.SingleColumn(postgres).generate(ROWS)
    sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20, LANES=2)
    sender = sender.with_(DATABASE_URL=pooled)
    for killed in range(5):
        sink.script = [None, sink.hang, sink.hang]
        requests = len(sink.bulks)
        running = sender.start("send")
        slt.until(lambda: len(sink.bulks) > requests + 1, "the run is in the middle")
        running.kill()
        assert running.result().status == -signal.SIGKILL
        sink.script = []
        result = sender.send("--limit", 20, "--wait", 2)
        assert result.status == slt.DONE and ANOTHER not in result.err, (killed, result)
    sender.send("--all", "--wait", 10)
    assert checks.delivered(table, sink) == ROWS
