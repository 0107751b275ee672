/* SPDX-License-Identifier: MIT */
/*
 * What the files of the SQLite driver share: sqlite.c (connecting, statements,
 * transactions), sqlite_catalog.c (origin, column) and sqlite_lock.c (the run lock).
 * Nobody else includes it: the rest of the program sees db_sqlite of db.h. One thread at
 * a time, as with every struct db.
 *
 * None of them opens or closes the database file itself: closing any descriptor of a file
 * gives up the locks that SQLite has on it in this process (POSIX). The run lock
 * therefore is a lock on a file beside it.
 */
#ifndef SLT_SQLITE_H
#define SLT_SQLITE_H

#include <sqlite3.h>

#include "db.h"

enum { KEPT_STATEMENTS = 8 };

struct sqlite_statement {
	char *sql;
	sqlite3_stmt *stmt;
	unsigned long last_use;
};

struct sqlite_number {
	char text[32];
};

struct sqlite {
	struct db db;
	sqlite3 *handle;
	int lock_fd;   /* -1: no run lock */
	bool has_turn; /* to write, see sqlite_lock.c */
	double began;  /* the transaction that writes, clock_seconds() */
	struct sqlite_statement statements[KEPT_STATEMENTS];
	unsigned long uses;
	struct slt_text *cells; /* of the row being read */
	enum db_type *types;
	struct sqlite_number *numbers;
	size_t cells_cap;
};

/* sqlite.c */

/* Always -1: tells what SQLite says of the last call, which gave this code. */
int sqlite_failed(struct sqlite *lite, int code, struct err *err);

/* Prepares exactly one statement; the caller finalizes it. */
int sqlite_prepare(struct sqlite *lite, const char *sql, sqlite3_stmt **ret,
		   struct err *err) MUST_CHECK;

int sqlite_query(struct db *db, const char *sql, const struct db_value *values,
		 size_t n_values, db_row_fn *row, void *arg, struct err *err) MUST_CHECK;

/* The path of the database, symbolic links resolved; "" in memory. Borrowed. */
const char *sqlite_file(struct sqlite *lite);

/* sqlite_catalog.c */

int sqlite_origin(struct db *db, const char *sql, const char *name,
		  const struct db_value *values, size_t n_values, struct db_origin *ret,
		  struct err *err) MUST_CHECK;
int sqlite_column(struct db *db, const struct db_table *table, const char *column,
		  char *ret_type, size_t size, struct err *err) MUST_CHECK;

/* sqlite_lock.c */

int sqlite_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
		struct err *err) MUST_CHECK;
bool sqlite_alive(struct db *db);

/* Before a transaction that writes, and after it; nothing happens twice. */
void sqlite_take_turn(struct sqlite *lite);
void sqlite_pass_turn(struct sqlite *lite);

/* Between a commit and the end of the turn: lets applications have the file for a while. */
void sqlite_leave_alone(const struct sqlite *lite);

#endif
