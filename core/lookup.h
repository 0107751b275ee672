/* SPDX-License-Identifier: MIT */
/*
 * Goes through rows of the table and looks what the index has under their _ids, chunk by chunk:
 * what conflicts, resolve and verify have in common. One thread.
 */
#ifndef SLT_LOOKUP_H
#define SLT_LOOKUP_H

#include "chunk.h"
#include "compare.h"
#include "doc.h"
#include "elastic.h"
#include "err.h"
#include "session.h"
#include "settings.h"
#include "source.h"

struct lookup {
	const struct settings *settings;
	struct session session;
	struct elastic_target target;
	struct elastic *elastic;
	struct source source; /* the unsent rows, unless somebody chooses others */
	struct chunk chunk;
	struct doc doc;
	struct mget_doc *docs; /* of the chunk: what the index has under each _id */
	size_t docs_cap;
};

/* Opens database, facade and search server. close after either result. */
int lookup_open(struct lookup *lookup, const struct settings *settings,
		enum db_access access, struct err *err) MUST_CHECK;
void lookup_close(struct lookup *lookup);

/* Takes a chunk whose rows have a verdict:
 *	ALREADY		the index holds its own document, at least as the same event
 *	CONFLICT	it holds another one, with its index in docs
 *	BUILT		it holds none, as of its last refresh
 *	REFUSED		the row becomes no document */
typedef int lookup_fn(struct lookup *lookup, void *arg, struct err *err);

/* Calls `each` for one chunk after another. EXIT_EARLY: a stop is requested. */
int lookup_each(struct lookup *lookup, lookup_fn *each, void *arg,
		struct err *err) MUST_CHECK;

/* Asks the index once more for the rows that are BUILT, after a refresh. *ret_stale: the
 * refresh was not allowed, or failed. */
int lookup_again(struct lookup *lookup, bool *ret_stale, struct err *err) MUST_CHECK;

/* Where the document of a CONFLICT differs from that of row i: as compare_fn. */
void lookup_differences(const struct lookup *lookup, size_t i, compare_fn *each,
			void *arg);

#endif
