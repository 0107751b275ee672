// SPDX-License-Identifier: MIT
// The rows that one lane has in hand.

#include "chunk.h"
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BODY = 1 << 30, LARGE = 1 << 20 };

void chunk_init(struct chunk *chunk)
{
	*chunk = (struct chunk){ 0 };
	arena_init(&chunk->arena);
	arena_init(&chunk->cells);
	buf_init(&chunk->body, MAX_BODY);
}

void chunk_fini(struct chunk *chunk)
{
	free(chunk->rows);
	arena_fini(&chunk->arena);
	arena_fini(&chunk->cells);
	buf_fini(&chunk->body);
	chunk_init(chunk);
}

void chunk_reset(struct chunk *chunk)
{
	chunk->n = 0;
	arena_reset(&chunk->arena);
	arena_reset(&chunk->cells);
	buf_reset(&chunk->body);
}

void chunk_drop_cells(struct chunk *chunk)
{
	if (chunk->cells.used > LARGE)
		arena_fini(&chunk->cells); /* its memory, too */
	else
		arena_reset(&chunk->cells);
	for (size_t i = 0; i < chunk->n; i++)
		chunk->rows[i].log.n_cells = 0;
}

void chunk_drop_body(struct chunk *chunk, size_t more_than)
{
	if (chunk->body.cap > 2 * more_than)
		buf_fini(&chunk->body);
}

static struct log_row *new_row(struct chunk *chunk)
{
	if (chunk->n == chunk->cap) {
		size_t cap = chunk->cap ? 2 * chunk->cap : 64;
		struct log_row *grown = mem_grow(chunk->rows, cap, sizeof(*grown));

		chunk->rows = grown;
		chunk->cap = cap;
	}
	chunk->rows[chunk->n] = (struct log_row){ .verdict = FETCHED };
	return &chunk->rows[chunk->n++];
}

static struct slt_text copy_text(struct arena *arena, struct slt_text text)
{
	if (text.ptr)
		text.ptr = arena_copy(arena, text.ptr, text.len);
	return text;
}

static void fill_row(struct chunk *chunk, struct db_value key,
		     const struct slt_text *cells, size_t n)
{
	struct slt_text *copies = arena_get(&chunk->cells, n * sizeof(*copies));
	struct log_row *row = new_row(chunk);

	for (size_t i = 0; i < n; i++)
		copies[i] = copy_text(&chunk->cells, cells[i]);
	key.text = copy_text(&chunk->arena, key.text);
	row->key = key;
	row->log = (struct slt_row){ .size = sizeof(row->log),
				     .n_cells = n,
				     .cells = copies };
}

void chunk_add(struct chunk *chunk, const struct db_row *row)
{
	struct db_value key = { .text = row->cells[0], .type = row->types[0] };

	fill_row(chunk, key, row->cells + 1, row->n_cells - 1);
}

void chunk_add_from(struct chunk *chunk, const struct chunk *other, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		const struct log_row *row = &other->rows[i];

		fill_row(chunk, row->key, row->log.cells, row->log.n_cells);
	}
}

size_t chunk_bytes(const struct chunk *chunk)
{
	return chunk->arena.used + chunk->cells.used + chunk->n * sizeof(*chunk->rows);
}

bool chunk_same_key(const struct log_row *a, const struct log_row *b)
{
	return a->key.text.len == b->key.text.len &&
	       memcmp(a->key.text.ptr, b->key.text.ptr, a->key.text.len) == 0;
}

bool chunk_is_duplicate(const struct chunk *chunk, size_t i)
{
	const struct log_row *row = &chunk->rows[i];

	return (i > 0 && chunk_same_key(row - 1, row)) ||
	       (i + 1 < chunk->n && chunk_same_key(row, row + 1));
}

size_t chunk_count(const struct chunk *chunk, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < chunk->n; i++)
		n += chunk->rows[i].verdict == verdict;
	return n;
}

bool chunk_has_earned(const struct log_row *row)
{
	switch (row->verdict) {
	case DELIVERED:
	case ALREADY:
	case DRIFTED:
	case ELSEWHERE: return true;
	default: return false;
	}
}

void chunk_assert_earned(const struct log_row *row)
{
	bool existed = row->verdict == ALREADY || row->verdict == DRIFTED;
	bool good = existed ? row->status == 409 && row->vouched
			    : row->status == 200 || row->status == 201;

	if (!chunk_has_earned(row) || !good)
		err_law(1, "row %.64s is to be marked with verdict %d, status %d",
			row->key.text.ptr, (int)row->verdict, row->status);
}

void chunk_assert_touched(long long touched, size_t n_keys)
{
	if (touched < 0 || (unsigned long long)touched > n_keys)
		err_law(2, "%lld rows are to be marked for %zu keys", touched, n_keys);
}
