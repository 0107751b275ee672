/* SPDX-License-Identifier: MIT */
/*
 * Are two documents the same event? What a 409 leaves open: the index has a document of this
 * _id, and only when it is the row's own is the row delivered (law 1). Texts are valid JSON
 * objects; numbers are compared by their text, strings by their characters, objects
 * whatever the order of their members. Pure functions, any thread.
 */
#ifndef SLT_COMPARE_H
#define SLT_COMPARE_H

#include <slt/facade.h>
#include <stdbool.h>

enum likeness {
	SAME_DOCUMENT,	  /* in every member */
	SAME_EVENT,	  /* in the identity members; others have drifted */
	ANOTHER_DOCUMENT, /* a conflict */
};

/* identity: JSON Pointers ended by NULL, as a facade names them; NULL: every member counts.
 * with_more: the stored one may have members that ours has not, as an ingest pipeline adds
 * them. */
enum likeness compare_documents(struct slt_text ours, struct slt_text stored,
				const char *const *identity, bool with_more);

/* Calls `each` with the JSON Pointer (RFC 6901) of every place where they differ, in the order
 * of ours: never a value, law 5. A pointer of more than 255 bytes is cut at an element. */
typedef void compare_fn(void *arg, const char *pointer);
void compare_each_difference(struct slt_text ours, struct slt_text stored, bool with_more,
			     compare_fn *each, void *arg);

#endif
