# SPDX-License-Identifier: MIT
"""The tables that the benchmark sends: rows of about 500 bytes, made once and copied for each measurement."""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

SCHEMA = "slt_bench"
FIRST_DAY = datetime(2021, 3, 1, 6)


class Table:
    """What all databases share. `name` is the measured copy; `url` and `command` are for processes that open it."""

    def __init__(self, url, rows):
        self.url, self.rows = url, rows

    def connect(self):
        """A connection on which each statement commits; as a context."""
        raise NotImplementedError

    def do(self, *statements):
        with self.connect() as connection, contextlib.closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)

    def ask(self, sql):
        with self.connect() as connection, contextlib.closing(connection.cursor()) as cursor:
            cursor.execute(sql)
            return cursor.fetchone()

    def renew(self, is_sent=False):
        """A new copy, all of it sent or none, with nothing left to do for the server's background."""
        raise NotImplementedError

    def floor(self, tools, read, update):
        """The command of the bare loop, and what it needs in its environment."""
        raise NotImplementedError

    def empty(self):
        self.renew()
        self.do(f"DELETE FROM {self.name}")

    def unsent(self):
        return self.ask(f"SELECT count(*) FROM {self.name} WHERE is_sent IS NOT TRUE")[0]

    def count(self):
        return self.ask(f"SELECT count(*) FROM {self.name}")[0]

    # an application's row of today: unsent, and too new for clear
    insert = (
        "INSERT INTO {name} (is_sent, message, created_at) VALUES"
        """ (false, '{{"audit_event": {{"date_time": "2026-03-01T06:00:00Z"}}}}', CURRENT_TIMESTAMP)"""
    )


# ---- PostgreSQL

# 467 bytes as PostgreSQL prints them, with a character outside ASCII and an escape in each.
POSTGRES_ROWS = """
    SELECT i, {is_sent}, jsonb_build_object('audit_event', jsonb_build_object(
        'date_time', to_char(timestamp '{first}' + i * interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'actor', jsonb_build_object('role', 'OWNER', 'user_id', md5(i::text)::uuid,
            'user_name', 'Väinö "' || i % 1000 || '" Mäkinen', 'ip_address', '10.0.0.' || i % 250),
        'operation', (ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE'])[1 + i % 4],
        'origin', 'shop', 'status', 'SUCCESS',
        'target', jsonb_build_object('type', 'Order', 'id', i::text,
            'path', '/v1/orders/' || i || '/'),
        'message', 'state changed: ' || repeat(md5((i + 7)::text) || ' ', 3))),
        timestamptz '{first}Z' + i * interval '1 s'
    FROM generate_series(1, {rows}) i
"""


