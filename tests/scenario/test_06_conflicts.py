# SPDX-License-Identifier: MIT
"""409: the index has a document under the row's _id already. It is read and compared: the row's
own document is as good as one just sent, anything else stays a question for people."""

import json
from urllib.parse import quote

import pytest

import checks
import slt
import tables
from gateway import Hangup, Reply, bulk_reply, item, mget_reply
from search import each_product
from test_12_signals import in_mid_run
from test_17_targets import alias, ask, stream  # noqa: F401 (fixtures)

OTHER = '{"@timestamp":"2001-01-01T00:00:00Z","of":"CANARY"}'
ANOTHER = "conflict: 409 the index has another document under this _id"
UNREADABLE = "unverified: 409 the document under this _id cannot be read"


@pytest.fixture(params=["index", "alias", "stream"])
def target(request, search):
    """An index, an alias of one, a data stream; of the product that the test runs with."""
    index = request.getfixturevalue(request.param)
    index.kind = request.param
    return index


def put(index, key, text):
    """A document by hand, in whatever the index is."""
    ask(index, "PUT", f"/{index.name}/_create/{key}?refresh=true", text.encode(), accept=(201,))


def documents(sender, keys):
    """Key -> text of the document that the row is to become; no row may be refused."""
    result = sender.run("preview", "-n", 10_000)
    assert result.status == slt.DONE, result
    return dict(zip(map(str, keys), result.out.rstrip("\n").split("\n"), strict=True))


def with_more(text, more='"extra":{"by":"hand"}'):
    return f"{text[:-1]},{more}}}"


def unmarked(table):
    return [row.key for row in table.rows() if not row.marked]


# ---- what stands there


def finds_its_own(sender, table, proxy, index):
    killed = in_mid_run(sender, proxy, slt.Running.kill, before=proxy.usual)
    assert killed.status < 0 and len(index.documents()) == 40
    assert len(checks.only_unmarked(table, index, range(21, 61))) == 20
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=20, already_there=20), result
    assert checks.delivered(table, index) == 60
    assert not result.summary["more"] and not result.warnings(21)


@each_product
def test_killed_before_the_mark(sqlite, proxy, target, program):
    """The next run finds the documents of the one that was killed."""
    table = tables.SingleColumn(sqlite).generate(60)
    sender = program(sqlite, proxy, target, **table.settings, CHUNK_SIZE=20)
    finds_its_own(sender, table, proxy, target)
    # at the item's own index: an alias and a data stream are not asked as such
    assert [len(request.ids) for request in proxy.mgets] == [20]
    indexes = {doc["_index"] for doc in json.loads(proxy.mgets[0].body)["docs"]}
    assert len(indexes) == 1 and (target.name in indexes) == (target.kind == "index")


def test_killed_before_the_mark_on_each_database(db, proxy, index, program):
    table = tables.SingleColumn(db).generate(60)
    finds_its_own(program(db, proxy, index, **table.settings, CHUNK_SIZE=20), table, proxy, index)


@each_product
def test_the_document_of_another_row(sqlite, target, program):
    """A key was used twice: what the index has is kept, and the row stays unsent until somebody
    decides. All others get through."""
    table = tables.SingleColumn(sqlite).generate(30)
    sender = program(sqlite, target, target, **table.settings, CHUNK_SIZE=10)
    put(target, 7, documents(sender, range(1, 31))["8"])
    put(target, 20, OTHER)
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=28, conflicts=2), result
    for key in (7, 20):
        assert [ANOTHER in line for line in result.warnings(key)] == [True], result
    assert len(checks.only_unmarked(table, target, [7, 20])) == 28
    assert "CANARY" in str(target.documents()["20"]) and "CANARY" not in result.err
    again = sender.send()
    assert again.status == slt.SET_ASIDE and again.counted(conflicts=2), again


def only(text, **change):
    """The document with one more change to its root."""
    return json.dumps({**json.loads(text), **change}, ensure_ascii=False)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("2026-", "2025-"),
        lambda text: with_more(text).replace('"@timestamp"', '"@time"'),
        lambda text: '{"@timestamp":"2026-03-01T06:00:00Z"}',
        lambda text: only(text, audit_event=None),
        lambda text: only(text, audit_event=[]),
        lambda text: "{}",
    ],
    ids=["one text", "a name", "less", "null", "an array", "empty"],
)
def test_what_is_another_document(sqlite_sender, sink, change):
    sender, table = sqlite_sender
    sink.store("7", change(documents(sender, range(1, 61))["7"]))
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=59, conflicts=1), result
    assert len(checks.only_unmarked(table, sink, [7])) == 59


