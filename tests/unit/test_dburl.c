// SPDX-License-Identifier: MIT
// DATABASE_URL: what django-environ reads of it, and what is refused without a secret.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dburl.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* One line of all parts: driver|user|password|host|port|name|option=value... */
static const char *flat(const struct dburl *url)
{
	static char text[2048];
	const char *parts[] = { url->driver, url->user, url->password,
				url->host,   url->port, url->name };
	size_t n = 0;

	for (size_t i = 0; i < N_OF(parts); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? "|" : "",
				      parts[i] ? parts[i] : "-");
	for (size_t i = 0; i < url->n_options; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "|%s=%s",
				      url->options[i].name, url->options[i].value);
	return text;
}

static void test_forms(void **state)
{
	static const struct {
		const char *url, *parts;
	} cases[] = {
		/* the schemes */
		{ "postgres://h/d", "postgresql|-|-|h|-|d" },
		{ "postgresql://h/d", "postgresql|-|-|h|-|d" },
		{ "psql://h/d", "postgresql|-|-|h|-|d" },
		{ "pgsql://h/d", "postgresql|-|-|h|-|d" },
		{ "postgis://h/d", "postgresql|-|-|h|-|d" },
		{ "mysql://h/d", "mysql|-|-|h|-|d" },
		{ "mysql2://h/d", "mysql|-|-|h|-|d" },
		{ "mysqlgis://h/d", "mysql|-|-|h|-|d" },
		{ "sqlite:///d", "sqlite|-|-|-|-|d" },
		{ "spatialite:///d", "sqlite|-|-|-|-|d" },
		{ "POSTGRES://h/d", "postgresql|-|-|h|-|d" },
		/* parts that are there or not */
		{ "postgres:///structuredlogs", "postgresql|-|-|-|-|structuredlogs" },
		{ "postgres://", "postgresql|-|-|-|-|-" },
		{ "postgres://h", "postgresql|-|-|h|-|-" },
		{ "postgres://h:5433/", "postgresql|-|-|h|5433|-" },
		{ "postgres://h:/d", "postgresql|-|-|h|-|d" },
		{ "postgres://:5433/d", "postgresql|-|-|-|5433|d" },
		{ "postgres://u@h/d", "postgresql|u|-|h|-|d" },
		{ "postgres://u:@h/d", "postgresql|u|-|h|-|d" },
		{ "postgres://:p@h/d", "postgresql|-|p|h|-|d" },
		{ "postgres://u:p@/d", "postgresql|u|p|-|-|d" },
		{ "postgres://u:p@h:5432/d#rest", "postgresql|u|p|h|5432|d" },
		{ "mysql://u:p@db.example.org:3306/logs?charset=utf8mb4",
		  "mysql|u|p|db.example.org|3306|logs|charset=utf8mb4" },
		/* sockets */
		{ "postgres:////var/run/postgresql/db",
		  "postgresql|-|-|/var/run/postgresql|-|db" },
		{ "postgres://u:p@:5433//var/run/postgresql/db",
		  "postgresql|u|p|/var/run/postgresql|5433|db" },
		{ "postgres:////db", "postgresql|-|-|-|-|db" },
		{ "postgres://%2Fvar%2Frun%2Fpostgresql/db",
		  "postgresql|-|-|/var/run/postgresql|-|db" },
		{ "postgres://u@%2Fvar%2frun:5433/db",
		  "postgresql|u|-|/var/run|5433|db" },
		{ "mysql://u:p@//cloudsql/a:b:c/db", "mysql|u|p|/cloudsql/a:b:c|-|db" },
		{ "mysql:////a/db", "mysql|-|-|-|-|/a/db" },
		/* IPv6 and several hosts */
		{ "postgres://[::1]:5432/d", "postgresql|-|-|::1|5432|d" },
		{ "postgres://u:p@[fe80::1%25eth0]/d",
		  "postgresql|u|p|fe80::1%eth0|-|d" },
		{ "postgres://u:p@a:1,b:2,c:3/d", "postgresql|u|p|a,b,c|1,2,3|d" },
		{ "postgres://a,b:6432/d", "postgresql|-|-|a,b|6432|d" },
		{ "postgres://a:1,b,c:3/d", "postgresql|-|-|a,b,c|1,,3|d" },
		{ "postgres://a,b/d", "postgresql|-|-|a,b|-|d" },
		{ "postgres://[::1]:1,[::2]:2,h:3/d",
		  "postgresql|-|-|::1,::2,h|1,2,3|d" },
		{ "postgres://%2Ftmp,h/d", "postgresql|-|-|/tmp,h|-|d" },
		/* percent-encoding, and characters that ought to be encoded */
		{ "postgres://u%40x:p%3Aw%2F%23@h/d", "postgresql|u@x|p:w/#|h|-|d" },
		{ "postgres://u:p@w:x@h/d", "postgresql|u|p@w:x|h|-|d" },
		{ "postgres://u:50%off@h/d", "postgresql|u|50%off|h|-|d" },
		{ "postgres://u:p%@h/d", "postgresql|u|p%|h|-|d" },
		{ "postgres://u:a+b@h/d", "postgresql|u|a+b|h|-|d" },
		{ "postgres://u:p#w@h:5432/d", "postgresql|u|p#w|h|5432|d" },
		{ "postgres://u:p%40@w#x@h/d", "postgresql|u|p%40@w#x|h|-|d" },
		{ "postgres://u:p[w]@h/d", "postgresql|u|p[w]|h|-|d" },
		{ "postgres://u:p[w@h/d", "postgresql|u|p[w|h|-|d" },
		{ "postgres://u:p/w@h/d", "postgresql|u|p/w|h|-|d" },
		{ "postgres://u:p?w@h/d?sslmode=require",
		  "postgresql|u|p?w|h|-|d|sslmode=require" },
		{ "postgres://u:p/?#w@[::1]:5432/d", "postgresql|u|p/?#w|::1|5432|d" },
		{ "postgres://u:/w@h/d", "postgresql|u|/w|h|-|d" },
		{ "postgres://h:5432/a@b", "postgresql|-|-|h|5432|a@b" },
		{ "postgres://h/d?user=me@corp", "postgresql|-|-|h|-|d|user=me@corp" },
		{ "postgres:///my%20logs+x", "postgresql|-|-|-|-|my logs x" },
		{ "postgres://u:\xc3\xa4%C3%A4@h/d",
		  "postgresql|u|\xc3\xa4\xc3\xa4|h|-|d" },
		/* options */
		{ "postgres:///d?sslmode=verify-full&options=-c%20a%3Db+-c+c=d",
		  "postgresql|-|-|-|-|d|sslmode=verify-full|options=-c a=b -c c=d" },
		{ "postgres:///d?a=1&a=2&b=&c&&d=3", "postgresql|-|-|-|-|d|a=1|d=3" },
		{ "postgres://h?a=1#b", "postgresql|-|-|h|-|-|a=1" },
		{ "postgres:///d?conn_max_age=60",
		  "postgresql|-|-|-|-|d|conn_max_age=60" },
		/* sqlite */
		{ "sqlite:////abs/logs.db", "sqlite|-|-|-|-|/abs/logs.db" },
		{ "sqlite:///rel/logs.db", "sqlite|-|-|-|-|rel/logs.db" },
		{ "sqlite://:memory:", "sqlite|-|-|-|-|:memory:" },
		{ "sqlite:///:memory:", "sqlite|-|-|-|-|:memory:" },
		{ "sqlite://", "sqlite|-|-|-|-|:memory:" },
		{ "sqlite:///", "sqlite|-|-|-|-|:memory:" },
		{ "sqlite:////a/b%20c@d.db?timeout=20",
		  "sqlite|-|-|-|-|/a/b c@d.db|timeout=20" },
		{ "sqlite:////a:b/c@d.db", "sqlite|-|-|-|-|/a:b/c@d.db" },
	};
	struct dburl url;
	struct err err;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		if (dburl_parse(cases[i].url, &url, &err) < 0)
			fail_msg("%s: %s", cases[i].url, err.text);
		if (strcmp(flat(&url), cases[i].parts) != 0)
			fail_msg("%s: %s, expected %s", cases[i].url, flat(&url),
				 cases[i].parts);
		dburl_fini(&url);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"SeCrEt",
		"postgres",
		"postgres:/u:SeCrEt@h/d",
		"oracle://u:SeCrEt@h/d",
		"u:SeCrEt@h",
		"postgres://u:SeCrEt@h:port/d",
		"postgres://u:SeCrEt@h:99999/d",
		"postgres://u:SeCrEt@h:0/d",
		"postgres://u:SeCrEt@a:1:2/d",
		"postgres://u:SeCrEt@[::1/d",
		"postgres://u:SeCrEt@[::1]x/d",
		"postgres://u:SeCrEt/d",
		"postgres://u:SeCrEt#x",
		"postgres://u:SeCrEt%00@h/d",
		"postgres://u:p@h%00/d",
		"postgres:///d?password=SeCrEt%00",
		"postgres:///d?%00=SeCrEt",
		"sqlite://relative.db",
		"sqlite://u:SeCrEt@h/d.db",
	};
	struct dburl url;
	struct err err;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		memset(&url, 0x55, sizeof(url));
		memset(&err, 0, sizeof(err));
		if (dburl_parse(cases[i], &url, &err) != -1)
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(err.status, EXIT_CONFIG);
		assert_non_null(strstr(err.text, "DATABASE_URL"));
		assert_null(strstr(err.text, "SeCrEt"));
		assert_int_equal(((unsigned char *)&url)[0], 0x55); /* untouched */
	}
}

