// SPDX-License-Identifier: MIT
// What differs between the databases' SQL.

#include "dialect.h"

#include <string.h>

#include "json.h"

static void quote_with(struct buf *out, const char *name, char mark)
{
	buf_putc(out, mark);
	for (; *name; name++) {
		if (*name == mark)
			buf_putc(out, mark);
		buf_putc(out, *name);
	}
	buf_putc(out, mark);
}

static void quote_double(struct buf *out, const char *name)
{
	quote_with(out, name, '"');
}

/* ---------------------------------------------------------------- PostgreSQL */

static void pg_placeholder(struct buf *out, size_t n)
{
	buf_printf(out, "$%zu", n);
}

/* The parameter is untyped, so the server reads the array as one of the column's own type
 * and can use its index. */
static void pg_keys(struct buf *out, const char *column, size_t n)
{
	buf_printf(out, "%s = ANY($%zu)", column, n);
}

static void pg_encode_keys(struct buf *out, const struct db_value *keys, size_t n)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < n; i++) {
		const struct slt_text key = keys[i].text;

		buf_puts(out, i ? ",\"" : "\"");
		for (size_t j = 0; j < key.len; j++) {
			if (key.ptr[j] == '"' || key.ptr[j] == '\\')
				buf_putc(out, '\\');
			buf_putc(out, key.ptr[j]);
		}
		buf_putc(out, '"');
	}
	buf_putc(out, '}');
}

enum flag_type { FLAG_NONE, FLAG_BOOLEAN, FLAG_BIT, FLAG_NUMBER };

/* PostgreSQL compares a flag only with values of its own kind. */
static enum flag_type pg_flag_type(const char *type)
{
	static const char *const numbers[] = {
		"smallint", "integer", "bigint", "numeric", "real", "double precision"
	};

	if (!*type || strcmp(type, "boolean") == 0)
		return FLAG_BOOLEAN;
	if (strcmp(type, "bit(1)") == 0)
		return FLAG_BIT;
	if (strchr(type, '[')) /* an array */
		return FLAG_NONE;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strncmp(type, numbers[i], strlen(numbers[i])) == 0)
			return FLAG_NUMBER;
	}
	return FLAG_NONE;
}

static int pg_is_true(struct buf *out, const char *column, const char *type)
{
	switch (pg_flag_type(type)) {
	case FLAG_BOOLEAN: buf_printf(out, "(%s IS TRUE)", column); return 0;
	case FLAG_BIT: buf_printf(out, "((%s = B'1') IS TRUE)", column); return 0;
	case FLAG_NUMBER: buf_printf(out, "((%s <> 0) IS TRUE)", column); return 0;
	case FLAG_NONE: break;
	}
	return -1;
}

static int pg_flag(struct buf *out, bool set, const char *type)
{
	switch (pg_flag_type(type)) {
	case FLAG_BOOLEAN: buf_puts(out, set ? "TRUE" : "FALSE"); return 0;
	case FLAG_BIT: buf_puts(out, set ? "B'1'" : "B'0'"); return 0;
	case FLAG_NUMBER: buf_puts(out, set ? "1" : "0"); return 0;
	case FLAG_NONE: break;
	}
	return -1;
}

/* A cast of jsonb to jsonb vanishes in the parser, so an index on the expression still
 * fits. */
static void pg_is_true_member(struct buf *out, const char *column, const char *member)
{
	buf_printf(out, "(((%s)::jsonb -> '%s') = 'true'::jsonb IS TRUE)", column,
		   member);
}

/* 'null'::jsonb || '{…}' would make an array (PostgreSQL 15), hence the CASE. The result
 * is jsonb; assigning it to a json or text column casts it. */
static void pg_set_member(struct buf *out, const char *column, const char *member,
			  const char *name, const char *value)
{
	buf_printf(out,
		   "CASE coalesce(jsonb_typeof((%s)::jsonb), 'null')"
		   " WHEN 'object' THEN (%s)::jsonb || '{\"%s\": %s}'::jsonb"
		   " WHEN 'null' THEN '{\"%s\": %s}'::jsonb"
		   " ELSE jsonb_build_object('%s', %s, '%s', (%s)::jsonb) END",
		   column, column, member, value, member, value, member, value, name,
		   column);
}

