# SPDX-License-Identifier: MIT
"""Rows that cannot be sent: each is set aside with its key, and the good ones before, between
and after it get through."""

import itertools

import pytest

import checks
import slt
import tables
from search import each_product

TIME = '"date_time": "2026-03-01T06:00:00Z"'
GOOD = f'{{"audit_event": {{{TIME}, "n": 1}}}}'

# Refused by the facade, on any database that takes the text.
REFUSED = {
    "no time": '{"audit_event": {"CANARY": 1}}',
    "no parent": '{"CANARY": 1}',
    "parent is no object": '{"audit_event": "CANARY"}',
    "null": '{"audit_event": {"date_time": null}}',
    "boolean": '{"audit_event": {"date_time": true}}',
    "object": '{"audit_event": {"date_time": {"CANARY": 1}}}',
    "array": '{"audit_event": {"date_time": ["CANARY"]}}',
    "root is an array": f"[{GOOD}]",
    "root is a string": '"CANARY"',
    "root is null": "null",
    "no message": None,
}
# SQLite keeps any text, and any bytes, in a JSON column.
REFUSED_ON_SQLITE = {
    "empty": "",
    "cut": GOOD[:-1],
    "two values": GOOD + GOOD,
    "rubbish": "CANARY",
    "single quotes": GOOD.replace('"', "'"),
    "line break in a string": f'{{"audit_event": {{{TIME}, "m": "CANARY\n{{}}"}}}}',
    "byte order mark": "\ufeff" + GOOD,
    "NUL": f'{{"audit_event": {{{TIME}, "m": "CANARY\0"}}}}',
    "NUL behind": GOOD + "\0",
    "NaN": GOOD.replace("1}", "NaN}"),
    "leading zero": GOOD.replace("1}", "01}"),
    "trailing comma": GOOD.replace("1}", "1,}"),
    "not UTF-8": GOOD.encode().replace(b"1}", b'"\xff"}'),
    "overlong UTF-8": GOOD.encode().replace(b"1}", b'"\xc0\xaf"}'),
    "surrogate in UTF-8": GOOD.encode().replace(b"1}", b'"\xed\xa0\x80"}'),
    "too deep": GOOD.replace("1}", "[" * 2000 + "]" * 2000 + "}"),
}
# Refused by the real index.
REJECTED = {
    "not a number": GOOD.replace("1}", '"CANARY"}'),
    "not a date": GOOD.replace("2026-03-01T", "CANARY"),
}
TWICE = {"twice": GOOD.replace('"n": 1', '"n": 1, "n": 2')}
REJECTION = {
    "opensearch": "mapper_parsing_exception",
    "elasticsearch": "document_parsing_exception",
}


def fill(table, poison, good=2):
    """Good rows before, between and after; returns the keys of the poison rows by name."""
    numbers, keys = itertools.count(1), {}

    def add_good():
        for _ in range(good):
            table.add(next(numbers), GOOD)

    add_good()
    for name, message in poison.items():
        keys[name] = next(numbers)
        table.add(keys[name], message)
        add_good()
    return keys


@pytest.fixture
def mapped(index):
    """An index that knows what it wants."""
    return index.create(
        **{"@timestamp": {"type": "date"}, "audit_event": {"properties": {"n": {"type": "long"}}}}
    )


@each_product
@pytest.mark.parametrize("ddl", [tables.USUAL, tables.README], ids=["usual", "readme"])
@pytest.mark.parametrize("chunk", [500, 3])
def test_each_is_set_aside_by_itself(db, search, mapped, program, ddl, chunk):
    table = tables.SingleColumn(db, ddl)
    # Elsewhere the database keeps the last of two members.
    rejected = {**REJECTED, **TWICE} if db.kind in tables.KEEPS_TEXT else REJECTED
    keys = fill(table, {**REFUSED, **rejected})
    good = 2 * (len(keys) + 1)

    result = program(db, mapped, mapped, **table.settings, CHUNK_SIZE=chunk).run("-v", "send")

    assert result.status == slt.SET_ASIDE, result
    assert (
        result.counted(sent=good, refused=len(REFUSED), rejected=len(rejected))
        and not result.summary["more"]
    )
    assert len(checks.only_unmarked(table, mapped, keys.values())) == good
    for name, key in keys.items():
        kind = f"rejected: 400 {REJECTION[search]}" if name in rejected else "refused: "
        assert [kind in line for line in result.warnings(key)] == [True], (name, key, result)
    assert "CANARY" not in result.err + result.out


