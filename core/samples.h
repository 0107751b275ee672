/* SPDX-License-Identifier: MIT */
/*
 * Rows to try a facade's message with: those of its author (a file, or a scratch database), and
 * hostile ones made of them, in which cells are what no application writes and a database
 * holds all the same. One thread fills it; then read only.
 */
#ifndef SLT_SAMPLES_H
#define SLT_SAMPLES_H

#include <slt/facade.h>

#include "arena.h"
#include "err.h"

struct sample {
	const char *what; /* for messages: "row 2", "row 2, cell 3 is invalid UTF-8" */
	const struct slt_text *cells;
};

struct samples {
	size_t n_cells; /* of each row; 0: not known yet */
	struct sample *list;
	size_t n;
	size_t n_good; /* the first ones are the author's */
	struct arena arena;
};

void samples_init(struct samples *samples);
void samples_fini(struct samples *samples);

/* Adds a copy of a good row. */
void samples_add(struct samples *samples, const struct slt_text *cells, size_t n_cells);

/* Adds the rows of a file: a JSON array of arrays of cells in the order of the SELECT list.
 * A string is the cell's text, null is NULL, of anything else it is the JSON text. */
int samples_read(struct samples *samples, const char *file, struct err *err) MUST_CHECK;

/* Where nobody gave rows: makes some up, none of which needs to become a document. key_at and
 * time_at: where {key} and {time} stand, SIZE_MAX nowhere. */
void samples_make_up(struct samples *samples, size_t n_cells, size_t key_at,
		     size_t time_at);

/* Adds the hostile ones. */
void samples_add_hostile(struct samples *samples);

#endif
