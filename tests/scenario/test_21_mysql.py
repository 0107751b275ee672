# SPDX-License-Identifier: MIT
"""What is particular about MySQL and MariaDB: keys and flags of their types, settings of the
server, accounts, and locks that others hold."""

import contextlib
import threading
import time

import pytest

import checks
import slt
import tables
from forwarder import Forwarder

TIME = {"audit_event": {"date_time": "2026-03-01T06:00:00Z"}}


@pytest.fixture
def logs(my_db):
    """The usual table with 60 unsent rows."""
    return tables.SingleColumn(my_db).generate(60)


def table_of(db, id="bigint PRIMARY KEY", is_sent="boolean", message="json", more=""):
    """A table with columns of these types."""
    return tables.SingleColumn(
        db,
        {
            "mysql": f"CREATE TABLE audit_logs (id {id}, is_sent {is_sent}, message {message},"
            f" created_at timestamp(6) NULL) {more}"
        },
    )


# ---- keys


@pytest.mark.parametrize("index", ["PRIMARY KEY", "", ", INDEX (id)"], ids=["key", "none", "index"])
@pytest.mark.parametrize("type_", ["bigint unsigned", "decimal(30, 0)"])
def test_numbers_that_no_double_holds(my_db, sink, program, type_, index):
    """Rows are paged, marked and named by the number itself."""
    keys = [1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1]
    if type_ != "bigint unsigned":
        keys = [-(10**29), -1, 0, *keys, 2**64, 10**29, 10**29 + 1]
    table = table_of(my_db, f"{type_} {index}")
    for key in keys:
        table.add(key, TIME)
    result = program(my_db, sink, sink, **table.settings, CHUNK_SIZE=1).send()
    assert result.status == slt.DONE and result.counted(sent=len(keys)), result
    assert [request.ids for request in sink.bulks] == [[str(key)] for key in keys]
    assert checks.delivered(table, sink) == len(keys)


# In a collation that minds neither case nor accents nor blanks at the end.
BLIND = "varchar(100) COLLATE utf8mb4_general_ci"
EQUAL = ["abc", "ABC", "abc ", "äbc", "x"]


@pytest.mark.parametrize("index", ["", ", INDEX (id)"], ids=["none", "index"])
@pytest.mark.parametrize("chunk", [500, 1])
def test_keys_that_the_collation_takes_for_equal(my_db, sink, program, index, chunk):
    """To the index they are different documents. Those that the end of a chunk has cut off are
    sent by a later run."""
    table = table_of(my_db, BLIND + index)
    for key in EQUAL:
        table.add(key, TIME)
    sender = program(my_db, sink, sink, **table.settings, CHUNK_SIZE=chunk)
    for _ in range(4):
        result = sender.send()
        assert result.status == slt.DONE, result
        checks.settled(table, sink)
    assert checks.delivered(table, sink) == len(EQUAL)
    assert set(sink.documents()) == set(EQUAL)


@pytest.mark.parametrize("index", ["", ", INDEX (id)"], ids=["none", "index"])
def test_equal_keys_of_which_some_are_sent(my_db, sink, program, index):
    table = table_of(my_db, BLIND + index)
    for key in EQUAL:
        table.add(key, TIME, is_sent=key in ("abc", "äbc"))
    result = program(my_db, sink, sink, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=3), result
    assert checks.delivered(table, sink) == 3 and set(sink.documents()) == {"ABC", "abc ", "x"}


def test_equal_keys_of_which_one_cannot_be_sent(my_db, sink, program):
    """The mark of the others must not reach it."""
    table = table_of(my_db, BLIND)
    for key in EQUAL:
        table.add(key, TIME if key != "ABC" else {"no": "time"})
    result = program(my_db, sink, sink, **table.settings).send()
    assert result.status == slt.SET_ASIDE and result.counted(sent=4, refused=1), result
    assert len(checks.only_unmarked(table, sink, ["ABC"])) == 4


# ---- columns


