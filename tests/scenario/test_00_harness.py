# SPDX-License-Identifier: MIT
"""The tests' own tools: do they see what they are there to see?"""

import datetime
import json
import sqlite3

import pytest

import checks
import expected
import generate
import rawjson
import tables
from gateway import Hangup, Reply, bulk_reply, item
from search import http_request
from slt import Result

MESSAGE = '{ "b": 1.0, "audit_event" :{"date_time": "2022-10-13T12:34:56.000+0300", "n": [1e5, "\\u00e4"]},\n "a": null}'


def bulk(url, *pairs):
    body = "".join(
        f'{json.dumps({"create": {"_id": key}})}\n{text}\n' for key, text in pairs
    ).encode()
    return http_request(
        url + "/_bulk?filter_path=errors,items", "POST", body, "application/x-ndjson"
    )


def test_rawjson_keeps_texts_and_drops_only_white_space():
    assert rawjson.to_text(rawjson.parse(MESSAGE)) == MESSAGE.replace(" ", "").replace("\n", "")
    assert rawjson.parse('{"a": {}, "b": []}') == ("{", ('"a"', ("{",)), ('"b"', ("[",)))
    with pytest.raises(ValueError):
        rawjson.parse('{"a": 01}')


@pytest.mark.parametrize(
    "change",
    [("1.0", "1"), ("1e5", "100000.0"), ("\\u00e4", "ä"), ('"b": 1.0, ', ""), ("null", "false")],
)
def test_documents_differ_by_the_text_of_one_scalar(change):
    want = expected.single_column(MESSAGE)
    same = '{"@timestamp":"2022-10-13T12:34:56.000+0300",' + MESSAGE[1:]
    assert not want.differs(rawjson.parse(same))
    assert want.differs(rawjson.parse(same.replace(*change)))
    assert want.differs(rawjson.parse(MESSAGE)), "the time is missing"


def test_documents_of_django_are_compared_by_meaning():
    row = (
        1,
        '{"a": ["1", "2"]}',
        "thing",
        "2026-10-01 06:00:00.250000",
        " ",
        "Öberg",
        "x@y.example",
    )
    document = expected.django(*row, origin="o")
    assert document.timestamp == '"2026-10-01T06:00:00.250000+00:00"'
    text = rawjson.to_text(document.rest)
    turned = json.dumps(dict(reversed(json.loads(text)["audit_event"].items())), ensure_ascii=False)
    stored = f'{{"audit_event": {turned}, "@timestamp": {document.timestamp}}}'
    assert '"actor": "Öberg"' in turned and not document.differs(rawjson.parse(stored))
    assert document.differs(rawjson.parse(stored.replace("update", "1")))


@pytest.mark.parametrize(
    "names, actor",
    [
        (("Aino", "Öberg", "a@b.example"), "Aino Öberg"),
        (("", "Öberg", ""), "Öberg"),
        (("Aino", "", ""), "Aino"),
        (("  ", " ", "a@b.example"), "a@b.example"),
        (("", "", ""), "unknown"),
        ((None, None, None), "unknown"),
    ],
)
def test_actor(names, actor):
    assert expected.actor(*names) == actor


def test_instants_are_written_in_utc():
    there = datetime.timezone(datetime.timedelta(hours=3))
    assert expected.instant("2026-10-01 06:00:00") == "2026-10-01T06:00:00+00:00"
    assert (
        expected.instant(datetime.datetime(2026, 10, 1, 9, 0, 0, 5, there))
        == "2026-10-01T06:00:00.000005+00:00"
    )


def test_generator_repeats_itself_and_writes_valid_rows(tmp_path):
    for name in ("a", "b"):
        generate.write_sqlite(tmp_path / name, 60, seed=3, sent=5, odd=True)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    db = sqlite3.connect(tmp_path / "a")
    assert db.execute("SELECT count(*), sum(is_sent = 1) FROM audit_logs").fetchone() == (65, 5)
    assert db.execute("SELECT count(*) FROM auditlog_logentry").fetchone() == (60,)
    texts = [text for text, in db.execute("SELECT message FROM audit_logs")]
    times = {rawjson.to_text(expected.single_column(text).timestamp) for text in texts}
    assert (
        len(times) > 50
        and any("\n" in text for text in texts)
        and any("1e5" in text for text in texts)
    )
    assert list(generate.audit_logs(60, seed=4)) != list(generate.audit_logs(60, seed=3))


