// SPDX-License-Identifier: MIT
// Statements with {braces}: every brace, every refusal, and what databases make of the SQL.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "dburl.h"
#include "plan.h"
#include "sql.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct err err;

/* ---------------------------------------------------------------- the facade's side */

static const char *setting(void *arg, const char *name)
{
	static const char *const values[][2] = {
		{ "TABLE", "audit_logs" },
		{ "WITH_SCHEMA", "app.audit_logs" },
		{ "MIXED", "Audit Logs" },
		{ "NON_ASCII", "журнал.Größe" },
		{ "QUOTES", "a\"b.c\"\"d'e" },
		{ "EVIL", "x\"; DROP TABLE audit_logs; --" },
		{ "BRACES", "{key id}" },
		{ "THREE", "a.b.c" },
		{ "EMPTY", "" },
		{ "BLANK_FIRST", " a" },
		{ "BLANK_LAST", "a.b " },
		{ "DOT_FIRST", ".a" },
		{ "DOT_LAST", "a." },
	};

	(void)arg;
	for (size_t i = 0; i < N_OF(values); i++) {
		if (strcmp(values[i][0], name) == 0)
			return values[i][1];
	}
	return NULL;
}

/* The declared type is what `arg` says, but "at" is a time, and keys of one letter are
 * numbers; NULL: no such column. */
static int type_is(void *arg, const char *column, char *ret_type, size_t size,
		   struct err *e)
{
	const char *type = arg;

	if (column[1] == '\0' && strchr("ajk", *column))
		type = "bigint(20)";
	if (!type)
		return 0;
	if (strcmp(type, "failure") == 0)
		return err_set(e, EXIT_UNAVAILABLE, "the connection is gone");
	assert_null(strpbrk(column, ".\""));
	snprintf(ret_type, size, "%s", strcmp(column, "at") ? type : "timestamp");
	return 1;
}

static struct sql_template *parse(enum sql_role role, const char *text)
{
	struct sql_template *template = NULL;

