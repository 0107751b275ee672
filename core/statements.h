/* SPDX-License-Identifier: MIT */
/*
 * The statements of an open facade as one database gets them, for people to read: without a
 * database no column's type is known, so flags are shown as of type boolean.
 */
#ifndef SLT_STATEMENTS_H
#define SLT_STATEMENTS_H

#include "dialect.h"
#include "err.h"
#include "facade.h"

/* Takes the name of a hook and its statement, the fetch as the first page of rows. */
typedef void statements_fn(void *arg, const char *hook, const char *sql);

int statements_each(const struct facade *facade, const struct dialect *dialect,
		    statements_fn *each, void *arg, struct err *err) MUST_CHECK;

#endif
