# SPDX-License-Identifier: MIT
"""How much one run sends, in how many requests, with how many marks."""

import pytest

import checks
import slt
import tables
from gateway import Reply, bulk_reply


def test_nothing_to_do_asks_nothing_of_the_index(db, proxy, index, program):
    table = tables.SingleColumn(db).generate(0, sent=7)
    marks = db.count_marks("audit_logs")
    result = program(db, proxy, index, **table.settings).send()
    assert result.status == slt.DONE and result.counted() and not result.summary["more"], result
    assert proxy.requests == [] and marks() == 0


@pytest.mark.parametrize(
    "args, settings, sizes, more",
    [
        ((), {"BATCH_SIZE": 50}, [20, 20, 10], True),
        ((), {"BATCH_LIMIT": 50}, [20, 20, 10], True),
        ((), {"BATCH_SIZE": 60}, [20, 20, 20], False),
        ((), {"BATCH_SIZE": 0}, [20, 20, 20], False),
        ((), {}, [20, 20, 20], False),
        (("--limit", 15), {}, [15], True),
        (("--limit", 45), {"BATCH_SIZE": 10}, [20, 20, 5], True),
        (("--all",), {"BATCH_SIZE": 10}, [20, 20, 20], False),
        ((), {"CHUNK_SIZE": 60}, [60], False),
        ((), {"CHUNK_SIZE": 7, "BATCH_SIZE": 21}, [7, 7, 7], True),
    ],
)
def test_limits_requests_and_marks(sender, logs, sink, args, settings, sizes, more):
    marks = logs.db.count_marks("audit_logs")
    result = sender.with_(**settings).send(*args)
    assert (
        result.status == slt.DONE
        and result.counted(sent=sum(sizes))
        and result.summary["more"] is more
    ), result
    assert [len(request.ids) for request in sink.bulks] == sizes
    assert marks() == len(sizes), "one mark for each request"
    sent, left = checks.settled(logs, sink)
    assert sent == [str(i + 1) for i in range(sum(sizes))] and len(left) == 60 - sum(sizes)


