/* SPDX-License-Identifier: MIT */
/*
 * What the files of the PostgreSQL driver share: pgsql.c (failures, statements,
 * transactions), pgsql_connect.c and pgsql_catalog.c (origin, column, run lock). Nobody
 * else includes it: the rest of the program sees db_pgsql of db.h. One thread at a time,
 * as with every struct db.
 */
#ifndef SLT_PGSQL_H
#define SLT_PGSQL_H

#include <libpq-fe.h>

#include "../buf.h"
#include "db.h"

struct pgsql {
	struct db db;
	PGconn *conn;	  /* NULL after a COPY */
	struct buf bytes; /* of the values being bound */
	const char **values;
	size_t values_cap;
	struct slt_text *cells; /* of the row being read */
	enum db_type *types;
	size_t cells_cap;
};

/* pgsql.c */

/* What can be done about a failure with this SQLSTATE. */
enum exit_status pgsql_state_status(const char *state, bool connected);

/* Copies a message of the server to one line, without what may be a value of a row. */
void pgsql_plain_message(const char *state, const char *message, char *to, size_t size);

/* Always -1: what the server said of a command, or what happened to the connection. */
int pgsql_result_error(PGconn *conn, const PGresult *result, struct err *err);

/* Runs statements without values, by the simple protocol. */
int pgsql_run(PGconn *conn, const char *sql, struct err *err) MUST_CHECK;

/* A statement with its whole result, which the caller clears; NULL after an error. */
PGresult *pgsql_ask(struct pgsql *pg, const char *sql, const struct db_value *values,
		    size_t n_values, struct err *err) MUST_CHECK;

void pgsql_rollback(struct db *db);
void pgsql_close(struct db *db);

/* pgsql_connect.c */

int pgsql_open(const struct dburl *url, enum db_access access, struct db **ret,
	       struct err *err) MUST_CHECK;

/* pgsql_catalog.c */

int pgsql_origin(struct db *db, const char *sql, const char *name,
		 const struct db_value *values, size_t n_values, struct db_origin *ret,
		 struct err *err) MUST_CHECK;
int pgsql_column(struct db *db, const struct db_table *table, const char *column,
		 char *ret_type, size_t size, struct err *err) MUST_CHECK;
int pgsql_lock(struct db *db, const struct db_table *table, struct db_holder *ret,
	       struct err *err) MUST_CHECK;
bool pgsql_alive(struct db *db);

#endif