def test_the_text_of_numbers(sqlite, sink, program):
    """1 and 1.0 are two documents; blanks, order and escapes make none."""
    table = tables.SingleColumn(sqlite)
    event = '"audit_event": {"date_time": "2026-03-01T06:00:00Z", "n": %s, "t": "%s"}'
    for key in range(1, 7):
        table.add(key, "{" + event % (1, "ä/\U0001f6b2") + "}")
    sender = program(sqlite, sink, sink, **table.settings)
    own = documents(sender, range(1, 7))["1"]
    sink.store("1", own.replace('"n": 1', '"n": 1.0'))
    sink.store("2", own.replace('"n": 1', '"n": 1e0'))
    sink.store("3", own.replace("ä/\U0001f6b2", "\\u00e4\\/\\ud83d\\udeb2"))
    sink.store("4", json.dumps(json.loads(own), indent=1))
    sink.store("5", json.dumps(dict(reversed(json.loads(own).items()))))
    result = sender.send()
    assert result.status == slt.SET_ASIDE, result
    assert result.counted(sent=1, already_there=3, conflicts=2) and unmarked(table) == ["1", "2"]


@each_product
def test_a_member_that_only_the_stored_document_has(sqlite, target, program):
    """Somebody, or a default pipeline, has added to it since: still this event."""
    table = tables.SingleColumn(sqlite).generate(30)
    sender = program(sqlite, target, target, **table.settings, CHUNK_SIZE=10)
    put(target, 7, with_more(documents(sender, range(1, 31))["7"]))
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=29, drifted=1), result
    assert not unmarked(table) and "extra" in str(target.documents()["7"])
    assert not result.warnings(7)


def test_with_a_pipeline(sqlite_sender, sink):
    """What a pipeline adds is expected; what it changes or takes away, is not."""
    sender, table = sqlite_sender
    own = documents(sender, range(1, 61))
    sink.store("7", with_more(own["7"]))
    sink.store("8", own["8"].replace('"audit_event": {', '"audit_event": {"added": [1], '))
    sink.store("9", with_more(own["9"]).replace("2026-", "2025-"))
    sink.store("10", OTHER)
    assert "added" in sink.stored["8"]
    result = sender.with_(ELASTICSEARCH_PIPELINE="add").send()
    assert result.status == slt.SET_ASIDE, result
    assert result.counted(sent=56, already_there=2, conflicts=2) and unmarked(table) == ["9", "10"]
    assert "pipeline=add" in sink.bulks[0].target


def test_users_who_changed_their_name(db, proxy, index, program):
    """The index has the events with the names of then: the same events. One of them was changed
    in what makes it this event: that is another one."""
    table = tables.Django(db, "3.4")
    sender = program(db, proxy, index, **table.settings, CHUNK_SIZE=500, BATCH_SIZE=0)
    in_mid_run(sender, proxy, slt.Running.kill, at=1, before=proxy.usual)
    stored = index.documents()
    rows = [row for row in table.rows() if row.key in stored]
    before = {row.key: row.document() for row in rows}
    assert len(before) > 20 and not any(row.marked for row in rows)
    db.execute("UPDATE auth_user SET first_name = 'Renamed', last_name = 'Meanwhile'")
    conflict = rows[3].key
    db.execute(
        "UPDATE auditlog_logentry SET object_repr = 'rewritten' WHERE id = ?", (int(conflict),)
    )
    after = {row.key: row.document() for row in table.rows()}
    drifted = [key for key in before if after[key].rest != before[key].rest and key != conflict]
    assert 0 < len(drifted) < len(before) - 1
    result = sender.send()
    assert result.status == slt.SET_ASIDE, result
    assert result.counted(
        sent=len(after) - len(before),
        drifted=len(drifted),
        already_there=len(before) - len(drifted) - 1,
        conflicts=1,
    )
    assert unmarked(table) == [conflict] and ANOTHER in result.warnings(conflict)[0]
    stored = index.documents()
    assert not any(before[key].differs(stored[key]) for key in before), "nothing is overwritten"


