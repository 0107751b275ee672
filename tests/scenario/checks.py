# SPDX-License-Identifier: MIT
"""The questions that scenarios end with."""

import slt


def settled(table, index, prefix=""):
    """Is every row either marked and in the index with its own document, or unmarked? Returns
    (marked, unmarked) keys."""
    stored, marked, unmarked = index.documents(), [], []
    for row in table.rows():
        if not row.marked:
            unmarked.append(row.key)
            continue
        marked.append(row.key)
        assert prefix + row.key in stored, f"row {row.key} is marked and the index does not hold it"
        assert not (
            difference := row.document().differs(stored[prefix + row.key])
        ), f"row {row.key}: {difference}"
    strangers = set(stored) - {prefix + key for key in marked + unmarked if key is not None}
    assert not strangers, f"documents of no row: {sorted(strangers)[:10]}"
    return marked, unmarked


def delivered(table, index, prefix=""):
    """Every row is marked and in the index with its own document, and nothing else is there.
    Returns their number."""
    marked, unmarked = settled(table, index, prefix)
    assert not unmarked, f"left unmarked: {unmarked[:20]}"
    assert len(index.documents()) == len(set(marked)) == len(marked)
    return len(marked)


def only_unmarked(table, index, keys, prefix=""):
    """Exactly the rows with these keys are unmarked, and all others were delivered. Returns the
    keys of the others."""
    marked, unmarked = settled(table, index, prefix)
    assert sorted(map(str, unmarked)) == sorted(map(str, keys))
    return marked


def untouched(table, index):
    """No row is marked and the index holds nothing."""
    marked, _ = settled(table, index)
    assert not marked and not index.documents()


def refused(result, sink, table, *words):
    """A wrong configuration was told, with these words and without a secret, before anything was
    sent."""
    assert result.status == slt.CONFIGURATION and not sink.requests, result
    assert all(word in result.err for word in words) and "secret" not in result.err, result
    assert not any(row.marked for row in table.rows())
