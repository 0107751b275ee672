# SPDX-License-Identifier: MIT
"""The template of the SDK in the hands of an author: copied from where it is installed, renamed,
built, checked, installed and packaged, with nothing but what is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import slt

STAGE = Path(os.environ.get("SLT_STAGE", ".")).resolve()
NAME = "door_log"
BOTH = ("PASS: tests/rows.sh", "PASS: tests/database.sh")


class Author:
    """Runs commands with an environment in which pkg-config finds what is installed, as if the
    staged folder were the prefix."""

    def __init__(self):
        found = sorted(STAGE.glob("**/slt-facade.pc"))
        assert len(found) == 1, f"not exactly one slt-facade.pc below {STAGE}: {found}"
        self.pkg_config = ["pkg-config", f"--define-variable=prefix={STAGE}"]
        self.env = {
            "PATH": "/usr/bin:/bin",
            "PKG_CONFIG": " ".join(self.pkg_config),
            "PKG_CONFIG_PATH": str(found[0].parent),
        }
        if "CC" in os.environ:
            self.env["CC"] = os.environ["CC"]

    def run(self, folder, *command, status=0, **env):
        """What it says; `status` is the one expected."""
        run = subprocess.run(
            list(map(str, command)),
            cwd=folder,
            env={**self.env, **env},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            umask=0o022,  # a facade that others can write is not loaded
            timeout=300,
        )
        assert run.returncode == status, f"{command} exit {run.returncode}\n{run.stdout[-6000:]}"
        return run.stdout

    def variable(self, name):
        said = self.run(STAGE, *self.pkg_config, f"--variable={name}", "slt-facade")
        return Path(said.strip())

    def copy(self, folder, new_name=None):
        shutil.copytree(self.variable("templatedir"), folder)
        if new_name:
            self.run(folder.parent, f"{folder.name}/rename.sh", new_name)
        return folder

    def build(self, folder):
        self.run(folder, "./autogen.sh")
        self.run(folder, "./configure")
        self.run(folder, "make")
        return folder


@pytest.fixture(scope="module")
def author():
    return Author()


@pytest.fixture(scope="module")
def built(author, tmp_path_factory):
    """A copy with a name of its own, built."""
    copy = author.copy(tmp_path_factory.mktemp("author") / "built", NAME)
    (copy / "rename.sh").unlink()
    return author.build(copy)


@pytest.fixture(scope="module")
def facadedir(author):
    """Where the program looks for facades, relative to /."""
    return author.variable("facadedir").relative_to("/")


def files(folder):
    """The files below the folder: name, content and whether it can be executed."""
    return {
        str(path.relative_to(folder)): (path.read_text("utf-8"), os.access(path, os.X_OK))
        for path in folder.rglob("*")
        if path.is_file()
    }


def installed(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_it_builds_as_it_is(author, tmp_path):
    module = author.build(author.copy(tmp_path / "as_is")) / ".libs/my_table.so"
    symbols = author.run(tmp_path, "nm", "-D", "--defined-only", module).splitlines()
    assert [line.split()[-1] for line in symbols] == ["my_table_LTX_slt_facade"]


@pytest.mark.parametrize(
    "missing, skipped",
    [
        (("SLT",), {"rows": "structured-log-transfer", "database": "structured-log-transfer"}),
        (("SQLITE3", "SLT"), {"database": "structured-log-transfer"}),
        (("SQLITE3",), {"database": "sqlite3"}),
    ],
)
def test_what_cannot_be_checked_is_skipped_aloud(author, built, missing, skipped):
    said = author.run(
        built,
        "make",
        "check",
        *(f"{name}=" for name in missing),
        "TESTS=" + " ".join(f"tests/{name}.sh" for name in skipped),
    )
    for name, program in skipped.items():
        assert f"SKIP: tests/{name}.sh" in said, said
        assert f"{name}.sh is SKIPPED: configure has found no {program}" in said, said


# ---- the new name


@pytest.mark.parametrize("new_name", [NAME, "a", "my_table_2", "not_my_table"])
def test_a_new_name_is_everywhere(author, tmp_path, new_name):
    words = {"my_table": new_name, "MY_TABLE": new_name.upper()}
    words["my-table"] = new_name.replace("_", "-")

    def renamed(text):
        for old, new in words.items():
            text = text.replace(old, f"\0{new}")
        return text.replace("\0", "")

    before = files(author.copy(tmp_path / "old"))
    tool = before.pop("rename.sh")
    after = files(author.copy(tmp_path / "new", new_name))
    assert after.pop("rename.sh") == tool
    assert after == {
        renamed(name): (renamed(text), executable) for name, (text, executable) in before.items()
    }
    assert any(words["my-table"] in text for text, _ in after.values())


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("",),
        ("my_table",),
        ("Door",),
        ("1door",),
        ("_door",),
        ("door-log",),
        ("door log",),
        ("../door",),
        ("tür",),
        ("door\nlog",),
        ("door", "log"),
    ],
)
def test_a_bad_name_changes_nothing(author, tmp_path, args):
    copy = author.copy(tmp_path / "copy")
    before = files(copy)
    assert "rename.sh: " in author.run(copy, "./rename.sh", *args, status=1)
    assert files(copy) == before


def test_it_is_renamed_once(author, tmp_path):
    copy = author.copy(tmp_path / "copy", NAME)
    before = files(copy)
    for again in (NAME, "other"):
        assert "already" in author.run(copy, "./rename.sh", again, status=1)
    assert files(copy) == before


# ---- checked and installed


def test_both_checks_are_made(author, built):
    said = author.run(built, "make", "-j2", "check")
    for line in (*BOTH, "# TOTAL: 2", "# PASS:  2"):
        assert line in said.splitlines(), said
    rows = (built / "tests/rows.log").read_text("utf-8")
    database = (built / "tests/database.log").read_text("utf-8")
    assert ", 0 failed, 0 skipped" in rows and ", 0 failed, 0 skipped" in database, rows + database
    assert "sqlite: message makes a document of each row" in rows, rows
    assert "sqlite database: clear deletes old rows that are sent and no others" in database


def test_one_file_is_installed(author, built, bare, facadedir, tmp_path):
    author.run(built, "make", "install", f"DESTDIR={tmp_path}")
    assert installed(tmp_path) == [str(facadedir / f"{NAME}.so")]
    listed = bare.with_(SLT_FACADE_PATH=tmp_path / facadedir).run("facades", "--json")
    assert listed.status == slt.DONE, listed
    (one,) = [one for one in listed.json if one["name"] == NAME]
    assert one["version"] == "1.0" and "DOOR_LOG_NAME" in str(one["settings"]), one
    author.run(built, "make", "uninstall", f"DESTDIR={tmp_path}")
    assert installed(tmp_path) == []


def test_its_table_is_one_for_every_database(db, built, bare):
    db.load(built / f"{NAME}.sql")
    shown = bare.with_(
        DATABASE_URL=db.url, SLT_FACADE_PATH=built / ".libs", AUDIT_LOGGER_TYPE=NAME.upper()
    ).run("preview")
    assert shown.status == slt.DONE, shown
    assert [line.partition(',"event"')[0] for line in shown.out.splitlines()] == [
        '{"@timestamp":"2026-10-01T06:00:00.283402+00:00"',
        '{"@timestamp":"2026-10-01T06:00:07+00:00"',
        '{"@timestamp":"2026-10-01T06:02:10.500000+00:00"',
        '{"@timestamp":"2026-10-01T06:03:00+00:00"',
    ]


def test_a_mark_that_marks_twice_fails(author, built):
    source = built / f"{NAME}.c"
    good = source.read_text("utf-8")
    bad = good.replace(" AND NOT {is_true is_sent}", "")
    assert bad != good
    source.write_text(bad, "utf-8")
    try:
        said = author.run(built, "make", "check", "TESTS=tests/database.sh", status=2)
    finally:
        source.write_text(good, "utf-8")
    assert "FAIL: tests/database.sh" in said.splitlines(), said
    log = (built / "tests/database.log").read_text("utf-8")
    assert "mark_as_sent changes nothing the second time" in log and ", 0 failed" not in log, log


# ---- handed on


def test_distcheck(author, built):
    said = author.run(built, "make", "-j2", "distcheck")
    assert all(line in said.splitlines() for line in BOTH), said
    assert (built / "slt-facade-door-log-1.0.tar.gz").exists()


@pytest.mark.skipif(
    not (shutil.which("dpkg-buildpackage") and shutil.which("dh")),
    reason="there are no dpkg-buildpackage and dh",
)
def test_debian_package(author, facadedir, tmp_path):
    """Without the checks, which have been made often enough."""
    copy = author.copy(tmp_path / "copy", NAME)
    build = "dpkg-buildpackage -us -uc -b -d".split()
    author.run(copy, *build, DEB_BUILD_OPTIONS="nocheck noautodbgsym")
    (package,) = tmp_path.glob("*.deb")
    assert package.name.startswith("slt-facade-door-log_1.0_")
    author.run(tmp_path, "dpkg-deb", "-x", package, "unpacked")
    where = "usr/share/doc/slt-facade-door-log"
    assert installed(tmp_path / "unpacked") == sorted(
        [str(facadedir / f"{NAME}.so"), f"{where}/changelog.gz", f"{where}/copyright"]
    )
    depends = author.run(tmp_path, "dpkg-deb", "-f", package, "Depends")
    assert "structured-log-transfer" in depends.replace(",", "").split()
