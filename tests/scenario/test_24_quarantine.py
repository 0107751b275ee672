# SPDX-License-Identifier: MIT
"""QUARANTINE_TABLE: a row that was set aside is listed there, and is not met again until somebody
lets it back in."""

import contextlib
import json
import re
from typing import NamedTuple

import pytest

import checks
import slt
import tables
from gateway import bulk_reply, item
from search import each_product

TIME = '"date_time": "2026-03-01T06:00:00Z"'
GOOD = f'{{"audit_event": {{{TIME}, "n": 1}}}}'
REFUSED = '{"audit_event": {"CANARY": 1}}'
REJECTED = GOOD.replace("1}", '"CANARY"}')
HELD = "held_rows"
REJECTION = {
    "opensearch": "mapper_parsing_exception",
    "elasticsearch": "document_parsing_exception",
}


class Entry(NamedTuple):
    seen: int
    status: int
    type: str
    released: bool


def plain(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def entries(db, table=HELD):
    """What the quarantine holds: (log table without its schema, key) -> Entry."""
    found = db.query(f"SELECT log_table, log_key, seen, status, error_type, released FROM {table}")
    return {
        (plain(name).split(".")[-1], plain(key)): Entry(seen, status, what, bool(released))
        for name, key, seen, status, what, released in found
    }


def keys(db, log_table="audit_logs"):
    """The keys of the rows that it holds back."""
    return {
        key
        for (name, key), entry in entries(db).items()
        if name == log_table and not entry.released
    }


def mend(db, key, message=GOOD):
    db.execute("UPDATE audit_logs SET message = ? WHERE id = ?", (message, key))


@pytest.fixture
def mapped(index):
    return index.create(
        **{"@timestamp": {"type": "date"}, "audit_event": {"properties": {"n": {"type": "long"}}}}
    )


@pytest.fixture
def bench(bare):
    """bench(table): the program for the commands that need no search server, its quarantine made."""

    def make(table, **settings):
        program = bare.with_(
            DATABASE_URL=table.db.url, **table.settings, QUARANTINE_TABLE=HELD, **settings
        )
        result = program.run("setup")
        assert result.status == slt.DONE, result
        return program

    return make


@pytest.fixture
def sending(bench):
    """sending(table, server, index): the program set up to send, its quarantine made."""

    def make(table, server, index, **settings):
        target = slt.search_settings(server.url, index.name)
        return bench(table).with_(**target, **settings)

    return make


def listed(program):
    return program.run("quarantine", "list", "--json").json


# ---------------------------------------------------------------- the main story


@each_product
@pytest.mark.parametrize("ddl", [tables.USUAL, tables.README], ids=["usual", "readme"])
def test_more_bad_rows_than_a_batch_are_met_once(db, search, mapped, proxy, sending, ddl):
    """Beside good ones; the index itself rejects half of them."""
    table = tables.SingleColumn(db, ddl)
    bad = {key: REFUSED if key % 2 else REJECTED for key in range(11, 111)}
    table.fill((key, False, bad.get(key, GOOD), "2026-03-01") for key in range(1, 131))
    sender = sending(table, proxy, mapped, BATCH_SIZE=20, CHUNK_SIZE=15)

    first = sender.send()
    assert first.status == slt.SET_ASIDE, first
    assert first.counted(sent=20, refused=50, rejected=50) and first.summary["more"], first
    assert entries(db) == {
        ("audit_logs", str(key)): Entry(
            1,
            0 if key % 2 else 400,
            "no DATE_TIME_FIELD in DATE_TIME_PARENT_FIELD" if key % 2 else REJECTION[search],
            False,
        )
        for key in bad
    }

    second = sender.send()
    assert second.status == slt.DONE and second.counted(sent=10), second
    assert not second.summary["more"] and "100 rows are in the quarantine" in second.err

    proxy.requests.clear()
    third = sender.send()
    assert third.status == slt.DONE and third.counted() and not third.summary["more"], third
    assert not proxy.requests, "nothing is to be sent, and nothing is asked"
    assert sender.run("-q", "send").err == ""
    assert len(checks.only_unmarked(table, mapped, bad)) == 30


def test_entries_of_django_auditlog(db, index, sending):
    """Another facade, joins, a key that is called otherwise in its SELECT."""
    table = tables.Django(db, "empty")
    for key in range(1, 31):
        table.add(key, None, object_repr="thing" if key in (7, 23) else str(key))
    index.create(audit_event={"properties": {"target": {"type": "long"}}})
    sender = sending(table, index, index, CHUNK_SIZE=10)
    assert sender.send().counted(sent=28, rejected=2)
    assert keys(db, "auditlog_logentry") == {"7", "23"}
    again = sender.send()
    assert again.status == slt.DONE and again.counted(), again
    assert len(checks.only_unmarked(table, index, [7, 23])) == 28


def test_four_lanes(db, mapped, sending):
    table = tables.SingleColumn(db)
    table.fill(
        (key, False, REFUSED if key % 3 == 0 else GOOD, "2026-03-01") for key in range(1, 601)
    )
    sender = sending(table, mapped, mapped, CHUNK_SIZE=20, LANES=4)
    assert sender.send().counted(sent=400, refused=200)
    assert keys(db) == {str(key) for key in range(3, 601, 3)}
    again = sender.send()
    assert again.status == slt.DONE and again.counted(), again
    sender.run("quarantine", "retry")
    for key in range(3, 601, 3):
        mend(db, key)
    assert sender.send().counted(sent=200)
    assert not entries(db) and checks.delivered(table, mapped) == 600


def test_preview_leaves_them_out(db, mapped, sending):
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD).add(3, REJECTED)
    sender = sending(table, mapped, mapped)
    assert sender.run("preview").status == slt.SET_ASIDE
    sender.send()
    table.add(4, GOOD)
    looked = sender.run("preview")
    assert looked.status == slt.DONE and len(looked.out.splitlines()) == 1, looked
    assert keys(db) == {"1", "3"} and checks.only_unmarked(table, mapped, [1, 3, 4]) == ["2"]


