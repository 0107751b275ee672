/* SPDX-License-Identifier: MIT */
/*
 * Prints rows whose document in the index is not theirs, on stdout: a line each, of columns, or
 * all of them as one JSON array. Keys, indexes and the places that differ; never a value, law 5.
 * One thread.
 */
#ifndef SLT_DIFFERENCES_H
#define SLT_DIFFERENCES_H

#include <json-c/json.h>

#include "lookup.h"

struct differences {
	struct json_object *json; /* NULL: lines */
};

void differences_init(struct differences *out, bool json);

/* Ends it; complete: the JSON array is printed. */
void differences_fini(struct differences *out, bool complete);

/* Row i of the chunk. state, or NULL: a column of its own, "missing" or "different". */
void differences_put(struct differences *out, const struct lookup *lookup, size_t i,
		     const char *state);

#endif