@pytest.mark.parametrize("type_", ["bit(1)", "bit(8)", "tinyint", "smallint unsigned", "bigint"])
def test_flags_of_every_type(my_db, sink, program, type_):
    table = table_of(my_db, is_sent=type_)
    for key, flag in enumerate([None, "0", "1", "0", None, "1"], 1):
        my_db.execute(
            f"INSERT INTO audit_logs VALUES ({key}, {flag or 'NULL'}, ?, NULL)",
            ('{"audit_event": {"date_time": 1}}',),
        )
    result = program(my_db, sink, sink, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=4), result
    assert set(sink.documents()) == {"1", "2", "4", "5"}
    assert my_db.query("SELECT DISTINCT CAST(is_sent AS unsigned) FROM audit_logs") == [(1,)]


def test_a_table_in_another_encoding(my_db, sink, program):
    """The program is given UTF-8 whatever the server keeps."""
    latin = "CHARACTER SET latin1"
    table = table_of(my_db, f"varchar(100) {latin} PRIMARY KEY", message=f"longtext {latin}")
    table.add("Väinö", '{"audit_event": {"date_time": "2026-03-01T06:00:00Z", "m": "Þóra ÿ"}}')
    assert program(my_db, sink, sink, **table.settings).send().counted(sent=1)
    assert "Þóra ÿ" in sink.stored["Väinö"] and checks.delivered(table, sink) == 1


def test_an_engine_without_transactions(my_db, sink, program):
    """A wrong mark could not be taken back there."""
    table = table_of(my_db, more="ENGINE = MyISAM").add(1, TIME)
    result = program(my_db, sink, sink, **table.settings).send()
    assert result.status == slt.CONFIGURATION and "MyISAM" in result.err, result
    assert not sink.requests and not any(row.marked for row in table.rows())


# ---- settings of the server

ODD_MODES = "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH"


@contextlib.contextmanager
def odd_server(db):
    """What an administrator can set for everybody who connects."""
    isolation = "transaction_isolation" if db.kind == "mysql" else "tx_isolation"
    with db.settings_of_server(
        sql_mode=ODD_MODES,
        time_zone="+05:45",
        autocommit=0,
        init_connect="SET NAMES latin1, sql_mode = 'ANSI_QUOTES', time_zone = '-03:00'",
        **{isolation: "SERIALIZABLE"},
    ):
        yield


def test_settings_of_the_server_do_not_matter(my_db, index, program):
    """Nor the type of a time: a timestamp is shown in the session's zone."""
    table = tables.Django(my_db, "3.4")
    my_db.execute("ALTER TABLE auditlog_logentry MODIFY timestamp timestamp(6) NOT NULL")
    with odd_server(my_db):
        result = program(my_db, index, index, **table.settings, CHUNK_SIZE=100).send()
    assert result.status == slt.DONE and result.counted(sent=525), result
    assert checks.delivered(table, index) == 525


def test_nor_for_a_key_that_is_padded(my_db, sink, program):
    table = table_of(my_db, "char(40) PRIMARY KEY").add("a\\b", TIME).add("ä'\"c", TIME)
    with odd_server(my_db):
        result = program(my_db, sink, sink, **table.settings).send()
    assert result.status == slt.DONE and result.counted(sent=2), result
    assert checks.delivered(table, sink) == 2 and set(sink.documents()) == {"a\\b", "ä'\"c"}


def test_an_index_that_is_slower_than_the_server_is_patient(sender, logs, sink):
    """The server ends connections that have said nothing for two seconds."""
    sink.script = [None, lambda request: time.sleep(3.5)]
    with logs.db.settings_of_server(wait_timeout=2, interactive_timeout=2):
        result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


# ---- accounts; TLS is in test_43_database_tls.py


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "known"])
def test_the_default_kind_of_account_of_mysql(make_database, sink, program, is_known):
    """Without TLS; the server remembers whom it has let in since FLUSH PRIVILEGES, and then asks
    for less."""
    db = make_database("mysql")
    table = tables.SingleColumn(db).generate(60)
    forward = Forwarder(db.server.hostname, db.server.port, hides_tls="mysql")
    sender = program(db, sink, sink, **table.settings)
    host, port = forward.address
    sender = sender.with_(DATABASE_URL=f"mysql://sha2:secret@{host}:{port}/{db.name}")
    db.execute("FLUSH PRIVILEGES")
    if is_known:
        assert sender.run("preview").status == slt.DONE
    result = sender.send()
    forward.close()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(table, sink) == 60


