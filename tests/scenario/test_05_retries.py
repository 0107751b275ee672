# SPDX-License-Identifier: MIT
"""What passes by itself is tried again, for a bounded time, and only the items concerned."""

import email.utils
import time

import pytest

import checks
import slt
from gateway import Hangup, Reply, bulk_reply, item

BLOCK = "cluster_block_exception"


def failing(sink, keys, status, error):
    """A step: the items with these keys fail, the others are stored."""

    def step(request):
        return bulk_reply(
            [
                item(key, status, error) if key in keys else sink.store(key, text)
                for key, text in request.pairs
            ]
        )

    return step


@pytest.mark.parametrize(
    "status, error",
    [
        (429, "rejected_execution_exception"),
        (503, "unavailable_shards_exception"),
        (408, "timeout_exception"),
        (500, "exception"),
        (502, "exception"),
        (599, "exception"),
        (403, BLOCK),
        (429, BLOCK),
    ],
)
def test_items_are_tried_again_alone(sender, logs, sink, status, error):
    sink.script = [failing(sink, ("3", "20"), status, error), failing(sink, ("20",), status, error)]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert [request.ids for request in sink.bulks if "20" in request.ids][1:] == [
        ["3", "20"],
        ["20"],
    ]
    documents = {dict(request.pairs)["20"] for request in sink.bulks if "20" in request.ids}
    assert len(documents) == 1 and checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("status", [202, 299])
def test_an_item_that_is_neither_done_nor_failed(sender, logs, sink, status):
    """Only 200 and 201 say that a document is stored."""
    sink.script = [failing(sink, ("3",), status, None)]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert [request.ids for request in sink.bulks if "3" in request.ids][1:] == [["3"]]
    assert checks.delivered(logs, sink) == 60


def test_items_that_never_pass_are_left(sender, logs, sink):
    """They hold up neither the others of their request nor the chunks behind."""
    keys = ("3", "20", "45")
    sink.script = [failing(sink, keys, 429, "rejected_execution_exception")] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status == slt.STOPPED and result.counted(sent=57, left=3), result
    assert result.summary["more"] and result.seconds < 10
    assert len(checks.only_unmarked(logs, sink, keys)) == 57
    assert max(sum(key in request.ids for request in sink.bulks) for key in keys) <= 8


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(408),
        Reply(429, {"error": {"type": "rejected_execution_exception"}, "status": 429}),
        Reply(403, {"error": {"type": BLOCK, "root_cause": []}, "status": 403}),
        Reply(500),
        Reply(501),
        Reply(502),
        Reply(503, b"<html>busy</html>", content_type="text/html"),
        Reply(504),
        Reply(599),
        Hangup(),
    ],
    ids=["408", "429", "block", "500", "501", "502", "503", "504", "599", "reset"],
)
def test_requests_are_tried_again(sender, logs, sink, trouble):
    sink.script = [None, lambda request: trouble, lambda request: trouble]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_in_trouble_is_given_up(sender, logs, sink, status):
    sink.script = [None] + [lambda request: Reply(status)] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status == slt.UNAVAILABLE and result.seconds < 10, result
    assert len(sink.bulks) < 100 and len(checks.only_unmarked(logs, sink, range(21, 61))) == 20


def test_a_server_that_is_not_there(sender, logs, sink):
    sink.close()
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status == slt.UNAVAILABLE and 0.5 < result.seconds < 6, result
    assert "127.0.0.1" in result.err
    checks.untouched(logs, sink)


def test_a_server_that_never_answers(sender, logs, sink):
    sink.script = [sink.hang] * 100
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1, ELASTICSEARCH_TIMEOUT=1).send()
    assert result.status == slt.UNAVAILABLE and result.seconds < 10, result
    checks.untouched(logs, sink)


def test_a_host_name_that_does_not_exist(sqlite_sender):
    sender, logs = sqlite_sender
    result = sender.with_(
        ELASTICSEARCH_RETRY_SECONDS=1, ELASTICSEARCH_HOST="no-such-host.invalid"
    ).send()
    assert result.status == slt.UNAVAILABLE and "no-such-host.invalid" in result.err, result
    assert not any(row.marked for row in logs.rows())


def test_lanes_in_trouble(sender, logs, sink):
    """Several lanes meet resets, busy servers and failing items; in the end everything is there."""
    busy = failing(sink, ("5", "25", "45"), 429, "rejected_execution_exception")
    sink.script = [lambda request: Reply(503), lambda request: Hangup(), busy, None] * 3
    result = sender.with_(LANES=4, CHUNK_SIZE=5).send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


