# SPDX-License-Identifier: MIT
"""Real servers that are too busy: one whose queue holds a single request, and one that never takes
more than 64 KB at a time. What a server has no room for is sent again, and only that."""

import json

import pytest

import checks
import servers
import slt
import tables
from gateway import Proxy
from search import Index

LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def one_at_a_time():
    lines = "thread_pool.write.size: 1\nthread_pool.write.queue_size: 1"
    with servers.running("opensearch", OPENSEARCH_EXTRA=lines) as server:
        yield server.url


@pytest.fixture(scope="module")
def little_memory():
    lines = f"indexing_pressure.memory.limit: {LIMIT}b"
    with servers.running("elasticsearch", ELASTICSEARCH_EXTRA=lines) as server:
        yield server.url


class Watching(Proxy):
    """Keeps what the server says to each _bulk request: (request, status, key -> item)."""

    def __init__(self, behind):
        self.said = []
        super().__init__(behind)

    def usual(self, request):
        reply = super().usual(request)
        if request.is_bulk:
            items = json.loads(reply.body).get("items", [])
            found = {one["create"]["_id"]: one["create"] for one in items}
            with self.lock:
                self.said.append((request, reply.status, found))
        return reply


@pytest.fixture
def prepare(sqlite, program):
    """prepare(url, shards): the program set up to send a table to an index there: (program, table,
    index, gateway)."""
    made = []

    def make(url, shards=1):
        index, watch = Index(url), Watching(url)
        made.append((index, watch))
        settings = {"number_of_shards": shards, "number_of_replicas": 0}
        index._ask("PUT", "", {"settings": settings})
        table = tables.SingleColumn(sqlite)
        sender = program(sqlite, watch, index, **table.settings)
        return sender.with_(ELASTICSEARCH_RETRY_SECONDS=20), table, index, watch

    yield make
    for index, watch in made:
        watch.close()
        index.delete()


def test_items_that_the_queue_has_no_room_for(one_at_a_time, prepare):
    """A request for several shards needs several places. Those that found one are done; the others
    are sent again, alone and as they were."""
    sender, table, index, watch = prepare(one_at_a_time, shards=5)
    table.generate(200)
    result = sender.with_(CHUNK_SIZE=100).send()
    assert result.status == slt.DONE and result.counted(sent=200), result
    busy = 0
    for (request, _, items), following in zip(watch.said, [*watch.said[1:], None]):
        again = [key for key in request.ids if items[key]["status"] == 429]
        busy += len(again)
        if again:
            texts = dict(request.pairs)
            assert following[0].pairs == [(key, texts[key]) for key in again]
    assert busy > 20, "it was too busy for some"
    assert checks.delivered(table, index) == 200


def test_many_at_a_queue_with_one_place(one_at_a_time, prepare):
    """Whole requests and single items are refused; nobody is lost, and the next run has the rest."""
    sender, table, index, watch = prepare(one_at_a_time, shards=3)
    table.generate(300)
    sender = sender.with_(LANES=8, CHUNK_SIZE=10)
    for _ in range(5):
        result = sender.send()
        marked, unmarked = checks.settled(table, index)
        assert result.status in (slt.DONE, slt.STOPPED) and result.summary["left"] == len(unmarked)
        if not unmarked:
            break
    assert any(item["status"] == 429 for _, _, items in watch.said for item in items.values())
    assert checks.delivered(table, index) == 300


def test_requests_that_never_fit(little_memory, prepare):
    """The same bytes would be refused for ever. Halves pass, and the run remembers what did."""
    sender, table, index, watch = prepare(little_memory)
    table.generate(500)
    result = sender.with_(CHUNK_SIZE=125).send()
    assert result.status == slt.DONE and result.counted(sent=500), result
    refused = [request for request, status, _ in watch.said if status == 429]
    passed = [request for request, status, _ in watch.said if status == 200]
    assert refused and min(len(request.body) for request in refused) > LIMIT / 2
    assert max(len(request.body) for request in passed) < LIMIT
    assert len(refused) <= 2 + 2 * 3, [len(request.body) for request in refused]
    assert checks.delivered(table, index) == 500


def test_a_document_that_never_fits(little_memory, prepare):
    """It is left, and all others get through."""
    sender, table, index, watch = prepare(little_memory)
    table.generate(60)
    event = {"date_time": "2026-03-01T06:00:00Z", "text": "x" * 2 * LIMIT}
    table.add(1000, {"audit_event": event})
    table.add(1001, {"audit_event": {**event, "text": "short"}})
    result = sender.with_(CHUNK_SIZE=100, ELASTICSEARCH_RETRY_SECONDS=2).send()
    assert result.status == slt.STOPPED and result.counted(sent=61, left=1), result
    assert len(result.warnings(1000)) == 1 and result.summary["more"]
    assert sum("1000" in request.ids for request, _, _ in watch.said) <= 8 + 3
    assert len(checks.only_unmarked(table, index, [1000])) == 61
