# SPDX-License-Identifier: MIT
"""facade-test: a facade that keeps the contract passes, and of each that breaks one rule exactly
one check fails, and says what is wrong. And a facade that takes the program down is named.

Most runs wait a second on purpose, so all of them go on beside the tests, which ask for the one
that they are about."""

import itertools
import json
import os
import re
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

import checks
import example_tables
import modules
import slt
import tables
from database import KINDS, Sqlite
from servers import is_gone
from slt import Program
from wrong_tables import Report, Tap, WrongLog

SOURCE = Path(__file__).resolve().parent / "wrong_facades.c"
SERVERS = KINDS[1:]
DRIVERS = {kind: "mysql" if kind == "mariadb" else kind for kind in KINDS}
DIALECTS = ("postgresql", "mysql", "sqlite")
AT_ONCE = 10
# A build with sanitizers dies as any other does, too.
DIES = "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0"

# ---------------------------------------------------------------- the checks

SETTINGS = "its settings can be told to an operator"
POINTERS = "identity is made of JSON Pointers"
STATEMENTS = [f"{name}: it opens, and its statements expand" for name in DIALECTS]
OPENS = "it opens"
CHECK = "its own check finds nothing wrong"
FITS = "the statements fit the table"
EACH_ONCE = "fetch gives unsent rows, each once"
AGAIN = "fetch gives the same rows again, and page by page"
EITHER = "each row is either sent or unsent"
MARK_NONE = "mark_as_sent without a key marks nothing"
MARK = "mark_as_sent marks the rows of its keys and no others"
MARK_TWICE = "mark_as_sent changes nothing the second time"
MARK_REST = "mark_as_sent marks what is left of its keys"
TAKE_BACK = "mark_as_unsent takes back the mark of its keys and no others"
TAKE_BACK_TWICE = "mark_as_unsent changes nothing the second time"
CLEAR_NONE = "clear without a key deletes nothing"
CLEAR_NEW = "clear deletes nothing that is not old"
CLEAR = "clear deletes old rows that are sent and no others"
ROLLBACK = "a rollback leaves the table as it was"
MAPPING = "mapping is a JSON object"
GOOD = "message makes a document of each row"
POINTS = "identity points to members of documents"
HOSTILE = "message makes a valid document of a hostile row, or refuses it"
REASONS = "message gives a literal reason"
SAME = "message gives the same for the same row"
THREADS = "message gives the same in 8 threads"
FIT_ROWS = "the rows fit the SELECT list"
LIVES = "the facade lets its process live"

OF_TABLE = (OPENS, CHECK, FITS, EACH_ONCE, AGAIN, EITHER, MARK_NONE, MARK, MARK_TWICE, MARK_REST)
OF_TABLE += (ROLLBACK, TAKE_BACK, TAKE_BACK_TWICE, CLEAR_NONE, CLEAR_NEW, CLEAR)
OF_MESSAGE = (MAPPING, GOOD, POINTS, HOSTILE, REASONS, SAME, THREADS)


def loads(module):
    return f"{module} can be loaded"


def in_each_dialect(*names):
    return [f"{dialect}: {name}" for dialect in DIALECTS for name in names]


# ---------------------------------------------------------------- runs


class Case(NamedTuple):
    """A run of facade-test. kind: that of the scratch database, None without; rows: how many are
    unsent there. In args, "@name" is the file of that name in ROWS."""

    facade: str
    kind: str = "sqlite"
    args: tuple = ()
    rows: int = 12

    def __str__(self):
        return " ".join(map(str, (self.kind or "alone", self.facade, self.rows, *self.args)))

    @property
    def where(self):
        """What the names of the checks with the database begin with."""
        return f"{DRIVERS[self.kind]} database: "


class Run:
    """Is going on, or has ended."""

    def __init__(self, case, module, program, log, future):
        self.case, self.module, self.log, self.future = case, module, log, future

    @property
    def result(self):
        """Nothing of it stays in the database."""
        result = self.future.result()
        assert not self.log or self.log.dump() == self.log.before, result
        return result

    @property
    def report(self):
        return Report(self.result)

    def fails(self, expected):
        """Exactly these checks fail and say these texts, name -> texts."""
        failed = self.report.failed
        assert self.result.status == slt.SET_ASIDE and list(failed) == list(expected), self.result
        for name, texts in expected.items():
            said = "\n".join(failed[name])
            assert all(text in said for text in texts), (texts, self.result)


def build_all(folder, *flags):
    """The module of wrong_facades.c, under the names of all facades in it."""
    one = folder / "wrong_facades.so"
    modules.build(SOURCE, one, *flags)
    for symbol in modules.exported(one):
        shutil.copy(one, folder / f"{symbol.removesuffix('_LTX_slt_facade')}.so")
    return folder


@pytest.fixture(scope="session")
def wrong(tmp_path_factory):
    """The folder with the facades, and in its folder mended the same ones without their faults."""
    folder = build_all(tmp_path_factory.mktemp("wrong"))
    (folder / "mended").mkdir()
    build_all(folder / "mended", "-DMENDED")
    return folder


