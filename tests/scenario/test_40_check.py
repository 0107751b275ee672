# SPDX-License-Identifier: MIT
"""check looks at everything that a run needs, says what is wrong and what to do, and changes nothing."""

import pytest

import checks
import slt
import tables
from gateway import Reply
from search import Secured, each_product
from test_06_conflicts import target  # noqa: F401 (fixture)
from test_17_targets import alias, stream  # noqa: F401 (fixtures)

OLD = "2020-01-01 00:00:00"
MESSAGE = '{"audit_event": {"date_time": "2026-03-01T06:00:00Z", "n": "text"}}'


def found(result, check, status):
    """The details and remedies of one check with that status, and no other line of it has it."""
    return [
        (one["detail"], one["remedy"])
        for one in result.json
        if (one["check"], one["status"]) == (check, status)
    ]


def statuses(result):
    return {one["status"] for one in result.json}


@pytest.fixture
def ready(db, index, program):
    """(program, table): 20 rows, of which none is sent and all are new, and an index for them."""
    table = tables.SingleColumn(db).generate(20)
    now = {"sqlite": "datetime('now')", "postgresql": "now()", "mysql": "UTC_TIMESTAMP()"}
    db.execute(f"UPDATE audit_logs SET created_at = {now[db.dialect]}")
    sender = program(db, index, index, **table.settings)
    assert sender.run("setup").status == slt.DONE
    return sender, table


def test_all_is_well(ready, index):
    sender, table = ready
    result = sender.run("check", "--json")
    assert result.status == slt.DONE and statuses(result) == {"ok"}, result
    checked = [one["check"] for one in result.json]
    assert checked == [
        "settings",
        "database",
        "facade",
        "table",
        "rows",
        "document",
        "mark",
        "clear",
        "search server",
        "index",
        "mapping",
    ]
    assert all(one["remedy"] is None for one in result.json)
    assert found(result, "database", "ok")[0][0].endswith(", writable")
    assert found(result, "rows", "ok")[0][0].startswith("20 unsent, 0 sent")
    lines = sender.run("check").out.splitlines()
    assert len(lines) == len(checked) and all(line.startswith("ok    ") for line in lines), lines
    checks.untouched(table, index)


def test_settings_that_cannot_be_read(ready, tmp_path):
    """All of them at once, and nothing else is looked at; other commands name them all, too."""
    sender, table = ready
    wrong = sender.with_(LANES="many", CHUNK_SIZE=0, DATABASE_PASSWORD_FILE="/no/such")
    result = wrong.run("check", "--json")
    assert result.status == slt.CONFIGURATION and not result.err, result
    assert statuses(result) == {"fail"} and {one["check"] for one in result.json} == {"settings"}
    texts = [detail for detail, _ in found(result, "settings", "fail")]
    assert [text.split(":")[0] for text in texts] == [
        "CHUNK_SIZE",
        "DATABASE_PASSWORD_FILE",
        "LANES",
    ], texts
    sent = wrong.send()
    lines = [line.partition("]: ")[2] for line in sent.err.splitlines()]
    assert sent.status == slt.CONFIGURATION and lines == [f"error: {text}" for text in texts], sent
    file = tmp_path / "settings.env"
    file.write_text("LANES=4\nexport X=1\n")
    result = sender.run("--env-file", file, "check")
    assert result.status == slt.CONFIGURATION and f"{file}:2:" in result.out, result
    assert result.out.startswith("FAIL  settings ") and result.out.count("\n") == 1, result


@pytest.mark.parametrize("by_file", [False, True], ids=["environment", "file"])
def test_settings_with_a_misspelled_name(ready, tmp_path, by_file):
    """The facade's, too. What is set already is not meant, and short names are near to many."""
    sender, table = ready
    names = {
        "BATCH_SIEZ": 500,  # swapped, and long enough
        "DAY_TO_KEEP": 9000,
        "QUARANTIN_TABEL": "x",
        "AUDIT_TABLENAME": "x",  # the test sets AUDIT_TABLE_NAME
        "DATE_TIME_FELD": "x",
        "DATABASE_PASSWORD_FILE": None,
        "LINES": 24,
        "ELASTICSEARCH_SERVICE_PORT": 9200,
    }
    file = tmp_path / "settings.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in names.items() if value))
    if by_file:
        result = sender.run("--env-file", file, "check", "--json")
    else:
        result = sender.with_(**names).run("check", "--json")
    assert result.status == slt.SET_ASIDE, result
    assert sorted(found(result, "settings", "warn")) == [
        (f"nothing reads {name}: is {meant} meant, which is not set?", None)
        for name, meant in (
            ("BATCH_SIEZ", "BATCH_SIZE"),
            ("DATE_TIME_FELD", "DATE_TIME_FIELD"),
            ("DAY_TO_KEEP", "DAYS_TO_KEEP"),
            ("QUARANTIN_TABEL", "QUARANTINE_TABLE"),
        )
    ]