def test_trusted(sqlite_sender, sink):
    """ON_CONFLICT=trust: whatever is there counts, and nothing is read."""
    sender, table = sqlite_sender
    sink.store("7", OTHER)
    result = sender.with_(ON_CONFLICT="trust").send()
    assert result.status == slt.DONE and result.counted(sent=59, already_there=1), result
    assert not unmarked(table) and not sink.mgets


# ---- what cannot be read


def stored_before(sender, table, sink, keys):
    """Their own documents are there already."""
    own = documents(sender, range(1, 61))
    for key in map(str, keys):
        sink.store(key, own[key])
    return own


@pytest.mark.parametrize("status", [403, 401, 400])
def test_a_user_that_may_not_read(sqlite_sender, sink, status):
    """One message with the remedy, one request in vain; all others get through."""
    sender, table = sqlite_sender
    stored_before(sender, table, sink, (3, 7, 25, 45))
    refusal = Reply(status, {"error": {"type": "security_exception"}, "status": status})
    sink.reads = [lambda request: refusal] * 10
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=56, unverified=4), result
    assert len(checks.only_unmarked(table, sink, [3, 7, 25, 45])) == 56
    told = [line for line in result.err.splitlines() if "cannot be compared" in line]
    assert len(told) == 1 == len(sink.mgets) and f"status {status}" in told[0], result
    assert status != 403 or ("privilege read" in told[0] and "ON_CONFLICT=trust" in told[0])
    assert all(UNREADABLE in result.warnings(key)[0] for key in (3, 7, 25, 45))
    sink.reads = []
    assert sender.send().counted(already_there=4), "as soon as it may read"
    assert checks.delivered(table, sink) == 60


def test_a_document_that_may_not_be_read(sqlite_sender, sink):
    """An error for one of them leaves the others readable, those of later chunks too."""
    sender, table = sqlite_sender
    stored_before(sender, table, sink, (3, 7, 8, 45))
    error = '{"_index":"sink","_id":"7","error":{"type":"security_exception","reason":"CANARY"}}'

    def step(request):
        return mget_reply(error if key == "7" else sink.found(key) for key in request.ids)

    sink.reads = [step]
    result = sender.send()
    assert result.status == slt.SET_ASIDE, result
    assert result.counted(sent=56, already_there=3, unverified=1) and len(sink.mgets) == 2
    assert len(checks.only_unmarked(table, sink, [7])) == 59 and UNREADABLE in result.warnings(7)[0]
    told = [line for line in result.err.splitlines() if "cannot be compared" in line]
    assert len(told) == 1 and "privilege read" in told[0] and "CANARY" not in result.err, result


@each_product
def test_an_index_that_keeps_no_source(sqlite, proxy, index, program):
    table = tables.SingleColumn(sqlite).generate(60)
    ask(index, "PUT", f"/{index.name}", {"mappings": {"_source": {"enabled": False}}})
    sender = program(sqlite, proxy, index, **table.settings, CHUNK_SIZE=10)
    killed = in_mid_run(sender, proxy, slt.Running.kill, before=proxy.usual)
    assert killed.status < 0 and len(unmarked(table)) == 50
    table.db.execute("UPDATE audit_logs SET is_sent = NULL WHERE id < 11")
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=40, unverified=20), result
    assert unmarked(table) == [str(key) for key in range(1, 21)]
    told = [line for line in result.err.splitlines() if "cannot be compared" in line]
    assert len(told) == 1 and "_source" in told[0] and "ON_CONFLICT=trust" in told[0], result
    assert UNREADABLE in result.warnings(1)[0]
    assert sender.with_(ON_CONFLICT="trust").send().counted(already_there=20)
    assert not unmarked(table)


def cut_off(sink):
    def step(request):
        reply = sink.usual(request)
        reply.cut = len(reply.body) - 2
        return reply

    return step


def changed(change):
    """A reply that is whole, but for what change(docs) does to its documents."""

    def make(sink):
        def step(request):
            docs = [sink.found(key) for key in request.ids]
            change(docs)
            return mget_reply(docs)

        return step

    return make


def always(reply):
    return lambda sink: lambda request: reply


