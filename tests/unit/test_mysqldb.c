// SPDX-License-Identifier: MIT
// The driver for MySQL and MariaDB against real servers: SLT_TEST_MYSQL and
// SLT_TEST_MARIADB, URLs of accounts that may do everything.

#include "driver.h"

#include <arpa/inet.h>
#include <mysql.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A database of its own on the server being tested. */
struct world {
	char name[64], user[32];
	MYSQL *app;
	struct db *db;
	struct err err;
};

static const char *server; /* its URL */
static bool is_mariadb;

/* A connection of ours to the test's database; option NULL or a further one. */
static int open_with(struct world *w, enum db_access access, const char *option,
		     const char *text, struct db **ret)
{
	struct dburl url;
	int rc;

	OK(dburl_parse(server, &url, &w->err));
	free(url.name);
	url.name = strdup(w->name);
	assert_non_null(url.name);
	if (option)
		OK(dburl_set_option(&url, option, text, &w->err));
	rc = db_open(&url, access, ret, &w->err);
	dburl_fini(&url);
	return rc;
}

static struct db *one_more(struct world *w)
{
	struct db *db = NULL;

	OK(open_with(w, DB_WRITE, NULL, NULL, &db));
	return db;
}

/* Runs statements, and keeps the first cell of the last result. */
static void run(struct world *w, const char *sql, char *ret, size_t size)
{
	int more = mysql_real_query(w->app, sql, strlen(sql));
	MYSQL_RES *result;
	MYSQL_ROW row;

	for (; more == 0; more = mysql_next_result(w->app)) {
		result = mysql_store_result(w->app);
		row = result ? mysql_fetch_row(result) : NULL;
		if (result)
			snprintf(ret, size, "%s",
				 !row	  ? "nothing"
				 : row[0] ? row[0]
					  : "NULL");
		mysql_free_result(result);
	}
	if (more > 0)
		fail_msg("the application: %s: %s", mysql_error(w->app), sql);
}

static void app(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);

static void app(struct world *w, const char *format, ...)
{
	char sql[8192], unused[8];
	va_list ap;

	va_start(ap, format);
	vsnprintf(sql, sizeof(sql), format, ap);
	va_end(ap);
	run(w, sql, unused, sizeof(unused));
}

