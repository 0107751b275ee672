// SPDX-License-Identifier: MIT
// The driver for MySQL and MariaDB: prepared statements, read to their end, nothing left open.

#include "mysqldb.h"
#include "../mem.h"

#include <errmsg.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- statements */

int mysqldb_run(struct mysqldb *my, const char *sql, struct err *err)
{
	return mysql_query(my->conn, sql) ? mysqldb_failed(my, err) : 0;
}

MYSQL_STMT *mysqldb_prepare(struct mysqldb *my, const char *sql, struct err *err)
{
	MYSQL_STMT *stmt = mysql_stmt_init(my->conn);

	if (!stmt)
		err_no_memory();
	if (mysql_stmt_prepare(stmt, sql, strlen(sql)) == 0)
		return stmt;
	mysqldb_statement_failed(my, stmt, err);
	mysql_stmt_close(stmt);
	return NULL;
}

static void forget(struct mysqldb_statement *s)
{
	if (s->stmt)
		mysql_stmt_close(s->stmt);
	free(s->sql);
	*s = (struct mysqldb_statement){ .sql = NULL };
}

/* The statement of this text: from the few that are kept, or made in the place of the one
 * that was not used for longest. NULL after an error. */
static struct mysqldb_statement *get_statement(struct mysqldb *my, const char *sql,
					       struct err *err)
{
	struct mysqldb_statement *s, *oldest = my->statements;

	for (s = my->statements; s < my->statements + MYSQLDB_KEPT_STATEMENTS; s++) {
		if (s->sql && !strcmp(s->sql, sql)) {
			s->last_use = ++my->uses;
			return s;
		}
		if (s->last_use < oldest->last_use)
			oldest = s;
	}
	forget(oldest);
	oldest->stmt = mysqldb_prepare(my, sql, err);
	if (!oldest->stmt)
		return NULL;
	oldest->sql = mem_copy(sql);
	oldest->last_use = ++my->uses;
	return oldest;
}

/* Numbers are bound as numbers: the servers compare a number with a text as two floating
 * point numbers, for which large keys are all alike. */
static int bind_one(MYSQL_BIND *bind, long long *integer, const struct db_value *value)
{
	const struct slt_text *text = &value->text;
	char number[64], *end;

	*bind = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_NULL };
	if (!text->ptr)
		return 0;
	bind->buffer_type = value->type == DB_DECIMAL ? MYSQL_TYPE_NEWDECIMAL
			    : value->type == DB_BLOB  ? MYSQL_TYPE_BLOB
						      : MYSQL_TYPE_STRING;
	bind->buffer = (void *)(uintptr_t)text->ptr;
	bind->buffer_length = text->len;
	if (value->type != DB_INTEGER)
		return 0;
	if (text->len == 0 || text->len >= sizeof(number))
		return -1;
	memcpy(number, text->ptr, text->len);
	number[text->len] = '\0';
	errno = 0;
	bind->is_unsigned = *number != '-';
	*integer = bind->is_unsigned ? (long long)strtoull(number, &end, 10)
				     : strtoll(number, &end, 10);
	bind->buffer_type = MYSQL_TYPE_LONGLONG;
	bind->buffer = integer;
	return *end || errno ? -1 : 0;
}

static int bind(struct mysqldb *my, MYSQL_STMT *stmt, const struct db_value *values,
		size_t n, struct err *err)
{
	unsigned long wanted = mysql_stmt_param_count(stmt);

	if (wanted != n)
		return err_set(err, EXIT_CONFIG,
			       "MySQL: the statement takes %lu values and got %zu",
			       wanted, n);
	if (n > my->params_cap) {
		my->params = mem_grow(my->params, n, sizeof(*my->params));
		my->integers = mem_grow(my->integers, n, sizeof(*my->integers));
		my->params_cap = n;
	}
	for (size_t i = 0; i < n; i++)
		if (bind_one(&my->params[i], &my->integers[i], &values[i]) < 0)
			return err_set(err, EXIT_BUG, "MySQL: value %zu is no number",
				       i + 1);
	if (n && mysql_stmt_bind_param(stmt, my->params))
		return mysqldb_statement_failed(my, stmt, err);
	return 0;
}

/* Binds and executes a kept statement. Once more where the server has forgotten it: it does
 * so when the table was altered, or when a proxy has changed servers; and where SELECT *
 * has more or fewer columns than when it was made. */
static int execute(struct mysqldb *my, const char *sql, const struct db_value *values,
		   size_t n_values, MYSQL_STMT **ret, struct err *err)
{
	for (bool again = true;; again = false) {
		struct mysqldb_statement *s = get_statement(my, sql, err);
		unsigned number;

		if (!s || bind(my, s->stmt, values, n_values, err) < 0)
			return -1;
		*ret = s->stmt;
		if (mysql_stmt_execute(s->stmt) == 0)
			return 0;
		number = mysql_stmt_errno(s->stmt);
		mysqldb_statement_failed(my, s->stmt, err);
		forget(s);
		if (!again || (number != ER_REPREPARE && number != ER_STMT_UNKNOWN &&
			       number != CR_NEW_STMT_METADATA))
			return -1;
	}
}

