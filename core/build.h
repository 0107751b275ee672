/* SPDX-License-Identifier: MIT */
/*
 * From a row to its document: the checks that every row must pass and the call of the
 * facade's message. Used by lanes and by preview; any thread with a doc and a chunk of
 * its own.
 */
#ifndef SLT_BUILD_H
#define SLT_BUILD_H

#include "chunk.h"
#include "doc.h"
#include "facade.h"

/* Gives row i its _id (prefix and key) and writes its document at the end of the chunk's
 * body, behind the action line when that is wanted; at and len of the row say where.
 * Returns NULL, or the literal reason why the row is refused, and nothing is written. */
const char *build_row(const struct facade *facade, struct doc *doc, const char *id_prefix,
		      bool with_action, struct chunk *chunk, size_t i);

/* Writes the facade's mapping for the index, or without the hook the least one, with the
 * "@timestamp". NULL, or the literal reason why there is none, and nothing is written. */
const char *build_mapping(const struct facade *facade, struct buf *out);

#endif