/* The first cell of a SELECT, as the application sees it; "NULL" for NULL. */
static const char *app_asks(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *app_asks(struct world *w, const char *format, ...)
{
	static char text[512];
	char sql[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(sql, sizeof(sql), format, ap);
	va_end(ap);
	run(w, sql, text, sizeof(text));
	return text;
}

static MYSQL *connect_app(struct world *w)
{
	MYSQL *app = mysql_init(NULL);
	struct dburl url;

#ifndef MARIADB_PACKAGE_VERSION_ID
	bool yes = true;

	mysql_options(app, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &yes);
#endif
	OK(dburl_parse(server, &url, &w->err));
	if (!mysql_real_connect(app, url.host, url.user, url.password, NULL,
				url.port ? (unsigned)strtoul(url.port, NULL, 10) : 0,
				NULL, 0 | CLIENT_MULTI_STATEMENTS) ||
	    mysql_set_character_set(app, "utf8mb4"))
		fail_msg("%s", mysql_error(app));
	dburl_fini(&url);
	return app;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->name, sizeof(w->name), "slt_%ld", (long)getpid());
	snprintf(w->user, sizeof(w->user), "slt_user_%ld", (long)getpid());
	w->app = connect_app(w);
	is_mariadb = strstr(app_asks(w, "SELECT version()"), "MariaDB") != NULL;
	app(w,
	    "DROP DATABASE IF EXISTS %s; CREATE DATABASE %s CHARACTER SET utf8mb4; USE %s;"
	    " SET sql_mode = '', time_zone = '+00:00', lock_wait_timeout = 2",
	    w->name, w->name, w->name);
	w->db = one_more(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	db_close(w->db);
	app(w, "ROLLBACK; DROP DATABASE IF EXISTS %s; DROP DATABASE IF EXISTS %s_2",
	    w->name, w->name);
	app(w, "DROP USER IF EXISTS %s", w->user);
	mysql_close(w->app);
	free(w);
	return 0;
}

/* The server's number of a connection. */
static const char *number_of(struct world *w, struct db *db)
{
	static char number[32];
	struct reading r = { .rows = 0 };

	OK(db_query(db, "SELECT CONNECTION_ID()", NULL, 0, read_row, &r, &w->err));
	snprintf(number, sizeof(number), "%.*s", (int)strlen(r.text) - 3, r.text + 2);
	return number;
}

/* ---------------------------------------------------------------- the session */

static void expect_session(struct world *w)
{
	struct reading r = { .rows = 0 };

	expect(w->db,
	       "SELECT @@session.time_zone, @@session.sql_mode, @@session.autocommit,"
	       " @@session.innodb_lock_wait_timeout, @@character_set_client,"
	       " @@character_set_connection, @@character_set_results",
	       "T:+00:00|T:STRICT_TRANS_TABLES|I:1|I:3|T:utf8mb4|T:utf8mb4|T:utf8mb4;");
	/* tx_isolation or transaction_isolation */
	OK(db_query(w->db,
		    "SHOW SESSION VARIABLES WHERE variable_name LIKE 't%x_isolation'"
		    " OR variable_name = 'transaction_isolation'",
		    NULL, 0, read_row, &r, &w->err));
	if (!strstr(r.text, "|T:READ-COMMITTED;"))
		fail_msg("%s", r.text);
}

static void test_session(void **state)
{
	struct world *w = *state;

	expect_session(w);
	expect(w->db, "SELECT '\xf0\x9f\x98\x80', HEX('\xf0\x9f\x98\x80')",
	       "T:\xf0\x9f\x98\x80|T:F09F9880;");
	app(w, "CREATE TABLE t(at timestamp(6)); SET time_zone = '+03:00';"
	       " INSERT INTO t VALUES ('2026-10-01 09:00:00.283402')");
	expect(w->db, "SELECT at FROM t", "T:2026-10-01 06:00:00.283402;");
}

/* ---------------------------------------------------------------- cells */

static const struct type {
	const char *type, *stored, *cell;
} types[] = {
	{ "bigint unsigned", "18446744073709551615", "I:18446744073709551615" },
	{ "bigint", "-9223372036854775808", "I:-9223372036854775808" },
	{ "int", "-1", "I:-1" },
	{ "int unsigned", "4294967295", "I:4294967295" },
	{ "int(5) zerofill", "42", "I:00042" },
	{ "mediumint", "-8388608", "I:-8388608" },
	{ "smallint unsigned", "65535", "I:65535" },
	{ "tinyint", "-128", "I:-128" },
	{ "boolean", "TRUE", "I:1" },
	{ "boolean", "NULL", "N:" },
	{ "decimal(30,10)", "12345678901234567890.0123456789",
	  "D:12345678901234567890.0123456789" },
	{ "decimal(5,2)", "-0.5", "D:-0.50" },
	{ "decimal(20,0)", "12345678901234567890", "D:12345678901234567890" },
	{ "float", "0.1", "R:0.1" },
	{ "float", "-3.14159274", "R:-3.14159" },
	{ "float", "16777216", "R:16777200" },
	{ "float", "1.5e-30", "R:1.5e-30" },
	{ "double", "0.1e0", "R:0.1" },
	{ "double", "0.1e0 + 0.2e0", "R:0.30000000000000004" },
	{ "double", "1e15", "R:1e15" },
	{ "double", "123456789012345", "R:123456789012345" },
	{ "double", "1e22", "R:1e22" },
	{ "double", "-1.7976931348623157e308", "R:-1.7976931348623157e308" },
	{ "double", "2.2250738585072014e-308", "R:2.2250738585072014e-308" },
	{ "double", "0", "R:0" },
	{ "double(10,2)", "1.5", "R:1.50" },
	{ "bit(1)", "b'1'", "I:1" },
	{ "bit(1)", "b'0'", "I:0" },
	{ "bit(8)", "b'10100101'", "I:165" },
	{ "bit(64)", "~0", "I:18446744073709551615" },
	{ "bit(1)", "NULL", "N:" },
	{ "year", "2026", "I:2026" },
	{ "year", "0", "I:0000" },
	{ "date", "'2026-01-02'", "T:2026-01-02" },
	{ "date", "'0000-00-00'", "T:0000-00-00" },
	{ "datetime", "'2026-01-02 03:04:05'", "T:2026-01-02 03:04:05" },
	{ "datetime", "'2026-01-02'", "T:2026-01-02 00:00:00" },
	{ "datetime", "'0000-00-00 00:00:00'", "T:0000-00-00 00:00:00" },
	{ "datetime(3)", "'2026-01-02 03:04:05.12'", "T:2026-01-02 03:04:05.120" },
	{ "datetime(6)", "'2026-01-02 03:04:05.000007'", "T:2026-01-02 03:04:05.000007" },
	{ "datetime(6)", "'2026-01-02 03:04:05'", "T:2026-01-02 03:04:05.000000" },
	{ "datetime(6)", "'2026-01-02'", "T:2026-01-02 00:00:00.000000" },
	{ "timestamp NULL", "'2026-01-02 03:04:05'", "T:2026-01-02 03:04:05" },
	{ "timestamp(6) NULL", "'2026-01-02 03:04:05.5'",
	  "T:2026-01-02 03:04:05.500000" },
	{ "time", "'-12:34:56'", "T:-12:34:56" },
	{ "time", "'838:59:59'", "T:838:59:59" },
	{ "time", "0", "T:00:00:00" },
	{ "time(3)", "0", "T:00:00:00.000" },
	{ "time(6)", "'-00:00:01.000002'", "T:-00:00:01.000002" },
	{ "json", "'{\"a\": [1.5, \"caf\xc3\xa9\"]}'",
	  "T:{\"a\": [1.5, \"caf\xc3\xa9\"]}" },
	{ "json", "NULL", "N:" },
	{ "longtext", "'caf\xc3\xa9'", "T:caf\xc3\xa9" },
	{ "text CHARACTER SET latin1", "'caf\xc3\xa9'", "T:caf\xc3\xa9" },
	{ "char(5)", "'ab'", "T:ab" },
	{ "varchar(10)", "'ab  '", "T:ab  " },
	{ "varchar(10)", "''", "T:" },
	{ "varchar(10)", "NULL", "N:" },
	{ "binary(4)", "'ABCD'", "B:ABCD" },
	{ "varbinary(8)", "x'c3a9'", "B:\xc3\xa9" },
	{ "blob", "''", "B:" },
	{ "enum('a', 'b')", "'b'", "T:b" },
	{ "set('x', 'y', 'z')", "'x,z'", "T:x,z" },
};

static const struct type mariadb_types[] = {
	{ "uuid", "'123E4567-e89b-12d3-a456-426614174000'",
	  "T:123e4567-e89b-12d3-a456-426614174000" },
	{ "inet6", "'::FFFF'", "T:::ffff" },
};

/* Read as the server prints it in a text of its own, but for bits, which it does not. */
static void expect_type_read(struct world *w, const struct type *type)
{
	char text[128];

	app(w, "DROP TABLE IF EXISTS t; CREATE TABLE t(c %s); INSERT INTO t VALUES (%s)",
	    type->type, type->stored);
	snprintf(text, sizeof(text), "%s;", type->cell);
	expect(w->db, "SELECT c FROM t", text);
	if (*type->cell != 'N' && strncmp(type->type, "bit", 3) != 0)
		assert_string_equal(app_asks(w, "SELECT c FROM t"), type->cell + 2);
}

static void test_types(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < N_OF(types); i++)
		expect_type_read(w, &types[i]);
	for (size_t i = 0; is_mariadb && i < N_OF(mariadb_types); i++)
		expect_type_read(w, &mariadb_types[i]);
	expect(w->db, "SELECT NULL, 1, 'a', 1.5, 1.5e0, x'41'",
	       "N:|I:1|T:a|D:1.5|R:1.5|B:A;");
	expect(w->db, "SELECT 1 FROM t WHERE FALSE", "");
}

/* Rows of three texts: the length of each is expected, all bytes are of one letter. */
static const struct lengths {
	long n[3]; /* -1: NULL */
} lengths[] = {
	{ { 0, 0, 0 } },	  { { 1023, 1024, 1025 } },  { { 1025, 1023, 1024 } },
	{ { 3, -1, 100000 } },	  { { 100000, 100000, 0 } }, { { 5000000, 1, 5000000 } },
	{ { 1, 2, 3 } },	  { { -1, 5000000, -1 } },   { { 4, 0, 5 } },
	{ { 1024, 1024, 1024 } },
};

static int check_lengths(void *arg, const struct db_row *row)
{
	size_t *n = arg;
	const struct lengths *wanted = &lengths[(*n)++];

	for (size_t i = 0; i < 3; i++) {
		const struct slt_text cell = row->cells[i];

		if (wanted->n[i] < 0) {
			assert_null(cell.ptr);
			continue;
		}
		assert_non_null(cell.ptr);
		assert_int_equal(cell.len, wanted->n[i]);
		for (size_t j = 0; j < cell.len; j++)
			if (cell.ptr[j] != "abc"[i])
				fail_msg("row %zu, cell %zu, byte %zu: %d", *n, i, j,
					 cell.ptr[j]);
		assert_int_equal(cell.ptr[cell.len], '\0');
	}
	return 0;
}

static void put_repeat(char *to, size_t size, char letter, long n)
{
	snprintf(to, size, n < 0 ? "NULL" : "REPEAT('%c', %ld)", letter, n);
}

static void test_sizes(void **state)
{
	struct world *w = *state;
	char a[32], b[32], c[32];
	size_t n;

	app(w, "CREATE TABLE t(id int PRIMARY KEY, a longtext, b longblob, c longtext)");
	for (size_t i = 0; i < N_OF(lengths); i++) {
		put_repeat(a, sizeof(a), 'a', lengths[i].n[0]);
		put_repeat(b, sizeof(b), 'b', lengths[i].n[1]);
		put_repeat(c, sizeof(c), 'c', lengths[i].n[2]);
		app(w, "INSERT INTO t VALUES (%zu, %s, %s, %s)", i, a, b, c);
	}
	for (int again = 0; again < 2; again++) {
		n = 0;
		OK(db_query(w->db, "SELECT a, b, c FROM t ORDER BY id", NULL, 0,
			    check_lengths, &n, &w->err));
		assert_int_equal(n, N_OF(lengths));
	}
	/* and bytes that end no text */
	app(w, "DELETE FROM t; INSERT INTO t VALUES (1, 'a\\0b', x'00', 'c')");
	expect(w->db, "SELECT HEX(a), HEX(b), c FROM t", "T:610062|T:00|T:c;");
}

static int count_up(void *arg, const struct db_row *row)
{
	long *last = arg;

	assert_int_equal(strtol(row->cells[0].ptr, NULL, 10), ++*last);
	return *last == 2000;
}

#define NUMBERS(n)                                                       \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n" \
	" WHERE i < " n ") SELECT i FROM n"

/* Stopped in the middle of a result: nothing is left open, also not on the table. */
static void test_enough(void **state)
{
	struct world *w = *state;
	struct reading r = { .enough_at = 2 };
	long last = 0;

	app(w, "CREATE TABLE t(a int PRIMARY KEY); INSERT INTO t " NUMBERS("1000"));
	OK(db_query(w->db, "SELECT a FROM t ORDER BY a", NULL, 0, count_up, &last,
		    &w->err));
	assert_int_equal(last, 1000);
	OK(db_query(w->db, "SELECT a, REPEAT('x', 1000) FROM t ORDER BY a", NULL, 0,
		    count_up, &(long){ 0 }, &w->err));
	OK(db_query(w->db, "SELECT a FROM t ORDER BY a", NULL, 0, read_row, &r, &w->err));
	assert_string_equal(r.text, "I:1;I:2;");
	app(w, "ALTER TABLE t ADD COLUMN b int"); /* waits for whoever has it open */
	expect(w->db, "SELECT 'next'", "T:next;");
	/* rows come one by one, before an error that is behind them */
	app(w, "CREATE TABLE u(a int); INSERT INTO u VALUES (1), (2), (3), (3)");
	memset(&r, 0, sizeof(r));
	assert_int_equal(db_query(w->db,
				  "SELECT (SELECT u.a FROM u WHERE u.a = t.a) FROM t"
				  " ORDER BY a LIMIT 5",
				  NULL, 0, read_row, &r, &w->err),
			 -1);
	assert_string_equal(r.text, "I:1;I:2;");
	assert_int_equal(w->err.status, EXIT_CONFIG);
	expect(w->db, "SELECT 'next'", "T:next;");
	/* a statement that gives rows although none are wanted */
	touches(w->db, "SELECT a FROM t");
	expect(w->db, "SELECT 'next'", "T:next;");
	OK(db_begin(w->db, &w->err));
	OK(db_commit(w->db, &w->err));
	app(w, "ALTER TABLE t DROP COLUMN b");
}

/* ---------------------------------------------------------------- values */

static void test_values(void **state)
{
	struct world *w = *state;
	struct db_value v[3] = { value("'; DROP TABLE t; -- \\", DB_TEXT),
				 value("", DB_TEXT), value(NULL, DB_TEXT) };
	static const char *const no_numbers[] = {
		"12x",
		"18446744073709551616",
		"-9223372036854775809",
		"",
		"1000000000000000000000000000000000000000000000000000000000000000000",
	};
	const char *text;

	app(w, "CREATE TABLE t(a int); INSERT INTO t VALUES (1), (2)");
	expect_with(w->db, "SELECT ?, ? = '', ? IS NULL", v, 3,
		    "T:'; DROP TABLE t; -- \\|I:1|I:1;");
	v[0] = (struct db_value){ { "a\0b\xff", 4 }, DB_BLOB };
	expect_with(w->db, "SELECT HEX(?)", v, 1, "T:610062FF;");
	v[0] = (struct db_value){ { "a\0\xc3\xa9", 4 }, DB_TEXT };
	expect_with(w->db, "SELECT HEX(?)", v, 1, "T:6100C3A9;");
	v[0] = value("1", DB_INTEGER);
	v[1] = value("1", DB_INTEGER);
	expect_with(w->db, "SELECT a FROM t WHERE a > ? ORDER BY a LIMIT ?", v, 2,
		    "I:2;");
	text = fails_with(w->db, "SELECT ?", v, 2, EXIT_CONFIG);
	assert_non_null(strstr(text, "takes 1 values and got 2"));
	fails_with(w->db, "SELECT ?, ?", v, 1, EXIT_CONFIG);
	fails_with(w->db, "SELECT ?", v, 0, EXIT_CONFIG);
	for (size_t i = 0; i < N_OF(no_numbers); i++) {
		v[0] = value(no_numbers[i], DB_INTEGER);
		text = fails_with(w->db, "SELECT ?", v, 1, EXIT_BUG);
		assert_null(strstr(text, "12x"));
	}
	expect(w->db, "SELECT 'next'", "T:next;");
}

struct keys {
	struct db_value values[16];
	char bytes[16][64];
	size_t n;
};

static int keep_key(void *arg, const struct db_row *row)
{
	struct keys *keys = arg;
	struct slt_text cell = row->cells[0];

	memcpy(keys->bytes[keys->n], cell.ptr, cell.len);
	keys->values[keys->n] = (struct db_value){ { keys->bytes[keys->n], cell.len },
						   row->types[0] };
	keys->n++;
	return 0;
}

/* Each key, bound as it was read, meets its own row and no other, and what is after it is
 * after it. */
static void expect_keys_meet(struct world *w, const char *type, const char *rows)
{
	static const char update[] = "UPDATE t SET seen = seen + 1 WHERE k = ?";
	struct keys keys = { .n = 0 };
	char after[32];
	long long touched;

	app(w,
	    "DROP TABLE IF EXISTS t; CREATE TABLE t(k %s PRIMARY KEY, seen int DEFAULT 0);"
	    " INSERT INTO t(k) VALUES %s",
	    type, rows);
	OK(db_query(w->db, "SELECT k FROM t ORDER BY k", NULL, 0, keep_key, &keys,
		    &w->err));
	for (size_t i = 0; i < keys.n; i++) {
		OK(db_exec(w->db, update, &keys.values[i], 1, &touched, &w->err));
		if (touched != 1)
			fail_msg("%s, key %zu: %lld rows", type, i, touched);
		snprintf(after, sizeof(after), "I:%zu;", keys.n - i - 1);
		expect_with(w->db, "SELECT COUNT(*) FROM t WHERE k > ?", &keys.values[i],
			    1, after);
	}
	assert_true(keys.n > 1);
	expect(w->db, "SELECT MAX(seen), MIN(seen) FROM t", "I:1|I:1;");
}

static void test_keys_meet_their_rows(void **state)
{
	struct world *w = *state;

	expect_keys_meet(w, "bigint",
			 "(-9223372036854775808), (-1), (0), (9007199254740992),"
			 " (9007199254740993), (9223372036854775807)");
	expect_keys_meet(w, "bigint unsigned",
			 "(0), (9007199254740993), (9007199254740992),"
			 " (9223372036854775808), (18446744073709551614),"
			 " (18446744073709551615)");
	expect_keys_meet(w, "int(5) zerofill", "(1), (10), (99999)");
	expect_keys_meet(w, "decimal(30,10)",
			 "(12345678901234567890.0123456789),"
			 " (12345678901234567890.012345679), (-0.5), (0)");
	expect_keys_meet(w, "bit(64)", "(0), (1), (18446744073709551615)");
	expect_keys_meet(w, "varchar(50) COLLATE utf8mb4_bin",
			 "(''), ('1'), ('01'), ('a'), ('A'), ('a\\'b\\\\c\\0d'),"
			 " ('zw\xc3\xb6lf'), ('zwolf'), ('\xf0\x9f\x98\x80')");
	expect_keys_meet(w, "varbinary(50)", "(''), (x'00'), (x'0000'), (x'ff'), ('1')");
	expect_keys_meet(
		w, "binary(16)",
		"(UNHEX('000102030405060708090a0b0c0d0e0f')), (REPEAT('a', 16))");
	expect_keys_meet(w, "char(36)", "('123e4567-e89b-12d3-a456-426614174000'), ('')");
	expect_keys_meet(w, "datetime(6)",
			 "('2026-01-02 03:04:05.000007'), ('2026-01-02 03:04:05')");
	expect_keys_meet(w, "date", "('2026-01-02'), ('2026-01-03')");
	expect_keys_meet(w, "double", "(0.1e0), (0.1e0 + 0.2e0), (1e22), (-0.5)");
	if (is_mariadb)
		expect_keys_meet(w, "uuid",
				 "('123e4567-e89b-12d3-a456-426614174000'),"
				 " ('223e4567-e89b-12d3-a456-426614174000')");
}

/* ---------------------------------------------------------------- statements */

/* A number that the server counts for our session alone. */
static long counted(struct world *w, const char *what)
{
	struct reading r = { .rows = 0 };
	char sql[128];

	snprintf(sql, sizeof(sql), "SHOW SESSION STATUS LIKE '%s'", what);
	OK(db_query(w->db, sql, NULL, 0, read_row, &r, &w->err));
	return strtol(strrchr(r.text, ':') + 1, NULL, 10);
}

/* More texts than are kept, again and again, each with its own answer. */
static void test_many_statements(void **state)
{
	struct world *w = *state;
	char sql[64], text[64];
	long closed, prepared;

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 20; i++) {
			snprintf(sql, sizeof(sql), "SELECT %d", i * (round + 1));
			snprintf(text, sizeof(text), "I:%d;", i * (round + 1));
			expect(w->db, sql, text);
			expect(w->db, "SELECT 'kept'", "T:kept;");
		}
	/* what is not kept is closed; what is in use is kept */
	closed = counted(w, "Com_stmt_close");
	prepared = counted(w, "Com_stmt_prepare");
	assert_in_range(prepared - closed, 1, 10);
	for (int i = 0; i < 50; i++)
		expect(w->db, "SELECT 'kept'", "T:kept;");
	assert_int_equal(counted(w, "Com_stmt_prepare"), prepared);
}

