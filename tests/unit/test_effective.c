// SPDX-License-Identifier: MIT
// The database that config shows: the parts of a URL as JSON, and nothing secret of them.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "dburl.h"
#include "effective.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

#define PARTS(driver, name, host, port, user, set, options)                             \
	"{\"driver\":\"" driver "\",\"name\":" name ",\"host\":" host ",\"port\":" port \
	",\"user\":" user ",\"password_set\":" set ",\"options\":"                      \
	"{" options "}}"
#define PG(name, host, port, user, set, options) \
	PARTS("postgresql", name, host, port, user, set, options)

static const struct {
	const char *url, *json;
} cases[] = {
	{ "postgres:///structuredlogs",
	  PG("\"structuredlogs\"", "null", "null", "null", "false", "") },
	{ "postgres://", PG("null", "null", "null", "null", "false", "") },
	{ "pgsql://u@h:5432/d", PG("\"d\"", "\"h\"", "5432", "\"u\"", "false", "") },
	{ "postgres://u:s3cret@h/d", PG("\"d\"", "\"h\"", "null", "\"u\"", "true", "") },
	{ "postgres://:s3cret@h/d", PG("\"d\"", "\"h\"", "null", "null", "true", "") },
	{ "mysql2://u:p@db.example.org:3306/logs?charset=utf8mb4",
	  PARTS("mysql", "\"logs\"", "\"db.example.org\"", "3306", "\"u\"", "true",
		"\"charset\":\"utf8mb4\"") },
	/* several hosts: a number only where there is one port */
	{ "postgres://a,b:6432/d", PG("\"d\"", "\"a,b\"", "6432", "null", "false", "") },
	{ "postgres://a:1,b:2/d",
	  PG("\"d\"", "\"a,b\"", "\"1,2\"", "null", "false", "") },
	{ "postgres://a:1,b,c:3/d",
	  PG("\"d\"", "\"a,b,c\"", "\"1,,3\"", "null", "false", "") },
	{ "postgres://[::1]:1,[fe80::1%25eth0]:2/d",
	  PG("\"d\"", "\"::1,fe80::1%eth0\"", "\"1,2\"", "null", "false", "") },
	{ "postgres://[::1]:5432/d",
	  PG("\"d\"", "\"::1\"", "5432", "null", "false", "") },
	/* sockets */
	{ "postgres://%2Fvar%2Frun%2Fpostgresql/d",
	  PG("\"d\"", "\"/var/run/postgresql\"", "null", "null", "false", "") },
	{ "postgres:////var/run/postgresql/d",
	  PG("\"d\"", "\"/var/run/postgresql\"", "null", "null", "false", "") },
	/* sqlite */
	{ "sqlite:////var/lib/a%20b.db?timeout=20",
	  PARTS("sqlite", "\"/var/lib/a b.db\"", "null", "null", "null", "false",
		"\"timeout\":\"20\"") },
	{ "sqlite://",
	  PARTS("sqlite", "\":memory:\"", "null", "null", "null", "false", "") },
	{ "sqlite:////a@b.db",
	  PARTS("sqlite", "\"/a@b.db\"", "null", "null", "null", "false", "") },
	/* options: values of those only that are known to be harmless */
	{ "postgres:///d?sslmode=verify-full&sslrootcert=/ca.pem&conn_max_age=60",
	  PG("\"d\"", "null", "null", "null", "false",
	     "\"sslmode\":\"verify-full\",\"sslrootcert\":\"/ca.pem\","
	     "\"conn_max_age\":\"60\"") },
	{ "postgres:///d?options=-c%20search_path%3Daudit&application_name=x",
	  PG("\"d\"", "null", "null", "null", "false",
	     "\"options\":\"-c search_path=audit\",\"application_name\":\"x\"") },
	{ "postgres:///d?password=s3cret",
	  PG("\"d\"", "null", "null", "null", "true", "\"password\":null") },
	{ "postgres:///d?sslpassword=s3cret&passfile=/s3cret&oauth_client_secret=s3cret",
	  PG("\"d\"", "null", "null", "null", "false",
	     "\"sslpassword\":null,\"passfile\":null,\"oauth_client_secret\":null") },
	{ "postgres:///d?pasword=s3cret&PASSWORD=s3cret&host%20hostaddr=s3cret&ssl=s3cret",
	  PG("\"d\"", "null", "null", "null", "false",
	     "\"pasword\":null,\"PASSWORD\":null,\"host hostaddr\":null,\"ssl\":null") },
	{ "mysql:///d?passwd=s3cret&init_command=s3cret",
	  PARTS("mysql", "\"d\"", "null", "null", "null", "false",
		"\"passwd\":null,\"init_command\":null") },
	/* what may be the rest of a password, and what cannot be */
	{ "postgres://u:s3/cret@h/d", PG("\"d\"", "\"h\"", "null", "\"u\"", "true", "") },
	{ "postgres://u:12/s3cret@h/d", PG("null", "null", "null", "null", "false", "") },
	{ "postgres://u:a@s3cret/s3cret@h/d",
	  PG("null", "null", "null", "\"u\"", "true", "") },
	{ "postgres://u:a@s3cret/s3cret#@h/d",
	  PG("null", "null", "null", "\"u\"", "true", "") },
	{ "postgres://u:a@s3cret?s3cret@h/d",
	  PG("null", "null", "null", "\"u\"", "true", "") },
	{ "mysql://u:a@s3cret:1//s3cret@h:2/d",
	  PARTS("mysql", "null", "null", "null", "\"u\"", "true", "") },
	{ "postgres://u:p@h/d?application_name=a@b",
	  PG("\"d\"", "\"h\"", "null", "\"u\"", "true", "\"application_name\":\"a@b\"") },
	{ "postgres://h/a@b", PG("\"a@b\"", "\"h\"", "null", "null", "false", "") },
	/* JSON all the same */
	{ "postgres://u%ff%C3%A4%C3@h/%e2%82d?a%fe=x",
	  PG("\"??d\"", "\"h\"", "null", "\"u?\xc3\xa4?\"", "false", "\"a?\":null") },
	{ "postgres://u%22%0a@h/d",
	  PG("\"d\"", "\"h\"", "null", "\"u\\\"\\n\"", "false", "") },
};

static void test_database(void **state)
{
	struct json_object *o;
	struct dburl url;
	const char *text;
	struct err err;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		if (dburl_parse(cases[i].url, &url, &err) < 0)
			fail_msg("%s: %s", cases[i].url, err.text);
		o = effective_database(&url);
		text = json_object_to_json_string_ext(
			o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		if (strcmp(text, cases[i].json) != 0 || strstr(text, "s3cret"))
			fail_msg("%s:\n%s, expected\n%s", cases[i].url, text,
				 cases[i].json);
		json_object_put(o);
		dburl_fini(&url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
