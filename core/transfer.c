// SPDX-License-Identifier: MIT
// The command send: opens everything, takes the run lock, lets the lanes run.

#include "transfer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "crash.h"
#include "lane.h"
#include "log.h"
#include "mem.h"
#include "quarantine.h"
#include "progress.h"
#include "retry.h"
#include "runlock.h"
#include "session.h"
#include "status.h"

/* Everything that a run holds; built up and torn down in one place. */
struct transfer {
	const struct settings *settings;
	const struct send_options *options;
	struct session session; /* its connection becomes the first lane's */
	struct quarantine quarantine;
	unsigned long long n_held; /* rows in it that are kept back */
	struct db *lock;
	struct elastic_target target;
	struct source source;
	struct progress progress;
	struct run run;
};

/* ---------------------------------------------------------------- the lanes */

static void *lane_main(void *arg)
{
	while (lane_step(arg))
		;
	return NULL;
}

static void *thread_main(void *arg)
{
	crash_begin_thread();
	lane_main(arg);
	crash_end_thread();
	return NULL;
}

static int open_lane(struct transfer *t, struct lane *lane, struct err *err)
{
	struct db *db = t->session.db;

	t->session.db = NULL; /* the first lane's */
	if (!db && db_open(&t->session.url, DB_WRITE, &db, err) < 0)
		return -1;
	lane_init(lane, &t->run, db);
	return 0;
}

/* The first lane goes on on this thread. Fewer lanes than were asked for are no failure: a
 * server may have no connection to spare. */
