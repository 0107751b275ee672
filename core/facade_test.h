/* SPDX-License-Identifier: MIT */
/*
 * The command facade-test: tells the author of a facade whether it keeps the contract of
 * <slt/facade.h>. All of it is done by a child process, for a facade that crashes is an answer,
 * too.
 */
#ifndef SLT_FACADE_TEST_H
#define SLT_FACADE_TEST_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"

struct facade_test_options {
	const char *file;     /* the module */
	const char *rows;     /* a file with good rows, or NULL */
	const char *database; /* the URL of a scratch database, or NULL */
	bool tap;
};

/* *ret_status: EXIT_DONE, or EXIT_SET_ASIDE when a check has failed. */
int facade_test(const struct settings *settings,
		const struct facade_test_options *options, enum exit_status *ret_status,
		struct err *err) MUST_CHECK;

#endif
