// SPDX-License-Identifier: MIT
// Lists the rows of a chunk that were set aside.

#include "aside.h"

#include <stdlib.h>
#include <string.h>

#include "lane.h"
#include "log.h"
#include "quarantine.h"
#include "retry.h"
#include "stop.h"

enum { MAX_ATTEMPTS = 6, MAX_NAME = 64 };
static const double PATIENCE = 30;

/* A key of another type is another key. */
static int compare(const struct db_value *a, const struct db_value *b)
{
	size_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
	int order = memcmp(a->text.ptr, b->text.ptr, n);

	if (!order)
		order = (a->text.len > b->text.len) - (a->text.len < b->text.len);
	return order ? order : (a->type > b->type) - (a->type < b->type);
}

static int by_key(const void *a, const void *b)
{
	return compare(&(*(struct log_row *const *)a)->key,
		       &(*(struct log_row *const *)b)->key);
}

/* What is told of rows that cannot be listed. */
struct unlisted {
	size_t n;
	const struct log_row *first;
	struct err err; /* of the first */
};

static void add_unlisted(struct unlisted *unlisted, const struct log_row *row,
			 const struct err *err)
{
	if (unlisted->n++)
		return;
	unlisted->first = row;
	unlisted->err = *err;
}

static void tell_unlisted(const struct unlisted *unlisted)
{
	const struct slt_text *key;

	if (!unlisted->n)
		return;
	key = &unlisted->first->key.text;
	log_warning(
		"%zu rows cannot be listed in the quarantine, so each run meets them; "
		"the first of them is row %.*s: %s",
		unlisted->n, (int)(key->len < MAX_NAME ? key->len : MAX_NAME), key->ptr,
		unlisted->err.text);
}

/* The rows to be listed, into lane->rows: each key once, for one statement can touch an entry
 * only once, and in an order that all lanes share, so that they do not wait for each other
 * in a circle. */
static size_t collect(struct lane *lane, struct unlisted *unlisted)
{
	struct chunk *chunk = &lane->chunk;
	size_t n = 0, kept = 0;
	struct err err;

	err_set(&err, EXIT_CONFIG, "its key has more than %d bytes", QUARANTINE_MAX_KEY);
	for (size_t i = 0; i < chunk->n; i++) {
		struct log_row *row = &chunk->rows[i];

		if (row->verdict != REFUSED && row->verdict != REJECTED)
			continue;
		if (row->key.text.len > QUARANTINE_MAX_KEY)
			add_unlisted(unlisted, row, &err);
		else
			lane->rows[n++] = row;
	}
	if (n)
		qsort(lane->rows, n, sizeof(*lane->rows), by_key);
	for (size_t i = 0; i < n; i++)
		if (!kept ||
		    compare(&lane->rows[kept - 1]->key, &lane->rows[i]->key) != 0)
			lane->rows[kept++] = lane->rows[i];
	return kept;
}

/* The keys of the rows that are marked, into lane->keys. */
static size_t collect_marked(struct lane *lane)
{
	const struct chunk *chunk = &lane->chunk;
	size_t n = 0;

	for (size_t i = 0; i < chunk->n; i++)
		if (chunk->rows[i].marked)
			lane->keys[n++] = chunk->rows[i].key;
	return n;
}

/* One transaction. A crash before it leaves entries of rows that are marked: they are
 * released, so they hold nothing back, and the next run sweeps them away. */
static int note(struct lane *lane, struct log_row *const *rows, size_t n, size_t n_marked,
		struct err *err)
{
	const struct quarantine *q = lane->run->quarantine;

	if (db_begin(lane->db, err) < 0 ||
	    quarantine_put(q, lane->db, rows, n, err) < 0 ||
	    (n_marked && quarantine_forget(q, lane->db, lane->keys, n_marked,
					   &lane->values, err) < 0) ||
	    db_commit(lane->db, err) < 0) {
		db_rollback(lane->db);
		return -1;
	}
	return 0;
}

/* As note(), again when it lost against another transaction. */
static int note_patiently(struct lane *lane, struct log_row *const *rows, size_t n,
			  size_t n_marked, struct err *err)
{
	struct retry retry;

	retry_init(&retry, PATIENCE, 1);
	while (note(lane, rows, n, n_marked, err) < 0) {
		if (err->status != EXIT_EARLY || retry.attempt == MAX_ATTEMPTS)
			return -1;
		log_info("listing again: %s", err->text);
		if (stop_wait(retry_next(&retry, -1)))
			return -1;
	}
	return 0;
}

/* Each row by itself, after one statement for all has failed: a key that the database cannot
 * store costs the others nothing. */
static int note_each(struct lane *lane, size_t n, size_t n_marked,
		     struct unlisted *unlisted, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (note_patiently(lane, &lane->rows[i], 1, 0, err) == 0)
			continue;
		if (err->status != EXIT_CONFIG)
			return -1;
		add_unlisted(unlisted, lane->rows[i], err);
	}
	return n_marked ? note_patiently(lane, lane->rows, 0, n_marked, err) : 0;
}

int aside(struct lane *lane, struct err *err)
{
	const struct quarantine *q = lane->run->quarantine;
	struct unlisted unlisted = { .n = 0 };
	size_t n, n_marked;
	int result = 0;

	if (!q)
		return 0;
	n = collect(lane, &unlisted);
	n_marked = q->has_released ? collect_marked(lane) : 0;
	if (n || n_marked)
		result = note_patiently(lane, lane->rows, n, n_marked, err);
	if (result < 0 && err->status == EXIT_CONFIG)
		result = note_each(lane, n, n_marked, &unlisted, err);
	tell_unlisted(&unlisted);
	return result < 0 ? err_context(err, "rows that were set aside could not be "
					     "listed in the quarantine")
			  : 0;
}

int aside_prove(struct lane *lane, struct err *err)
{
	const struct quarantine *q = lane->run->quarantine;
	struct log_row nobody = { .key.text = slt_str(""), .what = "" };
	struct log_row *row = &nobody;
	int result = 0;

	if (!q)
		return 0;
	if (db_begin(lane->db, err) < 0 ||
	    quarantine_put(q, lane->db, &row, 1, err) < 0 ||
	    quarantine_forget(q, lane->db, NULL, 0, &lane->values, err) < 0)
		result = err->status == EXIT_EARLY ? 0 : -1; /* a lock passes */
	db_rollback(lane->db);
	return result < 0
		       ? err_context(err, "%s could not be written, so nothing is sent",
				     q->table)
		       : 0;
}
