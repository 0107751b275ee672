# SPDX-License-Identifier: MIT
"""Settings: where they come from, and what is said about wrong ones."""

import pytest

import checks
import slt

# Name, a wrong value; what is said must name both, and that something else is expected.
WRONG = [
    ("BATCH_SIZE", "many"),
    ("BATCH_SIZE", "-1"),
    ("BATCH_SIZE", "1.5"),
    ("BATCH_SIZE", "99999999999999999999"),
    ("BATCH_LIMIT", "x1"),
    ("CHUNK_SIZE", "0"),
    ("CHUNK_SIZE", "5oo"),
    ("LANES", "0"),
    ("LANES", "four"),
    ("MAX_BULK_BYTES", "8 MiB"),
    ("ELASTICSEARCH_PORT", "65536"),
    ("ELASTICSEARCH_PORT", "http"),
    ("ELASTICSEARCH_SCHEME", "ftp"),
    ("ELASTICSEARCH_TIMEOUT", "-3"),
    ("ELASTICSEARCH_RETRY_SECONDS", "soon"),
    ("ELASTICSEARCH_HOST", "host:port"),
    ("ELASTICSEARCH_HOST", "127.0.0.1:1234"),
    ("ELASTICSEARCH_HOST", "https://127.0.0.1"),
    ("DAYS_TO_KEEP", "a month"),
    ("ON_CONFLICT", "shrug"),
    ("AUDIT_LOGGER_TYPE", "../evil"),
    ("AUDIT_LOGGER_TYPE", "1ST"),
    ("DATABASE_URL", "oracle://h/d"),
    ("DATABASE_URL", "sqlite"),
    ("SLT_FACADE_PATH", "relative/folder"),
]


MAY_HOLD_A_SECRET = {"DATABASE_URL"}


@pytest.fixture
def ready(sqlite_sender):
    """Everything is set up to send; the table is the second."""
    return sqlite_sender


@pytest.mark.parametrize("name, value", WRONG, ids=lambda text: text)
def test_a_wrong_value_is_named(ready, sink, name, value):
    sender, logs = ready
    result = sender.with_(**{name: value}).send()
    assert result.status == slt.CONFIGURATION and name in result.err, result
    assert value in result.err or name in MAY_HOLD_A_SECRET, result
    assert not sink.requests and result.out == ""
    assert not any(row.marked for row in logs.rows())


def test_without_a_host_of_elasticsearch(ready, sink):
    sender, logs = ready
    for value in (None, ""):
        result = sender.with_(ELASTICSEARCH_HOST=value).send()
        assert result.status == slt.CONFIGURATION and "ELASTICSEARCH_HOST" in result.err, result
    checks.untouched(logs, sink)


@pytest.mark.parametrize("value", ["False", "false", "off", "no", "n", "0"])
def test_switched_off(ready, sink, value):
    sender, logs = ready
    result = sender.with_(ENABLE_SEND_AUDIT_LOG=value).send()
    assert (
        result.status == slt.DONE and "ENABLE_SEND_AUDIT_LOG" in result.err and not sink.requests
    ), result
    checks.untouched(logs, sink)


@pytest.mark.parametrize("value", ["True", "TRUE", "true", "on", "ok", "y", "yes", "1"])
def test_switched_on(ready, sink, value):
    sender, logs = ready
    assert sender.with_(ENABLE_SEND_AUDIT_LOG=value).send().counted(sent=60)
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize(
    "host",
    [
        "{host}:{port}",
        "http://{host}:{port}",
        "http://{host}:{port}/",
        "http://{host}:{port}/some/path",
    ],
)
def test_ways_to_name_the_host(ready, sink, host):
    sender, logs = ready
    host = host.format(host="127.0.0.1", port=sink.server.server_port)
    result = sender.with_(ELASTICSEARCH_HOST=host, ELASTICSEARCH_PORT=None).send()
    assert result.status == slt.DONE and checks.delivered(logs, sink) == 60, result
    assert sink.bulks[0].path == ("/some/path" if "some" in host else "") + "/sink/_bulk"


def test_names_and_values_from_a_file(ready, sink, bare, tmp_path):
    """The environment wins over the file."""
    sender, logs = ready
    given = {**sender.settings, "BATCH_SIZE": 25, "CHUNK_SIZE": 25}
    file = tmp_path / "settings.env"
    file.write_text("# comment\n\n" + "".join(f"{name}={value}\n" for name, value in given.items()))
    result = slt.Program(bare.path, CHUNK_SIZE=10).run("--env-file", file, "send")
    assert result.status == slt.DONE and result.counted(sent=25), result
    assert [len(request.ids) for request in sink.bulks] == [10, 10, 5]
    assert len(checks.settled(logs, sink)[0]) == 25


