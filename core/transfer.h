/* SPDX-License-Identifier: MIT */
/*
 * The command send: opens everything, takes the run lock, lets the lanes run, counts.
 */
#ifndef SLT_TRANSFER_H
#define SLT_TRANSFER_H

#include <stdbool.h>

#include "err.h"
#include "settings.h"
#include "stats.h"

struct send_options {
	bool all;   /* no limit */
	long limit; /* rows, -1: BATCH_SIZE */
	long wait;  /* seconds to wait for another run to end */
	bool show_reasons;
	bool count_left; /* at the end, into the stats: how many rows are unsent, since when */
};

/* Runs once. 0: it ran, the counters tell what became of the rows (and stats->failed why
 * it stopped early). 1: nothing was to be done, the log says why (disabled, another run
 * is active); *ret_status is the exit status. -1: it could not begin. */
int transfer_send(const struct settings *settings, const struct send_options *options,
		  struct stats *stats, enum exit_status *ret_status,
		  struct err *err) MUST_CHECK;

#endif