static bool begins_with_one_of(const char *type, const char *const words[])
{
	for (; *words; words++)
		if (strncmp(type, *words, strlen(*words)) == 0)
			return true;
	return false;
}

/* Of a text it would be the order of letters that decides what is deleted. */
static bool is_time_type(const char *type)
{
	static const char *const times[] = { "timestamp", "datetime", "date", NULL };

	return !*type || begins_with_one_of(type, times);
}

static int pg_older_than(struct buf *out, const char *column, const char *type, size_t n)
{
	if (!is_time_type(type))
		return -1;
	buf_printf(out, "(%s < $%zu)", column, n);
	return 0;
}

/* A cast to text would write some types differently: char(n) without its blanks, a boolean
 * in letters. */
static void pg_key_text(struct buf *out, const char *column, const char *type)
{
	(void)type;
	buf_printf(out, "concat(%s) COLLATE \"C\"", column);
}

static const char pg_columns[] = "(\n"
				 "  log_table text COLLATE \"C\" NOT NULL,\n"
				 "  log_key text COLLATE \"C\" NOT NULL,\n"
				 "  first_seen timestamp with time zone NOT NULL,\n"
				 "  last_seen timestamp with time zone NOT NULL,\n"
				 "  seen bigint NOT NULL,\n"
				 "  status integer NOT NULL,\n"
				 "  error_type text NOT NULL,\n"
				 "  released boolean NOT NULL,\n"
				 "  PRIMARY KEY (log_table, log_key)\n"
				 ")";

/* PostgreSQL's, and SQLite's since 3.24. */
static const char update_excluded[] =
	" ON CONFLICT (log_table, log_key) DO UPDATE SET last_seen = excluded.last_seen,"
	" seen = slt_old.seen + 1, status = excluded.status,"
	" error_type = excluded.error_type, released = excluded.released";

static void not_null(struct buf *out, const char *column)
{
	buf_printf(out, "(%s IS NOT NULL)", column);
}

/* ---------------------------------------------------------------- MySQL and MariaDB */

static void quote_back(struct buf *out, const char *name)
{
	quote_with(out, name, '`');
}

static void my_placeholder(struct buf *out, size_t n)
{
	(void)n;
	buf_putc(out, '?');
}

/* A list of values, since only for that the index of a key is used in UPDATE and DELETE: for
 * a subquery over JSON_TABLE, MySQL 8.0.15 and MariaDB 10.11 go through the whole table. */
static void my_keys(struct buf *out, const char *column, size_t n)
{
	(void)n;
	buf_printf(out, "%s IN (?)", column);
}

/* What the server prints of a BIT is its bytes, and of binary text nobody knows the character
 * set. A text is of any character set, and read in UTF-8. */
static void my_key_text(struct buf *out, const char *column, const char *type)
{
	if (strstr(type, "binary") || strstr(type, "blob"))
		buf_puts(out, column);
	else
		buf_printf(out, "CAST(CONVERT(%s%s USING utf8mb4) AS BINARY)", column,
			   strncmp(type, "bit", 3) == 0 ? " + 0" : "");
}

static bool my_is_flag(const char *type)
{
	static const char *const numbers[] = { "tinyint", "smallint", "mediumint",
					       "int",	  "bigint",   "bit",
					       "decimal", "float",    "double",
					       NULL };

	return !*type || begins_with_one_of(type, numbers);
}

/* The collations that are the default take 'abc' for 'ABC' and 'abc ', whose documents are
 * others. */
static bool my_is_exact(const char *type)
{
	return *type && (my_is_flag(type) || is_time_type(type) ||
			 strstr(type, "binary") || strstr(type, "blob"));
}

static int my_is_true(struct buf *out, const char *column, const char *type)
{
	if (!my_is_flag(type))
		return -1;
	buf_printf(out, "(%s IS TRUE)", column);
	return 0;
}

static int my_flag(struct buf *out, bool set, const char *type)
{
	if (!my_is_flag(type))
		return -1;
	buf_puts(out, set ? "1" : "0");
	return 0;
}

/* As text, because for MariaDB 10.11 the JSON values 1 and 1.0 equal TRUE. JSON_VALID,
 * because in a text column what is no JSON would be an error of the whole statement. */