def test_rows_without_a_key_cannot_be_listed(db, mapped, sending):
    """They are counted by each run, as ever."""
    table = tables.SingleColumn(db, tables.README).add(1, GOOD).add(None, GOOD).add(2, REFUSED)
    sender = sending(table, mapped, mapped)
    assert sender.send().counted(sent=1, refused=2)
    again = sender.send()
    assert again.status == slt.SET_ASIDE and again.counted(refused=1), again
    assert keys(db) == {"2"} and checks.only_unmarked(table, mapped, [None, 2]) == ["1"]


def test_rows_with_one_key(db, mapped, sending):
    """Neither is sent; they have one entry."""
    table = tables.SingleColumn(db, tables.README)
    for key in (1, 2, 2, 2, 3):
        table.add(key, GOOD)
    sender = sending(table, mapped, mapped)
    assert sender.send().counted(sent=2, refused=3)
    assert entries(db) == {("audit_logs", "2"): Entry(1, 0, "the key is not unique", False)}
    assert sender.send().status == slt.DONE
    assert checks.only_unmarked(table, mapped, [2, 2, 2]) == ["1", "3"]


def test_when_the_index_rejects_everything(db, mapped, sending):
    """It is the configuration, and the way back is told."""
    table = tables.SingleColumn(db)
    for key in range(1, 31):
        table.add(key, REJECTED)
    sender = sending(table, mapped, mapped, CHUNK_SIZE=10)
    result = sender.run("-q", "send")
    assert result.status == slt.CONFIGURATION and "quarantine retry lets them in" in result.err
    assert len(keys(db)) == 30
    for key in range(1, 31):
        mend(db, key)
    assert "released 30" in sender.run("quarantine", "retry").err
    assert sender.send().counted(sent=30)
    assert not entries(db) and checks.delivered(table, mapped) == 30


# ---------------------------------------------------------------- letting back in