def test_a_file_that_is_not_there(ready, sink, tmp_path):
    sender, logs = ready
    result = sender.run("--env-file", tmp_path / "none.env", "send")
    assert result.status == slt.CONFIGURATION and "none.env" in result.err, result
    checks.untouched(logs, sink)


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("sned",),
        ("send", "--lmit", "3"),
        ("send", "--limit"),
        ("send", "--limit", "x"),
        ("send", "--limit", "-1"),
        ("send", "extra"),
        ("--env-file",),
        ("preview", "-n", "x"),
        ("send", "--wait", "x"),
        ("--log-format", "xml", "send"),
        ("-z", "send"),
    ],
    ids=lambda args: " ".join(args) or "nothing",
)
def test_wrong_usage(ready, sink, args):
    sender, logs = ready
    result = sender.run(*args)
    assert result.status == slt.USAGE and result.err and result.out == "", result
    checks.untouched(logs, sink)


SETTINGS = """AUDIT_LOG_ENVIRONMENT DEBUG AUDIT_LOG_ORIGIN ELASTICSEARCH_APP_AUDIT_LOG_INDEX AUDIT_LOGGER_TYPE ELASTICSEARCH_HOST
    AUDIT_TABLE_NAME ELASTICSEARCH_USERNAME ELASTICSEARCH_PASSWORD BATCH_SIZE ELASTICSEARCH_PORT CHUNK_SIZE ELASTICSEARCH_SCHEME
    CLEAR_AUDIT_LOG_ENTRIES ENABLE_SEND_AUDIT_LOG DATABASE_URL SSL_CA SSL_CERT SSL_CIPHER SSL_KEY DATABASE_PASSWORD DB_USE_SSL
    DATE_TIME_FIELD USER_TABLE_NAME DATE_TIME_PARENT_FIELD DAYS_TO_KEEP LANES MAX_BULK_BYTES DOCUMENT_ID_PREFIX ON_CONFLICT
    QUARANTINE_TABLE SLT_FACADE_PATH ELASTICSEARCH_API_KEY ELASTICSEARCH_CA_CERT ELASTICSEARCH_CLIENT_CERT ELASTICSEARCH_CLIENT_KEY
    ELASTICSEARCH_VERIFY ELASTICSEARCH_PIPELINE ELASTICSEARCH_REQUIRE_ALIAS ELASTICSEARCH_TIMEOUT ELASTICSEARCH_RETRY_SECONDS
    ELASTICSEARCH_COMPRESS ELASTICSEARCH_ALLOW_PLAINTEXT AUDITLOG_CHANGES_AS""".split()
# These belong to the facades, which declare them.
OF_FACADES = {
    "AUDIT_LOG_ENVIRONMENT",
    "AUDIT_LOG_ORIGIN",
    "AUDIT_TABLE_NAME",
    "USER_TABLE_NAME",
    "AUDITLOG_CHANGES_AS",
    "DATE_TIME_FIELD",
    "DATE_TIME_PARENT_FIELD",
}


def test_help_tells_of_every_setting(bare):
    result = bare.run("--help")
    assert result.status == slt.DONE and result.err == "", result
    of_facades = "".join(
        bare.run("facades", name).out for name in ("single_column_json", "django_auditlog")
    )
    for name in SETTINGS:
        assert name in result.out + (of_facades if name in OF_FACADES else ""), name
    for command in ("send", "preview", "facades"):
        assert command in result.out


def test_version(bare):
    result = bare.run("--version")
    assert (
        result.status == slt.DONE
        and result.out.startswith("structured-log-transfer ")
        and any(c.isdigit() for c in result.out)
    ), result


def test_log_levels_and_formats(ready, sink):
    """-q leaves errors and warnings, -v says more; as JSON, each line is an object."""
    sender, _ = ready
    sender = sender.with_(BATCH_SIZE=10)
    plain, loud = sender.send(), sender.run("-v", "send")
    assert len(loud.err.splitlines()) > len(plain.err.splitlines()), loud
    quiet = sender.run("-q", "send")
    assert quiet.status == slt.DONE and len(quiet.err.splitlines()) <= 1, quiet
    lines = sender.run("--log-format", "json", "-v", "send").err.splitlines()
    assert lines and all(
        line.startswith("{") and line.endswith("}") and "log.level" in line for line in lines
    ), lines


def test_standard_output_that_is_closed_early(ready, sink):
    """A result that cannot be written is a failure that is told, and costs no row its mark."""
    sender, logs = ready
    with open("/dev/full", "wb") as full:
        running = sender.start("send", "--json", stdout=full)
        result = running.result()
    assert result.status != slt.DONE and result.err, result
    assert checks.delivered(logs, sink) == 60
