// SPDX-License-Identifier: MIT
// Marks exactly the rows of a chunk that have earned it.

#include "settle.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "lane.h"
#include "log.h"
#include "retry.h"
#include "stop.h"

enum {
	MAX_ATTEMPTS = 6,   /* of a transaction that lost against another */
	MAX_LOCKED_ROWS = 3 /* one by one: then the table is locked, not a row */
};
static const double PATIENCE = 30;

static const char NOT_UNIQUE[] = "the key is not unique";

/* The rows that have earned their mark and do not have it yet, into lane->rows; how
 * many. */
static size_t list_earned(struct lane *lane)
{
	struct chunk *chunk = &lane->chunk;
	size_t n = 0;

	for (size_t i = 0; i < chunk->n; i++) {
		struct log_row *row = &chunk->rows[i];

		if (!row->marked && chunk_has_earned(row))
			lane->rows[n++] = row;
	}
	return n;
}

static void list_keys(struct lane *lane, struct log_row *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lane->keys[i] = rows[i]->key;
}

/* Runs the facade's mark for these rows inside the open transaction. */
static int mark(struct lane *lane, struct log_row *const *rows, size_t n,
		long long *ret_touched, struct err *err)
{
	struct sql_args args = { .keys = lane->keys, .n_keys = n };

	for (size_t i = 0; i < n; i++)
		chunk_assert_earned(rows[i]);
	list_keys(lane, rows, n);
	return plan_exec(&lane->run->plan->mark_as_sent, &args, &lane->values, lane->db,
			 ret_touched, err);
}

