# SPDX-License-Identifier: MIT
"""409: some document with this _id is there already. It is not compared yet, so the row stays
unsent."""

import checks
import slt
import tables
from search import each_product

OTHER = {"@timestamp": "2001-01-01T00:00:00Z", "of": "somebody else"}


@each_product
def test_a_document_that_is_there_already(db, index, program):
    table = tables.SingleColumn(db).generate(30)
    index.put("7", OTHER)
    result = program(db, index, index, **table.settings, CHUNK_SIZE=10).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=29, unverified=1), result
    assert len(checks.only_unmarked(table, index, [7])) == 29
    assert "somebody else" in str(index.documents()["7"]), "the stored document is not overwritten"


def test_the_same_again_in_the_next_run(db, sink, program):
    table = tables.SingleColumn(db).generate(10)
    sender = program(db, sink, sink, **table.settings)
    sink.store("3", "{}")
    assert sender.send().counted(sent=9, unverified=1)
    again = sender.send()
    assert again.status == slt.SET_ASIDE and again.counted(unverified=1), again
    assert sink.bulks[-1].ids == ["3"] and len(checks.only_unmarked(table, sink, [3])) == 9
