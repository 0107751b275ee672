# SPDX-License-Identifier: MIT
"""Does the index hold what is marked as sent? What is missing can be sent again."""

import json
from urllib.parse import quote

import pytest

import checks
import slt
import tables
from search import each_product
from test_06_conflicts import target  # noqa: F401 (fixture)
from test_17_targets import alias, ask, stream  # noqa: F401 (fixtures)

ROWS = 60


def remove(index, *keys):
    """These documents, out of whatever the index is."""
    query = {"query": {"ids": {"values": [str(key) for key in keys]}}, "size": len(keys)}
    ask(index, "POST", f"/{index.name}/_refresh")
    hits = ask(index, "POST", f"/{index.name}/_search", query)["hits"]["hits"]
    assert len(hits) == len(keys)
    for hit in hits:
        ask(index, "DELETE", f"/{hit['_index']}/_doc/{quote(hit['_id'], safe='')}?refresh=true")


def counted(result, there, missing=0, different=0, no_document=0):
    total = there + missing + different + no_document
    return result.err.splitlines()[0].endswith(
        f"verified {total}: {there} there, {missing} missing, {different} different,"
        f" {no_document} that become no document any more"
    )


@pytest.fixture
def sent(db, index, program):
    """(program, table): all rows are sent to a real index."""
    table = tables.SingleColumn(db).generate(ROWS)
    sender = program(db, index, index, **table.settings, CHUNK_SIZE=25)
    assert sender.send().counted(sent=ROWS)
    return sender, table


def test_everything_is_there(sent):
    """Also what was written in the last second, which no search has seen yet."""
    sender, _ = sent
    result = sender.run("verify")
    assert result.status == slt.DONE and result.out == "" and counted(result, ROWS), result
    assert sender.run("verify", "--json").json == []


def test_what_is_missing_or_different(sent, index):
    sender, table = sent
    remove(index, 3, 41)
    document = ask(index, "GET", f"/{index.name}/_doc/9")["_source"]
    index.put(
        9,
        {
            **document,
            "audit_event": {**document["audit_event"], "date_time": "2001-01-01T00:00:00Z"},
        },
    )
    result = sender.run("verify")
    assert result.status == slt.SET_ASIDE and counted(result, ROWS - 3, 2, 1), result
    lines = sorted(line.split("\t") for line in result.out.splitlines())
    assert lines == [
        ["3", "missing", "", ""],
        ["41", "missing", "", ""],
        ["9", "different", index.name, "/audit_event/date_time"],
    ], result
    shown = {one["key"]: one for one in sender.run("verify", "--json").json}
    assert shown["3"] == {"key": "3", "state": "missing", "index": None, "differs": []}
    assert shown["9"]["differs"] == ["/audit_event/date_time"] and len(shown) == 3
    assert "2001" not in result.out + result.err
    assert all(row.marked for row in table.rows()), "nothing is changed"


def test_requeue(sent, index):
    """The missing ones are sent again, the different one stays a question."""
    sender, table = sent
    remove(index, 3, 41)
    usage = sender.run("verify", "--requeue")
    assert usage.status == slt.USAGE and "--since" in usage.err
    result = sender.run("verify", "--since", "2026-01-01", "--requeue")
    assert result.status == slt.SET_ASIDE and "2 rows are unsent again" in result.err, result
    assert [row.key for row in table.rows() if not row.marked] == ["3", "41"]
    assert sender.send().counted(sent=2)
    assert checks.delivered(table, index) == ROWS
    assert sender.run("verify", "--since", "2026-01-01", "--requeue").status == slt.DONE


