/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before the next attempt, and how long there has been no progress. Each
 * lane has its own. No sleeping here.
 */
#ifndef SLT_RETRY_H
#define SLT_RETRY_H

#include <stdbool.h>

struct retry {
	unsigned attempt; /* failures in a row */
	unsigned seed;	  /* of the jitter */
	double progress;  /* when something last went through, clock seconds */
	double limit;	  /* seconds without progress after which to give up */
};

/* Starts now. */
void retry_init(struct retry *retry, double limit, unsigned seed);

/* Something went through: the back-off begins anew. */
void retry_progress(struct retry *retry);

/* The milliseconds to wait after one more failure: 250, 500, 1000, … at most 30 000, of
 * which a random half is taken off so that many clients do not come back together; at
 * least what the server asked for (seconds, -1: nothing). Never beyond the limit's
 * end. */
long retry_next(struct retry *retry, long retry_after);

/* Has there been no progress for as long as the limit? */
bool retry_is_over(const struct retry *retry);

/* A clock that only goes forward, in seconds. */
double clock_seconds(void);

#endif
