// SPDX-License-Identifier: MIT
// The byte buffer and the arena: maximum, truncation, and memory that is kept or given
// back.

#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "buf.h"

static void test_put(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	assert_string_equal(buf_str(&buf), "");
	buf_put(&buf, "abc", 2);
	buf_putc(&buf, '-');
	buf_puts(&buf, "def");
	buf_printf(&buf, " %d %s", 42, "x");
	buf_put(&buf, NULL, 0);
	buf_puts(&buf, "");
	assert_string_equal(buf_str(&buf), "ab-def 42 x");
	assert_int_equal(buf.len, 11);
	buf_putc(&buf, '\0');
	buf_put(&buf, "\xff", 1);
	assert_int_equal(buf.len, 13);
	assert_memory_equal(buf.ptr, "ab-def 42 x\0\xff", 13);
	assert_false(buf.full);
	buf_fini(&buf);
	assert_null(buf.ptr);
	assert_int_equal(buf.len, 0);
	/* Of use again, with the same maximum. */
	buf_puts(&buf, "again");
	assert_string_equal(buf_str(&buf), "again");
	assert_int_equal(buf.max, 1000);
	buf_fini(&buf);
	buf_fini(&buf);
}

static void test_maximum(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 8);
	buf_puts(&buf, "12345678");
	assert_false(buf.full);
	assert_string_equal(buf_str(&buf), "12345678");
	buf_put(&buf, NULL, 0);
	assert_false(buf.full);
	buf_putc(&buf, '9');
	assert_true(buf.full);
	assert_int_equal(buf.len, 8);
	buf_truncate(&buf, 5);
	assert_false(buf.full);
	buf_puts(&buf, "6789"); /* all or nothing */
	assert_true(buf.full);
	assert_string_equal(buf_str(&buf), "12345");
	buf_truncate(&buf, 5);
	buf_printf(&buf, "%s", "6789");
	assert_true(buf.full);
	assert_string_equal(buf_str(&buf), "12345");
	buf_reset(&buf);
	assert_false(buf.full);
	assert_null(buf_room(&buf, 9));
	assert_true(buf.full);
	buf_reset(&buf);
	assert_null(buf_room(&buf, SIZE_MAX)); /* no sum that wraps around */
	buf_reset(&buf);
	buf_putc(&buf, 'x');
	assert_null(buf_room(&buf, SIZE_MAX - 1));
	buf_fini(&buf);
	buf_init(&buf, 0);
	buf_put(&buf, "", 0);
	assert_false(buf.full);
	buf_putc(&buf, 'x');
	assert_true(buf.full);
	assert_string_equal(buf_str(&buf), "");
	buf_fini(&buf);
}

static void test_truncate(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	buf_puts(&buf, "document one");
	buf_truncate(&buf, 9);
	buf_puts(&buf, "two");
	assert_string_equal(buf_str(&buf), "document two");
	buf_truncate(&buf, 50); /* longer than it is: stays */
	assert_string_equal(buf_str(&buf), "document two");
	buf_truncate(&buf, 0);
	assert_string_equal(buf_str(&buf), "");
	buf_fini(&buf);
}

static void test_room(void **state)
{
	struct buf buf;
	char *room;

	(void)state;
	buf_init(&buf, 2000);
	buf_puts(&buf, "a");
	room = buf_room(&buf, 1999);
	assert_non_null(room);
	assert_int_equal(buf.len, 1);
	memset(room, 'b', 1999);
	buf.len += 1999;
	assert_int_equal(strlen(buf_str(&buf)), 2000);
	assert_null(buf_room(&buf, 1));
	buf_fini(&buf);
}

static void test_reset_keeps_memory(void **state)
{
	struct buf buf;
	char *memory;
	size_t cap;

	(void)state;
	buf_init(&buf, 1 << 20);
	for (unsigned i = 0; i < 100000; i++)
		buf_put(&buf, "0123456789", 10);
	assert_int_equal(buf.len, 1000000);
	assert_memory_equal(buf.ptr + 999990, "0123456789", 10);
	memory = buf.ptr;
	cap = buf.cap;
	buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	for (unsigned i = 0; i < 100000; i++)
		buf_put(&buf, "9876543210", 10);
	assert_ptr_equal(buf.ptr, memory);
	assert_int_equal(buf.cap, cap);
	buf_wipe(&buf);
	assert_null(buf.ptr);
	buf_wipe(&buf);
}