def test_bytes_that_are_no_json_on_sqlite(sqlite, sink, program):
    table = tables.SingleColumn(sqlite, tables.TEXT_KEY)
    keys = fill(table, REFUSED_ON_SQLITE, good=1)
    sqlite.execute("UPDATE audit_logs SET message = CAST(message AS TEXT)")
    result = program(sqlite, sink, sink, **table.settings).send()
    assert result.status == slt.SET_ASIDE and result.counted(
        sent=len(keys) + 1, refused=len(keys)
    ), result
    assert len(checks.only_unmarked(table, sink, keys.values())) == len(keys) + 1
    assert (
        all("refused: " in result.warnings(key)[0] for key in keys.values())
        and "CANARY" not in result.err
    )


def test_what_looks_like_poison_and_is_none(sqlite, sink, program):
    """Valid JSON, whatever an index may think of it later."""
    table = tables.SingleColumn(sqlite)
    fine = [
        '"\\u0000"',
        '"\\ud800"',
        "[" * 500 + "]" * 500,
        '"' + "x" * 100_000 + '"',
        "1e999",
        '{"": {"": null}}',
        '"\x7f\u2028"',
    ]
    for key, value in enumerate(fine):
        table.add(key, GOOD.replace("1}", value + "}"))
    table.add(100, "\r\n\t " + GOOD.replace(",", "\n,\r\n") + " \n")
    table.add(101, GOOD.replace('"2026-03-01T06:00:00Z"', "1772344800.25e3"))
    table.add(102, GOOD.replace('"date_time"', '"\\u0064ate_time"'))
    result = program(sqlite, sink, sink, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=len(fine) + 3), result
    assert checks.delivered(table, sink) == len(fine) + 3


@pytest.mark.parametrize(
    "message, count", [('{"a": 1}', "refused"), (GOOD.replace("1}", '"x"}'), "rejected")]
)
def test_more_poison_than_a_batch(db, mapped, program, message, count):
    """It does not count toward BATCH_SIZE; at most 20 rows of a kind are named."""
    table = tables.SingleColumn(db)
    table.fill([(key, False, message if key <= 60 else GOOD, "2026-03-01") for key in range(1, 91)])
    sender = program(db, mapped, mapped, **table.settings, BATCH_SIZE=20, CHUNK_SIZE=10)
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=20, **{count: 60}), result
    assert result.summary["more"] is True
    named = [key for key in range(1, 61) if result.warnings(key)]
    assert len(named) == 20 and result.err.count(f": {count}: ") == 20
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=10, **{count: 60}), result
    assert checks.only_unmarked(table, mapped, range(1, 61)) == [str(key) for key in range(61, 91)]


@each_product
def test_when_the_index_rejects_everything_it_is_the_configuration(db, search, mapped, program):
    """All rows are tried all the same, and the error is named."""
    table = tables.SingleColumn(db)
    for key in range(1, 31):
        table.add(key, REJECTED["not a number"])
    result = program(db, mapped, mapped, **table.settings, CHUNK_SIZE=10).send()
    assert result.status == slt.CONFIGURATION and result.counted(rejected=30), result
    assert REJECTION[search] in result.err
    checks.untouched(table, mapped)


@each_product
def test_reasons_are_shown_when_asked_for(sqlite, mapped, program):
    table = tables.SingleColumn(sqlite)
    keys = fill(table, REJECTED)
    result = program(sqlite, mapped, mapped, **table.settings).send("--show-reasons")
    assert (
        result.status == slt.SET_ASIDE and "CANARY" in result.warnings(keys["not a number"])[0]
    ), result


@each_product
def test_keys_that_cannot_be_an_id(db, index, program):
    """An _id has at most 512 bytes, and is not empty: an empty one would make the index refuse
    the whole request."""
    table = tables.SingleColumn(db, tables.TEXT_KEY)
    bad = ["", "x" * 513, "ä" * 256 + "x", "y" * tables.LONGEST_KEY[db.dialect]]
    for key in ["a", *bad, "w" * 512, "z"]:
        table.add(key, GOOD)
    result = program(db, index, index, **table.settings).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=3, refused=4), result
    assert len(checks.only_unmarked(table, index, bad)) == 3
    assert max(map(len, result.err.splitlines())) < 2000, "a key is named, not poured out"


