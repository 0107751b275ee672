# SPDX-License-Identifier: MIT
"""What only an operator can put right stops the run at once, with exit 78 and one message; what
was acknowledged is marked."""

import re

import pytest

import checks
import slt
import tables
from gateway import Reply, bulk_reply, item
from search import each_product

SECURITY, NO_INDEX = "security_exception", "index_not_found_exception"


def error(status, kind):
    return Reply(
        status, {"error": {"type": kind, "reason": "because", "root_cause": []}, "status": status}
    )


WHOLE = {
    "401": error(401, SECURITY),
    "403": error(403, SECURITY),
    "404": error(404, NO_INDEX),
    "400": error(400, "illegal_argument_exception"),
    "401 of a proxy": Reply(401, b"Unauthorized", content_type="text/plain"),
    "300": Reply(300),
    "304": Reply(304),
    "405": Reply(405, b"<html>no POST</html>", content_type="text/html"),
    "406": error(406, "media_type_header_exception"),
    "407": Reply(407, Proxy_Authenticate="Basic"),
    "410": Reply(410),
    "451": Reply(451),
}


@pytest.mark.parametrize("name", WHOLE)
def test_of_a_whole_request(sender, logs, sink, name):
    sink.script = [None] + [lambda request: WHOLE[name]] * 100
    result = sender.send()
    assert result.status == slt.CONFIGURATION and result.seconds < 3, result
    assert len(sink.bulks) == 2, "not tried again"
    told = [
        line
        for line in result.err.splitlines()[:-1]
        if re.search(rf"(?<![\d.:]){name[:3]}\b", line)
    ]
    assert len(told) == 1, result
    assert len(checks.only_unmarked(logs, sink, range(21, 61))) == 20


@pytest.mark.parametrize("status, kind", [(403, SECURITY), (401, SECURITY), (404, NO_INDEX)])
def test_of_an_item(sender, logs, sink, status, kind):
    def step(request):
        return bulk_reply(
            [
                item(key, status, kind) if int(key) > 15 else sink.store(key, text)
                for key, text in request.pairs
            ]
        )

    sink.script = [step] * 100
    result = sender.send()
    assert result.status == slt.CONFIGURATION and kind in result.err, result
    assert len(sink.bulks) == 1 and len(checks.only_unmarked(logs, sink, range(16, 61))) == 15


@pytest.mark.parametrize("status, kind", [(401, SECURITY), (404, NO_INDEX)])
def test_one_message_from_all_lanes(sqlite_sender, sink, status, kind):
    """Each of them is refused, as a whole or item by item."""
    sender, logs = sqlite_sender

    def items(request):
        return bulk_reply([item(key, status, kind) for key in request.ids])

    for step in (lambda request: error(status, kind), items):
        sink.script = [None] + [step] * 100
        result = sender.with_(LANES=4, CHUNK_SIZE=3).send()
        assert result.status == slt.CONFIGURATION and result.seconds < 3, result
        told = result.err.splitlines()[:-1]
        assert len(told) == 1 and str(status) in told[0] and kind in told[0], result
        assert len(sink.bulks) <= 5 and result.summary["sent"] == 3
        checks.settled(logs, sink)
        sink.requests.clear()


@pytest.mark.parametrize(
    "status, kind",
    [
        (400, "illegal_argument_exception"),
        (404, "document_missing_exception"),
        (405, "other_exception"),
        (413, "other_exception"),
        (422, "other_exception"),
        (499, "other_exception"),
    ],
)
def test_items_that_concern_one_row(sqlite_sender, sink, status, kind):
    """Set aside at once; where it is all of them, it is the configuration."""
    sender, logs = sqlite_sender

    def step(keys):
        return lambda request: bulk_reply(
            [
                item(key, status, kind) if key in keys else sink.store(key, text)
                for key, text in request.pairs
            ]
        )

    all_keys = [row.key for row in logs.rows()]
    sink.script = [step(all_keys)] * 3
    result = sender.send()
    assert result.status == slt.CONFIGURATION and result.counted(rejected=60), result
    assert kind in result.err.splitlines()[-2] and len(sink.bulks) == 3
    checks.untouched(logs, sink)
    sink.script = [step(("3", "20"))]
    result = sender.send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=58, rejected=2), result
    for key in (3, 20):
        assert [f"{status} {kind}" in line for line in result.warnings(key)] == [True], result
    assert len(checks.only_unmarked(logs, sink, [3, 20])) == 58


@each_product
def test_an_index_that_must_be_an_alias(sqlite, index, program):
    index.create()
    table = tables.SingleColumn(sqlite).generate(10)
    result = program(
        sqlite, index, index, **table.settings, ELASTICSEARCH_REQUIRE_ALIAS=True
    ).send()
    assert result.status == slt.CONFIGURATION, result
    checks.untouched(table, index)


@each_product
def test_a_name_that_no_index_can_have(sqlite, index, program):
    table = tables.SingleColumn(sqlite).generate(10)
    sender = program(sqlite, index, index, **table.settings)
    result = sender.with_(ELASTICSEARCH_APP_AUDIT_LOG_INDEX="UPPER").send()
    assert result.status == slt.CONFIGURATION, result
    checks.untouched(table, index)


def test_a_table_that_is_not_there(db, sink, program):
    result = program(db, sink, sink, AUDIT_TABLE_NAME="no_such_table").send()
    assert (
        result.status == slt.CONFIGURATION and "no_such_table" in result.err and not sink.requests
    ), result


def test_a_table_that_is_another(db, sink, program):
    db.script("CREATE TABLE audit_logs (id int, other text)")
    result = program(db, sink, sink).send()
    assert result.status == slt.CONFIGURATION and not sink.requests, result
    assert "audit_logs" in result.err and "single_column_json" in result.err, result


def test_a_database_file_that_is_not_there(sink, bare, tmp_path):
    result = bare.with_(
        DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite", **slt.search_settings(sink.url, "sink")
    ).send()
    assert (
        result.status in (slt.CONFIGURATION, slt.UNAVAILABLE) and "none.sqlite" in result.err
    ), result
    assert not (tmp_path / "none.sqlite").exists(), "and none is made"


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_database_server_that_is_not_there(sink, bare, free_port, scheme):
    result = bare.with_(
        DATABASE_URL=f"{scheme}://somebody@127.0.0.1:{free_port}/test",
        **slt.search_settings(sink.url, "sink"),
    ).send()
    assert result.status == slt.UNAVAILABLE and not sink.requests, result


def test_a_database_that_the_server_does_not_have(server_db, sink, bare):
    result = bare.with_(
        DATABASE_URL=server_db.url + "_not", **slt.search_settings(sink.url, "sink")
    ).send()
    assert result.status == slt.CONFIGURATION and not sink.requests, result
