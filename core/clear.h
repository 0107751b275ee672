/* SPDX-License-Identifier: MIT */
/*
 * The command clear: deletes old rows that were sent, in small transactions. It takes no run
 * lock: the DELETE itself carries both conditions, sent and old (law 3), so a run that sends
 * at the same time, or a second clear, changes nothing about what may go. One thread.
 */
#ifndef SLT_CLEAR_H
#define SLT_CLEAR_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"

struct clear_options {
	long older_than; /* seconds; -1: DAYS_TO_KEEP */
	bool dry_run;	 /* count, and delete nothing */
};

struct clear_result {
	unsigned long long deleted, kept;
};

/* 1: CLEAR_AUDIT_LOG_ENTRIES is off. Tells in the log what was done. *ret_status is how it
 * ended: done, set aside (the database keeps some rows), or stopped early. */
int clear_rows(const struct settings *settings, const struct clear_options *options,
	       struct clear_result *ret, enum exit_status *ret_status,
	       struct err *err) MUST_CHECK;

#endif
