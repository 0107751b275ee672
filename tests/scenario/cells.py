# SPDX-License-Identifier: MIT
"""The cells database x facade x table of the main job, and the table of them that the session
ends with."""

import pytest

KEY = pytest.StashKey()
NAMES = [
    f"{kind} {table}"
    for kind in ("sqlite", "postgresql")
    for table in ("readme", "usual", "django 2.3", "django 3.4")
] + ["postgresql usual json"]
HEAD = ("cell", "database", "index", "facade", "table", "rows", "documents", "result")


class Cell:
    def __init__(self):
        self.facts = dict.fromkeys(HEAD[1:-1], "-")
        self.result = "FAILED"

    def passed(self, **facts):
        """The test's last line: everything was looked at and was right."""
        self.facts.update(facts)
        self.result = "ok"


class Table:
    complete = True

    def __init__(self):
        self.cells = {}

    def start(self, name):
        assert name in NAMES, f"{name} is not a cell"
        self.cells[name] = Cell()
        return self.cells[name]

    def missing(self):
        return [name for name in NAMES if name not in self.cells or self.cells[name].result != "ok"]

    def lines(self):
        rows = [HEAD]
        for name in NAMES:
            cell = self.cells.get(name)
            facts = (
                [str(cell.facts[column]) for column in HEAD[1:-1]]
                if cell
                else ["-"] * (len(HEAD) - 2)
            )
            rows.append((name, *facts, cell.result if cell else "did not run"))
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
        return [
            "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip()
            for row in rows
        ]