def test_a_row_that_was_mended(db, mapped, sending):
    table = tables.SingleColumn(db)
    for key in range(1, 11):
        table.add(key, REFUSED if key in (3, 4, 5) else GOOD)
    sender = sending(table, mapped, mapped)
    sender.send()
    mend(db, 3)
    mend(db, 4)
    assert sender.send().counted(), "mending alone does not let it in"

    released = sender.run("quarantine", "retry", "3")
    assert released.status == slt.DONE and "released 1" in released.err, released
    assert [entry["released"] for entry in listed(sender)] == [True, False, False]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=1), result
    assert keys(db) == {"4", "5"} and len(entries(db)) == 2
    assert len(checks.only_unmarked(table, mapped, [4, 5])) == 8


def test_a_row_that_is_still_bad(db, mapped, sending):
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, REJECTED).add(3, GOOD)
    sender = sending(table, mapped, mapped)
    sender.send()
    before = {entry["key"]: entry for entry in listed(sender)}
    assert "released 2" in sender.run("quarantine", "retry").err
    mend(db, 1, REJECTED)
    db.execute("DELETE FROM audit_logs WHERE id = 3")
    table.add(4, GOOD)
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=1, rejected=2), result
    assert set(entries(db).values()) == {Entry(2, 400, REJECTION["opensearch"], False)}
    for entry in listed(sender):
        assert entry["first_seen"] == before[entry["key"]]["first_seen"] <= entry["last_seen"]
    assert sender.send().status == slt.DONE
    assert keys(db) == {"1", "2"}


def test_keys_that_are_not_listed(db, mapped, sending):
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD)
    sender = sending(table, mapped, mapped)
    sender.send()
    result = sender.run("quarantine", "retry", "2", "1", "nobody", "--", "-5", "' OR 1=1 --")
    assert result.status == slt.SET_ASIDE and "released 1" in result.err, result
    for key in ("2", "nobody", "-5", "' OR 1=1 --"):
        assert f"row {key}: not in the quarantine of " in result.err
    assert entries(db)["audit_logs", "1"].released
    assert checks.only_unmarked(table, mapped, [1]) == ["2"]


def test_a_limited_run_takes_entries_off_too(db, sink, sending):
    """Not only the sweep at the end of the table does."""
    table = tables.SingleColumn(db)
    for key in range(1, 31):
        table.add(key, REFUSED if key < 6 else GOOD)
    sender = sending(table, sink, sink, BATCH_SIZE=5, CHUNK_SIZE=5)
    sender.send()
    for key in (1, 2, 4):
        mend(db, key)
    sender.run("quarantine", "retry", 1, 2, 3)
    result = sender.send()
    assert result.counted(sent=5, refused=1) and result.summary["more"], result
    assert {key: entry.seen for (_, key), entry in entries(db).items()} == {"3": 2, "4": 1, "5": 1}
    assert keys(db) == {"3", "4", "5"}
    assert len(checks.only_unmarked(table, sink, [3, 4, 5, *range(14, 31)])) == 10


def test_a_row_that_was_deleted_or_marked_by_hand(db, sink, sending):
    """Its entry is swept away once it is released and a run has come to the end."""
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, REFUSED).add(3, REFUSED).add(4, GOOD)
    sender = sending(table, sink, sink)
    sender.send()
    db.execute("DELETE FROM audit_logs WHERE id = 1")
    db.execute("UPDATE audit_logs SET is_sent = ? WHERE id = 2", (True,))
    assert sender.send().status == slt.DONE
    assert keys(db) == {"1", "2", "3"}
    sender.run("quarantine", "retry", "1", "2")
    result = sender.send()
    assert result.status == slt.DONE and result.counted(), result
    assert {key for _, key in entries(db)} == {"3"} == keys(db)
    table.already.add("2")
    assert checks.only_unmarked(table, sink, [3]) == ["4"]


# ---------------------------------------------------------------- crashes and other runs