def test_a_wrong_password(sender, logs, sink):
    url = logs.db.url_of(logs.db.name, "wrong-secret")
    checks.refused(sender.with_(DATABASE_URL=url).send(), sink, logs, "denied")
    checks.refused(sender.with_(DATABASE_PASSWORD="wrong-secret").send(), sink, logs, "denied")


def test_a_password_that_wins_over_the_urls(sender, logs, sink):
    url = logs.db.url_of(logs.db.name, "wrong-secret")
    sender = sender.with_(DATABASE_URL=url, DATABASE_PASSWORD=logs.db.PASSWORD)
    assert sender.send().counted(sent=60) and checks.delivered(logs, sink) == 60


def test_a_database_that_does_not_exist(sender, logs, sink):
    """Of an account that would be told so."""
    url = logs.db.url_of("native", "secret") + "_not"
    checks.refused(sender.with_(DATABASE_URL=url).send(), sink, logs, f"{logs.db.name}_not")


# ---- what others hold, and what is held while HTTP waits


def test_nothing_is_open_while_http_waits(sender, logs, sink):
    """No transaction of ours, and the application may even alter the table."""
    seen = []

    def act(request):
        seen.extend(
            logs.db.query(
                "SELECT t.trx_state, t.trx_query FROM information_schema.innodb_trx t"
                " JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
                " WHERE p.db = ? AND p.id <> connection_id()",
                (logs.db.name,),
            )
        )
        with contextlib.closing(logs.db.connect()) as application:
            application.cursor().execute("ALTER TABLE audit_logs ADD COLUMN another int")

    sink.script = [None, act]
    result = sender.send()
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert seen == [] and len(sink.bulks) == 3 and checks.delivered(logs, sink) == 60


def test_a_row_that_somebody_holds_locked(make_database, sink, program):
    """For as long as the run goes on, in the table without any index: it is left, and the others
    get through."""
    db = make_database("mysql")
    table = tables.SingleColumn(db, tables.README).generate(60)
    sender = program(db, sink, sink, **table.settings, CHUNK_SIZE=20)
    with contextlib.closing(db.connect()) as application:
        cursor = application.cursor()
        # Otherwise a statement without an index to use locks all that it reads.
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.execute("BEGIN")
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 27")
        result = sender.start("send").result(90)
        cursor.execute("ROLLBACK")
    assert result.status == slt.STOPPED and result.counted(sent=59, left=1), result
    assert len(checks.only_unmarked(table, sink, [27])) == 59


def test_a_deadlock(sender, logs, sink):
    """The server takes the mark's transaction back, since the application's is larger. The mark is
    tried again."""
    db, done = logs.db, []
    db.execute("CREATE TABLE other (id int AUTO_INCREMENT PRIMARY KEY, text text)")
    application = db.connect()
    cursor = application.cursor()
    cursor.execute("SET innodb_lock_wait_timeout = 10")

    def cross():
        # the mark has rows 21 to 39 and waits for row 40
        slt.until(db.waits_for_lock, "the mark waits")
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 21")
        cursor.execute("COMMIT")
        done.append(True)

    crossing = threading.Thread(target=cross)

    def lock(request):
        cursor.execute("BEGIN")
        cursor.executemany("INSERT INTO other (text) VALUES (%s)", [("x",)] * 1000)
        cursor.execute("UPDATE audit_logs SET created_at = '2026-03-02' WHERE id = 40")
        crossing.start()

    sink.script = [None, lock]
    result = sender.run("-v", "send")
    crossing.join()
    application.close()
    assert done, "the application's own transaction was taken back"
    assert "error 1213" in result.err, "there was no deadlock"
    assert result.status == slt.DONE and result.counted(sent=60), result
    assert checks.delivered(logs, sink) == 60


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_a_connection_that_is_ended_by_the_server(sender, logs, sink, which):
    """Nothing is marked that was not delivered, and the next run does the rest."""
    sink.script = [None, lambda request: logs.db.end([logs.db.others()[which]])]
    result = sender.send()
    marked, unmarked = checks.settled(logs, sink)
    assert result.status in (slt.DONE, slt.UNAVAILABLE, slt.STOPPED) and len(marked) >= 20, result
    again = sender.send()
    assert again.summary["sent"] + again.summary["already there"] == len(unmarked), again
    assert set(sink.documents()) == {str(key) for key in range(1, 61)}
    checks.settled(logs, sink)
