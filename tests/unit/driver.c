// SPDX-License-Identifier: MIT
// What the tests of the drivers share, and the questions that each driver is asked.

#include "driver.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err err;

void assert_ok(int rc, const struct err *e, int line)
{
	if (rc < 0)
		fail_msg("line %d: %d %s", line, (int)e->status, e->text);
}

/* ---------------------------------------------------------------- statements */

int read_row(void *arg, const struct db_row *row)
{
	struct reading *r = arg;
	size_t n = strlen(r->text);

	for (size_t i = 0; i < row->n_cells; i++) {
		struct slt_text cell = row->cells[i];

		n += (size_t)snprintf(r->text + n, sizeof(r->text) - n, "%s%c:%.*s",
				      i ? "|" : "",
				      cell.ptr ? "TIRBD"[row->types[i]] : 'N',
				      (int)cell.len, cell.ptr ? cell.ptr : "");
		assert_true(n + 2 < sizeof(r->text));
	}
	memcpy(r->text + n, ";", 2);
	r->rows++;
	return r->rows == r->enough_at;
}

struct db_value value(const char *text, enum db_type type)
{
	return (struct db_value){ slt_str(text), type };
}

void expect_with(struct db *db, const char *sql, const struct db_value *values, size_t n,
		 const char *text)
{
	struct reading r = { .rows = 0 };

	if (db_query(db, sql, values, n, read_row, &r, &err) < 0)
		fail_msg("%s: %d %s", sql, (int)err.status, err.text);
	if (strcmp(r.text, text) != 0)
		fail_msg("%s:\n%s\nnot\n%s", sql, r.text, text);
}

void expect(struct db *db, const char *sql, const char *text)
{
	expect_with(db, sql, NULL, 0, text);
}

const char *fails_with(struct db *db, const char *sql, const struct db_value *values,
		       size_t n, enum exit_status status)
{
	struct reading r = { .rows = 0 };

	if (db_query(db, sql, values, n, read_row, &r, &err) != -1)
		fail_msg("went through: %s", sql);
	if (err.status != status)
		fail_msg("%s: %d %s", sql, (int)err.status, err.text);
	return err.text;
}

const char *fails(struct db *db, const char *sql, enum exit_status status)
{
	return fails_with(db, sql, NULL, 0, status);
}

long long touches(struct db *db, const char *sql)
{
	long long touched = -1;

	if (db_exec(db, sql, NULL, 0, &touched, &err) < 0)
		fail_msg("%s: %d %s", sql, (int)err.status, err.text);
	return touched;
}

/* ---------------------------------------------------------------- the catalog */

static int ask_origin(struct db *db, const char *sql, struct db_origin *ret)
{
	char probe[1024];

	snprintf(probe, sizeof(probe), "%s LIMIT 0", sql);
	return db_origin(db, probe, "slt_key", NULL, 0, ret, &err);
}

void expect_origins(struct db *db, const char *schema, const struct origin *cases,
		    size_t n)
{
	struct db_origin o;
	char facts[4];

	for (size_t i = 0; i < n; i++) {
		if (ask_origin(db, cases[i].sql, &o) < 0)
			fail_msg("%s: %d %s", cases[i].sql, (int)err.status, err.text);
		snprintf(facts, sizeof(facts), "%c%c%c", o.unique ? 'u' : '-',
			 o.indexed ? 'i' : '-', o.nullable ? 'n' : '-');
		if (strcmp(o.table.name, cases[i].table) != 0 ||
		    strcmp(facts, cases[i].facts) != 0 ||
		    strcmp(o.column, cases[i].column) != 0 ||
		    strcmp(o.table.schema, schema) != 0)
			fail_msg("%s: %s.%s.%s %s", cases[i].sql, o.table.schema,
				 o.table.name, o.column, facts);
	}
}

void origin_fails(struct db *db, const char *sql, const char *text)
{
	struct db_origin untouched = { .column = "untouched" };

	if (ask_origin(db, sql, &untouched) != -1)
		fail_msg("has an origin: %s", sql);
	if (err.status != EXIT_CONFIG || (text && !strstr(err.text, text)))
		fail_msg("%s: %d %s", sql, (int)err.status, err.text);
	assert_string_equal(untouched.column, "untouched");
}

void expect_type(struct db *db, const char *schema, const char *table, const char *column,
		 const char *type)
{
	char got[64] = "untouched";
	struct db_table t;
	int found;

	snprintf(t.schema, sizeof(t.schema), "%s", schema);
	snprintf(t.name, sizeof(t.name), "%s", table);
	found = db_column(db, &t, column, got, sizeof(got), &err);
	if (found < 0)
		fail_msg("%s.%s: %s", table, column, err.text);
	if (found != (type != NULL) || strcmp(got, type ? type : "untouched") != 0)
		fail_msg("%s.%s: %d %s", table, column, found, got);
}

/* ---------------------------------------------------------------- questions */