static int commit(struct lane *lane, struct log_row *const *rows, size_t n,
		  long long touched, struct err *err)
{
	chunk_assert_touched(touched, n);
	fault_point("marked");
	if (db_commit(lane->db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		rows[i]->marked = true;
	fault_point("committed");
	return 0;
}

/* ------------------------------------------------------- which of them are there */

static int compare_keys(const struct slt_text *a, const struct slt_text *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->ptr, b->ptr, n);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int by_key(const void *a, const void *b)
{
	return compare_keys(&(*(struct log_row *const *)a)->key.text,
			    &(*(struct log_row *const *)b)->key.text);
}

struct look {
	struct log_row **rows;
	size_t n;
	bool stranger; /* a key that equals one of ours only in the database's eyes */
};

static int count_key(void *arg, const struct db_row *row)
{
	struct look *look = arg;
	struct log_row wanted = { .key.text = row->cells[0] };
	struct log_row *wanted_ptr = &wanted, **found;

	found = bsearch(&wanted_ptr, look->rows, look->n, sizeof(*look->rows), by_key);
	if (found)
		(*found)->seen++;
	else
		look->stranger = true;
	return 0;
}

/* Counts, byte by byte, how often each row's key is there now among those that `keys`
 * selects, the unsent or the sent ones: row->seen. Sorts the rows. */
static int look(struct lane *lane, const struct sql *keys, struct log_row **rows,
		size_t n, bool *ret_stranger, struct err *err)
{
	struct look look = { .rows = rows, .n = n };
	struct sql_args args = { .keys = lane->keys, .n_keys = n };

	qsort(rows, n, sizeof(*rows), by_key);
	list_keys(lane, rows, n);
	for (size_t i = 0; i < n; i++)
		rows[i]->seen = 0;
	if (plan_query(keys, &args, &lane->values, lane->db, count_key, &look, err) < 0)
		return -1;
	*ret_stranger = look.stranger;
	return 0;
}

/* ------------------------------------------------------- marking */

/* The mark touched fewer rows than keys. What is unsent all the same, the database does
 * not let us change; as many others as are missing were gone or marked by somebody else
 * (which ones, nothing tells). */
static void explain_rest(struct lane *lane, struct log_row **rows, size_t n,
			 size_t n_missing)
{
	for (size_t i = 0; i < n && n_missing; i++) {
		if (!rows[i]->seen)
			continue;
		rows[i]->marked = false;
		lane_set_aside(lane, rows[i], REFUSED, 0,
			       "the database does not change this row", NULL);
		n_missing--;
	}
	for (size_t i = n; i-- > 0 && n_missing;) {
		if (rows[i]->seen)
			continue;
		rows[i]->verdict = GONE;
		n_missing--;
	}
}

static int mark_each(struct lane *lane, struct log_row **rows, size_t n, struct err *err);

/* Where the catalog shows the key unique. */
static int mark_known(struct lane *lane, struct log_row **rows, size_t n, struct err *err)
{
	long long touched;
	bool stranger;

	if (db_begin(lane->db, err) < 0 || mark(lane, rows, n, &touched, err) < 0)
		return -1;
	if (touched > (long long)n) {
		db_rollback(lane->db);
		if (n > 1)
			return mark_each(lane, rows, n, err);
		lane_set_aside(lane, rows[0], REFUSED, 0, NOT_UNIQUE, NULL);
		return 0;
	}
	if (touched < (long long)n &&
	    look(lane, &lane->run->plan->unsent_keys, rows, n, &stranger, err) < 0)
		return -1;
	if (commit(lane, rows, n, touched, err) < 0)
		return -1;
	if (touched < (long long)n)
		explain_rest(lane, rows, n, n - (size_t)touched);
	return 0;
}

/* Where the key is not known to be unique: marks, and looks in the same transaction at who
 * is sent now. What the mark has touched is locked by us, and among those. So when it has
 * touched as many rows as there are keys, and each key is sent once, byte for byte, and no
 * other one, these are the rows in hand. Otherwise nothing is committed. */
static int mark_exactly(struct lane *lane, struct log_row **rows, size_t n,
			bool *ret_exact, struct err *err)
{
	long long touched;
	bool stranger;

	if (db_begin(lane->db, err) < 0 || mark(lane, rows, n, &touched, err) < 0 ||
	    look(lane, &lane->run->plan->sent_keys, rows, n, &stranger, err) < 0)
		return -1;
	*ret_exact = touched == (long long)n && !stranger;
	for (size_t i = 0; i < n && *ret_exact; i++)
		*ret_exact = rows[i]->seen == 1;
	if (*ret_exact)
		return commit(lane, rows, n, touched, err);
	db_rollback(lane->db);
	return 0;
}

/* One row where the key is not known to be unique, and not even those that are sent: it
 * alone was unsent under its key, one row was touched, and it is sent now. */
static int mark_single(struct lane *lane, struct log_row *row, struct err *err)
{
	const struct plan *plan = lane->run->plan;
	long long touched;
	bool stranger;

	if (db_begin(lane->db, err) < 0 ||
	    look(lane, &plan->unsent_keys, &row, 1, &stranger, err) < 0)
		return -1;
	if (row->seen != 1 || stranger) {
		db_rollback(lane->db);
		if (row->seen)
			lane_set_aside(lane, row, REFUSED, 0, NOT_UNIQUE, NULL);
		else
			row->verdict = GONE;
		return 0;
	}
	if (mark(lane, &row, 1, &touched, err) < 0 ||
	    look(lane, touched ? &plan->sent_keys : &plan->unsent_keys, &row, 1,
		 &stranger, err) < 0)
		return -1;
	if (touched == 1 && row->seen)
		return commit(lane, &row, 1, touched, err);
	db_rollback(lane->db);
	if (touched)
		lane_set_aside(lane, row, REFUSED, 0, NOT_UNIQUE, NULL);
	else
		explain_rest(lane, &row, 1, 1);
	return 0;
}

/* Each key in a transaction of its own: after one statement for all has failed or touched
 * other rows than it should. A row that the database refuses to change (a constraint, a
 * trigger, somebody's lock) costs the others nothing. -1: the connection is gone, or it is
 * not single rows. */
static int mark_each(struct lane *lane, struct log_row **rows, size_t n, struct err *err)
{
	size_t failed = 0, locked = 0;

	for (size_t i = 0; i < n; i++) {
		struct log_row *row = rows[i];

		row->fault = NO_FAULT;
		if ((lane->run->plan->key.unique ? mark_known(lane, &row, 1, err)
						 : mark_single(lane, row, err)) == 0)
			continue;
		db_rollback(lane->db);
		row->fault = err->status == EXIT_EARLY ? LOCKED : FORBIDDEN;
		locked += row->fault == LOCKED;
		if (err->status == EXIT_UNAVAILABLE || ++failed == n ||
		    locked > MAX_LOCKED_ROWS || stop_is_requested())
			return -1;
		log_info("%s", err->text);
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i]->fault != NO_FAULT)
			lane_set_aside(lane, rows[i],
				       rows[i]->fault == LOCKED ? LEFT : REFUSED, 0,
				       "the database refuses its mark", NULL);
	}
	return 0;
}

