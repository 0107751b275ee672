/* SPDX-License-Identifier: MIT */
/*
 * Stored documents by their _id: which ones out, their stored text in. _mget reads in real
 * time, so a document that was just written is there; of an alias or a data stream only when
 * the backing index is named, as a 409 does. _search needs no such name and looks everywhere,
 * at what was there at the last refresh.
 * Source: "Multi get (mget) API", "IDs" query, Elasticsearch Guide 8.8 and OpenSearch 2.19
 * documentation.
 * No connection, no state; any thread.
 */
#ifndef SLT_MGET_H
#define SLT_MGET_H

#include <slt/facade.h>
#include <stdbool.h>

#include "buf.h"
#include "err.h"

enum mget_state {
	MGET_MISSING,	 /* no document of this _id there any more */
	MGET_FOUND,	 /* source is its text */
	MGET_UNREADABLE, /* an error, or a document whose _source is not kept */
};

struct mget_doc {
	struct slt_text index, id; /* borrowed: which one */
	enum mget_state state;
	struct slt_text source; /* on loan as the reply is */
};

/* Writes the body that asks for n documents. */
void mget_put_body(struct buf *body, const struct mget_doc *docs, size_t n);

/* Reads the reply. 0: fully understood. -1: unknown (not JSON, cut, another number of
 * documents, an _id that is not the one asked for there): then all are unreadable. */
int mget_read_reply(struct slt_text reply, struct mget_doc *docs, size_t n,
		    struct err *err) MUST_CHECK;

/* The same by a search: the body for those of n documents whose id is not the NULL text. */
void mget_put_search(struct buf *body, const struct mget_doc *docs, size_t n);

/* A document that was found: which of docs, where, and its text, on loan as the reply is. */
typedef void mget_hit_fn(void *arg, size_t i, struct slt_text index,
			 struct slt_text source);

/* Reads the reply to such a search. 0, or -1: not understood. */
int mget_read_search(struct slt_text reply, const struct mget_doc *docs, size_t n,
		     mget_hit_fn *hit, void *arg, struct err *err) MUST_CHECK;

#endif
