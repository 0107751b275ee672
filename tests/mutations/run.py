#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Breaks each law of doc/ARCHITECTURE.md on purpose, one wrong line at a time, in a copy of the sources, and sees whether the
test named beside it fails. Where the program asserts the law itself, that assertion has to be what stops it.

Needs what tests/run sets: SLT_TEST_PGSQL, SLT_TEST_OPENSEARCH, SLT_STAGE. Works in the folder given as argument.
Prints a line for each mutation, and last "N passed, N failed"."""

import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("SLT_TEST_PGSQL", "SLT_TEST_OPENSEARCH", "SLT_STAGE")


@dataclass
class Mutation:
    law: int
    name: str
    edits: list  # (file, text that occurs once, text instead)
    test: str  # below tests/scenario, fails with the mutation and passes without
    says: str = ""  # what must be in the output of the failing test: the assertion that fired


MUTATIONS = [
    Mutation(
        1,
        "a 409 is taken for proof",
        [("core/post.c", "\tcase BULK_EXISTS:\n", "\tcase BULK_EXISTS:\n\t\trow->verdict = DELIVERED;\n\t\treturn true;\n")],
        "test_06_conflicts.py::test_the_document_of_another_row[index-opensearch]",
        "law 1 would be broken",
    ),
    Mutation(
        1,
        "another document under the _id is taken for the row's own",
        [("core/exists.c", "\tcase ANOTHER_DOCUMENT:\n", "\tcase ANOTHER_DOCUMENT:\n\t\trow->verdict = ALREADY;\n\t\tbreak;\n")],
        "test_06_conflicts.py::test_the_document_of_another_row[index-opensearch]",
    ),
    Mutation(
        1,
        "a document that cannot be read is taken for the row's own",
        [("core/exists.c", "case MGET_UNREADABLE: cannot_see(lane, row); break;",
          "case MGET_UNREADABLE: row->verdict = ALREADY; break;")],
        "test_06_conflicts.py::test_a_document_that_may_not_be_read",
        "law 1 would be broken",
    ),
    Mutation(
        1,
        "an item that failed in the server is taken for delivered",
        [("core/bulk.c", "if (status == 200 || status == 201)", "if (status == 200 || status == 201 || status >= 500)")],
        "test_05_retries.py::test_items_are_tried_again_alone",
        "law 1 would be broken",
    ),
    Mutation(
        1,
        "rows without any answer are marked",
        [("core/settle.c", "if (!row->marked && chunk_has_earned(row))", "if (!row->marked && row->verdict != REFUSED)")],
        "test_05_retries.py::test_a_server_in_trouble_is_given_up",
        "law 1 would be broken",
    ),
    Mutation(
        1,
        "a reply with another number of items is believed",
        [("core/bulk.c", "return i == n ? 0", "return i <= n ? 0")],
        "test_04_unknown_replies.py::test_never_understood",
    ),
    Mutation(
        2,
        "rows with one key are all marked",
        [("core/settle.c", "*ret_exact = touched == (long long)n && !stranger;", "*ret_exact = !stranger;"),
         ("core/settle.c", "*ret_exact = rows[i]->seen == 1;", "*ret_exact = rows[i]->seen >= 1;")],
        "test_03_poison.py::test_unsent_rows_with_the_same_key",
        "law 2 would be broken",
    ),
    Mutation(
        2,
        "a key that touches several rows is marked all the same",
        [("core/settle.c", "if (row->seen == 1)", "if (row->seen >= 1)"),
         ("core/settle.c", "if (row->seen != 1 || stranger) {", "if (!row->seen) {"),
         ("core/settle.c", "if (touched == 1 && row->seen)", "if (row->seen)")],
        "test_03_poison.py::test_unsent_rows_with_the_same_key",
        "law 2 would be broken",
    ),
    Mutation(
        2,
        "rows that others have marked meanwhile are marked again",
        [("plugins/single_column_json.c",
          '" WHERE {keys id} AND NOT {is_true is_sent}";', '" WHERE {keys id}";')],
        "test_14_applications.py::test_rows_that_are_gone_or_marked_meanwhile",
    ),
    Mutation(
        3,
        "rows that were never sent are cleared",
        [("plugins/single_column_json.c", "{keys id} AND {is_true is_sent} AND {older_than", "{keys id} AND {older_than"),
         ("core/sql.c", "#define OLD .sent = true,", "#define OLD .sent = false,")],
        "test_23_clear.py::test_only_what_was_sent_and_is_old",
    ),
    Mutation(
        3,
        "the DELETE does not look at the flag again",
        [("plugins/single_column_json.c", "{keys id} AND {is_true is_sent} AND {older_than", "{keys id} AND {older_than")],
        "test_23_clear.py::test_rows_that_change_while_it_runs",
    ),
    Mutation(
        3,
        "the DELETE does not look at the age again",
        [("plugins/single_column_json.c", "AND {older_than created_at}", "AND ({older_than created_at} OR 1 = 1)")],
        "test_23_clear.py::test_rows_that_change_while_it_runs",
    ),
    Mutation(
        4,
        "a refused row ends its chunk",
        [("core/lane.c", "lane_set_aside(lane, &chunk->rows[i], REFUSED, 0, reason, NULL);\n",
          "{\n\t\t\tlane_set_aside(lane, &chunk->rows[i], REFUSED, 0, reason, NULL);\n\t\t\tbreak;\n\t\t}\n")],
        "test_03_poison.py::test_each_is_set_aside_by_itself",
    ),
    Mutation(
        4,
        "rows that are set aside count toward the batch",
        [("core/lane.c", "chunk->n - sent);", "0);")],
        "test_03_poison.py::test_more_poison_than_a_batch",
    ),
    Mutation(
        4,
        "the last row of a page is met again by the next",
        [("core/sql.c", '"slt_key > "', '"slt_key >= "')],
        "test_03_poison.py::test_more_poison_than_a_batch",
    ),
    Mutation(
        4,
        "rows that the quarantine lists are fetched again",
        [("core/sql.c", "if (r->filter) {", "if (r->filter && r->out.full) {")],
        "test_24_quarantine.py::test_a_row_that_is_still_bad[sqlite]",
    ),
    Mutation(
        5,
        "reasons of the index are told without being asked for",
        [("core/lane.c", "reason && *reason && lane->run->show_reasons", "reason && *reason"),
         ("core/connect.c", ".reasons = reasons,", ".reasons = true,")],
        "test_03_poison.py::test_each_is_set_aside_by_itself",
    ),
    Mutation(
        5,
        "the database's URL is told in the log",
        [("core/connect.c", "\twarn_of_django_options(ret);\n",
          '\tlog_info("database %s", settings_text(settings, SET_DATABASE_URL));\n')],
        "test_09_secrets.py::test_no_output_holds_a_secret",
    ),
    Mutation(
        6,
        "line breaks between tokens stay and break the request apart",
        [("core/json.c", "stop = lf < cr ? lf : cr;", "stop = end;")],
        "test_01_main_job.py::test_cell[postgresql-usual json-opensearch]",
    ),
    Mutation(
        6,
        "the message's own @timestamp stays beside ours",
        [("plugins/single_column_json.c", 'slt_put_members(doc, text, "@timestamp");',
          "slt_put_members(doc, text, NULL);")],
        "test_01_main_job.py::test_where_the_time_stands",
    ),
    Mutation(
        7,
        "a transaction stays open while HTTP waits",
        [("core/post.c", "\tlane->has_progress = false;\n",
          "\tlane->has_progress = false;\n\tif (db_begin(lane->db, err) < 0)\n\t\treturn -1;\n"),
         ("core/settle.c", "\tif (mark_all(lane, err) == 0)\n", "\tdb_rollback(lane->db);\n\tif (mark_all(lane, err) == 0)\n")],
        "test_14_applications.py::test_an_application_writes_at_once",
    ),
    Mutation(
        8,
        "a run begins behind the last key that was sent",
        [("plugins/single_column_json.c", '" WHERE {unsent NOT {is_true is_sent}}";',
          '" WHERE {unsent NOT {is_true is_sent} AND id > (SELECT coalesce(max(s.id), -100)"\n'
          '\t       " FROM {$AUDIT_TABLE_NAME} s WHERE {is_true is_sent})}";')],
        "test_15_late_rows.py::test_a_smaller_key_after_the_run",
    ),
]


def make(build, log):
    subprocess.run(["make", "-C", build, "-j2"], stdout=log, stderr=log, check=True)


def run_test(build, tests):
    """pytest's exit status and output; 0 passed, 1 failed, all else is no answer."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-x", "--color=no", "-p", "no:cacheprovider",
         "--basetemp", str(build / "pytest"), *tests],
        cwd=SOURCE, env={**os.environ, "SLT_BUILD": str(build)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )
    return done.returncode, done.stdout


