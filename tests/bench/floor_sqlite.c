// SPDX-License-Identifier: MIT
// The bare cost of reading and marking all unsent rows of an SQLite file, or deleting all
// sent ones.
//
// floor_sqlite FILE TABLE READ UPDATE
// READ    single  one SELECT, row by row
//         delete  pages of keys of sent rows, each deleted before the next is read
// UPDATE  rows per UPDATE or DELETE, each with a commit of its own; 0 none
// Prints what floor prints.

#include "floor.h"

#include <sqlite3.h>

static sqlite3 *db;
static const char *change_sql = "UPDATE %s SET is_sent = 1 WHERE id IN (";

static void die(void)
{
	fprintf(stderr, "floor_sqlite: %s\n", db ? sqlite3_errmsg(db) : "no memory");
	exit(1);
}

// Runs a SELECT and keeps its keys; how many.
static size_t read_rows(struct floor *f, const char *sql)
{
	size_t had = f->n;
	sqlite3_stmt *rows;
	int code;

	if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL))
		die();
	f->statements++;
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		keep_key(f, (const char *)sqlite3_column_text(rows, 0));
		if (sqlite3_column_count(rows) > 2 && sqlite3_column_text(rows, 1) &&
		    sqlite3_column_text(rows, 2))
			f->bytes += (size_t)sqlite3_column_bytes(rows, 2);
	}
	if (code != SQLITE_DONE)
		die();
	sqlite3_finalize(rows);
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
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) || (size_t)sqlite3_changes(db) != n)
		die();
	f->statements++;
	free(sql);
}

int main(int argc, char **argv)
{
	struct floor f = { 0 };
	double began, between;

	if (argc != 5) {
		fprintf(stderr, "usage: %s FILE TABLE single|delete UPDATE\n", argv[0]);
		return 64;
	}
	f.table = argv[2];
	f.per_update = (size_t)strtoul(argv[4], NULL, 10);
	if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL))
		die();
	if (!strcmp(argv[3], "delete") && f.per_update) {
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
	sqlite3_close(db);
	return 0;
}
