# SPDX-License-Identifier: MIT
"""A database that cannot take the mark is refused before anything is sent."""

import contextlib
import re

import checks
import slt
import tables


@contextlib.contextmanager
def read_only(db):
    with contextlib.ExitStack() as until_then:
        if db.kind == "sqlite":
            with open(db.path, "r+b") as file:
                file.seek(18)  # the file format says: may be read, not written, by this version
                file.write(b"\x03")
        elif db.kind == "postgresql":
            db.execute(f"ALTER DATABASE {db.name} SET default_transaction_read_only = on")
        else:
            until_then.enter_context(db.settings_of_server(read_only=1))
        yield


def test_nothing_is_sent(sender, logs, sink):
    with read_only(logs.db):
        result = sender.send()
    assert result.status in (slt.CONFIGURATION, slt.UNAVAILABLE) and not sink.requests, result
    assert re.search("read-only|no permission to write", result.err), result
    assert not any(row.marked for row in logs.rows())


def test_it_can_be_looked_at(logs, bare):
    with read_only(logs.db):
        result = bare.with_(DATABASE_URL=logs.db.url, **logs.settings).run("preview", "-n", 60)
    assert result.status == slt.DONE and len(result.out.split("\n")) == 61, result


def test_a_mark_that_the_database_refuses(sender, logs, sink):
    """Too late to be refused beforehand: the run stops, and the rows stay unsent."""
    forbid = {
        "sqlite": "CREATE TRIGGER forbid BEFORE UPDATE ON audit_logs BEGIN SELECT RAISE(ABORT, 'not allowed'); END",
        "postgresql": """CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS
                  'BEGIN RAISE EXCEPTION ''not allowed''; END';
                  CREATE TRIGGER forbid BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE PROCEDURE forbid();""",
        "mysql": "CREATE TRIGGER forbid BEFORE UPDATE ON audit_logs FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not allowed'",
    }
    # What code in the database says can be any text of a row; SQLite's is a literal.
    said = {"sqlite": "not allowed", "postgresql": "P0001", "mysql": "error 1644"}
    logs.db.script(forbid[logs.db.dialect])
    result = sender.send()
    assert result.status not in (slt.DONE, slt.SET_ASIDE), result
    assert said[logs.db.dialect] in result.err, result
    assert logs.db.kind == "sqlite" or "not allowed" not in result.err, result
    assert result.counted(left=20)
    assert len(sink.bulks) == 1, "and it does not go on to send what it cannot mark"
    marked, unmarked = checks.settled(logs, sink)
    assert not marked and len(unmarked) == 60


def test_a_role_that_may_only_read(server_db, sink, program):
    """Privileges are missing: nothing is sent, or nothing is marked; never anything in between."""
    table = tables.SingleColumn(server_db).generate(30)
    sender = program(server_db, sink, sink, **table.settings, CHUNK_SIZE=10)
    with server_db.role() as (role, url):
        server_db.execute(f"GRANT SELECT ON audit_logs TO {role}")
        result = sender.with_(DATABASE_URL=url).send()
        assert result.status == slt.CONFIGURATION and len(sink.bulks) <= 1, result
        assert checks.settled(table, sink)[0] == []


def test_a_view_takes_the_mark_through_itself(db, sink, program):
    """A table behind a view: nothing is known of its key."""
    table = tables.SingleColumn(db).generate(30)
    db.script("CREATE VIEW shown AS SELECT id, is_sent, message, created_at FROM audit_logs")
    if db.kind == "sqlite":
        db.script(
            "CREATE TRIGGER through INSTEAD OF UPDATE ON shown BEGIN"
            " UPDATE audit_logs SET is_sent = new.is_sent WHERE id = old.id; END"
        )
    sender = program(
        db, sink, sink, **{**table.settings, "AUDIT_TABLE_NAME": "shown"}, CHUNK_SIZE=10
    )
    result = sender.send()
    assert result.status == slt.DONE, result
    # SQLite does not say how many rows a trigger has changed in place of the statement.
    assert result.summary["sent"] + result.summary["gone"] == 30, result
    assert checks.delivered(table, sink) == 30
