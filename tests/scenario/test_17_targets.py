# SPDX-License-Identifier: MIT
"""Where the documents go: besides an index, an alias or a data stream."""

import json

import pytest

import checks
import slt
import tables
from search import each_product, http_request


def ask(index, method, path, body=None, accept=(200,)):
    status, text = http_request(index.url + path, method, body)
    assert status in accept, (method, path, status, text)
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
    # The archive of Elasticsearch that the tests run has no request that deletes a data stream.
    ask(index, "DELETE", f"/_data_stream/{index.name}", accept=(200, 405))
    ask(index, "DELETE", f"/_index_template/{index.name}", accept=(200, 400))


@each_product
def test_an_alias(db, alias, program):
    table = tables.SingleColumn(db).generate(30)
    sender = program(db, alias, alias, **table.settings, ELASTICSEARCH_REQUIRE_ALIAS=True)
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=30), result
    assert checks.delivered(table, alias) == 30


@each_product
def test_a_data_stream(db, stream, program):
    table = tables.SingleColumn(db).generate(30)
    result = program(db, stream, stream, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=30), result
    assert checks.delivered(table, stream) == 30
    assert ask(stream, "GET", f"/_resolve/index/{stream.name}")["data_streams"]
