# SPDX-License-Identifier: MIT
"""Memory is bounded, whatever the backlog, the size of the rows and the state of the index: 32 MiB
with small rows, otherwise LANES times three times the larger of MAX_BULK_BYTES and the largest row
more. The peak is what the system says of the process that has ended."""

import contextlib
import re
import subprocess
from pathlib import Path

import pytest

import slt
import tables
from gateway import Gateway, Hangup, Reply

MIB = 1 << 20
MAX_BULK_BYTES = 8 * MIB  # the default
SMALL = 32 * MIB
LARGEST = 20_000_000
PATIENT = {"ELASTICSEARCH_RETRY_SECONDS": 60, "ELASTICSEARCH_TIMEOUT": 30}
DOCUMENT = re.compile(rb'^\{"create":\{"_id":"(\d+)"\}\}\n(.*)\n', re.MULTILINE)


@pytest.fixture(scope="session")
def measure(tmp_path_factory):
    """The program that runs another and writes down its peak, but for that of who starts it."""
    source = Path(__file__).resolve().parent.parent / "bench" / "measure.c"
    program = tmp_path_factory.mktemp("measure") / "measure"
    subprocess.run(["cc", "-D_GNU_SOURCE", "-o", program, source], check=True)
    return program


class Quick(Gateway):
    """A sink for many documents: knows them by the text alone."""

    name = "sink"

    def __init__(self):
        self.stored, self.state, self.n = {}, "empty", 0
        super().__init__()

    def usual(self, request):
        self.requests.clear()
        if request.is_mget:
            docs = (
                b'{"_index":"sink","_id":"%s","found":true,"_source":%s}' % (key, self.stored[key])
                for key in re.findall(rb'"_id":"(\d+)"', request.body)
            )
            return Reply(200, b'{"docs":[%s]}' % b",".join(docs))
        if not request.is_bulk:
            return Reply(200, {"version": {"number": "8.8.2"}})
        self.n += 1
        if self.state == "busy" and self.n % 3 == 0:
            return Reply(503) if self.n % 2 else Hangup()
        return self.bulk(request.body)

    def bulk(self, body):
        items = []
        for key, text in DOCUMENT.findall(body):
            if self.state == "rejecting":
                items.append(
                    b'{"create":{"_index":"sink","_id":"%s","status":400,'
                    b'"error":{"type":"mapper_parsing_exception"}}}' % key
                )
                continue
            status = 409 if key in self.stored else 201
            error = b',"error":{"type":"version_conflict_engine_exception"}' * (status == 409)
            items.append(
                b'{"create":{"_index":"sink","_id":"%s","status":%d%s}}' % (key, status, error)
            )
            self.stored.setdefault(key, text)
        errors = b"true" if any(b'"error"' in item for item in items) else b"false"
        return Reply(200, b'{"errors":%s,"items":[%s]}' % (errors, b",".join(items)))


@pytest.fixture
def quick():
    sink = Quick()
    yield sink
    sink.close()


@pytest.fixture
def peak(measure, tmp_path):
    """peak(sender): sends all; the result, and the peak in bytes."""

    def run(sender):
        numbers = tmp_path / "numbers"
        running = slt.Program(measure, **sender.settings).start(
            numbers, sender.path, "send", "--all"
        )
        result = running.result(120)
        return result, int(numbers.read_text().split()[-1]) * 1024

    return run


def take_marks_back(table):
    table.db.execute("UPDATE audit_logs SET is_sent = ?", (False,))


def counts(table):
    """(rows, those that are marked)"""
    return table.db.query(
        "SELECT count(*), coalesce(sum(CASE WHEN is_sent THEN 1 ELSE 0 END), 0) FROM audit_logs"
    )[0]


def multiply(table, times):
    """So many times the rows that are there, whose keys begin with 1 and have no gap."""
    (rows,) = table.db.query("SELECT count(*) FROM audit_logs")[0]
    for i in range(1, times):
        table.db.execute(
            "INSERT INTO audit_logs (id, is_sent, message, created_at) SELECT id + ?, is_sent, message,"
            " created_at FROM audit_logs WHERE id <= ?",
            (i * rows, rows),
        )
    return rows * times