def test_when_too_much_is_missing(sent, index):
    """More likely it is the wrong index."""
    sender, table = sent
    remove(index, *range(1, 8))
    refused = sender.run("verify", "--since", "9999d", "--requeue")
    assert refused.status == slt.CONFIGURATION and "7 of 60" in refused.err, refused
    assert "--yes" in refused.err and all(row.marked for row in table.rows())
    meant = sender.run("verify", "--since", "9999d", "--requeue", "--yes")
    assert meant.status == slt.SET_ASIDE and "7 rows are unsent again" in meant.err, meant
    assert sender.send().counted(sent=7) and checks.delivered(table, index) == ROWS


def test_since(db, index, program):
    """Rows of an earlier time are not looked at."""
    table = tables.SingleColumn(db)
    message = json.dumps({"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
    for key, created in (
        (1, "2026-01-01 00:00:00"),
        (2, "2026-02-01 00:00:00"),
        (3, "2026-03-01 12:00:00"),
    ):
        table.fill([(key, False, message, created)])
    sender = program(db, index, index, **table.settings)
    assert sender.send().counted(sent=3)
    for since, n in (
        ("2026-01-01", 3),
        ("2026-01-02", 2),
        ("2026-02-01T00:00:00Z", 2),
        ("2026-02-01T00:00:01Z", 1),
        ("2026-03-01 14:00:00+02:00", 1),
        ("2027-01-01", 0),
        ("1h", 0),
    ):
        result = sender.run("verify", "--since", since)
        assert result.status == slt.DONE and counted(result, n), (since, result)
    for wrong in ("yesterday", "2026-13-01", ""):
        result = sender.run("verify", "--since", wrong)
        assert result.status == slt.USAGE and "--since" in result.err, result


@pytest.mark.parametrize("version", ["2.3", "3.4"])
def test_entries_of_django_auditlog(db, version, index, program):
    """A user who is called otherwise today makes no difference."""
    table = tables.Django(db, version)
    sender = program(db, index, index, **table.settings)
    assert sender.send().status == slt.DONE
    n = len(table.rows())
    db.execute("UPDATE auth_user SET first_name = ?", ("Other",))
    assert counted(sender.run("verify"), n)
    key = table.rows()[5].key
    remove(index, key)
    result = sender.run("verify", "--since", "2020-01-01", "--requeue")
    assert counted(result, n - 1, 1) and result.out.split("\t")[0] == key, result
    assert sender.send().counted(sent=1)
    assert sender.run("verify").status == slt.DONE


@each_product
def test_index_alias_and_data_stream(sqlite, target, program):  # noqa: F811
    table = tables.SingleColumn(sqlite).generate(ROWS)
    sender = program(sqlite, target, target, **table.settings)
    assert sender.send().counted(sent=ROWS)
    remove(target, 7)
    result = sender.run("verify")
    assert counted(result, ROWS - 1, 1) and result.out.startswith("7\tmissing\t"), result


def test_rows_that_become_no_document_any_more(sent):
    sender, table = sent
    table.db.execute("UPDATE audit_logs SET message = ? WHERE id = ?", ("{}", 5))
    result = sender.run("verify")
    assert result.status == slt.DONE and counted(result, ROWS - 1, no_document=1), result


def test_beside_another_run(db, sink, program):
    """Requeueing waits for nobody and changes nothing beside a run."""
    table = tables.SingleColumn(db).generate(20)
    sender = program(db, sink, sink, **table.settings)
    sink.script = [sink.hang]
    first = sender.start("send")
    slt.until(lambda: sink.bulks, "the first run sends")
    result = sender.run("verify", "--since", "2026-01-01", "--requeue")
    sink.release()
    first.result()
    assert result.status == slt.STOPPED and "nothing was verified" in result.err, result


def test_a_server_that_is_not_there(sent, free_port):
    sender, _ = sent
    result = sender.with_(ELASTICSEARCH_PORT=free_port).run("verify")
    assert result.status == slt.UNAVAILABLE and result.out == "", result
    result = sender.with_(ELASTICSEARCH_APP_AUDIT_LOG_INDEX="not-there").run("verify")
    assert result.status == slt.CONFIGURATION and "404" in result.err, result
