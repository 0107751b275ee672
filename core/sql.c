// SPDX-License-Identifier: MIT
// Parses a facade's statement with {braces} and renders it as SQL of one dialect.

#include "sql.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 2, MAX_NAME = 256 };

enum piece_kind {
	P_TEXT,
	P_NAME,		/* {a.b}, {$SETTING} */
	P_VALUE,	/* {:SETTING} */
	P_KEY,
	P_TIME,
	P_UNSENT,	/* {unsent C}: the pieces up to the matching P_END are C */
	P_END,
	P_KEYS,
	P_OLDER_THAN,
	P_IS_TRUE,
	P_SET_TRUE,
	P_SET_FALSE,
	P_NOW,
};

/* One brace, or the text between two. */
struct piece {
	enum piece_kind kind;
	size_t at;		/* where it starts in the statement, for messages */
	char *text;		/* P_TEXT; the value of P_VALUE; of P_NAME its setting or NULL */
	char *parts[MAX_PARTS];	/* the identifier */
	size_t n_parts;
	char *member;		/* c->member */
};

struct sql_template {
	struct piece *pieces;
	size_t n;
	enum sql_role role;
};

struct parser {
	struct sql_template *template;
	const char *start, *at;
	sql_setting_fn *setting;
	void *arg;
	struct err *err;
};

static char *copy_n(const char *s, size_t n)
{
	char *copy = strndup(s, n);

	if (!copy)
		err_no_memory();
	return copy;
}

static int fail_at(const struct parser *p, const char *at, const char *what)
{
	return err_set(p->err, EXIT_CONFIG, "at position %zu, \"%.40s\": %s",
		       (size_t)(at - p->start) + 1, at, what);
}

static struct piece *add(struct parser *p, enum piece_kind kind, const char *at)
{
	struct sql_template *t = p->template;
	struct piece *grown = realloc(t->pieces, (t->n + 1) * sizeof(*grown));

	if (!grown)
		err_no_memory();
	t->pieces = grown;
	grown[t->n] = (struct piece){ .kind = kind, .at = (size_t)(at - p->start) + 1 };
	return &grown[t->n++];
}