class Postgres(Table):
    name = f"{SCHEMA}.audit_logs"
    columns = "(id bigserial PRIMARY KEY, is_sent boolean, message jsonb, created_at timestamptz)"
    bare_columns = "(id int, is_sent boolean, message jsonb, created_at timestamptz)"
    # No vacuum of its own in the middle of a measurement.
    options = "WITH (autovacuum_enabled = off)"

    def __init__(self, url, rows):
        super().__init__(url, rows)
        self.drop()
        self.do(f"CREATE SCHEMA {SCHEMA}")
        self._fill(f"{SCHEMA}.original", self.columns, rows)

    def _fill(self, name, columns, rows, is_sent="false"):
        self.do(
            f"DROP TABLE IF EXISTS {name}",
            f"CREATE TABLE {name} {columns} {self.options}",
            f"INSERT INTO {name} {POSTGRES_ROWS.format(rows=rows, is_sent=is_sent, first=FIRST_DAY)}",
            f"VACUUM (ANALYZE) {name}",
            "CHECKPOINT",
        )

    def make(self, rows, columns=columns, is_sent="false"):
        """A measured table of another size or kind, not from the original. is_sent: of row i, as SQL."""
        self._fill(self.name, columns, rows, is_sent)

    def connect(self):
        import psycopg2

        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return contextlib.closing(connection)

    def renew(self, is_sent=False):
        self.do(
            f"DROP TABLE IF EXISTS {self.name}",
            f"CREATE TABLE {self.name} {self.columns} {self.options}",
            f"INSERT INTO {self.name} SELECT id, {is_sent}, message, created_at FROM {SCHEMA}.original ORDER BY id",
            f"SELECT setval('{self.name}_id_seq', {self.rows})",
            f"VACUUM (ANALYZE) {self.name}",
            "CHECKPOINT",
        )

    def empty(self):
        super().empty()
        self.do(f"VACUUM (ANALYZE) {self.name}", "CHECKPOINT")

    def floor(self, tools, read, update):
        return [tools / "floor", self.url, self.name, read, str(update)], {}

    def message_bytes(self):
        return self.ask(f"SELECT avg(length(message::text)) FROM {SCHEMA}.original")[0]

    def server(self):
        """What of the server decides about the figures."""
        settings = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        values = self.ask("SELECT " + ", ".join(f"current_setting('{s}')" for s in settings))
        return "PostgreSQL " + ", ".join(
            f"{s} {v}" if s != "server_version" else v for s, v in zip(settings, values)
        )

    def drop(self):
        self.do(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


# ---- the others: their rows are made here


def message(i, at):
    """As POSTGRES_ROWS has it."""
    actor = {
        "role": "OWNER",
        "user_id": str(uuid.UUID(hashlib.md5(str(i).encode()).hexdigest())),
        "user_name": f'Väinö "{i % 1000}" Mäkinen',
        "ip_address": f"10.0.0.{i % 250}",
    }
    event = {
        "actor": actor,
        "origin": "shop",
        "status": "SUCCESS",
        "target": {"id": str(i), "path": f"/v1/orders/{i}/", "type": "Order"},
        "message": "state changed: " + 3 * (hashlib.md5(str(i + 7).encode()).hexdigest() + " "),
        "date_time": at.isoformat(timespec="milliseconds") + "Z",
        "operation": ("CREATE", "READ", "UPDATE", "DELETE")[i % 4],
    }
    return json.dumps({"audit_event": event}, ensure_ascii=False)


def made_rows(rows):
    for i in range(1, rows + 1):
        at = FIRST_DAY + timedelta(seconds=i)
        yield i, message(i, at), at.isoformat(" ")


class MySQL(Table):
    """A database of its own there; MariaDB likewise."""

    name = "audit_logs"
    columns = "(id bigint AUTO_INCREMENT PRIMARY KEY, is_sent BOOLEAN, message JSON, created_at DATETIME(6))"

    def __init__(self, url, rows):
        self.at = urlsplit(url)
        super().__init__(self.at._replace(path="/" + SCHEMA).geturl(), rows)
        self.drop()
        with self.connect(None) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE TABLE {SCHEMA}.original {self.columns}")
            connection.begin()
            cursor.executemany(
                f"INSERT INTO {SCHEMA}.original (id, is_sent, message, created_at) VALUES (%s, false, %s, %s)",
                made_rows(rows),
            )
            connection.commit()

    def connect(self, database=SCHEMA):
        import pymysql

        return contextlib.closing(
            pymysql.connect(
                host=self.at.hostname,
                port=self.at.port or 3306,
                user=self.at.username,
                password=unquote(self.at.password or ""),
                database=database,
                charset="utf8mb4",
                autocommit=True,
            )
        )

    def renew(self, is_sent=False):
        self.do(
            f"DROP TABLE IF EXISTS {self.name}",
            f"CREATE TABLE {self.name} {self.columns}",
            f"INSERT INTO {self.name} SELECT id, {is_sent}, message, created_at FROM original ORDER BY id",
            f"ANALYZE TABLE {self.name}",
            f"FLUSH TABLES {self.name} FOR EXPORT",  # its pages are written
            "UNLOCK TABLES",
        )

    def floor(self, tools, read, update):
        at = (self.at.hostname, str(self.at.port or 3306), self.at.username)
        command = [tools / "floor_mysql", *at, SCHEMA, self.name, read, str(update)]
        return command, {"MYSQL_PWD": unquote(self.at.password or "")}

    def message_bytes(self):
        return self.ask("SELECT avg(length(message)) FROM original")[0]

    def server(self):
        names = "innodb_flush_method innodb_flush_log_at_trx_commit innodb_buffer_pool_size".split()
        version, *values = self.ask("SELECT version(), " + ", ".join(f"@@{n}" for n in names))
        product = "" if "MariaDB" in version else "MySQL "
        return product + ", ".join([version, *(f"{n} {v}" for n, v in zip(names, values))])

    def drop(self):
        with self.connect(None) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {SCHEMA}")


class SQLite(Table):
    """A file, `url` being that of a folder to make it in."""

    name = "audit_logs"
    columns = (
        "(id integer PRIMARY KEY AUTOINCREMENT, is_sent BOOLEAN, message JSON, created_at DATETIME)"
    )

    def __init__(self, url, rows):
        self.original = f"{urlsplit(url).path[1:]}/original.db"
        self.file = f"{urlsplit(url).path[1:]}/measured.db"
        super().__init__(f"sqlite:///{self.file}", rows)
        self.drop()
        with contextlib.closing(sqlite3.connect(self.original)) as connection:
            connection.execute(f"CREATE TABLE {self.name} {self.columns}")
            connection.executemany(
                f"INSERT INTO {self.name} VALUES (?, false, ?, ?)", made_rows(rows)
            )
            connection.execute("ANALYZE")
            connection.commit()

    def connect(self):
        return contextlib.closing(
            sqlite3.connect(self.file, timeout=600, isolation_level=None, check_same_thread=False)
        )

    def renew(self, is_sent=False):
        shutil.copyfile(self.original, self.file)
        if is_sent:
            self.do(f"UPDATE {self.name} SET is_sent = true")
        with open(self.file, "rb") as file:
            os.fsync(file.fileno())

    def floor(self, tools, read, update):
        return [tools / "floor_sqlite", self.file, self.name, read, str(update)], {}

    def message_bytes(self):
        self.renew()
        return self.ask(f"SELECT avg(length(CAST(message AS BLOB))) FROM {self.name}")[0]

    def server(self):
        self.renew()
        mode = self.ask("PRAGMA journal_mode")[0]
        return f"SQLite {sqlite3.sqlite_version}, journal_mode {mode}"

    def drop(self):
        for file in (self.original, self.file):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(file)


KINDS = {"postgresql": Postgres, "mysql": MySQL, "mariadb": MySQL, "sqlite": SQLite}
