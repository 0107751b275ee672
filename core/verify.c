// SPDX-License-Identifier: MIT
// The command verify: looks for the documents of rows that are marked as sent.

#include "verify.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "differences.h"
#include "log.h"
#include "lookup.h"
#include "mem.h"
#include "progress.h"
#include "runlock.h"
#include "stop.h"

/* Of more missing documents than this share, the index is more likely to be the wrong one. */
enum { MANY_PERCENT = 10, KEYS_AT_ONCE = 500 };

struct verification {
	const struct verify_options *options;
	struct differences out;
	unsigned long long there, different, refused;
	struct db_value *missing; /* their keys, in the arena */
	size_t n_missing, cap;
	struct arena keys;
	bool told_stale;
	struct progress progress;
};

/* ---------------------------------------------------------------- looking */

static void keep_missing(struct verification *v, const struct db_value *key)
{
	if (v->n_missing == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 64;
		v->missing = mem_grow(v->missing, v->cap, sizeof(*v->missing));
	}
	v->missing[v->n_missing] = *key;
	v->missing[v->n_missing++].text.ptr = arena_copy(&v->keys, key->text.ptr,
							 key->text.len);
}

/* What was written in the last second is not visible to a search. */
static int look_again(struct verification *v, struct lookup *lookup, struct err *err)
{
	bool stale;

	if (lookup_again(lookup, &stale, err) < 0)
		return -1;
	if (stale && !v->told_stale)
		log_warning("the index could not be refreshed, which needs the privilege "
			    "maintenance: documents of its last seconds are listed as "
			    "missing");
	v->told_stale |= stale;
	return 0;
}

static int judge_chunk(struct lookup *lookup, void *arg, struct err *err)
{
	struct verification *v = arg;
	const struct chunk *chunk = &lookup->chunk;

	for (size_t i = 0; i < chunk->n; i++) /* before their sources are overwritten */
		if (chunk->rows[i].verdict == CONFLICT)
			differences_put(&v->out, lookup, i, "different");
	v->different += chunk_count(chunk, CONFLICT);
	if (chunk_count(chunk, BUILT) && look_again(v, lookup, err) < 0)
		return -1;
	for (size_t i = 0; i < chunk->n; i++) {
		if (chunk->rows[i].verdict != BUILT)
			continue;
		differences_put(&v->out, lookup, i, "missing");
		keep_missing(v, &chunk->rows[i].key);
	}
	v->there += chunk_count(chunk, ALREADY);
	v->refused += chunk_count(chunk, REFUSED);
	progress_add(&v->progress, chunk->n, chunk->n);
	return 0;
}

/* ---------------------------------------------------------------- requeue */

/* In one transaction, as many rows as keys or fewer: somebody may have been there. */
static int requeue_keys(struct lookup *lookup, const struct db_value *keys, size_t n,
			long long *ret_n, struct err *err)
{
	struct sql_args args = { .keys = keys, .n_keys = n };
	struct db *db = lookup->session.db;
	long long touched;

	if (db_begin(db, err) < 0 ||
	    plan_exec(&lookup->session.plan.mark_as_unsent, &args, &lookup->source.values,
		      db, &touched, err) < 0) {
		db_rollback(db);
		return -1;
	}
	if (touched > (long long)n) {
		db_rollback(db);
		return err_set(
			err, EXIT_CONFIG,
			"mark_as_unsent would touch %lld rows for %zu keys: nothing "
			"is changed",
			touched, n);
	}
	*ret_n += touched;
	return db_commit(db, err);
}

static int requeue(struct verification *v, struct lookup *lookup, struct err *err)
{
	unsigned long long all = v->there + v->different + v->n_missing;
	long long n = 0;

	if (!v->options->yes && v->n_missing * 100 > all * MANY_PERCENT)
		return err_set(
			err, EXIT_CONFIG,
			"%zu of %llu documents are missing: nothing is requeued; is "
			"this the right index? If so, --yes",
			v->n_missing, all);
	for (size_t i = 0; i < v->n_missing && !stop_is_requested(); i += KEYS_AT_ONCE) {
		size_t left = v->n_missing - i;

		if (requeue_keys(lookup, &v->missing[i],
				 left < KEYS_AT_ONCE ? left : KEYS_AT_ONCE, &n, err) < 0)
			return -1;
	}
	log_notice("%lld rows are unsent again: the next send sends them", n);
	return 0;
}

/* ---------------------------------------------------------------- all of it */

static int prepare(struct lookup *lookup, const struct verify_options *options,
		   struct err *err)
{
	struct plan *plan = &lookup->session.plan;

	if (options->requeue && !plan->facade->mark_as_unsent)
		return err_set(
			err, EXIT_CONFIG,
			"facade %s has no statement mark_as_unsent: --requeue is not "
			"possible",
			plan->facade->module);
	if (plan_add_sent(plan, *options->since != '\0', lookup->session.db, err) < 0)
		return -1;
	source_take_sent(&lookup->source, *options->since ? options->since : NULL);
	return 0;
}

static int look_at_all(struct verification *v, struct lookup *lookup, struct err *err)
{
	int result;

	if (prepare(lookup, v->options, err) < 0 ||
	    session_watch(&lookup->session, &lookup->session.plan.sent_count,
			  lookup->source.older_than, "verified", &v->progress, err) < 0)
		return -1;
	result = lookup_each(lookup, judge_chunk, v, err);
	progress_stop(&v->progress);
	if (result < 0)
		return -1;
	log_notice(
		"verified %llu: %llu there, %zu missing, %llu different, %llu that become "
		"no document any more",
		v->there + v->n_missing + v->different + v->refused, v->there,
		v->n_missing, v->different, v->refused);
	if (stop_is_requested())
		return err_set(err, EXIT_EARLY, "stopped before all rows were looked at");
	return 0;
}

int verify(const struct settings *settings, const struct verify_options *options,
	   struct verify_result *ret, enum exit_status *ret_status, struct err *err)
{
	struct verification v = { .options = options };
	struct lookup lookup;
	struct db *lock = NULL;
	int result;

	arena_init(&v.keys);
	differences_init(&v.out, options->json);
	result = lookup_open(&lookup, settings, options->requeue ? DB_WRITE : DB_READ,
			     err);
	if (result == 0 && options->requeue) {
		result = runlock_take(&lookup.session.url, &lookup.session.plan.key.table,
				      0, &lock, ret_status, err);
		if (result == 0) /* another run is active */
			result = err_set(err, EXIT_EARLY, "nothing was verified");
	}
	if (result >= 0)
		result = look_at_all(&v, &lookup, err);
	differences_fini(&v.out, result == 0);
	if (result == 0)
		*ret_status = v.n_missing || v.different ? EXIT_SET_ASIDE : EXIT_DONE;
	if (result == 0 && options->requeue && v.n_missing)
		result = requeue(&v, &lookup, err);
	*ret = (struct verify_result){ v.there, v.n_missing, v.different, v.refused };
	db_close(lock);
	lookup_close(&lookup);
	free(v.missing);
	arena_fini(&v.keys);
	return result;
}
