/* SPDX-License-Identifier: MIT */
/*
 * From a facade's statement with {braces} to SQL of one dialect with bound values. A
 * template is parsed once, when the facade is loaded; from the one fetch the program
 * makes all its SELECTs by wrapping it as a derived table. Rendered statements are
 * constant: any thread may bind them, each with its own struct sql_values.
 */
#ifndef SLT_SQL_H
#define SLT_SQL_H

#include <stddef.h>

#include "buf.h"
#include "db/db.h"
#include "dialect.h"
#include "err.h"

enum { SQL_MAX_VALUES = 32 };

/* The facade's, and the program's own: of these nothing is required. */
enum sql_role { SQL_FETCH, SQL_MARK, SQL_CLEAR, SQL_OWN };

struct sql_template;

/* The value of a setting of the facade; NULL when it declares no such setting. */
typedef const char *sql_setting_fn(void *arg, const char *name);

/* Reads a statement. Refuses (EXIT_CONFIG) what facade.h does not name, with the
 * position. Names and values of settings are copied. */
int sql_parse(const char *text, enum sql_role role, sql_setting_fn *setting, void *arg,
	      struct sql_template **ret, struct err *err) MUST_CHECK;
void sql_template_free(struct sql_template *template);

/* Appends ", SETTING is name" for every {$SETTING}, for messages. */
void sql_describe_names(const struct sql_template *template, struct buf *out);

/* The SELECT list of a fetch, as far as its text tells. n 0: not known, there is a *. */
struct sql_columns {
	size_t n, key_at, time_at; /* SIZE_MAX: no {time} */
};
struct sql_columns sql_columns(const struct sql_template *template);

/* What is made of a template: all but SQL_AS_IS of a fetch. The pages are in key order, have
 * at most `limit` rows and give the key as their first column, the NEXT ones those after
 * the key `after`. */
enum sql_form {
	SQL_AS_IS,	/* mark_as_sent and the like */
	SQL_PROBE,	/* no rows: where does slt_key come from? Needs no types */
	SQL_FIRST_PAGE, /* unsent rows, with the cells of the facade's SELECT */
	SQL_NEXT_PAGE,
	SQL_PAGE_UP_TO, /* the next page, of keys up to `up_to` */
	SQL_PAGE_ENDS, /* after `after`, each limit-th key: where pages may end; not many */
	SQL_UNSENT_CONDITION, /* the condition of an unsent row by itself, for an index */
	SQL_NULL_KEYS,	      /* how many unsent rows have no key */
	SQL_UNSENT_COUNT,     /* how many unsent rows have one */
	SQL_SENT_COUNT,	      /* how many sent rows */
	SQL_TWICE_COUNT,      /* how many keys stand in more than one row */
	SQL_UNSENT_OLDEST,    /* the smallest {time} of the unsent rows */
	SQL_ALL_COUNT,	      /* how many rows, whatever {unsent} says */
	SQL_UNSENT_KEYS,      /* the keys of the unsent rows among `keys` */
	SQL_SENT_KEYS,	      /* the keys of the sent rows among `keys` */
	SQL_SENT_FIRST_PAGE,  /* sent rows, with their cells */
	SQL_SENT_NEXT_PAGE,
	SQL_SINCE_FIRST_PAGE, /* those whose {time} is not before `older_than` */
	SQL_SINCE_NEXT_PAGE,
	SQL_SINCE_COUNT,    /* how many there are of these */
	SQL_OLD_FIRST_PAGE, /* sent rows whose {time} is before `older_than`: their keys */
	SQL_OLD_NEXT_PAGE,
	SQL_OLD_COUNT,	    /* how many there are of these */
	SQL_TIMELESS_COUNT, /* how many sent rows have no time, or none that can be read */
	N_SQL_FORMS
};

/* The declared type of a column of the key's table, into ret_type. 1 found, 0 no such column,
 * -1 failure. */
typedef int sql_type_fn(void *arg, const char *column, char *ret_type, size_t size,
			struct err *err);

/* SLOT_KEY_TEXTS: the keys once more, as bytes. */
enum sql_slot {
	SLOT_VALUE,
	SLOT_AFTER,
	SLOT_UP_TO,
	SLOT_LIMIT,
	SLOT_KEYS,
	SLOT_KEY_TEXTS,
	SLOT_OLDER_THAN
};

struct sql {
	char *text; /* owned */
	const struct dialect *dialect;
	struct {
		enum sql_slot slot;
		char *value; /* owned, SLOT_VALUE only */
		size_t at;   /* of keys: where a placeholder to be repeated stands */
	} params[SQL_MAX_VALUES];
	size_t n_params;
};

/* Renders one form. type NULL: of a template without flags, whose {keys} are compared byte by
 * byte. On failure *ret is untouched. */
int sql_render(const struct sql_template *template, enum sql_form form,
	       const struct dialect *dialect, sql_type_fn *type, void *arg,
	       struct sql *ret, struct err *err) MUST_CHECK;
void sql_fini(struct sql *sql);

/* A condition that rows of a page must meet besides: an SQL_OWN template, in which
 * {key_text} is the key in the form of dialect->key_text. */
struct sql_filter {
	const struct sql_template *condition;
	const char *key_type; /* the declared type of the key, "" not known */
};

/* Renders a page with a filter, or NULL. */
int sql_render_filtered(const struct sql_template *template, enum sql_form form,
			const struct sql_filter *filter, const struct dialect *dialect,
			sql_type_fn *type, void *arg, struct sql *ret,
			struct err *err) MUST_CHECK;

/* What goes into the slots of one execution; borrowed until the statement has run. */
struct sql_args {
	const struct db_value *after, *up_to;
	size_t limit;
	const struct db_value *keys;
	size_t n_keys;
	const char *older_than;
};

/* A statement ready to be run, and the scratch of one thread that it is made in, again and
 * again. */
struct sql_values {
	const char *text; /* the rendered statement, or it with its keys spread out */
	struct db_value *values;
	size_t n;

	size_t cap;
	char limit[24];
	struct buf keys, spread;
};
void sql_values_init(struct sql_values *values);
void sql_values_fini(struct sql_values *values);

/* Fills in text, values and n, which stay until the next bind and borrow what is bound. */
void sql_bind(const struct sql *sql, const struct sql_args *args,
	      struct sql_values *values);

#endif
