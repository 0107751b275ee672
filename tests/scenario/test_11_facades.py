# SPDX-License-Identifier: MIT
"""Which facades there are, what they say of themselves, and which files are refused."""

import json
import shutil

import pytest

import checks
import slt

SHIPPED = {"single_column_json": "SINGLE_COLUMN_JSON", "django_auditlog": "DJANGO_AUDITLOG"}


@pytest.fixture
def folder(tmp_path, facades):
    """A folder with copies of the shipped facades."""
    folder = tmp_path / "facades"
    folder.mkdir(mode=0o755)
    for name in SHIPPED:
        shutil.copy(facades / f"{name}.so", folder)
        (folder / f"{name}.so").chmod(0o755)
    return folder


def test_the_list(bare):
    result = bare.run("facades")
    assert result.status == slt.DONE and all(name in result.out for name in SHIPPED), result


def test_the_list_as_json(bare, facades):
    result = bare.run("facades", "--json")
    assert result.status == slt.DONE, result
    found = {one["name"]: one for one in result.json}
    for name in SHIPPED:
        one = found[name]
        assert set(one) == {"name", "path", "version", "summary", "abi", "settings"}
        assert (
            one["path"] == str((facades / f"{name}.so").resolve())
            and one["summary"]
            and one["version"]
        )
    assert "AUDIT_TABLE_NAME" in json.dumps(found["single_column_json"]["settings"])
    assert "USER_TABLE_NAME" in json.dumps(found["django_auditlog"]["settings"])


@pytest.mark.parametrize(
    "name, table", [("single_column_json", "audit_logs"), ("django_auditlog", "auditlog_logentry")]
)
def test_one_with_its_statements(bare, name, table):
    result = bare.run("facades", name)
    assert result.status == slt.DONE, result
    for word in ("SELECT", "UPDATE", table, "PostgreSQL", "SQLite"):
        assert word.lower() in result.out.lower(), (word, result)


def test_one_that_is_not_there(bare):
    result = bare.run("facades", "no_such_one")
    assert result.status == slt.CONFIGURATION and "no_such_one" in result.err, result


def test_an_unknown_type(sqlite_sender, sink, facades):
    sender, logs = sqlite_sender
    result = sender.with_(AUDIT_LOGGER_TYPE="NO_SUCH_ONE").send()
    assert (
        result.status == slt.CONFIGURATION
        and "no_such_one" in result.err
        and str(facades) in result.err
    ), result
    checks.untouched(logs, sink)


def test_types_in_any_case_and_from_any_folder(sqlite_sender, sink, folder, tmp_path):
    sender, logs = sqlite_sender
    path = f"{tmp_path / 'none'}:{folder}"
    assert (
        sender.with_(AUDIT_LOGGER_TYPE="Single_Column_Json", SLT_FACADE_PATH=path)
        .send()
        .counted(sent=60)
    )
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("which", ["file", "folder"])
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_what_others_can_write_is_refused(sqlite_sender, sink, folder, facades, which, mode):
    """And no other file is taken instead."""
    sender, logs = sqlite_sender
    file = folder / "single_column_json.so"
    (file if which == "file" else folder).chmod(mode)
    shutil.chown(file if which == "file" else folder, group="nogroup")
    result = sender.with_(SLT_FACADE_PATH=f"{folder}:{facades}").send()
    assert result.status == slt.CONFIGURATION and str(folder) in result.err, result
    checks.untouched(logs, sink)


def test_links_are_followed_to_what_they_name(sqlite_sender, sink, folder, tmp_path):
    sender, logs = sqlite_sender
    links = tmp_path / "links"
    links.mkdir(mode=0o755)
    (links / "single_column_json.so").symlink_to(folder / "single_column_json.so")
    sender = sender.with_(SLT_FACADE_PATH=links, BATCH_SIZE=20)
    assert sender.send().counted(sent=20)
    folder.chmod(0o777)
    result = sender.send()
    assert result.status == slt.CONFIGURATION, "the folder behind the link can be written by others"
    assert len(checks.settled(logs, sink)[0]) == 20


def test_a_file_that_is_no_module(sqlite_sender, sink, folder):
    sender, logs = sqlite_sender
    (folder / "rubbish.so").write_bytes(b"\x7fELF rubbish")
    (folder / "rubbish.so").chmod(0o755)
    result = sender.with_(AUDIT_LOGGER_TYPE="RUBBISH", SLT_FACADE_PATH=folder).send()
    assert result.status == slt.CONFIGURATION and str(folder / "rubbish.so") in result.err, result
    checks.untouched(logs, sink)


def test_a_module_under_another_name(sqlite_sender, sink, folder):
    """The symbol is called after the module, so a renamed file is not taken for another facade."""
    sender, logs = sqlite_sender
    (folder / "django_auditlog.so").rename(folder / "renamed.so")
    result = sender.with_(AUDIT_LOGGER_TYPE="RENAMED", SLT_FACADE_PATH=folder).send()
    assert result.status == slt.CONFIGURATION and str(folder / "renamed.so") in result.err, result
    checks.untouched(logs, sink)