void sql_template_free(struct sql_template *template)
{
	if (!template)
		return;
	for (size_t i = 0; i < template->n; i++) {
		struct piece *piece = &template->pieces[i];

		free(piece->text);
		free(piece->member);
		for (size_t j = 0; j < piece->n_parts; j++)
			free(piece->parts[j]);
	}
	free(template->pieces);
	free(template);
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "a", "a.b": at most two parts, none empty, none with white space at its ends. */
static int split_name(struct parser *p, const char *at, struct piece *piece, const char *s,
		      size_t n)
{
	while (n) {
		const char *dot = memchr(s, '.', n);
		size_t len = dot ? (size_t)(dot - s) : n;

		if (!len || len >= MAX_NAME || isspace((unsigned char)s[0]) ||
		    isspace((unsigned char)s[len - 1]) || (dot && len + 1 == n))
			return fail_at(p, at, "an identifier is expected: name, or schema.name");
		if (piece->n_parts == MAX_PARTS)
			return fail_at(p, at, "an identifier has at most two parts");
		piece->parts[piece->n_parts++] = copy_n(s, len);
		s += len + (dot ? 1 : 0);
		n -= len + (dot ? 1 : 0);
	}
	return piece->n_parts ? 0 : fail_at(p, at, "an identifier is expected, it is empty");
}

/* "c" or "c->member" after a keyword. */
static int parse_column(struct parser *p, const char *at, struct piece *piece, const char *s,
			size_t n, bool member_allowed)
{
	const char *arrow = memmem(s, n, "->", 2);

	if (arrow) {
		const char *member = arrow + 2;
		size_t len = n - (size_t)(member - s);

		for (size_t i = 0; i < len; i++) {
			if (!is_name_byte(member[i]))
				len = 0;
		}
		if (!len || !member_allowed)
			return fail_at(p, at, "column->member is not possible here");
		piece->member = copy_n(member, len);
		n = (size_t)(arrow - s);
	}
	return split_name(p, at, piece, s, n);
}

static int parse_setting(struct parser *p, const char *at, enum piece_kind kind, const char *s,
			 size_t n)
{
	char name[MAX_NAME];
	const char *value;
	struct piece *piece;

	if (n >= sizeof(name))
		return fail_at(p, at, "no such setting");
	memcpy(name, s, n);
	name[n] = '\0';
	value = p->setting(p->arg, name);
	if (!value)
		return fail_at(p, at, "the facade declares no such setting");
	piece = add(p, kind, at);
	if (kind == P_VALUE) {
		piece->text = copy_n(value, strlen(value));
		return 0;
	}
	piece->text = copy_n(name, n);
	if (split_name(p, at, piece, value, strlen(value)) < 0)
		return err_set(p->err, EXIT_CONFIG,
			       "%s is \"%s\": the name of a table is expected, or schema.table",
			       name, value);
	return 0;
}

static const struct keyword {
	const char *word;
	enum piece_kind kind;
	bool member;	/* takes c->k as well */
	unsigned roles;	/* where it may stand */
} keywords[] = {
	{ "key", P_KEY, false, 1u << SQL_FETCH },
	{ "time", P_TIME, false, 1u << SQL_FETCH },
	{ "keys", P_KEYS, false, 1u << SQL_MARK | 1u << SQL_CLEAR },
	{ "older_than", P_OLDER_THAN, false, 1u << SQL_CLEAR },
	{ "is_true", P_IS_TRUE, true, ~0u },
	{ "set_true", P_SET_TRUE, true, 1u << SQL_MARK },
	{ "set_false", P_SET_FALSE, true, 1u << SQL_MARK },
};

/* The inside of one brace that is not {unsent …}. */
static int parse_brace(struct parser *p, const char *at, const char *s, size_t n)
{
	const char *space = memchr(s, ' ', n);
	size_t len = space ? (size_t)(space - s) : n;

	if (n && (*s == '$' || *s == ':'))
		return parse_setting(p, at, *s == '$' ? P_NAME : P_VALUE, s + 1, n - 1);
	if (n == 3 && memcmp(s, "now", 3) == 0) {
		add(p, P_NOW, at);
		return 0;
	}
	for (size_t i = 0; space && i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const struct keyword *k = &keywords[i];

		if (len != strlen(k->word) || memcmp(s, k->word, len) != 0)
			continue;
		if (!(k->roles & 1u << p->template->role))
			return fail_at(p, at, "this brace cannot stand in this statement");
		return parse_column(p, at, add(p, k->kind, at), space + 1, n - len - 1,
				    k->member);
	}
	if (space)
		return fail_at(p, at, "no brace of that name");
	return split_name(p, at, add(p, P_NAME, at), s, n);
}

static int parse_open(struct parser *p, bool *inside)
{
	static const char unsent[] = "{unsent ";
	const char *at = p->at;
	size_t n;

	if (strncmp(at, unsent, sizeof(unsent) - 1) == 0) {
		if (*inside || p->template->role != SQL_FETCH)
			return fail_at(p, at, "this brace cannot stand here");
		*inside = true;
		add(p, P_UNSENT, at);
		p->at += sizeof(unsent) - 1;
		return 0;
	}
	n = strcspn(at + 1, "{}");
	if (at[1 + n] != '}')
		return fail_at(p, at, "the brace is not closed");
	p->at += n + 2;
	return parse_brace(p, at, at + 1, n);
}

static int parse_all(struct parser *p)
{
	const char *unsent = NULL;
	bool inside = false;

	while (*p->at) {
		size_t n = strcspn(p->at, inside ? "{}" : "{");

		if (n || (p->at[0] == '{' && p->at[1] == '{')) {
			/* "{{" is text too: one brace */
			struct piece *piece = add(p, P_TEXT, p->at);

			piece->text = copy_n(p->at, n ? n : 1);
			p->at += n ? n : 2;
		} else if (*p->at == '}') {
			inside = false;
			add(p, P_END, p->at++);
		} else {
			if (!inside)
				unsent = p->at;
			if (parse_open(p, &inside) < 0)
				return -1;
		}
	}
	return inside ? fail_at(p, unsent, "the brace is not closed") : 0;
}

static size_t count(const struct sql_template *t, enum piece_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += t->pieces[i].kind == kind;
	return n;
}

/* What every statement of a role must have. */
static int check_role(const struct sql_template *t, const char *text, struct err *err)
{
	if (t->role == SQL_FETCH) {
		if (strncasecmp(text, "SELECT", 6) != 0 || !isspace((unsigned char)text[6]))
			return err_set(err, EXIT_CONFIG, "it must begin with SELECT");
		if (count(t, P_KEY) != 1)
			return err_set(err, EXIT_CONFIG, "it needs {key …} exactly once");
		if (count(t, P_UNSENT) != 1)
			return err_set(err, EXIT_CONFIG, "it needs {unsent …} exactly once");
		if (count(t, P_TIME) > 1)
			return err_set(err, EXIT_CONFIG, "it may have {time …} only once");
		return 0;
	}
	if (count(t, P_KEYS) == 0)
		return err_set(err, EXIT_CONFIG, "it needs {keys …}: it would touch all rows");
	if (t->role == SQL_CLEAR && count(t, P_OLDER_THAN) == 0)
		return err_set(err, EXIT_CONFIG, "it needs {older_than …}");
	return 0;
}

int sql_parse(const char *text, enum sql_role role, sql_setting_fn *setting, void *arg,
	      struct sql_template **ret, struct err *err)
{
	struct parser p = { .start = text, .at = text, .setting = setting, .arg = arg, .err = err };

	p.template = calloc(1, sizeof(*p.template));
	if (!p.template)
		err_no_memory();
	p.template->role = role;
	if (parse_all(&p) < 0 || check_role(p.template, text, err) < 0) {
		sql_template_free(p.template);
		return -1;
	}
	*ret = p.template;
	return 0;
}

void sql_describe_names(const struct sql_template *template, struct buf *out)
{
	for (size_t i = 0; i < template->n; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->kind != P_NAME || !piece->text)
			continue;
		buf_printf(out, ", %s is ", piece->text);
		for (size_t j = 0; j < piece->n_parts; j++)
			buf_printf(out, "%s%s", j ? "." : "", piece->parts[j]);
	}
}

