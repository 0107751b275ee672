# SPDX-License-Identifier: MIT
"""The main job: the unsent rows of a real table reach a real index through each shipped facade
and are marked as sent."""

import pytest

import cells
import checks
import rawjson
import slt
import tables
from database import Postgres
from search import server_version

ROWS = 230
FREE = {
    "audit_event": {"properties": {"extra": {"type": "object", "enabled": False}}}
}  # room for numbers of any size


def readme(db, index):
    """The README's own statements, and then more rows of the kind."""
    index.create(**FREE)
    table = tables.SingleColumn(db, tables.README)
    db.execute(tables.README_ROW[db.dialect])
    return table.generate(ROWS - 1, first_id=2, sent=20, odd=True)


def usual(db, index):
    """Into an index that the first document makes."""
    return tables.SingleColumn(db).generate(ROWS, sent=20)


def usual_json(db, index):
    """PostgreSQL's json keeps the application's text, line breaks included."""
    index.create(**FREE)
    return tables.SingleColumn(db, tables.USUAL_JSON).generate(ROWS, odd=True)


def django_2(db, index):
    return tables.Django(db, "2.3")


def django_3_upgraded(db, index):
    return tables.Django(db, "3.0")


def django_3(db, index):
    return tables.Django(db, "3.4")


def without_marks(additional_data):
    return {key: tables.without_mark(data) for key, data in additional_data.items()}


STORIES = {
    "readme": readme,
    "usual": usual,
    "usual json": usual_json,
    "django 2.3": django_2,
    "django 3.0": django_3_upgraded,
    "django 3.4": django_3,
}


@pytest.mark.parametrize("kind, story, search", cells.CELLS, indirect=["search"])
def test_cell(kind, story, search, cell, make_database, index, program):
    mine = cell(kind, story, search)
    db = make_database(kind)
    table = STORIES[story](db, index)
    rows = len(table.rows())
    kept = table.additional_data() if isinstance(table, tables.Django) else {}

    result = program(db, index, index, **table.settings, CHUNK_SIZE=50).send()

    assert result.status == slt.DONE and result.out == "", result
    assert result.counted(sent=rows) and not result.summary["more"]
    assert checks.delivered(table, index) == rows > 200
    if kept:
        assert without_marks(table.additional_data()) == without_marks(kept)
    mine.passed(
        database=f"{db.kind} {db.version}",
        index=server_version(index.url),
        facade=table.facade,
        rows=rows,
        documents=len(index.documents()),
    )


def test_send_again_finds_nothing(db, index, program):
    table = tables.SingleColumn(db).generate(30)
    sender = program(db, index, index, **table.settings)
    assert sender.send().counted(sent=30)
    again = sender.send()
    assert again.status == slt.DONE and again.counted()
    assert checks.delivered(table, index) == 30


def test_json_object_instead_of_the_summary_on_stdout(db, index, program):
    table = tables.SingleColumn(db).generate(40)
    result = program(db, index, index, **table.settings).send("--json", "--limit", 30)
    assert result.status == slt.DONE, result
    said = result.json
    assert said.pop("seconds") > 0 and said.pop("rows_per_second") > 0
    assert said == {
        "sent": 30,
        "already_there": 0,
        "drifted": 0,
        "refused": 0,
        "rejected": 0,
        "conflicts": 0,
        "unverified": 0,
        "failure_store": 0,
        "left": 0,
        "gone": 0,
        "more": True,
        "exit": 0,
    }
    assert len(checks.settled(table, index)[0]) == 30


def test_rows_without_a_flag_are_unsent(db, index, program):
    table = tables.SingleColumn(db, tables.README)
    for key, is_sent in ((1, None), (2, False), (3, True), (4, None)):
        table.add(key, {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}}, is_sent)
    assert program(db, index, index, **table.settings).send().counted(sent=3)
    assert checks.delivered(table, index) == 3 and set(index.documents()) == {"1", "2", "4"}


def test_lanes_give_the_same_result(db, index, program):
    table = tables.SingleColumn(db).generate(200)
    result = program(db, index, index, **table.settings, LANES=4, CHUNK_SIZE=15).send()
    assert result.status == slt.DONE and result.counted(sent=200), result
    assert checks.delivered(table, index) == 200


@pytest.mark.parametrize(
    "parent, field, message",
    [
        ("", "when", {"when": "2026-03-01T06:00:00Z", "a": 1}),
        ("event", "at", {"event": {"at": 1772344800000}, "b": None}),
        (
            "audit_event",
            "date_time",
            {
                "@timestamp": "1999-01-01",
                "audit_event": {"date_time": "2026-03-01T06:00:00.5Z"},
                "c": [],
            },
        ),
    ],
)
def test_where_the_time_stands(sqlite, index, program, parent, field, message):
    table = tables.SingleColumn(sqlite, parent=parent, field=field).add(7, message)
    result = program(
        sqlite,
        index,
        index,
        **table.settings,
        DATE_TIME_PARENT_FIELD=parent,
        DATE_TIME_FIELD=field,
    ).send()
    assert result.status == slt.DONE and result.counted(sent=1), result
    assert checks.delivered(table, index) == 1