def test_a_crash_between_mark_and_removal(db, sink, sending):
    """The row is marked and its entry still there: that holds nothing back, and goes."""
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD)
    sender = sending(table, sink, sink)
    sender.send()
    mend(db, 1)
    sender.run("quarantine", "retry", "1")
    if db.kind == "sqlite":  # no lock is of a row: the same end by hand
        assert sender.with_(QUARANTINE_TABLE=None).send().counted(sent=1)
    else:
        with contextlib.closing(db.connect()) as somebody:
            cursor = somebody.cursor()
            cursor.execute("BEGIN")
            cursor.execute(f"SELECT 1 FROM {HELD} WHERE log_key = '1' FOR UPDATE")
            running = sender.start("send")
            slt.until(lambda: all(row.marked for row in table.rows()), "the row is marked")
            running.kill()
            cursor.execute("ROLLBACK")
    assert entries(db) == {
        ("audit_logs", "1"): Entry(1, 0, entries(db)["audit_logs", "1"].type, True)
    }
    table.add(3, GOOD)
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=1), result
    assert not entries(db) and checks.delivered(table, sink) == 3


def test_a_crash_before_the_rows_are_listed(server_db, sink, sending):
    """The good ones are marked; the next run meets the bad ones once more."""
    db = server_db
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD)
    sender = sending(table, sink, sink)

    def lock(request):  # after the program has tried whether it may write there
        cursor.execute("BEGIN")
        cursor.execute(
            f"LOCK TABLE {HELD} IN EXCLUSIVE MODE" if db.kind == "postgresql" else lock_row
        )

    lock_row = f"SELECT 1 FROM {HELD} FOR UPDATE"
    with contextlib.closing(db.connect()) as somebody:
        cursor = somebody.cursor()
        if db.kind != "postgresql":
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        sink.script = [lock]
        running = sender.start("send")
        slt.until(lambda: dict(enumerate(table.rows()))[1].marked, "the good row is marked")
        running.kill()
        cursor.execute("ROLLBACK")
    assert not entries(db)
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(refused=1), result
    assert keys(db) == {"1"} and checks.only_unmarked(table, sink, [1]) == ["2"]


def test_nothing_is_open_while_http_waits(db, sink, sending):
    """Law 7: the application and an operator write into both tables meanwhile."""
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD).add(3, REFUSED)
    sender = sending(table, sink, sink, CHUNK_SIZE=2)
    sender.send()

    def write(request):
        with contextlib.closing(db.connect()) as somebody:
            cursor = somebody.cursor()
            cursor.execute(f"UPDATE {HELD} SET seen = seen + 10")
            cursor.execute("UPDATE audit_logs SET created_at = created_at")
            if db.kind == "postgresql":
                cursor.execute("COMMIT")

    table.add(4, GOOD)
    sender.run("quarantine", "retry", "3")
    sink.script = [write]
    assert sender.send().counted(sent=1, refused=1)
    found = {key: entry.seen for (_, key), entry in entries(db).items()}
    assert found["1"] == 11 and found["3"] == 12
    assert checks.only_unmarked(table, sink, [1, 3]) == ["2", "4"]


def test_an_index_that_is_down(db, sink, sending):
    """What is left for a passing reason is no case for the quarantine."""
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD).add(3, GOOD)
    sender = sending(table, sink, sink)
    failed = [lambda request: bulk_reply([item(key, 503, "busy") for key in request.ids])] * 50
    sink.script = list(failed)
    result = sender.send()
    assert result.status in (slt.STOPPED, slt.UNAVAILABLE) and result.summary["left"] == 2, result
    assert keys(db) <= {"1"}
    sink.script = []
    assert sender.send().summary["sent"] == 2
    assert keys(db) == {"1"} and checks.only_unmarked(table, sink, [1]) == ["2", "3"]


def test_conflicts_are_not_listed(db, sink, sending):
    """They are met again: it is the index that can change."""
    table = tables.SingleColumn(db).add(1, GOOD).add(2, GOOD)
    sink.stored["1"] = '{"other": 1}'
    sender = sending(table, sink, sink)
    for _ in range(2):
        assert sender.send().status == slt.SET_ASIDE
    assert not entries(db)
    del sink.stored["1"]
    assert sender.send().counted(sent=1)
    assert checks.delivered(table, sink) == 2


