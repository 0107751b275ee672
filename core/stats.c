// SPDX-License-Identifier: MIT
// What a run has done: counters, summary, exit status.

#include "stats.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "retry.h"

enum { TELL_AT_MOST = 20 };

void stats_init(struct stats *stats)
{
	*stats = (struct stats){ .started = clock_seconds(), .unsent = -1, .oldest = -1 };
	pthread_mutex_init(&stats->mutex, NULL);
}

void stats_fini(struct stats *stats)
{
	pthread_mutex_destroy(&stats->mutex);
}

void stats_add(struct stats *stats, enum verdict verdict, size_t n)
{
	pthread_mutex_lock(&stats->mutex);
	stats->rows[verdict] += n;
	pthread_mutex_unlock(&stats->mutex);
}

void stats_add_chunk(struct stats *stats, const struct chunk *chunk)
{
	pthread_mutex_lock(&stats->mutex);
	for (size_t i = 0; i < chunk->n; i++)
		stats->rows[chunk->rows[i].verdict]++;
	pthread_mutex_unlock(&stats->mutex);
}

void stats_add_request(struct stats *stats, size_t bytes)
{
	pthread_mutex_lock(&stats->mutex);
	stats->requests++;
	stats->bytes += bytes;
	pthread_mutex_unlock(&stats->mutex);
}

void stats_add_retry(struct stats *stats)
{
	pthread_mutex_lock(&stats->mutex);
	stats->retries++;
	pthread_mutex_unlock(&stats->mutex);
}

void stats_add_phases(struct stats *stats, const double seconds[N_PHASES])
{
	pthread_mutex_lock(&stats->mutex);
	for (size_t i = 0; i < N_PHASES; i++)
		stats->phases[i] += seconds[i];
	pthread_mutex_unlock(&stats->mutex);
}

bool stats_may_tell(struct stats *stats, enum verdict verdict)
{
	bool may;

	pthread_mutex_lock(&stats->mutex);
	may = stats->told[verdict] < TELL_AT_MOST;
	stats->told[verdict] += may;
	pthread_mutex_unlock(&stats->mutex);
	return may;
}

void stats_rejected_type(struct stats *stats, const char *type)
{
	pthread_mutex_lock(&stats->mutex);
	if (!*stats->rejected_type)
		snprintf(stats->rejected_type, sizeof(stats->rejected_type), "%s", type);
	pthread_mutex_unlock(&stats->mutex);
}

/* Which failure is told when there are several: a bug, then what waiting will not
 * mend. */
static int weight(enum exit_status status)
{
	switch (status) {
	case EXIT_BUG: return 5;
	case EXIT_CONFIG: return 4;
	case EXIT_UNAVAILABLE: return 3;
	case EXIT_EARLY: return 2;
	case EXIT_SET_ASIDE: return 1;
	default: return 0;
	}
}

void stats_fail(struct stats *stats, const struct err *err)
{
	pthread_mutex_lock(&stats->mutex);
	if (!stats->failed || weight(err->status) > weight(stats->err.status))
		stats->err = *err;
	stats->failed = true;
	pthread_mutex_unlock(&stats->mutex);
}

/* Did the index reject every row that was sent? Then it is not the rows. */
static bool all_rejected(const struct stats *s)
{
	return s->rows[REJECTED] > 0 &&
	       s->rows[LEFT] + s->rows[DELIVERED] + s->rows[ALREADY] + s->rows[DRIFTED] +
			       s->rows[ELSEWHERE] + s->rows[CONFLICT] +
			       s->rows[UNVERIFIED] + s->rows[GONE] ==
		       0;
}

enum exit_status stats_exit_status(const struct stats *s, bool stopped)
{
	enum exit_status status = EXIT_DONE;

	if (s->failed)
		status = s->err.status;
	if (all_rejected(s) && weight(status) < weight(EXIT_CONFIG))
		status = EXIT_CONFIG;
	if ((s->rows[LEFT] || stopped) && weight(status) < weight(EXIT_EARLY))
		status = EXIT_EARLY;
	if (s->rows[REFUSED] + s->rows[REJECTED] + s->rows[CONFLICT] +
		    s->rows[UNVERIFIED] + s->rows[ELSEWHERE] &&
	    status == EXIT_DONE)
		status = EXIT_SET_ASIDE;
	return status;
}

static double rate(const struct stats *s)
{
	unsigned long long n = s->rows[DELIVERED] + s->rows[ALREADY] + s->rows[DRIFTED] +
			       s->rows[ELSEWHERE];

	return s->seconds > 0 ? (double)n / s->seconds : 0;
}

void stats_format(const struct stats *s, char *ret, size_t size)
{
	snprintf(ret, size,
		 "sent %llu, already there %llu, drifted %llu, refused %llu, rejected "
		 "%llu, conflicts %llu, unverified %llu, failure store %llu, left %llu, "
		 "gone %llu; more to send: %s; %.1f s, %.0f rows/s",
		 s->rows[DELIVERED] + s->rows[ELSEWHERE], s->rows[ALREADY],
		 s->rows[DRIFTED], s->rows[REFUSED], s->rows[REJECTED], s->rows[CONFLICT],
		 s->rows[UNVERIFIED], s->rows[ELSEWHERE], s->rows[LEFT], s->rows[GONE],
		 s->more ? "yes" : "no", s->seconds, rate(s));
}

/* A thousandth is exact enough for people and programs. */
static struct json_object *rounded(double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.3f", value);
	return json_object_new_double_s(value, text);
}

static void add_count(struct json_object *object, const char *name, unsigned long long n)
{
	json_object_object_add(object, name, json_object_new_int64((int64_t)n));
}

void stats_print_json(const struct stats *s, enum exit_status status)
{
	struct json_object *o = json_object_new_object();

	add_count(o, "sent", s->rows[DELIVERED] + s->rows[ELSEWHERE]);
	add_count(o, "already_there", s->rows[ALREADY]);
	add_count(o, "drifted", s->rows[DRIFTED]);
	add_count(o, "refused", s->rows[REFUSED]);
	add_count(o, "rejected", s->rows[REJECTED]);
	add_count(o, "conflicts", s->rows[CONFLICT]);
	add_count(o, "unverified", s->rows[UNVERIFIED]);
	add_count(o, "failure_store", s->rows[ELSEWHERE]);
	add_count(o, "left", s->rows[LEFT]);
	add_count(o, "gone", s->rows[GONE]);
	json_object_object_add(o, "more", json_object_new_boolean(s->more));
	json_object_object_add(o, "seconds", rounded(s->seconds));
	json_object_object_add(o, "rows_per_second", rounded(rate(s)));
	add_count(o, "exit", (unsigned long long)status);
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}