@pytest.fixture(scope="session")
def tester(facades):
    """The program with nothing set."""
    options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), DIES)))
    return Program(facades.parent.parent / "structured-log-transfer", ASAN_OPTIONS=options)


@pytest.fixture(scope="module")
def runs(request, pools, tester, wrong, tmp_path_factory):
    """The runs of all tests that were chosen, by case."""
    items = [item for item in request.session.items if item.module is request.module]
    chosen = [item.callspec.params for item in items if hasattr(item, "callspec")]
    cases = dict.fromkeys(params["case"] for params in chosen if "case" in params)
    kinds = {case.kind for case in cases} & set(SERVERS)
    databases = {kind: pools[kind].take() for kind in kinds}
    folder, all_runs, first = tmp_path_factory.mktemp("scratch"), {}, {}
    for name, text in ROWS.items():
        (folder / name).write_text(text, encoding="utf-8")

    def start(pool, case):
        module, log, program = wrong / f"{case.facade}.so", None, tester
        args = [folder / arg[1:] if arg.startswith("@") else arg for arg in case.args]
        if case.kind:
            db = databases.get(case.kind) or Sqlite(folder)
            log = WrongLog(db, case.rows, f"log{len(all_runs)}", first.get(case.kind))
            if case.kind in databases:
                first.setdefault(case.kind, log)
            args += ["--database", db.url]
            program = tester.with_(**log.settings)
        future = pool.submit(program.run, "facade-test", module, *args)
        return Run(case, module, program, log, future)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for case in cases:
            all_runs[case] = start(pool, case)
        yield all_runs
        pool.shutdown(cancel_futures=True)
    for kind, database in databases.items():
        pools[kind].give_back(database)


@pytest.fixture
def run(runs, case):
    return runs[case]


def each(*cases):
    return pytest.mark.parametrize("case", cases, ids=str)


def each_of(facades, kinds=("sqlite",)):
    return each(*[Case(name, kind) for kind in kinds for name in facades])


# ---------------------------------------------------------------- those that are right


@each_of(["right", "mended/counter", "mended/mark_of_all"], KINDS)
def test_one_without_a_fault_passes(run, case):
    result, checks_made = run.result, run.report.checks
    named = [*STATEMENTS, *(case.where + name for name in OF_TABLE + OF_MESSAGE)]
    assert list(checks_made) == [loads(run.module), SETTINGS, POINTERS, *named], result
    assert result.status == slt.DONE and len(run.report.named("ok")) == len(checks_made), result
    assert result.err == "", result


@each(Case("right", None))
def test_without_a_database(run):
    """The statements are shown as each database would get them."""
    report, of_message = run.report, (MAPPING, HOSTILE, REASONS, SAME, THREADS)
    named = [
        name
        for opens, dialect in zip(STATEMENTS, DIALECTS)
        for name in (opens, *(f"{dialect}: {name}" for name in of_message))
    ]
    assert list(report.checks) == [loads(run.module), SETTINGS, POINTERS, *named], run.result
    assert run.result.status == slt.DONE and not report.failed, run.result
    for opens, quoted in zip(STATEMENTS, ('"wrong_log"', "`wrong_log`", '"wrong_log"')):
        shown = report.checks[opens][1]
        hooks = [line.split(":")[0] for line in shown]
        assert hooks == ["fetch", "mark_as_sent", "mark_as_unsent", "clear"], shown
        assert all(quoted in line for line in shown), shown
    about = report.checks[loads(run.module)][1]
    assert len(about) == 1 and about[0].startswith(
        "right 1.0: a test's table; facade ABI 1."
    ), about


@each(Case("right", None, ("--rows", "@good")), Case("right", "sqlite", ("--rows", "@good")))
def test_with_rows(run, case):
    """They have to become documents."""
    where = [case.where] if case.kind else [f"{dialect}: " for dialect in DIALECTS]
    assert run.result.status == slt.DONE and not run.report.failed, run.result
    assert all(f"{each}{GOOD}" in run.report.checks for each in where), run.result


@each(Case("per_database", None), Case("per_database", "sqlite"), Case("per_database", "mysql"))
def test_another_select_list_for_each_database(run):
    assert run.result.status == slt.DONE and not run.report.failed, run.result


@each(Case("star", None), Case("star", None, ("--rows", "@star")), Case("star", "sqlite"))
def test_a_star_in_the_select_list(run, case):
    """Without rows nobody knows how many cells there are."""
    skipped = run.report.named("skipped")
    assert run.result.status == slt.DONE and not run.report.failed, run.result
    assert len(skipped) == (0 if case.kind or case.args else len(DIALECTS)), run.result
    assert all("the SELECT list has a *, so rows are needed: --rows" in name for name in skipped)


@each_of(["mark_in_a_cell"], KINDS)
def test_a_mark_that_is_fetched(run):
    """The cell changes with it, and the document does not."""
    assert run.result.status == slt.DONE and not run.report.failed, run.result


@each(Case("watched", None))
def test_each_row_is_tried_with_an_alarm_set(run):
    """What happens then: is_ended, below."""
    assert run.result.status == slt.DONE and not run.report.failed, run.result


