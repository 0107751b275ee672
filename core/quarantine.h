/* SPDX-License-Identifier: MIT */
/*
 * QUARANTINE_TABLE: a table of the source database that lists rows set aside, so that they are
 * not fetched again until somebody lets them back in. One such table serves any number of log
 * tables. A row that is listed and not released stands on no page; an entry that is released
 * holds nothing back, so it does no harm that a crash leaves one behind, or that one goes too
 * early. Of a row it has key, times, count, status and error type: no text of a message (law 5).
 *
 * One thread opens it; then it is read only but for has_released, and shared by the lanes.
 */
#ifndef SLT_QUARANTINE_H
#define SLT_QUARANTINE_H

#include <stdbool.h>

#include "chunk.h"
#include "db/db.h"
#include "err.h"
#include "plan.h"
#include "settings.h"
#include "sql.h"

enum {
	QUARANTINE_MAX_KEY = 2048, /* bytes: with all of them, an index can hold it */
	QUARANTINE_MAX_TYPE = 200
};

struct quarantine {
	const char *table; /* the setting, borrowed; NULL: there is no quarantine */
	char *log_table;   /* owned: schema.table of the rows, as its entries name it */
	const struct dialect *dialect;
	struct sql name, count, list, release, release_all, forget, sweep;
	bool has_released; /* when the run began */
};

/* Reads QUARANTINE_TABLE; where it is set, finds the table and makes the plan's pages leave out
 * what it holds. EXIT_CONFIG: there is no such table. fini after either result. */
int quarantine_open(struct quarantine *q, const struct settings *settings,
		    struct plan *plan, struct db *db, struct err *err) MUST_CHECK;
void quarantine_fini(struct quarantine *q);

/* How many entries hold a row back, and how many are released. */
int quarantine_count(const struct quarantine *q, struct db *db,
		     unsigned long long *ret_held, unsigned long long *ret_released,
		     struct err *err) MUST_CHECK;

/* Lists these rows, each with a verdict, `what` and a key of its own that is not longer than
 * the maximum: a new entry, or the old one counted up and no longer released. */
int quarantine_put(const struct quarantine *q, struct db *db, struct log_row *const *rows,
		   size_t n, struct err *err) MUST_CHECK;

/* The released entries of these keys go: their rows are marked. The keys are changed to what
 * they are compared as. */
int quarantine_forget(const struct quarantine *q, struct db *db, struct db_value *keys,
		      size_t n, struct sql_values *values, struct err *err) MUST_CHECK;

/* All released entries go: a run has met every row that is there. */
int quarantine_sweep(const struct quarantine *q, struct db *db,
		     struct err *err) MUST_CHECK;

/* Hands over all entries, oldest first: log_key, seen, first_seen, last_seen, status,
 * error_type, released. */
int quarantine_each(const struct quarantine *q, struct db *db, db_row_fn *row, void *arg,
		    struct err *err) MUST_CHECK;

/* Lets the row of this key back in, or all (NULL); *ret_n entries are released by it. */
int quarantine_release(const struct quarantine *q, struct db *db, const char *key,
		       long long *ret_n, struct err *err) MUST_CHECK;

/* Is there a table of that name with the columns of a quarantine? 1, 0, -1. */
int quarantine_find(const char *table, struct db *db, struct err *err) MUST_CHECK;

/* The CREATE TABLE; *ret for sql_fini. */
int quarantine_ddl(const char *table, const struct dialect *dialect, struct sql *ret,
		   struct err *err) MUST_CHECK;

#endif
