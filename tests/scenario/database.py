# SPDX-License-Identifier: MIT
"""The databases that the tests fill and look into: one small face for SQLite and PostgreSQL.

Statements are written with ? for values. Every statement is a transaction of its own unless it
runs on a connection that connect() handed out, which is the application's."""

import contextlib
import itertools
import os
import sqlite3
import subprocess

import psycopg2

_numbers = itertools.count(1)


def as_text(value):
    """Text of a number as the database writes it; SQLite puts a fraction before an exponent."""
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")
    return None if value is None else str(value)


class Sqlite:
    kind = "sqlite"
    version = sqlite3.sqlite_version

    def __init__(self, folder):
        self.path = folder / f"logs{next(_numbers)}.sqlite"
        self.url = f"sqlite:///{self.path}"
        self.query("PRAGMA user_version")
        self.execute("VACUUM")  # so that the file exists even while it has no table

    def connect(self):
        """An application's connection, for any thread, that does not wait for locks."""
        return sqlite3.connect(self.path, isolation_level=None, timeout=0, check_same_thread=False)

    def query(self, sql, args=()):
        own = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        own.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        with contextlib.closing(own):
            return own.execute(sql, args).fetchall()

    execute = query

    def many(self, sql, rows):
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            connection.executemany(sql, rows)

    def script(self, sql):
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as connection:
            connection.executescript(sql)

    def load(self, dump):
        self.script(dump.read_text(encoding="utf-8"))

    def text(self, column):
        """Expression for the stored text of a JSON column."""
        return column

    def number(self, column):
        """Expression for a number that as_text() writes as the database does."""
        return column

    def writes(self):
        """Number of write transactions that the file has seen (rollback journal only): its
        change counter."""
        with open(self.path, "rb") as file:
            file.seek(24)
            return int.from_bytes(file.read(4), "big")

    def count_marks(self, table):
        """From now on; the function returned says how many transactions have written."""
        before = self.writes()
        return lambda: self.writes() - before

    def leave(self):
        """The test is done with it. The folder is the test's."""


class Postgres:
    kind = "postgresql"
    pool = []  # databases that tests are done with: to empty one is faster than to make another

    @classmethod
    def take(cls, server):
        return cls.pool.pop() if cls.pool else cls(server)

    def __init__(self, server, encoding="UTF8"):
        """server: the URL of an existing database of a server on which databases can be made."""
        self.server = server
        self.name = f"slt_{os.getpid()}_{next(_numbers)}"
        self._admin(
            f"CREATE DATABASE {self.name} TEMPLATE template0 ENCODING '{encoding}'"
            " LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        self.url = f"{server.rsplit('/', 1)[0]}/{self.name}"
        self.own = self.connect()
        self.version = self.query("SHOW server_version")[0][0].split()[0]

    def _admin(self, sql):
        with contextlib.closing(psycopg2.connect(self.server)) as connection:
            connection.autocommit = True
            connection.cursor().execute(sql)

    def connect(self):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return connection

    def _run(self, sql, args):
        cursor = self.own.cursor()
        cursor.execute(sql.replace("%", "%%").replace("?", "%s") if args else sql, args or None)
        return cursor

    def query(self, sql, args=()):
        with self._run(sql, args) as cursor:
            return cursor.fetchall()

    def execute(self, sql, args=()):
        self._run(sql, args).close()

    def many(self, sql, rows):
        with self.own.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.executemany(sql.replace("%", "%%").replace("?", "%s"), list(rows))
            cursor.execute("COMMIT")

    def script(self, sql):
        self.execute(sql)

    def load(self, dump):
        subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-f", str(dump)],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def text(self, column):
        return f"{column}::text"

    number = text

    def count_marks(self, table):
        """From now on; the function returned says how many statements have updated or inserted
        into the table."""
        self.script(f"""
            CREATE TABLE slt_marks (at timestamptz);
            CREATE FUNCTION slt_mark() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO slt_marks VALUES (now()); RETURN NULL; END';
            CREATE TRIGGER slt_mark AFTER UPDATE OR INSERT ON {table}
                FOR EACH STATEMENT EXECUTE PROCEDURE slt_mark();""")
        return lambda: self.query("SELECT count(*) FROM slt_marks")[0][0]

    def leave(self):
        """The test is done with it: ends whoever is still connected, and empties it for the next
        one."""
        self.execute("ROLLBACK")
        self._end_others()
        found = self.query(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'"
        )
        for (name,) in found:
            self.execute(f'DROP SCHEMA "{name}" CASCADE')
        self.script(f"CREATE SCHEMA public; ALTER DATABASE {self.name} RESET ALL; RESET ALL")
        self.pool.append(self)

    def _end_others(self):
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def drop(self):
        self._end_others()
        self.own.close()
        self._admin(f"DROP DATABASE {self.name}")
