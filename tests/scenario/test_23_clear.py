# SPDX-License-Identifier: MIT
"""clear: old rows that were sent go, and no other row ever does."""

import datetime
import re

import pytest

import slt
import tables

DAY = datetime.timedelta(days=1)
SENT, UNSENT, NEVER = True, False, None


def ago(days):
    """The point in time so many days ago, as an application writes it."""
    return (datetime.datetime.utcnow() - days * DAY).strftime("%Y-%m-%d %H:%M:%S")


def single_column(db, ddl=None):
    """Keys 1 to 8: sent or not, NULL, of several ages."""
    rows = [
        (1, SENT, 40),
        (2, SENT, 31),
        (3, SENT, 29),
        (4, UNSENT, 40),
        (5, NEVER, 4000),
        (6, SENT, 0),
        (7, SENT, 4000),
        (8, UNSENT, 0),
    ]
    table = tables.SingleColumn(db, ddl)
    return table.fill((key, sent, "{}", ago(days)) for key, sent, days in rows)


def django(db):
    table = tables.Django(db, "empty")
    data = {SENT: '{"is_sent": true, "x": 1}', UNSENT: '{"is_sent": false}', NEVER: None}
    for key, sent, days in (
        (1, SENT, 40),
        (2, SENT, 31),
        (3, SENT, 29),
        (4, UNSENT, 40),
        (5, NEVER, 4000),
        (6, SENT, 0),
        (7, SENT, 4000),
        (8, UNSENT, 0),
    ):
        table.add(key, data[sent])
        db.execute("UPDATE auditlog_logentry SET timestamp = ? WHERE id = ?", (ago(days), key))
    return table


def keys(table):
    return [key for (key,) in table.db.query(f"SELECT id FROM {table.table} ORDER BY id")]


def deleted(result):
    """(deleted, kept) by the last line."""
    match = re.fullmatch(
        slt.PREFIX + r"deleted (\d+), kept (\d+); sent and older than"
        r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; \d+\.\d s, \d+ rows/s",
        result.err.splitlines()[-1],
    )
    assert match, result
    return tuple(map(int, match.groups()))


@pytest.fixture
def clearer(bare):
    """clearer(table): the program set up to clear that table. It needs no search server."""

    def make(table, **settings):
        return bare.with_(DATABASE_URL=table.db.url, **table.settings, **settings)

    return make


@pytest.mark.parametrize("fill", [single_column, django])
def test_only_what_was_sent_and_is_old(db, clearer, fill):
    table = fill(db)
    program = clearer(table)

    looked = program.run("clear", "--dry-run")
    assert looked.status == slt.DONE and looked.out.startswith("3 rows would be deleted: "), looked
    assert keys(table) == [1, 2, 3, 4, 5, 6, 7, 8]

    result = program.run("clear")
    assert result.status == slt.DONE and result.out == "" and deleted(result) == (3, 0), result
    assert keys(table) == [3, 4, 5, 6, 8]

    again = program.run("clear")
    assert again.status == slt.DONE and deleted(again) == (0, 0)
    assert program.run("clear", "--dry-run").out.startswith("0 rows would be deleted: ")


def test_the_table_of_the_readme(db, clearer):
    """No key, no index; two sent rows with one key are two old rows."""
    table = single_column(db, tables.README)
    table.fill([(2, SENT, "{}", ago(50)), (4, SENT, "{}", ago(50))])
    assert deleted(clearer(table, CLEAR_CHUNK_SIZE=2).run("clear")) == (5, 0)
    assert keys(table) == [3, 4, 5, 6, 8]
    left = db.query("SELECT is_sent FROM audit_logs WHERE id = 4")
    assert not left[0][0], "the sent row with this key went, not the other one"


@pytest.mark.parametrize("version", ["2.3", "3.4"])
def test_a_table_in_which_nothing_was_ever_marked(db, clearer, version):
    """That of the Python program: no row has an is_sent of true, so every row stays."""
    table = tables.Django(db, version)
    before = keys(table)
    assert len(before) > 400 and not any(row.marked for row in table.rows())
    assert deleted(clearer(table, DAYS_TO_KEEP=0).run("clear")) == (0, 0)
    assert keys(table) == before


AGES = [
    ({"DAYS_TO_KEEP": 35}, (), [2, 3, 4, 5, 6, 8]),
    ({"DAYS_TO_KEEP": 100000}, (), [1, 2, 3, 4, 5, 6, 7, 8]),
    ({"DAYS_TO_KEEP": 1}, ("--older-than", "30d"), [3, 4, 5, 6, 8]),
    ({}, ("--older-than", "30"), [3, 4, 5, 6, 8]),
    ({}, ("--older-than", "1h"), [4, 5, 6, 8]),
    ({}, ("--older-than", "936h"), [2, 3, 4, 5, 6, 8]),
]


@pytest.mark.parametrize("settings, options, left", AGES)
def test_how_old(sqlite, clearer, settings, options, left):
    table = single_column(sqlite)
    result = clearer(table, **settings).run("clear", *options)
    assert result.status == slt.DONE and keys(table) == left, result


@pytest.mark.parametrize("age", ["", "d", "-1", "1w", "1 d", "1.5d", "100001d", "1hh"])
def test_an_age_that_is_none(sqlite, clearer, age):
    table = single_column(sqlite)
    result = clearer(table).run("clear", "--older-than", age)
    assert result.status == slt.USAGE and "days (30d) or hours (12h)" in result.err, result
    assert len(keys(table)) == 8


