// SPDX-License-Identifier: MIT
// Renders a parsed statement as SQL of one dialect, and binds its values.

#include "sql_template.h"
#include "mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct renderer {
	const struct sql_template *template;
	enum sql_form form;
	const struct dialect *dialect;
	sql_type_fn *type;
	void *arg;
	struct sql *sql;
	struct buf out;
	bool too_many; /* values */
	struct err *err;
};

static int refuse(struct renderer *r, const struct piece *piece, const char *what)
{
	return err_set(r->err, EXIT_CONFIG, "at position %zu: %s", piece->at, what);
}

static size_t param(struct renderer *r, enum sql_slot slot, const char *value)
{
	struct sql *sql = r->sql;

	if (sql->n_params == SQL_MAX_VALUES) {
		r->too_many = true;
		return 0;
	}
	sql->params[sql->n_params].slot = slot;
	sql->params[sql->n_params].value = value ? mem_copy(value) : NULL;
	return ++sql->n_params;
}

static void put_param(struct renderer *r, enum sql_slot slot, const char *value)
{
	r->dialect->placeholder(&r->out, param(r, slot, value));
}

static void put_name(struct renderer *r, struct buf *out, const struct piece *piece)
{
	for (size_t i = 0; i < piece->n_parts; i++) {
		if (i)
			buf_putc(out, '.');
		r->dialect->quote(out, piece->parts[i]);
	}
}

/* A flag's declared type decides what it can be compared with. */
static int flag_type(struct renderer *r, const struct piece *piece, char *ret,
		     size_t size)
{
	const char *column = piece->parts[piece->n_parts - 1];
	int found = r->type(r->arg, column, ret, size, r->err);

	if (found == 0)
		return err_set(r->err, EXIT_CONFIG,
			       "at position %zu: the table of {key} has no column %s",
			       piece->at, column);
	return found < 0 ? -1 : 0;
}

static int no_flag(struct renderer *r, const struct piece *piece, const char *type)
{
	return err_set(r->err, EXIT_CONFIG,
		       "at position %zu: column %s is of type %s, which is no flag",
		       piece->at, piece->parts[piece->n_parts - 1], type);
}

static int put_is_true(struct renderer *r, const struct piece *piece, const char *column)
{
	char type[128];

	if (piece->member) {
		r->dialect->is_true_member(&r->out, column, piece->member);
		return 0;
	}
	if (r->form == SQL_PROBE) { /* any condition does, no row is read */
		buf_printf(&r->out, "(%s IS NULL)", column);
		return 0;
	}
	if (flag_type(r, piece, type, sizeof(type)) < 0)
		return -1;
	if (r->dialect->is_true(&r->out, column, type) < 0)
		return no_flag(r, piece, type);
	return 0;
}

/* "c" = new value: the target of an assignment takes no alias. */
static int put_set(struct renderer *r, const struct piece *piece, const char *column)
{
	const char *target = piece->parts[piece->n_parts - 1];
	bool set = piece->kind == P_SET_TRUE;
	char type[128];

	r->dialect->quote(&r->out, target);
	buf_puts(&r->out, " = ");
	if (piece->member) {
		r->dialect->set_member(&r->out, column, piece->member, target,
				       set ? "true" : "false");
		return 0;
	}
	if (flag_type(r, piece, type, sizeof(type)) < 0)
		return -1;
	if (r->dialect->flag(&r->out, set, type) < 0)
		return no_flag(r, piece, type);
	return 0;
}

/* A name that would close a string literal cannot become a member's name. */
static bool is_plain(const char *name)
{
	return !strpbrk(name, "'\"\\");
}

static int put_piece(struct renderer *r, const struct piece *piece)
{
	char column[2 * SQL_MAX_NAME * SQL_MAX_PARTS + 8] = "";
	struct buf name;
	int failed = 0;

	if (piece->n_parts) {
		buf_init(&name, sizeof(column) - 1);
		put_name(r, &name, piece);
		snprintf(column, sizeof(column), "%s", buf_str(&name));
		buf_fini(&name);
	}
	if (piece->member && !is_plain(piece->parts[piece->n_parts - 1]))
		return refuse(r, piece, "a column of that name cannot be used with ->");
	switch (piece->kind) {
	case P_TEXT: buf_puts(&r->out, piece->text); break;
	case P_NAME: buf_puts(&r->out, column); break;
	case P_VALUE: put_param(r, SLOT_VALUE, piece->text); break;
	case P_KEY: buf_printf(&r->out, "%s AS slt_key", column); break;
	case P_TIME: buf_printf(&r->out, "%s AS slt_time", column); break;
	case P_UNSENT: buf_putc(&r->out, '('); break;
	case P_END: buf_putc(&r->out, ')'); break;
	case P_KEYS: r->dialect->keys(&r->out, column, param(r, SLOT_KEYS, NULL)); break;
	case P_OLDER_THAN:
		r->dialect->older_than(&r->out, column, param(r, SLOT_OLDER_THAN, NULL));
		break;
	case P_IS_TRUE: failed = put_is_true(r, piece, column); break;
	case P_SET_TRUE:
	case P_SET_FALSE: failed = put_set(r, piece, column); break;
	case P_NOW: buf_puts(&r->out, r->dialect->now); break;
	}
	return failed;
}

