# SPDX-License-Identifier: MIT
"""The index holds the documents, and the database does not let all of their rows be marked: that
costs the other rows nothing, is never taken for done, and no row of another document is marked."""

import contextlib

import checks
import gateway
import slt
import tables

COLLATED = {
    "postgresql": "CREATE TABLE audit_logs (id text COLLATE blind PRIMARY KEY, is_sent boolean, message json, created_at timestamptz)"
}
TIME = {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}}


def test_privileges_are_looked_at_before_anything_is_sent(postgres, sink, program):
    table = tables.SingleColumn(postgres).generate(30)
    role = f"reader_{postgres.name}"
    postgres.execute(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA public TO {role};"
        f"GRANT SELECT ON audit_logs TO {role}"
    )
    try:
        url = postgres.url.replace("postgres@", f"{role}@")
        for lanes in (1, 4):
            sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=5, LANES=lanes)
            result = sender.with_(DATABASE_URL=url).send()
            assert result.status == slt.CONFIGURATION and "permission denied" in result.err, result
            assert not sink.requests and result.summary["sent"] == 0
        postgres.execute(f"GRANT UPDATE ON audit_logs TO {role}")
        assert sender.with_(DATABASE_URL=url).send().counted(sent=30)
        assert checks.delivered(table, sink) == 30
    finally:
        postgres.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_row_that_a_constraint_keeps_from_being_marked(postgres, sink, program):
    table = tables.SingleColumn(postgres).generate(60)
    postgres.execute("ALTER TABLE audit_logs ADD CHECK (id <> 7) NOT VALID")
    result = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=20).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=59, refused=1), result
    assert len(checks.only_unmarked(table, sink, [7])) == 59


def test_rows_that_the_database_hides_from_the_mark(postgres, sink, program):
    """Row security lets them be read: the statement succeeds and does not change them."""
    table = tables.SingleColumn(postgres).generate(60)
    role = f"secured_{postgres.name}"
    postgres.execute(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA public TO {role};"
        f"GRANT SELECT, UPDATE ON audit_logs TO {role};"
        "ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY reads ON audit_logs FOR SELECT USING (true);"
        "CREATE POLICY changes ON audit_logs FOR UPDATE USING (id > 20)"
    )
    try:
        sender = program(postgres, sink, sink, **table.settings, CHUNK_SIZE=25)
        result = sender.with_(DATABASE_URL=postgres.url.replace("postgres@", f"{role}@")).send()
        assert result.status == slt.SET_ASIDE and result.counted(sent=40, refused=20), result
        assert len(checks.only_unmarked(table, sink, range(1, 21))) == 40
    finally:
        postgres.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_row_that_somebody_holds_locked(postgres, sink, program):
    """It is left, the others are marked, and the next run after the lock knows it."""
    table = tables.SingleColumn(postgres).generate(20)
    with contextlib.closing(postgres.connect()) as application:
        cursor = application.cursor()
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM audit_logs WHERE id = 7 FOR UPDATE")
        running = program(postgres, sink, sink, **table.settings).start("send")
        slt.until(lambda: sink.bulks, "the request")
        slt.until(
            lambda: postgres.query("SELECT 1 FROM pg_locks WHERE NOT granted"), "the mark waits"
        )
        running.signal()
        result = running.result()
        assert result.seconds < 15, "a stop does not wait for somebody's lock"
        cursor.execute("ROLLBACK")
    assert result.status == slt.STOPPED, result
    marked, unmarked = checks.settled(table, sink)
    assert "7" in unmarked and len(marked) + len(unmarked) == 20


def test_keys_that_a_collation_takes_for_equal(postgres, sink, program):
    """While HTTP waits for 'abc', the application replaces it by 'ABC', whose document the index
    does not hold."""
    postgres.execute(
        "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    )
    table = tables.SingleColumn(postgres, COLLATED).add("abc", TIME).add("other", TIME)

    def replace(request):
        postgres.execute("DELETE FROM audit_logs WHERE id = 'abc'")
        table.add("ABC", TIME)

    sink.script = [replace]
    result = program(postgres, sink, sink, **table.settings).send()
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
                items.append({"create": {"_index": "i", "_id": key, "status": status, "error": error}})
            else:
                sink.store(key, document)
                items.append({"create": {"_index": "i", "_id": key, "status": 201}})
        return gateway.Reply(body={"errors": any("error" in i["create"] for i in items), "items": items})

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
    sink.script = [
        lambda request: gateway.Reply(503) if "7" in request.ids else None
    ] * 100
    sender = program(sqlite, sink, sink, **table.settings)
    result = sender.with_(ELASTICSEARCH_RETRY_SECONDS=3).send()
    assert result.status == slt.STOPPED and result.counted(sent=11, left=1), result
    assert len(checks.only_unmarked(table, sink, [7])) == 11
