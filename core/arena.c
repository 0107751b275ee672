// SPDX-License-Identifier: MIT
// Bytes that stay in place until the arena is reset.

#include "arena.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

enum { BLOCK = 256 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t cap, len;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena)
{
	*arena = (struct arena){ 0 };
}

static void free_from(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_fini(struct arena *arena)
{
	free_from(arena->first);
	arena_init(arena);
}

void arena_reset(struct arena *arena)
{
	struct arena_block **link = &arena->first;

	while (*link) {
		struct arena_block *block = *link;

		if (block->cap > BLOCK) {
			*link = block->next;
			free(block);
		} else {
			block->len = 0;
			link = &block->next;
		}
	}
	arena->at = arena->first;
	arena->used = 0;
}

static struct arena_block *block_new(size_t cap)
{
	struct arena_block *block = malloc(sizeof(*block) + cap);

	if (!block)
		err_no_memory();
	block->next = NULL;
	block->cap = cap;
	block->len = 0;
	return block;
}

void *arena_get(struct arena *arena, size_t n)
{
	struct arena_block *block;
	void *got;

	n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	block = arena->at;
	if (!block || block->cap - block->len < n) {
		if (block && block->next && block->next->cap >= n) {
			block = block->next;
		} else {
			struct arena_block *fresh = block_new(n > BLOCK ? n : BLOCK);

			fresh->next = block ? block->next : arena->first;
			*(block ? &block->next : &arena->first) = fresh;
			block = fresh;
		}
		arena->at = block;
	}
	got = block->bytes + block->len;
	block->len += n;
	arena->used += n;
	return got;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t n)
{
	char *copy = arena_get(arena, n + 1);

	if (n)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	return copy;
}
