// SPDX-License-Identifier: MIT
// Back-off with jitter, and the limit without progress.

#include "retry.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST_MS = 250, LONGEST_MS = 30000 };

double clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void retry_init(struct retry *retry, double limit, unsigned seed)
{
	*retry = (struct retry){ .limit = limit,
				 .seed = seed,
				 .progress = clock_seconds() };
}

void retry_progress(struct retry *retry)
{
	retry->attempt = 0;
	retry->progress = clock_seconds();
}

bool retry_is_over(const struct retry *retry)
{
	return clock_seconds() - retry->progress >= retry->limit;
}

long retry_next(struct retry *retry, long retry_after)
{
	double left = (retry->progress + retry->limit - clock_seconds()) * 1000 + 1;
	long longest = LONGEST_MS, ms;

	if (retry->attempt < 7)
		longest = FIRST_MS << retry->attempt;
	if (longest > LONGEST_MS)
		longest = LONGEST_MS;
	retry->attempt++;
	ms = longest / 2 + rand_r(&retry->seed) % (longest / 2 + 1);
	if (retry_after > LONG_MAX / 1000)
		ms = LONG_MAX;
	else if (retry_after > 0 && ms < retry_after * 1000)
		ms = retry_after * 1000;
	if ((double)ms > left)
		ms = left > 0 ? (long)left : 0;
	return ms;
}