def mutate(tree, mutation):
    for name, old, new in mutation.edits:
        path = tree / name
        text = path.read_text()
        if text.count(old) != 1:
            raise SystemExit(f"{mutation.name}: {name} holds {text.count(old)} times {old!r}: mend the mutation")
        path.write_text(text.replace(old, new))


def restore(tree, mutation):
    for name, _, _ in mutation.edits:
        shutil.copyfile(SOURCE / name, tree / name)


def verdict(mutation, status, output):
    if status != 1:
        return f"NOT CAUGHT: the test ended with {status}" if status == 0 else f"no answer ({status}):\n{output[-3000:]}"
    if mutation.says not in output:
        return f"caught, but not by the assertion {mutation.says!r}:\n{output[-3000:]}"
    return None


def prepare(work):
    """A copy of the sources, configured and built."""
    tree, build = work / "source", work / "build"
    shutil.rmtree(work, ignore_errors=True)
    build.mkdir(parents=True)
    shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns("build", ".git", "autom4te.cache"), symlinks=True)
    with open(work / "log", "wb") as log:
        subprocess.run([tree / "configure", "-q"], cwd=build, stdout=log, stderr=log, check=True)
        make(build, log)
    return tree, build


def main():
    missing = [name for name in NEEDED if name not in os.environ]
    if missing or len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} FOLDER, with {', '.join(NEEDED)} set; missing: {missing}")
    tree, build = prepare(pathlib.Path(sys.argv[1]).resolve())
    tests = sorted({"tests/scenario/" + mutation.test for mutation in MUTATIONS})
    status, output = run_test(build, tests)
    if status != 0:
        raise SystemExit(f"the tests fail without any mutation:\n{output[-4000:]}")
    passed = 0
    with open(build.parent / "log", "ab") as log:
        for mutation in MUTATIONS:
            mutate(tree, mutation)
            make(build, log)
            fault = verdict(mutation, *run_test(build, ["tests/scenario/" + mutation.test]))
            restore(tree, mutation)
            passed += not fault
            by = "the assertion in " + mutation.test if mutation.says else mutation.test
            print(f"law {mutation.law}: {mutation.name}: {fault or 'caught by ' + by}", flush=True)
    print(f"{passed} passed, {len(MUTATIONS) - passed} failed")
    return passed != len(MUTATIONS)


if __name__ == "__main__":
    sys.exit(main())