/* A kept statement is made anew when its table has changed. */
static void test_altered_table(void **state)
{
	static const char star[] = "SELECT * FROM t", a[] = "SELECT a FROM t";
	static const char mark[] = "UPDATE t SET b = b + 1 WHERE a = ?";
	struct world *w = *state;
	struct db_value key = value("1", DB_INTEGER);
	long long touched;

	app(w, "CREATE TABLE t(a int, b int); INSERT INTO t VALUES (1, 0)");
	expect(w->db, a, "I:1;");
	expect(w->db, star, "I:1|I:0;");
	OK(db_exec(w->db, mark, &key, 1, &touched, &w->err));
	app(w, "ALTER TABLE t ADD COLUMN c varchar(10) DEFAULT 'new'");
	expect(w->db, a, "I:1;");
	expect(w->db, star, "I:1|I:1|T:new;");
	app(w, "ALTER TABLE t MODIFY COLUMN a bigint unsigned, DROP COLUMN c;"
	       " UPDATE t SET a = 18446744073709551615");
	expect(w->db, a, "I:18446744073709551615;");
	expect(w->db, star, "I:18446744073709551615|I:1;");
	app(w, "ALTER TABLE t MODIFY COLUMN a varchar(100); UPDATE t SET a = '1'");
	expect(w->db, a, "T:1;");
	key.type = DB_TEXT;
	OK(db_exec(w->db, mark, &key, 1, &touched, &w->err));
	assert_int_equal(touched, 1);
	app(w, "DROP TABLE t; CREATE TABLE t(a int, b int); INSERT INTO t VALUES (1, 7)");
	expect(w->db, a, "I:1;");
	OK(db_exec(w->db, mark, &key, 1, &touched, &w->err));
	assert_int_equal(touched, 1);
	app(w, "DROP TABLE t");
	fails(w->db, a, EXIT_CONFIG);
	app(w, "CREATE TABLE t(a int)");
	expect(w->db, a, "");
}

