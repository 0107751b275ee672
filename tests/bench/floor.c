// SPDX-License-Identifier: MIT
// The bare cost of reading and marking all unsent rows of PostgreSQL, or deleting all sent
// ones.
//
// floor CONNECTION TABLE READ UPDATE
// READ    single  one SELECT, row by row
//         plain   one SELECT, the whole result in memory
//         pages   by key, UPDATE (or 500) rows a statement
//         steps   as pages, each page marked before the next is read
//         delete  as steps, but the keys of sent rows, and deleted
//         count   one SELECT count(*) of the unsent rows
// UPDATE  rows per UPDATE or DELETE, each with a commit of its own; 0 none
// Prints rows, bytes of the messages, statements, and the seconds of the two parts.

#include "floor.h"

#include <libpq-fe.h>

static PGconn *conn;
static const char *change_sql = "UPDATE %s SET is_sent = TRUE WHERE id = ANY($1)";

static void die(void)
{
	fprintf(stderr, "floor: %s", conn ? PQerrorMessage(conn) : "no memory\n");
	exit(1);
}

static void keep(struct floor *f, const PGresult *rows)
{
	for (int i = 0; i < PQntuples(rows); i++) {
		keep_key(f, PQgetvalue(rows, i, 0));
		if (PQnfields(rows) > 2)
			f->bytes += (size_t)PQgetlength(rows, i, 2);
	}
}

static void read_all(struct floor *f, int single)
{
	char sql[300];
	PGresult *rows;

	snprintf(sql, sizeof(sql),
		 "SELECT id, created_at, message FROM %s WHERE is_sent IS NOT TRUE",
		 f->table);
	if (!PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0) ||
	    (single && !PQsetSingleRowMode(conn)))
		die();
	f->statements++;
	while ((rows = PQgetResult(conn))) {
		if (PQresultStatus(rows) != PGRES_SINGLE_TUPLE &&
		    PQresultStatus(rows) != PGRES_TUPLES_OK)
			die();
		keep(f, rows);
		PQclear(rows);
	}
}

// A page after the last key kept; how many rows.
static size_t page(struct floor *f, const char *columns, const char *is_sent)
{
	const char *after = last_key(f);
	size_t had = f->n;
	PGresult *rows;
	char sql[300];

	snprintf(sql, sizeof(sql),
		 "SELECT %s FROM %s WHERE is_sent %s AND id > $1 ORDER BY id LIMIT %zu",
		 columns, f->table, is_sent, f->per_update ? f->per_update : PAGE);
	rows = PQexecParams(conn, sql, 1, NULL, &after, NULL, NULL, 0);
	if (PQresultStatus(rows) != PGRES_TUPLES_OK)
		die();
	f->statements++;
	keep(f, rows);
	PQclear(rows);
	return f->n - had;
}

static size_t read_page(struct floor *f)
{
	return page(f, "id, created_at, message", "IS NOT TRUE");
}

static size_t read_sent_keys(struct floor *f)
{
	return page(f, "id", "IS TRUE");
}

static void change(struct floor *f, size_t from, size_t n)
{
	char sql[300], *array = with_keys(f, "{", from, n, "}");
	const char *value = array;
	PGresult *result;

	snprintf(sql, sizeof(sql), change_sql, f->table);
	result = PQexecParams(conn, sql, 1, NULL, &value, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_COMMAND_OK ||
	    strtoull(PQcmdTuples(result), NULL, 10) != n)
		die();
	f->statements++;
	PQclear(result);
	free(array);
}

static void count(struct floor *f)
{
	PGresult *result;
	char sql[300];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE is_sent IS NOT TRUE",
		 f->table);
	result = PQexec(conn, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		die();
	f->statements++;
	f->n = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
}

static void go(struct floor *f, const char *how)
{
	double began = seconds(), between;

	if (!strcmp(how, "count"))
		count(f);
	else if (!strcmp(how, "pages"))
		while (read_page(f) > 0)
			;
	else
		read_all(f, !strcmp(how, "single"));
	between = seconds();
	change_all(f, change);
	f->read = between - began;
	f->update = seconds() - between;
}

int main(int argc, char **argv)
{
	struct floor f = { 0 };

	if (argc != 5) {
		fprintf(stderr,
			"usage: %s CONNECTION TABLE single|plain|pages|steps|delete|count"
			" UPDATE\n",
			argv[0]);
		return 64;
	}
	f.table = argv[2];
	f.per_update = (size_t)strtoul(argv[4], NULL, 10);
	conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK)
		die();
	if (!strcmp(argv[3], "steps") && f.per_update) {
		change_pages(&f, read_page, change);
	} else if (!strcmp(argv[3], "delete") && f.per_update) {
		change_sql = "DELETE FROM %s WHERE id = ANY($1)";
		change_pages(&f, read_sent_keys, change);
	} else {
		go(&f, argv[3]);
	}
	report(&f);
	PQfinish(conn);
	return 0;
}
