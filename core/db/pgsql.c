// SPDX-License-Identifier: MIT
// The PostgreSQL driver over libpq: text format, nothing prepared, nothing left open.

#include "pgsql.h"
#include "../mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

enum exit_status pgsql_state_status(const char *state, bool connected)
{
	/* 08P01 comes from pgbouncer with the end of the connection, and from the server
	 * for a wrong number of values, which is not passing. */
	if (!connected || (starts(state, "08") && strcmp(state, "08P01") != 0))
		return EXIT_UNAVAILABLE;
	if (starts(state, "57P0") || !strcmp(state, "53300"))
		return EXIT_UNAVAILABLE;
	/* serialization, deadlock, lock or statement timeout; disk or memory is full */
	if (!strcmp(state, "40001") || !strcmp(state, "40P01") ||
	    !strcmp(state, "55P03") || !strcmp(state, "57014") || starts(state, "53"))
		return EXIT_EARLY;
	return EXIT_CONFIG;
}

static void one_line(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (!strchr(" \n\t", *from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* Copies a message of the server to one line. Messages of class 22 quote the value that
 * the server could not read, which may be of a row: what stands in quotes goes, and a
 * message in another language (with other quotes) goes as a whole. */
void pgsql_plain_message(const char *state, const char *message, char *to, size_t size)
{
	char *first, *last;

	snprintf(to, size, "%s", message);
	if (starts(state, "P0")) { /* what a trigger raises can be any text of a row */
		snprintf(
			to, size,
			"code in the database raised an exception; the server's log has its text");
	} else if (starts(state, "22")) {
		for (const char *c = to; *c; c++)
			if ((unsigned char)*c >= 0x80) {
				snprintf(to, size, "a value has the wrong form");
				break;
			}
		first = strchr(to, '"');
		last = strrchr(to, '"');
		if (first && strlen(message) >= size)
			*first = '\0'; /* the last quote was cut off */
		else if (first)
			memmove(first + 1, last, strlen(last) + 1);
	}
	one_line(to);
}

/* The connection as a whole failed, or a command could not be sent. */
static int conn_error(PGconn *conn, struct err *err)
{
	char text[512];

	pgsql_plain_message("", PQerrorMessage(conn), text, sizeof(text));
	return err_set(err, EXIT_UNAVAILABLE, "PostgreSQL: %s", text);
}

int pgsql_result_error(PGconn *conn, const PGresult *result, struct err *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char text[512];

	if (!state || !message)
		return conn_error(conn, err);
	pgsql_plain_message(state, message, text, sizeof(text));
	return err_set(err, pgsql_state_status(state, PQstatus(conn) == CONNECTION_OK),
		       "PostgreSQL: %s (SQLSTATE %s)", text, state);
}

int pgsql_run(PGconn *conn, const char *sql, struct err *err)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);
	int rc = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		rc = pgsql_result_error(conn, result, err);
	PQclear(result);
	return rc;
}

void pgsql_rollback(struct db *db)
{
	struct pgsql *pg = (struct pgsql *)db;

	if (PQstatus(pg->conn) == CONNECTION_OK &&
	    PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		PQclear(PQexec(pg->conn, "ROLLBACK"));
}

void pgsql_close(struct db *db)
{
	struct pgsql *pg = (struct pgsql *)db;

	pgsql_rollback(db); /* so that the run lock is free when this returns */
	PQfinish(pg->conn);
	buf_wipe(&pg->bytes);
	free(pg->values);
	free(pg->cells);
	free(pg->types);
	free(pg);
}

/* libpq takes texts that end in a NUL byte. */
static int bind(struct pgsql *pg, const struct db_value *values, size_t n,
		struct err *err)
{
	size_t total = 0;
	char *to;

	if (n > 65535) /* the protocol counts in 16 bits */
		return err_set(err, EXIT_BUG, "PostgreSQL: %zu values for one statement",
			       n);
	if (n > pg->values_cap) {
		pg->values = mem_grow(pg->values, n, sizeof(*pg->values));
		pg->values_cap = n;
	}
	for (size_t i = 0; i < n; i++)
		total += values[i].text.len + 1;
	buf_reset(&pg->bytes);
	to = buf_room(&pg->bytes, total);
	if (!to)
		return err_set(err, EXIT_CONFIG, "PostgreSQL: more than 1 GiB of values");
	for (size_t i = 0; i < n; i++) {
		const struct slt_text *text = &values[i].text;

		pg->values[i] = text->ptr ? to : NULL;
		if (!text->ptr)
			continue;
		if (memchr(text->ptr, '\0', text->len))
			return err_set(err, EXIT_CONFIG,
				       "PostgreSQL: a value with a NUL byte");
		memcpy(to, text->ptr, text->len);
		to[text->len] = '\0';
		to += text->len + 1;
	}
	return 0;
}

/* Hands one row to the callback, its cells where libpq has them. */
static int hand_over(struct pgsql *pg, const PGresult *result, db_row_fn *row, void *arg)
{
	struct db_row r = { .n_cells = (size_t)PQnfields(result) };

	if (r.n_cells > pg->cells_cap) {
		pg->cells = mem_grow(pg->cells, r.n_cells, sizeof(*pg->cells));
		pg->types = mem_grow(pg->types, r.n_cells, sizeof(*pg->types));
		pg->cells_cap = r.n_cells;
		memset(pg->types, 0, r.n_cells * sizeof(*pg->types)); /* DB_TEXT */
	}
	for (int i = 0; i < (int)r.n_cells; i++) {
		pg->cells[i] = slt_str(NULL);
		if (!PQgetisnull(result, 0, i))
			pg->cells[i] =
				(struct slt_text){ PQgetvalue(result, 0, i),
						   (size_t)PQgetlength(result, 0, i) };
	}
	r.cells = pg->cells;
	r.types = pg->types;
	return row(arg, &r);
}

/* A COPY leaves the connection in a state of its own, which no caller could want. */
static int no_copy(struct pgsql *pg, struct err *err)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	return err_set(err, EXIT_CONFIG, "PostgreSQL: COPY is not possible here");
}

static bool is_copy(ExecStatusType status)
{
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
	       status == PGRES_COPY_BOTH;
}

/* Reads the result to its end in any case: what was not read would stay open, law 7. */
static int pgsql_query(struct db *db, const char *sql, const struct db_value *values,
		       size_t n_values, db_row_fn *row, void *arg, struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	bool enough = false, failed = false;
	PGresult *result;

	if (bind(pg, values, n_values, err) < 0)
		return -1;
	if (!PQsendQueryParams(pg->conn, sql, (int)n_values, NULL, pg->values, NULL, NULL,
			       0) ||
	    !PQsetSingleRowMode(pg->conn))
		return conn_error(pg->conn, err);
	while ((result = PQgetResult(pg->conn))) {
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_SINGLE_TUPLE) {
			if (!enough && !failed)
				enough = hand_over(pg, result, row, arg) != 0;
		} else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK &&
			   !failed) {
			failed = true; /* the first error is the cause of the others */
			if (!is_copy(status))
				pgsql_result_error(pg->conn, result, err);
		}
		PQclear(result);
		if (is_copy(status))
			return no_copy(pg, err);
	}
	return failed ? -1 : 0;
}

