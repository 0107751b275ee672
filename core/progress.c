// SPDX-License-Identifier: MIT
// The line that shows how far a long command is.

#include "progress.h"

#include <stdio.h>
#include <time.h>

#include "instant.h"
#include "log.h"
#include "retry.h"

static const long INTERVAL = 250000000; /* ns between two drawings */

static void format(const char *verb, unsigned long long good, long long left, double rate,
		   char *ret, size_t size)
{
	char duration[32];
	int n = snprintf(ret, size, "%s %llu, %.0f rows/s", verb, good, rate);

	if (left < 0 || n < 0 || (size_t)n >= size)
		return;
	instant_span(rate > 0 ? (long long)((double)left / rate) : 0, duration,
		     sizeof(duration));
	snprintf(ret + n, size - (size_t)n, ", %lld left%s%s%s", left,
		 rate > 0 ? ", " : "", rate > 0 ? duration : "",
		 rate > 0 ? " to go" : "");
}

/* The rate of the last seconds: what comes next will more likely be like them. */
static void draw(struct progress *p)
{
	unsigned long long passed = atomic_load(&p->passed);
	size_t newest = p->n_samples++ % PROGRESS_SAMPLES;
	size_t oldest = p->n_samples > PROGRESS_SAMPLES ? p->n_samples % PROGRESS_SAMPLES
							: 0;
	long long left = p->total < 0 ? -1 : p->total - (long long)passed;
	double seconds;
	char line[80];

	p->samples[newest] = passed;
	p->at[newest] = clock_seconds();
	seconds = p->at[newest] - p->at[oldest];
	if (p->total >= 0 && left < 0)
		left = 0; /* more came meanwhile */
	format(p->verb, atomic_load(&p->good), left,
	       seconds > 0 ? (double)(passed - p->samples[oldest]) / seconds : 0, line,
	       sizeof(line));
	log_progress(line);
}

static void *run(void *arg)
{
	struct progress *p = arg;
	struct timespec until;

	p->at[0] = clock_seconds();
	p->n_samples = 1;
	pthread_mutex_lock(&p->mutex);
	clock_gettime(CLOCK_REALTIME, &until);
	while (!p->ends) {
		until.tv_nsec += INTERVAL;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&p->wake, &p->mutex, &until);
		if (!p->ends)
			draw(p);
	}
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

void progress_start(struct progress *p, const char *verb, long long total)
{
	*p = (struct progress){ .verb = verb, .total = total };
	if (!log_shows_progress())
		return;
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->is_running = pthread_create(&p->thread, NULL, run, p) == 0;
}

void progress_add(struct progress *p, size_t n, size_t good)
{
	if (!p)
		return;
	atomic_fetch_add(&p->good, good);
	atomic_fetch_add(&p->passed, n);
}

void progress_stop(struct progress *p)
{
	if (!p->is_running)
		return;
	pthread_mutex_lock(&p->mutex);
	p->ends = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->mutex);
	pthread_join(p->thread, NULL);
	log_progress("");
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->mutex);
	p->is_running = false;
}
