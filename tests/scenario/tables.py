# SPDX-License-Identifier: MIT
"""The tables that the two shipped facades read: how they are made and filled, which of their
rows are marked as sent, and which document each row must become."""

import json
from typing import NamedTuple

import expected
import generate
import rawjson

DATA = generate.HERE

# By dialect. First the tables of the README, word by word, then the usual ones with a key.
README = {
    "sqlite": "CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSON, created_at TIMESTAMP)",
    "postgresql": "CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSONB, created_at TIMESTAMP WITH TIME ZONE)",
    "mysql": "CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSON, created_at TIMESTAMP)",
}
README_ROW = {
    "sqlite": "INSERT INTO audit_logs(id, is_sent, message, created_at) VALUES"
    """ (1, 0, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000Z"}}', datetime('now'))""",
    "postgresql": "INSERT INTO audit_logs(id, is_sent, message, created_at) VALUES"
    """ (1, false, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000+0300"}}', now())""",
    "mysql": "INSERT INTO audit_logs(id, is_sent, message, created_at) VALUES"
    """ (1, 0, '{"audit_event": {"date_time": "2022-10-13T12:34:56.000Z"}}', now())""",
}
USUAL = {
    "sqlite": "CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, is_sent BOOLEAN, message JSON, created_at TIMESTAMP)",
    "postgresql": "CREATE TABLE audit_logs (id bigserial PRIMARY KEY, is_sent boolean, message jsonb,"
    " created_at timestamp with time zone)",
    "mysql": "CREATE TABLE audit_logs (id bigint AUTO_INCREMENT PRIMARY KEY, is_sent boolean, message json,"
    " created_at datetime(6))",
}
USUAL_JSON = {"postgresql": USUAL["postgresql"].replace("jsonb", "json")}
# A text key can be odd, and SQLite without a declared type takes any bytes as a message. MySQL
# has an end to what can be a key.
TEXT_KEY = {
    "sqlite": "CREATE TABLE audit_logs (id text PRIMARY KEY, is_sent BOOLEAN, message, created_at TIMESTAMP)",
    "postgresql": "CREATE TABLE audit_logs (id text PRIMARY KEY, is_sent boolean, message json, created_at timestamptz)",
    "mysql": "CREATE TABLE audit_logs (id varchar(768) COLLATE utf8mb4_bin PRIMARY KEY, is_sent boolean, message json,"
    " created_at datetime(6))",
}
LONGEST_KEY = {"sqlite": 100_000, "postgresql": 100_000, "mysql": 768}
# Kinds of database whose usual table keeps the text of a message as it was written.
KEEPS_TEXT = ("sqlite", "mariadb")


class Row(NamedTuple):
    key: object  # text of the key column, None for NULL
    marked: bool
    document: object  # function that gives the Document expected


class SingleColumn:
    facade = "SINGLE_COLUMN_JSON"
    table = "audit_logs"

    def __init__(self, db, ddl=None, parent="audit_event", field="date_time", table="audit_logs"):
        """Makes the table; ddl defaults to the usual one."""
        self.db, self.parent, self.field, self.table = db, parent, field, table
        self.settings = {"AUDIT_LOGGER_TYPE": self.facade, "AUDIT_TABLE_NAME": table}
        self.already = set()  # keys of rows that were marked when they were put there
        db.script((ddl or USUAL)[db.dialect].replace("audit_logs", table))

    def fill(self, rows):
        """rows: (id, is_sent, message, created_at) as generate.audit_logs gives them."""
        rows = list(rows)
        self.already |= {str(key) for key, is_sent, *_ in rows if is_sent}
        self.db.many(
            f"INSERT INTO {self.table} (id, is_sent, message, created_at) VALUES (?, ?, ?, ?)", rows
        )
        return self

    def generate(self, rows, **more):
        return self.fill(generate.audit_logs(rows, **more))

    def add(self, key, message, is_sent=False):
        """One row by hand. A message that is not text is written as JSON."""
        if not isinstance(message, (str, bytes, type(None))):
            message = json.dumps(message)
        return self.fill([(key, is_sent, message, "2026-03-01 06:00:00")])

    def rows(self):
        """All rows in the order of the key, but for those that were marked from the start."""
        found = self.db.query(
            f"SELECT id, is_sent, {self.db.text('message')} FROM {self.table} ORDER BY id"
        )
        return [
            Row(None if key is None else str(key), bool(sent), lambda m=message: self._document(m))
            for key, sent, message in found
            if str(key) not in self.already
        ]

    def _document(self, message):
        return expected.single_column(message, self.parent, self.field)


class Django:
    facade = "DJANGO_AUDITLOG"
    table = "auditlog_logentry"
    origin, environment = "shöp", "test"
    QUERY = (
        "SELECT l.id, {data}, l.action, {changes}, {old_changes}, l.object_repr, l.timestamp, u.first_name, u.last_name, u.email"
        " FROM auditlog_logentry l LEFT JOIN auth_user u ON u.id = l.actor_id ORDER BY l.id"
    )

    def __init__(self, db, version):
        """version: "2.3", "3.0" or "3.4", the rows of that dump; "empty", the tables of 3.4 without
        entries."""
        self.db = db
        self.old_changes = "NULL" if version == "2.3" else "l.changes_text"
        self.settings = {
            "AUDIT_LOGGER_TYPE": self.facade,
            "AUDIT_LOG_ORIGIN": self.origin,
            "AUDIT_LOG_ENVIRONMENT": self.environment,
        }
        self.already = set()  # keys of rows that were marked when they were put there
        db.load(DATA / f"auditlog-{'3.4' if version == 'empty' else version}-{db.kind}.sql")
        if version == "empty":
            db.execute("DELETE FROM auditlog_logentry")

    def add(
        self, key, additional_data, changes='{"name": ["None", "ä"]}', object_repr="thing", action=0
    ):
        """One row by hand; additional_data and changes are JSON text or None."""
        self.db.execute(
            "INSERT INTO auditlog_logentry (id, object_pk, object_repr, action, timestamp, content_type_id,"
            " additional_data, changes_text, changes) VALUES (?, '1', ?, ?, ?, 6, ?, '', ?)",
            (key, object_repr, action, "2026-03-01 06:00:00.250000", additional_data, changes),
        )
        if is_marked(additional_data):
            self.already.add(str(key))
        return self

    def _found(self):
        return self.db.query(
            self.QUERY.format(
                data=self.db.text("l.additional_data"),
                changes=self.db.text("l.changes"),
                old_changes=self.old_changes,
            )
        )

    def additional_data(self):
        """Key -> text of additional_data, None for SQL NULL."""
        return {str(row[0]): row[1] for row in self._found()}

    def rows(self):
        """All rows in the order of the key, but for those that were marked from the start."""
        return [
            Row(str(key), is_marked(data), lambda rest=rest: self._document(*rest))
            for key, data, *rest in self._found()
            if str(key) not in self.already
        ]

    def _document(
        self, action, changes, old_changes, object_repr, timestamp, first_name, last_name, email
    ):
        return expected.django(
            action,
            changes if changes is not None else old_changes or None,
            object_repr,
            timestamp,
            first_name,
            last_name,
            email,
            self.origin,
            self.environment,
        )


def is_marked(data):
    node = rawjson.parse(data or "null")
    return rawjson.is_object(node) and rawjson.members(node, "is_sent") == ["true"]


def without_mark(data):
    """What the application itself keeps in additional_data, as text: all but is_sent."""
    return rawjson.to_text(rawjson.without(rawjson.parse(data or "{}"), "is_sent"))