# ---------------------------------------------------------------- what is declared, and opening

DECLARED = {
    "setting_in_lower_case": (SETTINGS, "Wrong_Setting: a name of A-Z, 0-9 and _ is expected"),
    "setting_with_a_digit_first": (SETTINGS, "1WRONG: a name of A-Z, 0-9 and _ is expected"),
    "setting_of_the_program": (SETTINGS, "BATCH_SIZE is a setting of the program itself"),
    "setting_of_another_name": (SETTINGS, "BATCH_LIMIT is a setting of the program itself"),
    "setting_without_help": (SETTINGS, "WRONG_SETTING has no help"),
    "setting_with_empty_help": (SETTINGS, "WRONG_SETTING has no help"),
    "setting_with_full_stop": (SETTINGS, "WRONG_SETTING: help of one line without a full stop"),
    "setting_of_two_lines": (SETTINGS, "WRONG_SETTING: help of one line without a full stop"),
    "secret_with_default": (SETTINGS, "WRONG_SETTING is a secret and has a default"),
    "identity_empty": (POINTERS, "there is none: any two documents would be the same event"),
    "identity_no_pointer": (POINTERS, '"what" does not begin with /'),
}
OPENED = {
    "does_not_open": "facade does_not_open: it cannot be opened and does not say why",
    "asks_undeclared": "it asks for the setting DATABASE_URL, which it does not declare",
    "unknown_brace": 'its statement fetch: at position 20, "{tiem e.at} FROM',
    "no_statement": "facade no_statement: its fetch gives no statement",
}


@each_of(DECLARED)
def test_a_wrong_declaration(run, case):
    check, text = DECLARED[case.facade]
    run.fails({check: [text]})


@each_of(OPENED)
def test_one_that_does_not_open(run, case):
    """With no database, neither the real one nor the three that are only thought of."""
    run.fails({name: [OPENED[case.facade]] for name in (*STATEMENTS, case.where + OPENS)})


@each_of(["needs_a_column"], KINDS)
def test_one_that_opens_only_without_a_database(run, case):
    run.fails({case.where + OPENS: ["facade needs_a_column: no column signature: migrate"]})


# ---------------------------------------------------------------- what cannot be loaded

NOT_LOADED = {
    "other_major": "it is built for facade ABI 2, this program has 1: rebuild it",
    "future_minor": ": a newer program is needed",
    "other_name": 'its name is "another_name", "other_name" is expected',
    "no_message": "the hook message is missing",
    "no_mark": "the hook mark_as_sent is missing",
    "no_such_symbol": "no facade in it: a symbol made by SLT_FACADE(<name of the file>)",
    "garbage": "cannot load the facade:",
    "nowhere": "No such file or directory",
}


@pytest.mark.parametrize("name", NOT_LOADED)
def test_one_that_cannot_be_loaded(tester, wrong, tmp_path, name):
    module = tmp_path / f"{name}.so"
    if name == "garbage":
        module.write_bytes(b"\x7fELF garbage")
    elif name != "nowhere":
        source = wrong / f"{name}.so"
        shutil.copy(source if source.exists() else wrong / "right.so", module)
    result = tester.run("facade-test", module)
    assert result.status == slt.SET_ASIDE, result
    [(check, said)] = Report(result).failed.items()
    assert check == loads(module) and NOT_LOADED[name] in said[0], result
    assert len(Report(result).checks) == 1 and str(module) in said[0], result


def test_a_file_that_others_may_write(tester, wrong, tmp_path):
    """An author's, who has just built it."""
    module = tmp_path / "does_not_open.so"
    shutil.copy(wrong / "does_not_open.so", module)
    module.chmod(0o777)
    tmp_path.chmod(0o777)
    report = Report(tester.run("facade-test", module))
    assert report.checks[loads(module)][0] == "ok" and list(report.failed) == STATEMENTS


def test_a_file_of_another_kind(tester, tmp_path):
    file = tmp_path / "facade.c"
    file.write_text("int facade;")
    result = tester.run("facade-test", file)
    assert result.status == slt.SET_ASIDE, result
    text = f"{file}: the file of a facade is expected, such as my_table.so"
    assert Report(result).failed == {loads(file): [text]}, result


# ---------------------------------------------------------------- message

