// SPDX-License-Identifier: MIT
// The back-off: its bounds, its jitter, what the server asks for, and the limit.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <limits.h>

#include "retry.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { FAR = 1000000, SEEDS = 200 };

/* Of the n-th failure in a row, in milliseconds. */
static const struct {
	long least, most;
} bounds[] = {
	{ 125, 250 },	  { 250, 500 },	    { 500, 1000 },    { 1000, 2000 },
	{ 2000, 4000 },	  { 4000, 8000 },   { 8000, 16000 },  { 15000, 30000 },
	{ 15000, 30000 }, { 15000, 30000 }, { 15000, 30000 }, { 15000, 30000 },
};

static void test_bounds(void **state)
{
	long least[N_OF(bounds)] = { 0 }, most[N_OF(bounds)] = { 0 }, ms;
	struct retry retry;

	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		retry_init(&retry, FAR, seed);
		for (size_t i = 0; i < N_OF(bounds); i++) {
			ms = retry_next(&retry, -1);
			assert_in_range(ms, bounds[i].least, bounds[i].most);
			least[i] = seed && least[i] < ms ? least[i] : ms;
			most[i] = seed && most[i] > ms ? most[i] : ms;
		}
	}
	/* the jitter makes use of its half: clients do not come back together */
	for (size_t i = 0; i < N_OF(bounds); i++) {
		long half = bounds[i].most - bounds[i].least;

		assert_in_range(least[i], bounds[i].least, bounds[i].least + half / 10);
		assert_in_range(most[i], bounds[i].most - half / 10, bounds[i].most);
	}
}

static void test_for_ever(void **state)
{
	struct retry retry;

	(void)state;
	retry_init(&retry, FAR, 1);
	retry.attempt = UINT_MAX - 2;
	for (int i = 0; i < 2; i++)
		assert_in_range(retry_next(&retry, -1), 15000, 30000);
}

static void test_progress(void **state)
{
	struct retry retry;

	(void)state;
	retry_init(&retry, FAR, 1);
	for (int i = 0; i < 9; i++)
		assert_in_range(retry_next(&retry, -1), 1, 30000);
	retry.progress -= 500;
	retry_progress(&retry);
	assert_in_range((long)((clock_seconds() - retry.progress) * 1000), 0, 400);
	assert_in_range(retry_next(&retry, -1), 125, 250);
	assert_in_range(retry_next(&retry, -1), 250, 500);
}

/* What the server asks for is the least, not the most. */
static const struct {
	unsigned attempt;
	long after, least, most;
} asked[] = {
	{ 0, -1, 125, 250 },
	{ 0, 0, 125, 250 },
	{ 0, 1, 1000, 1000 },
	{ 0, 120, 120000, 120000 },
	{ 6, 3, 8000, 16000 },
	{ 6, 20, 20000, 20000 },
	{ 9, 14, 15000, 30000 },
	{ 9, 3600, 3600000, 3600000 },
	{ 0, -5, 125, 250 },
	/* nobody waits beyond the limit, and no number is too large */
	{ 0, FAR * 10L, FAR * 1000L - 1000, FAR * 1000L + 1 },
	{ 0, LONG_MAX / 1000 + 1, FAR * 1000L - 1000, FAR * 1000L + 1 },
	{ 0, LONG_MAX, FAR * 1000L - 1000, FAR * 1000L + 1 },
};

static void test_retry_after(void **state)
{
	struct retry retry;

	(void)state;
	for (size_t i = 0; i < N_OF(asked); i++) {
		for (unsigned seed = 0; seed < 20; seed++) {
			retry_init(&retry, FAR, seed);
			retry.attempt = asked[i].attempt;
			assert_in_range(retry_next(&retry, asked[i].after),
					asked[i].least, asked[i].most);
			assert_int_equal(retry.attempt, asked[i].attempt + 1);
		}
	}
}

/* The limit is 120 s; so many have gone by without progress. */
static const struct {
	double gone;
	long after, least, most;
	bool is_over;
} limits[] = {
	{ 0, 600, 119000, 120001, false }, { 119.5, -1, 1, 501, false },
	{ 119.5, 600, 1, 501, false },	   { 120.5, -1, 0, 0, true },
	{ 120.5, 600, 0, 0, true },	   { 4000, 600, 0, 0, true },
};

static void test_limit(void **state)
{
	struct retry retry;

	(void)state;
	for (size_t i = 0; i < N_OF(limits); i++) {
		retry_init(&retry, 120, 7);
		retry.attempt = 9;
		retry.progress -= limits[i].gone;
		assert_int_equal(retry_is_over(&retry), limits[i].is_over);
		assert_in_range(retry_next(&retry, limits[i].after), limits[i].least,
				limits[i].most);
	}
	/* whoever has waited as long as he was told has reached the limit */
	retry_init(&retry, 120, 7);
	retry.progress -= 119.9;
	retry.progress -= (double)retry_next(&retry, 600) / 1000;
	assert_true(retry_is_over(&retry));
	/* no patience at all */
	retry_init(&retry, 0, 7);
	assert_true(retry_is_over(&retry));
	assert_in_range(retry_next(&retry, 600), 0, 1);
}

static void test_clock(void **state)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	double before = clock_seconds();

	(void)state;
	nanosleep(&pause, NULL);
	assert_in_range((long)((clock_seconds() - before) * 1000), 20, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),	 cmocka_unit_test(test_for_ever),
		cmocka_unit_test(test_progress), cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_limit),	 cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