def test_a_row_whose_mark_the_database_refuses(postgres, sink, sending):
    table = tables.SingleColumn(postgres).generate(20)
    postgres.execute("ALTER TABLE audit_logs ADD CONSTRAINT seven CHECK (id <> 7) NOT VALID")
    sender = sending(table, sink, sink)
    assert sender.send().counted(sent=19, refused=1)
    assert entries(postgres) == {
        ("audit_logs", "7"): Entry(1, 0, "the database refuses its mark", False)
    }
    again = sender.send()
    assert again.status == slt.DONE and again.counted(), again
    postgres.execute("ALTER TABLE audit_logs DROP CONSTRAINT seven")
    sender.run("quarantine", "retry", "7")
    del sink.stored["7"]  # the sink cannot be asked for what it holds
    assert sender.send().counted(sent=1)
    assert not entries(postgres) and checks.delivered(table, sink) == 20


# ---------------------------------------------------------------- keys

ODD_KEYS = [
    "it's",
    'say "x"',
    "a`b\\c%d_?$1:e{f}",
    "日本語 🎉",
    "'; DROP TABLE held_rows; --",
    " ",
    "x" * 512,
    "ä" * 256,
]


def test_odd_keys(db, mapped, sending):
    table = tables.SingleColumn(db, tables.TEXT_KEY)
    for key in [*ODD_KEYS, "good"]:
        table.add(key, GOOD if key == "good" else REFUSED)
    sender = sending(table, mapped, mapped)
    assert sender.send().counted(sent=1, refused=len(ODD_KEYS))
    assert keys(db) == set(ODD_KEYS) == {entry["key"] for entry in listed(sender)}
    assert sender.send().status == slt.DONE
    for key in ODD_KEYS:
        mend(db, key)
    result = sender.run("quarantine", "retry", "--", *ODD_KEYS)
    assert result.status == slt.DONE and f"released {len(ODD_KEYS)}" in result.err, result
    assert sender.send().counted(sent=len(ODD_KEYS))
    assert not entries(db) and checks.delivered(table, mapped) == len(ODD_KEYS) + 1


def test_keys_that_differ_little(db, sink, sending):
    """In blanks, case, composition: the one is bad, the others are not held back by it. Where the
    column itself takes two of them for one, only one of them is there."""
    alike = ["key", "KEY", "key ", "kéy", "ke\u0301y", "key\t", "kEy", "10", "010", "1e1", "10.0"]
    table = tables.SingleColumn(db, tables.TEXT_KEY)
    for key in alike:
        with contextlib.suppress(Exception):  # MySQL's utf8mb4_bin does not tell blanks
            table.add(key, REFUSED if key in ("key", "10") else GOOD)
    sender = sending(table, sink, sink)
    assert sender.send().summary["refused"] == 2
    assert keys(db) == {"key", "10"}
    for key in ("kEY", "Key", "110"):
        table.add(key, GOOD)
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=3), result
    checks.only_unmarked(table, sink, ["key", "10"])


def test_long_keys(db, mapped, sending):
    """Longer than an _id they are refused, and listed up to 2048 bytes; beyond that each run meets
    them and says so. MySQL has no such key."""
    longest = min(2048, tables.LONGEST_KEY[db.dialect])
    table = tables.SingleColumn(db, tables.TEXT_KEY)
    fits, beyond = ["x" * 513, "y" * longest], []
    if longest < tables.LONGEST_KEY[db.dialect]:
        beyond = ["z" * 2049, "".join(chr(97 + i * i % 26) for i in range(5000))]
    for key in [*fits, *beyond, "good"]:
        table.add(key, GOOD)
    sender = sending(table, mapped, mapped)
    for n in (len(fits), 0):
        result = sender.send()
        assert result.summary["refused"] == n + len(beyond), result
        assert keys(db) == set(fits)
        if beyond:
            assert "2 rows cannot be listed in the quarantine" in result.err
            assert "more than 2048 bytes" in result.err and result.status == slt.SET_ASIDE
    assert beyond or result.status == slt.DONE
    assert max(map(len, result.err.splitlines())) < 2000
    assert checks.only_unmarked(table, mapped, [*fits, *beyond]) == ["good"]


