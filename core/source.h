/* SPDX-License-Identifier: MIT */
/*
 * Where a run's rows come from: the position in the table that all lanes share. Every row
 * that was unsent (for clear: sent and old) when its page was read is handed out at most
 * once, in key order, and the position only goes forward (law 4). Reading is done under the mutex on the taking
 * lane's own connection, as a plain statement that is read to its end (law 7).
 *
 *	sent, set aside ... | in hand of lanes | reserve | not read yet
 *	                                               after
 */
#ifndef SLT_SOURCE_H
#define SLT_SOURCE_H

#include <pthread.h>
#include <stdbool.h>

#include "chunk.h"
#include "db/db.h"
#include "err.h"
#include "plan.h"
#include "sql.h"

struct source {
	pthread_mutex_t mutex;
	pthread_cond_t settled;
	const struct plan *plan;
	const struct sql *first_page, *next_page;
	const char
		*older_than;   /* of pages of old rows, or of those since then; or NULL */
	size_t chunk_size;     /* rows of a chunk at most */
	size_t max_bytes;      /* of cells in a page: a row more may go beyond */
	size_t remaining;      /* rows that may still be handed out; SIZE_MAX: no limit */
	size_t in_hand;	       /* rows that lanes have taken and not settled */
	size_t page_rows;      /* LIMIT of the next page: less when rows are large */
	bool exhausted;	       /* the last page was the last */
	bool closed;	       /* no more chunks: a lane failed */
	struct db_value after; /* the last key read; text NULL: none yet */
	struct buf after_text;
	size_t joined; /* without an index on the key: so many chunks are handed out as one */
	struct chunk reserve; /* only without an index on the key: read, not handed out */
	size_t reserve_at;
	struct chunk
		ends; /* keys alone, where the next pages may end; where that helps */
	size_t ends_at;
	struct sql_values values;
	struct db *lock; /* holds the run lock, looked at under the mutex; or NULL */
};

/* limit: rows that may be sent, SIZE_MAX: all. Borrows the plan. */
void source_init(struct source *source, const struct plan *plan, size_t chunk_size,
		 size_t max_bytes, size_t limit);
void source_fini(struct source *source);

/* Without an index on the key, statements that touch a chunk's rows scan the table, too: many
 * chunks become one then, of 4.5 MiB at most. Before the first take. */
void source_join(struct source *source);

/* Hands out instead the keys of the rows that are sent and before this time (borrowed), for
 * a plan with the statements of clear. Before the first take. */
void source_take_old(struct source *source, const char *older_than);

/* Hands out sent rows instead, for a plan with their pages; since NULL: all. Before the first
 * take. */
void source_take_sent(struct source *source, const char *since);

/* The next chunk, into a chunk that is reset. 1 taken, 0 nothing more. Waits while the
 * limit is used up by rows in the hands of other lanes: those that are set aside give way
 * to others. */
int source_take(struct source *source, struct db *db, struct chunk *ret,
		struct err *err) MUST_CHECK;

/* Before the lanes begin, or between two chunks of the only one: may there be more? */
bool source_may_have_more(const struct source *source);

/* A lane is done with a chunk of so many rows, of which so many do not count. */
void source_settled(struct source *source, size_t n_rows, size_t n_set_aside);

/* No more chunks are handed out. */
void source_close(struct source *source);

/* After the lanes have ended: are there unsent rows behind the position? 1, 0, -1. */
int source_has_more(struct source *source, struct db *db, struct err *err) MUST_CHECK;

#endif
