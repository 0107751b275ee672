# SPDX-License-Identifier: MIT
"""preview: the documents that send would write, a line each; nothing is touched and no index is
needed."""

import pytest

import checks
import rawjson
import slt
import tables


def show(bare, table, *args, **settings):
    return bare.with_(DATABASE_URL=table.db.url, **table.settings, **settings).run("preview", *args)


def lines(result):
    assert result.out == "" or result.out.endswith("\n")
    return result.out.split("\n")[:-1]  # not splitlines: a document may hold U+2028


def agree(table, result, count):
    """The lines are the documents of the first `count` rows."""
    documents = [rawjson.parse(line) for line in lines(result)]
    assert len(documents) == count, result
    for row, document in zip(table.rows(), documents):
        assert not (difference := row.document().differs(document)), f"row {row.key}: {difference}"


@pytest.mark.parametrize("args, count", [(("-n", 1000), 80), (("-n", 3), 3), (("-n", 80), 80)])
def test_the_documents(db, bare, args, count):
    table = tables.SingleColumn(db).generate(80, odd=True, sent=9)
    marks = db.count_marks("audit_logs")
    result = show(bare, table, *args, CHUNK_SIZE=30)
    assert result.status == slt.DONE, result
    agree(table, result, count)
    assert marks() == 0 and not any(row.marked for row in table.rows())


@pytest.mark.parametrize("version, rows", [("2.3", 527), ("3.0", 220), ("3.4", 525)])
def test_the_documents_of_django(db, bare, version, rows):
    table = tables.Django(db, version)
    result = show(bare, table, "-n", 1000)
    assert result.status == slt.DONE, result
    agree(table, result, rows)
    assert not any(row.marked for row in table.rows())


def test_without_a_number_it_shows_some(sqlite, bare):
    table = tables.SingleColumn(sqlite).generate(5)
    result = show(bare, table)
    assert result.status == slt.DONE and 1 <= len(lines(result)) <= 5, result
    agree(table, result, len(lines(result)))


def test_refused_rows_are_named_beside(db, bare):
    table = (
        tables.SingleColumn(db, tables.README)
        .generate(5)
        .add(3000, '{"a": 1}')
        .generate(5, first_id=4000, seed=2)
    )
    result = show(bare, table, "-n", 100)
    assert result.status == slt.SET_ASIDE and len(lines(result)) == 10, result
    assert "refused" in result.warnings(3000)[0]


def test_nothing_to_show(db, bare):
    result = show(bare, tables.SingleColumn(db))
    assert result.status == slt.DONE and result.out == "", result


def test_what_it_shows_is_what_send_writes(db, sink, program, bare):
    table = tables.SingleColumn(db).generate(40, odd=True)
    shown = lines(show(bare, table, "-n", 100))
    assert program(db, sink, sink, **table.settings).send().counted(sent=40)
    assert shown == [text for request in sink.bulks for _, text in request.pairs]
    assert checks.delivered(table, sink) == 40
