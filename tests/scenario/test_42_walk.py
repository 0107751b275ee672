# SPDX-License-Identifier: MIT
"""doc/walk.md, an operator's way from nothing to the cron line, followed to the letter."""

import os
import subprocess
from pathlib import Path

import tables
from follow import commands, matches, steps
from search import Index

PAGE = Path(__file__).resolve().parents[2] / "doc" / "walk.md"
BUILD = Path(os.environ.get("SLT_BUILD", ".")).resolve()


def test_to_the_letter(postgres, search, tmp_path):
    index = Index(os.environ[f"SLT_TEST_{search.upper()}"])
    index.name = f"shop_audit_log_{os.getpid()}"  # of the page, and of this run alone
    message = {"audit_event": {"date_time": "2026-10-01T06:00:00Z"}}
    table = tables.SingleColumn(postgres)
    for key in (1, 2, 3):
        table.add(key, message)
    postgres.execute("UPDATE audit_logs SET created_at = now()")
    with postgres.role() as (reader, reader_url):
        postgres.execute(f"GRANT SELECT ON audit_logs TO {reader}")
        here = {  # what the page says: what it is in this test
            "postgres://audit@db.example.org/app": postgres.url,
            "postgres://reader@db.example.org/app": reader_url,
            "search.example.org": index.url.partition("//")[2],
            "shop_audit_log": index.name,
        }

        def local(text):
            for said, meant in here.items():
                text = text.replace(said, meant)
            return text

        try:
            follow(local, tmp_path)
        finally:
            index.delete()


def follow(local, folder):
    env = {
        "PATH": f"{BUILD}:/usr/bin:/bin",
        "SLT_FACADE_PATH": str(BUILD / "plugins" / ".libs"),
        "ELASTICSEARCH_SCHEME": "http",  # the tests' servers have no TLS
        "LC_ALL": "C.UTF-8",
    }
    status, ran = 0, 0
    for kind, name, text in steps(PAGE.read_text(encoding="utf-8")):
        if kind == "file":
            (folder / name).write_text(local(text), encoding="utf-8")
            continue
        for command, expected in commands(text):
            if command == "echo $?":
                assert expected == f"{status}\n", (expected, status)
                continue
            ended = subprocess.run(
                ["sh", "-c", local(command)],
                cwd=folder,
                env=env,
                text=True,
                encoding="utf-8",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            status, ran = ended.returncode, ran + 1
            assert matches(
                local(expected), ended.stdout
            ), f"$ {command}\n{ended.stdout}\n(exit {status}) is not\n{local(expected)}"
    assert ran >= 15