static void my_is_true_member(struct buf *out, const char *column, const char *member)
{
	buf_printf(out,
		   "(CASE WHEN JSON_VALID(%s) THEN"
		   " CAST(JSON_EXTRACT(%s, '$.\"%s\"') AS CHAR) = 'true' END IS TRUE)",
		   column, column, member);
}

static void my_set_member(struct buf *out, const char *column, const char *member,
			  const char *name, const char *value)
{
	buf_printf(out,
		   "CASE WHEN %s IS NULL THEN JSON_OBJECT('%s', %s)"
		   " WHEN NOT JSON_VALID(%s) THEN JSON_OBJECT('%s', %s, '%s', %s)"
		   " WHEN JSON_TYPE(%s) = 'OBJECT' THEN JSON_SET(%s, '$.\"%s\"', %s)"
		   " WHEN JSON_TYPE(%s) = 'NULL' THEN JSON_OBJECT('%s', %s)"
		   " ELSE JSON_OBJECT('%s', %s, '%s', JSON_EXTRACT(%s, '$')) END",
		   column, member, value, column, member, value, name, column, column,
		   column, member, value, column, member, value, member, value, name,
		   column);
}

static int my_older_than(struct buf *out, const char *column, const char *type, size_t n)
{
	(void)n;
	if (!is_time_type(type))
		return -1;
	buf_printf(out, "(%s < CAST(? AS DATETIME(6)))", column);
	return 0;
}

/* varbinary: two texts that a collation takes for equal are two keys, also those that differ
 * in blanks at the end, for which MySQL 8.0.15 and MariaDB have no character collation in
 * common. InnoDB indexes 3072 bytes. */
static const char my_columns[] = "(\n"
				 "  log_table varbinary(512) NOT NULL,\n"
				 "  log_key varbinary(2048) NOT NULL,\n"
				 "  first_seen datetime(6) NOT NULL,\n"
				 "  last_seen datetime(6) NOT NULL,\n"
				 "  seen bigint NOT NULL,\n"
				 "  status integer NOT NULL,\n"
				 "  error_type varchar(255) NOT NULL,\n"
				 "  released boolean NOT NULL,\n"
				 "  PRIMARY KEY (log_table, log_key)\n"
				 ") ENGINE = InnoDB ROW_FORMAT = DYNAMIC"
				 " DEFAULT CHARACTER SET utf8mb4";

/* ---------------------------------------------------------------- SQLite */

static void lite_placeholder(struct buf *out, size_t n)
{
	buf_printf(out, "?%zu", n);
}

static void lite_keys(struct buf *out, const char *column, size_t n)
{
	buf_printf(out, "%s IN (SELECT value FROM json_each(?%zu))", column, n);
}

/* A column without a type compares 5 and '5' as different: each key goes as it was
 * read. */
static void lite_encode_keys(struct buf *out, const struct db_value *keys, size_t n)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(out, ',');
		if (keys[i].type == DB_INTEGER)
			buf_put(out, keys[i].text.ptr, keys[i].text.len);
		else
			json_put_string(out, keys[i].text);
	}
	buf_putc(out, ']');
}

static int lite_is_true(struct buf *out, const char *column, const char *type)
{
	(void)type; /* any column can hold any value */
	buf_printf(out, "(%s IS TRUE)", column);
	return 0;
}

static int lite_flag(struct buf *out, bool set, const char *type)
{
	(void)type;
	buf_puts(out, set ? "1" : "0");
	return 0;
}

/* Text that is no JSON would be an error of the whole statement: such a row is unsent. */
static void lite_is_true_member(struct buf *out, const char *column, const char *member)
{
	buf_printf(out,
		   "(CASE WHEN json_valid(%s) THEN json_type(%s, '$.\"%s\"') = 'true' END"
		   " IS TRUE)",
		   column, column, member);
}

static void lite_set_member(struct buf *out, const char *column, const char *member,
			    const char *name, const char *value)
{
	buf_printf(
		out,
		"CASE WHEN %s IS NULL THEN json_object('%s', json('%s'))"
		" WHEN NOT json_valid(%s) THEN json_object('%s', json('%s'), '%s', %s)"
		" WHEN json_type(%s) = 'object' THEN json_set(%s, '$.\"%s\"', json('%s'))"
		" WHEN json_type(%s) = 'null' THEN json_object('%s', json('%s'))"
		" ELSE json_object('%s', json('%s'), '%s', json(%s)) END",
		column, member, value, column, member, value, name, column, column,
		column, member, value, column, member, value, member, value, name,
		column);
}

