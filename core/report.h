/* SPDX-License-Identifier: MIT */
/*
 * The report of facade-test on stdout: one check after the other, for people or as TAP (the Test
 * Anything Protocol, version 13). It lies in memory that the testing process shares with its
 * parent, which goes on with it when the facade takes the process down in the middle of a
 * check. One thread writes.
 */
#ifndef SLT_REPORT_H
#define SLT_REPORT_H

#include <stdbool.h>

#include "err.h"

struct report {
	bool tap;
	unsigned passed, failed, skipped;
	bool is_open;	/* a check is going on */
	bool has_fault; /* and has failed */
	unsigned n_faults;
	char check[160]; /* what it is called */
	char at[160];	 /* what it is trying, "" not told */
};

/* A check may take so long, and so may what comes between two of them; then SIGALRM ends the
 * process. */
enum { REPORT_SECONDS = 60 };

/* Begins a check; the one before it ends, and passes unless a fault was told. */
void report_check(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

/* Ends the check: what follows is not its doing. */
void report_check_ends(struct report *report);

/* What the check is about to try, in case that the process dies of it. */
void report_at(struct report *report, const char *what);

/* What is wrong; the check fails. More than one is fine: the first is the one to mend,
 * and after ten they are only counted. */
void report_fault(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

/* The check cannot be made. */
void report_skip(struct report *report, const char *why);

/* A line beside the checks: statements, versions. */
void report_note(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

/* Ends the last check and the report. Did all pass? */
bool report_end(struct report *report);

/* Instead: the rest cannot be tried, and the log says why. */
void report_break_off(const struct report *report, const char *why);

#endif