static int put_template(struct renderer *r)
{
	for (size_t i = 0; i < r->template->n; i++) {
		if (put_piece(r, &r->template->pieces[i]) < 0)
			return -1;
	}
	return 0;
}

/* A derived table around the fetch keeps the use of the key's index on PostgreSQL 15 and
 * SQLite 3.40: the plan is that of the fetch alone. */
static int put_form(struct renderer *r)
{
	static const char *const head[] = {
		[SQL_AS_IS] = "",
		[SQL_PROBE] = "SELECT slt_key FROM (",
		[SQL_FIRST_PAGE] = "SELECT slt_key, slt_log.* FROM (",
		[SQL_NEXT_PAGE] = "SELECT slt_key, slt_log.* FROM (",
		[SQL_NULL_KEYS] = "SELECT count(*) FROM (",
		[SQL_UNSENT_KEYS] = "SELECT slt_key FROM (",
	};

	buf_puts(&r->out, head[r->form]);
	if (put_template(r) < 0)
		return -1;
	if (r->form != SQL_AS_IS)
		buf_puts(&r->out, ") AS slt_log");
	switch (r->form) {
	case SQL_AS_IS: break;
	case SQL_PROBE: buf_puts(&r->out, " LIMIT 0"); break;
	case SQL_NULL_KEYS: buf_puts(&r->out, " WHERE slt_key IS NULL"); break;
	case SQL_UNSENT_KEYS:
		buf_puts(&r->out, " WHERE ");
		r->dialect->keys(&r->out, "slt_key", param(r, SLOT_KEYS, NULL));
		break;
	case SQL_FIRST_PAGE:
	case SQL_NEXT_PAGE:
		if (r->form == SQL_FIRST_PAGE) {
			buf_puts(&r->out, " WHERE slt_key IS NOT NULL");
		} else {
			buf_puts(&r->out, " WHERE slt_key > ");
			put_param(r, SLOT_AFTER, NULL);
		}
		buf_puts(&r->out, " ORDER BY slt_key LIMIT ");
		put_param(r, SLOT_LIMIT, NULL);
		break;
	}
	return 0;
}

int sql_render(const struct sql_template *template, enum sql_form form,
	       const struct dialect *dialect, sql_type_fn *type, void *arg,
	       struct sql *ret, struct err *err)
{
	struct sql sql = { .dialect = dialect };
	struct renderer r = { .template = template,
			      .form = form,
			      .dialect = dialect,
			      .type = type,
			      .arg = arg,
			      .sql = &sql,
			      .err = err };
	int failed;

	buf_init(&r.out, 256 * 1024);
	failed = put_form(&r);
	if (!failed && (r.out.full || r.too_many))
		failed = err_set(err, EXIT_CONFIG,
				 "the statement is longer than 256 KiB, or "
				 "has more than %d values",
				 SQL_MAX_VALUES);
	if (failed) {
		buf_fini(&r.out);
		sql_fini(&sql);
		return -1;
	}
	buf_str(&r.out);
	sql.text = r.out.ptr;
	*ret = sql;
	return 0;
}

void sql_fini(struct sql *sql)
{
	for (size_t i = 0; i < sql->n_params; i++)
		free(sql->params[i].value);
	free(sql->text);
	*sql = (struct sql){ 0 };
}

/* ---------------------------------------------------------------- binding */

void sql_values_init(struct sql_values *values)
{
	buf_init(&values->keys, SIZE_MAX / 4);
}

void sql_values_fini(struct sql_values *values)
{
	buf_fini(&values->keys);
}

static struct db_value text_value(const char *s)
{
	return (struct db_value){ .text = slt_str(s), .type = DB_TEXT };
}

void sql_bind(const struct sql *sql, const struct sql_args *args,
	      struct sql_values *values)
{
	buf_reset(&values->keys);
	snprintf(values->limit, sizeof(values->limit), "%zu", args->limit);
	for (size_t i = 0; i < sql->n_params; i++) {
		struct db_value *value = &values->values[i];

		switch (sql->params[i].slot) {
		case SLOT_VALUE: *value = text_value(sql->params[i].value); break;
		case SLOT_AFTER: *value = *args->after; break;
		case SLOT_OLDER_THAN: *value = text_value(args->older_than); break;
		case SLOT_LIMIT:
			*value = text_value(values->limit);
			value->type = DB_INTEGER;
			break;
		case SLOT_KEYS:
			/* several {keys} of one statement are the same text */
			buf_reset(&values->keys);
			sql->dialect->encode_keys(&values->keys, args->keys,
						  args->n_keys);
			*value = text_value(buf_str(&values->keys));
			break;
		}
	}
}
