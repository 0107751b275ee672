# SPDX-License-Identifier: MIT
"""The table that the benchmark sends: rows of about 500 bytes, made once and copied for each measurement."""

import contextlib

import psycopg2

SCHEMA = "slt_bench"
NAME = f"{SCHEMA}.audit_logs"

# 467 bytes as PostgreSQL prints them, with a character outside ASCII and an escape in each.
ROWS = """
    SELECT i, false, jsonb_build_object('audit_event', jsonb_build_object(
        'date_time', to_char(timestamptz '2026-03-01 06:00Z' + i * interval '1 s',
            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'actor', jsonb_build_object('role', 'OWNER', 'user_id', md5(i::text)::uuid,
            'user_name', 'Väinö "' || i % 1000 || '" Mäkinen', 'ip_address', '10.0.0.' || i % 250),
        'operation', (ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE'])[1 + i % 4],
        'origin', 'shop', 'status', 'SUCCESS',
        'target', jsonb_build_object('type', 'Order', 'id', i::text,
            'path', '/v1/orders/' || i || '/'),
        'message', 'state changed: ' || repeat(md5((i + 7)::text) || ' ', 3))),
        timestamptz '2026-03-01 06:00Z' + i * interval '1 s'
    FROM generate_series(1, {rows}) i
"""
# No vacuum of its own in the middle of a measurement.
COLUMNS = "(id bigserial PRIMARY KEY, is_sent boolean, message jsonb, created_at timestamptz)"
OPTIONS = "WITH (autovacuum_enabled = off)"


class Table:
    """The rows, and the copy of them under NAME that is measured."""

    def __init__(self, url, rows):
        self.url, self.rows = url, rows
        self.drop()
        self._do(
            f"CREATE SCHEMA {SCHEMA}",
            f"CREATE TABLE {SCHEMA}.original {COLUMNS} {OPTIONS}",
            f"INSERT INTO {SCHEMA}.original {ROWS.format(rows=rows)}",
            f"VACUUM (ANALYZE) {SCHEMA}.original",
        )

    def _connect(self):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return contextlib.closing(connection)

    def _do(self, *statements):
        with self._connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def _ask(self, sql):
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()

    def renew(self):
        """A new copy, none of it sent, with nothing left to do for the server's background."""
        self._do(
            f"DROP TABLE IF EXISTS {NAME}",
            f"CREATE TABLE {NAME} {COLUMNS} {OPTIONS}",
            f"INSERT INTO {NAME} SELECT * FROM {SCHEMA}.original ORDER BY id",
            f"VACUUM (ANALYZE) {NAME}",
            "CHECKPOINT",
        )

    def unsent(self):
        return self._ask(f"SELECT count(*) FROM {NAME} WHERE is_sent IS NOT TRUE")[0]

    def message_bytes(self):
        return self._ask(f"SELECT avg(length(message::text)) FROM {SCHEMA}.original")[0]

    def server(self):
        """What of the server decides about the figures."""
        settings = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        values = self._ask("SELECT " + ", ".join(f"current_setting('{s}')" for s in settings))
        return "PostgreSQL " + ", ".join(
            f"{s} {v}" if s != "server_version" else v for s, v in zip(settings, values)
        )

    def drop(self):
        self._do(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
