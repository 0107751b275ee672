// SPDX-License-Identifier: MIT
// What the bare loops of all databases share: the keys that they have read, a clock, and
// the line that they print.

#ifndef FLOOR_H
#define FLOOR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAGE = 500, KEY_TEXT = 24 };

struct floor {
	const char *table;
	size_t per_update;
	char (*keys)[KEY_TEXT];
	size_t n, cap;
	size_t bytes, statements;
	double read, update; // seconds
};

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void keep_key(struct floor *f, const char *key)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 4096;
		f->keys = realloc(f->keys, f->cap * sizeof(*f->keys));
		if (!f->keys)
			abort();
	}
	snprintf(f->keys[f->n++], KEY_TEXT, "%s", key);
}

static inline const char *last_key(const struct floor *f)
{
	return f->n ? f->keys[f->n - 1] : "0";
}

// "before", n keys with commas between them, "after"; free it.
static inline char *with_keys(const struct floor *f, const char *before, size_t from,
			      size_t n, const char *after)
{
	char *text = malloc(strlen(before) + n * KEY_TEXT + strlen(after) + 1), *to;

	if (!text)
		abort();
	to = text + sprintf(text, "%s", before);
	for (size_t i = from; i < from + n; i++)
		to += sprintf(to, i > from ? ",%s" : "%s", f->keys[i]);
	strcpy(to, after);
	return text;
}

// Changes all keys, per_update of them a statement.
static inline void change_all(struct floor *f,
			      void (*change)(struct floor *, size_t, size_t))
{
	for (size_t from = 0; f->per_update && from < f->n; from += f->per_update) {
		size_t left = f->n - from;

		change(f, from, left < f->per_update ? left : f->per_update);
	}
}

// Reads a page and changes its rows, until there is none.
static inline void change_pages(struct floor *f, size_t (*read_page)(struct floor *),
				void (*change)(struct floor *, size_t, size_t))
{
	for (;;) {
		double began = seconds(), between;
		size_t n = read_page(f);

		between = seconds();
		f->read += between - began;
		if (n == 0)
			return;
		change(f, f->n - n, n);
		f->update += seconds() - between;
	}
}

static inline void report(struct floor *f)
{
	printf("rows %zu bytes %zu statements %zu read %.4f update %.4f\n", f->n,
	       f->bytes, f->statements, f->read, f->update);
	free(f->keys);
}

#endif
