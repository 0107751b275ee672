// SPDX-License-Identifier: MIT
// Reads what the index has under the _ids of rows that got a 409, and compares.

#include "exists.h"

#include <string.h>

#include "compare.h"
#include "fault.h"
#include "lane.h"
#include "log.h"
#include "retry.h"
#include "stop.h"

enum { MAX_VANISHED = 8 }; /* times that a document was there and was not */

/* The rows of one request into lane->rows and lane->docs: as many as fit, so that the reply
 * is of the size of a bulk request. */
static size_t collect(struct lane *lane)
{
	struct chunk *chunk = &lane->chunk;
	size_t n = 0, bytes = 0;

	for (size_t i = 0; i < chunk->n; i++) {
		struct log_row *row = &chunk->rows[i];

		if (row->verdict != EXISTS)
			continue;
		if (n == lane->run->max_rows || (n && bytes + row->len > lane->max_read))
			break;
		bytes += row->len;
		lane->rows[n] = row;
		lane->docs[n++] = (struct mget_doc){ .index = row->index, .id = row->id };
	}
	return n;
}

/* The row's document: the second of its two lines in the body. */
static struct slt_text document_of(const struct chunk *chunk, const struct log_row *row)
{
	const char *lines = chunk->body.ptr + row->at;
	const char *document = (const char *)memchr(lines, '\n', row->len) + 1;

	return (struct slt_text){ document, row->len - (size_t)(document - lines) - 1 };
}

static void compare_row(struct lane *lane, struct log_row *row, struct slt_text stored)
{
	const struct run *run = lane->run;

	switch (compare_documents(document_of(&lane->chunk, row), stored,
				  run->plan->facade->hooks.identity, run->has_pipeline)) {
	case SAME_DOCUMENT: row->verdict = ALREADY; break;
	case SAME_EVENT: row->verdict = DRIFTED; break;
	case ANOTHER_DOCUMENT:
		lane_set_aside(lane, row, CONFLICT, 409,
			       "the index has another document under this _id", NULL);
		return;
	}
	row->vouched = true;
}

/* It may be this document alone, or one index of several behind an alias: others are asked for
 * all the same. */
static void cannot_see(struct lane *lane, struct log_row *row)
{
	if (!lane->told_hidden)
		log_warning("documents that exist already cannot be compared: the index "
			    "does not show them: grant the user or key the privilege "
			    "read, or set ON_CONFLICT=trust where no _source is kept");
	lane->told_hidden = true;
	lane_set_aside(lane, row, UNVERIFIED, 409,
		       "the document under this _id cannot be read", NULL);
}

static void judge(struct lane *lane, struct log_row *row, const struct mget_doc *doc)
{
	switch (doc->state) {
	case MGET_FOUND: compare_row(lane, row, doc->source); break;
	case MGET_MISSING: /* deleted since: there is room for ours */
		if (++row->attempts < MAX_VANISHED)
			row->verdict = BUILT;
		else
			lane_set_aside(lane, row, LEFT, 409, "now there and now not",
				       NULL);
		break;
	case MGET_UNREADABLE: cannot_see(lane, row); break;
	}
}

/* No chunk after this one asks again. */
static void give_up_reading(struct lane *lane, size_t n, const struct err *why)
{
	if (!lane->cannot_read)
		log_warning("documents that exist already cannot be compared: %s",
			    why->text);
	lane->cannot_read = true;
	for (size_t i = 0; i < n; i++)
		lane_set_aside(lane, lane->rows[i], UNVERIFIED, 409,
			       "the document under this _id cannot be read", NULL);
}

/* A longer reply than can be kept: fewer at a time; a single one is not compared. */
static void too_large(struct lane *lane, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += lane->rows[i]->len;
	if (n > 1)
		lane->max_read = bytes / 2;
	else
		lane_set_aside(lane, lane->rows[0], UNVERIFIED, 409,
			       "the document under this _id is too large to compare",
			       NULL);
}

int exists_compare(struct lane *lane, struct err *err)
{
	size_t n;

	while ((n = collect(lane)) > 0) {
		enum elastic_answer answer = ANSWER_REFUSED;
		long retry_after = -1;

		if (!lane->cannot_read)
			answer = elastic_mget(lane->elastic, lane->docs, n, &retry_after,
					      err);
		switch (answer) {
		case ANSWER_ITEMS:
			fault_point("compared");
			for (size_t i = 0; i < n; i++)
				judge(lane, lane->rows[i], &lane->docs[i]);
			retry_progress(&lane->retry);
			continue;
		case ANSWER_TOO_LARGE: too_large(lane, n); continue;
		case ANSWER_REFUSED: give_up_reading(lane, n, err); continue;
		case ANSWER_BUSY:
		case ANSWER_UNAVAILABLE:
		case ANSWER_UNKNOWN: break;
		}
		if (retry_is_over(&lane->retry))
			return -1;
		log_info("asking again for documents that exist already: %s", err->text);
		if (stop_wait(retry_next(&lane->retry, retry_after))) {
			err->status = EXIT_EARLY;
			return -1;
		}
	}
	return 0;
}