def test_index_gives_back_the_text_it_was_given(index):
    assert index.documents() == {}
    index.create(b={"type": "object", "enabled": False})
    status, _ = bulk(
        f"{index.url}/{index.name}",
        ("k", '{"b": {"n":1e5, "m":12345678901234567890,"s":"\\u00e4"}}'),
    )
    assert status == 200
    assert (
        rawjson.to_text(index.documents()["k"])
        == '{"b":{"n":1e5,"m":12345678901234567890,"s":"\\u00e4"}}'
    )


def test_proxy_passes_on_and_records(proxy, index):
    proxy.script = [lambda request: Reply(503), None]
    target = f"{proxy.url}/{index.name}"
    assert bulk(target, ("1", '{"a": 1}'))[0] == 503
    status, text = bulk(target, ("1", '{"a": 1}'), ("2", '{"a": 2}'))
    assert status == 200 and [one["create"]["status"] for one in json.loads(text)["items"]] == [
        201,
        201,
    ]
    assert [request.ids for request in proxy.bulks] == [["1"], ["1", "2"]]
    assert rawjson.to_text(index.documents()["2"]) == '{"a":2}'


def test_sink_answers_as_an_index_and_as_prescribed(sink):
    assert json.loads(bulk(sink.url, ("1", "{}"))[1])["errors"] is False
    items = json.loads(bulk(sink.url, ("1", "{}"), ("2", "{}"))[1])["items"]
    assert [one["create"]["status"] for one in items] == [409, 201] and set(sink.documents()) == {
        "1",
        "2",
    }
    cut = bulk_reply([item("3", 201)])
    cut.cut = 10
    sink.script = [lambda request: cut, lambda request: Hangup()]
    with pytest.raises(Exception, match="IncompleteRead"):
        bulk(sink.url, ("3", "{}"))
    with pytest.raises(ConnectionError):
        bulk(sink.url, ("3", "{}"))


def test_marks_are_counted(db):
    table = tables.SingleColumn(db).generate(4)
    marks = db.count_marks("audit_logs")
    db.query("SELECT * FROM audit_logs")
    assert marks() == 0
    db.execute("UPDATE audit_logs SET is_sent = ? WHERE id IN (1, 2)", (True,))
    db.execute("UPDATE audit_logs SET is_sent = ? WHERE id = 3", (True,))
    assert marks() == 2
    assert [row.marked for row in table.rows()] == [True, True, True, False]


def test_settled_sees_a_lost_and_a_wrong_document(sqlite, sink):
    table = tables.SingleColumn(sqlite).generate(2)
    assert checks.settled(table, sink) == ([], ["1", "2"])
    sqlite.execute("UPDATE audit_logs SET is_sent = 1 WHERE id = 1")
    with pytest.raises(AssertionError, match="does not hold it"):
        checks.settled(table, sink)
    bulk(sink.url, ("1", '{"@timestamp": 1}'))
    with pytest.raises(AssertionError, match="row 1"):
        checks.settled(table, sink)
    bulk(sink.url, ("7", "{}"))
    sqlite.execute("UPDATE audit_logs SET is_sent = 0")
    with pytest.raises(AssertionError, match="no row"):
        checks.settled(table, sink)


@pytest.mark.parametrize("version, rows", [("2.3", 527), ("3.0", 220), ("3.4", 525)])
def test_dumps_load(db, version, rows):
    table = tables.Django(db, version)
    found = table.rows()
    assert len(found) == rows and not any(row.marked for row in found)
    assert all(row.document() for row in found)


def test_summary_is_read_strictly():
    line = (
        "sent 500, already there 0, drifted 0, refused 1, rejected 0, conflicts 0, unverified 0, failure store 0,"
        " left 0, gone 2; more to send: no; 1.2 s, 417 rows/s"
    )
    result = Result([], 0, "", f"something\n{line}\n", 1.2)
    assert result.counted(sent=500, refused=1, gone=2) and result.summary["more"] is False
    for wrong in (line + ".", line.replace("gone 2", "gone -2"), line + "\nmore"):
        with pytest.raises(AssertionError):
            Result([], 0, "", wrong, 1.2).summary
