# SPDX-License-Identifier: MIT
"""The examples of the SDK, built with nothing but what is installed: their rows arrive and are
marked."""

import re

import pytest

import checks
import example_tables
import slt
from gateway import Reply
from modules import STAGE, build, exported


@pytest.fixture(params=example_tables.ALL)
def table(request, db):
    """One of the three tables, with 70 unsent rows."""
    return example_tables.ALL[request.param](db).fill(70)


@pytest.fixture
def example(program, examples, table):
    """example(server, index): the program set up to send `table` through its facade."""

    def make(server, index):
        return program(table.db, server, index, **table.settings).with_(
            SLT_FACADE_PATH=examples, CHUNK_SIZE=30
        )

    return make


def test_the_header_is_the_only_one_used():
    for name in example_tables.ALL:
        source = example_tables.FOLDER / f"{name}.c"
        includes = [
            line.split()[1]
            for line in source.read_text(encoding="utf-8").splitlines()
            if line.startswith("#include")
        ]
        assert "<slt/facade.h>" in includes and not [
            name for name in includes if name.startswith('"')
        ], (source, includes)


def test_rows_arrive_and_are_marked(example, table, index):
    marks = table.db.count_marks("ledger_sent" if table.name == "ledger" else table.table)
    index.create(event={"properties": {"amount": {"type": "double"}}})
    sender = example(index, index)
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=70), result
    assert checks.delivered(table, index) == 70 and marks() == 3
    again = sender.send()
    assert again.status == slt.DONE and again.counted(), again


def test_only_what_was_delivered_is_marked(example, table, sink):
    """The second request is answered with garbage for good."""
    keys = [row.key for row in table.rows()]
    sink.script = [None] + [lambda request: Reply(200, b"garbage")] * 1000
    result = example(sink, sink).with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status in (slt.UNAVAILABLE, slt.STOPPED), result
    assert checks.only_unmarked(table, sink, keys[30:]) == keys[:30]


def test_preview_shows_the_same(example, table, sink):
    sender = example(sink, sink)
    shown = sender.run("preview", "-n", 100)
    assert shown.status == slt.DONE, shown
    assert sender.send().counted(sent=70) and checks.delivered(table, sink) == 70
    assert shown.out.split("\n")[:-1] == [
        text for request in sink.bulks for _, text in request.pairs
    ]


def test_they_are_listed_beside_the_shipped_ones(bare, examples, facades):
    both = bare.with_(SLT_FACADE_PATH=f"{examples}:{facades}")
    assert {one["name"] for one in both.run("facades", "--json").json} == {
        *example_tables.ALL,
        "single_column_json",
        "django_auditlog",
    }
    for name in example_tables.ALL:
        shown = both.run("facades", name)
        assert shown.status == slt.DONE and "SELECT" in shown.out.upper(), shown


def test_a_module_exports_one_symbol(examples):
    for name in example_tables.ALL:
        assert exported(examples / f"{name}.so") == [f"{name}_LTX_slt_facade"]


def test_a_module_of_another_major_is_refused(example, table, sink, tmp_path):
    """The same facade, compiled with a header of another ABI."""
    source = (STAGE / "include/slt/facade.h").read_text(encoding="utf-8")
    header = tmp_path / "include/slt/facade.h"
    header.parent.mkdir(parents=True)
    header.write_text(re.sub(r"(#define SLT_ABI_MAJOR) \d+", r"\1 99", source), encoding="utf-8")
    folder = tmp_path / "other"
    folder.mkdir()
    build(
        example_tables.FOLDER / f"{table.name}.c",
        folder / f"{table.name}.so",
        cflags=["-I", str(tmp_path / "include")],
    )
    result = example(sink, sink).with_(SLT_FACADE_PATH=folder).send()
    assert (
        result.status == slt.CONFIGURATION
        and str(folder / f"{table.name}.so") in result.err
        and "99" in result.err
    ), result
    checks.untouched(table, sink)
