// SPDX-License-Identifier: MIT
// Deletes old rows that were sent.

#include "clear.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fault.h"
#include "log.h"
#include "mem.h"
#include "progress.h"
#include "retry.h"
#include "session.h"
#include "source.h"
#include "stop.h"

enum {
	MAX_ATTEMPTS = 6,    /* of a transaction that lost against another */
	MAX_LOCKED_ROWS = 3, /* one by one: then the table is locked, not a row */
	TELL_AT_MOST = 20,
	PAGE_BYTES = 4 << 20, /* of keys */
	SECONDS_OF_DAY = 86400,
};
static const double PATIENCE = 30;

struct clearing {
	struct session session;
	struct source source;
	struct chunk chunk;
	struct sql_values values;
	struct db_value *keys; /* of the chunk */
	size_t keys_cap;
	char limit[sizeof("-2147483648-12-31 23:59:59")]; /* in UTC */
	unsigned long long deleted, kept, locked;
	struct progress progress;
};

/* ---------------------------------------------------------------- one statement */

static int count(struct clearing *c, const struct sql *sql, long long *ret,
		 struct err *err)
{
	struct sql_args args = { .older_than = c->limit };

	return plan_count(sql, &args, c->session.db, ret, err);
}

/* The facade's DELETE for these keys, in the open transaction. */
static int delete_keys(struct clearing *c, const struct db_value *keys, size_t n,
		       long long *ret_touched, struct err *err)
{
	struct sql_args args = { .keys = keys, .n_keys = n, .older_than = c->limit };

	return plan_exec(&c->session.plan.clear, &args, &c->values, c->session.db,
			 ret_touched, err);
}

/* For no key at all, and rolled back: may we delete? */
static int prove(struct clearing *c, struct err *err)
{
	long long touched;
	int result = 0;

	if (db_begin(c->session.db, err) < 0 ||
	    delete_keys(c, NULL, 0, &touched, err) < 0)
		result = err->status == EXIT_EARLY ? 0 : -1; /* a lock passes */
	db_rollback(c->session.db);
	return result;
}

/* ---------------------------------------------------------------- one transaction */

static int try_delete(struct clearing *c, const struct db_value *keys, size_t n,
		      struct err *err)
{
	long long touched;

	if (db_begin(c->session.db, err) < 0 ||
	    delete_keys(c, keys, n, &touched, err) < 0 ||
	    db_commit(c->session.db, err) < 0) {
		db_rollback(c->session.db);
		return -1;
	}
	fault_point("cleared");
	c->deleted += (unsigned long long)touched;
	return 0;
}

/* A row that the database keeps (a foreign key, a trigger, somebody's lock) costs the others
 * nothing. -1: the connection is gone, or it is not single rows that are locked. */
static int delete_each(struct clearing *c, const struct db_value *keys, size_t n,
		       struct err *err)
{
	for (size_t i = 0; i < n && !stop_is_requested(); i++) {
		if (try_delete(c, &keys[i], 1, err) == 0)
			continue;
		if (err->status == EXIT_UNAVAILABLE)
			return -1;
		if (err->status == EXIT_EARLY && ++c->locked > MAX_LOCKED_ROWS)
			return -1;
		if (++c->kept <= TELL_AT_MOST)
			log_warning("row %.*s: kept: %s", (int)keys[i].text.len,
				    keys[i].text.ptr, err->text);
	}
	return 0;
}

static int delete_chunk(struct clearing *c, const struct db_value *keys, size_t n,
			struct err *err)
{
	struct retry retry;

	retry_init(&retry, PATIENCE, 1);
	while (try_delete(c, keys, n, err) < 0) {
		if (err->status == EXIT_UNAVAILABLE)
			return -1;
		if (err->status != EXIT_EARLY || retry.attempt == MAX_ATTEMPTS)
			return delete_each(c, keys, n, err);
		log_info("deleting again: %s", err->text);
		if (stop_wait(retry_next(&retry, -1)))
			return 0;
	}
	return 0;
}

/* ---------------------------------------------------------------- all of them */

