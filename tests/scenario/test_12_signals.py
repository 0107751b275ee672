# SPDX-License-Identifier: MIT
"""Stopping in the middle: a polite signal finishes the chunk in hand, but waits for no reply longer
than half a second; kill -9 costs no row anything. What became of the rows in hand, the next run
finds out."""

import signal
import socket
import threading
import time

import pytest

import checks
import slt
import tables
from gateway import Hangup, Reply

NUMBERS = [signal.SIGTERM, signal.SIGINT]


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


@pytest.mark.parametrize("number", NUMBERS)
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
    """The signal comes while all three lanes wait for a reply. They begin with the second chunk."""
    together, running = threading.Barrier(3), []

    def step(request):
        if together.wait(10) == 0:
            polite(signal.SIGTERM)(slt.until(lambda: running, "the handle of the run")[0])
        together.wait(10)

    sink.script = [None] + [step] * 3
    running.append(sender.with_(LANES=3, CHUNK_SIZE=5).start("send"))
    result = running[0].result()
    assert result.status == slt.STOPPED, result
    marked, unmarked = checks.settled(logs, sink)
    assert len(marked) == 5 * len(sink.bulks) == result.summary["sent"] >= 15 and unmarked
    assert set(marked) == set(sink.documents()), "what was delivered is marked"


def stop(running, number=signal.SIGTERM):
    """Signals the run, which must be over within a second, and returns its result."""
    began = time.monotonic()
    running.signal(number)
    result = running.result()
    seconds = time.monotonic() - began
    assert result.status == slt.STOPPED and seconds <= 1.0, (seconds, result)
    return result


def stored_and_silent(sink):
    """A step: the documents are taken, and no reply ever says so."""

    def step(request):
        sink.usual(request)
        return sink.hang(request)

    return step


def no_doubt_is_left(sender, logs, sink, **counts):
    """The next run knows what became of every row."""
    sink.script, sink.reads = [], []
    result = sender.send()
    assert result.status == slt.DONE and result.counted(**counts), result
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("number", NUMBERS)
def test_a_reply_that_does_not_come(sender, logs, sink, number):
    """The index has not got the documents."""
    sink.script = [None, sink.hang]
    running = sender.start("send")
    slt.until(lambda: len(sink.bulks) == 2, "the second request")
    result = stop(running, number)
    assert result.counted(sent=20, left=20) and result.summary["more"], result
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20
    no_doubt_is_left(sender, logs, sink, sent=40)


def test_a_reply_that_does_not_come_to_documents_that_are_stored(sender, logs, sink):
    sink.script = [None, stored_and_silent(sink)]
    running = sender.start("send")
    slt.until(lambda: len(sink.documents()) == 40, "the second request")
    result = stop(running)
    assert result.counted(sent=20, left=20), result
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20
    no_doubt_is_left(sender, logs, sink, sent=20, already_there=20)


def test_a_reply_of_which_half_has_come(sender, logs, sink):
    """Also when the other half seems to be on its way."""

    def step(request):
        body = sink.usual(request).body
        return Reply(200, body + b" " * 1000, cut=len(body), stay=sink.released)

    sink.script = [None, step]
    running = sender.start("send")
    slt.until(lambda: len(sink.documents()) == 40, "the second request")
    assert stop(running).counted(sent=20, left=20)
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20
    no_doubt_is_left(sender, logs, sink, sent=20, already_there=20)


def test_a_reply_that_comes_in_time(sender, logs, sink):
    """A quarter of a second after the signal: the chunk in hand is finished."""

    def act(running):
        polite(signal.SIGTERM)(running)
        time.sleep(0.25)

    result = in_mid_run(sender, sink, act)
    assert result.status == slt.STOPPED and result.counted(sent=40), result
    assert len(checks.only_unmarked(logs, sink, range(41, 61))) == 40


def test_stored_documents_that_are_not_shown(sender, logs, sink):
    """The stop comes while they are read: what was sent with them is marked."""
    sink.script, sink.reads = [None, stored_and_silent(sink)], [sink.hang]
    running = sender.start("send")
    slt.until(lambda: len(sink.documents()) == 40, "the second request")
    stop(running)
    sink.script = []
    with sink.lock:
        del sink.stored["25"]
    running = sender.start("send")
    slt.until(lambda: sink.mgets, "the question")
    result = stop(running)
    assert result.counted(sent=1, left=19), result
    unsent = [key for key in range(21, 61) if key != 25]
    assert len(checks.only_unmarked(logs, sink, unsent)) == 21
    no_doubt_is_left(sender, logs, sink, sent=20, already_there=19)


