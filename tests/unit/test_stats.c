// SPDX-License-Identifier: MIT
// What a run tells at its end: exit status, summary in one line and as JSON.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "stats.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------- exit status */

/* rows: how many of a verdict. Failures come in this order, 0 ends them. */
static const struct {
	struct {
		enum verdict verdict;
		size_t n;
	} rows[4];
	enum exit_status failures[3];
	bool stopped;
	enum exit_status status;
} runs[] = {
	/* done */
	{ .status = EXIT_DONE },
	{ .rows = { { DELIVERED, 5 } }, .status = EXIT_DONE },
	{ .rows = { { DELIVERED, 5 }, { GONE, 1 } }, .status = EXIT_DONE },
	{ .rows = { { GONE, 1 } }, .status = EXIT_DONE },
	{ .rows = { { ALREADY, 5 } }, .status = EXIT_DONE },
	{ .rows = { { DRIFTED, 5 } }, .status = EXIT_DONE },
	{ .rows = { { DELIVERED, 5 }, { ALREADY, 1 }, { DRIFTED, 1 }, { GONE, 1 } },
	  .status = EXIT_DONE },
	/* some set aside */
	{ .rows = { { DELIVERED, 5 }, { REFUSED, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { DELIVERED, 5 }, { REJECTED, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { DELIVERED, 5 }, { UNVERIFIED, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { DELIVERED, 5 }, { ELSEWHERE, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { REFUSED, 5 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { UNVERIFIED, 5 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { ELSEWHERE, 5 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { DELIVERED, 5 }, { CONFLICT, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { ALREADY, 5 }, { CONFLICT, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { CONFLICT, 5 } }, .status = EXIT_SET_ASIDE },
	/* the index rejects whatever it judges: it is not the rows */
	{ .rows = { { REJECTED, 1 } }, .status = EXIT_CONFIG },
	{ .rows = { { REJECTED, 5 }, { REFUSED, 3 } }, .status = EXIT_CONFIG },
	{ .rows = { { REJECTED, 5 }, { UNVERIFIED, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { REJECTED, 5 }, { ELSEWHERE, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { REJECTED, 5 }, { GONE, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { REJECTED, 5 }, { ALREADY, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { REJECTED, 5 }, { DRIFTED, 1 } }, .status = EXIT_SET_ASIDE },
	{ .rows = { { REJECTED, 5 }, { CONFLICT, 1 } }, .status = EXIT_SET_ASIDE },
	/* left for a passing reason, stopped */
	{ .rows = { { LEFT, 1 } }, .status = EXIT_EARLY },
	{ .rows = { { DELIVERED, 5 }, { LEFT, 1 }, { REFUSED, 1 } },
	  .status = EXIT_EARLY },
	{ .rows = { { ALREADY, 5 }, { CONFLICT, 1 }, { LEFT, 1 } },
	  .status = EXIT_EARLY },
	{ .rows = { { REJECTED, 5 }, { LEFT, 1 } }, .status = EXIT_EARLY },
	{ .rows = { { CONFLICT, 1 } }, .stopped = true, .status = EXIT_EARLY },
	{ .stopped = true, .status = EXIT_EARLY },
	{ .rows = { { DELIVERED, 5 }, { REJECTED, 1 } },
	  .stopped = true,
	  .status = EXIT_EARLY },
	{ .rows = { { REJECTED, 1 } }, .stopped = true, .status = EXIT_CONFIG },
	/* failures */
	{ .failures = { EXIT_EARLY }, .status = EXIT_EARLY },
	{ .failures = { EXIT_UNAVAILABLE }, .status = EXIT_UNAVAILABLE },
	{ .failures = { EXIT_CONFIG }, .status = EXIT_CONFIG },
	{ .failures = { EXIT_BUG }, .status = EXIT_BUG },
	{ .rows = { { CONFLICT, 1 }, { LEFT, 9 } },
	  .failures = { EXIT_UNAVAILABLE },
	  .status = EXIT_UNAVAILABLE },
	{ .rows = { { REFUSED, 1 }, { LEFT, 9 } },
	  .failures = { EXIT_UNAVAILABLE },
	  .status = EXIT_UNAVAILABLE },
	{ .rows = { { LEFT, 9 } },
	  .failures = { EXIT_CONFIG },
	  .stopped = true,
	  .status = EXIT_CONFIG },
	{ .rows = { { REJECTED, 9 } },
	  .failures = { EXIT_UNAVAILABLE },
	  .status = EXIT_CONFIG },
	{ .rows = { { REJECTED, 9 } }, .failures = { EXIT_BUG }, .status = EXIT_BUG },
	/* the weightiest is told, in whatever order they come */
	{ .failures = { EXIT_EARLY, EXIT_UNAVAILABLE }, .status = EXIT_UNAVAILABLE },
	{ .failures = { EXIT_UNAVAILABLE, EXIT_EARLY }, .status = EXIT_UNAVAILABLE },
	{ .failures = { EXIT_UNAVAILABLE, EXIT_CONFIG, EXIT_EARLY },
	  .status = EXIT_CONFIG },
	{ .failures = { EXIT_BUG, EXIT_CONFIG, EXIT_UNAVAILABLE }, .status = EXIT_BUG },
	{ .failures = { EXIT_CONFIG, EXIT_BUG }, .status = EXIT_BUG },
};

static void test_exit_status(void **state)
{
	struct stats stats;
	struct err err;

	(void)state;
	for (size_t i = 0; i < N_OF(runs); i++) {
		enum exit_status weightiest = EXIT_DONE;
		char text[32];

		stats_init(&stats);
		for (size_t j = 0; j < N_OF(runs[i].rows); j++)
			stats_add(&stats, runs[i].rows[j].verdict, runs[i].rows[j].n);
		for (size_t j = 0; j < N_OF(runs[i].failures) && runs[i].failures[j];
		     j++) {
			err_set(&err, runs[i].failures[j], "failure %d",
				runs[i].failures[j]);
			stats_fail(&stats, &err);
			weightiest = runs[i].status;
		}
		if (stats_exit_status(&stats, runs[i].stopped) != runs[i].status)
			fail_msg("run %zu: %d, not %d", i,
				 (int)stats_exit_status(&stats, runs[i].stopped),
				 (int)runs[i].status);
		assert_int_equal(stats.failed, weightiest != EXIT_DONE);
		if (stats.failed && !stats.rows[REJECTED]) {
			snprintf(text, sizeof(text), "failure %d", (int)runs[i].status);
			assert_string_equal(stats.err.text, text);
		}
		stats_fini(&stats);
	}
}

/* Of several of one kind the first is the cause of the others. */
static void test_first_failure(void **state)
{
	struct stats stats;
	struct err err;

	(void)state;
	stats_init(&stats);
	err_set(&err, EXIT_UNAVAILABLE, "the cause");
	stats_fail(&stats, &err);
	err_set(&err, EXIT_UNAVAILABLE, "a consequence");
	stats_fail(&stats, &err);
	assert_string_equal(stats.err.text, "the cause");
	stats_rejected_type(&stats, "mapper_parsing_exception");
	stats_rejected_type(&stats, "another");
	assert_string_equal(stats.rejected_type, "mapper_parsing_exception");
	stats_fini(&stats);
}

static void test_tell(void **state)
{
	struct stats stats;
	size_t told[2] = { 0 };

	(void)state;
	stats_init(&stats);
	for (int i = 0; i < 1000; i++) {
		told[0] += stats_may_tell(&stats, REFUSED);
		told[1] += stats_may_tell(&stats, REJECTED);
	}
	assert_int_equal(told[0], 20);
	assert_int_equal(told[1], 20);
	assert_true(stats_may_tell(&stats, CONFLICT));
	assert_true(stats_may_tell(&stats, UNVERIFIED));
	stats_fini(&stats);
}

/* ---------------------------------------------------------------- the summary */

static void fill(struct stats *stats)
{
	struct slt_text cells[] = { { "k", 1 } };
	enum db_type types[] = { DB_TEXT };
	struct db_row row = { .n_cells = 1, .cells = cells, .types = types };
	struct chunk chunk;

	stats_init(stats);
	chunk_init(&chunk);
	for (int verdict = 0; verdict < N_VERDICTS; verdict++) {
		for (int i = 0; i < 10 * verdict; i++) {
			chunk_add(&chunk, &row);
			chunk.rows[chunk.n - 1].verdict = (enum verdict)verdict;
		}
	}
	stats_add_chunk(stats, &chunk);
	chunk_fini(&chunk);
	stats_add(stats, DELIVERED, 4000000000);
	stats_add(stats, DELIVERED, 1000000000);
	for (int verdict = 0; verdict < N_VERDICTS; verdict++)
		assert_int_equal(stats->rows[verdict],
				 10 * verdict + (verdict == DELIVERED ? 5000000000 : 0));
}

static void test_line(void **state)
{
	struct stats stats;
	char line[512], small[16];

	(void)state;
	fill(&stats);
	stats.seconds = 12.34;
	stats_format(&stats, line, sizeof(line));
	assert_string_equal(
		line,
		"sent 5000000090, already there 40, drifted 50, refused 70, rejected 80, "
		"conflicts 90, unverified 100, failure store 60, left 110, gone 120; more "
		"to send: no; 12.3 s, 405186400 rows/s");
	stats_format(&stats, small, sizeof(small));
	assert_string_equal(small, "sent 5000000090");
	stats_fini(&stats);
	stats_init(&stats);
	stats.more = true;
	stats_format(&stats, line, sizeof(line));
	assert_string_equal(
		line,
		"sent 0, already there 0, drifted 0, refused 0, rejected 0, conflicts 0, "
		"unverified 0, failure store 0, left 0, gone 0; more to send: yes; 0.0 s, "
		"0 rows/s");
	stats_fini(&stats);
}

/* What stats_print_json writes to stdout. */
static void print_json(const struct stats *stats, enum exit_status status, char *ret,
		       size_t size)
{
	int ends[2], old = dup(STDOUT_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	stats_print_json(stats, status);
	fflush(stdout);
	assert_int_equal(dup2(old, STDOUT_FILENO), STDOUT_FILENO);
	close(ends[1]);
	close(old);
	n = read(ends[0], ret, size - 1);
	assert_true(n > 0);
	ret[n] = '\0';
	close(ends[0]);
}

static void test_json(void **state)
{
	struct stats stats;
	char text[1024];

	(void)state;
	fill(&stats);
	stats.seconds = 0.5;
	stats.more = true;
	print_json(&stats, EXIT_CONFIG, text, sizeof(text));
	assert_string_equal(
		text,
		"{\"sent\":5000000090,\"already_there\":40,\"drifted\":50,\"refused\":70,"
		"\"rejected\":80,\"conflicts\":90,\"unverified\":100,\"failure_store\":60,"
		"\"left\":110,\"gone\":120,\"more\":true,\"seconds\":0.500,"
		"\"rows_per_second\":10000000360.000,\"exit\":78}\n");
	stats_fini(&stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status), cmocka_unit_test(test_first_failure),
		cmocka_unit_test(test_tell),	    cmocka_unit_test(test_line),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
