// SPDX-License-Identifier: MIT
// The rows in hand: copies, duplicates, memory that is kept, laws 1 and 2 at the mark.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chunk.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define T(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static void add(struct chunk *chunk, struct slt_text key, enum db_type type,
		struct slt_text cell)
{
	struct slt_text cells[] = { key, cell, { NULL, 0 } };
	enum db_type types[] = { type, DB_TEXT, DB_TEXT };
	struct db_row row = { .n_cells = 3, .cells = cells, .types = types };

	chunk_add(chunk, &row);
}

static void add_text(struct chunk *chunk, const char *key, const char *cell)
{
	add(chunk, slt_str(key), DB_TEXT, slt_str(cell));
}

static void assert_text(struct slt_text text, const void *bytes, size_t n)
{
	assert_int_equal(text.len, n);
	assert_memory_equal(text.ptr, bytes, n);
}

static void test_copies(void **state)
{
	char key[] = "17", cell[] = "a\0b";
	struct chunk chunk, other;

	(void)state;
	chunk_init(&chunk);
	chunk_init(&other);
	add(&chunk, slt_str(key), DB_INTEGER, (struct slt_text){ cell, 3 });
	memset(key, 'x', 2);
	memset(cell, 'x', 3);
	add(&chunk, (struct slt_text)T(""), DB_BLOB, (struct slt_text)T(""));
	chunk.rows[0].verdict = REFUSED;
	for (int i = 0; i < 2; i++) {
		const struct chunk *c = i ? &other : &chunk;

		assert_int_equal(c->n, 2);
		assert_text(c->rows[0].key.text, "17", 2);
		assert_int_equal(c->rows[0].key.type, DB_INTEGER);
		assert_int_equal(c->rows[0].log.size, sizeof(struct slt_row));
		assert_int_equal(c->rows[0].log.n_cells, 2);
		assert_text(slt_cell(&c->rows[0].log, 0), "a\0b", 3);
		assert_true(slt_is_null(slt_cell(&c->rows[0].log, 1)));
		assert_true(slt_is_null(slt_cell(&c->rows[0].log, 2)));
		assert_int_equal(c->rows[1].key.type, DB_BLOB);
		assert_false(slt_is_null(c->rows[1].key.text));
		assert_false(slt_is_null(slt_cell(&c->rows[1].log, 0)));
		/* what a row has gone through does not go with it */
		assert_int_equal(c->rows[0].verdict, i ? FETCHED : REFUSED);
		assert_int_equal(c->rows[0].status, 0);
		assert_false(c->rows[0].marked);
		if (i == 0) {
			chunk_add_from(&other, &chunk, 1, 1);
			chunk_reset(&other);
			chunk_add_from(&other, &chunk, 0, 2);
			chunk_add_from(&other, &chunk, 2, 0);
		}
		if (i == 0)
			chunk_reset(&chunk);
	}
	chunk_fini(&chunk);
	chunk_fini(&other);
	chunk_fini(&other); /* does no harm */
}

static void test_duplicates(void **state)
{
	/* in key order; a capital letter has a neighbour of its own key */
	static const struct slt_text keys[] = {
		T(""),	T("1"), T("10"), T("A"), T("A"), T("a"), T("b\0c"), T("b\0d"),
		T("C"), T("C"), T("C"),	 T("c"), T("ç"), T("Z"), T("Z"),
	};
	struct chunk chunk;

	(void)state;
	chunk_init(&chunk);
	for (size_t i = 0; i < N_OF(keys); i++)
		add(&chunk, keys[i], DB_TEXT, slt_str("x"));
	for (size_t i = 0; i < N_OF(keys); i++) {
		bool twice = keys[i].len == 1 && strchr("ACZ", keys[i].ptr[0]);

		if (chunk_is_duplicate(&chunk, i) != twice)
			fail_msg("row %zu: %s", i, twice ? "not seen" : "is none");
	}
	chunk_reset(&chunk);
	add_text(&chunk, "Z", "x");
	assert_false(chunk_is_duplicate(&chunk, 0));
	chunk_fini(&chunk);
}