def test_bytes_of_a_quarantine_are_few_and_random(postgres, mapped, sending):
    """The longest key that is listed fits into PostgreSQL's index also when it cannot be
    compressed."""
    import random

    key = "".join(chr(random.Random(7 + i).randrange(33, 127)) for i in range(2048))
    table = tables.SingleColumn(postgres, tables.TEXT_KEY).add(key, GOOD).add("good", GOOD)
    sender = sending(table, mapped, mapped)
    assert sender.send().counted(sent=1, refused=1)
    assert keys(postgres) == {key} and sender.send().status == slt.DONE
    assert checks.only_unmarked(table, mapped, [key]) == ["good"]


@pytest.mark.parametrize("key", ["CAST(x'62ff' AS TEXT)", "x'62'", "2.5", "1e300", "'5'"])
def test_keys_of_any_type_on_sqlite(sqlite, sink, sending, key):
    """5 and '5' are two keys with one text: the bad one does not hold back the other."""
    ddl = {"sqlite": tables.TEXT_KEY["sqlite"].replace("id text PRIMARY KEY", "id")}
    table = tables.SingleColumn(sqlite, ddl).add("a", GOOD).add(5, GOOD).add("1", GOOD)
    sqlite.execute(f"INSERT INTO audit_logs VALUES ({key}, 0, ?, NULL)", (REFUSED,))
    sender = sending(table, sink, sink)
    assert sender.send().counted(sent=3, refused=1)
    sqlite.execute("INSERT INTO audit_logs VALUES ('b', 0, ?, NULL)", (GOOD,))
    again = sender.send()
    assert again.status == slt.DONE and again.counted(sent=1), again
    assert len(sender.run("quarantine", "list").out.splitlines()) == len(listed(sender)) == 1
    assert sqlite.query("SELECT count(*) FROM audit_logs WHERE is_sent") == [(4,)]
    assert set(sink.documents()) == {"1", "a", "b", "5"}


KEY_TYPES = {
    "postgresql": [
        ("uuid", "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"),
        ("char(10)", "abc"),
        ("numeric(9,2)", "7.50"),
        ("timestamptz", "2026-03-01 06:00:00.5+03"),
        ("bytea", "\\x0102"),
        ("varchar(20) COLLATE blind", "Abc"),
        ("inet", "10.0.0.1"),
    ],
    "mysql": [
        ("char(10)", "abc"),
        ("decimal(9,2)", "7.50"),
        ("varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci", "Größe"),
        ("varchar(20) CHARACTER SET utf16 COLLATE utf16_general_ci", "Größe"),
        ("binary(4)", "a\x01bc"),
        ("datetime(6)", "2026-03-01 06:00:00.5"),
        ("int(8) unsigned zerofill", "42"),
        ("bigint unsigned", "18446744073709551615"),
        ("bit(16)", 12594),
        ("year", "2026"),
    ],
}
CASES = [
    (kind, *case)
    for kind in ("postgresql", "mysql", "mariadb")
    for case in KEY_TYPES[kind.replace("mariadb", "mysql")]
]


@pytest.mark.parametrize("kind, type_, key", CASES)
def test_types_of_keys(make_database, sink, sending, kind, type_, key):
    """The quarantine finds each again by what was read of it."""
    db = make_database(kind)
    if kind == "postgresql":
        db.script(
            "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    ddl = re.sub(
        r"id .*? PRIMARY KEY", lambda _: f"id {type_} PRIMARY KEY", tables.TEXT_KEY[db.dialect]
    )
    table = tables.SingleColumn(db, {db.dialect: ddl}).add(key, REFUSED)
    sender = sending(table, sink, sink)
    assert sender.send().counted(refused=1)
    (entry,) = listed(sender)
    again = sender.send()
    assert again.status == slt.DONE and again.counted(), (entry, again)
    released = sender.run("quarantine", "retry", "--", entry["key"])
    assert released.status == slt.DONE, released
    assert sender.send().counted(refused=1)
    assert {one.seen for one in entries(db).values()} == {2}
    assert not sink.documents()


