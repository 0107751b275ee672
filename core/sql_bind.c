// SPDX-License-Identifier: MIT
// Binds the values of a rendered statement.

#include "sql.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void sql_values_init(struct sql_values *values)
{
	*values = (struct sql_values){ 0 };
	buf_init(&values->keys, SIZE_MAX / 4);
	buf_init(&values->spread, SIZE_MAX / 4);
}

void sql_values_fini(struct sql_values *values)
{
	free(values->values);
	buf_fini(&values->keys);
	buf_fini(&values->spread);
}

static struct db_value text_value(const char *s)
{
	return (struct db_value){ .text = slt_str(s), .type = DB_TEXT };
}

static void add(struct sql_values *values, struct db_value value)
{
	if (values->n == values->cap) {
		values->cap = values->cap ? 2 * values->cap : SQL_MAX_VALUES;
		values->values = mem_grow(values->values, values->cap,
					  sizeof(*values->values));
	}
	values->values[values->n++] = value;
}

/* All keys as one value. Several {keys} of one statement are the same text. */
static void add_encoded(const struct sql *sql, const struct sql_args *args,
			struct sql_values *values)
{
	buf_reset(&values->keys);
	sql->dialect->encode_keys(&values->keys, args->keys, args->n_keys);
	add(values, text_value(buf_str(&values->keys)));
}

/* Each key as a value of its own: copies the statement from `from` to the placeholder at
 * `at`, and repeats that. No key at all is NULL, which no column equals. Returns where the
 * rest begins. */
static size_t add_spread(const struct sql *sql, size_t from, size_t at, bool as_bytes,
			 const struct sql_args *args, struct sql_values *values)
{
	buf_put(&values->spread, sql->text + from, at - from);
	for (size_t i = 0; i < args->n_keys; i++) {
		struct db_value key = args->keys[i];

		if (i)
			buf_puts(&values->spread, ", ");
		sql->dialect->placeholder(&values->spread, values->n + 1);
		if (as_bytes)
			key.type = DB_BLOB;
		add(values, key);
	}
	if (args->n_keys)
		return at + strlen("?");
	add(values, text_value(NULL));
	return at;
}

void sql_bind(const struct sql *sql, const struct sql_args *args,
	      struct sql_values *values)
{
	struct db_value limit;
	size_t from = 0;

	values->n = 0;
	buf_reset(&values->spread);
	snprintf(values->limit, sizeof(values->limit), "%zu", args->limit);
	limit = text_value(values->limit);
	limit.type = DB_INTEGER;
	for (size_t i = 0; i < sql->n_params; i++) {
		switch (sql->params[i].slot) {
		case SLOT_VALUE: add(values, text_value(sql->params[i].value)); break;
		case SLOT_AFTER: add(values, *args->after); break;
		case SLOT_UP_TO: add(values, *args->up_to); break;
		case SLOT_OLDER_THAN: add(values, text_value(args->older_than)); break;
		case SLOT_LIMIT: add(values, limit); break;
		case SLOT_KEYS:
		case SLOT_KEY_TEXTS:
			if (sql->dialect->encode_keys)
				add_encoded(sql, args, values);
			else
				from = add_spread(sql, from, sql->params[i].at,
						  sql->params[i].slot == SLOT_KEY_TEXTS,
						  args, values);
			break;
		}
	}
	values->text = sql->text;
	if (from) {
		buf_puts(&values->spread, sql->text + from);
		values->text = buf_str(&values->spread);
	}
}