static void test_count(void **state)
{
	struct chunk chunk;

	(void)state;
	chunk_init(&chunk);
	for (int i = 0; i < 100; i++)
		add_text(&chunk, "k", "c");
	assert_int_equal(chunk_count(&chunk, FETCHED), 100);
	for (size_t i = 0; i < 100; i++)
		chunk.rows[i].verdict = i % 10 == 0 ? REJECTED
					: i < 50    ? DELIVERED
						    : LEFT;
	assert_int_equal(chunk_count(&chunk, FETCHED), 0);
	assert_int_equal(chunk_count(&chunk, REJECTED), 10);
	assert_int_equal(chunk_count(&chunk, DELIVERED), 45);
	assert_int_equal(chunk_count(&chunk, LEFT), 45);
	chunk_fini(&chunk);
}

static void fill(struct chunk *chunk, const char *cell)
{
	char key[16];

	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "%d", i);
		add_text(chunk, key, cell);
	}
	buf_puts(&chunk->body, "{}");
}

/* The blocks of the arenas, each of which begins with the pointer to the next. */
static size_t blocks_of(const struct chunk *chunk)
{
	const void *firsts[] = { chunk->arena.first, chunk->cells.first };
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		for (const void *block = firsts[i]; block; n++)
			memcpy(&block, block, sizeof(block));
	}
	return n;
}

static void test_memory(void **state)
{
	enum { LARGE = 20 << 20 };
	char cell[600], *large = malloc(LARGE);
	const struct log_row *rows;
	const void *first, *body;
	struct chunk chunk;
	size_t bytes, blocks;

	(void)state;
	assert_non_null(large);
	memset(large, 'l', LARGE);
	memset(cell, 'c', sizeof(cell) - 1);
	cell[sizeof(cell) - 1] = '\0';
	chunk_init(&chunk);
	assert_int_equal(chunk_bytes(&chunk), 0);
	fill(&chunk, cell);
	bytes = chunk_bytes(&chunk);
	assert_in_range(bytes, 500 * 600, 500 * 800);
	rows = chunk.rows;
	first = chunk.arena.first;
	body = chunk.body.ptr;
	blocks = blocks_of(&chunk);
	assert_in_range(blocks, 1, 500);
	for (int i = 0; i < 10; i++) {
		chunk_reset(&chunk);
		assert_int_equal(chunk.n, 0);
		assert_int_equal(chunk_bytes(&chunk), 0);
		assert_int_equal(chunk.body.len, 0);
		fill(&chunk, cell);
		/* all of it is where it was, and it is no more */
		assert_ptr_equal(chunk.rows, rows);
		assert_ptr_equal(chunk.arena.first, first);
		assert_ptr_equal(chunk.body.ptr, body);
		assert_int_equal(chunk_bytes(&chunk), bytes);
		assert_int_equal(blocks_of(&chunk), blocks);
	}
	/* a very large row comes and is given back */
	add(&chunk, (struct slt_text)T("big"), DB_TEXT,
	    (struct slt_text){ large, LARGE });
	assert_in_range(chunk_bytes(&chunk), bytes + LARGE, bytes + LARGE + 4096);
	assert_memory_equal(slt_cell(&chunk.rows[500].log, 0).ptr, large, LARGE);
	chunk_reset(&chunk);
	assert_int_equal(chunk_bytes(&chunk), 0);
	/* its key may have needed one more block, which stays */
	assert_in_range(blocks_of(&chunk), blocks, blocks + 1);
	blocks = blocks_of(&chunk);
	for (int i = 0; i < 10; i++) {
		fill(&chunk, cell);
		add(&chunk, (struct slt_text)T("big"), DB_TEXT,
		    (struct slt_text){ large, LARGE });
		assert_int_equal(blocks_of(&chunk), blocks + 1);
		/* already when the documents are made, with all other cells; keys stay */
		chunk_drop_cells(&chunk);
		assert_in_range(blocks_of(&chunk), 1, blocks - 1);
		assert_int_equal(chunk.rows[500].log.n_cells, 0);
		assert_string_equal(chunk.rows[500].key.text.ptr, "big");
		chunk_reset(&chunk);
	}
	chunk_fini(&chunk);
	free(large);
}

