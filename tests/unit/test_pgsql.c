// SPDX-License-Identifier: MIT
// The PostgreSQL driver against a real server: SLT_TEST_PGSQL, the URL of a superuser.

#include "driver.h"

#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A schema of its own, which is first in the search path of both sides. */
struct world {
	char schema[64], role[64];
	PGconn *app;
	struct db *db;
	struct err err;
};

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

/* A further connection like w->db. */
static struct db *one_more(struct world *w)
{
	struct db *db = NULL;

	OK(open_db(w, DB_WRITE, NULL, NULL, &db));
	return db;
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
	w->db = one_more(w);
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

	expect(w->db,
	       "SELECT current_setting('TimeZone'), current_setting('DateStyle'),"
	       " current_setting('client_encoding'), current_setting('application_name')",
	       "T:UTC|T:ISO, YMD|T:UTF8|T:structured-log-transfer;");
	expect(w->db, "SELECT '2026-10-01 09:00:00.283402+03'::timestamptz",
	       "T:2026-10-01 06:00:00.283402+00;");
	db_close(w->db);
	OK(open_db(w, DB_WRITE, "application_name", "mine", &w->db));
	expect(w->db, "SHOW application_name", "T:mine;");
}

static void test_cells(void **state)
{
	struct world *w = *state;

	expect(w->db,
	       "SELECT NULL, '', 'abc', 42, true, false, 1.50,"
	       " '{\"b\": 1,\n \"a\":2}'::json, 'caf\xc3\xa9'",
	       "N:|T:|T:abc|T:42|T:t|T:f|T:1.50|T:{\"b\": 1,\n \"a\":2}|T:caf\xc3\xa9;");
	expect(w->db, "SELECT 1 WHERE false", "");
	expect(w->db, "SELECT FROM generate_series(1, 2)", ";;");
}

/* Values have no type of their own: the statement gives them one. */
static void test_values(void **state)
{
	struct world *w = *state;
	struct db_value v[3] = { value("{1,3}", DB_TEXT),
				 value("7", DB_TEXT),
				 { { "x\"y'z\\", 6 }, DB_TEXT } };

	app(w, "CREATE TABLE t(id bigint, u uuid); INSERT INTO t VALUES (1), (2), (3)");
	expect_with(w->db, "SELECT id + $2, $3::text FROM t WHERE id = ANY($1)", v, 3,
		    "T:8|T:x\"y'z\\;T:10|T:x\"y'z\\;");
	v[0] = value(NULL, DB_TEXT);
	v[1] = value("", DB_TEXT);
	expect_with(w->db, "SELECT $1::text IS NULL, $2::text = ''", v, 2, "T:t|T:t;");
	v[0] = (struct db_value){ { "a\0b", 3 }, DB_TEXT };
	fails_with(w->db, "SELECT $1::text", v, 1, EXIT_CONFIG);
	v[0] = value("1", DB_TEXT);
	fails_with(w->db, "SELECT $1::int, $2::int", v, 1, EXIT_CONFIG);
	expect(w->db, "SELECT 1", "T:1;");
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
	expect(w->db, "SELECT 'next'", "T:next;");
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
	expect(w->db, "SELECT 'next'", "T:next;");
}

static void test_touched(void **state)
{
	struct world *w = *state;

	ask_touched(w->db, "42P01");
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
	const char *text;

	for (size_t i = 0; i < N_OF(cases); i++) {
		text = fails(w->db, cases[i], EXIT_CONFIG);
		if (strstr(text, "SeCrEt") || !strstr(text, "SQLSTATE 22"))
			fail_msg("%s", text);
	}
	app(w, "CREATE TABLE t(a text UNIQUE, b int NOT NULL)");
	touches(w->db, "INSERT INTO t VALUES ('SeCrEt', 1)");
	text = fails(w->db, "INSERT INTO t VALUES ('SeCrEt', 1)", EXIT_CONFIG);
	assert_null(strstr(text, "SeCrEt"));
	text = fails(w->db, "INSERT INTO t VALUES ('SeCrEt2', NULL)", EXIT_CONFIG);
	assert_null(strstr(text, "SeCrEt"));
}

