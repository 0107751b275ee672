# SPDX-License-Identifier: MIT
"""What passes by itself is tried again, for a bounded time, and only the items concerned."""

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
        Reply(429, {"error": {"type": "rejected_execution_exception"}, "status": 429}),
        Reply(500),
        Reply(502),
        Reply(503, b"<html>busy</html>", content_type="text/html"),
        Reply(504),
        Hangup(),
    ],
    ids=["429", "500", "502", "503", "504", "reset"],
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
