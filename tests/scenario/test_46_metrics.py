# SPDX-License-Identifier: MIT
"""--metrics-file: what Prometheus gets to know of the runs on a table."""

import os
import re
import stat
import subprocess
import time
from pathlib import Path

import pytest

import slt
import tables
import test_38_verify

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "packaging" / "prometheus"
PREFIX = "structured_log_transfer_"
SAMPLE = re.compile(rf'{PREFIX}(\w+)\{{name="([^"]*)"(?:,\w+="([^"]*)")?[^}}]*\}} (\S+)')
BAD = '{"no": "time"}'


def read(path):
    """{(metric, value of its label or None): number}; the file has the form that Prometheus reads."""
    found = {}
    text = path.read_text(encoding="utf-8")
    typed = None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            typed = line.split()[2]
            continue
        match = SAMPLE.fullmatch(line)
        assert match and typed == PREFIX + match[1] and match[2] == path.stem, line
        assert (match[1], match[3]) not in found, line
        found[match[1], match[3]] = float(match[4])
    return found


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "collector"
    folder.mkdir()
    return folder / "shop.prom"


def run(program, file, *args):
    return program.run("--metrics-file", file, *args)


def first_unsent(table):
    """When the oldest unsent row came, in seconds since 1970."""
    query = "SELECT min(created_at) FROM audit_logs WHERE is_sent IS NOT TRUE"
    ((first,),) = table.db.query(query)
    return time.mktime(time.strptime(str(first)[:19], "%Y-%m-%d %H:%M:%S")) - time.timezone


def test_send(db, sink, program, file):
    table = tables.SingleColumn(db).generate(60).add(10_000, BAD)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=20)
    began = time.time()
    result = run(sender, file, "send", "--limit", "40")
    assert result.status == slt.DONE and result.counted(sent=40), result
    first = read(file)
    assert first["rows_total", "sent"] == 40 and first["rows_total", "refused"] == 0
    assert first["requests_total", None] == 2 == len(sink.requests)
    assert first["request_bytes_total", None] == sum(len(r.body) for r in sink.requests)
    assert first["retries_total", None] == 0
    assert first["unsent_rows", None] == 21
    oldest = time.time() - first_unsent(table)
    assert abs(first["oldest_unsent_age_seconds", None] - oldest) < 5
    assert first["last_run_exit_status", "send"] == 0 and first["runs_total", "0"] == 1
    assert began - 1 <= first["last_run_timestamp_seconds", "send"] <= time.time()
    assert first["last_success_timestamp_seconds", "send"] >= began - 1
    assert 0 < first["last_run_duration_seconds", "send"] < 10
    phases = [first["phase_seconds_total", p] for p in ("read", "build", "post", "mark")]
    assert all(seconds > 0 for seconds in phases) and sum(phases) < 10
    # counters go on
    result = run(sender, file, "send")
    assert result.status == slt.SET_ASIDE, result
    second = read(file)
    assert second["rows_total", "sent"] == 60 and second["rows_total", "refused"] == 1
    assert second["requests_total", None] == 3 and second["unsent_rows", None] == 1
    assert (second["runs_total", "0"], second["runs_total", "1"]) == (1, 1)
    assert second["last_run_exit_status", "send"] == 1
    assert second["last_success_timestamp_seconds", "send"] >= began - 1
    assert [path.name for path in file.parent.iterdir()] == ["shop.prom"]


def test_nothing_left(db, sink, program, file):
    table = tables.SingleColumn(db).generate(20)
    sender = program(db, sink, sink, **table.settings)
    assert run(sender, file, "send").status == slt.DONE
    found = read(file)
    assert found["unsent_rows", None] == 0 and found["oldest_unsent_age_seconds", None] == 0


def test_the_exporter_is_another_user(sqlite, sink, program, file):
    table = tables.SingleColumn(sqlite).generate(20)
    mask = os.umask(0o077)
    try:
        result = run(program(sqlite, sink, sink, **table.settings), file, "send")
    finally:
        os.umask(mask)
    assert result.status == slt.DONE and stat.S_IMODE(file.stat().st_mode) == 0o644


def test_retries(sqlite, sink, program, file):
    table = tables.SingleColumn(sqlite).generate(20)
    sink.script = [503, 503]
    result = run(program(sqlite, sink, sink, **table.settings), file, "send")
    assert result.status == slt.DONE and result.counted(sent=20), result
    found = read(file)
    assert found["retries_total", None] == 2 and found["requests_total", None] == 3


def test_a_run_that_fails(sqlite, sink, program, file):
    """How many rows are left is not known then, and not told; the last success stays."""
    table = tables.SingleColumn(sqlite).generate(20)
    sender = program(sqlite, sink, sink, **table.settings)
    assert run(sender, file, "send").status == slt.DONE
    good = read(file)
    table.generate(20, first_id=100)
    lost = sender.with_(ELASTICSEARCH_PORT=1, ELASTICSEARCH_RETRY_SECONDS=1)
    assert run(lost, file, "send").status == slt.UNAVAILABLE
    found = read(file)
    assert ("unsent_rows", None) not in found
    assert found["last_run_exit_status", "send"] == slt.UNAVAILABLE
    assert found["runs_total", "69"] == 1 and found["rows_total", "left"] == 20
    success = ("last_success_timestamp_seconds", "send")
    assert found[success] == good[success] and found["rows_total", "sent"] == 20
    # nothing could be opened
    assert run(lost.with_(DATABASE_URL="sqlite:////nowhere/x"), file, "send").status != slt.DONE
    assert sum(read(file)["runs_total", e] for e in ("69", "78")) == 2


