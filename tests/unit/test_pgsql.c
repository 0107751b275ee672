// SPDX-License-Identifier: MIT
// The PostgreSQL driver against a real server: SLT_TEST_PGSQL, the URL of a superuser.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/db.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define OK(call) assert_ok((call), &w->err, __LINE__)

enum { SKIPPED = 77 };

/* A schema of its own, which is first in the search path of both sides. */
struct world {
	char schema[64], role[64];
	PGconn *app;
	struct db *db;
	struct err err;
};

static void assert_ok(int rc, const struct err *err, int line)
{
	if (rc < 0)
		fail_msg("line %d: %d %s", line, (int)err->status, err->text);
}

static const char *server(void)
{
	return getenv("SLT_TEST_PGSQL");
}

/* A connection of ours in the test's schema; option NULL or a further one. */
static int open_db(struct world *w, enum db_access access, const char *option,
		   const char *value, struct db **ret)
{
	struct dburl url;
	char path[96];
	int rc;

	OK(dburl_parse(server(), &url, &w->err));
	snprintf(path, sizeof(path), "-c search_path=%s,public", w->schema);
	OK(dburl_set_option(&url, "options", path, &w->err));
	if (option)
		OK(dburl_set_option(&url, option, value, &w->err));
	rc = db_open(&url, access, ret, &w->err);
	dburl_fini(&url);
	return rc;
}

static void app(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);

