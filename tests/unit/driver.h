/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the drivers share: statements and what they give as one text, and the
 * questions that every driver is asked in the same way. What is not as it should be fails
 * the running test. One thread.
 */
#ifndef SLT_TEST_DRIVER_H
#define SLT_TEST_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/db.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Of a call that fills in the err of `w`, the struct world of each test program. */
#define OK(call) assert_ok((call), &w->err, __LINE__)
void assert_ok(int rc, const struct err *err, int line);

enum { SKIPPED = 77 };

/* ---- statements */

/* Cells of all rows: the letter of the type (T, I, R, B, D) or N for NULL, a colon and the
 * text; "|" between cells, ";" after a row. */
struct reading {
	char text[8192];
	int rows, enough_at; /* row number at which read_row has had enough */
};
db_row_fn read_row; /* arg is a struct reading */

struct db_value value(const char *text, enum db_type type);

void expect(struct db *db, const char *sql, const char *text);
void expect_with(struct db *db, const char *sql, const struct db_value *values, size_t n,
		 const char *text);

/* Fails with this status; returns what it says, until the next call. */
const char *fails(struct db *db, const char *sql, enum exit_status status);
const char *fails_with(struct db *db, const char *sql, const struct db_value *values,
		       size_t n, enum exit_status status);

/* How many rows it touches. */
long long touches(struct db *db, const char *sql);

/* ---- the catalog */

/* facts: "uin" for unique, indexed, nullable; "-" in the place of what is not so. */
struct origin {
	const char *sql, *table, *column, *facts;
};
void expect_origins(struct db *db, const char *schema, const struct origin *cases,
		    size_t n);
/* NULL as text: any. */
void origin_fails(struct db *db, const char *sql, const char *text);

/* type NULL: there is no such column. */
void expect_type(struct db *db, const char *schema, const char *table, const char *column,
		 const char *type);

/* ---- questions; "other" is a second connection, which plays the application */

/* Counts of rows that are matched; text is a part of what is said of a missing table. */
void ask_touched(struct db *db, const char *text);

/* db is closed. */
void ask_transactions(struct db *db, struct db *other);

/* Each statement sees what is committed when it begins, and a mark and the look after it
 * are one transaction. For drivers whose transactions let others write. */
void ask_read_committed(struct db *db, struct db *other);

/* The run lock of the table "logs", by three connections, which are closed. `who` is how
 * the holder's text begins, schema another way to name the place of the table. */
void ask_lock(struct db *const db[3], const char *schema, const char *who);

/* Of a connection that was killed just now. */
void ask_dead(struct db *db);

#endif
