// SPDX-License-Identifier: MIT
// The bare cost of reading and marking all unsent rows of MySQL or MariaDB, or deleting all
// sent ones.
//
// floor_mysql HOST PORT USER DATABASE TABLE READ UPDATE, password in MYSQL_PWD
// READ    single  one SELECT, row by row
//         delete  pages of keys of sent rows, each deleted before the next is read
// UPDATE  rows per UPDATE or DELETE, each with a commit of its own; 0 none
// Prints what floor prints.

#include "floor.h"

#include <mysql.h>

static MYSQL *conn;
static const char *change_sql = "UPDATE %s SET is_sent = TRUE WHERE id IN (";

static void die(void)
{
	fprintf(stderr, "floor_mysql: %s\n", conn ? mysql_error(conn) : "no memory");
	exit(1);
}

// Runs a SELECT and keeps its keys; how many.
static size_t read_rows(struct floor *f, const char *sql)
{
	size_t had = f->n;
	MYSQL_RES *rows;
	MYSQL_ROW row;

	if (mysql_query(conn, sql) || !(rows = mysql_use_result(conn)))
		die();
	f->statements++;
	while ((row = mysql_fetch_row(rows))) {
		keep_key(f, row[0]);
		if (mysql_num_fields(rows) > 2)
			f->bytes += mysql_fetch_lengths(rows)[2];
	}
	if (mysql_errno(conn))
		die();
	mysql_free_result(rows);
	return f->n - had;
}

static void read_all(struct floor *f)
{
	char sql[300];

	snprintf(sql, sizeof(sql),
		 "SELECT id, created_at, message FROM %s WHERE is_sent IS NOT TRUE",
		 f->table);
	read_rows(f, sql);
}

static size_t read_sent_keys(struct floor *f)
{
	char sql[300];

	snprintf(
		sql, sizeof(sql),
		"SELECT id FROM %s WHERE is_sent IS TRUE AND id > %s ORDER BY id LIMIT %zu",
		f->table, last_key(f), f->per_update);
	return read_rows(f, sql);
}

static void change(struct floor *f, size_t from, size_t n)
{
	char before[200], *sql;

	snprintf(before, sizeof(before), change_sql, f->table);
	sql = with_keys(f, before, from, n, ")");
	if (mysql_query(conn, sql) || mysql_affected_rows(conn) != n)
		die();
	f->statements++;
	free(sql);
}

int main(int argc, char **argv)
{
	struct floor f = { 0 };
	double began, between;

	if (argc != 8) {
		fprintf(stderr,
			"usage: %s HOST PORT USER DATABASE TABLE single|delete UPDATE\n",
			argv[0]);
		return 64;
	}
	f.table = argv[5];
	f.per_update = (size_t)strtoul(argv[7], NULL, 10);
	conn = mysql_init(NULL);
	if (!conn || mysql_options(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4") ||
	    !mysql_real_connect(conn, argv[1], argv[3], getenv("MYSQL_PWD"), argv[4],
				(unsigned)strtoul(argv[2], NULL, 10), NULL, 0))
		die();
	if (!strcmp(argv[6], "delete") && f.per_update) {
		change_sql = "DELETE FROM %s WHERE id IN (";
		change_pages(&f, read_sent_keys, change);
	} else {
		began = seconds();
		read_all(&f);
		between = seconds();
		change_all(&f, change);
		f.read = between - began;
		f.update = seconds() - between;
	}
	report(&f);
	mysql_close(conn);
	return 0;
}
