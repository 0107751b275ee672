# SPDX-License-Identifier: MIT
"""The cells database x table x index of the main job, and the table of them that the session ends
with."""

import pytest

from database import KINDS
from search import PRODUCTS

KEY = pytest.StashKey()
TABLES = ("readme", "usual", "usual json", "django 2.3", "django 3.0", "django 3.4")
CELLS = [
    (kind, table, product)
    for product in PRODUCTS
    for kind in KINDS
    for table in TABLES
    if table != "usual json" or kind == "postgresql"
]
HEAD = ("database", "table", "index", "facade", "rows", "documents", "result")


class Cell:
    def __init__(self, *names):
        self.facts = dict(zip(HEAD, (*names, "-", "-", "-", "FAILED")))

    def passed(self, **facts):
        """The test's last line: everything was looked at and was right."""
        self.facts.update(facts, result="ok")


class Table:
    complete = True

    def __init__(self):
        self.cells = {}

    def start(self, *names):
        assert names in CELLS, f"{names} is no cell"
        self.cells[names] = Cell(*names)
        return self.cells[names]

    def missing(self):
        passed = {names for names, cell in self.cells.items() if cell.facts["result"] == "ok"}
        return [" ".join(names) for names in CELLS if names not in passed]

    def lines(self):
        """Of the cells that ran."""
        rows = [HEAD] + [list(map(str, cell.facts.values())) for cell in self.cells.values()]
        widths = [max(map(len, column)) for column in zip(*rows)]
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