static void run_lanes(struct transfer *t, struct lane *lanes, size_t n)
{
	pthread_t *threads = mem_new(n, sizeof(*threads));
	size_t started = 1;
	struct err err = { .text = "no thread could be started" };

	for (; started < n; started++) {
		if (open_lane(t, &lanes[started], &err) < 0 ||
		    pthread_create(&threads[started], NULL, thread_main,
				   &lanes[started]) != 0)
			break;
	}
	if (started < n)
		log_warning("only %zu of %zu lanes could be started: %s", started, n,
			    err.text);
	lane_main(&lanes[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

/* Rows behind the limit, for "more to send". */
static void look_for_more(struct transfer *t, struct db *db, struct stats *stats)
{
	struct err err;
	int more = source_has_more(&t->source, db, &err);

	if (more < 0)
		stats_fail(stats, &err);
	stats->more = more > 0 || stats->rows[LEFT] > 0;
}

/* A run that has come to the end has met all rows that were let back in: what is still listed
 * as released is of rows that are gone, or were marked by a run that crashed before it took
 * them off. */
static void sweep(struct transfer *t, struct db *db, struct stats *stats)
{
	struct err err;

	if (t->quarantine.has_released && !stats->failed && !stats->more &&
	    quarantine_sweep(&t->quarantine, db, &err) < 0)
		stats_fail(stats, &err);
}

/* Where somebody watches, it is worth a count. */
static int begin_progress(struct transfer *t, struct db *db, struct err *err)
{
	struct plan *plan = &t->session.plan;
	long long n;

	if (!log_shows_progress())
		return 0;
	if (plan_add_counts(plan, db, err) < 0 ||
	    plan_count(&plan->unsent_count, NULL, db, &n, err) < 0)
		return -1;
	n -= (long long)t->n_held;
	if (t->source.remaining < (size_t)n)
		n = (long long)t->source.remaining;
	progress_start(&t->progress, "sent", n);
	return 0;
}

/* For the metrics, whose lack stops no run. */
static void count_left(struct transfer *t, struct db *db, struct stats *stats)
{
	struct plan *plan = &t->session.plan;
	struct status status;
	struct err err;

	if (!t->options->count_left || stats->failed)
		return;
	if ((!plan->unsent_count.text && plan_add_counts(plan, db, &err) < 0) ||
	    status_read_unsent(plan, db, &status, &err) < 0) {
		log_warning("the rows that are left cannot be counted: %s", err.text);
		return;
	}
	stats->unsent = status.unsent;
	stats->oldest = status.unsent ? status.age : 0;
}

/* Joined chunks are large, and two scans at a time are enough for any table. */
static size_t n_lanes(const struct transfer *t)
{
	size_t n = (size_t)settings_number(t->settings, SET_LANES);

	return n > 2 && !t->session.plan.key.indexed ? 2 : n;
}

static int send_rows(struct transfer *t, struct stats *stats, struct err *err)
{
	size_t n = n_lanes(t);
	struct lane *lanes = mem_new(n, sizeof(*lanes));
	int result;

	result = open_lane(t, &lanes[0], err);
	if (result == 0)
		result = begin_progress(t, lanes[0].db, err);
	if (result == 0) {
		/* most runs have one chunk or none, which is no work for several */
		if (lane_step(&lanes[0]) && source_may_have_more(&t->source))
			run_lanes(t, lanes, n);
		if (stats->failed)
			stats->more = true;
		else
			look_for_more(t, lanes[0].db, stats);
		sweep(t, lanes[0].db, stats);
		count_left(t, lanes[0].db, stats);
	}
	progress_stop(&t->progress);
	for (size_t i = 0; i < n; i++)
		lane_fini(&lanes[i]);
	free(lanes);
	return result;
}

/* ---------------------------------------------------------------- the run */

/* Rows without a key are on no page: they are counted, if the column can be NULL at
 * all. */
static int count_null_keys(struct transfer *t, struct stats *stats, struct err *err)
{
	long long n;

	if (!t->session.plan.key.nullable)
		return 0;
	if (plan_count(&t->session.plan.null_keys, NULL, t->session.db, &n, err) < 0)
		return -1;
	if (n) {
		stats_add(stats, REFUSED, (size_t)n);
		log_warning(
			"%lld rows have no key (%s is NULL): refused, they cannot be sent",
			n, t->session.plan.key.column);
	}
	return 0;
}

/* What is held back changes nothing about the exit status, so it is told. */
static int count_quarantine(struct transfer *t, struct err *err)
{
	unsigned long long held = 0, released = 0;

	if (!t->quarantine.table)
		return 0;
	if (quarantine_count(&t->quarantine, t->session.db, &held, &released, err) < 0)
		return -1;
	t->quarantine.has_released = released > 0;
	t->n_held = held;
	if (held)
		log_notice("%llu rows are in the quarantine and not sent: "
			   "structured-log-transfer quarantine list",
			   held);
	return 0;
}

static size_t row_limit(const struct transfer *t)
{
	long limit = t->options->limit >= 0
			     ? t->options->limit
			     : settings_number(t->settings, SET_BATCH_SIZE);

	return t->options->all || limit == 0 ? SIZE_MAX : (size_t)limit;
}

static int open_all(struct transfer *t, struct err *err)
{
	const struct plan *plan = &t->session.plan;

	if (connect_target(t->settings, t->options->show_reasons, &t->target, err) < 0 ||
	    session_open(&t->session, t->settings, DB_WRITE, err) < 0 ||
	    quarantine_open(&t->quarantine, t->settings, &t->session.plan, t->session.db,
			    err) < 0)
		return -1;
	log_info("facade %s (%s), %s table %s%s%s", t->session.facade->module,
		 t->session.facade->path, t->session.db->driver->label,
		 plan->key.table.schema, *plan->key.table.schema ? "." : "",
		 plan->key.table.name);
	if (!plan->key.indexed)
		log_info("no index begins with %s: pages are read by scanning the table",
			 plan->key.column);
	if (!plan->key.unique)
		log_info("%s is not known to be unique: keys are compared with each mark",
			 plan->key.column);
	return 0;
}

static void begin_run(struct transfer *t, struct stats *stats)
{
	const struct settings *s = t->settings;
	size_t max_bytes = (size_t)settings_number(s, SET_MAX_BULK_BYTES);

	source_init(&t->source, &t->session.plan,
		    (size_t)settings_number(s, SET_CHUNK_SIZE), max_bytes, row_limit(t));
	source_join(&t->source);
	t->source.lock = t->lock;
	t->run = (struct run){
		.url = &t->session.url,
		.plan = &t->session.plan,
		.target = &t->target,
		.quarantine = t->quarantine.table ? &t->quarantine : NULL,
		.id_prefix = settings_text(s, SET_DOCUMENT_ID_PREFIX),
		.max_rows = (size_t)settings_number(s, SET_CHUNK_SIZE),
		.max_bulk_bytes = max_bytes,
		.retry_seconds = (double)settings_number(s,
							 SET_ELASTICSEARCH_RETRY_SECONDS),
		.has_pipeline = *settings_text(s, SET_ELASTICSEARCH_PIPELINE) != '\0',
		.trust_existing = strcmp(settings_text(s, SET_ON_CONFLICT), "trust") == 0,
		.show_reasons = t->options->show_reasons,
		.source = &t->source,
		.stats = stats,
		.progress = &t->progress,
	};
}

static int run(struct transfer *t, struct stats *stats, enum exit_status *ret_status,
	       struct err *err)
{
	int got;

	if (open_all(t, err) < 0)
		return -1;
	got = runlock_take(&t->session.url, &t->session.plan.key.table, t->options->wait,
			   &t->lock, ret_status, err);
	if (got <= 0)
		return got < 0 ? -1 : 1;
	begin_run(t, stats);
	got = count_null_keys(t, stats, err) < 0 || count_quarantine(t, err) < 0 ||
			      send_rows(t, stats, err) < 0
		      ? -1
		      : 0;
	source_fini(&t->source);
	stats->seconds = clock_seconds() - stats->started;
	return got;
}

int transfer_send(const struct settings *settings, const struct send_options *options,
		  struct stats *stats, enum exit_status *ret_status, struct err *err)
{
	struct transfer t = { .settings = settings, .options = options };
	int result;

	if (!settings_boolean(settings, SET_ENABLE_SEND_AUDIT_LOG)) {
		log_notice("ENABLE_SEND_AUDIT_LOG is False: nothing is sent");
		*ret_status = EXIT_DONE;
		return 1;
	}
	result = run(&t, stats, ret_status, err);
	quarantine_fini(&t.quarantine);
	session_close(&t.session);
	db_close(t.lock);
	elastic_target_fini(&t.target);
	return result;
}