CRASHED = "it has crashed: Segmentation fault"
LETTER = "row 1, cell 0 is a letter:"
AFTER_OTHERS = "another document a second later and after other rows ("
MESSAGES = {
    "static_buffer": (THREADS, "beside other threads"),
    "counter": (SAME, AFTER_OTHERS),
    "row_before": (SAME, AFTER_OTHERS),
    "first_row": (SAME, "row 1: " + AFTER_OTHERS),
    "now": (SAME, AFTER_OTHERS),
    "chance": (SAME, AFTER_OTHERS),
    "writes_into_cell": (GOOD, "row 1:\n" + CRASHED),
    "reads_beyond_cell": (GOOD, "row 1:\n" + CRASHED),
    "reads_null": (HOSTILE, "row 1, cell 2 is NULL:\n" + CRASHED),
    "reads_empty": (HOSTILE, "row 1, cell 2 is empty:\n" + CRASHED),
    "no_reason": (
        REASONS,
        "row 1, cell 2 is a letter: message returned a failure without a reason: return slt_refuse",
    ),
    "reason_on_stack": (REASONS, "row 1, cell 2 is a letter: the reason is no literal"),
    "reason_in_buffer": (REASONS, "row 1, cell 2 is a letter: the reason is no literal"),
    "reason_is_cell": (REASONS, "row 1, cell 2 is a letter: the reason is no literal"),
    "two_members": (
        HOSTILE,
        "row 1, cell 3 is a JSON object with a @timestamp: the document has two members of the"
        ' name "@timestamp" in one object',
    ),
    "no_timestamp": (GOOD, "row 1 is refused: the document has no @timestamp"),
    "left_open_for_letter": (
        HOSTILE,
        "row 1, cell 2 is a letter: the facade left an array open",
    ),
    "no_name": (
        HOSTILE,
        "row 1, cell 2 is a letter: the facade gave no name to a member of an object",
    ),
    "identity_nowhere": (POINTS, "no document has a member /body/nowhere"),
    "bad_mapping": (MAPPING, "the facade left an object open"),
    "refused_mapping": (MAPPING, "there is no mapping for this"),
    "crashes_in_mapping": (MAPPING, CRASHED),
    "crashes": (HOSTILE, f"{LETTER}\n{CRASHED}"),
    "overflows": (HOSTILE, f"{LETTER}\n{CRASHED}"),
    "aborts": (HOSTILE, f"{LETTER}\nit has crashed: Aborted"),
    "raises_fpe": (HOSTILE, f"{LETTER}\nit has crashed: Floating point exception"),
    "is_killed": (HOSTILE, f"{LETTER}\nit has crashed: Killed"),
    "exits": (HOSTILE, f"{LETTER}\nit has ended the process, with status 70"),
    "exits_at_once": (HOSTILE, f"{LETTER}\nit has ended the process, with status 0"),
    "is_ended": (HOSTILE, f"{LETTER}\nit has not ended after 60 s"),
    "crashes_later": (SAME, f"row 3, each cell is a letter:\n{CRASHED}"),
    "crashes_in_check": (CHECK, CRASHED),
}


@each_of(MESSAGES)
def test_a_wrong_message(run, case):
    check, text = MESSAGES[case.facade]
    run.fails({case.where + check: [text]})


@each_of(["left_open", "changing_bytes"])
def test_a_message_that_is_wrong_for_each_row(run, case):
    if case.facade == "left_open":
        good = [f"row {row} is refused: the facade left an object open" for row in range(1, 6)]
        hostile = "row 1, cell 0 is NULL: the facade left an object open"
    else:
        good = ["row 1: the document is broken: not valid JSON"]
        hostile = "row 1, cell 0 is NULL: the document is broken: not valid JSON"
    run.fails({case.where + GOOD: good, case.where + HOSTILE: [hostile]})
    assert run.report.failed[case.where + GOOD] == good, run.result


@each_of(["refuses_all"])
def test_a_reason_is_not_read_when_it_may_be_gone(run, case):
    run.fails({case.where + GOOD: ["row 1 is refused"], case.where + REASONS: ["is no literal"]})


@each(Case("left_open_for_letter", None), Case("counter", None), Case("no_reason", None))
def test_a_wrong_message_without_rows(run, case):
    check, text = MESSAGES[case.facade]
    run.fails({name: [text] for name in in_each_dialect(check)})


def test_one_that_does_not_end(tester, wrong):
    """Not a minute, for a test: the alarm comes early."""
    running = tester.start("facade-test", wrong / "does_not_end.so")
    pid, name = running.process.pid, in_each_dialect(HOSTILE)[0]
    [child] = slt.until(lambda: children_of(pid), "the process of the facade")
    slt.until(lambda: "message waits" in running.said(), "the hook that does not end")
    assert running.going()
    os.kill(child, signal.SIGALRM)
    result = running.result()
    assert result.status == slt.SET_ASIDE, result
    said = [LETTER, "it has not ended after 60 s"]
    assert Report(result).failed == {name: said}, result


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_does_not_end_can_be_stopped(tester, wrong, number):
    """From the terminal, whose signal all processes get."""
    running = tester.start("facade-test", wrong / "does_not_end.so")
    pid = running.process.pid
    [child] = slt.until(lambda: children_of(pid), "the process of the facade")
    slt.until(lambda: "message waits" in running.said(), "the hook that does not end")
    os.killpg(pid, number)
    assert running.result(5).status == -number
    slt.until(lambda: is_gone(child), "its end")


def children_of(pid):
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


# ---------------------------------------------------------------- with a database