TROUBLES = {
    "cut off": cut_off,
    "half of it": lambda sink: lambda request: Reply(200, sink.usual(request).body[:-40]),
    "not JSON": always(Reply(200, b"<html>found</html>", content_type="text/html")),
    "empty": always(Reply(200)),
    "no docs": always(Reply(200, {"docs": None})),
    "one less": changed(lambda docs: docs.pop()),
    "one more": changed(lambda docs: docs.append(docs[0])),
    "another order": changed(lambda docs: docs.reverse()),
    "429": always(Reply(429)),
    "500": always(Reply(500)),
    "503": always(Reply(503, b"<html>busy</html>", content_type="text/html")),
    "reset": always(Hangup()),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_asked_again(sqlite_sender, sink, name):
    """A reply that is not understood says nothing about any document."""
    sender, table = sqlite_sender
    stored_before(sender, table, sink, (3, 7, 8, 45))
    sink.reads = [TROUBLES[name](sink)] * 2
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=56, already_there=4), result
    assert [request.ids for request in sink.mgets] == [["3", "7", "8"]] * 3 + [["45"]]
    assert len(sink.bulks) == 3 and checks.delivered(table, sink) == 60


@pytest.mark.parametrize("name", ["cut off", "not JSON", "another order", "503", "reset"])
def test_never_answered(sqlite_sender, sink, name):
    """The run gives up; what it has sent is marked, what it does not know is not."""
    sender, table = sqlite_sender
    stored_before(sender, table, sink, (3, 7))
    sink.reads = [TROUBLES[name](sink)] * 1000
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status == slt.UNAVAILABLE and result.seconds < 10, result
    assert result.counted(sent=18, left=2) and result.summary["more"]
    assert len(checks.only_unmarked(table, sink, [3, 7, *range(21, 61)])) == 18
    sink.reads = []
    assert sender.send().counted(sent=40, already_there=2) and checks.delivered(table, sink) == 60


def test_too_large_to_read_at_once(sqlite_sender, sink):
    """Fewer are asked for at a time, also by later chunks."""
    sender, table = sqlite_sender
    stored_before(sender, table, sink, range(1, 61))
    sink.reads = [lambda request: Reply(413) if len(request.ids) > 6 else None for _ in range(1000)]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(already_there=60), result
    assert checks.delivered(table, sink) == 60
    sizes = [len(request.ids) for request in sink.mgets]
    assert sizes[0] == 20 and sum(size > 6 for size in sizes) <= 3 and len(sizes) < 30


def test_one_that_is_too_large_to_read(sqlite_sender, sink):
    """It is set aside alone."""
    sender, table = sqlite_sender
    stored_before(sender, table, sink, range(1, 11))
    sink.reads = [lambda request: Reply(413) if "7" in request.ids else None for _ in range(1000)]
    result = sender.send()
    assert result.status == slt.SET_ASIDE, result
    assert result.counted(sent=50, already_there=9, unverified=1)
    assert "too large to compare" in result.warnings(7)[0]
    assert len(checks.only_unmarked(table, sink, [7])) == 59


@pytest.mark.parametrize("times", [1, 3])
def test_gone_between_the_two(sqlite_sender, sink, times):
    """The document under the _id was deleted before it could be read: there is room for ours."""
    sender, table = sqlite_sender
    sink.store("7", OTHER)
    held = bulk_reply([item(str(key), 409, "version_conflict_engine_exception") for key in [7]])

    def delete(request):
        sink.stored.pop("7", None)

    sink.reads = [delete] * times
    sink.script = [None] + [lambda request: held] * (times - 1)
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert [request.ids for request in sink.bulks].count(["7"]) == times
    assert checks.delivered(table, sink) == 60


def test_now_there_and_now_not(sqlite_sender, sink):
    """An index that says both, again and again, does not keep the others waiting."""
    sender, table = sqlite_sender

    def both(request):
        return bulk_reply(
            [
                (
                    item(key, 409, "version_conflict_engine_exception")
                    if key == "7"
                    else sink.store(key, text)
                )
                for key, text in request.pairs
            ]
        )

    sink.script = [both] * 1000
    result = sender.send()
    assert result.status == slt.STOPPED and result.counted(sent=59, left=1), result
    assert sum("7" in request.ids for request in sink.bulks) <= 8
    assert len(checks.only_unmarked(table, sink, [7])) == 59


# ---- conflicts and resolve


def conflicting(program, db, index, keys=(7, 20), rows=30):
    """A table of which all is sent but the rows with these keys: (sender, table)."""
    table = tables.SingleColumn(db).generate(rows)
    sender = program(db, index, index, **table.settings)
    for key in keys:
        put(index, key, OTHER)
    assert sender.send().counted(sent=rows - len(keys), conflicts=len(keys))
    index.documents()  # what was sent can be found from here on
    return sender, table