# ---------------------------------------------------------------- the table


def test_two_log_tables_share_one(db, sink, sending):
    """The same keys in both: one table's entry says nothing of the other's row."""
    first = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD)
    second = tables.SingleColumn(db, table="other_logs").add(1, GOOD).add(2, REFUSED)
    one = sending(first, sink, sink, DOCUMENT_ID_PREFIX="one-")
    two = sending(second, sink, sink, DOCUMENT_ID_PREFIX="two-")
    for sender in (one, two, one, two):
        result = sender.send()
    assert result.status == slt.DONE, result
    assert set(entries(db)) == {("audit_logs", "1"), ("other_logs", "2")}
    assert [entry["key"] for entry in listed(one)] == ["1"]
    assert two.run("quarantine", "retry", "1").status == slt.SET_ASIDE
    assert "released 1" in two.run("quarantine", "retry").err
    assert keys(db) == {"1"} and set(sink.documents()) == {"one-2", "two-1"}
    assert [row.marked for row in first.rows()] == [False, True]
    assert [row.marked for row in second.rows()] == [True, False]


def test_setup(db, bare):
    table = tables.SingleColumn(db)
    program = bare.with_(DATABASE_URL=db.url, **table.settings)
    nothing = program.run("setup")
    assert nothing.status == slt.DONE and "quarantine" not in nothing.err + nothing.out

    program = program.with_(QUARANTINE_TABLE=HELD)
    printed = program.run("setup", "--print")
    assert printed.status == slt.DONE and printed.err == "", printed
    db.script(printed.out.partition("PUT /")[0])
    assert entries(db) == {}
    there = program.run("setup")
    assert there.status == slt.DONE and "is there already" in there.err, there
    db.execute(f"DROP TABLE {HELD}")
    assert "made the quarantine" in program.run("setup").err
    assert entries(db) == {}

    wrong = program.with_(QUARANTINE_TABLE="audit_logs").run("setup")
    assert wrong.status == slt.CONFIGURATION and "is another table" in wrong.err, wrong


def test_its_name_may_have_a_schema_and_needs_quotes(db, sink, program):
    schema = {"sqlite": "main", "postgresql": "Ops"}.get(db.kind) or db.name
    if db.kind == "postgresql":
        db.script('CREATE SCHEMA "Ops"')
    mark = "`" if db.dialect == "mysql" else '"'
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD)
    sender = program(db, sink, sink, **table.settings, QUARANTINE_TABLE=f"{schema}.Held 'rows'; --")
    assert sender.run("setup").status == slt.DONE
    assert sender.send().counted(sent=1, refused=1)
    assert sender.send().status == slt.DONE
    assert set(entries(db, f"{mark}{schema}{mark}.{mark}Held 'rows'; --{mark}")) == {
        ("audit_logs", "1")
    }
    assert checks.only_unmarked(table, sink, [1]) == ["2"]


@pytest.mark.parametrize(
    "command", [["send"], ["preview"], ["quarantine", "list"], ["quarantine", "retry"]]
)
def test_a_table_that_is_not_there(db, sink, program, command):
    table = tables.SingleColumn(db).add(1, GOOD)
    result = program(db, sink, sink, **table.settings, QUARANTINE_TABLE=HELD).run(*command)
    assert result.status == slt.CONFIGURATION, result
    assert "structured-log-transfer setup makes it" in result.err and not sink.requests
    assert result.out == ""
    checks.only_unmarked(table, sink, [1])


@pytest.mark.parametrize("name", ["a.b.c", "audit_logs", " held", "."])
def test_a_name_that_is_none(sqlite, sink, program, name):
    table = tables.SingleColumn(sqlite).add(1, GOOD)
    result = program(sqlite, sink, sink, **table.settings, QUARANTINE_TABLE=name).send()
    assert result.status == slt.CONFIGURATION and "QUARANTINE_TABLE" in result.err, result
    assert not sink.requests