static void app(struct world *w, const char *format, ...)
{
	char sql[4096];
	PGresult *result;
	va_list ap;

	va_start(ap, format);
	vsnprintf(sql, sizeof(sql), format, ap);
	va_end(ap);
	result = PQexec(w->app, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
	    PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("the application: %s: %s", sql, PQerrorMessage(w->app));
	PQclear(result);
}

/* The first cell of a SELECT, as the application sees it; "NULL" for NULL. */
static const char *app_asks(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *app_asks(struct world *w, const char *format, ...)
{
	static char text[512];
	char sql[1024];
	PGresult *result;
	va_list ap;

	va_start(ap, format);
	vsnprintf(sql, sizeof(sql), format, ap);
	va_end(ap);
	result = PQexec(w->app, sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("the application: %s: %s", sql, PQerrorMessage(w->app));
	snprintf(text, sizeof(text), "%s",
		 PQntuples(result) == 0	     ? "nothing"
		 : PQgetisnull(result, 0, 0) ? "NULL"
					     : PQgetvalue(result, 0, 0));
	PQclear(result);
	return text;
}

static void silence(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->schema, sizeof(w->schema), "slt_%ld", (long)getpid());
	snprintf(w->role, sizeof(w->role), "slt_role_%ld", (long)getpid());
	w->app = PQconnectdb(server());
	if (PQstatus(w->app) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(w->app));
	PQsetNoticeProcessor(w->app, silence, NULL);
	app(w, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s; SET search_path = %s",
	    w->schema, w->schema, w->schema);
	OK(open_db(w, DB_WRITE, NULL, NULL, &w->db));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	db_close(w->db);
	app(w, "ROLLBACK; DROP SCHEMA %s CASCADE", w->schema);
	PQfinish(w->app);
	free(w);
	return 0;
}

/* Cells of all rows, "N" before NULL; rows end with ";". */
struct reading {
	char text[4096];
	int rows, enough_at;
};

static int read_row(void *arg, const struct db_row *row)
{
	struct reading *r = arg;
	size_t n = strlen(r->text);

	for (size_t i = 0; i < row->n_cells; i++) {
		struct slt_text cell = row->cells[i];

		assert_int_equal(row->types[i], DB_TEXT);
		n += (size_t)snprintf(r->text + n, sizeof(r->text) - n, "%s%c:%.*s",
				      i ? "|" : "", cell.ptr ? 'T' : 'N', (int)cell.len,
				      cell.ptr ? cell.ptr : "");
	}
	snprintf(r->text + n, sizeof(r->text) - n, ";");
	r->rows++;
	return r->rows == r->enough_at;
}

static void expect(struct world *w, const char *sql, const char *text)
{
	struct reading r = { .rows = 0 };

	OK(db_query(w->db, sql, NULL, 0, read_row, &r, &w->err));
	assert_string_equal(r.text, text);
}

static struct db_value value(const char *text)
{
	return (struct db_value){ slt_str(text), DB_TEXT };
}

static void fails(struct world *w, const char *sql, enum exit_status status)
{
	struct reading r = { .rows = 0 };

	if (db_query(w->db, sql, NULL, 0, read_row, &r, &w->err) != -1)
		fail_msg("went through: %s", sql);
	if (w->err.status != status)
		fail_msg("%s: %d %s", sql, (int)w->err.status, w->err.text);
}

static const char *backend(struct world *w)
{
	static char pid[32];
	struct reading r = { .rows = 0 };

	OK(db_query(w->db, "SELECT pg_backend_pid()", NULL, 0, read_row, &r, &w->err));
	snprintf(pid, sizeof(pid), "%.*s", (int)strlen(r.text) - 3, r.text + 2);
	return pid;
}

static void test_session(void **state)
{
	struct world *w = *state;

	expect(w,
	       "SELECT current_setting('TimeZone'), current_setting('DateStyle'),"
	       " current_setting('client_encoding'), current_setting('application_name')",
	       "T:UTC|T:ISO, YMD|T:UTF8|T:structured-log-transfer;");
	expect(w, "SELECT '2026-10-01 09:00:00.283402+03'::timestamptz",
	       "T:2026-10-01 06:00:00.283402+00;");
	db_close(w->db);
	OK(open_db(w, DB_WRITE, "application_name", "mine", &w->db));
	expect(w, "SHOW application_name", "T:mine;");
}

static void test_cells(void **state)
{
	struct world *w = *state;

	expect(w,
	       "SELECT NULL, '', 'abc', 42, true, false, 1.50,"
	       " '{\"b\": 1,\n \"a\":2}'::json, 'caf\xc3\xa9'",
	       "N:|T:|T:abc|T:42|T:t|T:f|T:1.50|T:{\"b\": 1,\n \"a\":2}|T:caf\xc3\xa9;");
	expect(w, "SELECT 1 WHERE false", "");
	expect(w, "SELECT FROM generate_series(1, 2)", ";;");
}

/* Values have no type of their own: the statement gives them one. */
static void test_values(void **state)
{
	struct world *w = *state;
	struct db_value v[3] = { value("{1,3}"),
				 value("7"),
				 { { "x\"y'z\\", 6 }, DB_TEXT } };
	struct reading r = { .rows = 0 };

	app(w, "CREATE TABLE t(id bigint, u uuid); INSERT INTO t VALUES (1), (2), (3)");
	OK(db_query(w->db, "SELECT id + $2, $3::text FROM t WHERE id = ANY($1)", v, 3,
		    read_row, &r, &w->err));
	assert_string_equal(r.text, "T:8|T:x\"y'z\\;T:10|T:x\"y'z\\;");
	memset(&r, 0, sizeof(r));
	v[0] = value(NULL);
	v[1] = value("");
	OK(db_query(w->db, "SELECT $1::text IS NULL, $2::text = ''", v, 2, read_row, &r,
		    &w->err));
	assert_string_equal(r.text, "T:t|T:t;");
	v[0] = (struct db_value){ { "a\0b", 3 }, DB_TEXT };
	assert_int_equal(db_query(w->db, "SELECT $1::text", v, 1, read_row, &r, &w->err),
			 -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	v[0] = value("1");
	assert_int_equal(db_query(w->db, "SELECT $1::int, $2::int", v, 1, read_row, &r,
				  &w->err),
			 -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	expect(w, "SELECT 1", "T:1;");
}

/* Stopped in the middle of a result: nothing is left open, the next answer is its own. */
static void test_enough(void **state)
{
	struct world *w = *state;
	struct reading r = { .enough_at = 2 };

	OK(db_query(w->db, "SELECT generate_series(1, 20000)", NULL, 0, read_row, &r,
		    &w->err));
	assert_string_equal(r.text, "T:1;T:2;");
	assert_string_equal(
		app_asks(w,
			 "SELECT concat(state, backend_xmin, backend_xid) FROM"
			 " pg_stat_activity WHERE pid = %s",
			 backend(w)),
		"idle");
	expect(w, "SELECT 'next'", "T:next;");
	/* rows come one by one, before an error that is behind them */
	memset(&r, 0, sizeof(r));
	assert_int_equal(db_query(w->db,
				  "SELECT 1 / (3 - g) FROM generate_series(1, 5) g", NULL,
				  0, read_row, &r, &w->err),
			 -1);
	assert_string_equal(r.text, "T:0;T:1;");
	assert_int_equal(w->err.status, EXIT_CONFIG);
	/* also when enough was said before it */
	memset(&r, 0, sizeof(r));
	r.enough_at = 1;
	assert_int_equal(db_query(w->db,
				  "SELECT 1 / (3 - g) FROM generate_series(1, 5) g", NULL,
				  0, read_row, &r, &w->err),
			 -1);
	expect(w, "SELECT 'next'", "T:next;");
}

static void test_touched(void **state)
{
	struct world *w = *state;
	long long touched = 77;

	app(w, "CREATE TABLE t(a int); INSERT INTO t VALUES (1), (2), (3)");
	OK(db_exec(w->db, "UPDATE t SET a = a", NULL, 0, &touched, &w->err));
	assert_int_equal(touched, 3);
	OK(db_exec(w->db, "DELETE FROM t WHERE a = 9", NULL, 0, &touched, &w->err));
	assert_int_equal(touched, 0);
	OK(db_exec(w->db, "CREATE TABLE u(a int)", NULL, 0, &touched, &w->err));
	assert_int_equal(touched, 0);
	touched = 77;
	assert_int_equal(
		db_exec(w->db, "UPDATE gone SET a = 1", NULL, 0, &touched, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	assert_non_null(strstr(w->err.text, "42P01"));
	assert_int_equal(touched, 77);
}

/* What an error says of a value: nothing. */
static void test_no_value_in_errors(void **state)
{
	static const char *const cases[] = {
		"SELECT 'SeCrEt'::int",
		"SELECT 'a \"SeCrEt\" b'::int",
		"SELECT '{\"a\": SeCrEt}'::json",
		"SELECT '2026-99-SeCrEt'::date",
		"SELECT 'SeCrEt\xc3\xa4'::int",
		"SELECT ('SeCrEt' || repeat('SeCrEt', 200))::int",
		"SELECT ('\"SeCrEt' || repeat('SeCrEt', 200))::int",
	};
	struct world *w = *state;
	long long touched;

	for (size_t i = 0; i < N_OF(cases); i++) {
		fails(w, cases[i], EXIT_CONFIG);
		if (strstr(w->err.text, "SeCrEt") || !strstr(w->err.text, "SQLSTATE 22"))
			fail_msg("%s", w->err.text);
	}
	app(w, "CREATE TABLE t(a text UNIQUE, b int NOT NULL)");
	OK(db_exec(w->db, "INSERT INTO t VALUES ('SeCrEt', 1)", NULL, 0, &touched,
		   &w->err));
	fails(w, "INSERT INTO t VALUES ('SeCrEt', 1)", EXIT_CONFIG);
	assert_null(strstr(w->err.text, "SeCrEt"));
	fails(w, "INSERT INTO t VALUES ('SeCrEt2', NULL)", EXIT_CONFIG);
	assert_null(strstr(w->err.text, "SeCrEt"));
}

static void test_transactions(void **state)
{
	struct world *w = *state;
	long long touched;

	app(w, "CREATE TABLE t(a int)");
	OK(db_begin(w->db, DB_PLAIN, &w->err));
	expect(w, "SHOW transaction_isolation", "T:read committed;");
	OK(db_exec(w->db, "INSERT INTO t VALUES (1)", NULL, 0, &touched, &w->err));
	db_rollback(w->db);
	db_rollback(w->db);
	expect(w, "SELECT count(*) FROM t", "T:0;");
	OK(db_begin(w->db, DB_EXACT, &w->err));
	expect(w, "SHOW transaction_isolation", "T:repeatable read;");
	OK(db_exec(w->db, "INSERT INTO t VALUES (1)", NULL, 0, &touched, &w->err));
	OK(db_commit(w->db, &w->err));
	expect(w, "SELECT count(*) FROM t", "T:1;");
	/* the server answers a COMMIT after an error with success, and rolls back */
	OK(db_begin(w->db, DB_PLAIN, &w->err));
	OK(db_exec(w->db, "INSERT INTO t VALUES (2)", NULL, 0, &touched, &w->err));
	fails(w, "SELECT 1 / 0", EXIT_CONFIG);
	assert_int_equal(db_commit(w->db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_EARLY);
	expect(w, "SELECT count(*) FROM t", "T:1;");
	OK(db_begin(w->db, DB_PLAIN, &w->err));
	OK(db_exec(w->db, "INSERT INTO t VALUES (2)", NULL, 0, &touched, &w->err));
	db_close(w->db);
	OK(open_db(w, DB_WRITE, NULL, NULL, &w->db));
	expect(w, "SELECT count(*) FROM t", "T:1;");
}

static void test_exact(void **state)
{
	struct world *w = *state;
	struct reading r = { .rows = 0 };
	long long touched;

	app(w, "CREATE TABLE t(a int, b int); INSERT INTO t VALUES (1, 0), (2, 0)");
	OK(db_begin(w->db, DB_EXACT, &w->err));
	OK(db_query(w->db, "SELECT a FROM t", NULL, 0, read_row, &r, &w->err));
	app(w, "INSERT INTO t VALUES (1, 0)"); /* not seen: neither read nor changed */
	OK(db_exec(w->db, "UPDATE t SET b = 1 WHERE a = 1", NULL, 0, &touched, &w->err));
	assert_int_equal(touched, 1);
	OK(db_commit(w->db, &w->err));
	OK(db_begin(w->db, DB_EXACT, &w->err));
	OK(db_query(w->db, "SELECT a FROM t", NULL, 0, read_row, &r, &w->err));
	app(w, "UPDATE t SET b = 5 WHERE a = 2");
	assert_int_equal(db_exec(w->db, "UPDATE t SET b = 1 WHERE a = 2", NULL, 0,
				 &touched, &w->err),
			 -1);
	assert_int_equal(w->err.status, EXIT_EARLY);
	assert_non_null(strstr(w->err.text, "40001"));
	db_rollback(w->db);
	assert_string_equal(app_asks(w,
				     "SELECT string_agg(a || '=' || b, ' ' ORDER BY a, b)"
				     " FROM t"),
			    "1=0 1=1 2=5");
}

static void test_passing_errors(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a int); INSERT INTO t VALUES (1)");
	app(w, "BEGIN; UPDATE t SET a = 2");
	fails(w, "SELECT a FROM t FOR UPDATE NOWAIT", EXIT_EARLY); /* 55P03 */
	app(w, "ROLLBACK");
	expect(w, "SET statement_timeout = 20", "");
	fails(w, "SELECT pg_sleep(5)", EXIT_EARLY); /* 57014 */
	expect(w, "SET statement_timeout = 0", "");
	fails(w, "SELEC", EXIT_CONFIG);
	fails(w, "SELECT 1; SELECT 2", EXIT_CONFIG);
	fails(w, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$",
	      EXIT_EARLY);
	expect(w, "DO $$ BEGIN RAISE WARNING 'goes nowhere'; END $$", "");
}

static void test_copy(void **state)
{
	struct world *w = *state;
	struct reading r = { .rows = 0 };

	app(w, "CREATE TABLE t(a int)");
	fails(w, "COPY t TO STDOUT", EXIT_CONFIG);
	assert_false(db_alive(w->db)); /* rather than a connection in an odd state */
	assert_int_equal(db_query(w->db, "SELECT 1", NULL, 0, read_row, &r, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_UNAVAILABLE);
	assert_int_equal(db_begin(w->db, DB_EXACT, &w->err), -1);
	assert_int_equal(db_commit(w->db, &w->err), -1);
	db_rollback(w->db);
}

static void test_origin(void **state)
{
	static const char ddl[] =
		"CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSONB,"
		" created_at TIMESTAMP WITH TIME ZONE);"
		"CREATE TABLE pk (id bigserial PRIMARY KEY, a text, n int NOT NULL);"
		"CREATE TABLE uuids (id uuid UNIQUE);"
		"CREATE TABLE deferred (id int NOT NULL UNIQUE DEFERRABLE);"
		"CREATE TABLE partial (id int, sent boolean);"
		"CREATE UNIQUE INDEX ON partial (id) WHERE NOT sent;"
		"CREATE TABLE two (id int, a int, PRIMARY KEY (id, a));"
		"CREATE TABLE including (id int, a int);"
		"CREATE UNIQUE INDEX ON including (id) INCLUDE (a);"
		"CREATE TABLE plain (id int); CREATE INDEX ON plain (id);"
		"CREATE TABLE hashed (id int); CREATE INDEX ON hashed USING hash (id);"
		"CREATE TABLE expr (id text); CREATE UNIQUE INDEX ON expr (lower(id));"
		"CREATE TABLE patterns (id text);"
		"CREATE UNIQUE INDEX ON patterns (id text_pattern_ops);"
		"CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2',"
		" deterministic = false);"
		"CREATE TABLE anycased (id text COLLATE anycase);"
		"CREATE UNIQUE INDEX ON anycased (id COLLATE \"C\");"
		"CREATE TABLE \"Odd \"\"Name\" (\"the Key\" int PRIMARY KEY);"
		"CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);"
		"CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (10);"
		"CREATE TABLE parent (id int PRIMARY KEY);"
		"CREATE TABLE child (b int) INHERITS (parent);"
		"CREATE VIEW v AS SELECT id AS k, a FROM pk;"
		"CREATE MATERIALIZED VIEW mv AS SELECT id FROM pk";
	static const struct {
		const char *sql, *table, *column, *facts; /* unique indexed nullable */
	} cases[] = {
		{ "SELECT id FROM audit_logs LIMIT 0", "audit_logs", "id", "--n" },
		{ "SELECT id FROM pk LIMIT 0", "pk", "id", "ui-" },
		{ "SELECT a FROM pk LIMIT 0", "pk", "a", "--n" },
		{ "SELECT n FROM pk LIMIT 0", "pk", "n", "---" },
		{ "SELECT id FROM uuids LIMIT 0", "uuids", "id", "uin" },
		{ "SELECT id FROM deferred LIMIT 0", "deferred", "id", "-i-" },
		{ "SELECT id FROM partial LIMIT 0", "partial", "id", "-in" },
		{ "SELECT id FROM two LIMIT 0", "two", "id", "-i-" },
		{ "SELECT a FROM two LIMIT 0", "two", "a", "---" },
		{ "SELECT id FROM including LIMIT 0", "including", "id", "uin" },
		{ "SELECT id FROM plain LIMIT 0", "plain", "id", "-in" },
		{ "SELECT id FROM hashed LIMIT 0", "hashed", "id", "--n" },
		{ "SELECT id FROM expr LIMIT 0", "expr", "id", "--n" },
		{ "SELECT id FROM patterns LIMIT 0", "patterns", "id", "--n" },
		{ "SELECT id FROM anycased LIMIT 0", "anycased", "id", "--n" },
		{ "SELECT \"the Key\" FROM \"Odd \"\"Name\" LIMIT 0", "Odd \"Name",
		  "the Key", "ui-" },
		{ "SELECT id FROM parts LIMIT 0", "parts", "id", "ui-" },
		{ "SELECT id FROM parent LIMIT 0", "parent", "id", "---" },
		{ "SELECT k FROM v LIMIT 0", "v", "k", "--n" },
		{ "SELECT id FROM mv LIMIT 0", "mv", "id", "--n" },
		{ "SELECT p.k FROM (SELECT l.id AS k, l.a FROM pk l LEFT JOIN plain u"
		  " ON u.id = l.n WHERE NOT (l.a IS NULL)) p WHERE p.k > 5 ORDER BY p.k"
		  " LIMIT 0",
		  "pk", "id", "ui-" },
	};
	struct world *w = *state;
	struct db_origin o;
	struct db_value v = value("5");
	char facts[4];

	app(w, "%s", ddl);
	for (size_t i = 0; i < N_OF(cases); i++) {
		OK(db_origin(w->db, cases[i].sql, NULL, 0, 0, &o, &w->err));
		snprintf(facts, sizeof(facts), "%c%c%c", o.unique ? 'u' : '-',
			 o.indexed ? 'i' : '-', o.nullable ? 'n' : '-');
		if (strcmp(o.table.name, cases[i].table) ||
		    strcmp(facts, cases[i].facts) || strcmp(o.column, cases[i].column) ||
		    strcmp(o.table.schema, w->schema))
			fail_msg("%s: %s.%s.%s %s", cases[i].sql, o.table.schema,
				 o.table.name, o.column, facts);
	}
	OK(db_origin(w->db, "SELECT a, id FROM pk WHERE id > $1 LIMIT 0", &v, 1, 1, &o,
		     &w->err));
	assert_string_equal(o.column, "id");
	assert_int_equal(db_origin(w->db, "SELECT id + 1 FROM pk LIMIT 0", NULL, 0, 0, &o,
				   &w->err),
			 -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	assert_int_equal(db_origin(w->db, "SELECT id FROM pk", NULL, 0, 9, &o, &w->err),
			 -1);
	assert_int_equal(db_origin(w->db, "SELECT id FROM gone LIMIT 0", NULL, 0, 0, &o,
				   &w->err),
			 -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
}

static void test_column(void **state)
{
	struct world *w = *state;
	struct db_table t = { .name = "T one" };
	char type[64] = "untouched";

	app(w, "CREATE DOMAIN \"Flag\" AS boolean;"
	       "CREATE TABLE \"T one\" (a boolean, b varchar(150), \"C d\" timestamptz,"
	       " e \"Flag\", f int); ALTER TABLE \"T one\" DROP COLUMN f;"
	       "CREATE VIEW v AS SELECT a AS x FROM \"T one\"");
	assert_int_equal(db_column(w->db, &t, "nope", type, sizeof(type), &w->err), 0);
	assert_int_equal(db_column(w->db, &t, "f", type, sizeof(type), &w->err), 0);
	assert_int_equal(db_column(w->db, &t, "A", type, sizeof(type), &w->err), 0);
	assert_int_equal(db_column(w->db, &t, "ctid", type, sizeof(type), &w->err), 0);
	assert_string_equal(type, "untouched");
	assert_int_equal(db_column(w->db, &t, "a", type, sizeof(type), &w->err), 1);
	assert_string_equal(type, "boolean");
	assert_int_equal(db_column(w->db, &t, "b", type, sizeof(type), &w->err), 1);
	assert_string_equal(type, "character varying(150)");
	strcpy(t.schema, w->schema);
	assert_int_equal(db_column(w->db, &t, "C d", type, sizeof(type), &w->err), 1);
	assert_string_equal(type, "timestamp with time zone");
	assert_int_equal(db_column(w->db, &t, "e", type, sizeof(type), &w->err), 1);
	assert_string_equal(type, "\"flag\"");
	strcpy(t.name, "v");
	assert_int_equal(db_column(w->db, &t, "x", type, sizeof(type), &w->err), 1);
	strcpy(t.schema, "no_such_schema");
	assert_int_equal(db_column(w->db, &t, "x", type, sizeof(type), &w->err), 0);
	strcpy(t.schema, "");
	strcpy(t.name, "gone");
	assert_int_equal(db_column(w->db, &t, "x", type, sizeof(type), &w->err), 0);
}

static void test_lock(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" }, u = { "", "other" }, gone = { "", "gone" };
	struct db_holder holder = { .seconds = 77 };
	struct db *other;
	char pid[32], who[96];

	app(w, "CREATE TABLE logs(id int); CREATE TABLE other(id int)");
	OK(open_db(w, DB_WRITE, NULL, NULL, &other));
	snprintf(pid, sizeof(pid), "%s", backend(w));
	assert_int_equal(db_lock(w->db, &gone, &holder, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	assert_int_equal(holder.seconds, 77);
	/* the open transaction holds no snapshot and no lock on the table */
	assert_string_equal(
		app_asks(w,
			 "SELECT concat(state, ' ', backend_xmin, backend_xid)"
			 " FROM pg_stat_activity WHERE pid = %s",
			 pid),
		"idle in transaction ");
	app(w, "SET lock_timeout = '1s'; ALTER TABLE logs ADD COLUMN b int");
	snprintf(t.schema, sizeof(t.schema), "%s", w->schema); /* the same table */
	assert_int_equal(db_lock(other, &t, &holder, &w->err), 0);
	snprintf(who, sizeof(who), "server process %s, client ", pid);
	if (strncmp(holder.who, who, strlen(who)) != 0 || strstr(holder.who, "unknown"))
		fail_msg("%s", holder.who);
	assert_in_range(holder.seconds, 0, 5);
	assert_int_equal(db_lock(other, &u, &holder, &w->err), 1); /* another table */
	db_rollback(other);
	assert_true(db_alive(w->db));
	db_close(w->db);
	w->db = NULL;
	assert_int_equal(db_lock(other, &t, &holder, &w->err), 1); /* free at once */
	db_close(other);
}

/* A server that ends idle transactions does not end the lock. */
static void test_lock_is_left_alone(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" };
	struct db_holder holder;

	app(w, "CREATE TABLE logs(id int)");
	expect(w, "SET idle_in_transaction_session_timeout = 50", "");
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	poll(NULL, 0, 300);
	assert_true(db_alive(w->db));
}

/* A role that may not see other sessions is told the pid and nothing else. */
static void test_hidden_holder(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" };
	struct db_holder holder;
	struct db *other;

	app(w,
	    "CREATE TABLE logs(id int); DROP ROLE IF EXISTS %s; CREATE ROLE %s LOGIN;"
	    " GRANT USAGE ON SCHEMA %s TO %s",
	    w->role, w->role, w->schema, w->role);
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	OK(open_db(w, DB_WRITE, "user", w->role, &other));
	assert_int_equal(db_lock(other, &t, &holder, &w->err), 0);
	assert_non_null(strstr(holder.who, ", client unknown"));
	assert_int_equal(holder.seconds, -1);
	db_close(other);
	app(w, "REVOKE USAGE ON SCHEMA %s FROM %s; DROP ROLE %s", w->schema, w->role,
	    w->role);
}

static bool dies(struct world *w)
{
	for (int i = 0; i < 100; i++) {
		if (!db_alive(w->db))
			return true;
		poll(NULL, 0, 20);
	}
	return false;
}

static void test_killed(void **state)
{
	struct world *w = *state;
	struct reading r = { .rows = 0 };
	struct db_table t = { "", "logs" };
	struct db_holder holder;
	char pid[32];

	app(w, "CREATE TABLE logs(id int)");
	snprintf(pid, sizeof(pid), "%s", backend(w));
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	assert_true(db_alive(w->db));
	assert_string_equal(app_asks(w, "SELECT pg_terminate_backend(%s)", pid), "t");
	assert_true(dies(w));
	assert_int_equal(db_query(w->db, "SELECT 1", NULL, 0, read_row, &r, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_UNAVAILABLE);
	db_rollback(w->db);
	db_close(w->db);
	/* without having looked */
	OK(open_db(w, DB_WRITE, NULL, NULL, &w->db));
	snprintf(pid, sizeof(pid), "%s", backend(w));
	OK(db_begin(w->db, DB_PLAIN, &w->err));
	assert_string_equal(app_asks(w, "SELECT pg_terminate_backend(%s)", pid), "t");
	poll(NULL, 0, 200);
	assert_int_equal(db_commit(w->db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_UNAVAILABLE);
	assert_false(db_alive(w->db));
}

static void refused(struct world *w, const char *text_url, enum db_access access,
		    enum exit_status status, const char *text)
{
	struct dburl url;
	struct db *db;

	OK(dburl_parse(text_url, &url, &w->err));
	if (db_open(&url, access, &db, &w->err) != -1)
		fail_msg("accepted: %s", text_url);
	if (w->err.status != status || !strstr(w->err.text, text) ||
	    strstr(w->err.text, "SeCrEt") || strstr(w->err.text, "LOCATION"))
		fail_msg("%s: %d %s", text_url, (int)w->err.status, w->err.text);
	dburl_fini(&url);
}

static void test_open_refused(void **state)
{
	static const struct {
		const char *option, *text;
		enum db_access access;
	} cases[] = {
		{ "sslmod=require", "sslmod", DB_READ },
		{ "sslmode=maybe", "sslmode", DB_READ },
		{ "connect_timeout=soon", "connect_timeout", DB_READ },
		{ "options=-c%20default_transaction_read_only=on", "read-only",
		  DB_WRITE },
	};
	struct world *w = *state;
	char at[256], url[512];

	snprintf(at, sizeof(at), "host=%s&port=%s", PQhost(w->app), PQport(w->app));
	for (size_t i = 0; i < N_OF(cases); i++) {
		snprintf(url, sizeof(url), "postgres://%s:SeCrEt@/%s?%s&%s",
			 PQuser(w->app), PQdb(w->app), at, cases[i].option);
		refused(w, url, cases[i].access, EXIT_CONFIG, cases[i].text);
	}
	snprintf(url, sizeof(url), "postgres://%s:SeCrEt@/no%s?%s", PQuser(w->app),
		 w->schema, at);
	refused(w, url, DB_READ, EXIT_CONFIG, "3D000");
	snprintf(url, sizeof(url), "postgres://%s:SeCrEt@/%s?%s", w->role, PQdb(w->app),
		 at);
	refused(w, url, DB_READ, EXIT_CONFIG, "SQLSTATE 28");
	refused(w, "postgres://u:SeCrEt@127.0.0.1:1/d", DB_READ, EXIT_UNAVAILABLE,
		"127.0.0.1");
	refused(w, "postgres://u:SeCrEt@host.invalid/d", DB_READ, EXIT_UNAVAILABLE,
		"host.invalid");
	refused(w, "postgres:////no/such/folder/d", DB_READ, EXIT_UNAVAILABLE,
		"/no/such");
}

/* A password is checked; it needs a role of which the server asks one (pg_hba.conf). */
static void test_password(void **state)
{
	struct world *w = *state;
	const char *role = getenv("SLT_TEST_PGSQL_SCRAM"); /* user:password */
	char url[256], user[64];
	struct dburl parsed;
	struct db *db;

	if (!role || *PQhost(w->app) == '/')
		skip();
	snprintf(user, sizeof(user), "%.*s", (int)strcspn(role, ":"), role);
	snprintf(url, sizeof(url), "postgres://%s:SeCrEt@%s:%s/%s", user, PQhost(w->app),
		 PQport(w->app), PQdb(w->app));
	refused(w, url, DB_READ, EXIT_CONFIG, "28P01");
	snprintf(url, sizeof(url), "postgres://%s@%s:%s/%s", user, PQhost(w->app),
		 PQport(w->app), PQdb(w->app));
	refused(w, url, DB_READ, EXIT_CONFIG, "no password supplied");
	OK(dburl_parse(url, &parsed, &w->err));
	dburl_set_password(&parsed, strchr(role, ':') + 1);
	OK(db_open(&parsed, DB_WRITE, &db, &w->err));
	db_close(db);
	dburl_fini(&parsed);
}

/* libpq's own fail-over: a dead host before the living one. */
static void test_several_hosts(void **state)
{
	struct world *w = *state;
	struct dburl url;
	struct db *db;
	char hosts[256], ports[64];

	OK(dburl_parse(server(), &url, &w->err));
	snprintf(hosts, sizeof(hosts), "127.0.0.1,%s", PQhost(w->app));
	snprintf(ports, sizeof(ports), "1,%s", PQport(w->app));
	OK(dburl_set_option(&url, "host", hosts, &w->err));
	OK(dburl_set_option(&url, "port", ports, &w->err));
	OK(db_open(&url, DB_WRITE, &db, &w->err));
	db_close(db);
	OK(dburl_set_option(&url, "options", "-c default_transaction_read_only=on",
			    &w->err));
	assert_int_equal(db_open(&url, DB_WRITE, &db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	OK(db_open(&url, DB_READ, &db, &w->err));
	db_close(db);
	dburl_fini(&url);
}

/* A host that takes the connection and says nothing is passed over in the end. */
static void test_silent_host(void **state)
{
	struct world *w = *state;
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	struct dburl url;
	struct db *db;
	char hosts[256], ports[64];
	int silent = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(silent, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(silent, 5), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&at, &size), 0);
	OK(dburl_parse(server(), &url, &w->err));
	OK(dburl_set_option(&url, "connect_timeout", "2", &w->err));
	snprintf(hosts, sizeof(hosts), "127.0.0.1,%s", PQhost(w->app));
	snprintf(ports, sizeof(ports), "%d,%s", ntohs(at.sin_port), PQport(w->app));
	OK(dburl_set_option(&url, "host", hosts, &w->err));
	OK(dburl_set_option(&url, "port", ports, &w->err));
	OK(db_open(&url, DB_WRITE, &db, &w->err));
	db_close(db);
	OK(dburl_set_option(&url, "host", "127.0.0.1", &w->err));
	snprintf(ports, sizeof(ports), "%d", ntohs(at.sin_port));
	OK(dburl_set_option(&url, "port", ports, &w->err));
	assert_int_equal(db_open(&url, DB_WRITE, &db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_UNAVAILABLE);
	dburl_fini(&url);
	close(silent);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_session),	   TEST(test_cells),
		TEST(test_values),	   TEST(test_enough),
		TEST(test_touched),	   TEST(test_no_value_in_errors),
		TEST(test_transactions),   TEST(test_exact),
		TEST(test_passing_errors), TEST(test_copy),
		TEST(test_origin),	   TEST(test_column),
		TEST(test_lock),	   TEST(test_lock_is_left_alone),
		TEST(test_hidden_holder),  TEST(test_killed),
		TEST(test_open_refused),   TEST(test_password),
		TEST(test_several_hosts),  TEST(test_silent_host),
	};

	if (!server()) {
		fprintf(stderr, "SLT_TEST_PGSQL is not set: no server to test with\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