/* Keeps the rows whose key is unsent exactly once; the rest is gone or not unique. */
static size_t keep_single(struct lane *lane, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct log_row *row = lane->rows[i];

		if (row->seen == 1)
			lane->rows[kept++] = row;
		else if (row->seen == 0)
			row->verdict = GONE;
		else
			lane_set_aside(lane, row, REFUSED, 0, NOT_UNIQUE, NULL);
	}
	return kept;
}

/* All rows at once; then without those that are gone or have a twin; then one by one. */
static int mark_checked(struct lane *lane, size_t n, struct err *err)
{
	bool exact = false, stranger;
	size_t kept;

	if (mark_exactly(lane, lane->rows, n, &exact, err) < 0)
		return -1;
	if (exact)
		return 0;
	if (look(lane, &lane->run->plan->unsent_keys, lane->rows, n, &stranger, err) < 0)
		return -1;
	kept = keep_single(lane, n);
	if (kept && kept < n && !stranger &&
	    mark_exactly(lane, lane->rows, kept, &exact, err) < 0)
		return -1;
	return exact ? 0 : mark_each(lane, lane->rows, kept, err);
}

int settle_prove(struct lane *lane, struct err *err)
{
	long long touched;
	int result = 0;

	if (lane->is_proven)
		return 0;
	if (db_begin(lane->db, err) < 0 || mark(lane, lane->rows, 0, &touched, err) < 0)
		result = err->status == EXIT_EARLY ? 0 : -1; /* a lock passes */
	db_rollback(lane->db);
	lane->is_proven = true;
	return result < 0 ? err_context(err, "marking would fail, so nothing is sent")
			  : 0;
}

/* ------------------------------------------------------- failures */

/* A connection that is gone is opened anew: the index has these documents, so it would be
 * a pity to leave the rows to the next run. */
static void reopen(struct lane *lane)
{
	struct err err;
	struct db *db;

	if (db_open(lane->run->url, DB_WRITE, &db, &err) < 0)
		return; /* the next attempt fails in the same way */
	db_close(lane->db);
	lane->db = db;
}

/* After a failed attempt: may there be another one? Waits. */
static bool again(struct lane *lane, struct retry *retry, const struct err *err)
{
	if (err->status == EXIT_CONFIG || retry->attempt == MAX_ATTEMPTS)
		return false;
	log_info("marking again: %s", err->text);
	if (stop_wait(retry_next(retry, -1)))
		return false;
	if (err->status == EXIT_UNAVAILABLE)
		reopen(lane);
	return true;
}

static int mark_all(struct lane *lane, struct err *err)
{
	struct retry retry;

	retry_init(&retry, PATIENCE, 1);
	for (;;) {
		size_t n = list_earned(lane);
		int result;

		if (n == 0)
			return 0;
		result = lane->run->plan->key.unique
				 ? mark_known(lane, lane->rows, n, err)
				 : mark_checked(lane, n, err);
		if (result == 0)
			return 0;
		db_rollback(lane->db);
		if (again(lane, &retry, err))
			continue;
		n = list_earned(lane);
		if (err->status == EXIT_UNAVAILABLE || n < 2)
			return -1;
		return mark_each(lane, lane->rows, n, err);
	}
}

int settle(struct lane *lane, struct err *err)
{
	size_t n;

	if (mark_all(lane, err) == 0)
		return 0;
	n = list_earned(lane);
	for (size_t i = 0; i < n; i++)
		lane->rows[i]->verdict = LEFT;
	err_context(
		err,
		"%zu rows that the index has acknowledged could not be marked; the next "
		"run finds their documents there",
		n);
	return -1;
}