/* ---------------------------------------------------------------- rows */

static void room_for(struct mysqldb *my, size_t n)
{
	if (n <= my->columns_cap)
		return;
	my->results = mem_grow(my->results, n, sizeof(*my->results));
	my->columns = mem_grow(my->columns, n, sizeof(*my->columns));
	my->cells = mem_grow(my->cells, n, sizeof(*my->cells));
	my->types = mem_grow(my->types, n, sizeof(*my->types));
	memset(my->columns + my->columns_cap, 0,
	       (n - my->columns_cap) * sizeof(*my->columns));
	my->columns_cap = n;
}

static void grow(struct mysqldb_column *column, unsigned long size)
{
	column->bytes = mem_grow(column->bytes, size + 1, 1); /* and a NUL byte */
	column->size = size;
}

/* Everything is read as text, in the form in which the server would print it. */
static void aim(MYSQL_BIND *result, struct mysqldb_column *column)
{
	*result = (MYSQL_BIND){
		.buffer_type = MYSQL_TYPE_STRING,
		.buffer = column->bytes,
		.buffer_length = column->size,
		.length = &column->length,
		.is_null = &column->is_null,
	};
}

enum { BINARY_CHARSET = 63 };

static enum db_type type_of(const MYSQL_FIELD *field)
{
	switch (field->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
	case MYSQL_TYPE_BIT: return DB_INTEGER;
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL: return DB_DECIMAL;
	case MYSQL_TYPE_FLOAT:
	case MYSQL_TYPE_DOUBLE: return DB_REAL;
	case MYSQL_TYPE_TINY_BLOB:
	case MYSQL_TYPE_MEDIUM_BLOB:
	case MYSQL_TYPE_LONG_BLOB:
	case MYSQL_TYPE_BLOB:
	case MYSQL_TYPE_VAR_STRING:
	case MYSQL_TYPE_VARCHAR:
	case MYSQL_TYPE_STRING:
	case MYSQL_TYPE_GEOMETRY:
		return field->charsetnr == BINARY_CHARSET ? DB_BLOB : DB_TEXT;
	default: return DB_TEXT;
	}
}

/* A buffer of the usual size for each column; metadata is no guide, it says 4 GiB of every
 * JSON column. */
static int prepare_columns(struct mysqldb *my, MYSQL_STMT *stmt,
			   const MYSQL_FIELD *fields, size_t n, struct err *err)
{
	enum { USUAL_SIZE = 1024 };

	room_for(my, n);
	for (size_t i = 0; i < n; i++) {
		if (!my->columns[i].bytes)
			grow(&my->columns[i], USUAL_SIZE);
		aim(&my->results[i], &my->columns[i]);
		my->types[i] = type_of(&fields[i]);
	}
	return mysql_stmt_bind_result(stmt, my->results)
		       ? mysqldb_statement_failed(my, stmt, err)
		       : 0;
}

/* Reads again, into a larger buffer, what did not fit. The buffers are bound anew only when the
 * row is done: libmariadb 10.11.18 then forgets the lengths of the others. */
static int read_cut(struct mysqldb *my, MYSQL_STMT *stmt, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct mysqldb_column *column = &my->columns[i];

		if (column->is_null || column->length <= column->size)
			continue;
		grow(column, column->length + column->length / 4);
		aim(&my->results[i], column);
		if (mysql_stmt_fetch_column(stmt, &my->results[i], (unsigned)i, 0))
			return mysqldb_statement_failed(my, stmt, err);
	}
	return 0;
}

/* A BIT comes as its bytes, the highest first. */
static void bits_to_digits(struct mysqldb_column *column)
{
	unsigned long long value = 0;

	for (unsigned long i = 0; i < column->length && i < sizeof(value); i++)
		value = value << 8 | (unsigned char)column->bytes[i];
	column->length = (unsigned long)snprintf(column->bytes, column->size, "%llu",
						 value);
}

static int hand_over(struct mysqldb *my, const MYSQL_FIELD *fields, size_t n,
		     db_row_fn *row, void *arg)
{
	struct db_row r = { .n_cells = n, .cells = my->cells, .types = my->types };

	for (size_t i = 0; i < n; i++) {
		struct mysqldb_column *column = &my->columns[i];

		my->cells[i] = slt_str(NULL);
		if (column->is_null)
			continue;
		if (fields[i].type == MYSQL_TYPE_BIT)
			bits_to_digits(column);
		column->bytes[column->length] = '\0';
		my->cells[i] = (struct slt_text){ column->bytes, column->length };
	}
	return row(arg, &r);
}