def test_what_the_database_says_of_itself(ready, db):
    sender, _ = ready
    detail = found(sender.run("check", "--json"), "database", "ok")[0][0]
    name = {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL 1", "mysql": "MySQL 8.0"}
    assert detail.startswith(name.get(db.kind, "MySQL 10.11")), detail
    assert db.kind != "mariadb" or "MariaDB" in detail
    if db.kind == "postgresql":
        plain = sender.with_(DATABASE_URL=f"{db.url}?sslmode=disable").run("check", "--json")
        assert "without TLS" in found(plain, "database", "ok")[0][0]


# ---- six mistakes, and others


def test_a_database_that_is_not_there(ready, free_port):
    sender, _ = ready
    for url in (f"postgresql://a@127.0.0.1:{free_port}/b", f"mysql://a@127.0.0.1:{free_port}/b"):
        result = sender.with_(DATABASE_URL=url).run("check", "--json")
        assert result.status == slt.UNAVAILABLE and found(result, "database", "fail"), result
        assert found(result, "search server", "ok"), "the rest is looked at all the same"


def test_a_table_or_column_that_is_not_there(ready, db):
    sender, _ = ready
    result = sender.with_(AUDIT_TABLE_NAME="no_such").run("check", "--json")
    assert result.status == slt.CONFIGURATION, result
    assert "AUDIT_TABLE_NAME is no_such" in found(result, "table", "fail")[0][0]
    db.script("CREATE TABLE half (id int PRIMARY KEY, message text)")
    result = sender.with_(AUDIT_TABLE_NAME="half").run("check", "--json")
    assert result.status == slt.CONFIGURATION and found(result, "table", "fail"), result


def test_a_facade_that_is_not_there(ready):
    sender, _ = ready
    result = sender.with_(AUDIT_LOGGER_TYPE="NO_SUCH").run("check", "--json")
    assert result.status == slt.CONFIGURATION, result
    assert "no facade no_such.so" in found(result, "facade", "fail")[0][0]


def test_keys_that_are_no_keys(db, index, program):
    table = tables.SingleColumn(db, tables.README)
    table.fill([(1, False, MESSAGE, OLD), (1, False, MESSAGE, OLD), (None, False, MESSAGE, OLD)])
    result = program(db, index, index, **table.settings).run("check", "--json")
    assert result.status == slt.SET_ASIDE, result
    assert found(result, "key", "warn")[0][0] == "1 keys stand in more than one row"
    assert "no index begins with id" in found(result, "index", "warn")[0][0]
    assert "1 unsent rows have no key" in found(result, "rows", "warn")[-1][0]


def test_rows_that_wait(db, index, program):
    table = tables.SingleColumn(db).fill([(1, False, MESSAGE, OLD)])
    sender = program(db, index, index, **table.settings)
    result = sender.run("check", "--json")
    assert result.status == slt.SET_ASIDE, result
    assert "the oldest unsent one is" in found(result, "rows", "warn")[0][0]
    db.execute("UPDATE audit_logs SET message = ?", ("{}",))
    result = sender.run("check", "--json")
    assert "is refused" in found(result, "document", "warn")[0][0], result


def test_a_user_who_may_not_mark_or_clear(server_db, index, program):
    """PostgreSQL and MySQL tell before a row is touched."""
    table = tables.SingleColumn(server_db).generate(5)
    with server_db.role() as (role, url):
        server_db.execute(f"GRANT SELECT ON audit_logs TO {role}")
        sender = program(server_db, index, index, **table.settings).with_(DATABASE_URL=url)
        result = sender.run("check", "--json")
        assert result.status == slt.CONFIGURATION, result
        assert found(result, "mark", "fail")[0][1] == "the database user needs UPDATE on the table"
        assert "DELETE" in found(result, "clear", "fail")[0][1]
        server_db.execute(f"GRANT UPDATE ON audit_logs TO {role}")
        result = sender.with_(CLEAR_AUDIT_LOG_ENTRIES=False).run("check", "--json")
        assert not found(result, "mark", "fail") and not found(result, "clear", "fail"), result


def test_a_search_server_that_is_not_there(ready, free_port):
    sender, _ = ready
    result = sender.with_(ELASTICSEARCH_PORT=free_port).run("check", "--json")
    assert result.status == slt.UNAVAILABLE and found(result, "search server", "fail"), result
    result = sender.with_(ELASTICSEARCH_HOST=None).run("check", "--json")
    assert result.status == slt.CONFIGURATION, result
    assert "ELASTICSEARCH_HOST" in found(result, "search server", "fail")[0][0]


@each_product
def test_wrong_credentials(sqlite, search, program, index):
    server = Secured(search)
    table = tables.SingleColumn(sqlite).generate(5)
    sender = program(sqlite, server, index, **table.settings, **server.ca)
    for login, why in (
        (server.login | {"ELASTICSEARCH_PASSWORD": "wrong"}, "not accepted"),
        ({}, "asks for"),
    ):
        result = sender.with_(**login).run("check", "--json")
        assert result.status == slt.CONFIGURATION, result
        assert why in found(result, "search server", "fail")[0][0]
        assert "wrong" not in result.out + result.err
    result = sender.with_(**server.login).run("check", "--json")
    assert found(result, "search server", "ok") and found(result, "index", "warn"), result
    result = sender.with_(**server.login, ELASTICSEARCH_CA_CERT=None).run("check", "--json")
    assert "ELASTICSEARCH_CA_CERT" in found(result, "search server", "fail")[0][0], result
    loose = {"ELASTICSEARCH_CA_CERT": None, "ELASTICSEARCH_VERIFY": False}
    result = sender.with_(**server.login, **loose).run("check", "--json")
    assert "not verified" in found(result, "search server", "warn")[0][0], result


def test_what_is_no_search_server(ready, db, sink):
    sender, _ = ready
    sink.usual = lambda request: Reply(200, {"hello": "world"})
    result = sender.with_(ELASTICSEARCH_PORT=sink.server.server_port).run("check", "--json")
    assert result.status == slt.CONFIGURATION, result
    assert "neither Elasticsearch nor OpenSearch" in found(result, "search server", "fail")[0][0]


@each_product
def test_an_index_that_does_not_fit(sqlite, index, program):
    table = tables.SingleColumn(sqlite).fill([(1, False, MESSAGE, OLD)])
    sender = program(sqlite, index, index, **table.settings)
    absent = sender.run("check", "--json")
    assert "is not there" in found(absent, "index", "warn")[0][0], absent
    assert index.documents() == {} and "setup" in found(absent, "index", "warn")[0][1]
    index.create(audit_event={"properties": {"n": {"type": "long"}, "date_time": {"type": "date"}}})
    result = sender.run("check", "--json")
    assert result.status == slt.SET_ASIDE, result
    assert [detail for detail, _ in found(result, "mapping", "warn")] == [
        "field audit_event.n of the first unsent row is a text, the index has long"
    ]
    assert sender.send().counted(rejected=1), "and so it is"
    required = sender.with_(ELASTICSEARCH_REQUIRE_ALIAS=True).run("check", "--json")
    assert found(required, "index", "fail")[0][1] == "name an alias", required


@each_product
def test_what_the_name_stands_for(sqlite, target, program):  # noqa: F811
    table = tables.SingleColumn(sqlite).generate(5)
    sender = program(sqlite, target, target, **table.settings)
    assert sender.send().counted(sent=5)
    detail = found(sender.run("check", "--json"), "index", "ok")[0][0]
    kinds = {"index": "an index", "alias": "an alias", "stream": "a data stream"}
    assert detail.endswith(f" is {kinds[target.kind]}"), detail


def test_entries_of_django_auditlog(db, index, program):
    """The facade's own check, and its mapping beside that of the index."""
    table = tables.Django(db, "3.4")
    sender = program(db, index, index, **table.settings)
    assert sender.run("setup").status == slt.DONE
    result = sender.run("check", "--json")
    assert found(result, "mapping", "ok") and not found(result, "facade", "fail"), result
    result = sender.with_(AUDIT_LOG_ORIGIN="other").run("check", "--json")
    assert "audit_event.origin" in found(result, "mapping", "warn")[0][0], result


def test_a_quarantine(db, index, program):
    table = tables.SingleColumn(db).fill([(1, False, "{}", OLD)])
    sender = program(db, index, index, **table.settings, QUARANTINE_TABLE="kept_back")
    result = sender.run("check", "--json")
    assert result.status == slt.CONFIGURATION, result
    assert "setup" in found(result, "quarantine", "fail")[0][0]
    sender.run("setup")
    assert found(sender.run("check", "--json"), "quarantine", "ok") == [("kept_back, empty", None)]
    sender.send()
    assert (
        "1 rows are held back" in found(sender.run("check", "--json"), "quarantine", "warn")[0][0]
    )