@each_product
def test_conflicts_are_listed(sqlite, target, program):
    """Which row, which index, where the documents differ: never what they say."""
    sender, table = conflicting(program, sqlite, target)
    text, as_json = sender.run("conflicts"), sender.run("conflicts", "--json")
    assert text.status == as_json.status == slt.SET_ASIDE and not text.err, text
    lines = [line.split("\t") for line in text.out.splitlines()]
    assert [line[0] for line in lines] == ["7", "20"]
    for line, found in zip(lines, as_json.json, strict=True):
        assert set(found) == {"key", "index", "differs"}
        assert line == [found["key"], found["index"], " ".join(found["differs"])]
        assert found["differs"][0] == "/@timestamp" and found["differs"][-1] == "/of"
        assert "/audit_event" in found["differs"]
        doc = ask(target, "GET", f"/{found['index']}/_doc/{found['key']}")
        assert doc["_source"] == json.loads(OTHER)
    for result in (text, as_json):
        assert "CANARY" not in result.out + result.err and "2001" not in result.out
    assert unmarked(table) == ["7", "20"], "it only looks"


def test_where_they_differ(sqlite, index, program):
    table = tables.SingleColumn(sqlite)
    event = {"date_time": "2026-03-01T06:00:00Z", "a/b~c": {"x": ["one", "one"]}, "gone": 1}
    table.add(1, {"audit_event": event}).add(2, {"audit_event": event})
    sender = program(sqlite, index, index, **table.settings)
    own = documents(sender, [1, 2])
    put(index, 1, own["1"].replace('"one"]', '"two"]').replace('"gone"', '"come"'))
    put(index, 2, own["2"])
    result = sender.run("conflicts", "--json")
    assert result.status == slt.SET_ASIDE and result.json == [
        {
            "key": "1",
            "index": index.name,
            "differs": [
                "/audit_event/a~1b~0c/x/1",
                "/audit_event/gone",
                "/audit_event/come",
            ],
        }
    ], result
    assert sender.send().counted(already_there=1, conflicts=1)


def test_a_key_with_control_characters(sqlite, index, program):
    table = tables.SingleColumn(sqlite, tables.TEXT_KEY)
    key = "a\tb\x1b[31m\nc"
    table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
    put(index, quote(key), OTHER)
    sender = program(sqlite, index, index, **table.settings)
    text, as_json = sender.run("conflicts"), sender.run("conflicts", "--json")
    line = f"a b [31m c\t{index.name}\t/@timestamp /audit_event /of\n"
    assert text.out == line and as_json.json[0]["key"] == key, (text, as_json)
    assert sender.run("resolve", key, "--as-sent").status == slt.DONE and not unmarked(table)


@each_product
def test_no_conflicts(sqlite, index, program):
    table = tables.SingleColumn(sqlite).generate(10)
    sender = program(sqlite, index, index, **table.settings)
    put(index, 3, documents(sender, range(1, 11))["3"])
    for _ in range(2):
        text, as_json = sender.run("conflicts"), sender.run("conflicts", "--json")
        assert text.status == as_json.status == slt.DONE, (text, as_json)
        assert text.out == "" and as_json.json == []
        assert sender.send().status == slt.DONE
    assert checks.delivered(table, index) == 10


def test_conflicts_needs_an_answer(sqlite_sender, sink, free_port):
    sender, table = sqlite_sender
    for result in (
        sender.run("conflicts", "--json"),  # the sink knows no search: 404
        sender.run("resolve", 7, "--as-sent"),
        sender.with_(ELASTICSEARCH_PORT=free_port).run("conflicts", "--json"),
    ):
        assert result.status in (slt.CONFIGURATION, slt.UNAVAILABLE) and not result.out, result
    checks.untouched(table, sink)


def resolved(table, index, keys, others):
    """These rows are marked with their conflict in the index; of all, these others are not."""
    stored = index.documents()
    for row in table.rows():
        assert row.marked == (row.key not in others), row.key
        assert bool(row.document().differs(stored[row.key])) == (row.key in keys + others)


