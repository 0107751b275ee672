# SPDX-License-Identifier: MIT
"""The index, or a template of it, is made with the facade's mapping; one that is there is compared."""

import json

import pytest

import checks
import slt
import tables
from search import PRODUCTS, each_product
from test_17_targets import ask

EVENT = {
    "actor": "text",
    "date_time": "date",
    "operation": "keyword",
    "origin": "constant_keyword",
    "target": "text",
    "environment": "constant_keyword",
    "message": "text",
}
WITHOUT_CONSTANTS = PRODUCTS[1]  # the archive of Elasticsearch without its extensions


@pytest.fixture
def django(sqlite, index, program):
    """(program, table): real log entries, and no index yet."""
    table = tables.Django(sqlite, "3.4")
    return program(sqlite, index, index, **table.settings), table


def types(properties):
    """Field -> type of an object's properties."""
    return {name: field.get("type", "object") for name, field in properties.items()}


def constants(search):
    """The schema as that server can have it."""
    if search != WITHOUT_CONSTANTS:
        return EVENT
    return {name: kind.replace("constant_", "") for name, kind in EVENT.items()}


@each_product
def test_an_index_for_django_auditlog(django, index, search):
    sender, table = django
    made = sender.run("setup")
    assert made.status == slt.DONE and f"made the index {index.name}" in made.err, made
    assert ("has no constant_keyword" in made.err) == (search == WITHOUT_CONSTANTS)
    mapping = ask(index, "GET", f"/{index.name}/_mapping")[index.name]["mappings"]["properties"]
    assert types(mapping) == {"@timestamp": "date", "audit_event": "object"}
    fields = mapping["audit_event"]["properties"]
    assert types(fields) == constants(search)
    if search != WITHOUT_CONSTANTS:
        assert (fields["origin"]["value"], fields["environment"]["value"]) == ("shöp", "test")
    again = sender.run("setup")
    assert again.status == slt.DONE and "is there already, with this mapping" in again.err, again
    assert sender.send().status == slt.DONE
    assert checks.delivered(table, index) == len(table.rows())
    after = ask(index, "GET", f"/{index.name}/_mapping")[index.name]["mappings"]["properties"]
    assert after == mapping, "each field of a document has been thought of"


@each_product
@pytest.mark.parametrize("option", ["--template", "--data-stream"])
def test_a_template(django, index, search, option):
    """The first document makes the index, or the data stream."""
    sender, table = django
    try:
        made = sender.run("setup", option)
        assert made.status == slt.DONE and f"made the template {index.name}" in made.err, made
        assert index.documents() == {}
        again = sender.run("setup", option)
        assert again.status == slt.DONE and "is there already, with this" in again.err, again
        assert sender.send().status == slt.DONE
        assert checks.delivered(table, index) == len(table.rows())
        for behind in ask(index, "GET", f"/{index.name}/_mapping").values():
            event = behind["mappings"]["properties"]["audit_event"]["properties"]
            assert types(event) == constants(search)
        streams = ask(index, "GET", f"/_resolve/index/{index.name}")["data_streams"]
        assert bool(streams) == (option == "--data-stream")
        compared = sender.run("setup")  # what is behind the name, whatever it is
        assert compared.status == slt.DONE and "with this mapping" in compared.err, compared
    finally:
        if option == "--data-stream":
            ask(index, "DELETE", f"/_data_stream/{index.name}", accept=(200, 404, 405))
        ask(index, "DELETE", f"/_index_template/{index.name}", accept=(200, 400))


def test_an_index_with_another_mapping(django, index):
    sender, _ = django
    properties = {"actor": {"type": "keyword"}, "target": {"type": "text"}}
    index.create(audit_event={"properties": properties})
    before = ask(index, "GET", f"/{index.name}/_mapping")
    result = sender.run("setup")
    assert result.status == slt.SET_ASIDE, result
    lines = [line.split("warning: ")[1] for line in result.err.splitlines() if "warning" in line]
    assert "field audit_event.actor: the facade asks for text, it is keyword" in lines
    assert "field @timestamp: the facade asks for date, it is not mapped" in lines
    assert not [line for line in lines if "target" in line]
    assert ask(index, "GET", f"/{index.name}/_mapping") == before


def test_other_constants(django, index):
    sender, _ = django
    assert sender.run("setup").status == slt.DONE
    result = sender.with_(AUDIT_LOG_ORIGIN="another").run("setup")
    assert result.status == slt.SET_ASIDE, result
    assert "audit_event.origin: the facade asks for another, it is shöp" in result.err


def test_print_changes_nothing(django, index):
    sender, _ = django
    for option, path in ((None, ""), ("--template", "_index_template/")):
        result = sender.run("setup", "--print", *filter(None, [option]))
        request, body = result.out.rstrip("\n").split("\n")[-2:]
        assert result.status == slt.DONE and request == f"PUT /{path}{index.name}", result
        mapping = json.loads(body)
        mapping = mapping["template"]["mappings"] if option else mapping["mappings"]
        assert types(mapping["properties"]["audit_event"]["properties"]) == EVENT
    assert ask(index, "GET", f"/{index.name}", accept=(404,))["status"] == 404


def test_a_facade_without_a_mapping(sqlite, index, program):
    """Its documents have a time at least."""
    table = tables.SingleColumn(sqlite).generate(10)
    sender = program(sqlite, index, index, **table.settings)
    assert sender.run("setup").status == slt.DONE
    mapping = ask(index, "GET", f"/{index.name}/_mapping")[index.name]["mappings"]["properties"]
    assert types(mapping) == {"@timestamp": "date"}
    assert sender.send().counted(sent=10)
    assert sender.run("setup").status == slt.DONE


def test_who_may_not_or_is_not_there(django, free_port):
    sender, _ = django
    result = sender.with_(ELASTICSEARCH_PORT=free_port).run("setup")
    assert result.status == slt.UNAVAILABLE, result
    result = sender.with_(ELASTICSEARCH_HOST=None).run("setup")
    assert result.status == slt.DONE and "no index is made" in result.err, result


def advised(result):
    """The statement that setup advises, or None."""
    lines = [line for line in result.out.splitlines() if line.startswith("-- CREATE INDEX")]
    return lines[0].removeprefix("-- ") if lines else None


@pytest.mark.parametrize("facade", ["single", "django"])
def test_the_advised_index_is_used(db, index, program, facade):
    """Of the unsent rows, where the database has such indexes; else there is a primary key."""
    table = (
        tables.SingleColumn(db).generate(3000) if facade == "single" else tables.Django(db, "3.4")
    )
    sender = program(db, index, index, **table.settings)
    sql = advised(sender.run("setup"))
    if db.dialect == "mysql":
        assert sql is None
        return
    db.script(sql)
    assert sender.send().status == slt.DONE
    name = f"{table.table}_unsent"
    shown = sender.run("facades", table.facade, "--json").json
    fetch = shown["statements"][db.dialect]["fetch"]
    if db.kind == "sqlite":
        plan = db.query(f"EXPLAIN QUERY PLAN {fetch.replace('?1', '5')}")
    else:
        db.execute(f"ANALYZE {table.table}")
        plan = db.query(f"EXPLAIN {fetch.replace('$1', '5')}")
    assert name in str(plan), plan


def test_a_table_without_an_index(db, index, program):
    table = tables.SingleColumn(db, tables.README)
    sql = advised(program(db, index, index, **table.settings).run("setup"))
    assert ("WHERE" in sql) == (db.dialect != "mysql") and "(`id`)" in sql.replace('"', "`"), sql
    db.script(sql)
