/* SPDX-License-Identifier: MIT */
/*
 * The contract of a database driver. A struct db is one connection, used by one thread at
 * a time. Drivers know nothing of facades or HTTP: they get SQL text in their own dialect
 * and bound values, and give rows as counted bytes. What always holds: between two calls
 * there is no open statement, cursor or (unless begun) transaction on the connection, law
 * 7.
 *
 * Failures: -1 and a struct err whose status says what can be done: EXIT_UNAVAILABLE the
 * connection is gone or was never made; EXIT_EARLY passing (busy, deadlock,
 * serialization, lock timeout): roll back and try again; EXIT_CONFIG everything else (no
 * such table, no privilege, bad SQL). Texts name the database's own message, never a
 * value or a password.
 */
#ifndef SLT_DB_H
#define SLT_DB_H

#include <slt/facade.h>
#include <stdbool.h>

#include "../dburl.h"
#include "../err.h"

/* How a value is stored. A key must be bound again as what it was read as, or it would
 * compare differently: SQLite knows '1' from 1, MySQL compares a number with a text as
 * floating point numbers. PostgreSQL, where parameters take the column's type, has only
 * TEXT; DECIMAL is MySQL's. */
enum db_type { DB_TEXT, DB_INTEGER, DB_REAL, DB_BLOB, DB_DECIMAL };

/* A value to bind, or a key read. text.ptr NULL is SQL NULL. */
struct db_value {
	struct slt_text text;
	enum db_type type;
};

/* A row while it is being read: on loan until the callback returns. */
struct db_row {
	size_t n_cells;
	const struct slt_text *cells;
	const enum db_type *types;
};

/* Takes one row. 0: go on; 1: enough, the rest of the result is thrown away. */
typedef int db_row_fn(void *arg, const struct db_row *row);

/* A table by its plain names, not quoted. schema "" is the connection's own choice. */
struct db_table {
	char schema[256];
	char name[256];
};

/* What the catalog says of the column that a result column comes from. */
struct db_origin {
	struct db_table table;
	char column[256];
	bool unique; /* no two rows can have the same non-NULL value, byte for byte */
	bool indexed; /* an index starts with it, so rows come in its order without a sort */
	bool nullable;
};

/* Who holds the run lock. */
struct db_holder {
	char who[160]; /* one line for people: "pid 4711 on host", as far as it is known */
	long seconds;  /* since when; -1: not known */
};

enum db_access { DB_READ, DB_WRITE };

struct db {
	const struct db_driver *driver; /* first member of each driver's own struct */
};

struct db_driver {
	const char *name;  /* as dburl.driver */
	const char *label; /* for people: "PostgreSQL" */
	enum slt_dialect dialect;

	int (*open)(const struct dburl *url, enum db_access access, struct db **ret,
		    struct err *err);
	void (*close)(struct db *db);
	int (*query)(struct db *db, const char *sql, const struct db_value *values,
		     size_t n_values, db_row_fn *row, void *arg, struct err *err);
	int (*exec)(struct db *db, const char *sql, const struct db_value *values,
		    size_t n_values, long long *ret_touched, struct err *err);
	int (*begin)(struct db *db, struct err *err);
	int (*commit)(struct db *db, struct err *err);
	void (*rollback)(struct db *db);
	int (*origin)(struct db *db, const char *sql, const char *name,
		      const struct db_value *values, size_t n_values,
		      struct db_origin *ret, struct err *err);
	int (*column)(struct db *db, const struct db_table *table, const char *column,
		      char *ret_type, size_t size, struct err *err);
	int (*lock)(struct db *db, const struct db_table *table, struct db_holder *ret,
		    struct err *err);
	bool (*alive)(struct db *db);
};

/* The drivers there are; only those of this build are linked in. */
extern const struct db_driver db_pgsql, db_mysql, db_sqlite;

/* The drivers of this build, ended by NULL. */
extern const struct db_driver *const db_drivers[];

/* Opens a connection. With DB_WRITE a session that is read-only (a standby, a file
 * without write permission) is refused with EXIT_CONFIG. The session speaks UTF-8 and
 * UTC. */
int db_open(const struct dburl *url, enum db_access access, struct db **ret,
	    struct err *err) MUST_CHECK;

/* NULL is fine. An open transaction is rolled back, a lock is given up. */
void db_close(struct db *db);

/* Runs a SELECT to its end and hands over row after row; never holds more than one row of
 * the result in memory, apart from what the client library buffers of one. */
int db_query(struct db *db, const char *sql, const struct db_value *values,
	     size_t n_values, db_row_fn *row, void *arg, struct err *err) MUST_CHECK;

/* The first cell of the first row as a C string, NULL as "", cut to size. 1 found, 0 there is no
 * row. */
int db_query_text(struct db *db, const char *sql, const struct db_value *values,
		  size_t n_values, char *ret, size_t size, struct err *err) MUST_CHECK;

/* Runs a statement that changes rows; *ret_touched is how many it matched. Of a view of
 * SQLite it is how many rows its INSTEAD OF triggers have changed, in all tables
 * together. */
int db_exec(struct db *db, const char *sql, const struct db_value *values,
	    size_t n_values, long long *ret_touched, struct err *err) MUST_CHECK;

/* READ COMMITTED: a statement sees what is committed when it begins, and what was done
 * before in the same transaction. */
int db_begin(struct db *db, struct err *err) MUST_CHECK;
int db_commit(struct db *db, struct err *err) MUST_CHECK;
void db_rollback(struct db *db);

/* Where the result column of that name of a SELECT (which ends in LIMIT 0) comes from, by
 * the metadata of the result and the catalog. A column that is not one of a table or view
 * is EXIT_CONFIG. Of a view it is only known that it is one: not unique, not indexed. */
int db_origin(struct db *db, const char *sql, const char *name,
	      const struct db_value *values, size_t n_values, struct db_origin *ret,
	      struct err *err) MUST_CHECK;

/* The declared type of a column in lower case. 1 found, 0 no such table or column. */
int db_column(struct db *db, const struct db_table *table, const char *column,
	      char *ret_type, size_t size, struct err *err) MUST_CHECK;

/* Takes the run lock of a table until this connection is closed; use a connection for
 * nothing else. 1 taken, 0 another run holds it (*ret says who). The process's end frees
 * it, however it ends. */
int db_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
	    struct err *err) MUST_CHECK;

/* Does the connection (and with it the lock) still stand? Asks the operating system
 * only. */
bool db_alive(struct db *db);

#endif
