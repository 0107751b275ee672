# SPDX-License-Identifier: MIT
"""doc/facade-tutorial.md, followed to the letter where nothing is installed but the program and a compiler."""

import os
import re
from pathlib import Path

from chroot import Chroot

STAGE = Path(os.environ.get("SLT_STAGE", ".")).resolve()
PACKAGES = ("dash", "coreutils", "gcc", "libc6-dev", "pkg-config", "sqlite3")
WORK = "/tmp/doors"


def steps():
    """("file", name, text) and ("console", commands) in the order of the installed page."""
    page = next(STAGE.glob("share/doc/*/facade-tutorial.md")).read_text(encoding="utf-8")
    name, found = None, []
    for block in re.split(r"^```(\w+)\n(.*?)^```$", page, flags=re.M | re.S):
        # outside of blocks, inside of one: its language, its text
        found.append(block)
    for prose, language, text in zip(found[::3], found[1::3], found[2::3]):
        if language == "console":
            yield "console", None, text
            continue
        name = re.findall(r"Save (?:this|them) as `([^`]+)`:\s*$", prose.rstrip() + "\n")
        assert name, f"nothing says what this block is to be saved as: {text[:60]}"
        yield "file", name[0], text


def commands(text):
    """(command, the lines that it is to print)"""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.M)
    assert parts[0] == "", f"a block begins with output: {parts[0]}"
    return list(zip(parts[1::2], parts[2::2]))


def pattern(expected):
    """A regular expression of that output: a line "..." is any lines, "..." in a line is anything."""
    lines = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in expected.splitlines()
    ]
    # "{unsent ...}" of a message is no abbreviation, and matches itself
    return re.compile("".join(lines))


def test_to_the_letter(tmp_path):
    root = Chroot(tmp_path / "root", PACKAGES)
    root.add_tree(STAGE)
    work = root.folder / WORK.lstrip("/")
    work.mkdir(parents=True)
    env = {
        "PATH": f"{STAGE}/bin:/usr/bin:/bin",
        "PKG_CONFIG_PATH": f"{STAGE}/lib/pkgconfig",
    }
    before, ran = "", 0  # what a reader's shell keeps from one command to the next
    for kind, name, text in steps():
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
            assert pattern(expected).fullmatch(printed), (
                f"$ {command}\n{printed}\n(exit {status}) is not\n{expected}"
            )
            assert status == (1 if "FAILED" in expected else 0), (command, status, printed)
    assert ran >= 10