def test_another_table_in_a_schema_of_its_own(postgres, index, program):
    postgres.execute('CREATE SCHEMA "Own"')
    table = tables.SingleColumn(postgres, table='"Own"."Log table"').generate(20)
    settings = {**table.settings, "AUDIT_TABLE_NAME": "Own.Log table"}
    assert program(postgres, index, index, **settings).send().counted(sent=20)
    assert checks.delivered(table, index) == 20


def test_prefix_of_the_document_ids(sqlite, index, program):
    table = tables.SingleColumn(sqlite).generate(5)
    assert (
        program(sqlite, index, index, **table.settings, DOCUMENT_ID_PREFIX="shöp-")
        .send()
        .counted(sent=5)
    )
    assert checks.delivered(table, index, prefix="shöp-") == 5


def test_text_that_must_come_through_unchanged(sqlite, index, program):
    """Numbers beyond 64 bits, escapes of all kinds, odd white space, deep nesting, member order."""
    index.create(free={"type": "object", "enabled": False})
    deep = "[" * 500 + "]" * 500
    message = (
        '\t{ "audit_event" : {"date_time":"2026-03-01T06:00:00Z"} ,\r\n "free": { "z": 1.0, "a": -0.0,'
        ' "big": 123456789012345678901234567890.10e-5, "s": "\\u0000 \\ud83d\\ude00 \\ud800 \\/ / \\"'
        f' \\\\ \\n 🚲\u2028\x7f", "": {{}}, "deep": {deep}}}\n}}\n'
    )
    table = tables.SingleColumn(sqlite, tables.README).add(1, message)
    result = program(sqlite, index, index, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=1), result
    assert checks.delivered(table, index) == 1
    first = '{"@timestamp":"2026-03-01T06:00:00Z","audit_event"'
    assert rawjson.to_text(index.documents()["1"]).startswith(first)


def test_settings_of_the_server_do_not_matter(postgres, index, program):
    """Nor how it shows times, nor its default of isolation, nor how soon it ends idle
    transactions."""
    for setting in (
        "timezone = 'Asia/Kathmandu'",
        "datestyle = 'German, DMY'",
        "intervalstyle = 'sql_standard'",
        "default_transaction_isolation = 'serializable'",
        "standard_conforming_strings = off",
        "bytea_output = 'escape'",
        "extra_float_digits = -5",
        "idle_in_transaction_session_timeout = '20ms'",
    ):
        postgres.execute(f"ALTER DATABASE {postgres.name} SET {setting}")
    table = tables.Django(postgres, "3.4")
    result = program(postgres, index, index, **table.settings, CHUNK_SIZE=100).send()
    assert result.status == slt.DONE and result.counted(sent=525), result
    assert checks.delivered(table, index) == 525


def test_a_database_in_another_encoding(postgres, sink, program):
    """The program is given UTF-8 whatever the server keeps."""
    latin = Postgres(postgres.server, encoding="LATIN1")
    try:
        table = tables.SingleColumn(latin)
        table.add(1, '{"audit_event": {"date_time": "2026-03-01T06:00:00Z", "m": "Väinö Þóra ÿ"}}')
        assert program(latin, sink, sink, **table.settings).send().counted(sent=1)
        assert "Väinö Þóra ÿ" in sink.stored["1"] and checks.delivered(table, sink) == 1
    finally:
        latin.drop()


# What stands in additional_data, and what must stand there beside the mark afterwards. An array or
# a scalar moves to a member of its own, so that nothing is lost.
ADDITIONAL_DATA = {
    1: (None, "{}"),
    2: ("{}", "{}"),
    3: ('{"is_sent":false,"k":[1.50,"ä"]}', '{"k":[1.50,"ä"]}'),
    4: ('{"is_sent":null}', "{}"),
    5: ('{"is_sent":"true","K":{"is_sent":true}}', '{"K":{"is_sent":true}}'),
    6: ('["a",1]', '{"additional_data":["a",1]}'),
    7: ('"text"', '{"additional_data":"text"}'),
    8: ("17.0", '{"additional_data":17.0}'),
    9: ('{"is_sent":true,"a":1}', '{"a":1}'),
}


def test_additional_data_of_every_kind(db, index, program):
    """Only the JSON value true means sent; everything else in the column stays."""
    table = tables.Django(db, "empty")
    for key, (data, _) in ADDITIONAL_DATA.items():
        table.add(key, data)
    result = program(db, index, index, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=8), result
    assert checks.delivered(table, index) == 8 and "9" not in index.documents()
    assert without_marks(table.additional_data()) == {
        str(key): after.replace("1.50", "1.5") if db.kind == "mysql" else after
        for key, (_, after) in ADDITIONAL_DATA.items()
    }  # MySQL keeps no number's text


def test_additional_data_with_a_json_null(db, index, program):
    table = tables.Django(db, "empty").add(1, "null")
    assert program(db, index, index, **table.settings).send().counted(sent=1)
    assert checks.delivered(table, index) == 1
    assert tables.without_mark(table.additional_data()["1"]) in ("{}", '{"additional_data":null}')