static void test_touched(void **state)
{
	struct world *w = *state;

	ask_touched(w->db, "error 1146");
}

static void test_bad_statements(void **state)
{
	static const char *const cases[] = {
		"SELEC 1",
		"SELECT 1; SELECT 2",
		"",
		" ; ",

		"SELECT * FROM missing",
		"SELECT missing FROM t",
		"SELECT \"a",
		"SELECT {",
	};
	struct world *w = *state;

	app(w, "CREATE TABLE t(a int)");
	for (size_t i = 0; i < N_OF(cases); i++)
		fails(w->db, cases[i], EXIT_CONFIG);
	expect(w->db, "SELECT 1 ; \n", "I:1;");
}

/* ---------------------------------------------------------------- failures */

/* What an error says of a value: nothing. */
static void test_no_value_in_errors(void **state)
{
	static const char *const cases[] = {
		"INSERT INTO t(a) VALUES ('SeCrEt')", /* is there already */
		"INSERT INTO t(a) VALUES ('SeCrEt''s ''SeCrEt')",
		"INSERT INTO t(n) VALUES ('SeCrEt')",
		"INSERT INTO t(n) VALUES ('a ''SeCrEt'' b')",
		"INSERT INTO t(n) VALUES (CONCAT('''SeCrEt', REPEAT('SeCrEt', 500)))",
		"INSERT INTO t(d) VALUES ('2026-99-SeCrEt')",
		"INSERT INTO t(c) VALUES ('SeCrEt is too long')",
		"INSERT INTO t(j) VALUES ('{\"a\": SeCrEt}')",
		"INSERT INTO t(e) VALUES ('SeCrEt')",
		"UPDATE t SET n = a",
		"UPDATE t SET n = 1 WHERE a + 1 > 0 AND n = 'SeCrEt'",
		"INSERT INTO u VALUES ('SeCrEt')",
		"UPDATE t SET b = 45000",
		"UPDATE t SET b = 22000",
		"UPDATE t SET b = 42000",
		"UPDATE t SET b = 1",
	};
	struct world *w = *state;
	const char *text;

	app(w, "CREATE TABLE t(a varchar(3500) CHARACTER SET latin1, b int, n int,"
	       " d datetime, c varchar(5), j json, e enum('x'), UNIQUE (a(700)));"
	       " INSERT INTO t(a) VALUES ('SeCrEt'), ('SeCrEt''s ''SeCrEt');"
	       " CREATE TABLE u(a varchar(20) NOT NULL) PARTITION BY LIST COLUMNS (a)"
	       " (PARTITION p VALUES IN ('x'))");
	app(w, "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW BEGIN"
	       " IF new.b = 45000 THEN SIGNAL SQLSTATE '45000'"
	       "  SET MESSAGE_TEXT = 'row SeCrEt'; END IF;"
	       " IF new.b = 22000 THEN SIGNAL SQLSTATE '22000'"
	       "  SET MESSAGE_TEXT = 'row SeCrEt'; END IF;"
	       " IF new.b = 42000 THEN SIGNAL SQLSTATE '42000'"
	       "  SET MESSAGE_TEXT = 'row ''SeCrEt'''; END IF;"
	       " IF new.b = 1 THEN SIGNAL SQLSTATE '45000'"
	       "  SET MESSAGE_TEXT = 'row SeCrEt', MYSQL_ERRNO = 1062; END IF; END");
	for (size_t i = 0; i < N_OF(cases); i++) {
		text = fails(w->db, cases[i], EXIT_CONFIG);
		if (strstr(text, "SeCr") || strchr(text, '\n'))
			fail_msg("%s: %s", cases[i], text);
	}
}