/* 1 go on, 0 nothing more, -1 failed. */
static int clear_chunk(struct clearing *c, struct err *err)
{
	struct chunk *chunk = &c->chunk;
	unsigned long long deleted = c->deleted;
	int taken = source_take(&c->source, c->session.db, chunk, err);

	if (taken <= 0)
		return taken;
	if (chunk->n > c->keys_cap) {
		c->keys = mem_grow(c->keys, chunk->n, sizeof(*c->keys));
		c->keys_cap = chunk->n;
	}
	for (size_t i = 0; i < chunk->n; i++)
		c->keys[i] = chunk->rows[i].key;
	taken = delete_chunk(c, c->keys, chunk->n, err);
	source_settled(&c->source, chunk->n, 0);
	progress_add(&c->progress, chunk->n, c->deleted - deleted);
	return taken < 0 ? -1 : 1;
}

/* Their number is told, because nobody would find them otherwise: they are never older than
 * anything. */
static int tell_timeless(struct clearing *c, struct err *err)
{
	long long n;

	if (count(c, &c->session.plan.timeless_count, &n, err) < 0)
		return -1;
	if (n)
		log_warning("%lld sent rows have no time, or none that the database can "
			    "read: they are never deleted",
			    n);
	return 0;
}

static void set_limit(struct clearing *c, const struct settings *settings,
		      const struct clear_options *options)
{
	long seconds = options->older_than >= 0
			       ? options->older_than
			       : settings_number(settings, SET_DAYS_TO_KEEP) *
					 SECONDS_OF_DAY;
	time_t limit = time(NULL) - seconds;
	struct tm utc;

	gmtime_r(&limit, &utc);
	strftime(c->limit, sizeof(c->limit), "%Y-%m-%d %H:%M:%S", &utc);
}

static int clear_all(struct clearing *c, const struct settings *settings, struct err *err)
{
	double began = clock_seconds(), seconds;
	int went;

	if (prove(c, err) < 0 ||
	    session_watch(&c->session, &c->session.plan.old_count, c->limit, "deleted",
			  &c->progress, err) < 0)
		return -1;
	source_init(&c->source, &c->session.plan,
		    (size_t)settings_number(settings, SET_CLEAR_CHUNK_SIZE), PAGE_BYTES,
		    SIZE_MAX);
	source_take_old(&c->source, c->limit);
	do
		went = clear_chunk(c, err);
	while (went > 0);
	progress_stop(&c->progress);
	source_fini(&c->source);
	if (went == 0 && !stop_is_requested())
		went = tell_timeless(c, err);
	seconds = clock_seconds() - began;
	log_notice(
		"deleted %llu, kept %llu; sent and older than %s UTC; %.1f s, %.0f rows/s",
		c->deleted, c->kept, c->limit, seconds,
		seconds > 0 ? (double)c->deleted / seconds : 0);
	return went;
}

static int count_old(struct clearing *c, struct err *err)
{
	long long n;

	if (count(c, &c->session.plan.old_count, &n, err) < 0)
		return -1;
	printf("%lld rows would be deleted: sent and older than %s UTC\n", n, c->limit);
	return tell_timeless(c, err);
}

int clear_rows(const struct settings *settings, const struct clear_options *options,
	       struct clear_result *ret, enum exit_status *ret_status, struct err *err)
{
	struct clearing c = { .deleted = 0 };
	enum db_access access = options->dry_run ? DB_READ : DB_WRITE;
	int result = -1;

	*ret = (struct clear_result){ 0 };
	*ret_status = EXIT_DONE;
	if (!settings_boolean(settings, SET_CLEAR_AUDIT_LOG_ENTRIES)) {
		log_notice("CLEAR_AUDIT_LOG_ENTRIES is False: nothing is deleted");
		return 1;
	}
	set_limit(&c, settings, options);
	chunk_init(&c.chunk);
	sql_values_init(&c.values);
	if (session_open(&c.session, settings, access, err) == 0 &&
	    plan_add_clear(&c.session.plan, c.session.db, err) == 0)
		result = options->dry_run ? count_old(&c, err)
					  : clear_all(&c, settings, err);
	if (stop_is_requested())
		*ret_status = EXIT_EARLY;
	else if (c.kept)
		*ret_status = EXIT_SET_ASIDE;
	*ret = (struct clear_result){ c.deleted, c.kept };
	session_close(&c.session);
	chunk_fini(&c.chunk);
	sql_values_fini(&c.values);
	free(c.keys);
	return result;
}
