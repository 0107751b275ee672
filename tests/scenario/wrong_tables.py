# SPDX-License-Identifier: MIT
"""The table of the facades in wrong_facades.c, and what facade-test says of them."""

import json
import re

import expected
from tables import Row

COLUMNS = "id, at, made, what, body, sent"
DDL = {
    "sqlite": "CREATE TABLE {} (id integer PRIMARY KEY, at timestamp, made timestamp, what text,"
    " body json, sent boolean)",
    "postgresql": "CREATE TABLE {} (id bigint PRIMARY KEY, at timestamptz, made timestamptz,"
    " what text, body jsonb, sent boolean)",
    "mysql": "CREATE TABLE {} (id bigint PRIMARY KEY, at datetime(6), made datetime(6), what text,"
    " body json, sent boolean)",
}


class WrongLog:
    """The table of the facades, and the one that is none of their business, in which all rows
    are sent. Two rows each have the same time, none was made at any time."""

    def __init__(self, db, rows, table="wrong_log", beside=None):
        """rows: so many are unsent, with the keys from 1 on; there is a sent one besides.
        beside: another log of the database, which has the table of somebody else already."""
        self.db, self.table, self.unsent = db, table, rows
        self.other = beside.other if beside else "wrong_other"
        self.settings = {"WRONG_TABLE": self.table, "WRONG_OTHER": self.other}
        self._make(table, lambda key: key > rows)
        if not beside:
            self._make(self.other, lambda key: True)
        self.before = self.dump()

    def _make(self, table, is_sent):
        self.db.script(DDL[self.db.dialect].format(table))
        lines = [self._row(i, is_sent(i)) for i in range(1, self.unsent + 2)]
        self.db.many(f"INSERT INTO {table} ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", lines)

    def _row(self, i, sent):
        minute = (i + 1) // 2
        at = self.db.moment(f"2026-03-01 {6 + minute // 60:02d}:{minute % 60:02d}:00.500000")
        unsent = None if i % 4 == 0 else False  # both are not set
        return i, at, None, f"what {i} ä", json.dumps({"n": i}), sent or unsent

    def dump(self):
        """All that is in both tables."""
        return [
            self.db.query(f"SELECT {COLUMNS} FROM {table} ORDER BY id")
            for table in (self.table, self.other)
        ]

    def rows(self):
        """All rows in the order of the key, but for the one that was sent from the start."""
        found = self.db.query(
            f"SELECT id, sent, at, what, {self.db.text('body')} FROM {self.table}"
            f" WHERE id <= {self.unsent} ORDER BY id"
        )
        return [
            Row(str(key), bool(sent), lambda rest=rest: self._document(*rest))
            for key, sent, *rest in found
        ]

    @staticmethod
    def _document(at, what, body):
        return expected.document(at=expected.instant(at), what=what, body=json.loads(body))


class Report:
    """The report of facade-test: `checks` has the words and the lines that follow, by name."""

    def __init__(self, result):
        self.result, self.checks, lines = result, {}, result.out.splitlines()
        assert lines, result
        last = lines.pop()
        for line in lines:
            if line.startswith(" " * 8):
                self.checks[name][1].append(line[8:])
                continue
            word, name = line[:8].rstrip(), line[8:]
            assert word in ("ok", "FAILED", "skipped") and name not in self.checks, result
            self.checks[name] = (word, [])
        words = [word for word, _ in self.checks.values()]
        counts = tuple(words.count(word) for word in ("ok", "FAILED", "skipped"))
        assert last == "%d passed, %d failed, %d skipped" % counts, result

    def named(self, word):
        return {name: lines for name, (what, lines) in self.checks.items() if what == word}

    @property
    def failed(self):
        """What is wrong, by the names of the checks."""
        return self.named("FAILED")


class Tap:
    """The same in the Test Anything Protocol, version 13: `points` are (is ok, name, directive)."""

    POINT = re.compile(r"(not )?ok (\d+) - ([^#]*?)(?: # (SKIP .*))?")

    def __init__(self, result):
        self.points, self.comments = [], []
        first, *lines, plan = result.out.split("\n")[:-1]
        assert first == "TAP version 13", result
        for line in lines:
            if line.startswith("#"):
                self.comments.append(line)
                continue
            match = self.POINT.fullmatch(line)
            assert match and int(match[2]) == len(self.points) + 1, (line, result)
            self.points.append((not match[1], match[3], match[4]))
        assert plan == f"1..{len(self.points)}", result

    @property
    def failed(self):
        return [name for is_ok, name, _ in self.points if not is_ok]