static void test_changes(void **state)
{
	char name[16];
	struct dburl url;
	struct err err;

	(void)state;
	assert_int_equal(dburl_parse("postgres://u:p@h/d?sslmode=prefer", &url, &err), 0);
	dburl_set_password(&url, "p@ss:/w");
	assert_int_equal(dburl_set_option(&url, "sslmode", "verify-full", &err), 0);
	assert_int_equal(dburl_set_option(&url, "sslrootcert", "/ca.pem", &err), 0);
	assert_string_equal(
		flat(&url),
		"postgresql|u|p@ss:/w|h|-|d|sslmode=verify-full|sslrootcert=/ca.pem");
	assert_string_equal(dburl_option(&url, "sslmode"), "verify-full");
	assert_null(dburl_option(&url, "SSLMODE"));
	for (int i = 2; i < DBURL_MAX_OPTIONS; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		assert_int_equal(dburl_set_option(&url, name, "x", &err), 0);
	}
	assert_int_equal(dburl_set_option(&url, "more", "x", &err), -1);
	assert_int_equal(err.status, EXIT_CONFIG);
	assert_int_equal(dburl_set_option(&url, "o2", "y", &err), 0);
	dburl_fini(&url);
	dburl_fini(&url); /* empty now */
}

static void test_too_many_options(void **state)
{
	char text[1024] = "postgres:///d?x=1";
	struct dburl url;
	struct err err;

	(void)state;
	for (int i = 0; i < DBURL_MAX_OPTIONS; i++)
		sprintf(text + strlen(text), "&o%d=SeCrEt", i);
	assert_int_equal(dburl_parse(text, &url, &err), -1);
	assert_null(strstr(err.text, "SeCrEt"));
}

static void test_djangos(void **state)
{
	(void)state;
	assert_true(dburl_is_djangos("conn_max_age"));
	assert_true(dburl_is_djangos("CONN_HEALTH_CHECKS"));
	assert_true(dburl_is_djangos("reconnect"));
	assert_false(dburl_is_djangos("sslmode"));
	assert_false(dburl_is_djangos(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_too_many_options),
		cmocka_unit_test(test_djangos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
