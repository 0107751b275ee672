// SPDX-License-Identifier: MIT
// The quarantine: its statements in each dialect, and which values are bound as what.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quarantine.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct err err;

/* ---------------------------------------------------------------- a driver that records */

enum { MAX_RECORDED = 4096 };

struct recorder {
	struct db db;
	const char *key_type; /* of the log table */
	bool has_table;	      /* the quarantine */
	size_t n_statements, n_values;
	char text[256 * 1024]; /* of the last statement */
	char values[MAX_RECORDED][256];
	enum db_type types[MAX_RECORDED];
};

static struct recorder recorder;

static int record(struct db *db, const char *sql, const struct db_value *values,
		  size_t n_values, long long *ret_touched, struct err *e)
{
	(void)db;
	(void)e;
	recorder.n_statements++;
	snprintf(recorder.text, sizeof(recorder.text), "%s", sql);
	for (size_t i = 0; i < n_values; i++) {
		size_t at = recorder.n_values++;

		assert_true(at < MAX_RECORDED);
		snprintf(recorder.values[at], sizeof(recorder.values[at]), "%.*s",
			 (int)values[i].text.len, values[i].text.ptr);
		recorder.types[at] = values[i].type;
	}
	*ret_touched = 0;
	return 0;
}

static int column(struct db *db, const struct db_table *table, const char *name,
		  char *ret_type, size_t size, struct err *e)
{
	(void)db;
	(void)e;
	if (strcmp(name, "log_key") == 0) {
		snprintf(ret_type, size, "text");
		return recorder.has_table;
	}
	assert_string_equal(table->name, "audit_logs");
	snprintf(ret_type, size, "%s", recorder.key_type);
	return 1;
}

/* ---------------------------------------------------------------- what is to be tested */

static struct db_driver driver = { .exec = record, .column = column };
static struct settings settings;
static struct sql_template *fetch;
static struct facade facade = { .module = (char *)"test" };
static struct plan plan;
static struct quarantine quarantine;

static const char *no_setting(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static int open_as(enum slt_dialect dialect, const char *table, const char *key_type)
{
	driver.dialect = dialect;
	recorder = (struct recorder){ .db.driver = &driver,
				      .key_type = key_type,
				      .has_table = true };
	setenv("QUARANTINE_TABLE", table, 1);
	assert_int_equal(settings_load(&settings, NULL, &err), 0);
	assert_int_equal(sql_parse("SELECT {key k} FROM t WHERE {unsent 1}", SQL_FETCH,
				   no_setting, NULL, &fetch, &err),
			 0);
	facade.fetch = fetch;
	plan = (struct plan){ .facade = &facade,
			      .key = { .table = { "app", "audit_logs" },
				       .column = "k" } };
	return quarantine_open(&quarantine, &settings, &plan, &recorder.db, &err);
}

static void close_all(void)
{
	quarantine_fini(&quarantine);
	plan_fini(&plan);
	sql_template_free(fetch);
	settings_fini(&settings);
}

/* ---------------------------------------------------------------- pages */

#define PAGE(k, rows, q, placeholder, key, limit)                                       \
	"SELECT slt_key, slt_log.* FROM (SELECT " k " AS slt_key FROM t WHERE (1)) AS " \
	"slt_log WHERE slt_key " rows " AND (SELECT count(*) FROM " q                   \
	" slt_q WHERE slt_q.log_table = " placeholder " AND slt_q.log_key = " key       \
	" AND NOT slt_q.released) <> 1 ORDER BY slt_key LIMIT " limit

static const struct page {
	enum slt_dialect dialect;
	const char *table, *key_type, *first, *next;
} pages[] = {
	{ SLT_POSTGRESQL, "held", "bigint",
	  PAGE("\"k\"", "IS NOT NULL", "\"held\"", "$1", "concat(slt_key) COLLATE \"C\"",
	       "$2"),
	  PAGE("\"k\"", "> $1", "\"held\"", "$2", "concat(slt_key) COLLATE \"C\"",
	       "$3") },
	{ SLT_SQLITE, "main.held", "integer",
	  PAGE("\"k\"", "IS NOT NULL", "\"main\".\"held\"", "?1", "+slt_key", "?2"),
	  PAGE("\"k\"", "> ?1", "\"main\".\"held\"", "?2", "+slt_key", "?3") },
	{ SLT_MYSQL, "app.He`ld", "bigint(20)",
	  PAGE("`k`", "IS NOT NULL", "`app`.`He``ld`", "?",
	       "CAST(CONVERT(slt_key USING utf8mb4) AS BINARY)", "?"),
	  PAGE("`k`", "> ?", "`app`.`He``ld`", "?",
	       "CAST(CONVERT(slt_key USING utf8mb4) AS BINARY)", "?") },
	{ SLT_MYSQL, "held", "bit(64)",
	  PAGE("`k`", "IS NOT NULL", "`held`", "?",
	       "CAST(CONVERT(slt_key + 0 USING utf8mb4) AS BINARY)", "?"),
	  PAGE("`k`", "> ?", "`held`", "?",
	       "CAST(CONVERT(slt_key + 0 USING utf8mb4) AS BINARY)", "?") },
	{ SLT_MYSQL, "held", "varbinary(16)",
	  PAGE("`k`", "IS NOT NULL", "`held`", "?", "slt_key", "?"),
	  PAGE("`k`", "> ?", "`held`", "?", "slt_key", "?") },
};

static void pages_leave_out_what_is_listed(void **state)
{
	struct db_value after = { slt_str("7"), DB_INTEGER };
	struct sql_args args = { .after = &after, .limit = 10 };
	struct sql_values values;

	(void)state;
	for (size_t i = 0; i < N_OF(pages); i++) {
		if (open_as(pages[i].dialect, pages[i].table, pages[i].key_type) < 0)
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(plan.first_page.text, pages[i].first);
		assert_string_equal(plan.next_page.text, pages[i].next);
		sql_values_init(&values);
		sql_bind(&plan.next_page, &args, &values);
		assert_int_equal(values.n, 3);
		assert_string_equal(values.values[0].text.ptr, "7");
		assert_string_equal(values.values[1].text.ptr, "app.audit_logs");
		assert_string_equal(values.values[2].text.ptr, "10");
		sql_values_fini(&values);
		close_all();
	}
}

static void without_a_quarantine_pages_are_as_they_were(void **state)
{
	(void)state;
	assert_int_equal(open_as(SLT_SQLITE, "", "integer"), 0);
	assert_null(quarantine.table);
	assert_null(plan.first_page.text); /* nothing was rendered anew */
	close_all();
}

static void tables_that_cannot_be_one(void **state)
{
	static const char *const names[] = { "a.b.c", ".a", "a.", " a", "a ", "f(x)" };

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		assert_int_equal(open_as(SLT_POSTGRESQL, names[i], "bigint"), -1);
		assert_int_equal(err.status, EXIT_CONFIG);
		close_all();
	}
	assert_int_equal(open_as(SLT_POSTGRESQL, "a.b.c", "bigint"), -1);
	assert_string_equal(
		err.text,
		"QUARANTINE_TABLE is \"a.b.c\": the name of a table is expected, or "
		"schema.table");
	close_all();
}