	if (sql_parse(text, role, setting, NULL, &template, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return template;
}

static int render_as(enum sql_role role, enum sql_form form, enum slt_dialect dialect,
		     const char *type, const char *text, struct sql *ret)
{
	struct sql_template *template = parse(role, text);
	char copy[64] = "";
	int result;

	if (type)
		snprintf(copy, sizeof(copy), "%s", type);
	result = sql_render(template, form, dialect_get(dialect), type_is,
			    type ? copy : NULL, ret, &err);
	sql_template_free(template); /* what was rendered stands on its own */
	return result;
}

static struct sql render(enum sql_role role, enum sql_form form, enum slt_dialect dialect,
			 const char *type, const char *text)
{
	struct sql sql = { 0 };

	if (render_as(role, form, dialect, type, text, &sql) < 0)
		fail_msg("%s: %s", text, err.text);
	return sql;
}

/* ---------------------------------------------------------------- every brace */

/* In a fetch a brace stands in REST, in a clear after what it needs. */
#define FETCH(rest) "SELECT {key k} FROM t WHERE {unsent 1} " rest
#define FETCHED(rest) "SELECT \"k\" AS slt_key FROM t WHERE (1) " rest
#define MY_FETCHED(rest) "SELECT `k` AS slt_key FROM t WHERE (1) " rest
#define CLEAR(rest) "DELETE {keys k} {older_than o} " rest

#define PG_SET(c, k, v, n)                                                  \
	"CASE coalesce(jsonb_typeof((" c ")::jsonb), 'null')"               \
	" WHEN 'object' THEN (" c ")::jsonb || '{\"" k "\": " v "}'::jsonb" \
	" WHEN 'null' THEN '{\"" k "\": " v "}'::jsonb"                     \
	" ELSE jsonb_build_object('" k "', " v ", '" n "', (" c ")::jsonb) END"
#define MY_SET(c, k, v, n)                                                             \
	"CASE WHEN " c " IS NULL THEN JSON_OBJECT('" k "', " v ")"                     \
	" WHEN NOT JSON_VALID(" c ") THEN JSON_OBJECT('" k "', " v ", '" n "', " c ")" \
	" WHEN JSON_TYPE(" c ") = 'OBJECT' THEN JSON_SET(" c ", '$.\"" k "\"', " v ")" \
	" WHEN JSON_TYPE(" c ") = 'NULL' THEN JSON_OBJECT('" k "', " v ")"             \
	" ELSE JSON_OBJECT('" k "', " v ", '" n "', JSON_EXTRACT(" c ", '$')) END"
#define LITE_SET(c, k, v, n)                                                             \
	"CASE WHEN " c " IS NULL THEN json_object('" k "', json('" v "'))"               \
	" WHEN NOT json_valid(" c ") THEN json_object('" k "', json('" v "'), '" n       \
	"', " c ")"                                                                      \
	" WHEN json_type(" c ") = 'object' THEN json_set(" c ", '$.\"" k "\"', json('" v \
	"'))"                                                                            \
	" WHEN json_type(" c ") = 'null' THEN json_object('" k "', json('" v "'))"       \
	" ELSE json_object('" k "', json('" v "'), '" n "', json(" c ")) END"

/* A type that MySQL does not have, of a flag. */
static const char NO_FLAG[] = "no flag";

static const struct brace {
	enum sql_role role;
	const char *type, *text, *pg;
	const char *lite, *my; /* NULL: the same, but for MySQL's quotes */
} braces[] = {
	/* identifiers */
	{ SQL_FETCH, "", FETCH("{a}"), FETCHED("\"a\""), NULL, NULL },
	{ SQL_FETCH, "", FETCH("{a.b}"), FETCHED("\"a\".\"b\""), NULL, NULL },
	{ SQL_FETCH, "", FETCH("{MiXed}{GRÖßE}"), FETCHED("\"MiXed\"\"GRÖßE\""), NULL,
	  NULL },
	{ SQL_FETCH, "", FETCH("{\"a\"}"), FETCHED("\"\"\"a\"\"\""), NULL,
	  MY_FETCHED("`\"a\"`") },
	{ SQL_FETCH, "", FETCH("{`a`}"), FETCHED("\"`a`\""), NULL,
	  MY_FETCHED("```a```") },
	{ SQL_FETCH, "", FETCH("{a'b}"), FETCHED("\"a'b\""), NULL, NULL },
	{ SQL_FETCH, "", FETCH("{a%s$1?1}"), FETCHED("\"a%s$1?1\""), NULL, NULL },
	/* a keyword alone is a name like any other */
	{ SQL_FETCH, "", FETCH("{key}{unsent}{keys}{is_true}"),
	  FETCHED("\"key\"\"unsent\"\"keys\"\"is_true\""), NULL, NULL },
	/* identifiers out of settings */
	{ SQL_FETCH, "", FETCH("{$TABLE}"), FETCHED("\"audit_logs\""), NULL, NULL },
	{ SQL_FETCH, "", FETCH("{$WITH_SCHEMA}"), FETCHED("\"app\".\"audit_logs\""), NULL,
	  NULL },
	{ SQL_FETCH, "", FETCH("{$MIXED}"), FETCHED("\"Audit Logs\""), NULL, NULL },
	{ SQL_FETCH, "", FETCH("{$NON_ASCII}"), FETCHED("\"журнал\".\"Größe\""), NULL,
	  NULL },
	{ SQL_FETCH, "", FETCH("{$QUOTES}"), FETCHED("\"a\"\"b\".\"c\"\"\"\"d'e\""), NULL,
	  MY_FETCHED("`a\"b`.`c\"\"d'e`") },
	{ SQL_FETCH, "", FETCH("{$EVIL}"),
	  FETCHED("\"x\"\"; DROP TABLE audit_logs; --\""), NULL,
	  MY_FETCHED("`x\"; DROP TABLE audit_logs; --`") },
	{ SQL_FETCH, "", FETCH("{$BRACES}"), FETCHED("\"{key id}\""), NULL, NULL },
	/* bound values */
	{ SQL_FETCH, "", FETCH("{:EVIL}, {:EMPTY}"), FETCHED("$1, $2"), FETCHED("?1, ?2"),
	  MY_FETCHED("?, ?") },
	{ SQL_CLEAR, "", CLEAR("{:EVIL}"), "DELETE \"k\" = ANY($1) (\"o\" < $2) $3",
	  "DELETE \"k\" IN (SELECT value FROM json_each(?1)) "
	  "(datetime(\"o\") < datetime(?2)) ?3",
	  "DELETE `k` IN (?) (`o` < CAST(? AS DATETIME(6))) ?" },
	/* braces that are none, in and out of {unsent} */
	{ SQL_FETCH, "", FETCH("'{{key id}' }"), FETCHED("'{key id}' }"), NULL, NULL },
	{ SQL_FETCH, "", FETCH("{{{{{a}"), FETCHED("{{\"a\""), NULL, NULL },
	{ SQL_FETCH, "",
	  "select {key k} FROM t WHERE {unsent a <> '{{' AND ({is_true b})}",
	  "select \"k\" AS slt_key FROM t WHERE (a <> '{' AND ((\"b\" IS TRUE)))", NULL,
	  NULL },
	{ SQL_FETCH, "", "SELECT\n{key k} FROM t WHERE {unsent {a}{b.c}{:TABLE}{{} {d}",
	  "SELECT\n\"k\" AS slt_key FROM t WHERE (\"a\"\"b\".\"c\"$1{) \"d\"",
	  "SELECT\n\"k\" AS slt_key FROM t WHERE (\"a\"\"b\".\"c\"?1{) \"d\"",
	  "SELECT\n`k` AS slt_key FROM t WHERE (`a``b`.`c`?{) `d`" },
	/* key, time, keys, older_than, now */
	{ SQL_FETCH, "", "SELECT {key t.k}, {time t.at} WHERE {unsent 1}",
	  "SELECT \"t\".\"k\" AS slt_key, \"t\".\"at\" AS slt_time WHERE (1)", NULL,
	  NULL },
	{ SQL_FETCH, "", FETCH("{now}"), FETCHED("now()"),
	  FETCHED("strftime('%Y-%m-%d %H:%M:%f', 'now')"),
	  MY_FETCHED("UTC_TIMESTAMP(6)") },
	{ SQL_MARK, "", "{keys t.k} {keys j}", "\"t\".\"k\" = ANY($1) \"j\" = ANY($2)",
	  "\"t\".\"k\" IN (SELECT value FROM json_each(?1)) "
	  "\"j\" IN (SELECT value FROM json_each(?2))",
	  "`t`.`k` IN (?) `j` IN (?)" },
	{ SQL_CLEAR, "", "{keys k} {older_than t.at}",
	  "\"k\" = ANY($1) (\"t\".\"at\" < $2)",
	  "\"k\" IN (SELECT value FROM json_each(?1)) "
	  "(datetime(\"t\".\"at\") < datetime(?2))",
	  "`k` IN (?) (`t`.`at` < CAST(? AS DATETIME(6)))" },
	{ SQL_CLEAR, "date", "{keys k} {older_than o}", "\"k\" = ANY($1) (\"o\" < $2)",
	  "\"k\" IN (SELECT value FROM json_each(?1)) "
	  "(datetime(\"o\") < datetime(?2))",
	  "`k` IN (?) (`o` < CAST(? AS DATETIME(6)))" },
	/* flags, by type */
	{ SQL_FETCH, "", FETCH("{is_true f}"), FETCHED("(\"f\" IS TRUE)"), NULL, NULL },
	{ SQL_MARK, "", "{keys k} {set_true t.f}{set_false f}",
	  "\"k\" = ANY($1) \"f\" = TRUE\"f\" = FALSE",
	  "\"k\" IN (SELECT value FROM json_each(?1)) \"f\" = 1\"f\" = 0",
	  "`k` IN (?) `f` = 1`f` = 0" },
	{ SQL_FETCH, "boolean", FETCH("{is_true t.f}"), FETCHED("(\"t\".\"f\" IS TRUE)"),
	  NULL, NO_FLAG },
	{ SQL_FETCH, "smallint", FETCH("{is_true f}"), FETCHED("((\"f\" <> 0) IS TRUE)"),
	  FETCHED("(\"f\" IS TRUE)"), MY_FETCHED("(`f` IS TRUE)") },
	{ SQL_FETCH, "numeric(3,1)", FETCH("{is_true f}"),
	  FETCHED("((\"f\" <> 0) IS TRUE)"), FETCHED("(\"f\" IS TRUE)"), NO_FLAG },
	{ SQL_FETCH, "bit(1)", FETCH("{is_true f}"), FETCHED("((\"f\" = B'1') IS TRUE)"),
	  FETCHED("(\"f\" IS TRUE)"), MY_FETCHED("(`f` IS TRUE)") },
	{ SQL_MARK, "boolean", "{keys k} {set_true t.f}{set_false f}",
	  "\"k\" = ANY($1) \"f\" = TRUE\"f\" = FALSE",
	  "\"k\" IN (SELECT value FROM json_each(?1)) \"f\" = 1\"f\" = 0", NO_FLAG },
	{ SQL_MARK, "bigint", "{keys k} {set_true f}{set_false f}",
	  "\"k\" = ANY($1) \"f\" = 1\"f\" = 0",
	  "\"k\" IN (SELECT value FROM json_each(?1)) \"f\" = 1\"f\" = 0",
	  "`k` IN (?) `f` = 1`f` = 0" },
	{ SQL_MARK, "bit(1)", "{keys k} {set_true f}{set_false f}",
	  "\"k\" = ANY($1) \"f\" = B'1'\"f\" = B'0'",
	  "\"k\" IN (SELECT value FROM json_each(?1)) \"f\" = 1\"f\" = 0",
	  "`k` IN (?) `f` = 1`f` = 0" },
	/* members of a JSON column, whose type is not asked for */
	{ SQL_CLEAR, NULL, CLEAR("{is_true t.c->is_sent}"),
	  "DELETE \"k\" = ANY($1) (\"o\" < $2) "
	  "(((\"t\".\"c\")::jsonb -> 'is_sent') = 'true'::jsonb IS TRUE)",
	  "DELETE \"k\" IN (SELECT value FROM json_each(?1)) "
	  "(datetime(\"o\") < datetime(?2)) (CASE WHEN json_valid(\"t\".\"c\") THEN "
	  "json_type(\"t\".\"c\", '$.\"is_sent\"') = 'true' END IS TRUE)",
	  "DELETE `k` IN (?) (`o` < CAST(? AS DATETIME(6))) "
	  "(CASE WHEN JSON_VALID(`t`.`c`) THEN "
	  "CAST(JSON_EXTRACT(`t`.`c`, '$.\"is_sent\"') AS CHAR) = 'true' END IS TRUE)" },
	{ SQL_MARK, NULL, "{keys k} {set_true c->is_sent}",
	  "\"k\" = ANY($1) \"c\" = " PG_SET("\"c\"", "is_sent", "true", "c"),
	  "\"k\" IN (SELECT value FROM json_each(?1)) \"c\" = " LITE_SET(
		  "\"c\"", "is_sent", "true", "c"),
	  "`k` IN (?) `c` = " MY_SET("`c`", "is_sent", "true", "c") },
	{ SQL_MARK, NULL, "{keys k} {set_false t.Größe->K_9}",
	  "\"k\" = ANY($1) \"Größe\" = " PG_SET("\"t\".\"Größe\"", "K_9", "false",
						"Größe"),
	  "\"k\" IN (SELECT value FROM json_each(?1)) \"Größe\" = " LITE_SET(
		  "\"t\".\"Größe\"", "K_9", "false", "Größe"),
	  "`k` IN (?) `Größe` = " MY_SET("`t`.`Größe`", "K_9", "false", "Größe") },
};

static void assert_rendered(const struct brace *c, enum slt_dialect dialect,
			    const char *expected)
{
	struct sql sql = render(c->role, SQL_AS_IS, dialect, c->type, c->text);

	assert_string_equal(sql.text, expected);
	sql_fini(&sql);
}

static void test_braces(void **state)
{
	char text[512];
	struct sql sql;

	(void)state;
	for (size_t i = 0; i < N_OF(braces); i++) {
		const struct brace *c = &braces[i];

		assert_rendered(c, SLT_POSTGRESQL, c->pg);
		assert_rendered(c, SLT_SQLITE, c->lite ? c->lite : c->pg);
		if (c->my == NO_FLAG) {
			assert_int_equal(render_as(c->role, SQL_AS_IS, SLT_MYSQL, c->type,
						   c->text, &sql),
					 -1);
			continue;
		}
		snprintf(text, sizeof(text), "%s", c->pg);
		for (char *quote = text; (quote = strchr(quote, '"'));)
			*quote = '`';
		assert_rendered(c, SLT_MYSQL, c->my ? c->my : text);
	}
}

/* The types that information_schema has for flags. */
static void test_flags_mysql_types(void **state)
{
	static const char *const types[] = { "tinyint(1)",    "tinyint(3) unsigned",
					     "smallint(6)",   "mediumint(9)",
					     "int(11)",	      "int",
					     "bigint(20)",    "bit(1)",
					     "decimal(10,2)", "float",
					     "double" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++)
		assert_rendered(
			&(struct brace){ .role = SQL_MARK,
					 .type = types[i],
					 .text = "{keys k} {set_true f} {is_true f}" },
			SLT_MYSQL, "`k` IN (?) `f` = 1 (`f` IS TRUE)");
}

/* ---------------------------------------------------------------- refusals */

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG256 HUNDRED HUNDRED TEN TEN TEN TEN TEN "abcdef"
#define IDENTIFIER "an identifier is expected: name, or schema.name"
#define CANNOT "this brace cannot stand in this statement"
#define NOT_CLOSED "the brace is not closed"
#define NO_NAME "no brace of that name"
#define NO_ARROW "column->member is not possible here"
#define IS_NO_TABLE ": the name of a table is expected, or schema.table"

static const struct refusal {
	enum sql_role role;
	const char *text, *error;
} refusals[] = {
	/* not a brace at all */
	{ SQL_FETCH, "SELECT {jey id}", "at position 8, \"{jey id}\": " NO_NAME },
	{ SQL_FETCH, "SELECT {Key id}", "at position 8, \"{Key id}\": " NO_NAME },
	{ SQL_FETCH, "SELECT {now }", "at position 8, \"{now }\": " NO_NAME },
	{ SQL_FETCH, "SELECT {key\tid} {x y}", "at position 17, \"{x y}\": " NO_NAME },
	{ SQL_FETCH, "SELECT { id}", "at position 8, \"{ id}\": " NO_NAME },
	/* the text that is quoted is cut */
	{ SQL_FETCH, "{no no}" TEN TEN TEN TEN,
	  "at position 1, \"{no no}" TEN TEN TEN "012\": " NO_NAME },
	/* not closed, nested */
	{ SQL_FETCH, "SELECT {", "at position 8, \"{\": " NOT_CLOSED },
	{ SQL_FETCH, "SELECT {key id", "at position 8, \"{key id\": " NOT_CLOSED },
	{ SQL_FETCH, "SELECT {key {id}}", "at position 8, \"{key {id}}\": " NOT_CLOSED },
	{ SQL_FETCH, "SELECT {$TABLE", "at position 8, \"{$TABLE\": " NOT_CLOSED },
	{ SQL_FETCH, "SELECT {key id}, {unsent {is_true s}",
	  "at position 18, \"{unsent {is_true s}\": " NOT_CLOSED },
	{ SQL_FETCH, "{unsent {unsent x}}",
	  "at position 9, \"{unsent x}}\": this brace cannot stand here" },
	/* identifiers */
	{ SQL_FETCH, "SELECT {}",
	  "at position 8, \"{}\": an identifier is expected, it is empty" },
	{ SQL_FETCH, "{key }",
	  "at position 1, \"{key }\": an identifier is expected, it is empty" },
	{ SQL_FETCH, "{is_true ->k}",
	  "at position 1, \"{is_true ->k}\": an identifier is expected, it is empty" },
	{ SQL_FETCH, "{key  id}", "at position 1, \"{key  id}\": " IDENTIFIER },
	{ SQL_FETCH, "{key id }", "at position 1, \"{key id }\": " IDENTIFIER },
	{ SQL_FETCH, "{.}", "at position 1, \"{.}\": " IDENTIFIER },
	{ SQL_FETCH, "{a.}", "at position 1, \"{a.}\": " IDENTIFIER },
	{ SQL_FETCH, "{.a}", "at position 1, \"{.a}\": " IDENTIFIER },
	{ SQL_FETCH, "{a..b}", "at position 1, \"{a..b}\": " IDENTIFIER },
	{ SQL_FETCH, "{a.b.c}",
	  "at position 1, \"{a.b.c}\": an identifier has at most two parts" },
	{ SQL_FETCH, "{" LONG256 "}",
	  "at position 1, \"{" TEN TEN TEN "012345678\": " IDENTIFIER },
	/* members */
	{ SQL_FETCH, "{key a->b}", "at position 1, \"{key a->b}\": " NO_ARROW },
	{ SQL_FETCH, "{time a->b}", "at position 1, \"{time a->b}\": " NO_ARROW },
	{ SQL_MARK, "{keys a->b}", "at position 1, \"{keys a->b}\": " NO_ARROW },
	{ SQL_CLEAR, "{older_than a->b}",
	  "at position 1, \"{older_than a->b}\": " NO_ARROW },
	{ SQL_MARK, "{is_true c->}", "at position 1, \"{is_true c->}\": " NO_ARROW },
	{ SQL_MARK, "{is_true c->a-b}",
	  "at position 1, \"{is_true c->a-b}\": " NO_ARROW },
	{ SQL_MARK, "{set_true c->a'b}",
	  "at position 1, \"{set_true c->a'b}\": " NO_ARROW },
	{ SQL_MARK, "{set_true c->a\"b}",
	  "at position 1, \"{set_true c->a\"b}\": " NO_ARROW },
	{ SQL_MARK, "{set_true c->a->b}",
	  "at position 1, \"{set_true c->a->b}\": " NO_ARROW },
	{ SQL_MARK, "{set_false c->ä}",
	  "at position 1, \"{set_false c->ä}\": " NO_ARROW },
	/* settings */
	{ SQL_FETCH, "{$NOPE}",
	  "at position 1, \"{$NOPE}\": the facade declares no such setting" },
	{ SQL_FETCH, "{:NOPE}",
	  "at position 1, \"{:NOPE}\": the facade declares no such setting" },
	{ SQL_FETCH, "{$}",
	  "at position 1, \"{$}\": the facade declares no such setting" },
	{ SQL_FETCH, "{$TABLE }",
	  "at position 1, \"{$TABLE }\": the facade declares no such setting" },
	{ SQL_FETCH, "{$" LONG256 "}",
	  "at position 1, \"{$" TEN TEN TEN "01234567\": no such setting" },
	{ SQL_FETCH, "{$THREE}", "THREE is \"a.b.c\"" IS_NO_TABLE },
	{ SQL_FETCH, "{$EMPTY}", "EMPTY is \"\"" IS_NO_TABLE },
	{ SQL_FETCH, "{$BLANK_FIRST}", "BLANK_FIRST is \" a\"" IS_NO_TABLE },
	{ SQL_FETCH, "{$BLANK_LAST}", "BLANK_LAST is \"a.b \"" IS_NO_TABLE },
	{ SQL_FETCH, "{$DOT_FIRST}", "DOT_FIRST is \".a\"" IS_NO_TABLE },
	{ SQL_FETCH, "{$DOT_LAST}", "DOT_LAST is \"a.\"" IS_NO_TABLE },
	/* a brace of another statement */
	{ SQL_FETCH, "{keys id}", "at position 1, \"{keys id}\": " CANNOT },
	{ SQL_FETCH, "{older_than at}", "at position 1, \"{older_than at}\": " CANNOT },
	{ SQL_FETCH, "{set_true s}", "at position 1, \"{set_true s}\": " CANNOT },
	{ SQL_FETCH, "{set_false s}", "at position 1, \"{set_false s}\": " CANNOT },
	{ SQL_MARK, "{key id}", "at position 1, \"{key id}\": " CANNOT },
	{ SQL_MARK, "{time id}", "at position 1, \"{time id}\": " CANNOT },
	{ SQL_MARK, "{older_than id}", "at position 1, \"{older_than id}\": " CANNOT },
	{ SQL_MARK, "{unsent id}",
	  "at position 1, \"{unsent id}\": this brace cannot stand here" },
	{ SQL_CLEAR, "{key id}", "at position 1, \"{key id}\": " CANNOT },
	{ SQL_CLEAR, "{set_true s}", "at position 1, \"{set_true s}\": " CANNOT },
	{ SQL_CLEAR, "{set_false s}", "at position 1, \"{set_false s}\": " CANNOT },
	{ SQL_CLEAR, "{unsent id}",
	  "at position 1, \"{unsent id}\": this brace cannot stand here" },
	/* what each must have */
	{ SQL_FETCH, "", "it must begin with SELECT" },
	{ SQL_FETCH, "SELECTED {key id} {unsent 1}", "it must begin with SELECT" },
	{ SQL_FETCH, "WITH a AS (SELECT {key id}) {unsent 1}",
	  "it must begin with SELECT" },
	{ SQL_FETCH, "SELECT id FROM t WHERE {unsent 1}",
	  "it needs {key …} exactly once" },
	{ SQL_FETCH, "SELECT {key a}, {key b} FROM t WHERE {unsent 1}",
	  "it needs {key …} exactly once" },
	{ SQL_FETCH, "SELECT {key a} FROM t", "it needs {unsent …} exactly once" },
	{ SQL_FETCH, "SELECT {key a} FROM t WHERE {unsent 1} AND {unsent 2}",
	  "it needs {unsent …} exactly once" },
	{ SQL_FETCH, "SELECT {key a}, {time b}, {time c} FROM t WHERE {unsent 1}",
	  "it may have {time …} only once" },
	{ SQL_MARK, "UPDATE t SET {set_true s}",
	  "it needs {keys …}: it would touch all rows" },
	{ SQL_CLEAR, "DELETE {older_than at}",
	  "it needs {keys …}: it would touch all rows" },
	{ SQL_CLEAR, "DELETE {keys id}", "it needs {older_than …}" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(refusals); i++) {
		struct sql_template *untouched = (struct sql_template *)&err,
				    *ret = untouched;

		if (sql_parse(refusals[i].text, refusals[i].role, setting, NULL, &ret,
			      &err) == 0)
			fail_msg("not refused: %s", refusals[i].text);
		assert_string_equal(err.text, refusals[i].error);
		assert_int_equal(err.status, EXIT_CONFIG);
		assert_ptr_equal(ret, untouched);
	}
}

#define NO_TIME "it has no {time ...}, by which rows are known to be old"

/* What is known only with the database at hand. */
static const struct {
	enum sql_role role;
	enum sql_form form;
	enum slt_dialect dialect;
	const char *type, *text, *error;
	enum exit_status status;
} unrendered[] = {
	{ SQL_MARK, SQL_AS_IS, SLT_POSTGRESQL, "text", "{keys k} {is_true t.f}",
	  "at position 10: column f is of type text, which is no flag", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_POSTGRESQL, "jsonb", "{keys k} {set_true f}",
	  "at position 10: column f is of type jsonb, which is no flag", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_POSTGRESQL, "timestamp with time zone",
	  "{keys k} {set_false f}",
	  "at position 10: column f is of type timestamp with time zone, which is no flag",
	  EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_POSTGRESQL, NULL, "{keys k} {is_true t.f}",
	  "at position 10: the table of {key} has no column f", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_SQLITE, NULL, "{keys k} {set_true f}",
	  "at position 10: the table of {key} has no column f", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_SQLITE, "failure", "{keys k} {set_true f}",
	  "the connection is gone", EXIT_UNAVAILABLE },
	{ SQL_MARK, SQL_AS_IS, SLT_POSTGRESQL, "", "{keys k} {is_true it's->k}",
	  "at position 10: a column of that name cannot be used with ->", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_SQLITE, "", "{keys k} {set_true a\"b->k}",
	  "at position 10: a column of that name cannot be used with ->", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_SQLITE, "", "{keys k} {set_true a\\b->k}",
	  "at position 10: a column of that name cannot be used with ->", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_MYSQL, "varchar(10)", "{keys k} {is_true t.f}",
	  "at position 10: column f is of type varchar(10), which is no flag",
	  EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_MYSQL, "json", "{keys k} {set_true f}",
	  "at position 10: column f is of type json, which is no flag", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_MYSQL, "enum('0','1')", "{keys k} {set_false f}",
	  "at position 10: column f is of type enum('0','1'), which is no flag",
	  EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_MYSQL, "datetime(6)", "{keys k} {set_false f}",
	  "at position 10: column f is of type datetime(6), which is no flag",
	  EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_MYSQL, NULL, "{keys k} {set_true f}",
	  "at position 10: the table of {key} has no column f", EXIT_CONFIG },
	{ SQL_MARK, SQL_AS_IS, SLT_MYSQL, "", "{keys k} {set_true it's->k}",
	  "at position 10: a column of that name cannot be used with ->", EXIT_CONFIG },
	/* times */
	{ SQL_CLEAR, SQL_AS_IS, SLT_POSTGRESQL, "text", "{keys k} {older_than t.o}",
	  "at position 10: column o is of type text, which is no time", EXIT_CONFIG },
	{ SQL_CLEAR, SQL_AS_IS, SLT_POSTGRESQL, "time without time zone",
	  "{keys k} {older_than o}",
	  "at position 10: column o is of type time without time zone, which is no time",
	  EXIT_CONFIG },
	{ SQL_CLEAR, SQL_AS_IS, SLT_POSTGRESQL, "bigint", "{keys k} {older_than o}",
	  "at position 10: column o is of type bigint, which is no time", EXIT_CONFIG },
	{ SQL_CLEAR, SQL_AS_IS, SLT_MYSQL, "varchar(50)", "{keys k} {older_than o}",
	  "at position 10: column o is of type varchar(50), which is no time",
	  EXIT_CONFIG },
	{ SQL_CLEAR, SQL_AS_IS, SLT_MYSQL, "time(6)", "{keys k} {older_than o}",
	  "at position 10: column o is of type time(6), which is no time", EXIT_CONFIG },
	{ SQL_CLEAR, SQL_AS_IS, SLT_MYSQL, "year(4)", "{keys k} {older_than o}",
	  "at position 10: column o is of type year(4), which is no time", EXIT_CONFIG },
	{ SQL_CLEAR, SQL_AS_IS, SLT_MYSQL, "failure", "{keys k} {older_than o}",
	  "the connection is gone", EXIT_UNAVAILABLE },
	{ SQL_FETCH, SQL_OLD_COUNT, SLT_MYSQL, "int(11)",
	  "SELECT {key k}, {time t.o} FROM t WHERE {unsent 1}",
	  "at position 17: column o is of type int(11), which is no time", EXIT_CONFIG },
	{ SQL_FETCH, SQL_OLD_FIRST_PAGE, SLT_POSTGRESQL, "", FETCH(""), NO_TIME,
	  EXIT_CONFIG },
	{ SQL_FETCH, SQL_OLD_NEXT_PAGE, SLT_MYSQL, "", FETCH(""), NO_TIME, EXIT_CONFIG },
	{ SQL_FETCH, SQL_OLD_COUNT, SLT_SQLITE, "", FETCH(""), NO_TIME, EXIT_CONFIG },
	{ SQL_FETCH, SQL_TIMELESS_COUNT, SLT_MYSQL, "", FETCH(""), NO_TIME, EXIT_CONFIG },
	{ SQL_FETCH, SQL_SINCE_FIRST_PAGE, SLT_SQLITE, "", FETCH(""), NO_TIME,
	  EXIT_CONFIG },
	{ SQL_FETCH, SQL_SINCE_NEXT_PAGE, SLT_POSTGRESQL, "", FETCH(""), NO_TIME,
	  EXIT_CONFIG },
};

static void test_unrendered(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(unrendered); i++) {
		struct sql sql = { .n_params = 77 };

		if (render_as(unrendered[i].role, unrendered[i].form,
			      unrendered[i].dialect, unrendered[i].type,
			      unrendered[i].text, &sql) == 0)
			fail_msg("not refused: %s", unrendered[i].text);
		assert_string_equal(err.text, unrendered[i].error);
		assert_int_equal(err.status, unrendered[i].status);
		assert_int_equal(sql.n_params, 77);
	}
}

static void test_maximum(void **state)
{
	char text[SQL_MAX_VALUES * 16 + 64];
	struct sql sql;
	size_t n;

	(void)state;
	for (int values = SQL_MAX_VALUES - 2; values <= SQL_MAX_VALUES + 1; values++) {
		n = (size_t)snprintf(text, sizeof(text),
				     "SELECT {key k} WHERE {unsent 1}");
		for (int i = 0; i < values; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, " {:TABLE}");
		if (values <= SQL_MAX_VALUES) {
			sql = render(SQL_FETCH, SQL_AS_IS, SLT_SQLITE, "", text);
			assert_int_equal(sql.n_params, values);
			sql_fini(&sql);
			continue;
		}
		assert_int_equal(
			render_as(SQL_FETCH, SQL_AS_IS, SLT_SQLITE, "", text, &sql), -1);
		assert_string_equal(err.text,
				    "the statement is longer than 256 KiB, or has more "
				    "than 32 values");
	}
}

/* ---------------------------------------------------------------- forms */

#define PAGE_OF                                                     \
	"SELECT {key l.id}, {time l.at}, msg FROM {$WITH_SCHEMA} l" \
	" WHERE l.kind = {:EVIL} AND {unsent NOT {is_true l.sent}} AND l.x < {:TABLE}"
#define INNER(unsent, first, second)                                         \
	"SELECT \"l\".\"id\" AS slt_key, \"l\".\"at\" AS slt_time, msg FROM" \
	" \"app\".\"audit_logs\" l WHERE l.kind = " first " AND " unsent     \
	" AND l.x < " second
#define PG_INNER(not ) INNER(not "(NOT ((\"l\".\"sent\" <> 0) IS TRUE))", "$1", "$2")
#define LITE_INNER(not ) INNER(not "(NOT (\"l\".\"sent\" IS TRUE))", "?1", "?2")
#define MY_INNER_OF(unsent)                                          \
	"SELECT `l`.`id` AS slt_key, `l`.`at` AS slt_time, msg FROM" \
	" `app`.`audit_logs` l WHERE l.kind = ? AND " unsent " AND l.x < ?"
#define MY_INNER(not ) MY_INNER_OF(not "(NOT (`l`.`sent` IS TRUE))")

/* head SELECT FROM (the fetch) AS slt_log rest */
#define WRAPPED(head, inner, rest) \
	"SELECT " head " FROM (" inner ") AS slt_log WHERE " rest
#define PAGE(inner, rest) WRAPPED("slt_key, slt_log.*", inner, rest)
#define KEYS(inner, rest) WRAPPED("slt_key", inner, rest)
#define COUNT(inner, rest) WRAPPED("count(*)", inner, rest)
#define PG_ALL INNER("(1 = 1 OR NOT ((\"l\".\"sent\" <> 0) IS TRUE))", "$1", "$2")
#define LITE_ALL INNER("(1 = 1 OR NOT (\"l\".\"sent\" IS TRUE))", "?1", "?2")
#define MY_ALL MY_INNER_OF("(1 = 1 OR NOT (`l`.`sent` IS TRUE))")
#define OLDEST(inner) WRAPPED("min(slt_time)", inner, "slt_key IS NOT NULL")
#define TWICE(inner)                   \
	"SELECT count(*) FROM (" KEYS( \
		inner,                 \
		"slt_key IS NOT NULL") " GROUP BY slt_key HAVING count(*) > 1) AS slt_twice"
#define ENDS(inner, rest)                                                        \
	"SELECT slt_key FROM (" WRAPPED(                                         \
		"slt_key, row_number() OVER (ORDER BY slt_key) AS slt_n", inner, \
		rest) " = "                                                      \
		      "0 ORDER BY slt_n LIMIT 64"
#define MY_OLD " AND (slt_time < CAST(? AS DATETIME(6)))"

static const struct {
	enum sql_form form;
	const char *pg, *lite, *my;
	size_t n_params;
	enum sql_slot more[3]; /* behind the two values of the fetch */
} forms[] = {
	{ SQL_PROBE,
	  INNER("(NOT (\"l\".\"sent\" IS NULL))", "$1", "$2") " LIMIT 0",
	  INNER("(NOT (\"l\".\"sent\" IS NULL))", "?1", "?2") " LIMIT 0",
	  MY_INNER_OF("(NOT (`l`.`sent` IS NULL))") " LIMIT 0",
	  2,
	  { 0 } },
	{ SQL_FIRST_PAGE,
	  PAGE(PG_INNER(""), "slt_key IS NOT NULL ORDER BY slt_key LIMIT $3"),
	  PAGE(LITE_INNER(""), "slt_key IS NOT NULL ORDER BY slt_key LIMIT ?3"),
	  PAGE(MY_INNER(""), "slt_key IS NOT NULL ORDER BY slt_key LIMIT ?"),
	  3,
	  { SLOT_LIMIT } },
	{ SQL_NEXT_PAGE,
	  PAGE(PG_INNER(""), "slt_key > $3 ORDER BY slt_key LIMIT $4"),
	  PAGE(LITE_INNER(""), "slt_key > ?3 ORDER BY slt_key LIMIT ?4"),
	  PAGE(MY_INNER(""), "slt_key > ? ORDER BY slt_key LIMIT ?"),
	  4,
	  { SLOT_AFTER, SLOT_LIMIT } },
	{ SQL_PAGE_UP_TO,
	  PAGE(PG_INNER(""), "slt_key > $3 AND slt_key <= $4 ORDER BY slt_key LIMIT $5"),
	  PAGE(LITE_INNER(""),
	       "slt_key > ?3 AND slt_key <= ?4 ORDER BY slt_key LIMIT ?5"),
	  PAGE(MY_INNER(""), "slt_key > ? AND slt_key <= ? ORDER BY slt_key LIMIT ?"),
	  5,
	  { SLOT_AFTER, SLOT_UP_TO, SLOT_LIMIT } },
	{ SQL_PAGE_ENDS,
	  ENDS(PG_INNER(""), "slt_key > $3) AS slt_ends WHERE slt_n % $4"),
	  ENDS(LITE_INNER(""), "slt_key > ?3) AS slt_ends WHERE slt_n % ?4"),
	  ENDS(MY_INNER(""), "slt_key > ?) AS slt_ends WHERE slt_n % ?"),
	  4,
	  { SLOT_AFTER, SLOT_LIMIT } },
	{ SQL_NULL_KEYS,
	  COUNT(PG_INNER(""), "slt_key IS NULL"),
	  COUNT(LITE_INNER(""), "slt_key IS NULL"),
	  COUNT(MY_INNER(""), "slt_key IS NULL"),
	  2,
	  { 0 } },
	{ SQL_UNSENT_COUNT,
	  COUNT(PG_INNER(""), "slt_key IS NOT NULL"),
	  COUNT(LITE_INNER(""), "slt_key IS NOT NULL"),
	  COUNT(MY_INNER(""), "slt_key IS NOT NULL"),
	  2,
	  { 0 } },
	{ SQL_SENT_COUNT,
	  COUNT(PG_INNER("NOT "), "slt_key IS NOT NULL"),
	  COUNT(LITE_INNER("NOT "), "slt_key IS NOT NULL"),
	  COUNT(MY_INNER("NOT "), "slt_key IS NOT NULL"),
	  2,
	  { 0 } },
	{ SQL_ALL_COUNT,
	  COUNT(PG_ALL, "slt_key IS NOT NULL"),
	  COUNT(LITE_ALL, "slt_key IS NOT NULL"),
	  COUNT(MY_ALL, "slt_key IS NOT NULL"),
	  2,
	  { 0 } },
	{ SQL_TWICE_COUNT, TWICE(PG_ALL), TWICE(LITE_ALL), TWICE(MY_ALL), 2, { 0 } },
	{ SQL_UNSENT_OLDEST,
	  OLDEST(PG_INNER("")),
	  OLDEST(LITE_INNER("")),
	  OLDEST(MY_INNER("")),
	  2,
	  { 0 } },
	{ SQL_SENT_FIRST_PAGE,
	  PAGE(PG_INNER("NOT "), "slt_key IS NOT NULL ORDER BY slt_key LIMIT $3"),
	  PAGE(LITE_INNER("NOT "), "slt_key IS NOT NULL ORDER BY slt_key LIMIT ?3"),
	  PAGE(MY_INNER("NOT "), "slt_key IS NOT NULL ORDER BY slt_key LIMIT ?"),
	  3,
	  { SLOT_LIMIT } },
	{ SQL_SENT_NEXT_PAGE,
	  PAGE(PG_INNER("NOT "), "slt_key > $3 ORDER BY slt_key LIMIT $4"),
	  PAGE(LITE_INNER("NOT "), "slt_key > ?3 ORDER BY slt_key LIMIT ?4"),
	  PAGE(MY_INNER("NOT "), "slt_key > ? ORDER BY slt_key LIMIT ?"),
	  4,
	  { SLOT_AFTER, SLOT_LIMIT } },
	{ SQL_SINCE_FIRST_PAGE,
	  PAGE(PG_INNER("NOT "), "slt_key IS NOT NULL AND NOT (slt_time < $3)"
				 " ORDER BY slt_key LIMIT $4"),
	  PAGE(LITE_INNER("NOT "),
	       "slt_key IS NOT NULL AND NOT (datetime(slt_time) < datetime(?3))"
	       " ORDER BY slt_key LIMIT ?4"),
	  PAGE(MY_INNER("NOT "),
	       "slt_key IS NOT NULL AND NOT (slt_time < CAST(? AS DATETIME(6)))"
	       " ORDER BY slt_key LIMIT ?"),
	  4,
	  { SLOT_OLDER_THAN, SLOT_LIMIT } },
	{ SQL_SINCE_NEXT_PAGE,
	  PAGE(PG_INNER("NOT "), "slt_key > $3 AND NOT (slt_time < $4)"
				 " ORDER BY slt_key LIMIT $5"),
	  PAGE(LITE_INNER("NOT "),
	       "slt_key > ?3 AND NOT (datetime(slt_time) < datetime(?4))"
	       " ORDER BY slt_key LIMIT ?5"),
	  PAGE(MY_INNER("NOT "), "slt_key > ? AND NOT (slt_time < CAST(? AS DATETIME(6)))"
				 " ORDER BY slt_key LIMIT ?"),
	  5,
	  { SLOT_AFTER, SLOT_OLDER_THAN, SLOT_LIMIT } },
	{ SQL_SINCE_COUNT,
	  COUNT(PG_INNER("NOT "), "slt_key IS NOT NULL AND NOT (slt_time < $3)"),
	  COUNT(LITE_INNER("NOT "),
		"slt_key IS NOT NULL AND NOT (datetime(slt_time) < datetime(?3))"),
	  COUNT(MY_INNER("NOT "),
		"slt_key IS NOT NULL AND NOT (slt_time < CAST(? AS DATETIME(6)))"),
	  3,
	  { SLOT_OLDER_THAN } },
	{ SQL_UNSENT_KEYS,
	  KEYS(PG_INNER(""), "slt_key = ANY($3)"),
	  KEYS(LITE_INNER(""), "slt_key IN (SELECT value FROM json_each(?3))"),
	  KEYS(MY_INNER(""), "slt_key IN (?)"),
	  3,
	  { SLOT_KEYS } },
	{ SQL_SENT_KEYS,
	  KEYS(PG_INNER("NOT "), "slt_key = ANY($3)"),
	  KEYS(LITE_INNER("NOT "), "slt_key IN (SELECT value FROM json_each(?3))"),
	  KEYS(MY_INNER("NOT "), "slt_key IN (?)"),
	  3,
	  { SLOT_KEYS } },
	{ SQL_OLD_FIRST_PAGE,
	  KEYS(PG_INNER("NOT "), "slt_key IS NOT NULL AND (slt_time < $3)"
				 " ORDER BY slt_key LIMIT $4"),
	  KEYS(LITE_INNER("NOT "),
	       "slt_key IS NOT NULL AND (datetime(slt_time) < datetime(?3))"
	       " ORDER BY slt_key LIMIT ?4"),
	  KEYS(MY_INNER("NOT "),
	       "slt_key IS NOT NULL" MY_OLD " ORDER BY slt_key LIMIT ?"),
	  4,
	  { SLOT_OLDER_THAN, SLOT_LIMIT } },
	{ SQL_OLD_NEXT_PAGE,
	  KEYS(PG_INNER("NOT "), "slt_key > $3 AND (slt_time < $4)"
				 " ORDER BY slt_key LIMIT $5"),
	  KEYS(LITE_INNER("NOT "), "slt_key > ?3 AND (datetime(slt_time) < datetime(?4))"
				   " ORDER BY slt_key LIMIT ?5"),
	  KEYS(MY_INNER("NOT "), "slt_key > ?" MY_OLD " ORDER BY slt_key LIMIT ?"),
	  5,
	  { SLOT_AFTER, SLOT_OLDER_THAN, SLOT_LIMIT } },
	{ SQL_OLD_COUNT,
	  COUNT(PG_INNER("NOT "), "slt_key IS NOT NULL AND (slt_time < $3)"),
	  COUNT(LITE_INNER("NOT "),
		"slt_key IS NOT NULL AND (datetime(slt_time) < datetime(?3))"),
	  COUNT(MY_INNER("NOT "), "slt_key IS NOT NULL" MY_OLD),
	  3,
	  { SLOT_OLDER_THAN } },
	{ SQL_TIMELESS_COUNT,
	  COUNT(PG_INNER("NOT "), "NOT (slt_time IS NOT NULL)"),
	  COUNT(LITE_INNER("NOT "), "NOT (datetime(slt_time) IS NOT NULL)"),
	  COUNT(MY_INNER("NOT "), "NOT (slt_time IS NOT NULL)"),
	  2,
	  { 0 } },
};

static void assert_form(size_t i, enum slt_dialect dialect, const char *text)
{
	const char *type = forms[i].form == SQL_PROBE ? "failure" : "smallint";
	struct sql sql = render(SQL_FETCH, forms[i].form, dialect, type, PAGE_OF);

	assert_string_equal(sql.text, text);
	assert_int_equal(sql.n_params, forms[i].n_params);
	for (size_t j = 0; j < sql.n_params; j++)
		assert_int_equal(sql.params[j].slot,
				 j < 2 ? SLOT_VALUE : forms[i].more[j - 2]);
	assert_string_equal(sql.params[0].value, "x\"; DROP TABLE audit_logs; --");
	assert_string_equal(sql.params[1].value, "audit_logs");
	sql_fini(&sql);
	assert_null(sql.text);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(forms); i++) {
		assert_form(i, SLT_POSTGRESQL, forms[i].pg);
		assert_form(i, SLT_SQLITE, forms[i].lite);
		assert_form(i, SLT_MYSQL, forms[i].my);
	}
	/* all but SQL_AS_IS and SQL_UNSENT_CONDITION */
	assert_int_equal(N_OF(forms), N_SQL_FORMS - 2);
}