/* ---------------------------------------------------------------- the laws */

/* Calls one of the two in a process of its own. Returns its exit status (0: the assertion
 * held) and what it wrote to stderr. */
struct outcome {
	int status;
	char text[600];
};

static struct outcome outcome_of(const struct log_row *row, long long touched,
				 size_t n_keys)
{
	struct outcome outcome = { .status = -1 };
	int ends[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		if (row)
			chunk_assert_earned(row);
		else
			chunk_assert_touched(touched, n_keys);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], outcome.text + n, sizeof(outcome.text) - 1 - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status))
		outcome.status = WEXITSTATUS(status);
	return outcome;
}

/* What a verdict's mark must rest on. A new one belongs here. */
enum ground { NONE, STATUS_OK, DOCUMENT_READ };

static const enum ground grounds[N_VERDICTS] = {
	[DELIVERED] = STATUS_OK,
	[ELSEWHERE] = STATUS_OK,
	[ALREADY] = DOCUMENT_READ,
	[DRIFTED] = DOCUMENT_READ,
};

static const int statuses[] = { 0,   100, 199, 200, 201, 202, 204, 302, 400,
				403, 404, 408, 409, 429, 500, 503, -1,	2001 };

static void test_law_1_of(enum verdict verdict, int status, bool vouched)
{
	struct log_row row = { .key.text = T("a-key"),
			       .status = status,
			       .verdict = verdict,
			       .vouched = vouched };
	bool earned = grounds[verdict] == STATUS_OK ? status == 200 || status == 201
						    : grounds[verdict] == DOCUMENT_READ &&
							      status == 409 && vouched;
	struct outcome outcome = outcome_of(&row, 0, 0);
	char expected[256];

	snprintf(expected, sizeof(expected),
		 "structured-log-transfer: bug: law 1 would be broken: row a-key is "
		 "to be marked with verdict %d, status %d\n",
		 (int)verdict, status);
	assert_string_equal(outcome.text, earned ? "" : expected);
	assert_int_equal(outcome.status, earned ? 0 : EXIT_BUG);
	assert_int_equal(chunk_has_earned(&row), grounds[verdict] != NONE);
}

static void test_law_1(void **state)
{
	(void)state;
	assert_int_equal(N_VERDICTS, 13); /* a new one belongs above */
	for (int verdict = 0; verdict < N_VERDICTS; verdict++) {
		for (size_t i = 0; i < N_OF(statuses); i++) {
			test_law_1_of((enum verdict)verdict, statuses[i], false);
			test_law_1_of((enum verdict)verdict, statuses[i], true);
		}
	}
}

static const struct {
	long long touched;
	size_t n_keys;
	const char *text; /* NULL: it holds */
} marks[] = {
	{ 0, 0, NULL },
	{ 0, 500, NULL },
	{ 499, 500, NULL },
	{ 500, 500, NULL },
	{ 501, 500, "501 rows are to be marked for 500 keys" },
	{ 1, 0, "1 rows are to be marked for 0 keys" },
	{ 9000000000000, 1, "9000000000000 rows are to be marked for 1 keys" },
	{ -1, 500, "-1 rows are to be marked for 500 keys" },
};

static void test_law_2(void **state)
{
	char expected[256];

	(void)state;
	for (size_t i = 0; i < N_OF(marks); i++) {
		struct outcome outcome = outcome_of(NULL, marks[i].touched,
						    marks[i].n_keys);

		snprintf(expected, sizeof(expected),
			 "structured-log-transfer: bug: law 2 would be broken: %s\n",
			 marks[i].text);
		assert_string_equal(outcome.text, marks[i].text ? expected : "");
		assert_int_equal(outcome.status, marks[i].text ? EXIT_BUG : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies), cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_count),  cmocka_unit_test(test_memory),
		cmocka_unit_test(test_law_1),  cmocka_unit_test(test_law_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
