# SPDX-License-Identifier: MIT
"""doc/facade-tutorial.md, followed to the letter where nothing is installed but the program and a compiler."""

import os
from pathlib import Path

import pytest

from chroot import Chroot, is_possible
from follow import commands, matches, steps

STAGE = Path(os.environ.get("SLT_STAGE", ".")).resolve()
PACKAGES = ("dash", "coreutils", "gcc", "libc6-dev", "pkg-config", "sqlite3")
WORK = "/tmp/doors"


@pytest.mark.skipif(not is_possible(), reason="needs root, or user namespaces")
def test_to_the_letter(tmp_path):
    page = next(STAGE.glob("share/doc/*/facade-tutorial.md")).read_text(encoding="utf-8")
    root = Chroot(tmp_path / "root", PACKAGES)
    root.add_tree(STAGE)
    work = root.folder / WORK.lstrip("/")
    work.mkdir(parents=True)
    env = {
        "PATH": f"{STAGE}/bin:/usr/bin:/bin",
        "PKG_CONFIG_PATH": f"{STAGE}/lib/pkgconfig",
    }
    before, ran = "", 0  # what a reader's shell keeps from one command to the next
    for kind, name, text in steps(page):
        if kind == "file":
            (work / name).write_text(text, encoding="utf-8")
            continue
        status = 0
        for command, expected in commands(text):
            if command.startswith(("export ", "unset ")):
                before += command + "\n"
                continue
            if command == "echo $?":
                assert expected == f"{status}\n"
                continue
            status, printed = root.run(before + command, WORK, **env)
            ran += 1
            assert matches(
                expected, printed
            ), f"$ {command}\n{printed}\n(exit {status}) is not\n{expected}"
            assert status == (1 if "FAILED" in expected else 0), (command, status, printed)
    assert ran >= 10
