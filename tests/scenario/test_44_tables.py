# SPDX-License-Identifier: MIT
"""Tables as other people have made them: names of all kinds, keys, flags and messages of every type
that may be expected. Each goes the whole way, from check to clear."""

import json
import uuid

import pytest

import rawjson
import slt
from database import KINDS
from test_38_verify import remove

ROWS = 20
USUAL = {"key": "bigint", "flag": "boolean", "message": "text"}
KEYS = {  # the value of the row i
    "bigint": lambda i: i * 10**15,
    "int": lambda i: i - 5,
    "integer": lambda i: i - 5,
    "numeric(20,2)": lambda i: f"{i}.50",
    "uuid": lambda i: str(uuid.uuid5(uuid.NAMESPACE_URL, str(i))),
    "char(36)": lambda i: str(uuid.uuid5(uuid.NAMESPACE_URL, str(i))),
    "text": lambda i: f"Größe {i} журнал/\\'\"",
    "varchar(100)": lambda i: f"Größe {i} журнал/\\'\"",
}
TYPES = {
    "sqlite": {
        "key": ["integer", "text", "char(36)"],
        "flag": ["integer", "smallint", "tinyint", "bit(1)"],
        "message": ["json", "jsonb", "longtext", "varchar(5000)"],
    },
    "postgresql": {
        "key": ["int", "numeric(20,2)", "uuid", "text", "varchar(100)"],
        "flag": ["smallint", "integer", "bit(1)"],
        "message": ["json", "jsonb", "varchar(5000)"],
    },
    "mysql": {
        "key": ["int", "numeric(20,2)", "char(36)", "varchar(100)"],
        "flag": ["smallint", "tinyint", "bit(1)"],
        "message": ["json", "longtext", "varchar(5000)"],
    },
    "mariadb": {
        "key": ["int", "numeric(20,2)", "uuid", "char(36)", "varchar(100)"],
        "flag": ["smallint", "tinyint", "bit(1)"],
        "message": ["json", "longtext", "varchar(5000)"],
    },
}
SET = [
    pytest.param(kind, {**USUAL, column: type_}, id=f"{kind}-{column}-{type_}")
    for kind in KINDS
    for column, types in TYPES[kind].items()
    for type_ in types
]
# By dialect: the statement that makes what the name stands in, the name as SQL, and the setting.
NAMES = {
    "postgresql": [
        ("", '"Audit Logs"', "Audit Logs"),
        ("", '"журнал"', "журнал"),
        ("", '"SELECT"', "SELECT"),
        ("", '"with""quote"', 'with"quote'),
        ('CREATE SCHEMA "Größe"', '"Größe"."Журнал"', "Größe.Журнал"),
        ("CREATE SCHEMA own", "own.logs", "own.logs"),
    ],
    "mysql": [
        ("", "`Audit Logs`", "Audit Logs"),
        ("", "`журнал`", "журнал"),
        ("", "`SELECT`", "SELECT"),
        ("", "`with``quote`", "with`quote"),
        ("", "`Größe`", "{database}.Größe"),
    ],
    "sqlite": [
        ("", '"Audit Logs"', "Audit Logs"),
        ("", '"журнал"', "журнал"),
        ("", '"SELECT"', "SELECT"),
        ("", '"with""quote"', 'with"quote'),
        ("", '"Größe"', "main.Größe"),
    ],
}
DIALECTS = {"mariadb": "mysql"}
NAMED = [
    pytest.param(kind, *name, id=f"{kind}-{name[2]}")
    for kind in KINDS
    for name in NAMES[DIALECTS.get(kind, kind)]
]


def moment(db):
    return {"postgresql": "timestamptz", "mysql": "datetime(6)", "sqlite": "timestamp"}[db.dialect]


def fill(db, table, key, flag, message):
    """ROWS unsent rows, whose flags are false and NULL in turn; the keys, as documents have them."""
    db.execute(
        f"CREATE TABLE {table} (id {key} PRIMARY KEY, is_sent {flag}, message {message},"
        f" created_at {moment(db)})"
    )
    no = "B'0'" if (db.dialect, flag) == ("postgresql", "bit(1)") else "0"
    if flag == "boolean":
        no = "false"
    for i in range(ROWS):
        db.execute(
            f"INSERT INTO {table} (id, is_sent, message, created_at)"
            f" VALUES (?, {no if i % 2 else 'NULL'}, ?, '2026-03-01 06:00:00')",
            (KEYS[key](i), json.dumps(document(i), ensure_ascii=i % 2 == 0)),
        )
    return {str(KEYS[key](i)): i for i in range(ROWS)}


def document(i):
    return {"audit_event": {"date_time": "2026-03-01T06:00:00Z", "n": i}, "text": "päätös 🚲"}


def goes_all_the_way(db, sender, index, table, keys):
    checked = sender.run("check", "--json")
    bad = [one for one in checked.json if one["status"] != "ok"]
    assert [one["check"] for one in bad if one["check"] not in ("rows", "index")] == [], checked
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=ROWS), result
    stored = {key: json.loads(rawjson.to_text(source)) for key, source in index.documents().items()}
    assert stored == {
        key: {"@timestamp": "2026-03-01T06:00:00Z", **document(i)} for key, i in keys.items()
    }
    status = sender.run("status", "--json").json
    assert (status["unsent"], status["sent"]) == (0, ROWS), status
    verified = sender.run("verify")
    assert verified.status == slt.DONE, verified
    again = sender.send()
    assert again.status == slt.DONE and again.counted(), again
    remove(index, *list(keys)[:5])
    requeued = sender.run("verify", "--since", "2026-01-01", "--requeue", "--yes")
    assert requeued.status == slt.SET_ASIDE, requeued
    assert sender.run("status", "--json").json["unsent"] == 5
    assert sender.send().counted(sent=5) and len(index.documents()) == ROWS
    cleared = sender.run("clear")
    assert cleared.status == slt.DONE, cleared
    assert db.query(f"SELECT count(*) FROM {table}")[0][0] == 0


@pytest.mark.parametrize("kind, types", SET)
def test_types(make_database, program, index, kind, types):
    db = make_database(kind)
    keys = fill(db, "audit_logs", **types)
    sender = program(db, index, index, CHUNK_SIZE=7)
    goes_all_the_way(db, sender, index, "audit_logs", keys)


@pytest.mark.parametrize("kind, before, table, setting", NAMED)
def test_names(make_database, program, index, kind, before, table, setting):
    db = make_database(kind)
    if before:
        db.execute(before)
    keys = fill(db, table, **USUAL)
    setting = setting.replace("{database}", getattr(db, "name", ""))
    sender = program(db, index, index, AUDIT_TABLE_NAME=setting, CHUNK_SIZE=7)
    goes_all_the_way(db, sender, index, table, keys)