WITH_DATABASE = {
    "check_finds": (CHECK, "no index on sent"),
    "no_such_column": (FITS, "signature"),
    "row_twice": (EACH_ONCE, "row 3 is there more than once"),
    "unsent_is_null": (
        EITHER,
        "of 13 rows, 9 are unsent and 1 are sent: the condition in {unsent ...} is NULL for the others",
    ),
    "random_cells": (AGAIN, "row 1 has other cells"),
    "mark_of_no_column": (MARK_NONE, "signature"),
    "mark_of_all": (MARK_NONE, "it has touched 12 rows, 0 expected"),
    "mark_of_neighbours": (MARK, "it has touched 12 rows, 6 expected", "row 2 is not fetched"),
    "mark_of_nothing": (
        MARK,
        "it has touched 0 rows, 6 expected",
        "row 1 is fetched all the same",
        "12 rows are counted as unsent, 6 expected",
    ),
    "mark_of_others": (MARK, "it has touched 0 rows, 6 expected", "row 1 is fetched"),
    "mark_of_all_or_none": (MARK_REST, "it has touched 0 rows, 6 expected", "row 2 is fetched"),
    "mark_without_condition": (MARK_TWICE, "it has touched 6 rows, 0 expected"),
    "mark_of_a_cell": (TAKE_BACK, "row 2 has other cells"),
    "unmark_of_all": (
        TAKE_BACK,
        "it has touched 13 rows, 6 expected",
        "row 1 is fetched all the same",
        "row 13 was not fetched before",
    ),
    "unmark_of_nothing": (TAKE_BACK, "it has touched 0 rows, 6 expected", "row 2 is not fetched"),
    "unmark_and_back": (TAKE_BACK_TWICE, "row 2 is not fetched"),
    "clear_of_all": (CLEAR_NONE, "it has touched 7 rows, 0 expected"),
    "clear_of_new": (CLEAR_NEW, "it has touched 6 rows, 0 expected"),
    "clear_of_unsent": (CLEAR, "it has touched 12 rows, 6 expected", "row 2 is not fetched"),
    "clear_of_nothing": (
        CLEAR,
        "it has touched 0 rows, 6 expected",
        "the table has 13 rows, 7 expected",
    ),
    "clear_by_another_time": (CLEAR, "it has touched 0 rows, 6 expected"),
    "clear_of_others": (
        CLEAR,
        "it has touched 12 rows, 6 expected",
        "the table has 13 rows, 7 expected",
    ),
    "time_is_null": (CLEAR, "no row that was marked has a time in {time ...}"),
}


@each_of(WITH_DATABASE, KINDS)
def test_a_wrong_statement(run, case):
    check, *texts = WITH_DATABASE[case.facade]
    run.fails({case.where + check: texts})


@each(*[Case("right", "sqlite", rows=rows) for rows in (2, 3, 999, 1000)])
def test_few_rows_and_many(run):
    assert run.result.status == slt.DONE and not run.report.failed, run.result


@each(
    *[Case("right", "sqlite", rows=rows) for rows in (0, 1, 1001)],
    *[Case("right", kind, rows=1) for kind in SERVERS],
)
def test_too_few_rows_and_too_many(run, case):
    text = "a scratch table with 2 to 1000 unsent rows is expected, this one has "
    run.fails({case.where + EACH_ONCE: [text + ("more" if case.rows > 1 else "fewer")]})


def test_a_table_without_transactions(tester, wrong, my_db):
    """It is not even tried."""
    log = WrongLog(my_db, 12)
    my_db.execute(f"ALTER TABLE {log.table} ENGINE = MyISAM")
    program = tester.with_(**log.settings)
    result = program.run("facade-test", wrong / "right.so", "--database", my_db.url)
    assert result.status == slt.SET_ASIDE and log.dump() == log.before, result
    [(check, said)] = Report(result).failed.items()
    assert check == f"mysql database: {FITS}" and "MyISAM" in said[0], result


def test_marks_that_cannot_be_taken_back(tester, examples, my_db):
    """They are in another table than the key, one without transactions."""
    table = example_tables.Ledger(my_db).fill(12)
    my_db.execute("ALTER TABLE ledger_sent ENGINE = MyISAM")
    result = tester.run("facade-test", examples / "ledger.so", "--database", my_db.url)
    report, where = Report(result), "mysql database: "
    assert result.status == slt.SET_ASIDE and list(report.failed) == [where + ROLLBACK], result
    assert f"row {table.rows()[0].key} is not fetched" in report.failed[where + ROLLBACK], result
    assert where + TAKE_BACK not in report.checks, result


def test_real_rows(tester, examples, facades, make_database):
    """The shipped facades and the examples, with tables as applications fill them."""
    makers = [
        lambda db: tables.SingleColumn(db).generate(40),
        lambda db: tables.Django(db, "2.3"),
        lambda db: tables.Django(db, "3.0"),
        lambda db: tables.Django(db, "3.4"),
        *(lambda db, table=table: table(db).fill(40) for table in example_tables.ALL.values()),
    ]
    going_on = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for make, kind in itertools.product(makers, KINDS):
            table = make(make_database(kind))
            name = table.settings["AUDIT_LOGGER_TYPE"].lower()
            module = (examples if name in example_tables.ALL else facades) / f"{name}.so"
            program = tester.with_(**table.settings)
            args = ("facade-test", module, "--database", table.db.url)
            going_on.append((table, dump(table), pool.submit(program.run, *args)))
    for table, before, future in going_on:
        report, result = Report(future.result()), future.result()
        assert result.status == slt.DONE and not report.failed, result
        assert f"{DRIVERS[table.db.kind]} database: {GOOD}" in report.checks, result
        assert dump(table) == before, result


