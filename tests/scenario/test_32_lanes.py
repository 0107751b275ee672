# SPDX-License-Identifier: MIT
"""Four lanes through everything that makes them share and change their state: retries, unknown
replies, rows set aside, the quarantine, verified 409s. tests/run also has this done by a build
with ThreadSanitizer, whose report would be the program's exit status."""

import pytest

import checks
import slt
import tables
from gateway import Hangup, Reply, bulk_reply, item
from search import Index, url_of

ROWS = 2000
NO_TIME = range(3000, 3040)  # keys of rows that the facade refuses


@pytest.fixture
def lanes(db, program):
    """lanes(server, index): (table, program of four lanes)"""

    def make(server, index):
        table = tables.SingleColumn(db).generate(ROWS)
        sender = program(
            db,
            server,
            index,
            **table.settings,
            LANES=4,
            CHUNK_SIZE=50,
            BATCH_SIZE=0,
            QUARANTINE_TABLE="slt_quarantine",
        ).with_(ELASTICSEARCH_RETRY_SECONDS=25)
        assert sender.run("setup").status == slt.DONE
        return table, sender

    return make


def troubles(sink):
    """A long script: of seven requests, five meet a trouble, each another one."""

    def half(request):
        pairs = request.pairs
        answers = [sink.store(key, text) for key, text in pairs[::2]]
        busy = [item(key, 429, "rejected_execution_exception") for key, _ in pairs[1::2]]
        items = {next(iter(one.values()))["_id"]: one for one in answers + busy}
        return bulk_reply([items[key] for key, _ in pairs])

    def cut(request):
        """Everything is stored, and the reply ends too soon."""
        body = bulk_reply([sink.store(key, text) for key, text in request.pairs])
        body.cut = len(body.body) // 2
        return body

    def large(request):
        return Reply(413) if len(request.ids) > 10 else None

    return [None, half, lambda _: Hangup(), None, cut, lambda _: Reply(503), large] * 12


def test_troubles(lanes, sink):
    table, sender = lanes(sink, sink)
    sink.script = troubles(sink)
    for key in NO_TIME:
        table.add(key, {"audit_event": {}})
    result = sender.send()
    summary = result.summary
    assert result.status == slt.SET_ASIDE and summary["refused"] == len(NO_TIME), result
    assert summary["sent"] + summary["already there"] == ROWS and summary["already there"] > 0
    assert len(checks.only_unmarked(table, sink, NO_TIME)) == ROWS


def test_documents_that_are_there(lanes, sink):
    """All are sent again: each is there, and read, and some are of another event."""
    table, sender = lanes(sink, sink)
    assert sender.send().counted(sent=ROWS)
    others = [str(key) for key in range(7, ROWS, 100)]
    for key in others:
        sink.stored[key] = sink.stored[str(int(key) + 1)]
    table.db.execute("UPDATE audit_logs SET is_sent = ?", (False,))
    result = sender.send()
    assert result.status == slt.SET_ASIDE, result
    assert result.counted(already_there=ROWS - len(others), conflicts=len(others)), result


def test_with_a_real_server(lanes, search):
    index = Index(url_of(search))
    table, sender = lanes(index, index)
    assert sender.send().counted(sent=ROWS)
    assert checks.delivered(table, index) == ROWS
    index.delete()
