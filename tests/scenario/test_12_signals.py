# SPDX-License-Identifier: MIT
"""Stopping in the middle: a polite signal finishes the chunk in hand, kill -9 costs no row
anything."""

import signal
import threading

import pytest

import checks
import slt
import tables
from gateway import Hangup, Reply


def taken(process):
    """Has the process been given the signals that were sent to it?"""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    return int(fields["ShdPnd"], 16) == 0


def in_mid_run(sender, server, act, at=2, before=lambda request: None):
    """Runs `send` and does act(running) while request number `at` waits for its reply, which is
    what act returns, or the usual one. before(request) is called before."""
    running = []

    def step(request):
        before(request)
        return act(slt.until(lambda: running, "the handle of the run")[0])

    server.script = [None] * (at - 1) + [step]
    running.append(sender.start("send"))
    return running[0].result()


def polite(number):
    def act(running):
        running.signal(number)
        slt.until(lambda: taken(running.process), "the signal is taken")

    return act


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_chunk_in_hand_is_finished(sender, logs, sink, number):
    result = in_mid_run(sender, sink, polite(number))
    assert (
        result.status == slt.STOPPED and result.counted(sent=40) and result.summary["more"]
    ), result
    assert len(sink.bulks) == 2
    assert checks.only_unmarked(logs, sink, range(41, 61)) == [str(key) for key in range(1, 41)]
    assert sender.send().counted(sent=20) and checks.delivered(logs, sink) == 60


def test_the_last_chunk_is_no_reason_to_say_stopped_early(sender, logs, sink):
    result = in_mid_run(sender, sink, polite(signal.SIGTERM), at=3)
    assert result.status in (slt.DONE, slt.STOPPED) and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


def test_every_lane_finishes_its_chunk(sender, logs, sink):
    """The signal comes while all three lanes wait for their first reply."""
    together, running = threading.Barrier(3), []

    def step(request):
        if together.wait(10) == 0:
            polite(signal.SIGTERM)(slt.until(lambda: running, "the handle of the run")[0])
        together.wait(10)

    sink.script = [step] * 3
    running.append(sender.with_(LANES=3, CHUNK_SIZE=5).start("send"))
    result = running[0].result()
    assert result.status == slt.STOPPED, result
    marked, unmarked = checks.settled(logs, sink)
    assert len(marked) == 5 * len(sink.bulks) == result.summary["sent"] >= 15 and unmarked
    assert set(marked) == set(sink.documents()), "what was delivered is marked"


def test_a_stop_does_not_wait_for_a_server_in_trouble(sender, logs, sink):
    sink.script = [None] + [lambda request: Reply(503)] * 1000
    running = sender.with_(ELASTICSEARCH_RETRY_SECONDS=60).start("send")
    slt.until(lambda: len(sink.bulks) >= 3, "a second try")
    running.signal(signal.SIGTERM)
    result = running.result()
    assert result.status == slt.STOPPED and result.seconds < 10, result
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20


def test_killed_before_the_index_has_it(sender, logs, sink):
    """The next run sends all the rest."""
    killed = in_mid_run(sender, sink, lambda running: running.kill() or Hangup())
    assert killed.status == -signal.SIGKILL
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20
    assert sender.send().counted(sent=40) and checks.delivered(logs, sink) == 60


def test_killed_between_the_reply_and_the_mark(db, proxy, index, program):
    """The real index has the documents, the rows are unmarked; the next run meets 409 and sends
    the rest."""
    table = tables.SingleColumn(db).generate(60)
    sender = program(db, proxy, index, **table.settings, CHUNK_SIZE=20)
    killed = in_mid_run(sender, proxy, slt.Running.kill, before=proxy.usual)
    assert killed.status == -signal.SIGKILL
    assert (
        len(checks.only_unmarked(table, index, range(21, 61))) == 20
        and len(index.documents()) == 40
    )
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=20, unverified=20), result
    assert (
        len(checks.only_unmarked(table, index, range(21, 41))) == 40
        and len(index.documents()) == 60
    )


@pytest.mark.parametrize("at", [1, 4, 9])
def test_killed_anywhere_with_lanes(sender, logs, sink, at):
    in_mid_run(sender.with_(LANES=3, CHUNK_SIZE=5), sink, slt.Running.kill, at=at)
    marked, _ = checks.settled(logs, sink)
    again = sender.send()
    stored = set(sink.documents())
    sent, unsent = checks.settled(logs, sink)
    assert stored == {row.key for row in logs.rows()} and again.summary["unverified"] == len(
        unsent
    ), again
    assert len(sent) == len(marked) + again.summary["sent"]