/* A statement with its whole result; NULL after an error. */
PGresult *pgsql_ask(struct pgsql *pg, const char *sql, const struct db_value *values,
		    size_t n_values, struct err *err)
{
	PGresult *result;
	ExecStatusType status;

	if (bind(pg, values, n_values, err) < 0)
		return NULL;
	result = PQexecParams(pg->conn, sql, (int)n_values, NULL, pg->values, NULL, NULL,
			      0);
	status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	if (!is_copy(status))
		pgsql_result_error(pg->conn, result, err);
	PQclear(result);
	if (is_copy(status))
		no_copy(pg, err);
	return NULL;
}

static int pgsql_exec(struct db *db, const char *sql, const struct db_value *values,
		      size_t n_values, long long *ret_touched, struct err *err)
{
	PGresult *result = pgsql_ask((struct pgsql *)db, sql, values, n_values, err);

	if (!result)
		return -1;
	*ret_touched = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return 0;
}

/* Waiting longer for somebody's row lock would hold up all other rows: it is EXIT_EARLY. The
 * isolation is named because the role may have another default. */
static int pgsql_begin(struct db *db, struct err *err)
{
	return pgsql_run(((struct pgsql *)db)->conn,
			 "BEGIN ISOLATION LEVEL READ COMMITTED;"
			 " SET LOCAL lock_timeout = '3s'",
			 err);
}

static int pgsql_commit(struct db *db, struct err *err)
{
	struct pgsql *pg = (struct pgsql *)db;
	PGresult *result = PQexec(pg->conn, "COMMIT");
	int rc = 0;

	/* COMMIT of a transaction that has failed rolls back and reports success. */
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		rc = pgsql_result_error(pg->conn, result, err);
	else if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
		rc = err_set(err, EXIT_EARLY,
			     "PostgreSQL: the transaction was rolled back");
	PQclear(result);
	return rc;
}

const struct db_driver db_pgsql = {
	.name = "postgresql",
	.label = "PostgreSQL",
	.dialect = SLT_POSTGRESQL,
	.open = pgsql_open,
	.close = pgsql_close,
	.query = pgsql_query,
	.exec = pgsql_exec,
	.begin = pgsql_begin,
	.commit = pgsql_commit,
	.rollback = pgsql_rollback,
	.origin = pgsql_origin,
	.column = pgsql_column,
	.lock = pgsql_lock,
	.alive = pgsql_alive,
};