/* For an index: of this table alone, by its own columns. */
static void test_condition(void **state)
{
	static const char *const refused[] = {
		"SELECT {key k} FROM t WHERE {unsent l.sent IS NULL}",
		"SELECT {key k} FROM t WHERE {unsent NOT EXISTS (SELECT 1 FROM s)}",
		"SELECT {key k} FROM t WHERE {unsent sent < {now}}",
		"SELECT {key k} FROM t WHERE {unsent sent = {:TABLE}}",
		"SELECT {key k} FROM t WHERE {unsent sent = 'no'}",
	};
	struct sql sql;

	(void)state;
	sql = render(SQL_FETCH, SQL_UNSENT_CONDITION, SLT_POSTGRESQL, "smallint",
		     PAGE_OF);
	assert_string_equal(sql.text, "NOT ((\"sent\" <> 0) IS TRUE)");
	assert_int_equal(sql.n_params, 0);
	sql_fini(&sql);
	sql = render(SQL_FETCH, SQL_UNSENT_CONDITION, SLT_SQLITE, "",
		     "SELECT {key k} FROM t WHERE a AND {unsent sent_at IS NULL} AND b");
	assert_string_equal(sql.text, "sent_at IS NULL");
	sql_fini(&sql);
	for (size_t i = 0; i < N_OF(refused); i++) {
		assert_int_equal(render_as(SQL_FETCH, SQL_UNSENT_CONDITION, SLT_SQLITE,
					   "", refused[i], &sql),
				 -1);
		assert_non_null(strstr(err.text, "no condition of the table alone"));
	}
}

