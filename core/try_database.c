// SPDX-License-Identifier: MIT
// Tries a facade's statements on a scratch database.

#include "try_database.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "chunk.h"
#include "compare.h"
#include "doc.h"
#include "mem.h"
#include "plan.h"

enum { MAX_ROWS = 1000, MAX_SAMPLES = 20, SMALL_PAGE = 3 };

static const char LONG_AGO[] = "1800-01-01 00:00:00", FAR_AHEAD[] = "9990-01-01 00:00:00";

struct attempt {
	const struct facade *facade;
	struct db *db;
	const char *where;
	struct report *report;
	struct plan plan;
	struct sql_values values;
	struct chunk rows; /* the unsent ones of the beginning */
	struct chunk now;  /* those that were fetched last */
	struct db_value keys[MAX_ROWS];
	bool unsent[MAX_ROWS]; /* what is expected of rows */
	long long sent, all;   /* rows of the table at the beginning */
	long long deleted;     /* sent ones, by now */
	bool is_changing;      /* rows were marked */
	bool broken;	       /* a statement failed: no other can follow */
	struct doc doc;
	struct err err;
};

static void check(struct attempt *a, const char *what)
{
	report_check(a->report, "%s%s", a->where, what);
}

static bool is_well(const struct attempt *a)
{
	return !a->report->has_fault;
}

/* Always false. */
static bool failed(struct attempt *a)
{
	report_fault(a->report, "%s", a->err.text);
	a->broken = true;
	return false;
}

/* ---------------------------------------------------------------- what is there */

static int add_row(void *arg, const struct db_row *row)
{
	struct chunk *chunk = arg;

	chunk_add(chunk, row);
	return chunk->n > MAX_ROWS;
}

/* All unsent rows into a->now, in pages of so many. */
static bool fetch(struct attempt *a, size_t page)
{
	struct sql_args args = { .limit = page };
	size_t before;

	chunk_reset(&a->now);
	do {
		const struct sql *sql = &a->plan.first_page;

		before = a->now.n;
		if (before) {
			args.after = &a->now.rows[before - 1].key;
			sql = &a->plan.next_page;
		}
		if (plan_query(sql, &args, &a->values, a->db, add_row, &a->now, &a->err) <
		    0)
			return failed(a);
	} while (a->now.n - before == page && a->now.n <= MAX_ROWS);
	return true;
}

static bool count(struct attempt *a, const struct sql *sql, long long *ret)
{
	return plan_count(sql, NULL, a->db, ret, &a->err) == 0 || failed(a);
}

