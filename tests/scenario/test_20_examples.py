# SPDX-License-Identifier: MIT
"""The examples of the SDK, built with nothing but what is installed: their rows arrive and are
marked."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import checks
import example_tables
import slt
from gateway import Reply

STAGE = Path(os.environ.get("SLT_STAGE", ".")).resolve()
STRICT = [
    "-std=c11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Werror",
    "-fvisibility=hidden",
]


def pkg_config(*args):
    """Asks the installed slt-facade.pc, as if the staged folder were the prefix."""
    found = sorted(STAGE.glob("**/slt-facade.pc"))
    assert len(found) == 1, f"not exactly one slt-facade.pc below {STAGE}: {found}"
    run = subprocess.run(
        ["pkg-config", f"--define-variable=prefix={STAGE}", *args, "slt-facade"],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(found[0].parent)},
    )
    return shlex.split(run.stdout)


def build(name, folder, flags):
    """Compiles the facade of that name into a module in the folder."""
    folder.chmod(0o755)
    command = [
        os.environ.get("CC", "cc"),
        *STRICT,
        *flags,
        "-fPIC",
        "-shared",
        "-Wl,-z,defs",
        "-o",
        str(folder / f"{name}.so"),
        str(example_tables.FOLDER / f"{name}.c"),
        *pkg_config("--libs"),
    ]
    built = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert built.returncode == 0, f"{shlex.join(command)}\n{built.stdout}"


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    """The folder with the three modules."""
    folder = tmp_path_factory.mktemp("modules")
    for name in example_tables.ALL:
        build(name, folder, pkg_config("--cflags"))
    return folder


@pytest.fixture(params=example_tables.ALL)
def table(request, db):
    """One of the three tables, with 70 unsent rows."""
    return example_tables.ALL[request.param](db).fill(70)


@pytest.fixture
def example(program, modules, table):
    """example(server, index): the program set up to send `table` through its facade."""

    def make(server, index):
        return program(table.db, server, index, **table.settings).with_(
            SLT_FACADE_PATH=modules, CHUNK_SIZE=30
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


def test_they_are_listed_beside_the_shipped_ones(bare, modules, facades):
    both = bare.with_(SLT_FACADE_PATH=f"{modules}:{facades}")
    assert {one["name"] for one in both.run("facades", "--json").json} == {
        *example_tables.ALL,
        "single_column_json",
        "django_auditlog",
    }
    for name in example_tables.ALL:
        shown = both.run("facades", name)
        assert shown.status == slt.DONE and "SELECT" in shown.out.upper(), shown


def test_a_module_exports_one_symbol(modules):
    for name in example_tables.ALL:
        text = subprocess.run(
            ["nm", "-D", "--defined-only", modules / f"{name}.so"],
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout
        assert [line.split()[-1] for line in text.splitlines()] == [f"{name}_LTX_slt_facade"]


def test_a_module_of_another_major_is_refused(example, table, sink, tmp_path):
    """The same facade, compiled with a header of another ABI."""
    source = (STAGE / "include/slt/facade.h").read_text(encoding="utf-8")
    header = tmp_path / "include/slt/facade.h"
    header.parent.mkdir(parents=True)
    header.write_text(re.sub(r"(#define SLT_ABI_MAJOR) \d+", r"\1 99", source), encoding="utf-8")
    folder = tmp_path / "other"
    folder.mkdir()
    build(table.name, folder, ["-I", str(tmp_path / "include")])
    result = example(sink, sink).with_(SLT_FACADE_PATH=folder).send()
    assert (
        result.status == slt.CONFIGURATION
        and str(folder / f"{table.name}.so") in result.err
        and "99" in result.err
    ), result
    checks.untouched(table, sink)