/* ---------------------------------------------------------------- the SELECT list */

enum { NO = -1 };

static const struct {
	const char *list; /* between SELECT and " FROM t WHERE ..." */
	int n, key_at, time_at;
} columns_of[] = {
	{ "{key k}", 1, 0, NO },
	{ "{key k}, {time at}", 2, 0, 1 },
	{ "{time t.at}, t.a, {key t.k}, b", 4, 2, 0 },
	{ "{key k},a,b,c", 4, 0, NO },
	{ "{key k}, a AS x, b y", 3, 0, NO },
	{ "{key k}, {a}, {t.b}, {$TABLE}", 4, 0, NO },
	/* commas within something */
	{ "{key k}, coalesce(a, b, 0), {time at}", 3, 0, 2 },
	{ "{key k}, coalesce(nullif(a, ''), (SELECT x, y)), {time at}", 3, 0, 2 },
	{ "concat(a, ',', {b}, ')'), {key k}", 2, 1, NO },
	{ "{key k}, 'a, b', {time at}", 3, 0, 2 },
	{ "{key k}, 'it''s, (so', {time at}", 3, 0, 2 },
	{ "{key k}, \"a, b\", `c, (d`, {time at}", 4, 0, 3 },
	{ "{key k}, {:EVIL} AS \"x, y\", {time at}", 3, 0, 2 },
	{ "{key k}, '{{', {time at}", 3, 0, 2 },
	{ "{key k}, CASE WHEN {is_true f} THEN 1 ELSE 2 END, {now}, {time at}", 4, 0, 3 },
	/* FROM that is not the SELECT's own */
	{ "{key k}, (SELECT max(x) FROM u), {time at}", 3, 0, 2 },
	{ "{key k}, extract(year from at), {time at}", 3, 0, 2 },
	{ "{key k}, ' FROM ', \"from\", {time at}", 4, 0, 3 },
	{ "{key k}, fromage, from_1, valid_from, t.fromage, {time at}", 6, 0, 5 },
	/* stars */
	{ "*, {key k}", 0, 1, NO },
	{ "{key k}, *", 0, 0, NO },
	{ "{key k}, t.*", 0, 0, NO },
	{ "{key k}, {t}.*, {time at}", 0, 0, 2 },
	{ "{key k}, {$TABLE}. *", 0, 0, NO },
	{ "{key k},\n\t*", 0, 0, NO },
	{ "{key k}, count(*), {time at}", 3, 0, 2 },
	{ "{key k}, (SELECT * FROM u), {time at}", 3, 0, 2 },
	{ "{key k}, '*', \"t.*\", {time at}", 4, 0, 3 },
	{ "{key k}, a * b, a*b, 2 *a, (a) * 2, {time at}", 6, 0, 5 },
	{ "{key k}, {a} * {b}, {a}*2, 'x' * 1, {time at}", 5, 0, 4 },
	{ "{key k}, {a} + bc * 2, {time at}", 3, 0, 2 },
};