/* ---------------------------------------------------------------- entries */

#define COLUMNS                                                                   \
	" (log_table, log_key, first_seen, last_seen, seen, status, error_type, " \
	"released) VALUES "
#define EXCLUDED                                                                           \
	" ON CONFLICT (log_table, log_key) DO UPDATE SET last_seen = excluded.last_seen, " \
	"seen = slt_old.seen + 1, status = excluded.status, error_type = "                 \
	"excluded.error_type, released = excluded.released"
#define LITE_NOW "strftime('%Y-%m-%d %H:%M:%f', 'now')"

static const struct entry {
	enum slt_dialect dialect;
	const char *text;
	enum db_type key_type; /* of an integer, once it is bound */
} entries[] = {
	{ SLT_POSTGRESQL,
	  "INSERT INTO \"held\" AS slt_old" COLUMNS
	  "($1, $2, now(), now(), 1, $3, $4, FALSE), "
	  "($5, $6, now(), now(), 1, $7, $8, FALSE)" EXCLUDED,
	  DB_TEXT },
	{ SLT_SQLITE,
	  "INSERT INTO \"held\" AS slt_old" COLUMNS "(?1, ?2, " LITE_NOW ", " LITE_NOW
	  ", 1, ?3, ?4, FALSE), (?5, ?6, " LITE_NOW ", " LITE_NOW
	  ", 1, ?7, ?8, FALSE)" EXCLUDED,
	  DB_INTEGER },
	{ SLT_MYSQL,
	  "INSERT INTO `held`" COLUMNS
	  "(?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 1, ?, ?, FALSE), "
	  "(?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 1, ?, ?, FALSE)"
	  " ON DUPLICATE KEY UPDATE last_seen = VALUES(last_seen), seen = seen + 1, "
	  "status = VALUES(status), error_type = VALUES(error_type), released = "
	  "VALUES(released)",
	  DB_TEXT },
};

static struct log_row make_row(const char *key, enum db_type type, int status,
			       const char *what)
{
	return (struct log_row){ .key = { slt_str(key), type },
				 .status = status,
				 .what = what };
}

static void entries_are_bound_not_pasted(void **state)
{
	struct log_row first = make_row("5", DB_INTEGER, 400, "some_exception");
	struct log_row second = make_row("x'; DROP", DB_BLOB, 0, "no object");
	struct log_row *rows[] = { &first, &second };
	static const char *const expected[] = {
		"app.audit_logs", "5",	      "400", "some_exception",
		"app.audit_logs", "x'; DROP", "0",   "no object"
	};

	(void)state;
	for (size_t i = 0; i < N_OF(entries); i++) {
		assert_int_equal(open_as(entries[i].dialect, "held", ""), 0);
		assert_int_equal(quarantine_put(&quarantine, &recorder.db, rows, 2, &err),
				 0);
		assert_string_equal(recorder.text, entries[i].text);
		assert_int_equal(recorder.n_values, 8);
		for (size_t v = 0; v < 8; v++)
			assert_string_equal(recorder.values[v], expected[v]);
		assert_int_equal(recorder.types[1], entries[i].key_type);
		assert_int_equal(recorder.types[5], DB_BLOB);
		close_all();
	}
}