/* Large values come and go. */
static void give_back_large(struct mysqldb *my)
{
	enum { LARGE = 1 << 20 };

	for (size_t i = 0; i < my->columns_cap; i++) {
		struct mysqldb_column *column = &my->columns[i];

		if (column->size <= LARGE)
			continue;
		free(column->bytes);
		column->bytes = NULL;
		column->size = 0;
	}
}

static int read_rows(struct mysqldb *my, MYSQL_STMT *stmt, MYSQL_RES *metadata,
		     db_row_fn *row, void *arg, struct err *err)
{
	const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
	size_t n = mysql_num_fields(metadata);

	if (prepare_columns(my, stmt, fields, n, err) < 0)
		return -1;
	for (;;) {
		int code = mysql_stmt_fetch(stmt);

		if (code == MYSQL_NO_DATA)
			return 0;
		if (code != 0 && code != MYSQL_DATA_TRUNCATED)
			return mysqldb_statement_failed(my, stmt, err);
		if (code == MYSQL_DATA_TRUNCATED && read_cut(my, stmt, n, err) < 0)
			return -1;
		if (hand_over(my, fields, n, row, arg) != 0)
			return 0;
		if (code == MYSQL_DATA_TRUNCATED &&
		    mysql_stmt_bind_result(stmt, my->results))
			return mysqldb_statement_failed(my, stmt, err);
	}
}

/* mysql_stmt_free_result() throws away what was not read: an open result would keep other
 * statements off this connection and, on the server, the table's metadata lock, law 7. */
int mysqldb_query(struct db *db, const char *sql, const struct db_value *values,
		  size_t n_values, db_row_fn *row, void *arg, struct err *err)
{
	struct mysqldb *my = (struct mysqldb *)db;
	MYSQL_RES *metadata;
	MYSQL_STMT *stmt;
	int rc = 0;

	if (execute(my, sql, values, n_values, &stmt, err) < 0)
		return -1;
	metadata = mysql_stmt_result_metadata(stmt);
	if (metadata)
		rc = read_rows(my, stmt, metadata, row, arg, err);
	mysql_free_result(metadata);
	if (mysql_stmt_free_result(stmt) && rc == 0)
		rc = mysqldb_statement_failed(my, stmt, err);
	give_back_large(my);
	return rc;
}

static int mysqldb_exec(struct db *db, const char *sql, const struct db_value *values,
			size_t n_values, long long *ret_touched, struct err *err)
{
	struct mysqldb *my = (struct mysqldb *)db;
	long long touched;
	MYSQL_STMT *stmt;

	if (execute(my, sql, values, n_values, &stmt, err) < 0)
		return -1;
	touched = (long long)mysql_stmt_affected_rows(stmt);
	/* MariaDB's INSERT ... RETURNING leaves rows behind */
	if (mysql_stmt_free_result(stmt))
		return mysqldb_statement_failed(my, stmt, err);
	*ret_touched = touched;
	return 0;
}

/* ---------------------------------------------------------------- transactions */

static int mysqldb_begin(struct db *db, struct err *err)
{
	return mysqldb_run((struct mysqldb *)db, "START TRANSACTION", err);
}

static int mysqldb_commit(struct db *db, struct err *err)
{
	return mysqldb_run((struct mysqldb *)db, "COMMIT", err);
}

static void mysqldb_rollback(struct db *db)
{
	struct mysqldb *my = (struct mysqldb *)db;

	/* Without a connection there is no transaction either. */
	if (mysql_query(my->conn, "ROLLBACK"))
		return;
}

void mysqldb_close(struct db *db)
{
	struct mysqldb *my = (struct mysqldb *)db;

	/* so that it is free when this returns, not when the server sees the connection end */
	if (my->has_lock && mysql_query(my->conn, "DO RELEASE_ALL_LOCKS()"))
		my->has_lock = false;
	for (size_t i = 0; i < MYSQLDB_KEPT_STATEMENTS; i++)
		forget(&my->statements[i]);
	mysql_close(my->conn);
	for (size_t i = 0; i < my->columns_cap; i++)
		free(my->columns[i].bytes);
	free(my->columns);
	free(my->results);
	free(my->cells);
	free(my->types);
	free(my->params);
	free(my->integers);
	free(my);
}

const struct db_driver db_mysql = {
	.name = "mysql",
	.label = "MySQL",
	.dialect = SLT_MYSQL,
	.open = mysqldb_open,
	.close = mysqldb_close,
	.query = mysqldb_query,
	.exec = mysqldb_exec,
	.begin = mysqldb_begin,
	.commit = mysqldb_commit,
	.rollback = mysqldb_rollback,
	.origin = mysqldb_origin,
	.column = mysqldb_column,
	.lock = mysqldb_lock,
	.alive = mysqldb_alive,
};
