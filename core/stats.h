/* SPDX-License-Identifier: MIT */
/*
 * What a run has done, counted: shared by the lanes, so every function locks. The summary
 * and the exit status come from here.
 */
#ifndef SLT_STATS_H
#define SLT_STATS_H

#include <pthread.h>
#include <stdbool.h>

#include "chunk.h"
#include "err.h"

/* Where the time of a lane goes. */
enum phase { PHASE_READ, PHASE_BUILD, PHASE_POST, PHASE_MARK, N_PHASES };

struct stats {
	pthread_mutex_t mutex;
	unsigned long long rows[N_VERDICTS];
	unsigned long long told[N_VERDICTS]; /* lines in the log about such rows */
	unsigned long long requests,
		retries;	  /* bulk requests; waits before another attempt */
	unsigned long long bytes; /* of bodies, before compression */
	double phases[N_PHASES];  /* seconds, of all lanes */
	long long unsent, oldest; /* at the end: rows, and seconds; -1 not known */
	char rejected_type[96];	  /* the first error type of a rejected row */
	bool failed;		  /* the run stopped early: err says why */
	struct err err;
	bool more; /* there was more to send than it might send */
	double started, seconds;
};

void stats_init(struct stats *stats);
void stats_fini(struct stats *stats);

/* Counts rows by verdict. */
void stats_add(struct stats *stats, enum verdict verdict, size_t n);
void stats_add_chunk(struct stats *stats, const struct chunk *chunk);

void stats_add_request(struct stats *stats, size_t bytes);
void stats_add_retry(struct stats *stats);

/* The seconds of a chunk in each phase. */
void stats_add_phases(struct stats *stats, const double seconds[N_PHASES]);

/* May one more row of this verdict be told in the log? Not more than a few of each. */
bool stats_may_tell(struct stats *stats, enum verdict verdict);

/* Remembers the error type of a rejected row. */
void stats_rejected_type(struct stats *stats, const char *type);

/* Remembers why the run stops; a failure of the configuration is told before others. */
void stats_fail(struct stats *stats, const struct err *err);

/* After the run, one thread. */
enum exit_status stats_exit_status(const struct stats *stats, bool stopped);
void stats_format(const struct stats *stats, char *ret, size_t size);
void stats_print_json(const struct stats *stats, enum exit_status status);

#endif