def test_runs_after_one_another_finish_the_rest(sender, logs, sink):
    sender = sender.with_(BATCH_SIZE=25)
    runs = [sender.send().summary for _ in range(4)]
    assert [run["sent"] for run in runs] == [25, 25, 10, 0]
    assert [run["more"] for run in runs] == [True, True, False, False]
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("rows, chunk", [(100, 30), (90, 30), (1, 500)])
def test_tables_without_a_key_cost_no_more(db, sink, program, rows, chunk):
    table = tables.SingleColumn(db, tables.README).generate(rows)
    marks = db.count_marks("audit_logs")
    result = program(db, sink, sink, **table.settings, CHUNK_SIZE=chunk).send()
    assert result.status == slt.DONE and result.counted(sent=rows), result
    assert len(sink.bulks) == -(-rows // chunk) and 1 <= marks() <= len(sink.bulks)
    assert checks.delivered(table, sink) == rows


def test_lanes_cost_no_more(sender, logs, sink):
    marks = logs.db.count_marks("audit_logs")
    assert sender.with_(LANES=3, CHUNK_SIZE=10).send().counted(sent=60)
    assert len(sink.bulks) == 6 and marks() == 6
    assert checks.delivered(logs, sink) == 60


def test_requests_are_what_the_protocol_asks_for(sender, logs, sink):
    assert sender.send().counted(sent=60)
    for request in sink.bulks:
        assert request.method == "POST" and request.path == "/sink/_bulk"
        assert request.headers["Content-Type"].split(";")[0] == "application/x-ndjson"
        assert b"\r" not in request.body
    assert [key for request in sink.bulks for key in request.ids] == [
        row.key for row in logs.rows()
    ]


def test_compressed_requests(sender, logs, sink):
    assert sender.with_(ELASTICSEARCH_COMPRESS=True).send().counted(sent=60)
    assert {request.headers["Content-Encoding"] for request in sink.bulks} == {"gzip"}
    assert checks.delivered(logs, sink) == 60


def test_a_request_has_a_size_and_a_larger_document_goes_alone(db, sink, program):
    table, limit = tables.SingleColumn(db), 1 << 20
    for key, size in enumerate([200_000] * 12 + [1_500_000] + [10] * 5):
        table.add(
            key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z", "message": "x" * size}}
        )
    result = program(db, sink, sink, **table.settings, MAX_BULK_BYTES=limit).send()
    assert result.status == slt.DONE and result.counted(sent=18), result
    assert all(len(request.body) <= limit or request.ids == ["12"] for request in sink.bulks)
    assert 4 <= len(sink.bulks) <= 6
    assert checks.delivered(table, sink) == 18


def test_keys_of_every_size_are_paged_in_order(db, sink, program):
    keys = [
        -9223372036854775808,
        -5,
        0,
        9,
        10,
        9007199254740992,
        9007199254740993,
        9223372036854775807,
    ]
    table = tables.SingleColumn(db)
    for key in keys:
        table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
    assert program(db, sink, sink, **table.settings, CHUNK_SIZE=1).send().counted(sent=len(keys))
    assert [request.ids for request in sink.bulks] == [[str(key)] for key in keys]
    assert checks.delivered(table, sink) == len(keys)


def test_mixed_keys_of_the_readme_table_on_sqlite(sqlite, sink, program):
    table = tables.SingleColumn(sqlite, tables.README)
    keys = [2, 10, "abc", "b", "ä"]
    for key in keys:
        table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
    result = program(sqlite, sink, sink, **table.settings, CHUNK_SIZE=1).send()
    assert result.counted(sent=len(keys)) and checks.delivered(table, sink) == len(keys)


def test_text_keys_are_written_as_json(db, sink, program):
    keys = ['"', "\\", "a/b?c#d%41", "new\nline", "\x01", "ä🚲", " ", "_x", "x" * 512, "ä" * 256]
    table = tables.SingleColumn(db, tables.TEXT_KEY)
    for key in keys:
        table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
    result = program(db, sink, sink, **table.settings, CHUNK_SIZE=3).send()
    assert result.status == slt.DONE and result.counted(sent=len(keys)), result
    assert checks.delivered(table, sink) == len(keys) and set(sink.documents()) == set(keys)


def too_large_for(limit):
    """Steps of a script: 413 for a body of more than `limit` documents."""
    return lambda request: (
        Reply(413, b"too large", content_type="text/plain") if len(request.ids) > limit else None
    )


def test_a_body_that_is_too_large_is_halved(sender, logs, sink):
    sink.script = [too_large_for(6)] * 100
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    sizes = [len(request.ids) for request in sink.bulks]
    assert sizes[:2] == [20, 10] and len(sizes) <= 40
    assert sum(size for size in sizes if size <= 6) == 60
    assert checks.delivered(logs, sink) == 60


def test_a_single_document_that_is_too_large_is_set_aside(sender, logs, sink):
    """Row 7 never fits, the others do."""

    def step(request):
        return Reply(413) if "7" in request.ids else None

    sink.script = [step] * 100
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.summary["sent"] == 59, result
    assert (
        result.summary["refused"] + result.summary["rejected"] == 1
        and "too large" in result.warnings(7)[0]
    )
    assert len(checks.only_unmarked(logs, sink, [7])) == 59


def test_failure_store_is_marked_and_told(sender, logs, sink):
    def step(request):
        items = [sink.store(key, text) for key, text in request.pairs]
        items[2]["create"]["failure_store"] = "used"
        items[3]["create"]["failure_store"] = "not_applicable_or_unknown"
        return bulk_reply(items)

    sink.script = [step]
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.summary["failure store"] == 1, result
    assert result.summary["sent"] in (59, 60)
    assert checks.delivered(logs, sink) == 60
