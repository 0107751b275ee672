/* SPDX-License-Identifier: MIT */
/*
 * The document writer behind the slt_put_ functions of <slt/facade.h>: writes one JSON
 * object on one line straight into a buffer (the body of the bulk request). One per lane,
 * used for one row after another; nothing is allocated per row. Errors stick.
 */
#ifndef SLT_DOC_H
#define SLT_DOC_H

#include <slt/facade.h>
#include <stdbool.h>

#include "buf.h"

/* The reason of a facade that says none. */
#define DOC_NO_REASON "refused by the facade"

enum { DOC_MAX_DEPTH = 64, DOC_CHECKED = 4 };

struct doc {
	struct slt_doc pub; /* first: what a facade sees */
	struct buf *out;
	size_t start;	    /* where this document starts in out */
	const char *reason; /* literal: why the row is refused; NULL: it is not */
	bool is_misused;    /* that is the fault of the facade, whatever the row */
	unsigned depth;	    /* open objects and arrays, the root included */
	bool is_array[DOC_MAX_DEPTH];
	bool has_members[DOC_MAX_DEPTH];
	bool has_timestamp; /* the root has an "@timestamp" that is not null */
	struct slt_text
		checked[DOC_CHECKED]; /* texts found valid for this row, newest first */
};

/* Fills the table of functions; once per lane. */
void doc_init(struct doc *doc);

/* Starts the document of one row at the end of out, the root object opened. */
void doc_begin(struct doc *doc, struct buf *out);

/* Ends it: closes the root. Returns NULL when out now holds a whole document, else the
 * literal reason (the facade's, or: an object left open, no @timestamp, too large), and
 * out is back where it was. `result` is what the facade's message returned. */
const char *doc_end(struct doc *doc, int result);

#endif
