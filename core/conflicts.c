// SPDX-License-Identifier: MIT
// The commands conflicts and resolve: unsent rows under whose _id the index has another document.

#include "conflicts.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "differences.h"
#include "log.h"
#include "lookup.h"
#include "mem.h"
#include "runlock.h"
#include "stop.h"

/* ---------------------------------------------------------------- conflicts */

struct list {
	struct differences out;
	size_t found;
};

static int list_chunk(struct lookup *lookup, void *arg, struct err *err)
{
	struct list *list = arg;

	(void)err;
	for (size_t i = 0; i < lookup->chunk.n; i++) {
		if (lookup->chunk.rows[i].verdict != CONFLICT)
			continue;
		differences_put(&list->out, lookup, i, NULL);
		list->found++;
	}
	return 0;
}

int conflicts_list(const struct settings *settings, bool json,
		   enum exit_status *ret_status, struct err *err)
{
	struct list list = { .found = 0 };
	struct lookup lookup;
	int result;

	differences_init(&list.out, json);
	result = lookup_open(&lookup, settings, DB_READ, err);
	if (result == 0)
		result = lookup_each(&lookup, list_chunk, &list, err);
	differences_fini(&list.out, result == 0);
	lookup_close(&lookup);
	*ret_status = stop_is_requested() ? EXIT_EARLY
		      : list.found	  ? EXIT_SET_ASIDE
					  : EXIT_DONE;
	return result;
}

/* ---------------------------------------------------------------- resolve */

struct wanted {
	char *const *keys;
	bool *met; /* which of them an unsent row has */
	size_t n_keys;
	size_t refused;
};

static bool is_wanted(struct wanted *wanted, struct slt_text key)
{
	bool found = false;

	for (size_t i = 0; i < wanted->n_keys; i++) {
		if (!slt_is(key, wanted->keys[i]))
			continue;
		wanted->met[i] = true;
		found = true;
	}
	return found;
}

/* Law 1 is the person's now, law 2 is not: one row for one key, or none. */
static int mark(struct lookup *lookup, const struct log_row *row, struct err *err)
{
	struct sql_args args = { .keys = &row->key, .n_keys = 1 };
	struct db *db = lookup->session.db;
	long long touched;

	if (db_begin(db, err) < 0 ||
	    plan_exec(&lookup->session.plan.mark_as_sent, &args, &lookup->source.values,
		      db, &touched, err) < 0) {
		db_rollback(db);
		return -1;
	}
	if (touched == 1)
		return db_commit(db, err);
	db_rollback(db);
	return err_set(err, EXIT_SET_ASIDE,
		       "marking it would touch %lld rows, so it is not marked", touched);
}

static int resolve_row(struct lookup *lookup, struct wanted *wanted,
		       const struct log_row *row, struct err *err)
{
	int len = (int)row->key.text.len;
	const char *key = row->key.text.ptr;

	if (row->verdict != CONFLICT) {
		log_warning("row %.*s: %s: not marked", len, key,
			    row->verdict == ALREADY
				    ? "the index holds its own document, send marks it"
				    : "the index has no other document under its _id");
		wanted->refused++;
		return 0;
	}
	if (mark(lookup, row, err) < 0) {
		if (err->status != EXIT_SET_ASIDE)
			return -1;
		log_warning("row %.*s: %s", len, key, err->text);
		wanted->refused++;
		return 0;
	}
	log_notice("row %.*s: marked as sent; the index holds another document", len,
		   key);
	return 0;
}

static int resolve_chunk(struct lookup *lookup, void *arg, struct err *err)
{
	struct wanted *wanted = arg;

	for (size_t i = 0; i < lookup->chunk.n; i++) {
		const struct log_row *row = &lookup->chunk.rows[i];

		if (is_wanted(wanted, row->key.text) &&
		    resolve_row(lookup, wanted, row, err) < 0)
			return -1;
	}
	return 0;
}

int conflicts_resolve(const struct settings *settings, char *const *keys, size_t n_keys,
		      enum exit_status *ret_status, struct err *err)
{
	struct wanted wanted = { .keys = keys, .n_keys = n_keys };
	struct lookup lookup;
	struct db *lock = NULL;
	int result;

	wanted.met = mem_new(n_keys, sizeof(*wanted.met));
	result = lookup_open(&lookup, settings, DB_WRITE, err);
	if (result == 0)
		result = runlock_take(&lookup.session.url, &lookup.session.plan.key.table,
				      0, &lock, ret_status, err);
	if (result == 1) {
		result = lookup_each(&lookup, resolve_chunk, &wanted, err);
		for (size_t i = 0; i < n_keys && result == 0; i++) {
			if (wanted.met[i])
				continue;
			log_warning("no unsent row has the key %s", keys[i]);
			wanted.refused++;
		}
		*ret_status = stop_is_requested() ? EXIT_EARLY
			      : wanted.refused	  ? EXIT_SET_ASIDE
						  : EXIT_DONE;
	} else if (result == 0) {
		*ret_status =
			EXIT_EARLY; /* another run is active: nothing was resolved */
	}
	db_close(lock);
	free(wanted.met);
	lookup_close(&lookup);
	return result;
}
