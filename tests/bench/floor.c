// SPDX-License-Identifier: MIT
// The bare cost of reading and marking all unsent rows.
//
// floor CONNECTION TABLE READ UPDATE
// READ    single  one SELECT, row by row
//         plain   one SELECT, the whole result in memory
//         pages   by key, UPDATE (or 500) rows a statement
//         steps   as pages, each page marked before the next is read
// UPDATE  rows per UPDATE, each with a commit of its own; 0 none
// Prints rows, bytes of the messages, statements, and the seconds of the two parts.

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAGE = 500, KEY_TEXT = 24 };

struct floor {
	PGconn *conn;
	const char *table;
	size_t per_update;
	char (*keys)[KEY_TEXT];
	size_t n, cap;
	size_t bytes, statements;
	double read, update; // seconds
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(struct floor *f)
{
	fprintf(stderr, "floor: %s", f->conn ? PQerrorMessage(f->conn) : "no memory\n");
	exit(1);
}

static void keep(struct floor *f, const PGresult *rows)
{
	for (int i = 0; i < PQntuples(rows); i++) {
		if (f->n == f->cap) {
			f->cap = f->cap ? f->cap * 2 : 4096;
			f->keys = realloc(f->keys, f->cap * sizeof(*f->keys));
			if (!f->keys)
				abort();
		}
		snprintf(f->keys[f->n++], KEY_TEXT, "%s", PQgetvalue(rows, i, 0));
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
	if (!PQsendQueryParams(f->conn, sql, 0, NULL, NULL, NULL, NULL, 0) ||
	    (single && !PQsetSingleRowMode(f->conn)))
		die(f);
	f->statements++;
	while ((rows = PQgetResult(f->conn))) {
		if (PQresultStatus(rows) != PGRES_SINGLE_TUPLE &&
		    PQresultStatus(rows) != PGRES_TUPLES_OK)
			die(f);
		keep(f, rows);
		PQclear(rows);
	}
}

// The rows after the last one kept; how many.
static size_t read_page(struct floor *f)
{
	const char *after = f->n ? f->keys[f->n - 1] : "0";
	size_t had = f->n, page = f->per_update ? f->per_update : PAGE;
	PGresult *rows;
	char sql[300];

	snprintf(sql, sizeof(sql),
		 "SELECT id, created_at, message FROM %s WHERE is_sent IS NOT TRUE"
		 " AND id > $1 ORDER BY id LIMIT %zu",
		 f->table, page);
	rows = PQexecParams(f->conn, sql, 1, NULL, &after, NULL, NULL, 0);
	if (PQresultStatus(rows) != PGRES_TUPLES_OK)
		die(f);
	f->statements++;
	keep(f, rows);
	PQclear(rows);
	return f->n - had;
}

static void update(struct floor *f, size_t from, size_t n)
{
	char sql[300], *array = malloc(n * KEY_TEXT + 3), *to = array;
	const char *value = array;
	PGresult *result;

	if (!array)
		abort();
	*to++ = '{';
	for (size_t i = from; i < from + n; i++)
		to += sprintf(to, i > from ? ",%s" : "%s", f->keys[i]);
	strcpy(to, "}");
	snprintf(sql, sizeof(sql), "UPDATE %s SET is_sent = TRUE WHERE id = ANY($1)",
		 f->table);
	result = PQexecParams(f->conn, sql, 1, NULL, &value, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_COMMAND_OK ||
	    strtoull(PQcmdTuples(result), NULL, 10) != n)
		die(f);
	f->statements++;
	PQclear(result);
	free(array);
}

static void update_all(struct floor *f)
{
	for (size_t from = 0; f->per_update && from < f->n; from += f->per_update) {
		size_t left = f->n - from;

		update(f, from, left < f->per_update ? left : f->per_update);
	}
}

static void go_in_steps(struct floor *f)
{
	for (;;) {
		double began = seconds(), between;
		size_t n = read_page(f);

		between = seconds();
		f->read += between - began;
		if (n == 0)
			return;
		update(f, f->n - n, n);
		f->update += seconds() - between;
	}
}

static void go(struct floor *f, const char *how)
{
	double began = seconds(), between;

	if (!strcmp(how, "pages"))
		while (read_page(f) > 0)
			;
	else
		read_all(f, !strcmp(how, "single"));
	between = seconds();
	update_all(f);
	f->read = between - began;
	f->update = seconds() - between;
}

int main(int argc, char **argv)
{
	struct floor f = { 0 };

	if (argc != 5) {
		fprintf(stderr,
			"usage: %s CONNECTION TABLE single|plain|pages|steps UPDATE\n",
			argv[0]);
		return 64;
	}
	f.table = argv[2];
	f.per_update = (size_t)strtoul(argv[4], NULL, 10);
	f.conn = PQconnectdb(argv[1]);
	if (PQstatus(f.conn) != CONNECTION_OK)
		die(&f);
	if (!strcmp(argv[3], "steps") && f.per_update)
		go_in_steps(&f);
	else
		go(&f, argv[3]);
	printf("rows %zu bytes %zu statements %zu read %.4f update %.4f\n", f.n, f.bytes,
	       f.statements, f.read, f.update);
	PQfinish(f.conn);
	free(f.keys);
	return 0;
}