static void assert_columns(const char *text, size_t i)
{
	struct sql_template *template = parse(SQL_FETCH, text);
	struct sql_columns columns = sql_columns(template);

	if (columns.n != (size_t)columns_of[i].n)
		fail_msg("%s: %zu columns", text, columns.n);
	assert_int_equal(columns.key_at, (size_t)columns_of[i].key_at);
	assert_int_equal(columns.time_at, (size_t)columns_of[i].time_at);
	sql_template_free(template);
}

static void test_columns(void **state)
{
	static const char *const rests[][2] = {
		{ "SELECT ", " FROM t WHERE {unsent a = b * 2}" },
		{ "select ", " from (SELECT *, 1 AS x, y FROM u) t WHERE {unsent 1}" },
		{ "SELECT\n\t", "\nFROM\tt, u, {$TABLE} v WHERE {unsent f(a, b)}" },
		{ "SELECT ", " FROM{t} WHERE {unsent a IN (1, 2)}, x, *" },
		{ "SELECT ", " FROM(t) WHERE {unsent 1}" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < N_OF(columns_of); i++) {
		for (size_t j = 0; j < N_OF(rests); j++) {
			snprintf(text, sizeof(text), "%s%s%s", rests[j][0],
				 columns_of[i].list, rests[j][1]);
			assert_columns(text, i);
		}
	}
}

/* ---------------------------------------------------------------- binding */

#define KEY(literal, type)                             \
	{                                              \
		{ literal, sizeof(literal) - 1 }, type \
	}

static const struct {
	enum slt_dialect dialect;
	struct db_value keys[4];
	const char *bound;
} lists[] = {
	{ SLT_POSTGRESQL, { { { NULL, 0 }, DB_TEXT } }, "{}" },
	{ SLT_POSTGRESQL, { KEY("1", DB_TEXT), KEY("-2", DB_TEXT) }, "{\"1\",\"-2\"}" },
	{ SLT_POSTGRESQL,
	  { KEY("a\"b\\c", DB_TEXT), KEY("", DB_TEXT), KEY("NULL", DB_TEXT),
	    KEY("{x,y}", DB_TEXT) },
	  "{\"a\\\"b\\\\c\",\"\",\"NULL\",\"{x,y}\"}" },
	{ SLT_POSTGRESQL,
	  { KEY("'); DROP TABLE t; --", DB_TEXT), KEY("zwölf", DB_TEXT) },
	  "{\"'); DROP TABLE t; --\",\"zwölf\"}" },
	{ SLT_SQLITE, { { { NULL, 0 }, DB_TEXT } }, "[]" },
	{ SLT_SQLITE,
	  { KEY("1", DB_INTEGER), KEY("1", DB_TEXT), KEY("-2", DB_INTEGER) },
	  "[1,\"1\",-2]" },
	{ SLT_SQLITE,
	  { KEY("a\"b\\c", DB_TEXT), KEY("", DB_TEXT), KEY("a\nb\0c", DB_TEXT) },
	  "[\"a\\\"b\\\\c\",\"\",\"a\\nb\\u0000c\"]" },
	{ SLT_SQLITE,
	  { KEY("1],[2", DB_TEXT), KEY("zwölf", DB_TEXT) },
	  "[\"1],[2\",\"zwölf\"]" },
};

static size_t count_keys(const struct db_value *keys)
{
	size_t n = 0;

	while (n < 4 && keys[n].text.ptr)
		n++;
	return n;
}

static void test_key_lists(void **state)
{
	struct sql_values values;

	(void)state;
	sql_values_init(&values);
	for (size_t i = 0; i < N_OF(lists); i++) {
		struct sql sql = render(SQL_MARK, SQL_AS_IS, lists[i].dialect, "",
					"UPDATE {keys a} OR {keys j} OR c = {:EVIL}");
		struct sql_args args = { .keys = lists[i].keys,
					 .n_keys = count_keys(lists[i].keys) };

		sql_bind(&sql, &args, &values);
		assert_ptr_equal(values.text, sql.text);
		assert_int_equal(sql.n_params, 3);
		for (size_t j = 0; j < 2; j++) {
			assert_int_equal(values.values[j].type, DB_TEXT);
			assert_int_equal(values.values[j].text.len,
					 strlen(lists[i].bound));
			assert_string_equal(values.values[j].text.ptr, lists[i].bound);
		}
		assert_string_equal(values.values[2].text.ptr,
				    "x\"; DROP TABLE audit_logs; --");
		sql_fini(&sql);
	}
	sql_values_fini(&values);
}

/* What MySQL gets: the statement with a placeholder for each key, and the values in their
 * order, with "|" behind each; N is NULL. */
static const struct {
	enum sql_role role;
	enum sql_form form;
	const char *text;
	size_t n_keys;
	const char *bound, *values;
} spreads[] = {
	{ SQL_MARK, SQL_AS_IS, "{keys k}", 0, "`k` IN (?)", "N|" },
	{ SQL_MARK, SQL_AS_IS, "{keys k}", 1, "`k` IN (?)", "1|" },
	{ SQL_MARK, SQL_AS_IS, "{keys k}", 3, "`k` IN (?, ?, ?)", "1|zwölf|a?b|" },
	{ SQL_MARK, SQL_AS_IS, "a = {:TABLE} AND {keys k} OR b = {:EMPTY}", 0,
	  "a = ? AND `k` IN (?) OR b = ?", "audit_logs|N||" },
	{ SQL_MARK, SQL_AS_IS, "a = {:TABLE} AND {keys k} OR b = {:EMPTY}", 1,
	  "a = ? AND `k` IN (?) OR b = ?", "audit_logs|1||" },
	{ SQL_MARK, SQL_AS_IS, "a = {:TABLE} AND {keys k} OR b = {:EMPTY}", 3,
	  "a = ? AND `k` IN (?, ?, ?) OR b = ?", "audit_logs|1|zwölf|a?b||" },
	/* a question mark in the facade's text is none of ours */
	{ SQL_MARK, SQL_AS_IS, "a <> '(?)' AND {keys t.k} /* ? */ {:TABLE} '?'", 2,
	  "a <> '(?)' AND `t`.`k` IN (?, ?) /* ? */ ? '?'", "1|zwölf|audit_logs|" },
	/* twice, with values before, between and behind */
	{ SQL_MARK, SQL_AS_IS, "{:TABLE} {keys a} {:MIXED} {keys j} {:WITH_SCHEMA}", 0,
	  "? `a` IN (?) ? `j` IN (?) ?", "audit_logs|N|Audit Logs|N|app.audit_logs|" },
	{ SQL_MARK, SQL_AS_IS, "{:TABLE} {keys a} {:MIXED} {keys j} {:WITH_SCHEMA}", 3,
	  "? `a` IN (?, ?, ?) ? `j` IN (?, ?, ?) ?",
	  "audit_logs|1|zwölf|a?b|Audit Logs|1|zwölf|a?b|app.audit_logs|" },
	{ SQL_MARK, SQL_AS_IS, "{keys a}{keys j}", 2, "`a` IN (?, ?)`j` IN (?, ?)",
	  "1|zwölf|1|zwölf|" },
	/* text, which most collations do not compare byte by byte */
	{ SQL_MARK, SQL_AS_IS, "{:TABLE} {keys text} {:EMPTY}", 2,
	  "? (`text` IN (?, ?) AND CAST(CONVERT(`text` USING utf8mb4) AS BINARY) IN (?, ?)) ?",
	  "audit_logs|1|zwölf|1|zwölf||" },
	{ SQL_MARK, SQL_AS_IS, "{keys text}", 0,
	  "(`text` IN (?) AND CAST(CONVERT(`text` USING utf8mb4) AS BINARY) IN (?))",
	  "N|N|" },
	/* behind other parameters, and before some */
	{ SQL_FETCH, SQL_UNSENT_KEYS, FETCH("{:TABLE}{:EMPTY}"), 2,
	  KEYS(MY_FETCHED("??"), "slt_key IN (?, ?)"), "audit_logs||1|zwölf|" },
	{ SQL_FETCH, SQL_SENT_KEYS, FETCH("{:TABLE}"), 0,
	  KEYS("SELECT `k` AS slt_key FROM t WHERE NOT (1) ?", "slt_key IN (?)"),
	  "audit_logs|N|" },
	{ SQL_CLEAR, SQL_AS_IS, "{older_than o} {keys k} {older_than o}", 2,
	  "(`o` < CAST(? AS DATETIME(6))) `k` IN (?, ?) (`o` < CAST(? AS DATETIME(6)))",
	  "2026-01-02|1|zwölf|2026-01-02|" },
};

static void test_spreading(void **state)
{
	static const struct db_value keys[] = { KEY("1", DB_INTEGER),
						KEY("zwölf", DB_TEXT),
						KEY("a?b", DB_BLOB) };
	struct sql_values values;
	struct buf got;

	(void)state;
	sql_values_init(&values);
	buf_init(&got, 4096);
	for (size_t i = 0; i < N_OF(spreads); i++) {
		struct sql sql = render(spreads[i].role, spreads[i].form, SLT_MYSQL, "",
					spreads[i].text);
		struct sql_args args = { .keys = keys,
					 .n_keys = spreads[i].n_keys,
					 .older_than = "2026-01-02" };

		sql_bind(&sql, &args, &values);
		assert_string_equal(values.text, spreads[i].bound);
		buf_reset(&got);
		for (size_t j = 0; j < values.n; j++)
			buf_printf(&got, "%s|",
				   values.values[j].text.ptr ? values.values[j].text.ptr
							     : "N");
		assert_string_equal(buf_str(&got), spreads[i].values);
		sql_fini(&sql);
	}
	buf_fini(&got);
	sql_values_fini(&values);
}

/* Keys keep what they are, many are no problem, and nothing is left of the last time. */
static void test_spreading_many(void **state)
{
	struct sql sql = render(SQL_MARK, SQL_AS_IS, SLT_MYSQL, "",
				"{keys k} = {:TABLE}");
	struct db_value keys[5000];
	struct sql_args args = { .keys = keys, .n_keys = N_OF(keys) };
	struct sql_values values;

	(void)state;
	for (size_t i = 0; i < N_OF(keys); i++)
		keys[i] = (struct db_value){ { "a\0b", 3 },
					     i % 2 ? DB_BLOB : DB_DECIMAL };
	sql_values_init(&values);
	for (int again = 0; again < 2; again++) {
		args.n_keys = N_OF(keys);
		sql_bind(&sql, &args, &values);
		assert_int_equal(values.n, N_OF(keys) + 1);
		assert_memory_equal(values.values, keys, sizeof(keys));
		assert_int_equal(strlen(values.text),
				 strlen("`k` IN (?) = ?") + 3 * (N_OF(keys) - 1));
		args.n_keys = 1;
		sql_bind(&sql, &args, &values);
		assert_string_equal(values.text, "`k` IN (?) = ?");
		assert_int_equal(values.n, 2);
	}
	sql_fini(&sql);
	/* without keys the statement is taken as it is */
	sql = render(SQL_FETCH, SQL_FIRST_PAGE, SLT_MYSQL, "", FETCH(""));
	sql_bind(&sql, &args, &values);
	assert_ptr_equal(values.text, sql.text);
	sql_fini(&sql);
	sql_values_fini(&values);
}

static void test_binding(void **state)
{
	const struct db_value after = KEY("a\0b", DB_BLOB);
	const struct sql_args args = { .after = &after,
				       .limit = SIZE_MAX,
				       .older_than = "2026-01-02 03:04:05" };
	struct sql sql = render(SQL_FETCH, SQL_NEXT_PAGE, SLT_SQLITE, "",
				FETCH("{:EMPTY}"));
	struct sql_values values;
	char limit[32];

	(void)state;
	sql_values_init(&values);
	sql_bind(&sql, &args, &values);
	assert_string_equal(values.values[0].text.ptr, "");
	assert_int_equal(values.values[1].type, DB_BLOB);
	assert_ptr_equal(values.values[1].text.ptr, after.text.ptr);
	assert_int_equal(values.values[1].text.len, 3);
	snprintf(limit, sizeof(limit), "%zu", (size_t)SIZE_MAX);
	assert_string_equal(values.values[2].text.ptr, limit);
	assert_int_equal(values.values[2].type, DB_INTEGER);
	sql_fini(&sql);
	sql = render(SQL_CLEAR, SQL_AS_IS, SLT_SQLITE, "", "{older_than a} {keys j}");
	sql_bind(&sql, &args, &values);
	assert_string_equal(values.values[0].text.ptr, "2026-01-02 03:04:05");
	assert_int_equal(values.values[0].type, DB_TEXT);
	assert_string_equal(values.values[1].text.ptr, "[]");
	sql_fini(&sql);
	sql_values_fini(&values);
}

/* ---------------------------------------------------------------- real databases */

static int no_row(void *arg, const struct db_row *row)
{
	(void)arg;
	(void)row;
	return 0;
}

/* The rows as text: cells end with "|", rows with ";"; NULL is "N". */
static int add_row(void *arg, const struct db_row *row)
{
	struct buf *buf = arg;

	for (size_t i = 0; i < row->n_cells; i++) {
		if (row->cells[i].ptr)
			buf_put(buf, row->cells[i].ptr, row->cells[i].len);
		else
			buf_putc(buf, 'N');
		buf_putc(buf, i + 1 < row->n_cells ? '|' : ';');
	}
	return 0;
}

static void app(struct db *db, const char *format, ...) PRINTF_LIKE(2, 3);
static void app(struct db *db, const char *format, ...)
{
	char sql[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(sql, sizeof(sql), format, ap);
	va_end(ap);
	if (db_query(db, sql, NULL, 0, no_row, NULL, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
}

static void expect(struct db *db, const char *expected, const char *sql)
{
	struct buf got;

	buf_init(&got, 1 << 20);
	if (db_query(db, sql, NULL, 0, add_row, &got, &err) < 0)
		fail_msg("%s: %s", sql, err.text);
	assert_string_equal(buf_str(&got), expected);
	buf_fini(&got);
}

static int type_of(void *arg, const char *column, char *ret_type, size_t size,
		   struct err *e)
{
	struct db_table table = { .name = "t" };

	return db_column(arg, &table, column, ret_type, size, e);
}

static struct sql render_for(struct db *db, enum sql_role role, enum sql_form form,
			     const char *text)
{
	struct sql_template *template = parse(role, text);
	struct sql sql = { 0 };

	if (sql_render(template, form, dialect_get(db->driver->dialect), type_of, db,
		       &sql, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	sql_template_free(template);
	return sql;
}

/* Runs a statement for these keys; returns how many rows it touched. */
static long long run(struct db *db, enum sql_role role, const char *text,
		     const struct db_value *keys, size_t n_keys)
{
	struct sql sql = render_for(db, role, SQL_AS_IS, text);
	struct sql_args args = { .keys = keys,
				 .n_keys = n_keys,
				 .older_than = "2026-01-02 00:00:00" };
	struct sql_values values;
	long long touched = -1;

	sql_values_init(&values);
	if (plan_exec(&sql, &args, &values, db, &touched, &err) < 0)
		fail_msg("%s: %s", sql.text, err.text);
	sql_values_fini(&values);
	sql_fini(&sql);
	return touched;
}

static void expect_form(struct db *db, enum sql_form form, const char *fetch,
			const struct sql_args *args, const char *expected)
{
	struct sql sql = render_for(db, SQL_FETCH, form, fetch);
	struct sql_values values;
	struct buf got;

	buf_init(&got, 1 << 20);
	sql_values_init(&values);
	if (plan_query(&sql, args, &values, db, add_row, &got, &err) < 0)
		fail_msg("%s: %s", sql.text, err.text);
	if (strcmp(buf_str(&got), expected) != 0)
		fail_msg("%s: %s, not %s", sql.text, buf_str(&got), expected);
	sql_values_fini(&values);
	sql_fini(&sql);
	buf_fini(&got);
}

static void expect_unsent(struct db *db, const char *fetch, const struct db_value *keys,
			  size_t n_keys, const char *expected)
{
	expect_form(db, SQL_UNSENT_KEYS, fetch,
		    &(struct sql_args){ .keys = keys, .n_keys = n_keys }, expected);
}

static void expect_after(struct db *db, const char *fetch, const struct db_value *after,
			 const char *expected)
{
	expect_form(db, SQL_NEXT_PAGE, fetch,
		    &(struct sql_args){ .after = after, .limit = 10 }, expected);
}

static struct db *open_db(const char *url)
{
	struct dburl parsed;
	struct db *db = NULL;

	if (dburl_parse(url, &parsed, &err) < 0 ||
	    db_open(&parsed, DB_WRITE, &db, &err) < 0)
		fail_msg("%s", err.text);
	dburl_fini(&parsed);
	return db;
}

static bool has_driver(const char *name)
{
	for (size_t i = 0; db_drivers[i]; i++) {
		if (strcmp(db_drivers[i]->name, name) == 0)
			return true;
	}
	print_message("this program was built without %s\n", name);
	return false;
}

static struct db *open_sqlite(void)
{
	if (!has_driver("sqlite"))
		skip();
	return open_db("sqlite://:memory:");
}

static struct db *open_postgresql(void)
{
	const char *url = getenv("SLT_TEST_PGSQL");

	if (!url || !*url) {
		print_message("set SLT_TEST_PGSQL to the URL of a PostgreSQL\n");
		skip();
	}
	if (!has_driver("postgresql"))
		skip();
	return open_db(url);
}

/* MySQL or MariaDB, with an empty database of this program's own: information_schema says
 * nothing of temporary tables. The connection takes literals as the others do. */
static struct db *open_mysql_at(const char *variable)
{
	const char *server = getenv(variable);
	struct dburl url;
	struct db *db;
	char name[64];

	if (!server || !*server) {
		print_message("set %s to the URL of such a server\n", variable);
		skip();
	}
	if (!has_driver("mysql"))
		skip();
	snprintf(name, sizeof(name), "slt_sql_%ld", (long)getpid());
	db = open_db(server);
	app(db, "DROP DATABASE IF EXISTS %s", name);
	app(db, "CREATE DATABASE %s CHARACTER SET utf8mb4", name);
	db_close(db);
	if (dburl_parse(server, &url, &err) < 0)
		fail_msg("%s", err.text);
	free(url.name);
	url.name = strdup(name);
	if (db_open(&url, DB_WRITE, &db, &err) < 0)
		fail_msg("%s", err.text);
	dburl_fini(&url);
	app(db, "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')");
	return db;
}

static struct db *open_mysql(void)
{
	return open_mysql_at("SLT_TEST_MYSQL");
}

static struct db *open_mariadb(void)
{
	return open_mysql_at("SLT_TEST_MARIADB");
}

/* What a test that is the same everywhere is given. */
static struct server {
	struct db *(*open)(void);
} sqlite = { open_sqlite }, postgresql = { open_postgresql }, mysql = { open_mysql },
  mariadb = { open_mariadb };

static bool is_mysql(struct db *db)
{
	return db->driver->dialect == SLT_MYSQL;
}

/* The first words of a CREATE TABLE for a table of this connection alone. */
static const char *create(struct db *db)
{
	return is_mysql(db) ? "CREATE TABLE" : "CREATE TEMP TABLE";
}

static void close_db(struct db *db)
{
	if (is_mysql(db))
		app(db, "DROP DATABASE slt_sql_%ld", (long)getpid());
	db_close(db);
}

#define UNSENT_MEMBER "SELECT {key id} FROM t WHERE {unsent NOT {is_true c->is_sent}}"
#define UNSENT_FLAG "SELECT {key id} FROM t WHERE {unsent NOT {is_true f}}"

static const struct db_value ONE = KEY("1", DB_INTEGER);

/* What may stand in a JSON column, and what marking makes of it; V is true or false. */
static const struct shape {
	const char *stored; /* an SQL literal */
	bool is_sent;
	const char *set;
} shapes[] = {
	{ "NULL", false, "{\"is_sent\":V}" },
	{ "'null'", false, "{\"is_sent\":V}" },
	{ "' null '", false, "{\"is_sent\":V}" },
	{ "'{}'", false, "{\"is_sent\":V}" },
	{ "'{\"a\":1}'", false, "{\"a\":1,\"is_sent\":V}" },
	{ "'{\"is_sent\":null,\"a\":1}'", false, "{\"is_sent\":V,\"a\":1}" },
	{ "'{\"is_sent\":false}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":\"false\"}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":\"true\"}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":0}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":1}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":1.0}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":[true]}'", false, "{\"is_sent\":V}" },
	{ "'{\"is_sent\":{\"is_sent\":true}}'", false, "{\"is_sent\":V}" },
	{ "'{\"IS_SENT\":true}'", false, "{\"IS_SENT\":true,\"is_sent\":V}" },
	{ "'{\"a\":{\"is_sent\":true}}'", false,
	  "{\"a\":{\"is_sent\":true},\"is_sent\":V}" },
	{ "'{\"is_sent\":true}'", true, "{\"is_sent\":V}" },
	{ "' { \"b\" : [1,{\"x\":null}] , \"is_sent\" : true } '", true,
	  "{\"b\":[1,{\"x\":null}],\"is_sent\":V}" },
	{ "'{\"n\":1.50,\"big\":123456789012345678901234567890,\"t\":\"\\u00e9\\\\\",\"e\":\"\"}'",
	  false,
	  "{\"n\":1.50,\"big\":123456789012345678901234567890,\"t\":\"\\u00e9\\\\\",\"e\":\"\","
	  "\"is_sent\":V}" },
	{ "'[]'", false, "{\"is_sent\":V,\"c\":[]}" },
	{ "'[{\"is_sent\":true}]'", false, "{\"is_sent\":V,\"c\":[{\"is_sent\":true}]}" },
	{ "'\"is_sent\"'", false, "{\"is_sent\":V,\"c\":\"is_sent\"}" },
	{ "'\"\"'", false, "{\"is_sent\":V,\"c\":\"\"}" },
	{ "'5'", false, "{\"is_sent\":V,\"c\":5}" },
	{ "'true'", false, "{\"is_sent\":V,\"c\":true}" },
	{ "'false'", false, "{\"is_sent\":V,\"c\":false}" },
};

/* Only SQLite keeps text that is no JSON in a JSON column; others in a text column. */
static const struct shape broken[] = {
	{ "''", false, "{\"is_sent\":V,\"c\":\"\"}" },
	{ "'not \"JSON\"'", false, "{\"is_sent\":V,\"c\":\"not \\\"JSON\\\"\"}" },
	{ "'{\"is_sent\":true'", false,
	  "{\"is_sent\":V,\"c\":\"{\\\"is_sent\\\":true\"}" },
	{ "7", false, "{\"is_sent\":V,\"c\":7}" },
};

static void fill_in(char *ret, size_t size, const char *pattern, const char *value)
{
	const char *v = strchr(pattern, 'V');

	snprintf(ret, size, "%.*s%s%s", (int)(v - pattern), pattern, value, v + 1);
}

/* check: counts the marked row, of which the first %s is expected, and the other row,
 * which still is the second %s. */
static void assert_shape(struct db *db, const struct shape *shape, bool set,
			 const char *check)
{
	static const char *const marks[] = {
		"UPDATE t SET {set_false c->is_sent} WHERE {keys id}",
		"UPDATE t SET {set_true c->is_sent} WHERE {keys id}",
	};
	char wanted[512], sql[1024];

	app(db, "DELETE FROM t");
	app(db, "INSERT INTO t(id, c) VALUES (1, %s), (2, %s)", shape->stored,
	    shape->stored);
	expect_unsent(db, UNSENT_MEMBER, &ONE, 1, shape->is_sent ? "" : "1;");
	fill_in(wanted, sizeof(wanted), shape->set, set ? "true" : "false");
	snprintf(sql, sizeof(sql), check, wanted, shape->stored);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(run(db, SQL_MARK, marks[set], &ONE, 1), 1);
		expect(db, "2;", sql);
		expect_unsent(db, UNSENT_MEMBER, &ONE, 1, set ? "" : "1;");
	}
}

static void test_members_sqlite(void **state)
{
	static const char check[] =
		"SELECT count(*) FROM t WHERE id = 1 AND c = '%s' OR id = 2 AND c IS %s";
	struct db *db = open_sqlite();

	(void)state;
	app(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, c JSON)");
	for (int set = 0; set < 2; set++) {
		for (size_t i = 0; i < N_OF(shapes); i++)
			assert_shape(db, &shapes[i], set, check);
		for (size_t i = 0; i < N_OF(broken); i++)
			assert_shape(db, &broken[i], set, check);
	}
	close_db(db);
}

#define PG_CHECK(type)                                                   \
	"SELECT count(*) FROM t WHERE id = 1 AND c::jsonb = '%s'::jsonb" \
	" OR id = 2 AND c::text IS NOT DISTINCT FROM (%s::" type ")::text"

static void test_members_postgresql(void **state)
{
	static const char *const columns[][2] = {
		{ "jsonb", PG_CHECK("jsonb") },
		{ "json", PG_CHECK("json") },
		{ "text", PG_CHECK("text") },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(columns); i++) {
		struct db *db = open_postgresql();

		app(db, "CREATE TEMP TABLE t(id integer PRIMARY KEY, c %s)",
		    columns[i][0]);
		for (int set = 0; set < 2; set++) {
			for (size_t j = 0; j < N_OF(shapes); j++)
				assert_shape(db, &shapes[j], set, columns[i][1]);
		}
		close_db(db);
	}
}

static void assert_members_mysql(struct db *db, const char *type, const char *check,
				 bool is_text)
{
	app(db, "CREATE TABLE t(id integer PRIMARY KEY, c %s)", type);
	for (int set = 0; set < 2; set++) {
		for (size_t i = 0; i < N_OF(shapes); i++)
			assert_shape(db, &shapes[i], set, check);
		for (size_t i = 0; is_text && i < N_OF(broken); i++)
			assert_shape(db, &broken[i], set, check);
	}
	close_db(db);
}

/* What MySQL stores as JSON has no spelling of its own. */
static void test_members_mysql(void **state)
{
	static const char json[] =
		"SELECT count(*) FROM t WHERE id = 1 AND c = CAST('%s' AS JSON)"
		" OR id = 2 AND c <=> CAST(%s AS JSON)";
	static const char text[] = "SELECT count(*) FROM t WHERE id = 1"
				   " AND CAST(c AS JSON) = CAST('%s' AS JSON)"
				   " OR id = 2 AND c <=> %s";

	(void)state;
	assert_members_mysql(open_mysql(), "json", json, false);
	assert_members_mysql(open_mysql(), "longtext", text, true);
	assert_members_mysql(open_mysql(), "varchar(500) CHARACTER SET latin1", text,
			     true);
}

/* MariaDB keeps the text of what is not set. */
static void test_members_mariadb(void **state)
{
	static const char text[] =
		"SELECT count(*) FROM t WHERE id = 1"
		" AND BINARY JSON_COMPACT(c) = BINARY JSON_COMPACT('%s')"
		" OR id = 2 AND c <=> %s";

	(void)state;
	assert_members_mysql(open_mariadb(), "json", text, false);
	assert_members_mysql(open_mariadb(), "longtext", text, true);
	assert_members_mysql(open_mariadb(), "varchar(500) CHARACTER SET latin1", text,
			     true);
}

/* What a flag may hold, and what the database shows of it once set and once unset. */
struct flag {
	const char *type, *stored;
	bool is_sent;
	const char *set, *unset;
};

static const struct flag lite_flags[] = {
	{ "BOOLEAN", "NULL", false, "1;", "0;" },
	{ "BOOLEAN", "0", false, "1;", "0;" },
	{ "BOOLEAN", "1", true, "1;", "0;" },
	{ "BOOLEAN", "2", true, "1;", "0;" },
	{ "BOOLEAN", "'1'", true, "1;", "0;" },
	{ "BOOLEAN", "'true'", false, "1;", "0;" },
	{ "BOOLEAN", "''", false, "1;", "0;" },
	{ "TEXT", "'0'", false, "1;", "0;" },
	{ "TEXT", "'1'", true, "1;", "0;" },
	{ "REAL", "0.5", true, "1.0;", "0.0;" },
	{ "", "x'31'", true, "1;", "0;" },
};

static const struct flag pg_flags[] = {
	{ "boolean", "NULL", false, "t;", "f;" },
	{ "boolean", "false", false, "t;", "f;" },
	{ "boolean", "true", true, "t;", "f;" },
	{ "smallint", "NULL", false, "1;", "0;" },
	{ "smallint", "0", false, "1;", "0;" },
	{ "integer", "-1", true, "1;", "0;" },
	{ "bigint", "1", true, "1;", "0;" },
	{ "numeric(3,1)", "0.5", true, "1.0;", "0.0;" },
	{ "double precision", "0", false, "1;", "0;" },
	{ "bit(1)", "NULL", false, "1;", "0;" },
	{ "bit(1)", "B'0'", false, "1;", "0;" },
	{ "bit(1)", "B'1'", true, "1;", "0;" },
};

static const struct flag my_flags[] = {
	{ "boolean", "NULL", false, "1;", "0;" },
	{ "boolean", "FALSE", false, "1;", "0;" },
	{ "boolean", "TRUE", true, "1;", "0;" },
	{ "boolean", "2", true, "1;", "0;" },
	{ "int", "-1", true, "1;", "0;" },
	{ "bigint unsigned", "18446744073709551615", true, "1;", "0;" },
	{ "bit(1)", "NULL", false, "1;", "0;" },
	{ "bit(1)", "b'0'", false, "1;", "0;" },
	{ "bit(1)", "b'1'", true, "1;", "0;" },
	{ "bit(8)", "b'10000000'", true, "1;", "0;" },
	{ "decimal(3,1)", "0.5", true, "1.0;", "0.0;" },
	{ "double", "0", false, "1;", "0;" },
};

static void assert_flag(struct db *db, const struct flag *flag)
{
	app(db, "%s t(id integer PRIMARY KEY, f %s)", create(db), flag->type);
	app(db, "INSERT INTO t VALUES (1, %s), (2, %s)", flag->stored, flag->stored);
	expect_unsent(db, UNSENT_FLAG, &ONE, 1, flag->is_sent ? "" : "1;");
	assert_int_equal(
		run(db, SQL_MARK,
		    "UPDATE t SET {set_true f} WHERE {keys id} AND NOT {is_true f}", &ONE,
		    1),
		!flag->is_sent);
	assert_int_equal(run(db, SQL_MARK, "UPDATE t SET {set_true f} WHERE {keys id}",
			     &ONE, 1),
			 1);
	expect(db, flag->set, "SELECT f FROM t WHERE id = 1");
	expect_unsent(db, UNSENT_FLAG, &ONE, 1, "");
	assert_int_equal(run(db, SQL_MARK, "UPDATE t SET {set_false f} WHERE {keys id}",
			     &ONE, 1),
			 1);
	expect(db, flag->unset, "SELECT f FROM t WHERE id = 1");
	expect_unsent(db, UNSENT_FLAG, &ONE, 1, "1;");
	assert_int_equal(run(db, SQL_MARK,
			     "UPDATE t SET {set_true f} WHERE {keys id} AND id = 1"
			     " AND NOT {is_true f}",
			     &ONE, 1),
			 1);
	/* the other row is as it was */
	assert_int_equal(run(db, SQL_MARK,
			     "UPDATE t SET id = id WHERE id = 2 AND {is_true f}"
			     " AND NOT {keys id}",
			     &ONE, 1),
			 flag->is_sent);
}

static void test_flags_sqlite(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(lite_flags); i++) {
		struct db *db = open_sqlite();

		assert_flag(db, &lite_flags[i]);
		close_db(db);
	}
}

static void assert_no_flag(struct db *db, const char *type)
{
	struct sql_template *template = parse(SQL_FETCH, UNSENT_FLAG);
	char expected[128];
	struct sql sql;

	app(db, "%s t(id integer, f %s)", create(db), type);
	assert_int_equal(sql_render(template, SQL_FIRST_PAGE,
				    dialect_get(db->driver->dialect), type_of, db, &sql,
				    &err),
			 -1);
	snprintf(expected, sizeof(expected),
		 "at position 42: column f is of type %s, which is no flag", type);
	assert_string_equal(err.text, expected);
	sql_template_free(template);
	close_db(db);
}

static void test_flags_postgresql(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(pg_flags); i++) {
		struct db *db = open_postgresql();

		assert_flag(db, &pg_flags[i]);
		close_db(db);
	}
	assert_no_flag(open_postgresql(), "text");
}

static void test_flags_mysql(void **state)
{
	const struct server *server = *state;

	for (size_t i = 0; i < N_OF(my_flags); i++) {
		struct db *db = server->open();

		assert_flag(db, &my_flags[i]);
		close_db(db);
	}
	assert_no_flag(server->open(), "varchar(10)");
}

/* ------------------------------------------------------------- keys meet their rows */

static const char MARK_KEY[] = "UPDATE t SET f = coalesce(f, 0) + 1 WHERE {keys k}";

static void test_keys_sqlite(void **state)
{
	/* a column without a type keeps what it is given; rows with keys of other
	 * kinds than these two are refused before */
	static const struct db_value keys[] = {
		KEY("5", DB_INTEGER),
		KEY("-9223372036854775808", DB_INTEGER),
		KEY("9223372036854775807", DB_INTEGER),
		KEY("5", DB_TEXT),
		KEY("0.5", DB_TEXT),
		KEY("", DB_TEXT),
		KEY("a\"b\\c'd\n{}[],", DB_TEXT),
		KEY("zwölf", DB_TEXT),
		KEY("null", DB_TEXT),
	};
	struct db *db = open_sqlite();

	(void)state;
	app(db, "CREATE TABLE t(k, f INTEGER)");
	app(db,
	    "INSERT INTO t(k) VALUES (5), (-9223372036854775807 - 1), (9223372036854775807),"
	    " (0.5), (x'35'), ('5'), ('0.5'), (''),"
	    " ('a\"b\\c''d' || char(10) || '{}[],'), ('zwölf'), ('null'), (NULL)");
	for (size_t i = 0; i < N_OF(keys); i++) {
		if (run(db, SQL_MARK, MARK_KEY, &keys[i], 1) != 1)
			fail_msg("key %s did not meet its one row", keys[i].text.ptr);
		expect(db, "1;", "SELECT max(f) FROM t");
	}
	assert_int_equal(run(db, SQL_MARK, MARK_KEY, keys, N_OF(keys)), N_OF(keys));
	assert_int_equal(run(db, SQL_MARK, MARK_KEY, keys, 0), 0);
	expect(db, "9;", "SELECT count(*) FROM t WHERE f = 2");
	/* a column with a type makes one kind of them */
	app(db, "DROP TABLE t");
	app(db, "CREATE TABLE t(k INTEGER PRIMARY KEY, f BOOLEAN)");
	app(db, "INSERT INTO t(k) VALUES (1), (2), (3), (10)");
	assert_int_equal(
		run(db, SQL_MARK, "UPDATE t SET {set_true f} WHERE {keys k}",
		    (struct db_value[]){ KEY("10", DB_INTEGER), KEY("2", DB_TEXT) }, 2),
		2);
	expect_after(db,
		     "SELECT {key k}, k AS other FROM t WHERE {unsent NOT {is_true f}}",
		     &ONE, "3|3|3;");
	close_db(db);
}

static void test_keys_postgresql(void **state)
{
	static const struct db_value keys[] = {
		KEY("5", DB_TEXT),
		KEY("", DB_TEXT),
		KEY("NULL", DB_TEXT),
		KEY("zwölf", DB_TEXT),
		KEY("a\"b\\c'd\n{}[],", DB_TEXT),
		KEY("{}", DB_TEXT),
		KEY(" x ", DB_TEXT),
	};
	static const struct db_value numbers[] = { KEY("2", DB_TEXT),
						   KEY("10", DB_TEXT) };
	struct db *db = open_postgresql();

	(void)state;
	app(db, "CREATE TEMP TABLE t(k text, f integer)");
	app(db, "INSERT INTO t(k) VALUES ('5'), (''), ('NULL'), ('zwölf'),"
		" (E'a\"b\\\\c\\'d\\n{}[],'), ('{}'), (' x '), ('x'), (NULL)");
	for (size_t i = 0; i < N_OF(keys); i++)
		assert_int_equal(run(db, SQL_MARK, MARK_KEY, &keys[i], 1), 1);
	assert_int_equal(run(db, SQL_MARK, MARK_KEY, keys, N_OF(keys)), N_OF(keys));
	assert_int_equal(run(db, SQL_MARK, MARK_KEY, keys, 0), 0);
	expect(db, "7;", "SELECT count(*) FROM t WHERE f = 2");
	close_db(db);
	db = open_postgresql();
	app(db, "CREATE TEMP TABLE t(k bigint PRIMARY KEY, f boolean)");
	app(db, "INSERT INTO t(k) VALUES (1), (2), (3), (10)");
	assert_int_equal(run(db, SQL_MARK, "UPDATE t SET {set_true f} WHERE {keys k}",
			     numbers, 2),
			 2);
	expect_after(db,
		     "SELECT {key k}, k AS other FROM t WHERE {unsent NOT {is_true f}}",
		     &ONE, "3|3|3;");
	close_db(db);
}

static void test_keys_mysql(void **state)
{
	static const struct db_value keys[] = {
		KEY("5", DB_TEXT),
		KEY("", DB_TEXT),
		KEY("NULL", DB_TEXT),
		KEY("zwölf", DB_TEXT),
		KEY("a\"b\\c'd\n{}[],?", DB_TEXT),
		KEY("?", DB_TEXT),
		KEY("a\0b", DB_TEXT),
	};
	static const struct db_value numbers[] = {
		KEY("9007199254740993", DB_INTEGER),
		KEY("18446744073709551615", DB_INTEGER),
		KEY("-1", DB_INTEGER),
	};
	const struct server *server = *state;
	struct db *db = server->open();

	app(db, "CREATE TABLE t(k varchar(50) COLLATE utf8mb4_bin, f integer)");
	app(db, "INSERT INTO t(k) VALUES ('5'), (''), ('NULL'), ('zwölf'), ('zwolf'),"
		" (CONCAT('a\"b\\c''d', CHAR(10), '{}[],?')), ('?'), ('x'), (NULL),"
		" (CONCAT('a', CHAR(0), 'b'))");
	for (size_t i = 0; i < N_OF(keys); i++) {
		if (run(db, SQL_MARK, MARK_KEY, &keys[i], 1) != 1)
			fail_msg("key %s did not meet its one row", keys[i].text.ptr);
	}
	assert_int_equal(run(db, SQL_MARK, MARK_KEY, keys, N_OF(keys)), N_OF(keys));
	assert_int_equal(run(db, SQL_MARK, MARK_KEY, keys, 0), 0);
	expect(db, "7;", "SELECT count(*) FROM t WHERE f = 2");
	app(db, "DROP TABLE t");
	app(db, "CREATE TABLE t(k bigint unsigned PRIMARY KEY, f boolean)");
	app(db, "INSERT INTO t(k) VALUES (1), (2), (3), (9007199254740992),"
		" (9007199254740993), (18446744073709551614), (18446744073709551615)");
	assert_int_equal(run(db, SQL_MARK, "UPDATE t SET {set_true f} WHERE {keys k}",
			     numbers, 3),
			 2);
	expect(db, "9007199254740993;18446744073709551615;",
	       "SELECT k FROM t WHERE f ORDER BY k");
	expect_after(db,
		     "SELECT {key k}, k AS other FROM t WHERE {unsent NOT {is_true f}}",
		     &numbers[0],
		     "18446744073709551614|18446744073709551614|"
		     "18446744073709551614;");
	close_db(db);
}

/* Values of settings are data, whatever they hold. */
static void assert_no_injection(struct db *db)
{
	const char *table = is_mysql(db) ? "`x\"; DROP TABLE audit_logs; --`"
					 : "\"x\"\"; DROP TABLE audit_logs; --\"";

	app(db, "%s audit_logs(id integer PRIMARY KEY, v text)", create(db));
	app(db, "%s t(id integer PRIMARY KEY, v text)", create(db));
	app(db, "INSERT INTO t VALUES (1, ''), (2, 'old')");
	assert_int_equal(run(db, SQL_MARK, "UPDATE t SET v = {:EVIL} WHERE {keys id}",
			     &ONE, 1),
			 1);
	expect(db, "1|x\"; DROP TABLE audit_logs; --;2|old;",
	       "SELECT id, v FROM t ORDER BY id");
	app(db, "%s %s(id integer, v text)", create(db), table);
	app(db, "INSERT INTO %s VALUES (1, 'a')", table);
	assert_int_equal(run(db, SQL_MARK, "UPDATE {$EVIL} SET v = 'b' WHERE {keys id}",
			     &ONE, 1),
			 1);
	expect(db, "0;", "SELECT count(*) FROM audit_logs");
	close_db(db);
}

/* {older_than} and {now}. */
static void assert_times(struct db *db, const char *is_now)
{
	static const struct db_value ids[] = { KEY("1", DB_INTEGER), KEY("2", DB_INTEGER),
					       KEY("3", DB_INTEGER) };
	char sql[256];

	app(db, "%s c(id integer PRIMARY KEY, at %s)", create(db),
	    is_mysql(db) ? "datetime(6)" : "timestamp");
	app(db,
	    "INSERT INTO c VALUES (1, '2026-01-01 23:59:59'), (2, '2026-01-02 00:00:00'),"
	    " (3, NULL), (4, '2025-01-01 00:00:00')");
	assert_int_equal(run(db, SQL_CLEAR,
			     "DELETE FROM c WHERE {keys id} AND {older_than at}", ids, 3),
			 1);
	expect(db, "2;3;4;", "SELECT id FROM c ORDER BY id");
	assert_int_equal(
		run(db, SQL_MARK, "UPDATE c SET at = {now} WHERE {keys id}", ids, 3), 2);
	snprintf(sql, sizeof(sql), "SELECT id FROM c WHERE %s ORDER BY id", is_now);
	expect(db, "2;3;", sql);
}

static void test_injection(void **state)
{
	const struct server *server = *state;

	assert_no_injection(server->open());
}

static void test_times_sqlite(void **state)
{
	struct db *db = open_sqlite();

	(void)state;
	assert_times(db, "abs(strftime('%s', at) - strftime('%s', 'now')) < 60");
	app(db, "INSERT INTO c VALUES (1, 'yesterday'), (5, '2026-01-01T23:59:59.999Z')");
	assert_int_equal(run(db, SQL_CLEAR,
			     "DELETE FROM c WHERE {keys id} AND {older_than at}", &ONE,
			     1),
			 0);
	close_db(db);
}

static void test_times_postgresql(void **state)
{
	struct db *db = open_postgresql();

	(void)state;
	assert_times(db, "at > now() - interval '60 s' AND at <= now()");
	close_db(db);
}

static void test_times_mysql(void **state)
{
	const struct server *server = *state;
	struct db *db = server->open();

	assert_times(db, "ABS(TIMESTAMPDIFF(SECOND, at, UTC_TIMESTAMP())) < 60");
	close_db(db);
}

/* ---------------------------------------------------------------- sent and old rows */

#define TIMED "SELECT {key id}, {time at} FROM t WHERE {unsent NOT {is_true f}}"
#define NULL_UNSENT "SELECT {key id}, {time at} FROM t WHERE {unsent NOT f = TRUE}"

/* Of the sent rows 1 and 5 are old, 4 has no time, 2 is just not old. */
static void assert_old(struct db *db, const char *type, const char *flag)
{
	static const struct db_value ids[] = { KEY("1", DB_INTEGER), KEY("2", DB_INTEGER),
					       KEY("3", DB_INTEGER),
					       KEY("9", DB_INTEGER) };
	const struct {
		enum sql_form form;
		size_t limit;
		const char *expected;
	} cases[] = {
		{ SQL_OLD_FIRST_PAGE, 10, "1;5;" }, { SQL_OLD_FIRST_PAGE, 1, "1;" },
		{ SQL_OLD_NEXT_PAGE, 10, "5;" },    { SQL_OLD_COUNT, 0, "2;" },
		{ SQL_TIMELESS_COUNT, 0, "1;" },    { SQL_SENT_KEYS, 0, "1;2;" },
		{ SQL_UNSENT_KEYS, 0, "3;" },	    { SQL_NULL_KEYS, 0, "0;" },
		{ SQL_UNSENT_COUNT, 0, "2;" },	    { SQL_SENT_COUNT, 0, "4;" },
		{ SQL_ALL_COUNT, 0, "6;" },	    { SQL_PROBE, 0, "" },
	};
	struct sql_args args = { .after = &ONE,
				 .keys = ids,
				 .n_keys = N_OF(ids),
				 .older_than = "2026-01-02 00:00:00" };
	struct db_origin origin;
	struct sql probe;

	app(db, "%s t(id integer PRIMARY KEY, f %s, at %s)", create(db), flag, type);
	app(db, "INSERT INTO t VALUES (1, TRUE, '2026-01-01 23:59:59'),"
		" (2, TRUE, '2026-01-02 00:00:00'), (3, FALSE, '2025-01-01 00:00:00'),"
		" (4, TRUE, NULL), (5, TRUE, '2025-01-01 00:00:00'), (6, NULL, NULL)");
	for (size_t i = 0; i < N_OF(cases); i++) {
		args.limit = cases[i].limit;
		expect_form(db, cases[i].form, TIMED, &args, cases[i].expected);
	}
	/* a condition that is NULL for row 6: neither sent nor unsent, and there all the same */
	args.limit = 0;
	expect_form(db, SQL_UNSENT_COUNT, NULL_UNSENT, &args, "1;");
	expect_form(db, SQL_SENT_COUNT, NULL_UNSENT, &args, "4;");
	expect_form(db, SQL_ALL_COUNT, NULL_UNSENT, &args, "6;");
	probe = render_for(db, SQL_FETCH, SQL_PROBE, TIMED);
	if (db_origin(db, probe.text, "slt_key", NULL, 0, &origin, &err) < 0)
		fail_msg("%s: %s", probe.text, err.text);
	assert_string_equal(origin.table.name, "t");
	assert_string_equal(origin.column, "id");
	assert_true(origin.unique);
	sql_fini(&probe);
}

static void test_old_rows_sqlite(void **state)
{
	static const char *const types[] = { "timestamp", "text", "" };
	struct db *db;

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		db = open_sqlite();
		assert_old(db, types[i], "boolean");
		/* what is no time is never old, and counted */
		app(db, "INSERT INTO t VALUES (7, TRUE, 'yesterday'), (8, FALSE, 'x')");
		expect_form(db, SQL_TIMELESS_COUNT, TIMED, &(struct sql_args){ 0 }, "2;");
		close_db(db);
	}
}

