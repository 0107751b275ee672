# SPDX-License-Identifier: MIT
"""What an operator sees: a line of progress on a terminal; lines that name run, facade and table in the journal,
in a log and as JSON."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import tempfile
import threading
import time

import pytest

import slt
import tables
import test_38_verify

PROGRESS = re.compile(r"(\w+) (\d+), (\d+) rows/s, (\d+) left(?:, \d+ (?:s|min|h|d) to go)?")
BAD = '{"no": "time"}'


def read_all(fd, process):
    """What the terminal got until the process ended."""
    text = b""
    while True:
        ready, _, _ = select.select([fd], [], [], 0.1)
        if ready:
            with contextlib.suppress(OSError):  # EIO: nobody holds the other side any more
                text += os.read(fd, 65536)
                continue
        if process.poll() is not None:
            return text.decode()


def on_terminal(program, *args, stdout=False):
    """(status, the lines of a terminal as they stood there at last, the states of its last line)."""
    ours, theirs = pty.openpty()
    env = {"PATH": "/usr/bin:/bin", **{n: str(v) for n, v in program.settings.items()}}
    process = subprocess.Popen(
        [program.path, *args],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout else subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    text = read_all(ours, process)
    os.close(ours)
    lines, states = [], []
    for line in text.replace("\r\n", "\n").split("\n"):
        parts = line.split("\r\x1b[K")
        lines.append(parts[-1])
        states += parts[:-1]
    return process.returncode, lines, [s for s in states if s]


def seen(states, verb, total):
    """Each state is a line of progress, and they go forward."""
    assert states, "no progress was shown"
    found = [PROGRESS.fullmatch(state) for state in states]
    assert all(found), states
    done = [int(match[2]) for match in found]
    assert {match[1] for match in found} == {verb} and done == sorted(done), states
    assert all(len(state) < 80 for state in states)
    return [(int(match[2]), int(match[4])) for match in found]


def slow(sink, seconds=0.04):
    sink.script = [lambda request: time.sleep(seconds)] * 10000


def test_send(db, sink, program):
    table = tables.SingleColumn(db).generate(600).add(10_000, BAD)
    slow(sink)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=20)
    status, lines, states = on_terminal(sender, "send")
    assert status == slt.SET_ASIDE, lines
    assert all(done + left in (600, 601) for done, left in seen(states, "sent", 601)), states
    # on a terminal no line needs to name the run; each stands alone, and nothing is left behind
    assert [line.split(" ")[0] for line in lines] == ["structured-log-transfer:"] * 2 + [""], lines
    assert "row 10000: refused" in lines[0] and "sent 600," in lines[1], lines


def test_no_more_than_is_wanted(db, sink, program):
    """--limit and BATCH_SIZE bound what is left; rows of the quarantine are not among it."""
    table = tables.SingleColumn(db).generate(600).add(-1, BAD).add(-2, BAD)
    sender = program(db, sink, sink, **table.settings, QUARANTINE_TABLE="held")
    assert sender.run("setup").status in (slt.DONE, slt.SET_ASIDE)
    assert sender.send("--limit", 1).status == slt.SET_ASIDE
    slow(sink)
    sender = sender.with_(CHUNK_SIZE=20)
    _, _, states = on_terminal(sender, "send", "--limit", "400")
    assert {done + left for done, left in seen(states, "sent", 400)} == {400}
    slow(sink)
    _, lines, states = on_terminal(sender, "send")
    assert {done + left for done, left in seen(states, "sent", 199)} == {199}, lines


@pytest.mark.parametrize("how", [["-q"], ["--log-format", "json"]])
def test_not_when_it_is_not_wanted(sqlite, sink, program, how):
    table = tables.SingleColumn(sqlite).generate(200)
    slow(sink)
    sender = program(sqlite, sink, sink, **table.settings, CHUNK_SIZE=10)
    status, lines, states = on_terminal(sender, *how, "send")
    assert status == slt.DONE and not states and not any("\x1b" in line for line in lines), lines


def test_not_in_a_pipe(sqlite, sink, program):
    table = tables.SingleColumn(sqlite).generate(200)
    slow(sink)
    result = program(sqlite, sink, sink, **table.settings, CHUNK_SIZE=10).send()
    assert result.status == slt.DONE and "\r" not in result.err and result.err.count("\n") == 1


def test_clear(sqlite, sink, program):
    table = tables.SingleColumn(sqlite).generate(2000)
    sender = program(sqlite, sink, sink, **table.settings, CLEAR_CHUNK_SIZE=1)
    assert sender.send().counted(sent=2000)
    with contextlib.closing(sqlite.connect()) as application:
        application.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(1, lambda: None)
        timer.start()
        threading.Thread(target=lambda: (timer.join(), application.rollback())).start()
        status, lines, states = on_terminal(sender, "clear", "--older-than", "0d")
    assert status == slt.DONE and "deleted 2000, kept 0" in lines[-2], lines
    assert {done + left for done, left in seen(states, "deleted", 2000)} == {2000}


@pytest.mark.parametrize("since", [[], ["--since", "2000-01-01"]])
def test_verify(sqlite, index, proxy, program, since):
    """Its results may go to the same terminal."""
    table = tables.SingleColumn(sqlite).generate(600)
    sender = program(sqlite, proxy, index, **table.settings, CHUNK_SIZE=20)
    assert sender.send().counted(sent=600)
    test_38_verify.remove(index, 300, 310)
    usual = proxy.usual
    proxy.usual = lambda request: time.sleep(0.04) or usual(request)
    status, lines, states = on_terminal(sender, "verify", *since, stdout=True)
    assert status == slt.SET_ASIDE, lines
    assert {done + left for done, left in seen(states, "verified", 600)} == {600}
    assert [line.split("\t")[:2] for line in lines[:2]] == [["300", "missing"], ["310", "missing"]]
    assert lines[2].startswith("structured-log-transfer: verified 600: 598 there"), lines


def test_a_line_names_run_facade_and_table(db, sink, program):
    table = tables.SingleColumn(db).generate(20).add(10_000, BAD)
    sender = program(db, sink, sink, **table.settings)
    running = sender.start("send")
    pid = running.process.pid
    lines = running.result().err.splitlines()
    where = {"sqlite": "main.", "postgresql": r"\w+\.", "mysql": r"\w+\."}[db.dialect]
    begin = rf"structured-log-transfer\[{pid}\]: single_column_json {where}audit_logs: "
    assert len(lines) == 2 and all(re.match(begin, line) for line in lines), lines
    assert re.match(begin + "warning: row 10000: ", lines[0]), lines


def test_what_is_not_known_yet_is_not_named(bare):
    lines = (
        bare.with_(ELASTICSEARCH_HOST="h", DATABASE_URL="sqlite:////nowhere/x")
        .send()
        .err.splitlines()
    )
    assert len(lines) == 1, lines
    assert re.match(r"structured-log-transfer\[\d+\]: single_column_json: error: ", lines[0]), lines
    lines = bare.with_(LANES=0).send().err.splitlines()
    assert re.match(r"structured-log-transfer\[\d+\]: error: LANES: ", lines[0]), lines


def test_json_lines(db, sink, program):
    """Names of the Elastic Common Schema; all lines of a run have the same labels.run, other runs another."""
    table = tables.SingleColumn(db).generate(20).add(10_000, BAD)
    sender = program(db, sink, sink, **table.settings)
    runs = set()
    for _ in range(2):
        running = sender.start("--log-format", "json", "send")
        lines = [json.loads(line) for line in running.result().err.splitlines()]
        assert [line["log.level"] for line in lines] == ["warning", "notice"], lines
        for line in lines:
            assert set(line) == {
                *("@timestamp", "log.level", "message", "ecs.version", "service.name"),
                *("process.pid", "labels.run", "labels.facade", "labels.table"),
            }
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["@timestamp"])
            assert line["service.name"] == "structured-log-transfer"
            assert line["process.pid"] == running.process.pid
            assert line["labels.facade"] == "single_column_json"
            assert line["labels.table"].endswith(".audit_logs")
        runs |= {line["labels.run"] for line in lines}
    assert len(runs) == 2 and all(re.fullmatch(r"\d{8}T\d{6}Z-\d+", run) for run in runs), runs


def journal(program, *args, named=None):
    """The lines of a run whose stderr is what JOURNAL_STREAM names."""
    with tempfile.TemporaryFile() as file:
        found = os.fstat(file.fileno())
        stream = named or f"{found.st_dev}:{found.st_ino}"
        env = {n: str(v) for n, v in program.settings.items()}
        command = [program.path, *args]
        subprocess.run(command, env={**env, "JOURNAL_STREAM": stream}, stderr=file, check=False)
        file.seek(0)
        return file.read().decode().splitlines()


def test_the_journal_gets_priorities(sqlite, sink, program):
    table = tables.SingleColumn(sqlite).generate(20).add(10_000, BAD)
    sender = program(sqlite, sink, sink, **table.settings)
    lines = journal(sender, "-v", "send")
    assert {line[:3] for line in lines} == {"<4>", "<5>", "<6>"}, lines
    told = [line for line in lines if line.startswith("<4>")]
    assert told[0].startswith("<4>single_column_json main.audit_logs: warning: row 10000: refused")
    assert journal(sender.with_(LANES=0), "send")[0].startswith("<3>error: LANES: ")
    # a stream that is not ours: some parent's
    assert journal(sender, "send", named="1:2")[0].startswith("structured-log-transfer[")
    assert journal(sender, "send", named="nonsense")[0].startswith("structured-log-transfer[")
