# SPDX-License-Identifier: MIT
"""The tables of the examples in sdk/examples: made, filled and read, with the same face as
those in tables.py."""

import json
import re
import uuid
from pathlib import Path

import expected
import generate
import rawjson
from database import as_text
from expected import Document
from tables import Row

FOLDER = Path(__file__).resolve().parents[2] / "sdk" / "examples"


def definition(name, dialect):
    """The part of the .sql file for that database."""
    parts = re.split(
        r"^-- (postgresql|sqlite|mysql)$",
        (FOLDER / f"{name}.sql").read_text(encoding="utf-8"),
        flags=re.M,
    )
    return parts[parts.index(dialect) + 1]


class Example:
    """A subclass has: name of the facade and .sql file, table, fill(count), and rows()."""

    def __init__(self, db):
        self.db = db
        self.settings = {"AUDIT_LOGGER_TYPE": self.name.upper()}
        db.script(definition(self.name, db.dialect))


class SentAt(Example):
    name, table = "sent_at", "event_log"

    def fill(self, count):
        rows = list(generate.audit_logs(count, seed=20))
        self.db.many(
            "INSERT INTO event_log (id, occurred_at, payload) VALUES (?, ?, ?)",
            [(key, self.db.moment(created), message) for key, _, message, created in rows],
        )
        return self

    def rows(self):
        found = self.db.query(
            f"SELECT id, sent_at, occurred_at, {self.db.text('payload')} FROM event_log ORDER BY id"
        )
        return [
            Row(
                str(key),
                sent_at is not None,
                lambda at=at, payload=payload: self._document(at, payload),
            )
            for key, sent_at, at, payload in found
        ]

    @staticmethod
    def _document(at, payload):
        return Document(
            json.dumps(expected.instant(at)),
            rawjson.without(rawjson.parse(payload), "@timestamp"),
            exact=True,
        )


class Outbox(Example):
    name, table = "outbox", "outbox"
    AMOUNTS = ["12.50", "0", "-7", "100.00", "12345678901234567890.123456789", None, "0.000001"]
    SUBJECTS = ["päätös", None, 'quote " \\', "", "🚲", "tab\tnew\nline"]

    def fill(self, count):
        # A NULL in `delivered` is an unsent row too.
        self.db.many(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    str(uuid.uuid5(uuid.NAMESPACE_URL, str(i))),
                    self.db.moment(f"2026-03-01 06:{i % 60:02d}:00.500001"),
                    f"kind{i % 3}",
                    self.SUBJECTS[i % 6],
                    self.AMOUNTS[i % 7],
                    None if i % 4 else False,
                )
                for i in range(count)
            ],
        )
        return self

    def rows(self):
        found = self.db.query(
            f"SELECT {self.db.text('event_id')}, delivered, created, kind, subject,"
            f" {self.db.number('amount')} FROM outbox ORDER BY event_id"
        )
        return [
            Row(key, bool(delivered), lambda key=key, rest=rest: self._document(key, *rest))
            for key, delivered, *rest in found
        ]

    @staticmethod
    def _document(key, created, kind, subject, amount):
        event = rawjson.parse(json.dumps({"kind": kind, "subject": subject, "id": key}))
        number = as_text(amount) or "null"
        whole = ("{", ('"event"', (*event, ('"amount"', number))))
        return Document(json.dumps(expected.instant(created)), whole, exact=False)


class Ledger(Example):
    name, table = "ledger", "ledger"

    def fill(self, count):
        self.db.many(
            "INSERT INTO ledger VALUES (?, ?, ?, ?)",
            [
                (
                    i * 7 - 20,
                    self.db.moment(f"2026-03-01 06:{i % 60:02d}:01.000025"),
                    None if i % 9 == 0 else f"Väinö {i}",
                    f"did {i}",
                )
                for i in range(count)
            ],
        )
        return self

    def rows(self):
        found = self.db.query(
            "SELECT l.seq, s.sent_at, l.at, l.who, l.what FROM ledger l LEFT JOIN ledger_sent s ON s.seq = l.seq"
            " ORDER BY l.seq"
        )
        return [
            Row(
                str(seq), sent_at is not None, lambda seq=seq, rest=rest: self._document(seq, *rest)
            )
            for seq, sent_at, *rest in found
        ]

    @staticmethod
    def _document(seq, at, who, what):
        return expected.document(
            at=expected.instant(at), ledger={"who": who, "what": what, "seq": seq}
        )


ALL = {table.name: table for table in (SentAt, Outbox, Ledger)}
