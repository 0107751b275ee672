# SPDX-License-Identifier: MIT
"""Secrets: how they reach the program and the server, and that they reach nobody else."""

import base64
import os
import resource
import signal
import subprocess

import pytest

import checks
import slt
import tables
from gateway import Reply, bulk_reply

USER, PASSWORD, KEY = "sender", "p:ä ss%3Aw0rd-CANARY", "Y2FuYXJ5OkNBTkFSWQ=="
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
USED = {
    "basic": (
        {"ELASTICSEARCH_USERNAME": USER, "ELASTICSEARCH_PASSWORD": PASSWORD},
        f"Basic {BASIC}",
    ),
    "api key": ({"ELASTICSEARCH_API_KEY": KEY}, f"ApiKey {KEY}"),
    "none": ({}, None),
}
SECRETS = [PASSWORD, KEY, BASIC, "CANARY", "db-secret"]


@pytest.mark.parametrize("name", USED)
def test_what_the_server_gets(sqlite_sender, sink, name):
    sender, logs = sqlite_sender
    settings, header = USED[name]
    assert sender.with_(**settings).send().counted(sent=60)
    assert {request.headers["Authorization"] for request in sink.requests} == {header}
    assert checks.delivered(logs, sink) == 60


def test_secrets_from_files(sqlite_sender, sink, tmp_path):
    """The newline at the end is not part of it."""
    sender, _ = sqlite_sender
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    sender = sender.with_(ELASTICSEARCH_USERNAME=USER, ELASTICSEARCH_PASSWORD_FILE=file)
    assert sender.send().counted(sent=60)
    assert {request.headers["Authorization"] for request in sink.requests} == {f"Basic {BASIC}"}
    both = sender.with_(ELASTICSEARCH_PASSWORD="other").send()
    assert both.status == slt.CONFIGURATION and "ELASTICSEARCH_PASSWORD_FILE" in both.err, both
    file.unlink()
    gone = sender.send()
    assert gone.status == slt.CONFIGURATION and str(file) in gone.err, gone


TROUBLE = {  # what the server says, and what becomes of the run
    "none": ([], slt.DONE),
    "401": (
        [
            lambda request: Reply(
                401, {"error": {"type": "security_exception", "reason": "r"}, "status": 401}
            )
        ],
        slt.CONFIGURATION,
    ),
    "500": ([lambda request: Reply(500)] * 100, slt.UNAVAILABLE),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_no_output_holds_a_secret(db, sink, program, trouble):
    table = tables.SingleColumn(db).generate(30)
    sink.script, status = list(TROUBLE[trouble][0]), TROUBLE[trouble][1]
    sender = program(
        db,
        sink,
        sink,
        **table.settings,
        ELASTICSEARCH_USERNAME=USER,
        ELASTICSEARCH_PASSWORD=PASSWORD,
    ).with_(
        # MySQL's and MariaDB's URLs have this password already
        DATABASE_URL=db.url.replace("postgres@", "postgres:db-secret@"),
        ELASTICSEARCH_RETRY_SECONDS=1,
        DEBUG=True,
    )
    runs = {
        args: sender.run(*args)
        for args in (
            ("-v", "preview", "-n", 1),
            ("-v", "facades"),
            ("-v", "--help"),
            ("-v", "-v", "send"),
        )
    }
    assert [result.status for result in runs.values()] == [slt.DONE] * 3 + [
        status
    ] and sink.bulks, runs
    for args, result in runs.items():
        assert not [secret for secret in SECRETS if secret in result.out + result.err], (
            args,
            result,
        )
    checks.settled(table, sink)


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "postgresql://u:db-secret@127.0.0.1:{port}/d"},
        {"DATABASE_URL": "mysql://u:db-secret@127.0.0.1:{port}/d"},
        {"DATABASE_URL": "nonsense://u:db-secret@h/d"},
        {"DATABASE_URL": "postgresql://u:db-secret@h:x/d"},
        {"DATABASE_PASSWORD": "db-secret\n", "LANES": "x"},
        {"ELASTICSEARCH_API_KEY": "CANARY \n CANARY"},
        {"ELASTICSEARCH_HOST": "http://u:CANARY@127.0.0.1"},
    ],
)
def test_no_error_holds_a_secret(sqlite_sender, free_port, settings):
    sender, _ = sqlite_sender
    settings = {name: value.replace("{port}", str(free_port)) for name, value in settings.items()}
    result = sender.with_(**settings).run("-v", "send")
    assert result.status in (slt.CONFIGURATION, slt.UNAVAILABLE), result
    assert not [secret for secret in SECRETS if secret in result.out + result.err], result


ITEM_ERRORS = [
    (400, "mapper_parsing_exception"),
    (429, "rejected_execution_exception"),
    (403, "security_exception"),
]


@pytest.mark.parametrize("status, kind", ITEM_ERRORS)
@pytest.mark.parametrize("whole", [False, True], ids=["item", "request"])
def test_what_the_server_quotes_stays_out_of_the_log(sqlite_sender, sink, status, kind, whole):
    """The reason of an error can hold the document; it may come though nobody asked for it."""
    sender, logs = sqlite_sender
    error = {
        "type": kind,
        "reason": "field [x] CANARY",
        "caused_by": {"type": "t", "reason": "CANARY"},
    }

    def step(request):
        if whole:
            return Reply(status, {"error": error, "status": status})
        failed = {
            "create": {"_index": "sink", "_id": request.ids[0], "status": status, "error": error}
        }
        return bulk_reply([failed] + [sink.store(key, text) for key, text in request.pairs[1:]])

    sink.script = [step] * 100
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1, DEBUG=True).run("-v", "-v", "send")
    assert result.status != slt.DONE and "CANARY" not in result.err, result
    assert str(status) in result.err, result
    checks.settled(logs, sink)


def test_secrets_are_not_in_the_arguments_of_the_process(sqlite_sender, sink):
    sender, _ = sqlite_sender
    sink.script = [sink.hang]
    running = sender.with_(ELASTICSEARCH_USERNAME=USER, ELASTICSEARCH_PASSWORD=PASSWORD).start(
        "send"
    )
    slt.until(lambda: sink.bulks, "the first request")
    with open(f"/proc/{running.process.pid}/cmdline", "rb") as file:
        assert b"CANARY" not in file.read()
    sink.release()
    assert running.result().status == slt.DONE


def dumps_core(process, folder):
    """Is there a core dump when it aborts? It may be one of gigabytes, so only little of it is let be."""
    resource.prlimit(process.pid, resource.RLIMIT_CORE, (1 << 20, 1 << 20))
    process.send_signal(signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = 1  # it is waited for
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT
    for core in folder.glob("core*"):
        core.unlink()
    return os.WCOREDUMP(status)


def test_no_core_dump_has_them(sqlite_sender, sink, tmp_path, monkeypatch):
    """Client libraries copy passwords, and no copy of theirs can be wiped."""
    sender, _ = sqlite_sender
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(["/bin/sleep", "60"]) as other:
        if not dumps_core(other, tmp_path):
            pytest.skip("no process dumps core here")
    sink.script = [sink.hang]
    running = sender.with_(ELASTICSEARCH_USERNAME=USER, ELASTICSEARCH_PASSWORD=PASSWORD).start(
        "send"
    )
    slt.until(lambda: sink.bulks, "the first request")
    assert not dumps_core(running.process, tmp_path)