static void test_transactions(void **state)
{
	struct world *w = *state;
	struct db *other = one_more(w);

	ask_transactions(w->db, other);
	db_close(other);
	w->db = one_more(w);
	/* the server answers a COMMIT after an error with success, and rolls back */
	OK(db_begin(w->db, &w->err));
	expect(w->db, "SHOW transaction_isolation", "T:read committed;");
	touches(w->db, "INSERT INTO t VALUES (2)");
	fails(w->db, "SELECT 1 / 0", EXIT_CONFIG);
	assert_int_equal(db_commit(w->db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_EARLY);
	expect(w->db, "SELECT count(*) FROM t", "T:1;");
}

/* Also where the server's own default is another. */
static void test_read_committed(void **state)
{
	struct world *w = *state;
	struct db *other = one_more(w);

	expect(w->db, "SET default_transaction_isolation = 'repeatable read'", "");
	ask_read_committed(w->db, other);
	db_close(other);
}

static void test_passing_errors(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a int); INSERT INTO t VALUES (1)");
	app(w, "BEGIN; UPDATE t SET a = 2");
	fails(w->db, "SELECT a FROM t FOR UPDATE NOWAIT", EXIT_EARLY); /* 55P03 */
	app(w, "ROLLBACK");
	expect(w->db, "SET statement_timeout = 20", "");
	fails(w->db, "SELECT pg_sleep(5)", EXIT_EARLY); /* 57014 */
	expect(w->db, "SET statement_timeout = 0", "");
	fails(w->db, "SELEC", EXIT_CONFIG);
	fails(w->db, "SELECT 1; SELECT 2", EXIT_CONFIG);
	fails(w->db, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$",
	      EXIT_EARLY);
	expect(w->db, "DO $$ BEGIN RAISE WARNING 'goes nowhere'; END $$", "");
}

static void test_copy(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a int)");
	fails(w->db, "COPY t TO STDOUT", EXIT_CONFIG);
	assert_false(db_alive(w->db)); /* rather than a connection in an odd state */
	ask_dead(w->db);
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
	static const struct origin cases[] = {
		{ "SELECT id AS slt_key FROM audit_logs", "audit_logs", "id", "--n" },
		{ "SELECT id AS slt_key FROM pk", "pk", "id", "ui-" },
		{ "SELECT a AS slt_key FROM pk", "pk", "a", "--n" },
		{ "SELECT n AS slt_key FROM pk", "pk", "n", "---" },
		{ "SELECT id AS slt_key FROM uuids", "uuids", "id", "uin" },
		{ "SELECT id AS slt_key FROM deferred", "deferred", "id", "-i-" },
		{ "SELECT id AS slt_key FROM partial", "partial", "id", "-in" },
		{ "SELECT id AS slt_key FROM two", "two", "id", "-i-" },
		{ "SELECT a AS slt_key FROM two", "two", "a", "---" },
		{ "SELECT id AS slt_key FROM including", "including", "id", "uin" },
		{ "SELECT id AS slt_key FROM plain", "plain", "id", "-in" },
		{ "SELECT id AS slt_key FROM hashed", "hashed", "id", "--n" },
		{ "SELECT id AS slt_key FROM expr", "expr", "id", "--n" },
		{ "SELECT id AS slt_key FROM patterns", "patterns", "id", "--n" },
		{ "SELECT id AS slt_key FROM anycased", "anycased", "id", "--n" },
		{ "SELECT \"the Key\" AS slt_key FROM \"Odd \"\"Name\"", "Odd \"Name",
		  "the Key", "ui-" },
		{ "SELECT id AS slt_key FROM parts", "parts", "id", "ui-" },
		{ "SELECT id AS slt_key FROM parent", "parent", "id", "---" },
		{ "SELECT k AS slt_key FROM v", "v", "k", "--n" },
		{ "SELECT id AS slt_key FROM mv", "mv", "id", "--n" },
		{ "SELECT p.k AS slt_key FROM (SELECT l.id AS k, l.a FROM pk l LEFT JOIN plain u"
		  " ON u.id = l.n WHERE NOT (l.a IS NULL)) p WHERE p.k > 5 ORDER BY p.k",
		  "pk", "id", "ui-" },
	};
	struct world *w = *state;
	struct db_origin origin;
	struct db_value v = value("5", DB_TEXT);

	app(w, "%s", ddl);
	expect_origins(w->db, w->schema, cases, N_OF(cases));
	OK(db_origin(w->db, "SELECT a, id AS slt_key, n FROM pk WHERE id > $1 LIMIT 0",
		     "slt_key", &v, 1, &origin, &w->err));
	assert_string_equal(origin.column, "id");
	origin_fails(w->db, "SELECT id + 1 AS slt_key FROM pk",
		     "not a column of a table");
	origin_fails(w->db, "SELECT id FROM pk", "not a column of a table");
	origin_fails(w->db, "SELECT id AS slt_key FROM gone", "42P01");
}

