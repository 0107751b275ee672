/* SPDX-License-Identifier: MIT */
/*
 * A parsed statement, between sql_parse.c, which makes it, and sql.c, which renders it;
 * nobody else includes this. Read only once it is made.
 */
#ifndef SLT_SQL_TEMPLATE_H
#define SLT_SQL_TEMPLATE_H

#include "sql.h"

enum { SQL_MAX_PARTS = 2, SQL_MAX_NAME = 256 };

enum piece_kind {
	P_TEXT,
	P_NAME,	 /* {a.b}, {$SETTING} */
	P_VALUE, /* {:SETTING} */
	P_KEY,
	P_KEY_TEXT, /* {key_text}, of SQL_OWN alone */
	P_TIME,
	P_UNSENT, /* {unsent C}: the pieces up to the matching P_END are C */
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
	size_t at;  /* where it starts in the statement, for messages */
	char *text; /* P_TEXT; the value of P_VALUE; of P_NAME its setting or NULL */
	char *parts[SQL_MAX_PARTS]; /* the identifier */
	size_t n_parts;
	char *member; /* c->member */
};

struct sql_template {
	struct piece *pieces;
	size_t n;
	enum sql_role role;
};

#endif
