// SPDX-License-Identifier: MIT
// Renders a parsed statement as SQL of one dialect.

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
	const struct sql_filter *filter; /* or NULL */
	const struct dialect *dialect;
	sql_type_fn *type;
	void *arg;
	struct sql *sql;
	struct buf out;
	bool too_many; /* values */
	struct err *err;
};

/* Which rows of the fetch, what follows WHERE. */
enum rows { WITHOUT_KEY, WITH_KEY, AFTER, UP_TO, OF_KEYS, TIMELESS };

#define FULL_PAGE .head = "SELECT slt_key, slt_log.* FROM ("
#define KEYS .head = "SELECT slt_key FROM ("
#define COUNT .head = "SELECT count(*) FROM ("
#define OLDEST .head = "SELECT min(slt_time) FROM ("
#define TWICE                                                  \
	.head = "SELECT count(*) FROM (SELECT slt_key FROM (", \
	.tail = " GROUP BY slt_key HAVING count(*) > 1) AS slt_twice"
#define ENDS                                                                        \
	.head = "SELECT slt_key FROM (SELECT slt_key, row_number() OVER (ORDER BY " \
		"slt_key) AS slt_n FROM ("
#define OLD .sent = true, .old = true

/* How a fetch is wrapped as a derived table; head NULL: not at all. */
static const struct form {
	const char *head, *tail;
	enum rows rows;
	bool is_page; /* in key order, with a LIMIT */
	bool is_ends; /* the ends of pages */
	bool sent;    /* sent rows instead of unsent ones */
	bool all;     /* sent and unsent ones */
	bool old;     /* only those whose time is before a limit */
	bool since;   /* only those whose time is not */
} forms[N_SQL_FORMS] = {
	[SQL_FIRST_PAGE] = { FULL_PAGE, .rows = WITH_KEY, .is_page = true },
	[SQL_NEXT_PAGE] = { FULL_PAGE, .rows = AFTER, .is_page = true },
	[SQL_PAGE_UP_TO] = { FULL_PAGE, .rows = UP_TO, .is_page = true },
	[SQL_PAGE_ENDS] = { ENDS, .rows = AFTER, .is_ends = true },
	[SQL_NULL_KEYS] = { COUNT, .rows = WITHOUT_KEY },
	[SQL_UNSENT_COUNT] = { COUNT, .rows = WITH_KEY },
	[SQL_SENT_COUNT] = { COUNT, .rows = WITH_KEY, .sent = true },
	[SQL_TWICE_COUNT] = { TWICE, .rows = WITH_KEY, .all = true },
	[SQL_UNSENT_OLDEST] = { OLDEST, .rows = WITH_KEY },
	[SQL_ALL_COUNT] = { COUNT, .rows = WITH_KEY, .all = true },
	[SQL_UNSENT_KEYS] = { KEYS, .rows = OF_KEYS },
	[SQL_SENT_KEYS] = { KEYS, .rows = OF_KEYS, .sent = true },
	[SQL_SENT_FIRST_PAGE] = { FULL_PAGE, .rows = WITH_KEY, .is_page = true,
				  .sent = true },
	[SQL_SENT_NEXT_PAGE] = { FULL_PAGE, .rows = AFTER, .is_page = true,
				 .sent = true },
	[SQL_SINCE_FIRST_PAGE] = { FULL_PAGE, .rows = WITH_KEY, .is_page = true,
				   .sent = true, .since = true },
	[SQL_SINCE_NEXT_PAGE] = { FULL_PAGE, .rows = AFTER, .is_page = true, .sent = true,
				  .since = true },
	[SQL_SINCE_COUNT] = { COUNT, .rows = WITH_KEY, .sent = true, .since = true },
	[SQL_OLD_FIRST_PAGE] = { KEYS, .rows = WITH_KEY, .is_page = true, OLD },
	[SQL_OLD_NEXT_PAGE] = { KEYS, .rows = AFTER, .is_page = true, OLD },
	[SQL_OLD_COUNT] = { COUNT, .rows = WITH_KEY, OLD },
	[SQL_TIMELESS_COUNT] = { COUNT, .rows = TIMELESS, .sent = true },
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

static int wrong_type(struct renderer *r, const struct piece *piece, const char *type,
		      const char *expected)
{
	return err_set(r->err, EXIT_CONFIG,
		       "at position %zu: column %s is of type %s, which is no %s",
		       piece->at, piece->parts[piece->n_parts - 1], type, expected);
}

static int no_flag(struct renderer *r, const struct piece *piece, const char *type)
{
	return wrong_type(r, piece, type, "flag");
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

static void put_list(struct renderer *r, enum sql_slot slot, const char *column)
{
	size_t n = param(r, slot, NULL);

	r->dialect->keys(&r->out, column, n);
	if (n && !r->out.full)
		r->sql->params[n - 1].at = r->out.len - strlen("?)");
}

/* `of` is the brace that names the column, `column` how it is called here. A column of another
 * table than the key's is of no known type. */
static int put_keys(struct renderer *r, const struct piece *of, const char *column)
{
	const struct dialect *d = r->dialect;
	char type[128] = "";
	struct buf text;

	if (d->is_exact && r->type &&
	    r->type(r->arg, of->parts[of->n_parts - 1], type, sizeof(type), r->err) < 0)
		return -1;
	if (!d->is_exact || !r->type || d->is_exact(type)) {
		put_list(r, SLOT_KEYS, column);
		return 0;
	}
	buf_putc(&r->out, '(');
	put_list(r, SLOT_KEYS, column); /* by the index */
	buf_puts(&r->out, " AND ");
	buf_init(&text, SIZE_MAX / 4);
	d->key_text(&text, column, type);
	put_list(r, SLOT_KEY_TEXTS, buf_str(&text));
	buf_fini(&text);
	buf_putc(&r->out, ')');
	return 0;
}

/* `of` is the brace that names the column, `column` how it is called here. The column may be
 * of another table than the key, then nothing is known of its type. */
static int put_older_than(struct renderer *r, const struct piece *of, const char *column)
{
	char type[128] = "";

	if (r->type(r->arg, of->parts[of->n_parts - 1], type, sizeof(type), r->err) < 0)
		return -1;
	if (r->dialect->older_than(&r->out, column, type,
				   param(r, SLOT_OLDER_THAN, NULL)) < 0)
		return wrong_type(r, of, type, "time");
	return 0;
}

/* A name that would close a string literal cannot become a member's name. */
static bool is_plain(const char *name)
{
	return !strpbrk(name, "'\"\\");
}

/* In front of the condition of {unsent ...}; OR binds less than anything in it. */
static void put_unsent(struct renderer *r)
{
	const struct form *form = &forms[r->form];

	buf_puts(&r->out, form->all ? "(1 = 1 OR " : form->sent ? "NOT (" : "(");
}

static int put_piece(struct renderer *r, const struct piece *piece)
{
	char column[2 * SQL_MAX_NAME * SQL_MAX_PARTS + 8] = "";
	struct buf name;
	int failed = 0;

	if (piece->n_parts) {
		buf_init(&name, sizeof(column) - 1);
		if (r->form == SQL_UNSENT_CONDITION)
			r->dialect->quote(&name, piece->parts[piece->n_parts - 1]);
		else
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
	case P_UNSENT: put_unsent(r); break;
	case P_END: buf_putc(&r->out, ')'); break;
	case P_KEYS: failed = put_keys(r, piece, column); break;
	case P_OLDER_THAN: failed = put_older_than(r, piece, column); break;
	case P_IS_TRUE: failed = put_is_true(r, piece, column); break;
	case P_SET_TRUE:
	case P_SET_FALSE: failed = put_set(r, piece, column); break;
	case P_NOW: buf_puts(&r->out, r->dialect->now); break;
	case P_KEY_TEXT:
		r->dialect->key_text(&r->out, "slt_key", r->filter->key_type);
		break;
	}
	return failed;
}

static int put_template(struct renderer *r, const struct sql_template *template)
{
	for (size_t i = 0; i < template->n; i++) {
		if (put_piece(r, &template->pieces[i]) < 0)
			return -1;
	}
	return 0;
}

/* The one brace of a kind; NULL when there is none. */
static const struct piece *find_piece(const struct sql_template *template,
				      enum piece_kind kind)
{
	for (size_t i = 0; i < template->n; i++)
		if (template->pieces[i].kind == kind)
			return &template->pieces[i];
	return NULL;
}

static int put_rows(struct renderer *r, enum rows rows)
{
	switch (rows) {
	case WITHOUT_KEY: buf_puts(&r->out, "slt_key IS NULL"); break;
	case WITH_KEY: buf_puts(&r->out, "slt_key IS NOT NULL"); break;
	case AFTER:
	case UP_TO:
		buf_puts(&r->out, "slt_key > ");
		put_param(r, SLOT_AFTER, NULL);
		if (rows == AFTER)
			break;
		buf_puts(&r->out, " AND slt_key <= ");
		put_param(r, SLOT_UP_TO, NULL);
		break;
	case OF_KEYS: return put_keys(r, find_piece(r->template, P_KEY), "slt_key");
	case TIMELESS:
		buf_puts(&r->out, "NOT ");
		r->dialect->is_time(&r->out, "slt_time");
		break;
	}
	return 0;
}

/* A derived table around the fetch keeps the use of the key's index on PostgreSQL 15,
 * SQLite 3.40, MySQL 8.0 and MariaDB 10.11: the plan is that of the fetch alone. */
static int put_wrapped(struct renderer *r, const struct form *form)
{
	const struct piece *time = find_piece(r->template, P_TIME);

	if ((form->old || form->since || form->rows == TIMELESS) && !time)
		return err_set(r->err, EXIT_CONFIG,
			       "it has no {time ...}, by which rows are known to be old");
	buf_puts(&r->out, form->head);
	if (put_template(r, r->template) < 0)
		return -1;
	buf_puts(&r->out, ") AS slt_log WHERE ");
	if (put_rows(r, form->rows) < 0)
		return -1;
	if (form->old || form->since) {
		buf_puts(&r->out, form->old ? " AND " : " AND NOT ");
		if (put_older_than(r, time, "slt_time") < 0)
			return -1;
	}
	if (r->filter) {
		buf_puts(&r->out, " AND ");
		if (put_template(r, r->filter->condition) < 0)
			return -1;
	}
	if (form->tail)
		buf_puts(&r->out, form->tail);
	if (form->is_page) {
		buf_puts(&r->out, " ORDER BY slt_key LIMIT ");
		put_param(r, SLOT_LIMIT, NULL);
	}
	if (form->is_ends) {
		buf_puts(&r->out, ") AS slt_ends WHERE slt_n % ");
		put_param(r, SLOT_LIMIT, NULL);
		buf_puts(&r->out, " = 0 ORDER BY slt_n LIMIT 64");
	}
	return 0;
}

/* The inside of {unsent ...}, for an index. What is more than names of columns, AND, OR, NOT and
 * IS NULL may be of other tables. */
static int put_condition(struct renderer *r)
{
	const struct piece *piece = find_piece(r->template, P_UNSENT);

	/* each fetch has one: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	while ((++piece)->kind != P_END) {
		if (piece->kind == P_VALUE || piece->kind == P_NOW ||
		    (piece->kind == P_TEXT &&
		     (strpbrk(piece->text, ".'\"") || strcasestr(piece->text, "select"))))
			return refuse(r, piece, "it is no condition of the table alone");
		if (put_piece(r, piece) < 0)
			return -1;
	}
	return 0;
}

static int put_form(struct renderer *r)
{
	if (r->form == SQL_UNSENT_CONDITION)
		return put_condition(r);
	if (forms[r->form].head)
		return put_wrapped(r, &forms[r->form]);
	if (put_template(r, r->template) < 0)
		return -1;
	/* Not wrapped: of a column of a derived table, MariaDB 10.11 does not tell where it
	 * comes from. */
	if (r->form == SQL_PROBE)
		buf_puts(&r->out, " LIMIT 0");
	return 0;
}

int sql_render(const struct sql_template *template, enum sql_form form,
	       const struct dialect *dialect, sql_type_fn *type, void *arg,
	       struct sql *ret, struct err *err)
{
	return sql_render_filtered(template, form, NULL, dialect, type, arg, ret, err);
}

int sql_render_filtered(const struct sql_template *template, enum sql_form form,
			const struct sql_filter *filter, const struct dialect *dialect,
			sql_type_fn *type, void *arg, struct sql *ret, struct err *err)
{
	struct sql sql = { .dialect = dialect };
	struct renderer r = { .template = template,
			      .form = form,
			      .filter = filter,
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