static void many_rows_are_several_statements(void **state)
{
	struct log_row row = make_row("k", DB_TEXT, 400, "t");
	struct log_row *rows[450];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++)
		rows[i] = &row;
	assert_int_equal(open_as(SLT_SQLITE, "held", ""), 0);
	assert_int_equal(
		quarantine_put(&quarantine, &recorder.db, rows, N_OF(rows), &err), 0);
	assert_int_equal(recorder.n_statements, 3);
	assert_int_equal(recorder.n_values, 4 * N_OF(rows));
	close_all();
}

static void error_types_are_cut_to_valid_text(void **state)
{
	static char wide[301];
	struct log_row rows[] = {
		make_row("1", DB_TEXT, 0, wide),
		make_row("2", DB_TEXT, 0, "bad \xff byte"),
		make_row("3", DB_TEXT, 0, ""),
	};
	struct log_row *ptrs[] = { &rows[0], &rows[1], &rows[2] };

	(void)state;
	wide[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(wide) - 1; i += 2)
		memcpy(wide + i, "ä", 2);
	assert_int_equal(open_as(SLT_POSTGRESQL, "held", ""), 0);
	assert_int_equal(quarantine_put(&quarantine, &recorder.db, ptrs, 3, &err), 0);
	assert_int_equal(strlen(recorder.values[3]), 199);
	assert_string_equal(recorder.values[7], "bad ");
	assert_string_equal(recorder.values[11], "");
	close_all();
}

/* ---------------------------------------------------------------- letting back in */

static const struct release {
	enum slt_dialect dialect;
	const char *key, *text, *bound[2];
} releases[] = {
#define SET " SET released = TRUE WHERE log_table = "
	{ SLT_POSTGRESQL,
	  "12",
	  "UPDATE \"held\"" SET "$1 AND \"log_key\" = ANY($2)",
	  { "app.audit_logs", "{\"12\"}" } },
	{ SLT_MYSQL,
	  "12",
	  "UPDATE `held`" SET "? AND `log_key` IN (?)",
	  { "app.audit_logs", "12" } },
	{ SLT_SQLITE,
	  "12",
	  "UPDATE \"held\"" SET "?1 AND \"log_key\" IN (SELECT value FROM json_each(?2))",
	  { "app.audit_logs", "[\"12\",12]" } },
	{ SLT_SQLITE,
	  "012",
	  "UPDATE \"held\"" SET "?1 AND \"log_key\" IN (SELECT value FROM json_each(?2))",
	  { "app.audit_logs", "[\"012\"]" } },
	{ SLT_SQLITE,
	  "99999999999999999999",
	  "UPDATE \"held\"" SET "?1 AND \"log_key\" IN (SELECT value FROM json_each(?2))",
	  { "app.audit_logs", "[\"99999999999999999999\"]" } },
	{ SLT_SQLITE,
	  NULL,
	  "UPDATE \"held\"" SET "?1 AND NOT released",
	  { "app.audit_logs", "" } },
};

static void keys_of_the_command_line(void **state)
{
	long long n;

	(void)state;
	for (size_t i = 0; i < N_OF(releases); i++) {
		const struct release *r = &releases[i];

		assert_int_equal(open_as(r->dialect, "held", ""), 0);
		assert_int_equal(quarantine_release(&quarantine, &recorder.db, r->key, &n,
						    &err),
				 0);
		assert_string_equal(recorder.text, r->text);
		assert_string_equal(recorder.values[0], r->bound[0]);
		assert_string_equal(recorder.values[1], r->bound[1]);
		close_all();
	}
}

static void a_table_that_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(open_as(SLT_SQLITE, "held", ""), 0);
	recorder.has_table = false;
	assert_int_equal(quarantine_find("held", &recorder.db, &err), 0);
	quarantine_fini(&quarantine);
	assert_int_equal(
		quarantine_open(&quarantine, &settings, &plan, &recorder.db, &err), -1);
	assert_int_equal(err.status, EXIT_CONFIG);
	assert_non_null(strstr(err.text, "structured-log-transfer setup makes it"));
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_leave_out_what_is_listed),
		cmocka_unit_test(without_a_quarantine_pages_are_as_they_were),
		cmocka_unit_test(tables_that_cannot_be_one),
		cmocka_unit_test(entries_are_bound_not_pasted),
		cmocka_unit_test(many_rows_are_several_statements),
		cmocka_unit_test(error_types_are_cut_to_valid_text),
		cmocka_unit_test(keys_of_the_command_line),
		cmocka_unit_test(a_table_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
