# SPDX-License-Identifier: MIT
"""The databases that the tests fill and look into: one small face for SQLite, PostgreSQL, MySQL
and MariaDB.

Statements are written with ? for values. Every statement is a transaction of its own unless it
runs on a connection that connect() handed out, which is the application's, and which gives up
rather than wait for a lock."""

import contextlib
import itertools
import os
import sqlite3
import subprocess
from urllib.parse import urlsplit

import psycopg2
import pymysql

KINDS = ("sqlite", "postgresql", "mysql", "mariadb")
_numbers = itertools.count(1)


def as_text(value):
    """Text of a number as the database writes it; SQLite puts a fraction before an exponent."""
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text else text.replace("e", ".0e")
    return None if value is None else str(value)


class Pool:
    """The databases of a server that tests are done with: to empty one is faster than to make
    another."""

    def __init__(self, make):
        self.make, self.idle = make, []

    def take(self):
        return self.idle.pop() if self.idle else self.make()

    def give_back(self, database):
        database.empty()
        self.idle.append(database)

    def drop(self):
        while self.idle:
            self.idle.pop().drop()


class Sqlite:
    kind = dialect = "sqlite"
    version = sqlite3.sqlite_version

    def __init__(self, folder):
        self.path = folder / f"logs{next(_numbers)}.sqlite"
        self.url = f"sqlite:///{self.path}"
        self.query("PRAGMA user_version")
        self.execute("VACUUM")  # so that the file exists even while it has no table

    def connect(self):
        """For any thread."""
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

    def moment(self, text):
        """A point in time in UTC as a value of a column that keeps such points."""
        return f"{text}+00:00"

    def writes(self):
        """Number of write transactions that the file has seen (rollback journal only): its
        change counter."""
        with open(self.path, "rb") as file:
            file.seek(24)
            return int.from_bytes(file.read(4), "big")

    def count_marks(self, table, events=("UPDATE", "INSERT")):
        """From now on; the function returned says how many transactions have written."""
        before = self.writes()
        return lambda: self.writes() - before