static void test_old_rows_postgresql(void **state)
{
	static const char *const types[] = { "timestamp", "timestamptz", "date" };
	struct db *db;

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		db = open_postgresql();
		assert_old(db, types[i], "boolean");
		close_db(db);
	}
}

static void test_old_rows_mysql(void **state)
{
	static const char *const types[] = { "datetime(6)", "datetime", "timestamp NULL",
					     "date" };
	const struct server *server = *state;
	struct db *db;

	for (size_t i = 0; i < N_OF(types); i++) {
		db = server->open();
		assert_old(db, types[i], i % 2 ? "bit(1)" : "boolean");
		close_db(db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_braces),
		cmocka_unit_test(test_flags_mysql_types),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_unrendered),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_condition),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_key_lists),
		cmocka_unit_test(test_spreading),
		cmocka_unit_test(test_spreading_many),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_members_sqlite),
		cmocka_unit_test(test_members_postgresql),
		cmocka_unit_test(test_members_mysql),
		cmocka_unit_test(test_members_mariadb),
		cmocka_unit_test(test_flags_sqlite),
		cmocka_unit_test(test_flags_postgresql),
		cmocka_unit_test_prestate(test_flags_mysql, &mysql),
		cmocka_unit_test_prestate(test_flags_mysql, &mariadb),
		cmocka_unit_test(test_keys_sqlite),
		cmocka_unit_test(test_keys_postgresql),
		cmocka_unit_test_prestate(test_keys_mysql, &mysql),
		cmocka_unit_test_prestate(test_keys_mysql, &mariadb),
		cmocka_unit_test_prestate(test_injection, &sqlite),
		cmocka_unit_test_prestate(test_injection, &postgresql),
		cmocka_unit_test_prestate(test_injection, &mysql),
		cmocka_unit_test_prestate(test_injection, &mariadb),
		cmocka_unit_test(test_times_sqlite),
		cmocka_unit_test(test_times_postgresql),
		cmocka_unit_test_prestate(test_times_mysql, &mysql),
		cmocka_unit_test_prestate(test_times_mysql, &mariadb),
		cmocka_unit_test(test_old_rows_sqlite),
		cmocka_unit_test(test_old_rows_postgresql),
		cmocka_unit_test_prestate(test_old_rows_mysql, &mysql),
		cmocka_unit_test_prestate(test_old_rows_mysql, &mariadb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
