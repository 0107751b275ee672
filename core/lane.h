/* SPDX-License-Identifier: MIT */
/*
 * A lane: a thread with a database connection, a connection to the search server and one
 * chunk. It loops take -> build -> post -> settle until there is nothing more. Lanes
 * share the source, the counters and the stop flag, nothing else.
 */
#ifndef SLT_LANE_H
#define SLT_LANE_H

#include <stdbool.h>

#include "chunk.h"
#include "db/db.h"
#include "doc.h"
#include "elastic.h"
#include "err.h"
#include "plan.h"
#include "progress.h"
#include "quarantine.h"
#include "retry.h"
#include "source.h"
#include "stats.h"

/* What all lanes of a run share; borrowed, read only but for source and stats. */
struct run {
	const struct dburl *url; /* of the database */
	const struct plan *plan;
	const struct elastic_target *target;
	const struct quarantine *quarantine; /* or NULL */
	const char *id_prefix;
	size_t max_rows;       /* of a request: a chunk may have more, see source_join */
	size_t max_bulk_bytes; /* of a request's body */
	double retry_seconds;  /* without progress, then the run stops */
	bool has_pipeline;     /* a stored document may have members that ours has not */
	bool trust_existing;   /* ON_CONFLICT=trust: a 409 is proof enough */
	bool show_reasons;     /* the index's reasons may quote a message: law 5 */
	struct source *source;
	struct stats *stats;
	struct progress *progress; /* or NULL */
};

struct lane {
	const struct run *run;
	struct db *db;		 /* owned */
	struct elastic *elastic; /* owned */
	struct chunk chunk;
	struct doc doc;
	struct sql_values values;
	size_t max_bytes;   /* of a request: less once the server said "too large" */
	size_t busy_bytes;  /* likewise "busy": may pass, so twice as much each chunk */
	size_t max_read;    /* of stored documents that are read at once, likewise */
	struct retry retry; /* back-off, and since when there is no progress */
	bool cannot_read;   /* stored documents: the server does not let us */
	bool told_hidden;   /* that a single one is not shown, and what helps */
	bool is_proven;	    /* marking was tried, see settle_prove */
	bool has_progress;  /* a row got its verdict since retry began */
	/* scratch for as many rows as a chunk has, kept */
	size_t cap;
	struct log_row **rows;
	struct db_value *keys;
	struct slt_text *ids, *parts;
	struct bulk_item *items;
	struct mget_doc *docs;
};

/* Takes the connection over. */
void lane_init(struct lane *lane, const struct run *run, struct db *db);
void lane_fini(struct lane *lane);

/* Carries one chunk. False when nothing is left, a stop is requested, or something failed:
 * then no lane takes any more, and the failure is in run->stats. */
bool lane_step(struct lane *lane);

/* Gives a row a verdict that leaves it unmarked, and tells it in the log: by its key, with the
 * index's status (0: none) and what is wrong. `reason` may quote the message: it is told with
 * --show-reasons only; NULL: none. */
void lane_set_aside(struct lane *lane, struct log_row *row, enum verdict verdict,
		    int status, const char *what, const char *reason);

#endif