def test_one_document_a_request(sender, logs, sink):
    """Several requests of one chunk without a reply: the stop waits for one of them."""

    def step(request):
        if len(request.ids) > 1:
            return Reply(413)
        return None if int(request.ids[0]) < 5 else sink.hang(request)

    sink.script = [step] * 1000
    running = sender.start("send")
    slt.until(lambda: ["5"] in [request.ids for request in sink.bulks], "the request")
    result = stop(running)
    assert result.counted(sent=4, left=16) and sink.bulks[-1].ids == ["5"], result
    assert len(checks.only_unmarked(logs, sink, range(5, 61))) == 4
    no_doubt_is_left(sender, logs, sink, sent=56)


def test_four_lanes_wait_for_a_reply(sender, logs, sink):
    sink.script = [None] + [stored_and_silent(sink), sink.hang] * 2
    sender = sender.with_(LANES=4, CHUNK_SIZE=5)
    running = sender.start("send")
    slt.until(lambda: len(sink.bulks) == 5 and len(sink.documents()) == 15, "all lanes wait")
    result = stop(running)
    assert result.counted(sent=5, left=20) and result.summary["more"], result
    assert len(checks.settled(logs, sink)[0]) == 5
    no_doubt_is_left(sender, logs, sink, sent=45, already_there=10)


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_server_in_trouble(sender, logs, sink, lanes):
    """The stop comes while the program waits before it tries again."""
    sink.script = [None] + [lambda request: Reply(503)] * 1000
    sender = sender.with_(ELASTICSEARCH_RETRY_SECONDS=60, LANES=lanes, CHUNK_SIZE=5)
    running = sender.start("send")
    slt.until(lambda: len(sink.bulks) >= 3 * lanes, "some tries")
    result = stop(running)
    assert result.counted(sent=5, left=5 * lanes), result
    assert len(checks.settled(logs, sink)[0]) == 5
    no_doubt_is_left(sender, logs, sink, sent=55)


@pytest.fixture
def silent():
    """URL of a server to which one can connect, and which never reads nor says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def full():
    """URL of a server that has no room for one more connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        guests = [socket.socket() for _ in range(4)]
        for guest in guests:
            guest.setblocking(False)
            guest.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for guest in guests:
            guest.close()


@pytest.mark.parametrize("args", [["send"], ["conflicts"], ["resolve", "7", "--as-sent"]])
@pytest.mark.parametrize("server", ["silent", "full"])
def test_each_command_that_asks_the_index(request, sqlite_sender, sink, server, args):
    sender, table = sqlite_sender
    sender = sender.with_(**slt.search_settings(request.getfixturevalue(server), "sink"))
    running = sender.with_(ELASTICSEARCH_TIMEOUT=60).start(*args)
    slt.until(lambda: any("socket" in name for name in slt.open_files(running.process.pid)), "it")
    time.sleep(0.1)  # until it waits: nothing tells
    stop(running)
    checks.untouched(table, sink)


def test_killed_before_the_index_has_it(sender, logs, sink):
    """The next run sends all the rest."""
    killed = in_mid_run(sender, sink, lambda running: running.kill() or Hangup())
    assert killed.status == -signal.SIGKILL
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20
    assert sender.send().counted(sent=40) and checks.delivered(logs, sink) == 60


def test_killed_between_the_reply_and_the_mark(sender, logs, sink):
    """The index has the documents, the rows are unmarked; the next run finds them and sends the
    rest."""
    killed = in_mid_run(sender, sink, slt.Running.kill, before=sink.usual)
    assert killed.status == -signal.SIGKILL
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20
    no_doubt_is_left(sender, logs, sink, sent=20, already_there=20)


@pytest.mark.parametrize("at", [1, 4, 9])
def test_killed_anywhere_with_lanes(sender, logs, sink, at):
    in_mid_run(sender.with_(LANES=3, CHUNK_SIZE=5), sink, slt.Running.kill, at=at)
    marked, unmarked = checks.settled(logs, sink)
    again = sender.send()
    assert again.status == slt.DONE and checks.delivered(logs, sink) == 60
    assert again.summary["sent"] + again.summary["already there"] == len(unmarked), again
