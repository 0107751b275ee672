// SPDX-License-Identifier: MIT
// Parses a facade's statement with {braces} into pieces.

#include "sql_template.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct parser {
	struct sql_template *template;
	const char *start, *at;
	sql_setting_fn *setting;
	void *arg;
	struct err *err;
};

static int fail_at(const struct parser *p, const char *at, const char *what)
{
	return err_set(p->err, EXIT_CONFIG, "at position %zu, \"%.40s\": %s",
		       (size_t)(at - p->start) + 1, at, what);
}

static struct piece *add(struct parser *p, enum piece_kind kind, const char *at)
{
	struct sql_template *t = p->template;
	struct piece *grown = mem_grow(t->pieces, t->n + 1, sizeof(*grown));

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
static int split_name(struct parser *p, const char *at, struct piece *piece,
		      const char *s, size_t n)
{
	while (n) {
		const char *dot = memchr(s, '.', n);
		size_t len = dot ? (size_t)(dot - s) : n;

		if (!len || len >= SQL_MAX_NAME || isspace((unsigned char)s[0]) ||
		    isspace((unsigned char)s[len - 1]) || (dot && len + 1 == n))
			return fail_at(p, at,
				       "an identifier is expected: name, or schema.name");
		if (memchr(s, '(', len))
			return fail_at(p, at, "a name is expected, not an expression");
		if (piece->n_parts == SQL_MAX_PARTS)
			return fail_at(p, at, "an identifier has at most two parts");
		piece->parts[piece->n_parts++] = mem_copy_n(s, len);
		s += len + (dot ? 1 : 0);
		n -= len + (dot ? 1 : 0);
	}
	return piece->n_parts ? 0
			      : fail_at(p, at, "an identifier is expected, it is empty");
}

/* "c" or "c->member" after a keyword. */
static int parse_column(struct parser *p, const char *at, struct piece *piece,
			const char *s, size_t n, bool member_allowed)
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
		piece->member = mem_copy_n(member, len);
		n = (size_t)(arrow - s);
	}
	return split_name(p, at, piece, s, n);
}

static int parse_setting(struct parser *p, const char *at, enum piece_kind kind,
			 const char *s, size_t n)
{
	char name[SQL_MAX_NAME];
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
		piece->text = mem_copy(value);
		return 0;
	}
	piece->text = mem_copy_n(name, n);
	if (split_name(p, at, piece, value, strlen(value)) < 0)
		return err_set(
			p->err, EXIT_CONFIG,
			"%s is \"%s\": the name of a table is expected, or schema.table",
			name, value);
	return 0;
}

static const struct keyword {
	const char *word;
	enum piece_kind kind;
	bool member;	/* takes c->k as well */
	unsigned roles; /* where it may stand */
} keywords[] = {
	{ "key", P_KEY, false, 1u << SQL_FETCH },
	{ "time", P_TIME, false, 1u << SQL_FETCH },
	{ "keys", P_KEYS, false, 1u << SQL_MARK | 1u << SQL_CLEAR | 1u << SQL_OWN },
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
	if (p->template->role == SQL_OWN && n == 8 && memcmp(s, "key_text", 8) == 0) {
		add(p, P_KEY_TEXT, at);
		return 0;
	}
	for (size_t i = 0; space && i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const struct keyword *k = &keywords[i];

		if (len != strlen(k->word) || memcmp(s, k->word, len) != 0)
			continue;
		if (!(k->roles & 1u << p->template->role))
			return fail_at(p, at,
				       "this brace cannot stand in this statement");
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

			piece->text = mem_copy_n(p->at, n ? n : 1);
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
		if (strncasecmp(text, "SELECT", 6) != 0 ||
		    !isspace((unsigned char)text[6]))
			return err_set(err, EXIT_CONFIG, "it must begin with SELECT");
		if (count(t, P_KEY) != 1)
			return err_set(err, EXIT_CONFIG, "it needs {key …} exactly once");
		if (count(t, P_UNSENT) != 1)
			return err_set(err, EXIT_CONFIG,
				       "it needs {unsent …} exactly once");
		if (count(t, P_TIME) > 1)
			return err_set(err, EXIT_CONFIG,
				       "it may have {time …} only once");
		return 0;
	}
	if (t->role == SQL_OWN)
		return 0;
	if (count(t, P_KEYS) == 0)
		return err_set(err, EXIT_CONFIG,
			       "it needs {keys …}: it would touch all rows");
	if (t->role == SQL_CLEAR && count(t, P_OLDER_THAN) == 0)
		return err_set(err, EXIT_CONFIG, "it needs {older_than …}");
	return 0;
}

int sql_parse(const char *text, enum sql_role role, sql_setting_fn *setting, void *arg,
	      struct sql_template **ret, struct err *err)
{
	struct parser p = {
		.start = text, .at = text, .setting = setting, .arg = arg, .err = err
	};

	p.template = mem_new(1, sizeof(*p.template));
	p.template->role = role;
	if (parse_all(&p) < 0 || check_role(p.template, text, err) < 0) {
		sql_template_free(p.template);
		return -1;
	}
	*ret = p.template;
	return 0;
}

/* Is the word FROM at s, in the middle of a statement? */
static bool is_from(const char *s, const char *start)
{
	return strncasecmp(s, "from", 4) == 0 && !is_name_byte(s[4]) &&
	       (s == start || !is_name_byte(s[-1]));
}

/* The * of "SELECT *", ", *" or "t.*", which is not one of a product? What stands before the
 * text is a brace, or nothing. */
static bool is_star(const char *s, const char *start)
{
	if (*s != '*')
		return false;
	while (s > start && isspace((unsigned char)s[-1]))
		s--;
	if (s == start)
		return false;
	return strchr(".,", s[-1]) ||
	       (s - start == 6 && strncasecmp(start, "SELECT", 6) == 0);
}

/* Counts the commas of a piece of text outside of parentheses and quotes, up to the FROM of
 * the SELECT itself. False behind that. */
static bool count_commas(const char *text, struct sql_columns *columns, size_t *depth,
			 char *quote, bool *star)
{
	for (const char *s = text; *s; s++) {
		if (*quote) {
			if (*s == *quote)
				*quote = '\0';
		} else if (strchr("'\"`", *s)) {
			*quote = *s;
		} else if (*s == '(') {
			++*depth;
		} else if (*s == ')') {
			*depth -= *depth > 0;
		} else if (!*depth && is_from(s, text)) {
			return false;
		} else if (!*depth && *s == ',') {
			columns->n++;
		} else if (!*depth && is_star(s, text)) {
			*star = true;
		}
	}
	return true;
}

struct sql_columns sql_columns(const struct sql_template *template)
{
	struct sql_columns columns = { .n = 1, .key_at = SIZE_MAX, .time_at = SIZE_MAX };
	size_t depth = 0;
	char quote = '\0';
	bool star = false;

	for (size_t i = 0; i < template->n; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->kind == P_KEY)
			columns.key_at = columns.n - 1;
		else if (piece->kind == P_TIME)
			columns.time_at = columns.n - 1;
		else if (piece->kind == P_TEXT &&
			 !count_commas(piece->text, &columns, &depth, &quote, &star))
			break;
	}
	if (star)
		columns.n = 0;
	return columns;
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