/* The shape of a block is the arena's own affair; that it starts with the link to the next
 * is enough to count what is kept. */
static unsigned count_blocks(const struct arena *arena)
{
	unsigned n = 0;

	for (const void *block = arena->first; block; n++)
		memcpy(&block, block, sizeof(block));
	return n;
}

static void test_arena_places(void **state)
{
	struct arena arena;
	char *got[600];

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < 600; i++) {
		got[i] = arena_get(&arena, i * 7);
		assert_non_null(got[i]);
		assert_int_equal((uintptr_t)got[i] % alignof(max_align_t), 0);
		memset(got[i], (int)(i % 251), i * 7);
	}
	/* Nothing moved, nothing overlaps. */
	assert_true(count_blocks(&arena) > 1);
	for (size_t i = 0; i < 600; i++)
		for (size_t n = 0; n < i * 7; n++)
			assert_int_equal((unsigned char)got[i][n], i % 251);
	assert_true(arena.used >= 600 * 599 / 2 * 7);
	arena_fini(&arena);
	arena_fini(&arena);
}

static void test_arena_copy(void **state)
{
	struct arena arena;
	char *copy;

	(void)state;
	arena_init(&arena);
	assert_string_equal(arena_copy(&arena, "key 1, and more", 5), "key 1");
	assert_string_equal(arena_copy(&arena, NULL, 0), "");
	copy = arena_copy(&arena, "a\0b", 3);
	assert_memory_equal(copy, "a\0b", 4);
	arena_fini(&arena);
}

static void test_arena_reset_keeps_memory(void **state)
{
	enum { N = 1000, SIZE = 1000 };
	struct arena arena;
	void *got[N];
	unsigned blocks;

	(void)state;
	arena_init(&arena);
	arena_reset(&arena);
	for (unsigned i = 0; i < N; i++)
		got[i] = arena_get(&arena, SIZE);
	blocks = count_blocks(&arena);
	for (unsigned round = 0; round < 3; round++) {
		arena_reset(&arena);
		assert_int_equal(arena.used, 0);
		for (unsigned i = 0; i < N; i++)
			assert_ptr_equal(arena_get(&arena, SIZE), got[i]);
		assert_int_equal(count_blocks(&arena), blocks);
	}
	arena_fini(&arena);
	assert_int_equal(count_blocks(&arena), 0);
}

static void test_arena_gives_back_big_blocks(void **state)
{
	enum { BIG = 3 * 1024 * 1024 };
	struct arena arena;
	char *small, *big[3];
	unsigned blocks;

	(void)state;
	arena_init(&arena);
	small = arena_get(&arena, 100);
	blocks = count_blocks(&arena);
	for (unsigned i = 0; i < 3; i++) {
		big[i] = arena_get(&arena, BIG);
		memset(big[i], 'x', BIG);
		memset(arena_get(&arena, 100), 'y', 100);
	}
	assert_int_equal(big[0][BIG - 1], 'x');
	assert_true(count_blocks(&arena) >= blocks + 3);
	arena_reset(&arena);
	/* What the ordinary cells between them needed may stay. */
	assert_true(count_blocks(&arena) <= blocks + 3);
	assert_ptr_equal(arena_get(&arena, 100), small);
	arena_fini(&arena);
	/* Only big ones: nothing is left, and the arena still works. */
	arena_get(&arena, BIG);
	arena_reset(&arena);
	assert_int_equal(count_blocks(&arena), 0);
	assert_string_equal(arena_copy(&arena, "again", 5), "again");
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_truncate),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_reset_keeps_memory),
		cmocka_unit_test(test_arena_places),
		cmocka_unit_test(test_arena_copy),
		cmocka_unit_test(test_arena_reset_keeps_memory),
		cmocka_unit_test(test_arena_gives_back_big_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
