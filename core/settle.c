// SPDX-License-Identifier: MIT
// Marks exactly the rows of a chunk that have earned it.

#include "settle.h"

#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "log.h"
#include "retry.h"
#include "stop.h"

enum { MAX_ATTEMPTS = 6 }; /* of a transaction that lost against another */
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

		if (!row->marked &&
		    (row->verdict == DELIVERED || row->verdict == ELSEWHERE))
			lane->rows[n++] = row;
	}
	return n;
}

/* Runs the facade's mark for these rows inside the open transaction. */
static int mark(struct lane *lane, struct log_row *const *rows, size_t n,
		long long *ret_touched, struct err *err)
{
	struct sql_args args = { .keys = lane->keys, .n_keys = n };

	for (size_t i = 0; i < n; i++) {
		chunk_assert_earned(rows[i]);
		lane->keys[i] = rows[i]->key;
	}
	return plan_exec(&lane->run->plan->mark_as_sent, &args, &lane->values, lane->db,
			 ret_touched, err);
}

static int commit(struct lane *lane, struct log_row *const *rows, size_t n,
		  long long touched, struct err *err)
{
	chunk_assert_touched(touched, n);
	if (db_commit(lane->db, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		rows[i]->marked = true;
	return 0;
}

/* Each key in a transaction of its own: after one statement for all has touched more rows
 * than it should. A key that touches several rows is refused, and costs the others
 * nothing. */
static int mark_each(struct lane *lane, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct log_row *row = lane->rows[i];
		long long touched;

		if (db_begin(lane->db, DB_PLAIN, err) < 0 ||
		    mark(lane, &row, 1, &touched, err) < 0)
			return -1;
		if (touched > 1) {
			db_rollback(lane->db);
			lane_set_aside(lane, row, REFUSED, 0, NOT_UNIQUE, NULL);
		} else if (commit(lane, &row, 1, touched, err) < 0) {
			return -1;
		} else if (touched == 0) {
			row->verdict = GONE;
		}
	}
	return 0;
}

/* Where the catalog shows the key unique. Touching fewer rows than keys: some are gone or
 * already marked. Which ones is not known and does not matter. */
static int mark_unique(struct lane *lane, size_t n, struct err *err)
{
	long long touched;

	if (db_begin(lane->db, DB_PLAIN, err) < 0 ||
	    mark(lane, lane->rows, n, &touched, err) < 0)
		return -1;
	if (touched > (long long)n) {
		db_rollback(lane->db);
		return mark_each(lane, n, err);
	}
	if (commit(lane, lane->rows, n, touched, err) < 0)
		return -1;
	for (size_t i = n; i-- > (size_t)touched;)
		lane->rows[i]->verdict = GONE;
	return 0;
}

/* ---------------------------------------------------------------- keys that may
 * repeat */

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

struct seen {
	struct log_row **rows;
	size_t n;
	bool stranger; /* a key that equals one of ours only in the database's eyes */
};

static int count_key(void *arg, const struct db_row *row)
{
	struct seen *seen = arg;
	struct log_row wanted = { .key.text = row->cells[0] };
	struct log_row *wanted_ptr = &wanted, **found;

	found = bsearch(&wanted_ptr, seen->rows, seen->n, sizeof(*seen->rows), by_key);
	if (found)
		(*found)->seen++;
	else
		seen->stranger = true;
	return 0;
}

/* Keeps the rows whose key is there exactly once; the rest is gone or not unique. */
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

/* Where the key is not known to be unique: looks first, in a transaction in which the
 * mark changes what the look has seen, and compares byte by byte. */
static int mark_checked(struct lane *lane, size_t n, struct err *err)
{
	struct seen seen = { .rows = lane->rows, .n = n };
	struct sql_args args = { .keys = lane->keys, .n_keys = n };
	long long touched;

	qsort(lane->rows, n, sizeof(*lane->rows), by_key);
	for (size_t i = 0; i < n; i++) {
		lane->rows[i]->seen = 0;
		lane->keys[i] = lane->rows[i]->key;
	}
	if (db_begin(lane->db, DB_EXACT, err) < 0 ||
	    plan_query(&lane->run->plan->unsent_keys, &args, &lane->values, lane->db,
		       count_key, &seen, err) < 0)
		return -1;
	n = keep_single(lane, n);
	if (n == 0 || seen.stranger) {
		db_rollback(lane->db);
		return mark_each(lane, n, err);
	}
	if (mark(lane, lane->rows, n, &touched, err) < 0)
		return -1;
	if (touched != (long long)n) {
		db_rollback(lane->db);
		return mark_each(lane, n, err);
	}
	return commit(lane, lane->rows, n, touched, err);
}

/* A transaction that lost against another (deadlock, busy, serialization) is tried
 * again. */
static int mark_patiently(struct lane *lane, struct err *err)
{
	struct retry retry;

	retry_init(&retry, PATIENCE, 1);
	for (unsigned attempt = 1;; attempt++) {
		size_t n = list_earned(lane);
		int result;

		if (n == 0)
			return 0;
		result = lane->run->plan->key.unique ? mark_unique(lane, n, err)
						     : mark_checked(lane, n, err);
		if (result == 0)
			return 0;
		db_rollback(lane->db);
		if (err->status != EXIT_EARLY || attempt == MAX_ATTEMPTS)
			return -1;
		log_info("marking again: %s", err->text);
		stop_wait(retry_next(&retry, -1));
	}
}

int settle(struct lane *lane, struct err *err)
{
	size_t n;

	if (mark_patiently(lane, err) == 0)
		return 0;
	n = list_earned(lane);
	for (size_t i = 0; i < n; i++)
		lane->rows[i]->verdict = LEFT;
	err_context(
		err,
		"%zu rows that the index has acknowledged could not be marked; they are "
		"sent again by the next run",
		n);
	return -1;
}
