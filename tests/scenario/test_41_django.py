# SPDX-License-Identifier: MIT
"""django-auditlog as deployments have it: another user table, changes as an object."""

import json

import pytest

import slt
import tables


def documents(result):
    assert result.status == slt.DONE, result
    return [json.loads(line)["audit_event"] for line in result.out.split("\n")[:-1]]


@pytest.mark.parametrize("version", ["2.3", "3.0", "3.4"])
def test_changes_as_an_object(db, version, index, program):
    """The JSON itself, whether the column is text or JSON."""
    table = tables.Django(db, version)
    sender = program(db, index, index, **table.settings)
    texts = documents(sender.run("preview", "-n", 1000))
    objects = documents(sender.with_(AUDITLOG_CHANGES_AS="object").run("preview", "-n", 1000))
    assert len(texts) == len(objects) > 100
    for text, as_object in zip(texts, objects):
        assert as_object["message"] == (text["message"] and json.loads(text["message"]))
        assert {**text, "message": None} == {**as_object, "message": None}
    assert any(isinstance(one["message"], dict) for one in objects)
    wrong = sender.with_(AUDITLOG_CHANGES_AS="json").run("preview")
    assert wrong.status == slt.CONFIGURATION and "text or object" in wrong.err, wrong
    printed = sender.with_(AUDITLOG_CHANGES_AS="object").run("setup", "--print").out
    event = json.loads(printed.rstrip("\n").split("\n")[-1])["mappings"]["properties"][
        "audit_event"
    ]
    assert event["properties"]["message"] == {"type": "object"}


def test_a_user_table_without_names(db, index, program):
    """Actors go by their e-mail, and check says so."""
    table = tables.Django(db, "3.4")
    number = "bigint" if db.kind != "sqlite" else "integer"
    db.script(f"CREATE TABLE people (id {number} PRIMARY KEY, email varchar(200))")
    db.execute("INSERT INTO people SELECT id, email FROM auth_user")
    emails = {row[0] for row in db.query("SELECT email FROM people")}
    sender = program(db, index, index, **table.settings).with_(USER_TABLE_NAME="people")
    actors = {one["actor"] for one in documents(sender.run("preview", "-n", 1000))}
    assert actors <= emails | {"unknown"} and len(actors) > 2
    result = sender.run("check", "--json")
    assert [
        one["detail"] for one in result.json if one["check"] == "facade" and one["status"] == "warn"
    ] == ["people has no first_name and last_name: actors go by their e-mail"], result
    db.script("CREATE TABLE nobody (id int PRIMARY KEY)")
    result = sender.with_(USER_TABLE_NAME="nobody").run("check", "--json")
    assert 'an actor without a name is \\"unknown\\"' in result.out, result
    missing = sender.with_(USER_TABLE_NAME="no_such").run("preview")
    assert missing.status == slt.CONFIGURATION and "USER_TABLE_NAME" in missing.err, missing


def test_a_user_table_in_a_schema(postgres, index, program):
    table = tables.Django(postgres, "3.4")
    before = documents(program(postgres, index, index, **table.settings).run("preview", "-n", 1000))
    postgres.script('CREATE SCHEMA "People"; ALTER TABLE auth_user SET SCHEMA "People"')
    sender = program(postgres, index, index, **table.settings)
    after = documents(sender.with_(USER_TABLE_NAME="People.auth_user").run("preview", "-n", 1000))
    assert before == after
