# SPDX-License-Identifier: MIT
"""The index holds the documents, and the database does not let all of their rows be marked: that
costs the other rows nothing, is never taken for done, and no row of another document is marked."""

import contextlib

import checks
import gateway
import slt
import tables

COLLATED = {
    "postgresql": "CREATE TABLE audit_logs (id text COLLATE blind PRIMARY KEY, is_sent boolean, message json, created_at timestamptz)",
    "mysql": "CREATE TABLE audit_logs (id varchar(100) COLLATE utf8mb4_general_ci PRIMARY KEY, is_sent boolean, message json,"
    " created_at datetime(6))",
}
TIME = {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}}


def test_privileges_are_looked_at_before_anything_is_sent(server_db, sink, program):
    table = tables.SingleColumn(server_db).generate(30)
    with server_db.role() as (role, url):
        server_db.execute(f"GRANT SELECT ON audit_logs TO {role}")
        for lanes in (1, 4):
            sender = program(server_db, sink, sink, **table.settings, CHUNK_SIZE=5, LANES=lanes)
            sender = sender.with_(DATABASE_URL=url)
            result = sender.send()
            assert result.status == slt.CONFIGURATION and "denied" in result.err, result
            assert not sink.requests and result.summary["sent"] == 0
        server_db.execute(f"GRANT UPDATE ON audit_logs TO {role}")
        assert sender.send().counted(sent=30)
        assert checks.delivered(table, sink) == 30


KEEP_ROW_7 = {
    "sqlite": "CREATE TRIGGER keep BEFORE UPDATE ON audit_logs WHEN new.id = 7"
    " BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE audit_logs ADD CHECK (id <> 7) NOT VALID",
    "mysql": "CREATE TRIGGER keep BEFORE UPDATE ON audit_logs FOR EACH ROW"
    " BEGIN IF NEW.id = 7 THEN SIGNAL SQLSTATE '45000'; END IF; END",
}


def test_a_row_that_a_constraint_keeps_from_being_marked(db, sink, program):
    table = tables.SingleColumn(db).generate(60)
    db.script(KEEP_ROW_7[db.dialect])
    result = program(db, sink, sink, **table.settings, CHUNK_SIZE=20).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=59, refused=1), result
    assert len(checks.only_unmarked(table, sink, [7])) == 59


def test_rows_that_the_database_hides_from_the_mark(postgres, sink, program):
    """Row security lets them be read: the statement succeeds and does not change them."""
    table = tables.SingleColumn(postgres).generate(60)
    with postgres.role() as (role, url):
        postgres.execute(
            f"GRANT SELECT, UPDATE ON audit_logs TO {role};"
            "ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY reads ON audit_logs FOR SELECT USING (true);"
            "CREATE POLICY changes ON audit_logs FOR UPDATE USING (id > 20)"
        )
        sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=25)
        result = sender.with_(DATABASE_URL=url).send()
        assert result.status == slt.SET_ASIDE and result.counted(sent=40, refused=20), result
        assert len(checks.only_unmarked(table, sink, range(1, 21))) == 40


def test_a_row_that_somebody_holds_locked(server_db, sink, program):
    """It is left, the others are marked, and the next run after the lock knows it."""
    table = tables.SingleColumn(server_db).generate(20)
    with contextlib.closing(server_db.connect()) as application:
        cursor = application.cursor()
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM audit_logs WHERE id = 7 FOR UPDATE")
        running = program(server_db, sink, sink, **table.settings).start("send")
        slt.until(lambda: sink.bulks, "the request")
        slt.until(server_db.waits_for_lock, "the mark waits")
        running.signal()
        result = running.result()
        assert result.seconds < 15, "a stop does not wait for somebody's lock"
        cursor.execute("ROLLBACK")
    assert result.status == slt.STOPPED, result
    marked, unmarked = checks.settled(table, sink)
    assert "7" in unmarked and len(marked) + len(unmarked) == 20


def test_keys_that_a_collation_takes_for_equal(server_db, sink, program):
    """While HTTP waits for 'abc', the application replaces it by 'ABC', whose document the index
    does not hold."""
    if server_db.kind == "postgresql":
        server_db.execute(
            "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    table = tables.SingleColumn(server_db, COLLATED).add("abc", TIME).add("other", TIME)

    def replace(request):
        server_db.execute("DELETE FROM audit_logs WHERE id = 'abc'")
        table.add("ABC", TIME)

    sink.script = [replace]
    result = program(server_db, sink, sink, **table.settings).send()
    assert result.counted(sent=1, gone=1), result
    del sink.stored["abc"]  # the document of the row that is gone
    assert checks.only_unmarked(table, sink, ["ABC"]) == ["other"]


def trouble(status, of):
    """A server that answers with this status to each of these items, every time."""

    def step(sink, request):
        items = []
        for key, document in request.pairs:
            if key in of:
                error = {"type": "some_exception", "reason": "no"}
                items.append(
                    {"create": {"_index": "i", "_id": key, "status": status, "error": error}}
                )
            else:
                sink.store(key, document)
                items.append({"create": {"_index": "i", "_id": key, "status": 201}})
        return gateway.Reply(
            body={"errors": any("error" in i["create"] for i in items), "items": items}
        )

    return step


def test_rows_that_the_server_cannot_take_do_not_fill_the_batch(sqlite, sink, program):
    table = tables.SingleColumn(sqlite).generate(60)
    step = trouble(503, {str(key) for key in range(1, 21)})
    sink.script = [lambda request: step(sink, request)] * 200
    sender = program(sqlite, sink, sink, **table.settings, BATCH_SIZE=30, CHUNK_SIZE=30)
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=1).send()
    assert result.status == slt.STOPPED and result.counted(sent=30, left=20), result
    assert checks.settled(table, sink)[0] == [str(key) for key in range(21, 51)]


def test_a_document_that_brings_the_server_down(sqlite, sink, program):
    """Every request that holds it gets 503: it is left alone, and all others get through."""
    table = tables.SingleColumn(sqlite).generate(12)
    sink.script = [lambda request: gateway.Reply(503) if "7" in request.ids else None] * 100
    sender = program(sqlite, sink, sink, **table.settings)
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=3).send()
    assert result.status == slt.STOPPED and result.counted(sent=11, left=1), result
    assert len(checks.only_unmarked(table, sink, [7])) == 11