/* ---------------------------------------------------------------- rendering */

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
	sql->params[sql->n_params].value = value ? copy_n(value, strlen(value)) : NULL;
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
static int flag_type(struct renderer *r, const struct piece *piece, char *ret, size_t size)
{
	const char *column = piece->parts[piece->n_parts - 1];
	int found = r->type(r->arg, column, ret, size, r->err);

	if (found == 0)
		return err_set(r->err, EXIT_CONFIG,
			       "at position %zu: the table of {key} has no column %s", piece->at,
			       column);
	return found < 0 ? -1 : 0;
}

static int no_flag(struct renderer *r, const struct piece *piece, const char *type)
{
	return err_set(r->err, EXIT_CONFIG,
		       "at position %zu: column %s is of type %s, which is no flag", piece->at,
		       piece->parts[piece->n_parts - 1], type);
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
	char column[2 * MAX_NAME * MAX_PARTS + 8] = "";
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
	case SQL_AS_IS:
		break;
	case SQL_PROBE:
		buf_puts(&r->out, " LIMIT 0");
		break;
	case SQL_NULL_KEYS:
		buf_puts(&r->out, " WHERE slt_key IS NULL");
		break;
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
	       const struct dialect *dialect, sql_type_fn *type, void *arg, struct sql *ret,
	       struct err *err)
{
	struct sql sql = { .dialect = dialect };
	struct renderer r = { .template = template, .form = form, .dialect = dialect,
			      .type = type, .arg = arg, .sql = &sql, .err = err };
	int failed;

	buf_init(&r.out, 256 * 1024);
	failed = put_form(&r);
	if (!failed && (r.out.full || r.too_many))
		failed = err_set(err, EXIT_CONFIG, "the statement is longer than 256 KiB, or "
				 "has more than %d values", SQL_MAX_VALUES);
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

void sql_bind(const struct sql *sql, const struct sql_args *args, struct sql_values *values)
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
			sql->dialect->encode_keys(&values->keys, args->keys, args->n_keys);
			*value = text_value(buf_str(&values->keys));
			break;
		}
	}
}
