# SPDX-License-Identifier: MIT
"""Where the documents go: besides an index, an alias or a data stream."""

import json

import pytest

import checks
import slt
import tables
from search import http_request


def ask(index, method, path, body=None):
    status, text = http_request(index.url + path, method, body)
    assert status == 200, (method, path, status, text)
    return json.loads(text)


@pytest.fixture
def alias(index):
    """The name of the index is an alias of another one."""
    behind = f"{index.name}-behind"
    ask(index, "PUT", f"/{behind}", {"aliases": {index.name: {"is_write_index": True}}})
    yield index
    ask(index, "DELETE", f"/{behind}")


@pytest.fixture
def stream(index):
    """The first document makes a data stream of the name of the index."""
    ask(
        index,
        "PUT",
        f"/_index_template/{index.name}",
        {"index_patterns": [index.name], "data_stream": {}},
    )
    yield index
    ask(index, "DELETE", f"/_data_stream/{index.name}")
    ask(index, "DELETE", f"/_index_template/{index.name}")


def test_an_alias(db, alias, opensearch, program):
    table = tables.SingleColumn(db).generate(30)
    sender = program(db, opensearch, alias, **table.settings, ELASTICSEARCH_REQUIRE_ALIAS=True)
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=30), result
    assert checks.delivered(table, alias) == 30


def test_a_data_stream(db, stream, opensearch, program):
    table = tables.SingleColumn(db).generate(30)
    result = program(db, opensearch, stream, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=30), result
    assert checks.delivered(table, stream) == 30
    assert ask(stream, "GET", f"/_data_stream/{stream.name}")["data_streams"]
