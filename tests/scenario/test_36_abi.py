# SPDX-License-Identifier: MIT
"""Facades as they were built against each minor of the ABI, from the headers that are kept, work with the program of today;
and one in C++."""

import json
import re
from pathlib import Path

import pytest

import modules
import slt

TESTS = Path(__file__).resolve().parents[1]
KEPT = sorted(path.parent for path in (TESTS / "abi").glob("*/slt"))
DDL = {
    "sqlite": "CREATE TABLE kept (id integer PRIMARY KEY, at timestamp, kind text, n numeric, flag boolean, data json,"
    " sent boolean, sent_at timestamp)",
    "postgresql": "CREATE TABLE kept (id bigint PRIMARY KEY, at timestamptz, kind text, n numeric, flag boolean, data json,"
    " sent boolean, sent_at timestamptz)",
    "mysql": "CREATE TABLE kept (id bigint PRIMARY KEY, at datetime(6), kind text, n decimal(10, 2), flag boolean, data json,"
    " sent boolean, sent_at datetime(6))",
}


def header_number(name):
    text = (TESTS.parent / "sdk/slt/facade.h").read_text(encoding="utf-8")
    return int(re.search(rf"^#define {name} (\d+)$", text, flags=re.M)[1])


def test_every_minor_is_kept():
    major = header_number("SLT_ABI_MAJOR")
    minors = range(header_number("SLT_ABI_MINOR") + 1)
    assert [path.name for path in KEPT] == [f"{major}.{minor}" for minor in minors]


@pytest.mark.parametrize("kept", KEPT, ids=[path.name for path in KEPT])
def test_a_facade_of_that_time(kept, db, bare, tmp_path):
    source = TESTS / "abi/kept.c"
    modules.build(source, tmp_path / "kept.so", "-std=c99", cflags=[f"-I{kept}"])
    db.script(DDL[db.dialect])
    rows = [
        (
            1,
            "2026-10-01 06:00:00.250000",
            "door",
            "1.50",
            True,
            '{"x": [1], "y": 2.50}',
            False,
            None,
        ),
        (2, "2026-10-01 06:00:01", "door", None, None, None, None, None),
        (3, "2026-10-01 06:00:02", "window", "1", False, "{}", False, None),
        (4, "2026-10-01 06:00:03", "door", "1", False, "{}", True, "2026-10-01 06:15:00"),
    ]
    db.many("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    program = bare.with_(SLT_FACADE_PATH=tmp_path, AUDIT_LOGGER_TYPE="KEPT", DATABASE_URL=db.url)
    result = program.run("-v", "preview")
    assert result.status == slt.DONE and "facade kept: open with 3 settings" in result.err, result
    first, second = map(json.loads, result.out.splitlines())
    assert first == {
        "@timestamp": "2026-10-01T06:00:00.250000+00:00",
        "kept": {
            "id": "1",
            "name": "door-kept",
            "n": 1.5,
            "flag": True,
            "data": {"x": [1], "y": 2.5},
            "x": [1],
            "all": [False, False],
            "members": {"y": 2.5},
        },
    }
    nothing = {
        "n": None,
        "flag": False,
        "data": None,
        "x": None,
        "all": [True, True],
        "members": {},
    }
    assert second["kept"] == {"id": "2", "name": "door-kept", **nothing}
    tested = program.run("facade-test", tmp_path / "kept.so", "--database", db.url)
    assert tested.status == slt.DONE and "its own check finds nothing wrong" in tested.out, tested


def test_a_facade_in_cpp(sqlite, bare, tmp_path):
    """The example that facade.h begins with."""
    header = (TESTS.parent / "sdk/slt/facade.h").read_text(encoding="utf-8")
    example = re.search(r" \* The smallest facade:\n(.*?)\n \*\n \* built as", header, flags=re.S)[
        1
    ]
    source = tmp_path / "my_events.cpp"
    source.write_text(re.sub(r"^ \*( {6})?", "", example, flags=re.M) + "\n", encoding="utf-8")
    modules.build(source, tmp_path / "my_events.so", strict=modules.STRICT_CPP)
    sqlite.script(
        "CREATE TABLE events (id integer PRIMARY KEY, at timestamp, what text, sent boolean)"
    )
    sqlite.many(
        "INSERT INTO events VALUES (?, ?, ?, ?)",
        [(n, "2026-10-01 06:00:00", "door", 0) for n in (1, 2)],
    )
    program = bare.with_(
        SLT_FACADE_PATH=tmp_path, AUDIT_LOGGER_TYPE="MY_EVENTS", DATABASE_URL=sqlite.url
    )
    shown = program.run("preview")
    document = '{"@timestamp":"2026-10-01T06:00:00+00:00","what":"door"}\n'
    assert shown.status == slt.DONE and shown.out == 2 * document, shown
    tested = program.run("facade-test", tmp_path / "my_events.so", "--database", sqlite.url)
    assert tested.status == slt.DONE, tested