@pytest.mark.parametrize("rows", [2_000, 20_000])
def test_small_rows(db, quick, program, peak, measured, rows):
    table = tables.SingleColumn(db).generate(1_000)
    assert multiply(table, rows // 1_000) == rows
    sender = program(db, quick, quick, **table.settings, LANES=4).with_(**PATIENT)
    seen = {}
    for state in ("rejecting", "busy", "full"):
        quick.state = state
        result, seen[state] = peak(sender)
        if state == "rejecting":
            assert result.summary["rejected"] == rows and counts(table) == (rows, 0), result
            continue
        assert result.status == slt.DONE and counts(table) == (rows, rows), result
        assert len(quick.stored) == rows
        if state == "full":
            assert result.counted(already_there=rows), result
        take_marks_back(table)
    text = ", ".join(f"{state} {peak / MIB:.1f}" for state, peak in seen.items())
    measured(f"{db.kind}, {rows} small rows: MiB {text}")
    assert max(seen.values()) <= SMALL, text


@pytest.fixture(scope="session")
def counter(tmp_path_factory):
    """The library that counts the program's own allocations."""
    library = tmp_path_factory.mktemp("counter") / "counter.so"
    source = Path(__file__).with_name("count_allocations.c")
    command = ["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-o", library, source]
    subprocess.run(command, check=True)
    return library


def test_a_row_costs_no_allocation(db, quick, program, counter, measured, tmp_path):
    """Of our own, once everything has its size: a chunk may cost a few, a row none."""
    table = tables.SingleColumn(db).generate(1_000)
    multiply(table, 12)
    file = tmp_path / "allocations"
    sender = program(db, quick, quick, **table.settings, LANES=1, CHUNK_SIZE=500).with_(
        LD_PRELOAD=counter, COUNT_ALLOCATIONS=file
    )
    seen = {}
    for rows in (2_000, 12_000):
        result = sender.run("send", "--limit", rows)
        assert result.status == slt.DONE and result.counted(sent=rows), result
        seen[rows] = int(file.read_text())
        take_marks_back(table)
        quick.stored.clear()
    measured(f"{db.kind}: {seen[2_000]} allocations for 2000 rows, {seen[12_000]} for 12000")
    assert seen[2_000] > 50, "it counts"
    chunks = 10_000 // 500
    assert seen[12_000] - seen[2_000] <= 10 * chunks, seen


@contextlib.contextmanager
def long_values(db):
    """MySQL and MariaDB take them only when told so."""
    if db.dialect != "mysql":
        yield
        return
    with db.settings_of_server(max_allowed_packet=64 * MIB):
        db.reconnect()
        yield
    db.reconnect()


def text_of(size, key):
    return '{"audit_event": {"date_time": "2026-03-01T06:00:00Z", "text": "%s"}}' % (
        f"{key} " + "ä" * (size // 2)
    )


@pytest.mark.parametrize(
    "size, rows, lanes",
    [(60_000, 1_000, 4), (LARGEST, 6, 1), (LARGEST, 6, 4)],
    ids=["60 kB", "20 MB", "20 MB, 4 lanes"],
)
def test_large_rows(db, quick, program, peak, measured, size, rows, lanes):
    with long_values(db):
        table = tables.SingleColumn(db)
        table.fill((key, False, text_of(size, key), "2026-03-01") for key in range(1, rows + 1))
        sender = program(db, quick, quick, **table.settings, LANES=lanes).with_(**PATIENT)
        seen = {}
        for state in ("busy", "full"):
            quick.state = state
            result, seen[state] = peak(sender)
            assert result.status == slt.DONE and counts(table) == (rows, rows), result
            assert len(quick.stored) == rows and len(min(quick.stored.values())) > size
            take_marks_back(table)
    bound = SMALL + lanes * 3 * max(MAX_BULK_BYTES, max(map(len, quick.stored.values())))
    text = ", ".join(f"{state} {peak / MIB:.1f}" for state, peak in seen.items())
    measured(f"{db.kind}, {rows} rows of {size}, {lanes} lanes: MiB {text} of {bound / MIB:.1f}")
    assert max(seen.values()) <= bound, text