def test_another_run_is_active(sqlite, sink, program, file):
    """That one tells; a run that did nothing has nothing to tell."""
    table = tables.SingleColumn(sqlite).generate(20)
    sender = program(sqlite, sink, sink, **table.settings)
    sink.script = [lambda request: time.sleep(1)]
    running = sender.start("--metrics-file", file, "send")
    slt.until(lambda: sink.requests, "the first run sends")
    assert run(sender, file, "send").status == slt.DONE and not file.exists()
    assert running.result().status == slt.DONE
    assert read(file)["runs_total", "0"] == 1
    off = sender.with_(ENABLE_SEND_AUDIT_LOG=False, CLEAR_AUDIT_LOG_ENTRIES=False)
    for command in ("send", "clear"):
        assert run(off, file, command).status == slt.DONE
    assert read(file)["runs_total", "0"] == 1


def test_clear_and_verify_in_the_same_file(sqlite, index, program, file):
    table = tables.SingleColumn(sqlite).generate(60)
    sender = program(sqlite, index, index, **table.settings)
    assert run(sender, file, "send").counted(sent=60)
    test_38_verify.remove(index, 3, 4)
    assert run(sender, file, "verify").status == slt.SET_ASIDE
    found = read(file)
    verified = [found["verified_rows", n] for n in ("there", "missing", "different", "no_document")]
    assert verified == [58, 2, 0, 0] and found["last_run_exit_status", "verify"] == 1
    assert run(sender, file, "clear", "--dry-run").status == slt.DONE
    assert ("cleared_rows_total", "deleted") not in read(file)
    assert run(sender, file, "clear", "--older-than", "0d").status == slt.DONE
    found = read(file)
    assert found["cleared_rows_total", "deleted"] == 60
    assert found["cleared_rows_total", "kept"] == 0
    assert found["rows_total", "sent"] == 60 and found["unsent_rows", None] == 0
    assert found["verified_rows", "missing"] == 2
    for command in ("send", "clear", "verify"):
        assert found["last_success_timestamp_seconds", command] > 0


def test_runs_that_share_a_file_take_turns(sqlite, sink, program, file):
    table = tables.SingleColumn(sqlite).generate(20)
    sender = program(sqlite, sink, sink, **table.settings)
    assert run(sender, file, "send").status == slt.DONE
    n = 12
    running = [sender.start("--metrics-file", file, "clear") for _ in range(n)]
    assert [r.result().status for r in running] == [slt.DONE] * n
    assert read(file)["runs_total", "0"] == n + 1
    assert [path.name for path in file.parent.iterdir()] == ["shop.prom"]


def test_what_cannot_be_written_stops_the_run_at_once(sqlite, sink, program, file):
    table = tables.SingleColumn(sqlite).generate(20)
    sender = program(sqlite, sink, sink, **table.settings)
    wrong = {
        file.parent / "shop.txt": "ends in .prom",
        file.parent / ".prom": "ends in .prom",
        file.parent / 'a"b.prom': "ends in .prom",
        file.parent / "nowhere" / "shop.prom": "No such file or directory",
    }
    for path, why in wrong.items():
        for command in ("send", "clear", "verify"):
            result = run(sender, path, command)
            assert result.status == slt.CONFIGURATION and why in result.err, result
            assert "--metrics-file" in result.err and not sink.requests


def test_a_file_that_is_not_ours(sqlite, sink, program, file):
    """Its samples are none of ours: we begin anew."""
    file.write_text("some_other_metric 5\nstructured_log_transfer_rows_total nonsense\n")
    table = tables.SingleColumn(sqlite).generate(20)
    assert run(program(sqlite, sink, sink, **table.settings), file, "send").status == slt.DONE
    assert read(file)["rows_total", "sent"] == 20
    # too large to be ours: the rows are sent all the same
    file.write_bytes(b"x" * (2 << 20))
    table.generate(20, first_id=100)
    result = run(program(sqlite, sink, sink, **table.settings), file, "send")
    assert result.status == slt.DONE and "--metrics-file" in result.err, result


@pytest.fixture(scope="session")
def promtool():
    """Prometheus' own checker."""
    got = subprocess.run(
        [ROOT / "tests" / "servers" / "get-promtool.sh"],
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode:
        pytest.skip(f"no promtool: {got.stderr.strip()}")
    return got.stdout.strip()


def test_prometheus_takes_it(sqlite, sink, program, file, promtool):
    table = tables.SingleColumn(sqlite).generate(20)
    assert run(program(sqlite, sink, sink, **table.settings), file, "send").status == slt.DONE
    with open(file, "rb") as text:
        checked = subprocess.run(
            [promtool, "check", "metrics"], stdin=text, capture_output=True, check=False
        )
    assert checked.returncode == 0 and not checked.stderr, checked


def test_the_alert_rules(promtool):
    """What makes each alert and what does not; no rule names a metric that we do not write."""
    rules = RULES / "structured-log-transfer.rules.yml"
    subprocess.run([promtool, "check", "rules", rules], check=True, capture_output=True)
    subprocess.run([promtool, "test", "rules", RULES / "rules.test.yml"], check=True)
    source = (ROOT / "core" / "metrics.c").read_text(encoding="utf-8")
    named = set(re.findall(PREFIX + r"(\w+)", rules.read_text(encoding="utf-8")))
    assert named and all(f'"{name}"' in source for name in named), named
