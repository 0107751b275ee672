# SPDX-License-Identifier: MIT
"""An application that goes on inserting while the program runs, and measures how long each insert
takes."""

import contextlib
import itertools
import threading
import time

INSERT = (
    "INSERT INTO audit_logs (id, is_sent, message, created_at) VALUES"
    """ ({0}, NULL, '{{"audit_event": {{"date_time": "2026-03-01T06:00:00Z", "n": {0}}}}}', '2026-03-01')"""
)
# It waits for whoever is in its way, so that the wait is seen.
PATIENT = {
    "sqlite": "PRAGMA busy_timeout = 10000",
    "postgresql": "SET lock_timeout = '10s'",
    "mysql": "SET lock_wait_timeout = 10, innodb_lock_wait_timeout = 10",
}


class Writer:
    """Inserts rows with the given keys until it is stopped. Every `late`-th row is committed only
    after `hold` seconds, when rows with larger keys of other writers are committed already."""

    def __init__(self, db, keys, pause=0.003, late=0, hold=0.3):
        self.db, self.keys, self.pause, self.late, self.hold = db, keys, pause, late, hold
        self.rows, self.waits, self.failure = 0, [], None
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._main)
        self.thread.start()

    def _main(self):
        try:
            with contextlib.closing(self.db.connect()) as connection:
                cursor = connection.cursor()
                cursor.execute(PATIENT[self.db.dialect])
                while not self.stopped.wait(self.pause):
                    self._insert(cursor)
        except Exception as failure:  # told in the test's thread
            self.failure = failure

    def _insert(self, cursor):
        is_late = self.late and self.rows % self.late == 0
        if is_late:
            # SQLite has one writer at a time: its wait is for this
            self._timed(cursor, "BEGIN IMMEDIATE" if self.db.kind == "sqlite" else "BEGIN")
        self._timed(cursor, INSERT.format(next(self.keys)))
        if is_late:
            self.stopped.wait(self.hold)
            cursor.execute("COMMIT")
        self.rows += 1

    def _timed(self, cursor, statement):
        began = time.monotonic()
        cursor.execute(statement)
        self.waits.append(time.monotonic() - began)

    def stop(self):
        self.stopped.set()
        self.thread.join()
        if self.failure:
            raise self.failure


class Application:
    """The writers of one table; SQLite has only one, since they would wait for each other."""

    def __init__(self, db, first_key):
        keys = itertools.count(first_key)
        if db.kind == "sqlite":
            self.writers = [Writer(db, keys, late=10, hold=0.02)]
        else:
            self.writers = [Writer(db, keys), Writer(db, keys, late=1)]

    @property
    def rows(self):
        return sum(writer.rows for writer in self.writers)

    def longest(self):
        """Seconds of the longest wait for an insert."""
        return max(wait for writer in self.writers for wait in writer.waits)

    def stop(self):
        for writer in self.writers:
            writer.stop()


@contextlib.contextmanager
def writing(db, first_key):
    """Goes on while this lasts; at the end, all its rows are committed."""
    application = Application(db, first_key)
    try:
        yield application
    finally:
        application.stop()
