/* SPDX-License-Identifier: MIT */
/*
 * The rows that one lane has in hand, and what became of each:
 *
 *	FETCHED -> REFUSED
 *	        -> BUILT <-> EXISTS -> CONFLICT, UNVERIFIED, LEFT
 *	           |         |
 *	           |         +-> ALREADY, DRIFTED -+
 *	           +-> DELIVERED, ELSEWHERE -------+-> marked, or GONE, REFUSED (not unique), LEFT
 *	           +-> REJECTED, LEFT
 *
 * Keys, cells and documents live in the chunk until it is reset or they are dropped; reset
 * keeps the memory.
 * One thread at a time.
 */
#ifndef SLT_CHUNK_H
#define SLT_CHUNK_H

#include <slt/facade.h>
#include <stdbool.h>

#include "arena.h"
#include "buf.h"
#include "db/db.h"

enum verdict {
	FETCHED,
	BUILT,	    /* its document is in the body, no final answer yet */
	EXISTS,	    /* 409: a document of this _id exists, and is to be compared */
	DELIVERED,  /* the index holds its document */
	ALREADY,    /* and has held it before */
	DRIFTED,    /* likewise, but for members that do not tell events apart */
	ELSEWHERE,  /* the cluster holds it in its failure store */
	REFUSED,    /* set aside by the facade or by us */
	REJECTED,   /* set aside by the index */
	CONFLICT,   /* the index has another document of this _id */
	UNVERIFIED, /* it has one of this _id, which cannot be read */
	LEFT,	    /* unsent for a passing reason */
	GONE,	    /* delivered, but gone or already marked when it was to be marked */
	N_VERDICTS
};

struct log_row {
	struct db_value key;
	struct slt_row log;    /* what the facade's message gets */
	struct slt_text id;    /* the document's _id */
	size_t at, len;	       /* its action and document lines in the body */
	struct slt_text index; /* after a 409: which one holds the other document */
	enum verdict verdict;
	int status;	   /* of the index's last answer, 0: none */
	const char *what;  /* why it is set aside, kept for the quarantine; or NULL */
	unsigned attempts; /* answers that asked to try again */
	unsigned seen;	   /* settle: how often its key is there */
	enum { NO_FAULT, LOCKED, FORBIDDEN } fault; /* settle: of its mark alone */
	bool vouched; /* after a 409: read and found to be the same event, or trusted */
	bool marked;  /* settle: its mark is committed */
};

struct chunk {
	struct log_row *rows;
	size_t n, cap;
	struct arena arena; /* keys, and what is found out about rows */
	struct arena cells;
	struct buf body;
};

void chunk_init(struct chunk *chunk);
void chunk_fini(struct chunk *chunk);
void chunk_reset(struct chunk *chunk);

/* The documents are made: gives the memory of large rows back, whose cells were borrowed. */
void chunk_drop_cells(struct chunk *chunk);

/* The documents are not needed any more: gives their memory back where it is more than this. */
void chunk_drop_body(struct chunk *chunk, size_t more_than);

/* Copies a row of a page: its first cell is the key, the rest are the facade's. */
void chunk_add(struct chunk *chunk, const struct db_row *row);

/* Copies n rows of another chunk, from its row `from`. */
void chunk_add_from(struct chunk *chunk, const struct chunk *other, size_t from,
		    size_t n);

/* Bytes of rows, keys and cells in hand. */
size_t chunk_bytes(const struct chunk *chunk);

bool chunk_same_key(const struct log_row *a, const struct log_row *b);

/* Does the row at i have the key of a neighbour? Rows are in key order, so equal keys
 * stand side by side. */
bool chunk_is_duplicate(const struct chunk *chunk, size_t i);

size_t chunk_count(const struct chunk *chunk, enum verdict verdict);

/* Does the cluster hold the row's document, so that it is to be marked? */
bool chunk_has_earned(const struct log_row *row);

/* Law 1: ends the process unless this row has earned its mark: a good verdict, out of a
 * good status, or a 409 behind which its own document was found. */
void chunk_assert_earned(const struct log_row *row);

/* Law 2: ends the process when a mark that touched this many rows is about to be
 * committed for fewer keys. */
void chunk_assert_touched(long long touched, size_t n_keys);

#endif
