/* SPDX-License-Identifier: MIT */
/*
 * The statements of a run: what an open facade and the database's catalog together give.
 * Made once by one thread, then read only and shared by all lanes.
 */
#ifndef SLT_PLAN_H
#define SLT_PLAN_H

#include "db/db.h"
#include "err.h"
#include "facade.h"
#include "sql.h"

struct plan {
	const struct facade *facade;
	struct db_origin
		key; /* the column that {key} is, and what the catalog says of it */
	struct sql first_page, next_page;
	struct sql page_up_to, page_ends; /* where they help; else text is NULL */
	struct sql null_keys, unsent_keys, sent_keys, mark_as_sent;
	/* of status, check and facade-test; without a {time} there is no oldest */
	struct sql unsent_count, sent_count, all_count, twice_count, unsent_oldest,
		mark_as_unsent;
	struct sql sent_first_page, sent_next_page; /* of verify */
	/* of the command clear alone */
	struct sql old_first_page, old_next_page, old_count, timeless_count, clear;
};

/* Asks the catalog and renders the statements for db's dialect. Borrows the facade. fini
 * after either result. */
int plan_init(struct plan *plan, const struct facade *facade, struct db *db,
	      struct err *err) MUST_CHECK;
void plan_fini(struct plan *plan);

/* Adds the statements of the command clear. EXIT_CONFIG when the facade has none. */
int plan_add_clear(struct plan *plan, struct db *db, struct err *err) MUST_CHECK;

/* Adds the counts, and mark_as_unsent where the facade has one. */
int plan_add_counts(struct plan *plan, struct db *db, struct err *err) MUST_CHECK;

/* Adds mark_as_unsent, and the pages of sent rows and their count: with since, of those whose
 * time is not before `older_than`. */
int plan_add_sent(struct plan *plan, bool since, struct db *db,
		  struct err *err) MUST_CHECK;

/* Appends the statement that makes the index which helps this table most: of the unsent rows
 * where the database has such indexes, else of the key where it has none. Appends nothing when
 * there is nothing to advise. */
void plan_put_index(const struct plan *plan, struct db *db, struct buf *ret);

/* From now on the pages are only of rows that meet the condition, an SQL_OWN template with
 * {key_text}. */
int plan_filter(struct plan *plan, const struct sql_template *condition, struct db *db,
		struct err *err) MUST_CHECK;

/* Binds and runs one of the statements. */
int plan_query(const struct sql *sql, const struct sql_args *args,
	       struct sql_values *values, struct db *db, db_row_fn *row, void *arg,
	       struct err *err) MUST_CHECK;
/* The first cell of the answer as a C string ("" for NULL), or as a number; args NULL: none. */
int plan_text(const struct sql *sql, const struct sql_args *args, struct db *db,
	      char *ret, size_t size, struct err *err) MUST_CHECK;
int plan_count(const struct sql *sql, const struct sql_args *args, struct db *db,
	       long long *ret, struct err *err) MUST_CHECK;

int plan_exec(const struct sql *sql, const struct sql_args *args,
	      struct sql_values *values, struct db *db, long long *ret_touched,
	      struct err *err) MUST_CHECK;

#endif
