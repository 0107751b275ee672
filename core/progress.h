/* SPDX-License-Identifier: MIT */
/*
 * How far a long command is, as the last line of a terminal: how many rows are done, how many are
 * left, how fast, and how long it will take. A thread of its own draws it four times a second, so
 * the work is not slowed down. Without a terminal nothing happens.
 */
#ifndef SLT_PROGRESS_H
#define SLT_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { PROGRESS_SAMPLES = 20 };

struct progress {
	const char *verb; /* "sent" */
	long long total;  /* rows; -1: not known */
	atomic_ullong good, passed;
	unsigned long long samples[PROGRESS_SAMPLES]; /* of `passed`, a ring */
	double at[PROGRESS_SAMPLES];		      /* their times, clock seconds */
	size_t n_samples;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool is_running, ends;
};

/* Borrows verb. After it, progress_stop. */
void progress_start(struct progress *progress, const char *verb, long long total);

/* So many rows are done with, of which so many went well. NULL: nobody watches. Any thread. */
void progress_add(struct progress *progress, size_t n, size_t good);

/* Takes the line away. Harmless for one that is all zeros. */
void progress_stop(struct progress *progress);

#endif