/* What datetime() cannot read is NULL, so never older. */
static int lite_older_than(struct buf *out, const char *column, const char *type,
			   size_t n)
{
	(void)type;
	buf_printf(out, "(datetime(%s) < datetime(?%zu))", column, n);
	return 0;
}

static void lite_is_time(struct buf *out, const char *column)
{
	buf_printf(out, "(datetime(%s) IS NOT NULL)", column);
}

/* Not its text: in a column without a type, 5 and '5' are two keys. The plus takes the
 * column's affinity away, so nothing is converted. */
static void lite_key_text(struct buf *out, const char *column, const char *type)
{
	(void)type;
	buf_printf(out, "+%s", column);
}

static const char lite_columns[] = "(\n"
				   "  log_table text NOT NULL,\n"
				   "  log_key NOT NULL,\n"
				   "  first_seen text NOT NULL,\n"
				   "  last_seen text NOT NULL,\n"
				   "  seen integer NOT NULL,\n"
				   "  status integer NOT NULL,\n"
				   "  error_type text NOT NULL,\n"
				   "  released boolean NOT NULL,\n"
				   "  PRIMARY KEY (log_table, log_key)\n"
				   ")";

static const struct dialect dialects[] = {
	{
		.id = SLT_POSTGRESQL,
		.name = "postgresql",
		.quote = quote_double,
		.placeholder = pg_placeholder,
		.keys = pg_keys,
		.encode_keys = pg_encode_keys,
		.is_true = pg_is_true,
		.flag = pg_flag,
		.is_true_member = pg_is_true_member,
		.set_member = pg_set_member,
		.older_than = pg_older_than,
		.is_time = not_null,
		.sorts_whole_rows = true,
		.partial_indexes = true,
		.now = "now()",
		.version_query = "SELECT current_setting('server_version')",
		.tls_query = "SELECT CASE WHEN ssl THEN version ELSE '' END"
			     " FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
		.key_text = pg_key_text,
		.quarantine_columns = pg_columns,
		.quarantine_as = " AS slt_old",
		.quarantine_update = update_excluded,
	},
	{
		.id = SLT_MYSQL,
		.name = "mysql",
		.quote = quote_back,
		.placeholder = my_placeholder,
		.keys = my_keys,
		.is_exact = my_is_exact,
		.is_true = my_is_true,
		.flag = my_flag,
		.is_true_member = my_is_true_member,
		.set_member = my_set_member,
		.older_than = my_older_than,
		.is_time = not_null,
		.now = "UTC_TIMESTAMP(6)",
		.version_query = "SELECT version()",
		.tls_query = "SHOW SESSION STATUS LIKE 'Ssl_version'",
		.key_text = my_key_text,
		.quarantine_columns = my_columns,
		.quarantine_as = "",
		.quarantine_update =
			" ON DUPLICATE KEY UPDATE last_seen = VALUES(last_seen),"
			" seen = seen + 1, status = VALUES(status),"
			" error_type = VALUES(error_type), released = VALUES(released)",
	},
	{
		.id = SLT_SQLITE,
		.name = "sqlite",
		.quote = quote_double,
		.placeholder = lite_placeholder,
		.keys = lite_keys,
		.encode_keys = lite_encode_keys,
		.is_true = lite_is_true,
		.flag = lite_flag,
		.is_true_member = lite_is_true_member,
		.set_member = lite_set_member,
		.older_than = lite_older_than,
		.is_time = lite_is_time,
		.partial_indexes = true,
		.now = "strftime('%Y-%m-%d %H:%M:%f', 'now')",
		.version_query = "SELECT sqlite_version()",
		.key_text = lite_key_text,
		.quarantine_columns = lite_columns,
		.quarantine_as = " AS slt_old",
		.quarantine_update = update_excluded,
		.quarantine_typed = true,
	},
};

const struct dialect *dialect_get(enum slt_dialect id)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (dialects[i].id == id)
			return &dialects[i];
	}
	return NULL;
}

void dialect_put_table(const struct dialect *dialect, const struct db_table *table,
		       struct buf *out)
{
	if (*table->schema) {
		dialect->quote(out, table->schema);
		buf_putc(out, '.');
	}
	dialect->quote(out, table->name);
}
