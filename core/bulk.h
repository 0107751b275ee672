/* SPDX-License-Identifier: MIT */
/*
 * The _bulk protocol: action lines out, item results in.
 * Source: "Bulk API", Elasticsearch Guide 8.8 and OpenSearch 2.19 documentation.
 * No connection, no state; any thread.
 */
#ifndef SLT_BULK_H
#define SLT_BULK_H

#include <slt/facade.h>
#include <stdbool.h>

#include "buf.h"
#include "err.h"

enum { BULK_MAX_ID = 512 }; /* bytes of an _id, both products */

/* What one item of a reply says. */
struct bulk_item {
	int status;	    /* HTTP status of the item */
	bool failure_store; /* the cluster holds it, but in the failure store */
	char type[96];	    /* error type, "" when there is none; printable ASCII */
	char reason[256];   /* may quote the document: law 5. "" unless asked for */
	char index[256];    /* of a 409: the index that holds the other document */
};

/* What may be asked in filter_path so that every item keeps its place. A reason quotes
 * the refused value whole (1 MB of it in a reply of OpenSearch 2.19.6 and of
 * Elasticsearch 8.8.2), so it is asked for only when somebody is to see it. */
extern const char bulk_filter_path[];
extern const char bulk_filter_path_reasons[];

/* Writes the action line {"create":{"_id":"…"}} and its line feed. The id must be valid
 * UTF-8; the caller has checked its length. */
void bulk_put_action(struct buf *body, struct slt_text id);

/* Reads the reply to a request of n items with these ids. 0: fully understood,
 * items[0..n) filled. -1: unknown (not JSON, cut, another number of items, an item that
 * is not exactly one "create" with a status, an _id that is not the one sent there, a
 * member twice, `errors` that disagrees with the items): then nothing of it counts, law
 * 1, all items are zeroed, and the text says why ("it has 3 items, …") without quoting
 * the reply. */
int bulk_read_reply(struct slt_text reply, const struct slt_text *ids, size_t n,
		    struct bulk_item *items, struct err *err) MUST_CHECK;

/* The error type of a reply to the request as a whole, printable ASCII, cut to size; ""
 * when it says none. Never its reason: law 5. */
void bulk_error_type(struct slt_text reply, char *ret_type, size_t size);

/* What an item's answer means for its row. */
enum bulk_meaning {
	BULK_DELIVERED, /* 200, 201 */
	BULK_EXISTS,	/* 409: some document has this _id */
	BULK_RETRY,	/* 408, 429, >= 500, cluster_block_exception */
	BULK_REJECTED,	/* other 4xx: this row will never go in as it is */
	BULK_STOP,	/* 401/403 security, 404 index_not_found: configuration */
	BULK_UNKNOWN,	/* anything else, such as 1xx, 204, 3xx */
};
enum bulk_meaning bulk_meaning(const struct bulk_item *item);

#endif