def test_the_next_of_several_hosts(sender, logs, sink, free_port):
    """The first one is not there; each request that finds it so goes to the second one."""
    hosts = f"127.0.0.1:{free_port},127.0.0.1:{sink.server.server_port}"
    result = sender.with_(ELASTICSEARCH_HOST=hosts, ELASTICSEARCH_PORT=None).send()
    assert result.status == slt.DONE and result.counted(sent=60) and result.seconds < 5, result
    assert checks.delivered(logs, sink) == 60


# ---- how long it is waited


def pauses(sink):
    """Seconds between the requests."""
    times = [request.at for request in sink.bulks]
    return [after - before for before, after in zip(times, times[1:])]


def test_the_pauses_grow(sqlite_sender, sink):
    """A quarter of a second, a half, a whole one, two, of which at most a half is taken off by
    chance. The last one ends with ELASTICSEARCH_RETRY_SECONDS."""
    sender, _ = sqlite_sender
    sink.script = [lambda request: Reply(503)] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=3).send()
    assert result.status == slt.UNAVAILABLE and 3 <= result.seconds < 4.5, result
    waited = pauses(sink)
    for pause, longest in zip(waited[:-1], [0.25, 0.5, 1, 2, 4]):
        assert longest / 2 <= pause < longest + 0.5, waited
    assert 4 <= len(waited) <= 5 and waited[3] > waited[0]


def test_the_pauses_begin_anew_after_an_answer(sqlite_sender, sink):
    sender, logs = sqlite_sender
    sink.script = ([lambda request: Reply(503)] * 2 + [None]) * 3
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert max(pauses(sink)) < 1 and checks.delivered(logs, sink) == 60


def in_seconds(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", [str, in_seconds], ids=["seconds", "date"])
def test_a_server_says_when_to_come_back(sqlite_sender, sink, status, form):
    """Not before."""
    sender, logs = sqlite_sender
    sink.script = [None, lambda request: Reply(status, Retry_After=form(2))]
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=10).send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    # a date has no fractions
    assert (2 if form is str else 0.9) <= pauses(sink)[1] < 3.5 and pauses(sink)[0] < 0.5
    assert checks.delivered(logs, sink) == 60


def test_items_that_are_to_come_back_later(sqlite_sender, sink):
    """The reply to the whole request is a good one, and says when for those that are not."""
    sender, logs = sqlite_sender

    def step(request):
        reply = failing(sink, ("3",), 429, "rejected_execution_exception")(request)
        reply.headers = {"Retry-After": "2"}
        return reply

    sink.script = [step]
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=10).send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert sink.bulks[1].ids == ["3"] and 2 <= pauses(sink)[0] < 3.5
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("after", ["3600", "99999999999999999999", "-1", "soon", ""])
def test_an_odd_time_to_come_back(sqlite_sender, sink, after):
    """A day is no reason to wait longer than ELASTICSEARCH_RETRY_SECONDS, nonsense is none to
    wait at all."""
    sender, logs = sqlite_sender
    sink.script = [lambda request: Reply(503, Retry_After=after)] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status == slt.UNAVAILABLE and 1 <= result.seconds < 2.5, result
    assert 2 <= len(sink.bulks) <= 5
    checks.untouched(logs, sink)


# ---- smaller requests


def small_enough(limit, status):
    """A step: this status for a body of more than `limit` documents."""
    return lambda request: Reply(status) if len(request.ids) > limit else None


@pytest.mark.parametrize("status", [413, 417, 429])
@pytest.mark.parametrize("limit", [6, 1])
def test_a_smaller_body_passes(sqlite_sender, sink, status, limit):
    """Each document is in one request that passes, and in no more in vain than halving takes."""
    sender, logs = sqlite_sender
    sink.script = [small_enough(limit, status)] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=20).send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    passed = [request.ids for request in sink.bulks if len(request.ids) <= limit]
    assert [key for ids in passed for key in ids] == [row.key for row in logs.rows()]
    in_vain = len(sink.bulks) - len(passed)
    # the run remembers the limit; but being busy may pass, so each chunk tries twice as much
    assert in_vain <= 5 + (2 * 2 if status == 429 else 0), [len(r.ids) for r in sink.bulks]
    documents = {}
    for request in sink.bulks:
        for key, text in request.pairs:
            assert documents.setdefault(key, text) == text
    assert checks.delivered(logs, sink) == 60


def test_a_single_document_that_417_is_said_to(sqlite_sender, sink):
    sender, logs = sqlite_sender
    sink.script = [lambda request: Reply(417) if "7" in request.ids else None] * 100
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=59, rejected=1), result
    assert "too large" in result.warnings(7)[0]
    assert len(checks.only_unmarked(logs, sink, [7])) == 59
