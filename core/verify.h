/* SPDX-License-Identifier: MIT */
/*
 * The command verify: does the index hold the documents of the rows that are marked as sent?
 */
#ifndef SLT_VERIFY_H
#define SLT_VERIFY_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"

struct verify_options {
	char since
		[24]; /* only rows of this time or later, YYYY-MM-DD HH:MM:SS in UTC; "" all */
	bool requeue; /* the missing ones become unsent rows again; needs since */
	bool yes;     /* also when many are missing */
	bool json;
};

struct verify_result {
	unsigned long long there, missing, different;
	unsigned long long refused; /* become no document any more */
};

/* *ret_status: EXIT_DONE when the index holds them all, EXIT_SET_ASIDE when it does not. */
int verify(const struct settings *settings, const struct verify_options *options,
	   struct verify_result *ret, enum exit_status *ret_status,
	   struct err *err) MUST_CHECK;

#endif
