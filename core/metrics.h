/* SPDX-License-Identifier: MIT */
/*
 * The file that Prometheus' node exporter picks up with its textfile collector, in the text format
 * 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Counters go on from those that the
 * file has; what another command has written stays. It is written beside and renamed, so that
 * nobody reads half of it; runs of several commands that share it take turns. One thread.
 */
#ifndef SLT_METRICS_H
#define SLT_METRICS_H

#include <stdbool.h>

#include "err.h"
#include "stats.h"

enum { N_VERIFIED = 4 };

/* What a run has to tell. */
struct metrics {
	const char *command; /* "send", "clear" or "verify" */
	enum exit_status status;
	double seconds;
	const struct stats *send;	  /* of send; borrowed; or NULL */
	unsigned long long deleted, kept; /* of clear */
	/* of a verify that came to its end: there, missing, different, no document any more */
	bool has_verified;
	unsigned long long verified[N_VERIFIED];
};

/* Can the file be written? EXIT_CONFIG. Its name ends in .prom, for no other is read. */
int metrics_check(const char *path, struct err *err) MUST_CHECK;

/* Adds a run to the file. The samples have the label `name`, that of the file. EXIT_EARLY. */
int metrics_write(const char *path, const struct metrics *metrics,
		  struct err *err) MUST_CHECK;

#endif