def dump(table):
    """All that is in the table of a facade."""
    return sorted(map(repr, table.db.query(f"SELECT * FROM {table.table}")))


# ---------------------------------------------------------------- --rows

ROWS = {
    "good": json.dumps([[i, "2026-03-01 06:00:00.25+00", f"what {i}", {"n": i}] for i in (1, 2)]),
    "star": json.dumps([[1, "2026-03-01 06:00:00", 1, None, None, "what", "{}", 0]]),
    "refused": json.dumps([["1", "2026-03-01 06:00:00", "a", {}], [2, "yesterday", None, []]]),
    "narrow": json.dumps([[1, "2026-03-01 06:00:00", "what"]]),
}


@each(Case("right", None, ("--rows", "@refused")))
def test_a_row_that_becomes_no_document(run):
    run.fails({name: ["row 2 is refused: not a time"] for name in in_each_dialect(GOOD)})


@each(Case("no_timestamp", None, ("--rows", "@good")), Case("left_open", None, ("--rows", "@good")))
def test_a_wrong_message_with_rows(run, case):
    names = [GOOD, HOSTILE] if case.facade == "left_open" else [GOOD]
    run.fails({name: [] for name in in_each_dialect(*names)})


@each(Case("right", None, ("--rows", "@narrow")), Case("right", "sqlite", ("--rows", "@narrow")))
def test_rows_with_another_number_of_cells(run, case):
    if case.kind:
        text = "a row has 4 cells, those of the file have 3"
        run.fails({case.where + EACH_ONCE: [text], case.where + FIT_ROWS: []})
    else:
        text = "a row has 3 cells, the SELECT list 4 columns"
        run.fails({name: [text] for name in in_each_dialect(FIT_ROWS)})


@pytest.mark.parametrize(
    "text, said",
    [
        (None, "a JSON array of rows is expected"),
        ("", "a JSON array of rows is expected"),
        ("null", "a JSON array of rows is expected"),
        ("[]", "a JSON array of rows is expected"),
        ('{"rows": []}', "a JSON array of rows is expected"),
        ("[[1, 2]", "a JSON array of rows is expected"),
        ('[[1, "a"], 2]', "row 2: an array of cells is expected"),
        ('[[1, "a"], [2]]', "row 2 has 1 cells, the rows before have 2"),
        ("[[]]", "row 1 has no cells"),
    ],
)
def test_a_file_that_is_none_of_rows(tester, wrong, tmp_path, text, said):
    file = tmp_path / "rows.json"
    if text is not None:
        file.write_text(text)
    result = tester.run("facade-test", wrong / "right.so", "--rows", file)
    assert result.status == slt.CONFIGURATION and result.out == "", result
    assert f"error: --rows: {file}: " in result.err and said in result.err, result
    assert "(null)" not in result.err, result


# ---------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    "args, said",
    [
        ([], "the file of a facade is expected, such as ./my_table.so"),
        (["a.so", "b.so"], "unexpected argument b.so"),
        (["a.so", "--json"], "unknown option"),
        (["a.so", "--rows"], "--rows needs a value"),
    ],
)
def test_wrong_usage(tester, args, said):
    result = tester.run("facade-test", *args)
    assert result.status == slt.USAGE and said in result.err and result.out == "", result


@pytest.mark.parametrize(
    "url, status",
    [
        ("postgres://postgres@127.0.0.1:{port}/test", slt.UNAVAILABLE),
        ("mysql://root@127.0.0.1:{port}/test", slt.UNAVAILABLE),
        ("sqlite:///{folder}/nowhere.sqlite", slt.CONFIGURATION),
        ("oracle://127.0.0.1/test", slt.CONFIGURATION),
        ("", slt.CONFIGURATION),
        ("postgres://127.0.0.1:notaport/test", slt.CONFIGURATION),
    ],
)
@pytest.mark.parametrize("tap", [False, True], ids=["text", "tap"])
def test_a_database_that_cannot_be_reached(tester, wrong, tmp_path, free_port, url, status, tap):
    url = url.format(port=free_port, folder=tmp_path)
    options = ["--tap"] if tap else []
    result = tester.run("facade-test", wrong / "right.so", *options, "--database", url)
    assert result.status == status and "error: --database: " in result.err, result
    last = result.out.splitlines()[-1]
    assert last.startswith("Bail out!") == tap and "passed" not in result.out, result


def test_settings_are_read_as_usual(tester, wrong, tmp_path):
    """From a file, too; and what is not the facade's business is not."""
    file = tmp_path / "env"
    file.write_text("WRONG_TABLE=app.events\n")
    program = tester.with_(
        DATABASE_URL="postgres://127.0.0.1:1/nowhere",
        AUDIT_LOGGER_TYPE="NO_SUCH_ONE",
        SLT_FACADE_PATH="/nowhere",
    )
    result = program.run("--env-file", file, "facade-test", wrong / "crashes_in_mapping.so")
    assert '"app"."events"' in Report(result).checks[STATEMENTS[0]][1][0], result