def test_resolve_closes_single_ones(db, index, program):
    """One row for one key, and no document is touched."""
    sender, table = conflicting(program, db, index, keys=(7, 8, 20, 21))
    result = sender.run("resolve", 8, "--as-sent", 21)
    assert result.status == slt.DONE and not result.out, result
    for key in (8, 21):
        assert ["marked as sent" in line for line in result.warnings(key)] == [True], result
    resolved(table, index, keys=["8", "21"], others=["7", "20"])
    listed = sender.run("conflicts", "--json")
    assert [found["key"] for found in listed.json] == ["7", "20"] and listed.status == slt.SET_ASIDE
    assert sender.run("resolve", "--as-sent", 7, 20).status == slt.DONE
    resolved(table, index, keys=["7", "8", "20", "21"], others=[])
    assert sender.send().counted() and sender.run("conflicts").status == slt.DONE


def test_resolve_of_a_django_row(db, index, program):
    """Its other additional data is kept."""
    table = tables.Django(db, "empty")
    table.add(1, '{"a": "b"}').add(2, None).add(3, '{"is_sent": false, "c": 1}')
    sender = program(db, index, index, **table.settings)
    for key in (1, 2, 3):
        put(index, key, OTHER)
    assert sender.send().counted(conflicts=3)
    assert sender.run("resolve", "--as-sent", 1, 2).status == slt.DONE
    assert unmarked(table) == ["3"]
    data = table.additional_data()
    assert json.loads(data["1"]) == {"a": "b", "is_sent": True}
    assert json.loads(data["2"]) == {"is_sent": True}
    assert json.loads(data["3"]) == {"c": 1, "is_sent": False}


def test_resolve_refuses_what_is_no_conflict(db, index, program):
    """A row whose own document is there, one that has none, and one that is sent already."""
    sender, table = conflicting(program, db, index)
    for key in (31, 32):
        table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z", "n": key}})
    put(index, 31, documents(sender, (7, 20, 31, 32))["31"])
    result = sender.run("resolve", 31, 32, 5, 999, 7, "--as-sent")
    assert result.status == slt.SET_ASIDE and not result.out, result
    assert "its own document" in result.warnings(31)[0]
    assert "no other document" in result.warnings(32)[0]
    for key in ("5", "999"):
        assert f"no unsent row has the key {key}\n" in result.err
    assert "marked as sent" in result.warnings(7)[0]
    assert unmarked(table) == ["20", "31", "32"]


@pytest.mark.parametrize(
    "args", [["7"], [], ["--as-sent"], ["7", "20"], ["7", "--sent"], ["7", "--as-sent", "--json"]]
)
def test_resolve_wants_to_be_asked_twice(sqlite, index, program, args):
    sender, table = conflicting(program, sqlite, index)
    result = sender.run("resolve", *args)
    assert result.status == slt.USAGE and unmarked(table) == ["7", "20"], result


def test_resolve_of_odd_keys(db, index, program):
    """A key that looks like an option, and one that is a part of another."""
    table = tables.SingleColumn(db)
    for key in (-7, 2, 20, 200):
        table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
        put(index, key, OTHER)
    sender = program(db, index, index, **table.settings)
    assert sender.send().counted(conflicts=4)
    assert sender.run("resolve", "--as-sent", "--", -7, 20).status == slt.DONE
    assert unmarked(table) == ["2", "200"]
    assert sender.run("resolve", "--as-sent", "02", " 2", "2.0").status == slt.SET_ASIDE
    assert unmarked(table) == ["2", "200"]


def test_resolve_marks_no_twin(db, index, program):
    """Two unsent rows with one key: neither is marked, whatever is in the index."""
    table = tables.SingleColumn(db, tables.README)
    message = {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}}
    table.add(7, message).add(7, message).add(8, message)
    sender = program(db, index, index, **table.settings)
    for key in (7, 8):
        put(index, key, OTHER)
    assert sender.send().counted(refused=2, conflicts=1)
    result = sender.run("resolve", 7, 8, "--as-sent")
    assert result.status == slt.SET_ASIDE and unmarked(table) == ["7", "7"], result


def test_resolve_waits_for_no_run(postgres, proxy, index, program):
    """While another run is active nothing is marked, and that is told."""
    table = tables.SingleColumn(postgres).generate(30)
    sender = program(postgres, proxy, index, **table.settings)
    put(index, 7, OTHER)
    proxy.script = [proxy.hang]
    running = sender.start("send")
    slt.until(lambda: proxy.bulks, "the request")
    result = sender.run("resolve", 7, "--as-sent")
    assert result.status == slt.STOPPED and "7" in unmarked(table), result
    running.kill()
