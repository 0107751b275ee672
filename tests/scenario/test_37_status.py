# SPDX-License-Identifier: MIT
"""How many rows wait, and since when."""

import time

import pytest

import slt
import tables


def test_counts_and_age(db, program, sink):
    table = tables.SingleColumn(db).generate(60)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=20)
    sender.send("--limit", 20)
    first = min(db.query("SELECT created_at FROM audit_logs WHERE id > 20"))[0]
    result = sender.run("status", "--json")
    assert result.status == slt.DONE and result.err == "", result
    shown = result.json
    assert (shown["unsent"], shown["sent"], shown["without_key"]) == (40, 20, 0)
    assert shown["held_back"] is None
    assert shown["oldest_unsent"][:19].replace("T", " ") == str(first)[:19]
    oldest = time.mktime(time.strptime(str(first)[:19], "%Y-%m-%d %H:%M:%S")) - time.timezone
    assert abs(time.time() - oldest - shown["oldest_unsent_seconds"]) < 5
    lines = sender.run("status").out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["unsent", "40"], ["sent", "20"]]
    assert lines[2].split()[1] == shown["oldest_unsent"] + "," and lines[2].endswith(" d ago")
    requests = len(sink.requests)
    sender.run("status")
    assert len(sink.requests) == requests, "the search server is not asked"


def test_nothing_waits(db, program, sink):
    table = tables.SingleColumn(db).generate(20)
    sender = program(db, sink, sink, **table.settings)
    assert sender.send().counted(sent=20)
    shown = sender.run("status", "--json").json
    assert (shown["unsent"], shown["sent"]) == (0, 20)
    assert shown["oldest_unsent"] is None and shown["oldest_unsent_seconds"] is None
    assert sender.run("status").out == "unsent       0\nsent         20\n"


def test_rows_without_a_key(db, program, sink):
    table = tables.SingleColumn(db, tables.README)
    table.add(1, {"audit_event": {"date_time": "2026-03-01"}}).add(None, {}).add(None, {})
    shown = program(db, sink, sink, **table.settings).run("status")
    assert shown.out.splitlines()[:2] == [
        "unsent       1",
        "without key  2, which cannot be sent",
    ], shown


@pytest.mark.parametrize("version", ["2.3", "3.4"])
def test_entries_of_django_auditlog(db, version, program, sink):
    table = tables.Django(db, version)
    sender = program(db, sink, sink, **table.settings)
    sender.send("--limit", 100)
    shown = sender.run("status", "--json").json
    assert (shown["sent"], shown["unsent"]) == (100, len(table.additional_data()) - 100)
    assert shown["oldest_unsent"].startswith("2026-")


def test_rows_that_the_quarantine_holds_back(db, program, sink):
    table = tables.SingleColumn(db).generate(5)
    table.add(7, {"audit_event": {}})
    sender = program(db, sink, sink, **table.settings, QUARANTINE_TABLE="kept_back")
    assert sender.run("status").status == slt.CONFIGURATION
    sender.run("setup")
    assert sender.send().counted(sent=5, refused=1)
    assert sender.run("status", "--json").json["held_back"] == 1
    assert "held back    1 of them, by the quarantine" in sender.run("status").out


def test_a_database_that_is_not_there(bare, free_port):
    for url in (f"postgresql://a@127.0.0.1:{free_port}/b", f"mysql://a@127.0.0.1:{free_port}/b"):
        result = bare.with_(DATABASE_URL=url).run("status")
        assert result.status == slt.UNAVAILABLE and not result.out, result