static bool is_same_text(struct slt_text a, struct slt_text b)
{
	return slt_is_null(a) == slt_is_null(b) && a.len == b.len &&
	       (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool has_same_cells(const struct slt_row *a, const struct slt_row *b)
{
	if (a->n_cells != b->n_cells)
		return false;
	for (size_t i = 0; i < a->n_cells; i++)
		if (!is_same_text(a->cells[i], b->cells[i]))
			return false;
	return true;
}

static struct slt_text document_of(struct attempt *a, struct chunk *chunk, size_t i)
{
	struct slt_text text = { NULL, 0 };

	buf_reset(&chunk->body);
	if (build_row(a->facade, &a->doc, "", false, chunk, i))
		return text;
	text.ptr = chunk->body.ptr;
	text.len = chunk->body.len;
	return text;
}

/* The mark may stand in one of the cells, which are other ones then; not in the document. */
static bool has_same_document(struct attempt *a, size_t i, size_t at)
{
	struct slt_text one = document_of(a, &a->rows, i);
	struct slt_text other = document_of(a, &a->now, at);

	if (slt_is_null(one) || slt_is_null(other))
		return slt_is_null(one) == slt_is_null(other);
	return compare_documents(one, other, NULL, false) == SAME_DOCUMENT;
}

static bool is_same_row(struct attempt *a, size_t i, size_t at)
{
	return has_same_cells(&a->rows.rows[i].log, &a->now.rows[at].log) ||
	       (a->is_changing && has_same_document(a, i, at));
}

#define KEY_OF(row) (int)(row)->key.text.len, (row)->key.text.ptr

/* Are the rows in a->now exactly those that are expected to be unsent? */
static void compare(struct attempt *a)
{
	size_t at = 0;

	for (size_t i = 0; i < a->rows.n; i++) {
		const struct log_row *row = &a->rows.rows[i], *now = &a->now.rows[at];
		bool is_there = at < a->now.n &&
				is_same_text(row->key.text, now->key.text);

		if (is_there && !a->unsent[i])
			report_fault(a->report, "row %.*s is fetched all the same",
				     KEY_OF(row));
		else if (!is_there && a->unsent[i])
			report_fault(a->report, "row %.*s is not fetched", KEY_OF(row));
		else if (is_there && !is_same_row(a, i, at))
			report_fault(a->report, "row %.*s has other cells", KEY_OF(row));
		at += is_there;
	}
	if (at < a->now.n)
		report_fault(a->report, "row %.*s was not fetched before",
			     KEY_OF(&a->now.rows[at]));
}

static long long n_unsent(const struct attempt *a)
{
	long long n = 0;

	for (size_t i = 0; i < a->rows.n; i++)
		n += a->unsent[i];
	return n;
}

/* Does the table look as it is expected to? */
static void look(struct attempt *a)
{
	long long unsent, sent, all, expected;

	if (a->broken || !fetch(a, MAX_ROWS + 1))
		return;
	compare(a);
	if (!count(a, &a->plan.unsent_count, &unsent) ||
	    !count(a, &a->plan.sent_count, &sent) || !count(a, &a->plan.all_count, &all))
		return;
	if (unsent != n_unsent(a))
		report_fault(a->report, "%lld rows are counted as unsent, %lld expected",
			     unsent, n_unsent(a));
	expected = a->sent + (long long)a->rows.n - n_unsent(a) - a->deleted;
	if (sent != expected)
		report_fault(a->report, "%lld rows are counted as sent, %lld expected",
			     sent, expected);
	if (all != a->all - a->deleted)
		report_fault(a->report, "the table has %lld rows, %lld expected", all,
			     a->all - a->deleted);
}

/* ---------------------------------------------------------------- what is changed */

/* Runs a statement for n keys of a->keys; touched -1: whatever it touches. */
static void change(struct attempt *a, const struct sql *sql, size_t n,
		   const char *older_than, long long touched)
{
	struct sql_args args = { .keys = a->keys, .n_keys = n, .older_than = older_than };
	long long n_touched;

	if (a->broken)
		return;
	if (plan_exec(sql, &args, &a->values, a->db, &n_touched, &a->err) < 0)
		failed(a);
	else if (touched >= 0 && n_touched != touched)
		report_fault(a->report, "it has touched %lld rows, %lld expected",
			     n_touched, touched);
}

/* Lists the keys of the rows that stand at an even or odd place, or of all with step 1, and
 * says what becomes of them; how many. */
static size_t pick(struct attempt *a, size_t from, size_t step, bool unsent)
{
	size_t n = 0;

	for (size_t i = from; i < a->rows.n; i += step) {
		a->keys[n++] = a->rows.rows[i].key;
		a->unsent[i] = unsent;
	}
	return n;
}

static void mark_every_second(struct attempt *a)
{
	size_t n = pick(a, 0, 2, false);

	change(a, &a->plan.mark_as_sent, n, NULL, (long long)n);
}

/* Each step builds on the one before, so all end with the first that fails. */
static void try_mark(struct attempt *a)
{
	const struct sql *mark = &a->plan.mark_as_sent;
	size_t n;

	check(a, "mark_as_sent without a key marks nothing");
	change(a, mark, 0, NULL, 0);
	look(a);
	if (!is_well(a))
		return;
	check(a, "mark_as_sent marks the rows of its keys and no others");
	mark_every_second(a);
	look(a);
	if (!is_well(a))
		return;
	check(a, "mark_as_sent changes nothing the second time");
	change(a, mark, pick(a, 0, 2, false), NULL, 0);
	look(a);
	if (!is_well(a))
		return;
	check(a, "mark_as_sent marks what is left of its keys");
	n = pick(a, 0, 1, false);
	change(a, mark, n, NULL, (long long)(n / 2));
	look(a);
}

static void try_mark_as_unsent(struct attempt *a)
{
	const struct sql *unmark = &a->plan.mark_as_unsent;
	size_t n = pick(a, 0, 1, false);

	check(a, "mark_as_unsent takes back the mark of its keys and no others");
	change(a, &a->plan.mark_as_sent, n, NULL, (long long)n);
	n = pick(a, 1, 2, true);
	change(a, unmark, n, NULL, (long long)n);
	look(a);
	if (!is_well(a))
		return;
	check(a, "mark_as_unsent changes nothing the second time");
	change(a, unmark, n, NULL, -1);
	look(a);
}

static int is_eligible(void *arg, const struct db_row *row)
{
	struct attempt *a = arg;

	for (size_t i = 0; i < a->rows.n; i++)
		if (!a->unsent[i] &&
		    is_same_text(a->rows.rows[i].key.text, row->cells[0]))
			a->now.n++;
	return 0;
}

/* How many of the rows that we have marked are sent and have a time? */
static bool count_eligible(struct attempt *a, long long *ret)
{
	struct sql_args args = { .limit = (size_t)a->all + 1, .older_than = FAR_AHEAD };

	chunk_reset(&a->now);
	if (plan_query(&a->plan.old_first_page, &args, &a->values, a->db, is_eligible, a,
		       &a->err) < 0)
		return failed(a);
	*ret = (long long)a->now.n;
	chunk_reset(&a->now);
	return true;
}

/* Half of the rows are sent. */
static void try_clear(struct attempt *a)
{
	const struct sql *clear = &a->plan.clear;
	long long eligible = 0;
	size_t n = a->rows.n;

	check(a, "clear without a key deletes nothing");
	mark_every_second(a);
	change(a, clear, 0, FAR_AHEAD, 0);
	look(a);
	if (!is_well(a))
		return;
	check(a, "clear deletes nothing that is not old");
	for (size_t i = 0; i < n; i++)
		a->keys[i] = a->rows.rows[i].key;
	change(a, clear, n, LONG_AGO, 0);
	look(a);
	if (!is_well(a))
		return;
	check(a, "clear deletes old rows that are sent and no others");
	if (!count_eligible(a, &eligible))
		return;
	if (!eligible)
		report_fault(a->report,
			     "no row that was marked has a time in {time ...}");
	change(a, clear, n, FAR_AHEAD, eligible);
	a->deleted = eligible;
	look(a);
	a->deleted = 0;
}

/* In a transaction that is rolled back. */
static void within(struct attempt *a, void (*try)(struct attempt *a))
{
	a->broken = false;
	a->is_changing = true;
	if (db_begin(a->db, &a->err) < 0) {
		failed(a);
		return;
	}
	try(a);
	db_rollback(a->db);
	a->is_changing = false;
	pick(a, 0, 1, true);
}

/* The other two need marks, and all rows unsent again. */
static void try_changes(struct attempt *a)
{
	bool can_mark;

	within(a, try_mark);
	can_mark = is_well(a);
	check(a, "a rollback leaves the table as it was");
	a->broken = false;
	look(a);
	if (!can_mark || !is_well(a))
		return;
	if (a->facade->mark_as_unsent)
		within(a, try_mark_as_unsent);
	if (a->facade->clear)
		within(a, try_clear);
}

/* ---------------------------------------------------------------- what is read */

static void try_hook(struct attempt *a)
{
	if (!a->facade->hooks.check)
		return;
	check(a, "its own check finds nothing wrong");
	if (facade_check(a->facade, dialect_get(a->db->driver->dialect), a->db, NULL,
			 NULL, &a->err) < 0)
		report_fault(a->report, "%s", a->err.text);
}

static bool prepare(struct attempt *a)
{
	check(a, "the statements fit the table");
	if (plan_init(&a->plan, a->facade, a->db, &a->err) < 0 ||
	    plan_add_counts(&a->plan, a->db, &a->err) < 0 ||
	    (a->facade->clear && plan_add_clear(&a->plan, a->db, &a->err) < 0))
		return failed(a);
	return true;
}

static void keep_samples(struct attempt *a, struct samples *samples)
{
	size_t n = a->rows.n < MAX_SAMPLES ? a->rows.n : MAX_SAMPLES;
	size_t n_cells = a->rows.rows[0].log.n_cells;

	if (samples->n && samples->n_cells != n_cells) {
		report_fault(a->report, "a row has %zu cells, those of the file have %zu",
			     n_cells, samples->n_cells);
		return;
	}
	for (size_t i = 0; i < n; i++)
		samples_add(samples, a->rows.rows[i].log.cells, n_cells);
}

/* The unsent rows into a->rows. False: there are too few, or too many. */
static bool read_rows(struct attempt *a, struct samples *samples)
{
	check(a, "fetch gives unsent rows, each once");
	if (!fetch(a, MAX_ROWS + 1))
		return false;
	if (a->now.n < 2 || a->now.n > MAX_ROWS) {
		report_fault(a->report,
			     "a scratch table with 2 to %d unsent rows is expected, this "
			     "one has %s",
			     MAX_ROWS, a->now.n < 2 ? "fewer" : "more");
		return false;
	}
	chunk_add_from(&a->rows, &a->now, 0, a->now.n);
	for (size_t i = 0; i < a->rows.n; i++)
		if (chunk_is_duplicate(&a->rows, i))
			report_fault(a->report, "row %.*s is there more than once",
				     KEY_OF(&a->rows.rows[i]));
	keep_samples(a, samples);
	pick(a, 0, 1, true);
	return !a->report->has_fault;
}

/* A row that the fetch leaves out is never sent, and nobody notices. */
static void note_counts(struct attempt *a)
{
	const struct dialect *dialect = dialect_get(a->db->driver->dialect);
	const struct db_table *table = &a->plan.key.table;
	char text[32] = "";
	struct buf sql;

	report_note(a->report, "of %lld rows, %zu are unsent and %lld are sent", a->all,
		    a->rows.n, a->sent);
	buf_init(&sql, 4096);
	buf_puts(&sql, "SELECT count(*) FROM ");
	dialect_put_table(dialect, table, &sql);
	if (db_query_text(a->db, buf_str(&sql), NULL, 0, text, sizeof(text), &a->err) ==
		    1 &&
	    strtoll(text, NULL, 10) > a->all)
		report_note(a->report,
			    "table %s has %s rows: are the others meant to be left out? "
			    "(an inner join does that, too)",
			    table->name, text);
	buf_fini(&sql);
}

/* Can marks be tried? */
static bool try_reading(struct attempt *a)
{
	bool well;

	check(a, "fetch gives the same rows again, and page by page");
	look(a);
	if (!a->broken && fetch(a, SMALL_PAGE))
		compare(a);
	well = is_well(a);
	check(a, "each row is either sent or unsent");
	if (a->sent + (long long)a->rows.n != a->all)
		report_fault(a->report,
			     "of %lld rows, %zu are unsent and %lld are sent: the "
			     "condition in {unsent ...} is NULL for the others",
			     a->all, a->rows.n, a->sent);
	else
		note_counts(a);
	return well;
}

void try_database(const struct facade *facade, struct db *db, const char *where,
		  struct samples *samples, struct report *report)
{
	struct attempt *a = mem_new(1, sizeof(*a));

	*a = (struct attempt){
		.facade = facade, .db = db, .where = where, .report = report
	};
	doc_init(&a->doc);
	chunk_init(&a->rows);
	chunk_init(&a->now);
	sql_values_init(&a->values);
	try_hook(a);
	if (prepare(a) && read_rows(a, samples) &&
	    count(a, &a->plan.sent_count, &a->sent) &&
	    count(a, &a->plan.all_count, &a->all)) {
		if (try_reading(a))
			try_changes(a);
	}
	plan_fini(&a->plan);
	sql_values_fini(&a->values);
	chunk_fini(&a->rows);
	chunk_fini(&a->now);
	free(a);
}