/* What is no value is named. */
static void test_names_in_errors(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a int)");
	assert_non_null(strstr(fails(w->db, "SELECT nope FROM t", EXIT_CONFIG), "nope"));
	assert_non_null(strstr(fails(w->db, "SELECT 1 FROM gone", EXIT_CONFIG), "gone"));
}

static void test_transactions(void **state)
{
	struct world *w = *state;
	struct db *other = one_more(w);

	ask_transactions(w->db, other);
	w->db = NULL;
	db_close(other);
}

static void test_read_committed(void **state)
{
	struct world *w = *state;
	struct db *other = one_more(w);

	ask_read_committed(w->db, other);
	db_close(other);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return difftime(now.tv_sec, start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void test_locked_row(void **state)
{
	struct world *w = *state;
	struct timespec start;

	app(w, "CREATE TABLE t(a int PRIMARY KEY, b int);"
	       " INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)");
	app(w, "START TRANSACTION; UPDATE t SET b = 5 WHERE a = 2");
	clock_gettime(CLOCK_MONOTONIC, &start);
	OK(db_begin(w->db, &w->err));
	fails(w->db, "UPDATE t SET b = 1 WHERE a IN (1, 2, 3)", EXIT_EARLY);
	if (seconds_since(&start) < 2.5 || seconds_since(&start) > 6)
		fail_msg("%f s", seconds_since(&start));
	fails(w->db, "SELECT a FROM t WHERE a = 2 FOR UPDATE NOWAIT", EXIT_EARLY);
	db_rollback(w->db);
	expect(w->db, "SELECT a, b FROM t", "I:1|I:0;I:2|I:0;I:3|I:0;");
	/* a scan does not wait for a row that it only passes */
	app(w, "ALTER TABLE t ADD COLUMN c int");
	app(w, "START TRANSACTION; UPDATE t SET c = 5 WHERE a = 2");
	assert_int_equal(touches(w->db, "UPDATE t SET b = 1 WHERE a <> 2"), 2);
	app(w, "ROLLBACK");
}

static bool waits_for_lock(struct world *w, unsigned long number)
{
	const char *waiting =
		app_asks(w,
			 "SELECT COUNT(*) FROM information_schema.innodb_trx"
			 " WHERE trx_state = 'LOCK WAIT'"
			 " AND trx_mysql_thread_id = %lu",
			 number);

	return !strcmp(waiting, "1");
}

/* Ours is the smaller transaction of the two, so it is the victim. */
static void test_deadlock(void **state)
{
	static const char locks_1[] = "UPDATE t SET b = 1 WHERE a = 1";
	struct world *w = *state;
	MYSQL *heavy = connect_app(w);
	char sql[512];

	app(w, "CREATE TABLE t(a int PRIMARY KEY, b int); CREATE TABLE u(a int);"
	       " INSERT INTO t VALUES (1, 0), (2, 0)");
	snprintf(sql, sizeof(sql), "USE %s; START TRANSACTION;", w->name);
	assert_int_equal(mysql_query(heavy, sql), 0);
	while (mysql_next_result(heavy) == 0)
		;
	assert_int_equal(mysql_query(heavy, "INSERT INTO u " NUMBERS("500")), 0);
	assert_int_equal(mysql_query(heavy, "UPDATE t SET b = 1 WHERE a = 2"), 0);
	OK(db_begin(w->db, &w->err));
	touches(w->db, locks_1);
	assert_int_equal(mysql_send_query(heavy, locks_1, strlen(locks_1)), 0);
	for (int i = 0; i < 100 && !waits_for_lock(w, mysql_thread_id(heavy)); i++)
		poll(NULL, 0, 150);
	fails(w->db, "UPDATE t SET b = 2 WHERE a = 2", EXIT_EARLY);
	db_rollback(w->db);
	assert_int_equal(mysql_read_query_result(heavy), 0);
	assert_int_equal(mysql_query(heavy, "COMMIT"), 0);
	mysql_close(heavy);
	/* once more, and it passes */
	OK(db_begin(w->db, &w->err));
	assert_int_equal(touches(w->db, "UPDATE t SET b = 2 WHERE a = 2"), 1);
	OK(db_commit(w->db, &w->err));
}

static void test_passing_errors(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE t(a int); INSERT INTO t VALUES (1), (2)");
	if (is_mariadb) {
		touches(w->db, "SET max_statement_time = 0.05");
		fails(w->db, "SELECT SLEEP(5)", EXIT_EARLY); /* 1969 */
		return;
	}
	touches(w->db, "SET max_execution_time = 50");
	fails(w->db, "SELECT SLEEP(1) FROM t x, t y ORDER BY RAND()",
	      EXIT_EARLY); /* 3024 */
}

/* ---------------------------------------------------------------- the catalog */

static const char ddl[] =
	"CREATE TABLE audit_logs (id int, is_sent BOOLEAN, message JSON,"
	" created_at TIMESTAMP NULL);"
	"CREATE TABLE pk (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, a text,"
	" n int NOT NULL);"
	"CREATE TABLE uniq (id varchar(50) UNIQUE);"
	"CREATE TABLE uniqnn (id varchar(50) NOT NULL, UNIQUE (id));"
	"CREATE TABLE plain (id int, KEY (id));"
	"CREATE TABLE prefix (id varchar(50) NOT NULL, UNIQUE (id(10)));"
	"CREATE TABLE prefix2 (id text, KEY (id(10)));"
	"CREATE TABLE two (id int, a int, PRIMARY KEY (id, a));"
	"CREATE TABLE twice (id int NOT NULL, a int, UNIQUE (id, a), UNIQUE (id));"
	"CREATE TABLE words (id varchar(50) NOT NULL, FULLTEXT (id));"
	"CREATE TABLE descending (id int NOT NULL, KEY (id DESC));"
	"CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2;"
	"CREATE TABLE `Odd ``Name` (`the Key` int PRIMARY KEY);"
	"CREATE TABLE derived (a int, id int AS (a + 1) STORED UNIQUE);"
	"CREATE TABLE myi (id int PRIMARY KEY) ENGINE = MyISAM;"
	"CREATE TABLE mem (id int PRIMARY KEY) ENGINE = MEMORY;"
	"CREATE TABLE enums (id enum('x', 'y') PRIMARY KEY);"
	"CREATE TABLE sets (id set('x', 'y') PRIMARY KEY);"
	"CREATE VIEW v AS SELECT id AS k, a FROM pk;"
	"CREATE VIEW vv AS SELECT k FROM v;"
	"CREATE VIEW joined AS SELECT pk.id AS id FROM pk JOIN two ON two.id = pk.n;"
	"CREATE ALGORITHM = TEMPTABLE VIEW copied AS SELECT id FROM pk;"
	"CREATE VIEW several AS SELECT DISTINCT id FROM pk;"
	"CREATE VIEW united AS SELECT id FROM pk UNION ALL SELECT id FROM two;"
	"CREATE VIEW computed AS SELECT id + 1 AS id FROM pk";

static const struct origin origins[] = {
	{ "SELECT id AS slt_key FROM audit_logs", "audit_logs", "id", "--n" },
	{ "SELECT id AS slt_key FROM pk", "pk", "id", "ui-" },
	{ "SELECT n AS slt_key FROM pk", "pk", "n", "---" },
	{ "SELECT a AS slt_key FROM pk", "pk", "a", "--n" },
	{ "SELECT id AS slt_key FROM uniq", "uniq", "id", "uin" },
	{ "SELECT id AS slt_key FROM uniqnn", "uniqnn", "id", "ui-" },
	{ "SELECT id AS slt_key FROM plain", "plain", "id", "-in" },
	{ "SELECT id AS slt_key FROM prefix", "prefix", "id", "---" },
	{ "SELECT id AS slt_key FROM prefix2", "prefix2", "id", "--n" },
	{ "SELECT id AS slt_key FROM two", "two", "id", "-i-" },
	{ "SELECT a AS slt_key FROM two", "two", "a", "---" },
	{ "SELECT id AS slt_key FROM twice", "twice", "id", "ui-" },
	{ "SELECT id AS slt_key FROM words", "words", "id", "---" },
	{ "SELECT id AS slt_key FROM descending", "descending", "id", "-i-" },
	{ "SELECT id AS slt_key FROM parts", "parts", "id", "ui-" },
	{ "SELECT `the Key` AS slt_key FROM `Odd ``Name`", "Odd `Name", "the Key",
	  "ui-" },
	{ "SELECT id AS slt_key FROM derived", "derived", "id", "uin" },
	{ "SELECT k AS slt_key FROM v", "v", "k", "---" },
	{ "SELECT k AS slt_key FROM vv", "vv", "k", "---" },
	{ "SELECT id AS slt_key FROM joined", "joined", "id", "---" },
	{ "SELECT l.n, l.id AS slt_key FROM pk AS l", "pk", "id", "ui-" },
	{ "SELECT l.id AS slt_key, u.a FROM pk l LEFT JOIN two u ON u.id = l.n"
	  " WHERE NOT (l.a IS NULL) ORDER BY l.id",
	  "pk", "id", "ui-" },
	{ "SELECT l.id AS slt_key, v.a FROM pk l JOIN v ON v.k = l.id", "pk", "id",
	  "ui-" },
};

static const char *const no_origins[][2] = {
	{ "SELECT id + 0 AS slt_key FROM pk", "not a column of a table" },
	{ "SELECT 1 AS slt_key", "not a column of a table" },
	{ "SELECT id FROM pk", "not a column of a table" },
	{ "SELECT MAX(id) AS slt_key FROM pk", "not a column of a table" },
	{ "SELECT id AS slt_key FROM pk UNION SELECT id FROM two",
	  "not a column of a table" },
	{ "SELECT id AS slt_key FROM copied", "not a column of a table" },
	{ "SELECT id AS slt_key FROM several", "not a column of a table" },
	{ "SELECT id AS slt_key FROM united", "not a column of a table" },
	{ "SELECT id AS slt_key FROM computed", "not a column of a table" },
	{ "SELECT id AS slt_key FROM myi", "myi is of engine MyISAM" },
	{ "SELECT id AS slt_key FROM mem", "mem is of engine MEMORY" },
	{ "SELECT id AS slt_key FROM enums", "ENUM or SET" },
	{ "SELECT id AS slt_key FROM sets", "ENUM or SET" },
	{ "SELECT id AS slt_key FROM gone", "error 1146" },
};

static void test_origin(void **state)
{
	static const struct origin expression[] = {
		{ "SELECT id AS slt_key FROM expr", "expr", "id", "---" },
	};
	char sql[128], schema[80];
	struct origin elsewhere[] = { { sql, "pk", "id", "--n" } };
	struct world *w = *state;
	struct db_value v = value("5", DB_INTEGER);
	struct db_origin origin;

	app(w, "%s", ddl);
	expect_origins(w->db, w->name, origins, N_OF(origins));
	for (size_t i = 0; i < N_OF(no_origins); i++)
		origin_fails(w->db, no_origins[i][0], no_origins[i][1]);
	OK(db_origin(w->db, "SELECT a, id AS slt_key, n FROM pk WHERE id > ? LIMIT 0",
		     "slt_key", &v, 1, &origin, &w->err));
	assert_string_equal(origin.column, "id");
	/* the same name in another database is another table */
	snprintf(schema, sizeof(schema), "%s_2", w->name);
	app(w, "CREATE DATABASE %s; CREATE TABLE %s.pk(id int)", schema, schema);
	snprintf(sql, sizeof(sql), "SELECT id AS slt_key FROM %s.pk", schema);
	expect_origins(w->db, schema, elsewhere, 1);
	if (is_mariadb)
		return;
	/* an index of an expression has no column */
	app(w, "CREATE TABLE expr (id int NOT NULL, UNIQUE ((id + 1)))");
	expect_origins(w->db, w->name, expression, 1);
}

static void test_column(void **state)
{
	struct world *w = *state;

	app(w, "CREATE TABLE `T one` (a boolean, b varchar(150), `C d` datetime(6),"
	       " e ENUM('X', 'y'), f json, g bit(1), h decimal(10,2));"
	       " CREATE VIEW v AS SELECT a AS x FROM `T one`");
	expect_type(w->db, "", "T one", "nope", NULL);
	expect_type(w->db, "", "T one", "a", "tinyint(1)");
	expect_type(w->db, "", "T one", "A", "tinyint(1)");
	expect_type(w->db, "", "T one", "b", "varchar(150)");
	expect_type(w->db, w->name, "T one", "C d", "datetime(6)");
	expect_type(w->db, w->name, "T one", "e", "enum('x','y')");
	expect_type(w->db, "", "T one", "f", is_mariadb ? "longtext" : "json");
	expect_type(w->db, "", "T one", "g", "bit(1)");
	expect_type(w->db, "", "T one", "h", "decimal(10,2)");
	expect_type(w->db, w->name, "v", "x", "tinyint(1)");
	expect_type(w->db, "no_such_schema", "v", "x", NULL);
	expect_type(w->db, "", "gone", "x", NULL);
}

/* ---------------------------------------------------------------- the run lock */

static void test_lock(void **state)
{
	struct world *w = *state;
	struct db *const db[] = { w->db, one_more(w), one_more(w) };
	char who[96];

	snprintf(who, sizeof(who), "connection %s, client ", number_of(w, w->db));
	w->db = NULL;
	ask_lock(db, w->name, who);
}

static int try_lock(struct world *w, struct db *db, const char *schema,
		    struct db_holder *holder)
{
	struct db_table t = { "", "logs" };
	int taken;

	snprintf(t.schema, sizeof(t.schema), "%s", schema);
	taken = db_lock(db, &t, holder, &w->err);
	assert_ok(taken, &w->err, __LINE__);
	return taken;
}

/* A KILL frees it; a table of that name in another database is another one; it is no lock
 * on the table, which need not even be there. */
static void test_lock_of_others(void **state)
{
	struct world *w = *state;
	struct db *other = one_more(w), *third = one_more(w);
	struct db_holder holder;
	char schema[80];
	int taken = 0;

	snprintf(schema, sizeof(schema), "%s_2", w->name);
	assert_int_equal(try_lock(w, w->db, "", &holder), 1);
	assert_int_equal(try_lock(w, other, "", &holder), 0);
	assert_int_equal(try_lock(w, third, schema, &holder), 1);
	app(w, "CREATE TABLE logs(id int); ALTER TABLE logs ADD COLUMN b int");
	app(w, "KILL %s", number_of(w, w->db));
	ask_dead(w->db);
	/* the server closes the connection first, and then lets go of its locks */
	for (int i = 0; i < 100 && !taken; i++) {
		poll(NULL, 0, i ? 20 : 0);
		taken = try_lock(w, other, w->name, &holder);
	}
	assert_int_equal(taken, 1);
	assert_true(db_alive(other));
	db_close(other);
	db_close(third);
}

/* An account that may not see other sessions is told the number and nothing else. */
static void test_hidden_holder(void **state)
{
	struct world *w = *state;
	struct db_holder holder;
	struct dburl url;
	struct db *other;

	app(w, "CREATE USER %s IDENTIFIED BY 'secret'; GRANT ALL ON %s.* TO %s", w->user,
	    w->name, w->user);
	assert_int_equal(try_lock(w, w->db, "", &holder), 1);
	OK(dburl_parse(server, &url, &w->err));
	free(url.name);
	free(url.user);
	url.name = strdup(w->name);
	url.user = strdup(w->user);
	dburl_set_password(&url, "secret");
	OK(db_open(&url, DB_WRITE, &other, &w->err));
	dburl_fini(&url);
	assert_int_equal(try_lock(w, other, "", &holder), 0);
	assert_non_null(strstr(holder.who, number_of(w, w->db)));
	assert_non_null(strstr(holder.who, ", client unknown"));
	assert_int_equal(holder.seconds, -1);
	db_close(other);
}

static void test_killed(void **state)
{
	struct world *w = *state;

	assert_true(db_alive(w->db));
	app(w, "KILL %s", number_of(w, w->db));
	ask_dead(w->db);
	db_close(w->db);
	/* without having looked */
	w->db = one_more(w);
	OK(db_begin(w->db, &w->err));
	app(w, "KILL %s", number_of(w, w->db));
	poll(NULL, 0, 200);
	assert_int_equal(db_commit(w->db, &w->err), -1);
	assert_int_equal(w->err.status, EXIT_UNAVAILABLE);
	assert_false(db_alive(w->db));
}

/* ---------------------------------------------------------------- connecting */

static void refused(struct world *w, const char *text_url, enum exit_status status,
		    const char *text)
{
	struct dburl url;
	struct db *db;

	OK(dburl_parse(text_url, &url, &w->err));
	if (db_open(&url, DB_WRITE, &db, &w->err) != -1)
		fail_msg("accepted: %s", text_url);
	if (w->err.status != status || !strstr(w->err.text, text) ||
	    strstr(w->err.text, "SeCrEt"))
		fail_msg("%s: %d %s", text_url, (int)w->err.status, w->err.text);
	dburl_fini(&url);
}

static void test_options(void **state)
{
	static const char *const bad[][3] = {
		{ "ssl_mod", "REQUIRED", "\"ssl_mod\" is no option" },
		{ "sslmode", "require", "\"sslmode\" is no option" },
		{ "init_command", "SET x = 1", "\"init_command\" is no option" },
		{ "ssl_mode", "maybe", "ssl_mode=maybe: expected" },
		{ "charset", "latin1", "charset=latin1: expected utf8mb4" },
		{ "connect_timeout", "soon", "connect_timeout=soon: expected seconds" },
		{ "read_timeout", "0", "read_timeout=0: expected seconds" },
		{ "read_timeout", "1.5", "read_timeout=1.5: expected seconds" },
		{ "write_timeout", "86401", "write_timeout=86401: expected seconds" },
		{ "write_timeout", "-1", "write_timeout=-1: expected seconds" },
		{ "ssl_mode", "VERIFY_CA", "need ssl_ca" },
		{ "ssl_mode", "verify_identity", "need ssl_ca" },
		{ "ssl_mode", "DISABLED&ssl_ca=/etc/hosts", "contradict" },
		{ "ssl_cipher", "AES&ssl_mode=disabled", "contradict" },
	};
	static const char *const good[][2] = {
		{ "charset", "utf8" },	      { "charset", "utf8mb4" },
		{ "connect_timeout", "5" },   { "read_timeout", "10" },
		{ "write_timeout", "86400" }, { "ssl_mode", "disabled" },
		{ "conn_max_age", "60" },
	};
	struct world *w = *state;
	struct db *db;
	char url[512];

	for (size_t i = 0; i < N_OF(bad); i++) {
		snprintf(url, sizeof(url), "mysql://u:SeCrEt@127.0.0.1:1/d?%s=%s",
			 bad[i][0], bad[i][1]);
		refused(w, url, EXIT_CONFIG, bad[i][2]);
	}
	for (size_t i = 0; i < N_OF(good); i++) {
		OK(open_with(w, DB_WRITE, good[i][0], good[i][1], &db));
		expect(db, "SELECT 1", "I:1;");
		db_close(db);
	}
}

static void test_open_refused(void **state)
{
	struct world *w = *state;
	struct dburl s;
	char url[512];

	OK(dburl_parse(server, &s, &w->err));
	snprintf(url, sizeof(url), "mysql://%s:%s@%s:%s/no%s", s.user,
		 s.password ? s.password : "", s.host, s.port, w->name);
	refused(w, url, EXIT_CONFIG, "error 1049");
	app(w, "CREATE USER %s IDENTIFIED BY 'other'; GRANT ALL ON %s.* TO %s", w->user,
	    w->name, w->user);
	snprintf(url, sizeof(url), "mysql://%s:SeCrEt@%s:%s/%s", w->user, s.host, s.port,
		 w->name);
	refused(w, url, EXIT_CONFIG, "error 1045");
	snprintf(url, sizeof(url), "mysql://%s@%s:%s/%s", w->user, s.host, s.port,
		 w->name);
	refused(w, url, EXIT_CONFIG, "error 1045");
	snprintf(url, sizeof(url), "mysql://u:SeCrEt@%s,127.0.0.1:%s/d", s.host, s.port);
	refused(w, url, EXIT_CONFIG, "one host is expected");
	refused(w, "mysql://u:SeCrEt@127.0.0.1:1/d", EXIT_UNAVAILABLE, "127.0.0.1");
	refused(w, "mysql://u:SeCrEt@host.invalid/d", EXIT_UNAVAILABLE, "host.invalid");
	refused(w, "mysql://u:SeCrEt@localhost/d?unix_socket=/no/such.sock",
		EXIT_UNAVAILABLE, "/no/such.sock");
	dburl_fini(&s);
}

/* A host that takes the connection and says nothing, and one that says nothing more. */
static void test_silent_host(void **state)
{
	struct world *w = *state;
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	struct timespec start;
	struct db *db;
	char url[128];
	int silent = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(silent, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(silent, 5), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&at, &size), 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	snprintf(url, sizeof(url), "mysql://u:SeCrEt@127.0.0.1:%d/d?connect_timeout=1",
		 ntohs(at.sin_port));
	refused(w, url, EXIT_UNAVAILABLE, "MySQL");
	close(silent);
	OK(open_with(w, DB_WRITE, "read_timeout", "1", &db));
	fails(db, "SELECT SLEEP(20)", EXIT_UNAVAILABLE);
	db_close(db);
	assert_true(seconds_since(&start) < 10);
}

/* Of an authority that has signed no server's certificate. */
static const char strange_ca[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBejCCAR+gAwIBAgIUIs9IrtVCKWmnXERZH1HQWA+msjIwCgYIKoZIzj0EAwIw\n"
	"ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNDE4NTMyNloYDzIxMjYxMDMxMTg1\n"
	"MzI2WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
	"AAQ7oW4n05jFVyV6P41gFMgpL6GiXgNHxloWgHUEhX3UmNnpplYS/8ubvxTZOA6k\n"
	"orn1l4FBKl4oMdzvTcO6MjMUo1MwUTAdBgNVHQ4EFgQUs97JITyJbDNw614SJBnd\n"
	"VUoYgqkwHwYDVR0jBBgwFoAUs97JITyJbDNw614SJBndVUoYgqkwDwYDVR0TAQH/\n"
	"BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA4qWAQMTwCApRRTQqeJBJyEqQ3qid\n"
	"4eRxYCJl3Vq4BWoCIQDxyKTneY36oD5XJqwqL0f3N7H6JXWyTMfXwuIObySqUQ==\n"
	"-----END CERTIFICATE-----\n";

/* TLS that is asked for is there, or the connection is not. */
static void test_tls(void **state)
{
	struct world *w = *state;
	char path[] = "/tmp/slt-test-ca-XXXXXX";
	struct reading r = { .rows = 0 };
	struct db_holder holder;
	struct db *db;
	int fd;

	if (strcmp(app_asks(w, "SELECT @@have_ssl"), "YES") != 0) {
		assert_int_equal(open_with(w, DB_WRITE, "ssl_mode", "REQUIRED", &db), -1);
		return;
	}
	OK(open_with(w, DB_WRITE, "ssl_mode", "REQUIRED", &db));
	OK(db_query(db, "SHOW SESSION STATUS LIKE 'Ssl_cipher'", NULL, 0, read_row, &r,
		    &w->err));
	assert_true(strlen(r.text) > strlen("T:Ssl_cipher|T:;"));
	assert_int_equal(try_lock(w, db, "", &holder), 1);
	poll(NULL, 0, 100);
	assert_true(db_alive(db)); /* nothing of TLS itself is left unread */
	app(w, "KILL %s", number_of(w, db));
	ask_dead(db);
	db_close(db);
	OK(open_with(w, DB_WRITE, "ssl_mode", "DISABLED", &db));
	expect(db, "SHOW SESSION STATUS LIKE 'Ssl_cipher'", "T:Ssl_cipher|T:;");
	db_close(db);
	assert_int_equal(open_with(w, DB_WRITE, "ssl_ca", "/no/such.pem", &db), -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	fd = mkstemp(path);
	assert_int_equal(write(fd, strange_ca, strlen(strange_ca)), strlen(strange_ca));
	close(fd);
	assert_int_equal(open_with(w, DB_WRITE, "ssl_ca", path, &db), -1);
	assert_int_equal(w->err.status, EXIT_CONFIG);
	unlink(path);
}

/* ---------------------------------------------------------------- the server's settings */

static const char *const globals[] = { "read_only", "autocommit", "sql_mode", "time_zone",
				       "innodb_lock_wait_timeout" };
static char saved[N_OF(globals)][512];

static int setup_globals(void **state)
{
	int rc = setup(state);

	for (size_t i = 0; i < N_OF(globals); i++)
		snprintf(saved[i], sizeof(saved[i]), "%s",
			 app_asks(*state, "SELECT @@global.%s", globals[i]));
	return rc;
}

static int teardown_globals(void **state)
{
	for (size_t i = 0; i < N_OF(globals); i++) {
		bool number = strspn(saved[i], "0123456789") == strlen(saved[i]);

		app(*state,
		    number && *saved[i] ? "SET GLOBAL %s = %s" : "SET GLOBAL %s = '%s'",
		    globals[i], saved[i]);
	}
	return teardown(state);
}

static void test_read_only(void **state)
{
	struct world *w = *state;
	struct db *db;

	app(w, "SET GLOBAL read_only = 1");
	assert_int_equal(open_with(w, DB_WRITE, NULL, NULL, &db), -1);
	app(w, "SET GLOBAL read_only = 0");
	assert_int_equal(w->err.status, EXIT_CONFIG);
	assert_non_null(strstr(w->err.text, "this server is read-only"));
	app(w, "SET GLOBAL read_only = 1");
	OK(open_with(w, DB_READ, NULL, NULL, &db));
	app(w, "SET GLOBAL read_only = 0");
	expect(db, "SELECT 1", "I:1;");
	db_close(db);
}

/* Whatever the server's defaults are, statements mean what they mean. */
static void test_hostile_defaults(void **state)
{
	struct world *w = *state;

	db_close(w->db);
	w->db = NULL;
	app(w,
	    "SET GLOBAL autocommit = 0, GLOBAL time_zone = '+05:45',"
	    " GLOBAL innodb_lock_wait_timeout = 50, GLOBAL sql_mode ="
	    " 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'");
	w->db = one_more(w);
	expect_session(w);
	app(w, "CREATE TABLE t(a char(5), at timestamp NULL);"
	       " INSERT INTO t VALUES ('ab', '2026-01-02 03:04:05')");
	expect(w->db, "SELECT a, \"text\", 'it\\'s', 1 || 0, at FROM t",
	       "T:ab|T:text|T:it's|I:1|T:2026-01-02 03:04:05;");
	touches(w->db, "INSERT INTO t(a) VALUES ('x')");
	assert_string_equal(app_asks(w, "SELECT COUNT(*) FROM t"), "2");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define GLOBAL(name) \
	cmocka_unit_test_setup_teardown(name, setup_globals, teardown_globals)
	const struct CMUnitTest tests[] = {
		TEST(test_session),
		TEST(test_types),
		TEST(test_sizes),
		TEST(test_enough),
		TEST(test_values),
		TEST(test_keys_meet_their_rows),
		TEST(test_many_statements),
		TEST(test_altered_table),
		TEST(test_touched),
		TEST(test_bad_statements),
		TEST(test_no_value_in_errors),
		TEST(test_names_in_errors),
		TEST(test_transactions),
		TEST(test_read_committed),
		TEST(test_locked_row),
		TEST(test_deadlock),
		TEST(test_passing_errors),
		TEST(test_origin),
		TEST(test_column),
		TEST(test_lock),
		TEST(test_lock_of_others),
		TEST(test_hidden_holder),
		TEST(test_killed),
		TEST(test_options),
		TEST(test_open_refused),
		TEST(test_silent_host),
		TEST(test_tls),
		GLOBAL(test_read_only),
		GLOBAL(test_hostile_defaults),
	};
	static const char *const servers[][2] = {
		{ "SLT_TEST_MYSQL", "MySQL" },
		{ "SLT_TEST_MARIADB", "MariaDB" },
	};
	int failed = 0, tested = 0;

	for (size_t i = 0; i < N_OF(servers); i++) {
		server = getenv(servers[i][0]);
		if (!server || !*server) {
			fprintf(stderr, "%s is not set: no %s to test with\n",
				servers[i][0], servers[i][1]);
			continue;
		}
		failed += cmocka_run_group_tests_name(servers[i][1], tests, NULL, NULL);
		tested++;
	}
	return tested ? failed : SKIPPED;
}