def test_the_prefix_counts_towards_the_length(sqlite, sink, program):
    table = tables.SingleColumn(sqlite, tables.TEXT_KEY).add("x" * 508, GOOD).add("y" * 509, GOOD)
    result = program(sqlite, sink, sink, **table.settings, DOCUMENT_ID_PREFIX="pre-").send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=1, refused=1), result
    assert checks.only_unmarked(table, sink, ["y" * 509], prefix="pre-") == ["x" * 508]


@pytest.mark.parametrize("key", ["CAST(x'62ff' AS TEXT)", "x'62'", "2.5", "1e300"])
def test_keys_that_are_neither_integer_nor_text(sqlite, sink, program, key):
    """SQLite keeps anything in any column."""
    ddl = {"sqlite": tables.TEXT_KEY["sqlite"].replace("id text PRIMARY KEY", "id")}
    table = tables.SingleColumn(sqlite, ddl).add("a", GOOD).add("c", GOOD)
    sqlite.execute(f"INSERT INTO audit_logs VALUES ({key}, 0, ?, NULL)", (GOOD,))
    result = program(sqlite, sink, sink, **table.settings).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=2, refused=1), result
    assert sqlite.query("SELECT count(*) FROM audit_logs WHERE is_sent") == [(2,)]
    assert set(sink.documents()) == {"a", "c"}


def test_rows_without_a_key(db, sink, program):
    table = (
        tables.SingleColumn(db, tables.README)
        .add(1, GOOD)
        .add(None, GOOD)
        .add(2, GOOD)
        .add(None, GOOD)
    )
    result = program(db, sink, sink, **table.settings).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=2, refused=2), result
    assert checks.only_unmarked(table, sink, [None, None]) == ["1", "2"]


@pytest.mark.parametrize("chunk", [500, 10, 1])
@pytest.mark.parametrize("twins", [2, 25])
def test_unsent_rows_with_the_same_key(db, sink, program, twins, chunk):
    """On the README's table, where chunks have 64 times CHUNK_SIZE rows. Whether the border of one is
    between them makes no difference."""
    table = tables.SingleColumn(db, tables.README)
    for key in (*range(1, 64), *[64] * twins, *range(65, 74)):
        table.add(key, GOOD)
    result = program(db, sink, sink, **table.settings, CHUNK_SIZE=chunk).send()
    assert (
        result.status == slt.SET_ASIDE
        and result.summary["sent"] == 72
        and result.summary["refused"] >= 1
    ), result
    assert len(checks.only_unmarked(table, sink, [64] * twins)) == 72
    assert result.warnings(64) and "not unique" in result.warnings(64)[0]


def test_a_sent_twin_is_no_harm(db, sink, program):
    table = tables.SingleColumn(db, tables.README).add(1, GOOD).add(2, GOOD)
    db.execute(
        "INSERT INTO audit_logs SELECT 2, ?, message, created_at FROM audit_logs WHERE id = 1",
        (True,),
    )
    result = program(db, sink, sink, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=2), result
    assert {row.marked for row in table.rows()} == {True} and set(sink.documents()) == {"1", "2"}


BLIND = {"sqlite": "NOCASE", "postgresql": "relaxed", "mysql": "utf8mb4_general_ci"}


def test_keys_that_only_the_database_takes_for_equal(db, sink, program):
    """A column that does not mind the case: marking `abc` must not mark `ABC`, which was never
    sent."""
    if db.kind == "postgresql":
        db.script(
            "CREATE COLLATION relaxed (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    ddl = tables.README[db.dialect].replace("id int", f"id text COLLATE {BLIND[db.dialect]}")
    table = tables.SingleColumn(db, {db.dialect: ddl})
    table.add("aaa", GOOD).add("abc", GOOD).add("ABC", '{"a": 1}').add("b", GOOD)
    result = program(db, sink, sink, **table.settings).send()
    assert result.status == slt.SET_ASIDE, result
    marked, unmarked = checks.settled(table, sink)
    assert {"aaa", "b"} <= set(marked) and "ABC" in unmarked