def test_switched_off(sqlite, clearer):
    table = single_column(sqlite)
    for arguments in ((), ("--dry-run",), ("--older-than", "0")):
        result = clearer(table, CLEAR_AUDIT_LOG_ENTRIES="False").run("clear", *arguments)
        assert result.status == slt.DONE and "CLEAR_AUDIT_LOG_ENTRIES is False" in result.err
    assert len(keys(table)) == 8


def test_in_batches_of_their_own(db, clearer):
    """45 old rows in transactions of 10, whatever lies between."""
    table = tables.SingleColumn(db)
    table.fill((i, i % 2 == 0, "{}", ago(40)) for i in range(90))
    transactions = db.count_marks("audit_logs", ["DELETE"])
    result = clearer(table, CLEAR_CHUNK_SIZE=10).run("clear")
    assert deleted(result) == (45, 0)
    assert transactions() == 5
    assert keys(table) == [i for i in range(90) if i % 2]


def forbid(db):
    """The database keeps row 2."""
    if db.kind == "sqlite":
        db.script(
            "CREATE TRIGGER keep BEFORE DELETE ON audit_logs WHEN old.id = 2"
            " BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
    else:
        db.script(
            "CREATE TABLE about (id bigint REFERENCES audit_logs (id))"
            if db.kind == "postgresql"
            else "CREATE TABLE about (id bigint, FOREIGN KEY (id) REFERENCES audit_logs (id))"
        )
        db.execute("INSERT INTO about VALUES (2)")


def test_a_row_that_the_database_keeps(db, clearer):
    table = single_column(db)
    forbid(db)
    result = clearer(table).run("clear")
    assert result.status == slt.SET_ASIDE and deleted(result) == (2, 1), result
    assert len(result.warnings(2)) == 1 and "kept: " in result.warnings(2)[0]
    assert keys(table) == [2, 3, 4, 5, 6, 8]


ODD_TIMES = [None, "yesterday", 1e300, "2026-13-01 00:00:00", "", b"2020-01-01 00:00:00\xff"]


def test_times_that_cannot_be_read(sqlite, clearer):
    """SQLite takes anything in a column of times; such rows are never old, and are told."""
    table = tables.SingleColumn(sqlite)
    table.fill((i, SENT, "{}", at) for i, at in enumerate(ODD_TIMES, 1))
    table.fill(
        [(50, SENT, "{}", "2020-01-01T00:00:00Z"), (51, SENT, "{}", "2020-01-01 02:00:00+02:00")]
    )
    result = clearer(table).run("clear")
    assert result.status == slt.DONE and "6 sent rows have no time" in result.err, result
    assert keys(table) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("kind, type_", [("postgresql", "text"), ("mysql", "varchar(40)")])
def test_a_column_that_holds_no_times(make_database, clearer, kind, type_):
    """Compared as text, 01.12.2026 would be older than 2026."""
    db = make_database(kind)
    table = tables.SingleColumn(
        db,
        {
            kind: f"CREATE TABLE audit_logs (id int PRIMARY KEY, is_sent boolean, message json, created_at {type_})"
        },
    )
    table.fill([(1, SENT, "{}", "01.12.2026")])
    result = clearer(table).run("clear")
    assert result.status == slt.CONFIGURATION and "is no time" in result.err.replace(
        "which is", "is"
    ), result
    assert keys(table) == [1]


def test_beside_a_run_that_sends(db, clearer, sink, program):
    """The run is waiting for a reply: clear neither waits for it nor disturbs it."""
    table = single_column(db)
    db.execute("DELETE FROM audit_logs WHERE id > 3 AND id < 6")
    table.add(60, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})
    table.add(61, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}})

    def clear(_):
        result = clearer(table).run("clear")
        assert result.status == slt.DONE and deleted(result) == (3, 0), result

    sink.script.append(clear)
    result = program(db, sink, sink, **table.settings).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=2, refused=1), result
    assert keys(table) == [3, 6, 8, 60, 61]


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "mariadb"])
def test_an_account_that_may_not_delete(make_database, clearer, kind):
    db = make_database(kind)
    table = single_column(db)
    with db.role() as (role, url):
        db.execute(f"GRANT SELECT, UPDATE ON audit_logs TO {role}")
        result = clearer(table).with_(DATABASE_URL=url).run("clear")
        assert result.status == slt.CONFIGURATION and " denied " in result.err, result
        assert len(keys(table)) == 8
        assert clearer(table).with_(DATABASE_URL=url).run("clear", "--dry-run").status == slt.DONE


def test_rows_that_change_while_it_runs(sqlite, clearer):
    """The keys of many transactions are read at once; each DELETE looks at its rows again."""
    table = single_column(sqlite, tables.README)
    sqlite.script(
        "CREATE TRIGGER change AFTER DELETE ON audit_logs WHEN old.id = 1 BEGIN"
        " UPDATE audit_logs SET is_sent = 0 WHERE id = 2;"
        " UPDATE audit_logs SET created_at = datetime('now') WHERE id = 7; END"
    )
    assert deleted(clearer(table, CLEAR_CHUNK_SIZE=1).run("clear")) == (1, 0)
    assert keys(table) == [2, 3, 4, 5, 6, 7, 8]


def test_a_stop_between_two_transactions(sqlite, clearer):
    table = tables.SingleColumn(sqlite)
    table.fill((i, SENT, "{}", ago(40)) for i in range(5000))
    running = clearer(table, CLEAR_CHUNK_SIZE=1).start("clear")
    slt.until(lambda: len(keys(table)) < 4990, "the first rows are gone")
    running.signal()
    result = running.result()
    gone, kept = deleted(result)
    assert result.status == slt.STOPPED and kept == 0, result
    assert 0 < len(keys(table)) == 5000 - gone