@pytest.mark.parametrize("missing", ["SELECT", "INSERT", "UPDATE", "DELETE"])
def test_a_missing_privilege_is_found_before_anything_is_sent(server_db, sink, sending, missing):
    db = server_db
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, GOOD)
    sender = sending(table, sink, sink)
    with db.role() as (role, url):
        db.execute(f"GRANT SELECT, UPDATE ON audit_logs TO {role}")
        granted = {"SELECT", "INSERT", "UPDATE", "DELETE"} - {missing}
        db.execute(f"GRANT {', '.join(granted)} ON {HELD} TO {role}")
        result = sender.with_(DATABASE_URL=url).send()
        assert result.status == slt.CONFIGURATION and " denied " in result.err, result
        assert not sink.requests
        db.execute(f"GRANT {missing} ON {HELD} TO {role}")
        assert sender.with_(DATABASE_URL=url).send().counted(sent=1, refused=1)
    assert keys(db) == {"1"} and checks.only_unmarked(table, sink, [1]) == ["2"]


def test_without_the_setting_there_is_no_quarantine(bare, sqlite):
    table = tables.SingleColumn(sqlite)
    program = bare.with_(DATABASE_URL=sqlite.url, **table.settings)
    for command in ("list", "retry"):
        result = program.run("quarantine", command)
        assert result.status == slt.CONFIGURATION and "QUARANTINE_TABLE is not set" in result.err
    for wrong in ([], ["frobnicate"], ["list", "1"]):
        assert program.run("quarantine", *wrong).status == slt.USAGE


# ---------------------------------------------------------------- what it shows


def test_the_list(db, mapped, sending):
    table = tables.SingleColumn(db, tables.TEXT_KEY)
    table.add("a\tb\x1b[31m", REFUSED).add("ü", REJECTED).add("fine", GOOD)
    sender = sending(table, mapped, mapped)
    empty = sender.run("quarantine", "list")
    assert empty.status == slt.DONE and empty.out == "" and "no row of " in empty.err, empty
    assert listed(sender) == []
    sender.send()

    lines = sender.run("quarantine", "list").out.splitlines()
    time = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    assert re.fullmatch(
        rf"a\\x09b\\x1b\[31m\t1\t{time}\t{time}\t0\tno DATE_TIME_FIELD in .*", lines[0]
    )
    assert re.fullmatch(rf"ü\t1\t{time}\t{time}\t400\t{REJECTION['opensearch']}", lines[1])
    sender.run("quarantine", "retry", "ü")
    assert sender.run("quarantine", "list").out.splitlines()[1].endswith("\treleased")

    as_json = json.loads(sender.run("quarantine", "--json", "list").out)
    assert [entry["key"] for entry in as_json] == ["a\tb\x1b[31m", "ü"]
    assert [entry["status"] for entry in as_json] == [0, 400]
    assert [entry["released"] for entry in as_json] == [False, True]
    assert set(as_json[0]) == {
        "key",
        "seen",
        "first_seen",
        "last_seen",
        "status",
        "error_type",
        "released",
    }
    assert checks.only_unmarked(table, mapped, ["a\tb\x1b[31m", "ü"]) == ["fine"]


def test_no_text_of_a_message_is_in_it(db, mapped, sending):
    """Law 5, also when the index's reasons are asked for."""
    table = tables.SingleColumn(db).add(1, REFUSED).add(2, REJECTED).add(3, GOOD)
    sender = sending(table, mapped, mapped)
    assert "CANARY" in sender.send("--show-reasons").err, "the index quotes it"
    assert keys(db) == {"1", "2"}
    assert "CANARY" not in str(db.query(f"SELECT * FROM {HELD}"))
    assert "CANARY" not in sender.run("quarantine", "list").out
    assert checks.only_unmarked(table, mapped, [1, 2]) == ["3"]
