/* SPDX-License-Identifier: MIT */
/*
 * Bytes that stay where they are until the arena is reset: cells and keys of a chunk.
 * Made of blocks, so adding never moves what was added. Reset keeps the blocks of
 * ordinary size and gives back what a very large row needed. One thread at a time.
 */
#ifndef SLT_ARENA_H
#define SLT_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *first,
		*at; /* blocks in use: first .. at; kept for later: after at */
	size_t used; /* bytes handed out since the last reset */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena);

/* n bytes, aligned for any object; never NULL. Borrowed until reset. */
void *arena_get(struct arena *arena, size_t n);

/* A copy of n bytes with a NUL byte behind them. */
char *arena_copy(struct arena *arena, const void *bytes, size_t n);

#endif