static void test_column(void **state)
{
	struct world *w = *state;

	app(w, "CREATE DOMAIN \"Flag\" AS boolean;"
	       "CREATE TABLE \"T one\" (a boolean, b varchar(150), \"C d\" timestamptz,"
	       " e \"Flag\", f int); ALTER TABLE \"T one\" DROP COLUMN f;"
	       "CREATE VIEW v AS SELECT a AS x FROM \"T one\"");
	expect_type(w->db, "", "T one", "nope", NULL);
	expect_type(w->db, "", "T one", "f", NULL);
	expect_type(w->db, "", "T one", "A", NULL);
	expect_type(w->db, "", "T one", "ctid", NULL);
	expect_type(w->db, "", "T one", "a", "boolean");
	expect_type(w->db, "", "T one", "b", "character varying(150)");
	expect_type(w->db, w->schema, "T one", "C d", "timestamp with time zone");
	expect_type(w->db, w->schema, "T one", "e", "\"flag\"");
	expect_type(w->db, w->schema, "v", "x", "boolean");
	expect_type(w->db, "no_such_schema", "v", "x", NULL);
	expect_type(w->db, "", "gone", "x", NULL);
}

static void test_lock(void **state)
{
	struct world *w = *state;
	struct db *const db[] = { w->db, one_more(w), one_more(w) };
	char who[96];

	app(w, "CREATE TABLE logs(id int); CREATE TABLE other(id int)");
	snprintf(who, sizeof(who), "server process %s, client ", backend(w));
	w->db = NULL;
	ask_lock(db, w->schema, who);
}

/* The lock's open transaction holds no snapshot and no lock on the table. */
static void test_lock_holds_nothing_else(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" }, gone = { "", "gone" };
	struct db_holder holder;
	char pid[32];

	app(w, "CREATE TABLE logs(id int)");
	snprintf(pid, sizeof(pid), "%s", backend(w));
	assert_int_equal(db_lock(w->db, &gone, &holder, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	assert_string_equal(
		app_asks(w,
			 "SELECT concat(state, ' ', backend_xmin, backend_xid)"
			 " FROM pg_stat_activity WHERE pid = %s",
			 pid),
		"idle in transaction ");
	app(w, "SET lock_timeout = '1s'; ALTER TABLE logs ADD COLUMN b int");
}

/* A server that ends idle transactions does not end the lock. */
static void test_lock_is_left_alone(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" };
	struct db_holder holder;

	app(w, "CREATE TABLE logs(id int)");
	expect(w->db, "SET idle_in_transaction_session_timeout = 50", "");
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

static void test_killed(void **state)
{
	struct world *w = *state;
	struct db_table t = { "", "logs" };
	struct db_holder holder;
	char pid[32];

	app(w, "CREATE TABLE logs(id int)");
	snprintf(pid, sizeof(pid), "%s", backend(w));
	assert_int_equal(db_lock(w->db, &t, &holder, &w->err), 1);
	assert_true(db_alive(w->db));
	assert_string_equal(app_asks(w, "SELECT pg_terminate_backend(%s)", pid), "t");
	ask_dead(w->db);
	db_close(w->db);
	/* without having looked */
	w->db = one_more(w);
	snprintf(pid, sizeof(pid), "%s", backend(w));
	OK(db_begin(w->db, &w->err));
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
		TEST(test_session),
		TEST(test_cells),
		TEST(test_values),
		TEST(test_enough),
		TEST(test_touched),
		TEST(test_no_value_in_errors),
		TEST(test_transactions),
		TEST(test_read_committed),
		TEST(test_passing_errors),
		TEST(test_copy),
		TEST(test_origin),
		TEST(test_column),
		TEST(test_lock),
		TEST(test_lock_holds_nothing_else),
		TEST(test_lock_is_left_alone),
		TEST(test_hidden_holder),
		TEST(test_killed),
		TEST(test_open_refused),
		TEST(test_password),
		TEST(test_several_hosts),
		TEST(test_silent_host),
	};

	if (!server()) {
		fprintf(stderr, "SLT_TEST_PGSQL is not set: no server to test with\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