class Postgres:
    kind = dialect = "postgresql"

    def __init__(self, server, encoding="UTF8"):
        """server: the URL of an existing database of a server on which databases can be made."""
        self.server = server
        self.name = f"slt_{os.getpid()}_{next(_numbers)}"
        self._admin(
            f"CREATE DATABASE {self.name} TEMPLATE template0 ENCODING '{encoding}'"
            " LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        self.url = f"{server.rsplit('/', 1)[0]}/{self.name}"
        self.reconnect()
        self.version = self.query("SHOW server_version")[0][0].split()[0]

    def _admin(self, sql):
        with contextlib.closing(psycopg2.connect(self.server)) as connection:
            connection.autocommit = True
            connection.cursor().execute(sql)

    def _connect(self, **more):
        connection = psycopg2.connect(self.url, **more)
        connection.autocommit = True
        return connection

    def reconnect(self):
        """The tests' own connection, once more when the server was started again."""
        self.own = self._connect()

    def connect(self):
        return self._connect(options="-c lock_timeout=50")

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

    def moment(self, text):
        return f"{text}+00:00"

    def count_marks(self, table, events=("UPDATE", "INSERT")):
        """From now on; the function returned says how many statements of these kinds the table
        has seen."""
        self.script(f"""
            CREATE TABLE slt_marks (at timestamptz);
            CREATE FUNCTION slt_mark() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO slt_marks VALUES (now()); RETURN NULL; END';
            CREATE TRIGGER slt_mark AFTER {' OR '.join(events)} ON {table}
                FOR EACH STATEMENT EXECUTE PROCEDURE slt_mark();""")
        return lambda: self.query("SELECT count(*) FROM slt_marks")[0][0]

    @contextlib.contextmanager
    def role(self):
        """An account that may do nothing but connect: (name for GRANT ... TO, URL)."""
        role = f"role_{self.name}"
        self.execute(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA public TO {role}")
        try:
            yield role, self.url.replace("postgres@", f"{role}@")
        finally:
            self.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")

    def waits_for_lock(self):
        """Does any statement wait for somebody's lock?"""
        return self.query("SELECT 1 FROM pg_locks WHERE NOT granted")

    def empty(self):
        """Ends whoever is still connected, and removes all that is in it."""
        self.execute("ROLLBACK")
        self._end_others()
        found = self.query(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)'"
        )
        for (name,) in found:
            self.execute(f'DROP SCHEMA "{name}" CASCADE')
        self.script(f"CREATE SCHEMA public; ALTER DATABASE {self.name} RESET ALL; RESET ALL")

    def _end_others(self):
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def drop(self):
        self._end_others()
        self.own.close()
        self._admin(f"DROP DATABASE {self.name}")


class Mysql:
    """A database of MySQL or MariaDB, with an account of its own that the program uses: an
    ordinary one, which may do everything there and nothing elsewhere."""

    dialect = "mysql"
    PASSWORD = "db-secret"

    def __init__(self, kind, server):
        """kind: "mysql" or "mariadb"; server: the URL of an existing database, with an account
        that may make databases and accounts."""
        self.kind, self.server = kind, urlsplit(server)
        self.name = f"slt_{os.getpid()}_{next(_numbers)}"
        self.url = self.url_of(self.name, self.PASSWORD)
        self._connect_own()
        self.execute(f"CREATE USER {self.name} IDENTIFIED BY '{self.PASSWORD}'")
        self.execute(f"GRANT ALL ON {self.name}.* TO {self.name}")
        self._make()
        self.version = self.query("SELECT version()")[0][0].split("-")[0]

    def _connect_own(self):
        self.own = self._connect()
        # A key 0 is a key; the times of rows are written and read in UTC.
        self.execute("SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')")
        self.execute("SET time_zone = '+00:00'")

    def reconnect(self):
        """The tests' own connection, once more when the server was started again."""
        self._connect_own()
        self.execute(f"USE {self.name}")

    def url_of(self, user, password, options=""):
        """The URL of this database for that account."""
        address = f"{self.server.hostname}:{self.server.port}"
        return f"mysql://{user}:{password}@{address}/{self.name}{options}"

    def _make(self):
        self.execute(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        self.execute(f"USE {self.name}")

    def _connect(self, **more):
        return pymysql.connect(
            host=self.server.hostname,
            port=self.server.port,
            user=self.server.username,
            charset="utf8mb4",
            autocommit=True,
            client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
            **more,
        )

    def connect(self):
        return self._connect(
            database=self.name,
            init_command="SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1",
        )

    def _run(self, sql, args=()):
        cursor = self.own.cursor()
        cursor.execute(sql.replace("%", "%%").replace("?", "%s") if args else sql, args or None)
        return cursor

    def query(self, sql, args=()):
        with self._run(sql, args) as cursor:
            return list(cursor.fetchall())

    def execute(self, sql, args=()):
        """One statement or several: an error of any of them is raised."""
        with self._run(sql, args) as cursor:
            while cursor.nextset():
                pass

    def many(self, sql, rows):
        with self.own.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.executemany(sql.replace("%", "%%").replace("?", "%s"), list(rows))
            cursor.execute("COMMIT")

    script = execute

    def load(self, dump):
        self.script(dump.read_text(encoding="utf-8"))

    def text(self, column):
        return column

    def number(self, column):
        return f"CAST({column} AS char)"

    def moment(self, text):
        return text

    def count_marks(self, table, events=("UPDATE", "INSERT")):
        """From now on; the function returned says how many statements of these kinds have met
        rows of the table. All rows of one see the same now()."""
        self.script("CREATE TABLE slt_marks (who bigint, at datetime(6), PRIMARY KEY (who, at))")
        for event in events:
            self.script(
                f"CREATE TRIGGER slt_{event} AFTER {event} ON {table} FOR EACH ROW"
                " INSERT IGNORE INTO slt_marks VALUES (connection_id(), now(6))"
            )
        return lambda: self.query("SELECT count(*) FROM slt_marks")[0][0]

    @contextlib.contextmanager
    def role(self):
        """An account that may do nothing but connect: (name for GRANT ... TO, URL)."""
        role = f"role_{self.name}"
        self.execute(f"CREATE USER {role} IDENTIFIED BY '{self.PASSWORD}'")
        try:
            yield role, self.url_of(role, self.PASSWORD)
        finally:
            self.execute(f"DROP USER {role}")

    @contextlib.contextmanager
    def settings_of_server(self, **settings):
        """For whoever connects while this lasts."""
        before = {name: self.query(f"SELECT @@global.{name}")[0][0] for name in settings}

        def set_all(values):
            for name, value in values.items():
                self.execute(f"SET GLOBAL {name} = ?", (value,))

        try:
            set_all(settings)
            yield
        finally:
            set_all(before)

    def waits_for_lock(self):
        """Does any statement wait for somebody's lock of a row?"""
        number = self.query("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")[0][1]
        return number != "0"

    def others(self):
        """The connections to this database besides the tests' own."""
        found = self.query(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = ? AND id <> connection_id() ORDER BY id",
            (self.name,),
        )
        return [number for number, in found]

    def end(self, connections):
        for number in connections:
            with contextlib.suppress(pymysql.err.MySQLError):  # it may have gone by itself
                self.execute(f"KILL {number}")

    def empty(self):
        """Ends whoever is still connected, and removes all that is in it."""
        self.execute("ROLLBACK")
        self.end(self.others())
        self.execute(f"DROP DATABASE {self.name}")
        self._make()

    def drop(self):
        self.execute(f"DROP DATABASE {self.name}; DROP USER {self.name}")
        self.own.close()