# ---------------------------------------------------------------- TAP


@each(Case("right", "sqlite", ("--tap",)))
def test_tap(run, case):
    tap = Tap(run.result)
    assert run.result.status == slt.DONE and not tap.failed, run.result
    assert len(tap.points) == 3 + len(STATEMENTS + list(OF_TABLE + OF_MESSAGE)), run.result
    assert tap.points[-1] == (True, case.where + THREADS, None)
    assert tap.comments[0].startswith("# right 1.0: a test's table; facade ABI 1."), run.result


@each(
    *[
        Case(name, "sqlite", ("--tap",))
        for name in ("counter", "crashes", "exits", "exits_at_once", "mark_of_nothing")
    ]
)
def test_tap_of_a_failure(run, case):
    check, text, *_ = {**MESSAGES, **WITH_DATABASE}[case.facade]
    tap = Tap(run.result)
    assert run.result.status == slt.SET_ASIDE and tap.failed == [case.where + check], run.result
    said = "\n".join(tap.comments)
    assert all(line in said for line in text.split("\n")), run.result


@each(Case("star", None, ("--tap",)))
def test_tap_of_a_skip(run):
    skipped = [(name, why) for _, name, why in Tap(run.result).points if why]
    why = "SKIP the SELECT list has a *, so rows are needed: --rows"
    assert skipped == [(f"{dialect}: message", why) for dialect in DIALECTS], run.result


@pytest.mark.parametrize("options", [[], ["--tap"]], ids=["text", "tap"])
def test_one_that_cannot_be_loaded_has_a_report(tester, tmp_path, options):
    result = tester.run("facade-test", *options, tmp_path / "nowhere.so")
    assert result.status == slt.SET_ASIDE, result
    assert list((Tap if options else Report)(result).failed) == [loads(tmp_path / "nowhere.so")]


@pytest.mark.parametrize(
    "at, what, said",
    [
        ("CONSTRUCTOR", "abort()", "it has crashed: Aborted"),
        ("CONSTRUCTOR", "_exit(0)", "it has ended the process, with status 0"),
        ("DESTRUCTOR", "abort()", "it has crashed: Aborted"),
        ("DESTRUCTOR", "_exit(3)", "it has ended the process, with status 3"),
        ("DESTRUCTOR", "for (alarm(!!alarm(0));;) pause()", "it has not ended after 60 s"),
    ],
)
def test_one_that_fails_outside_of_its_hooks(tester, tmp_path, at, what, said):
    """The last check is about that, and the report has its end all the same."""
    module = tmp_path / "does_not_open.so"
    modules.build(SOURCE, module, f"-DIN_{at}={what}")
    check = loads(module) if at == "CONSTRUCTOR" else LIVES
    for options, report in (([], Report), (["--tap"], Tap)):
        result = tester.run("facade-test", *options, module)
        assert result.status == slt.SET_ASIDE and said in result.out, result
        assert list(report(result).failed)[-1] == check, result


def test_a_close_that_does_not_end(tester, wrong):
    result = tester.run("facade-test", wrong / "is_ended_in_close.so")
    assert Report(result).failed == {LIVES: ["it has not ended after 60 s"]}, result


@pytest.mark.parametrize("hook", ["open", "fetch", "close"])
def test_one_that_crashes_in_another_hook(tester, wrong, hook):
    result = tester.run("facade-test", wrong / f"crashes_in_{hook}.so")
    [(check, said)] = Report(result).failed.items()
    assert result.status == slt.SET_ASIDE and said == [CRASHED], result
    assert check == (LIVES if hook == "close" else STATEMENTS[0]), result
    assert f"facade crashes_in_{hook} crashed in its {hook} (SIGSEGV): " in result.err, result


# ---------------------------------------------------------------- who is named by a crash

# What stands in the last line, and how the process ends.
FATAL = {
    "crashes": ("crashed in its message (SIGSEGV)", -signal.SIGSEGV),
    "overflows": ("crashed in its message (SIGSEGV)", -signal.SIGSEGV),
    "aborts": ("crashed in its message (SIGABRT)", -signal.SIGABRT),
    "raises_fpe": ("crashed in its message (SIGFPE)", -signal.SIGFPE),
    "raises_ill": ("crashed in its message (SIGILL)", -signal.SIGILL),
    "raises_bus": ("crashed in its message (SIGBUS)", -signal.SIGBUS),
    "exits": ("ended the program in its message", 70),
    "crashes_in_open": ("crashed in its open (SIGSEGV)", -signal.SIGSEGV),
    "exits_in_open": ("ended the program in its open", 70),
    "crashes_in_fetch": ("crashed in its fetch (SIGSEGV)", -signal.SIGSEGV),
}
IN_MESSAGE = ("crashes", "overflows", "aborts", "exits")
ADVICE = ": report it to its author; rows that are not marked are sent by the next run"