void ask_touched(struct db *db, const char *text)
{
	long long touched = 77;

	touches(db, "CREATE TABLE t(a int)");
	assert_int_equal(touches(db, "INSERT INTO t VALUES (1), (2), (3)"), 3);
	assert_int_equal(touches(db, "UPDATE t SET a = a"), 3); /* not: changed */
	assert_int_equal(touches(db, "UPDATE t SET a = 5 WHERE a = 9"), 0);
	assert_int_equal(touches(db, "DELETE FROM t WHERE a = 9"), 0);
	assert_int_equal(touches(db, "CREATE TABLE u(a int)"), 0);
	assert_int_equal(db_exec(db, "UPDATE gone SET a = 1", NULL, 0, &touched, &err),
			 -1);
	assert_int_equal(err.status, EXIT_CONFIG);
	if (!strstr(err.text, text))
		fail_msg("%s", err.text);
	assert_int_equal(touched, 77);
}

/* Of a SELECT of one number. */
static void expect_number(struct db *db, const char *sql, long number)
{
	struct reading r = { .rows = 0 };

	if (db_query(db, sql, NULL, 0, read_row, &r, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
	if (r.rows != 1 || strtol(r.text + 2, NULL, 10) != number)
		fail_msg("%s: %s", sql, r.text);
}

static void begin(struct db *db)
{
	if (db_begin(db, &err) < 0)
		fail_msg("%d %s", (int)err.status, err.text);
}

static void commit(struct db *db)
{
	if (db_commit(db, &err) < 0)
		fail_msg("%d %s", (int)err.status, err.text);
}

void ask_transactions(struct db *db, struct db *other)
{
	static const char count[] = "SELECT count(*) FROM t";

	touches(db, "CREATE TABLE t(a int)");
	begin(db);
	touches(db, "INSERT INTO t VALUES (1)");
	expect_number(db, count, 1);
	expect_number(other, count, 0);
	db_rollback(db);
	db_rollback(db);
	expect_number(db, count, 0);
	begin(db);
	touches(db, "INSERT INTO t VALUES (1)");
	commit(db);
	expect_number(other, count, 1);
	begin(db); /* of no statement at all */
	commit(db);
	begin(db);
	touches(db, "INSERT INTO t VALUES (2)");
	db_close(db);
	expect_number(other, count, 1);
}

void ask_read_committed(struct db *db, struct db *other)
{
	static const char sent[] = "SELECT count(*) FROM t WHERE sent = 1";

	touches(db, "CREATE TABLE t(k int, sent int)");
	touches(db, "INSERT INTO t VALUES (1, 0), (2, 0)");
	begin(db);
	expect_number(db, "SELECT count(*) FROM t", 2);
	touches(other, "INSERT INTO t VALUES (1, 0)");
	expect_number(db, "SELECT count(*) FROM t", 3);
	/* the mark takes the new twin along, and the look shows it */
	assert_int_equal(touches(db, "UPDATE t SET sent = 1 WHERE k = 1 AND sent = 0"),
			 2);
	expect_number(db, sent, 2);
	expect_number(other, sent, 0);
	touches(other, "INSERT INTO t VALUES (1, 0)");
	expect_number(db, sent, 2);
	db_rollback(db);
	expect_number(db, sent, 0);
	/* what was marked meanwhile is not marked again */
	begin(db);
	expect_number(db, "SELECT sent FROM t WHERE k = 2", 0);
	touches(other, "UPDATE t SET sent = 1 WHERE k = 2");
	assert_int_equal(touches(db, "UPDATE t SET sent = 1 WHERE k = 2 AND sent = 0"),
			 0);
	commit(db);
	expect_number(other, sent, 1);
}

static int lock(struct db *db, const char *schema, const char *name,
		struct db_holder *ret)
{
	struct db_table t;
	int taken;

	snprintf(t.schema, sizeof(t.schema), "%s", schema);
	snprintf(t.name, sizeof(t.name), "%s", name);
	taken = db_lock(db, &t, ret, &err);
	if (taken < 0)
		fail_msg("%s.%s: %d %s", schema, name, (int)err.status, err.text);
	return taken;
}

void ask_lock(struct db *const db[3], const char *schema, const char *who)
{
	struct db_holder holder = { .seconds = 77 };

	assert_int_equal(lock(db[0], "", "logs", &holder), 1);
	assert_int_equal(holder.seconds, 77);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(lock(db[1], schema, "logs", &holder), 0);
		if (strncmp(holder.who, who, strlen(who)) != 0 ||
		    strstr(holder.who, "unknown"))
			fail_msg("%s", holder.who);
		assert_in_range(holder.seconds, 0, 5);
	}
	assert_int_equal(lock(db[2], "", "other", &holder), 1);
	assert_true(db_alive(db[0]));
	db_close(db[0]);
	assert_int_equal(lock(db[1], "", "logs", &holder), 1); /* free at once */
	db_close(db[1]);
	db_close(db[2]);
}

void ask_dead(struct db *db)
{
	for (int i = 0; i < 200 && db_alive(db); i++)
		poll(NULL, 0, 20);
	assert_false(db_alive(db));
	fails(db, "SELECT 1", EXIT_UNAVAILABLE);
	assert_int_equal(db_begin(db, &err), -1);
	assert_int_equal(err.status, EXIT_UNAVAILABLE);
	assert_int_equal(db_commit(db, &err), -1);
	assert_int_equal(err.status, EXIT_UNAVAILABLE);
	db_rollback(db);
	assert_false(db_alive(db));
}