@pytest.fixture
def wrong_sender(tester, sink, wrong):
    """wrong_sender(db, facade): (table, program) to send 60 rows, of which the one with the key 45
    is the end."""

    def make(db, facade):
        table = WrongLog(db, 60)
        program = tester.with_(
            **table.settings,
            **slt.search_settings(sink.url, sink.name),
            DATABASE_URL=db.url,
            AUDIT_LOGGER_TYPE=facade.upper(),
            SLT_FACADE_PATH=wrong,
            CHUNK_SIZE=10,
            LANES=1,
        )
        return table, program

    return make


def named(result, facade, what, status, json_lines=False):
    """The last line names facade, hook and signal."""
    assert result.status == status, result
    last = result.err.splitlines()[-1]
    text = f"facade {facade} {what}{ADVICE}"
    if json_lines:
        assert json.loads(last) == {"log.level": "error", "message": text}, result
    else:
        assert re.fullmatch(slt.PREFIX + re.escape(f"error: {text}"), last), result


@pytest.mark.parametrize("facade", FATAL)
def test_preview_names_who_took_it_down(wrong_sender, sqlite, sink, facade):
    table, sender = wrong_sender(sqlite, facade)
    named(sender.run("preview"), facade, *FATAL[facade])
    named(sender.run("--log-format", "json", "preview"), facade, *FATAL[facade], json_lines=True)
    assert table.dump() == table.before and not sink.documents()


@pytest.mark.parametrize("json_lines", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("facade", IN_MESSAGE)
def test_send_names_who_took_it_down(
    wrong_sender, wrong, make_database, sink, facade, lanes, json_lines
):
    """And nothing is marked that the index does not hold; when the facade is mended, all that is
    left arrives."""
    table, sender = wrong_sender(make_database("sqlite" if lanes == 1 else "postgresql"), facade)
    sender = sender.with_(LANES=lanes)
    options = ["--log-format", "json"] if json_lines else []
    named(sender.run(*options, "send"), facade, *FATAL[facade], json_lines=json_lines)
    marked, unmarked = checks.settled(table, sink)
    assert "45" in unmarked and "45" not in sink.documents()
    assert lanes > 1 or marked == [str(key) for key in range(1, 41)]
    result = sender.with_(SLT_FACADE_PATH=wrong / "mended").send()
    assert result.status == slt.DONE and result.summary["more"] is False, result
    assert checks.delivered(table, sink) == 60


@pytest.mark.parametrize(
    "facade, command, hook",
    [
        ("crashes_in_check", ["check"], "check"),
        ("crashes_in_mapping", ["setup"], "mapping"),
        ("crashes_in_mapping", ["setup", "--print"], "mapping"),
        ("crashes_in_close", ["preview"], "close"),
        ("crashes_in_fetch", ["facades", "crashes_in_fetch"], "fetch"),
    ],
)
def test_each_command_names_who_took_it_down(wrong_sender, sqlite, facade, command, hook):
    table, sender = wrong_sender(sqlite, facade)
    result = sender.run(*command)
    named(result, facade, f"crashed in its {hook} (SIGSEGV)", -signal.SIGSEGV)
    assert table.dump() == table.before


@pytest.mark.parametrize("facade", ["crashes_in_open", "exits_in_open", "crashes_in_fetch"])
def test_send_does_nothing_before_a_facade_is_open(wrong_sender, sqlite, sink, facade):
    table, sender = wrong_sender(sqlite, facade)
    named(sender.send(), facade, *FATAL[facade])
    assert table.dump() == table.before and not sink.requests


@pytest.mark.parametrize(
    "what, said, status",
    [
        ("abort()", "crashed in its initialisation (SIGABRT)", -signal.SIGABRT),
        ("raise(SIGSEGV)", "crashed in its initialisation (SIGSEGV)", -signal.SIGSEGV),
        ("exit(0)", "ended the program in its initialisation", 70),
    ],
)
def test_a_constructor(wrong_sender, sqlite, sink, tmp_path, what, said, status):
    folder = tmp_path / "facades"
    folder.mkdir()
    modules.build(SOURCE, folder / "right.so", f"-DIN_CONSTRUCTOR={what}")
    table, sender = wrong_sender(sqlite, "right")
    sender = sender.with_(SLT_FACADE_PATH=folder)
    for command in ("preview", "send"):
        named(sender.run(command), "right", said, status)
    assert table.dump() == table.before and not sink.requests


def test_nobody_is_named_for_what_others_do(wrong_sender, sqlite, sink):
    """A signal from outside while the facade is at work is not its own."""
    table, sender = wrong_sender(sqlite, "does_not_end")
    running = sender.start("send")
    slt.until(lambda: "message waits" in running.said(), "the hook that does not end")
    running.signal(signal.SIGKILL)
    assert "crashed" not in running.result().err
    assert len(checks.settled(table, sink)[0]) == 40


def test_a_facade_that_is_right_is_not_named(wrong_sender, sqlite, sink):
    table, sender = wrong_sender(sqlite, "right")
    assert sender.send().counted(sent=60) and checks.delivered(table, sink) == 60
