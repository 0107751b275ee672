// SPDX-License-Identifier: MIT
// Looks what the index has under the _ids of rows.

#include "lookup.h"

#include <stdint.h>
#include <stdlib.h>

#include "build.h"
#include "connect.h"
#include "mem.h"
#include "stop.h"

enum { MAX_ROWS = 500 }; /* of one search */

static struct slt_text document_of(const struct lookup *lookup, size_t i)
{
	const struct log_row *row = &lookup->chunk.rows[i];

	return (struct slt_text){ lookup->chunk.body.ptr + row->at, row->len - 1 };
}

static bool has_pipeline(const struct lookup *lookup)
{
	return *settings_text(lookup->settings, SET_ELASTICSEARCH_PIPELINE) != '\0';
}

void lookup_differences(const struct lookup *lookup, size_t i, compare_fn *each,
			void *arg)
{
	compare_each_difference(document_of(lookup, i), lookup->docs[i].source,
				has_pipeline(lookup), each, arg);
}

/* Of several documents in the indexes of an alias, one that is the row's own is enough. */
static void on_hit(void *arg, size_t i, struct slt_text index, struct slt_text source)
{
	struct lookup *lookup = arg;
	struct log_row *row = &lookup->chunk.rows[i];

	if (row->verdict == ALREADY)
		return;
	if (compare_documents(document_of(lookup, i), source,
			      lookup->session.facade->hooks.identity,
			      has_pipeline(lookup)) != ANOTHER_DOCUMENT) {
		row->verdict = ALREADY;
		return;
	}
	row->verdict = CONFLICT;
	lookup->docs[i].source = source;
	lookup->docs[i].index = index;
}

static void build(struct lookup *lookup)
{
	struct chunk *chunk = &lookup->chunk;
	const char *prefix = settings_text(lookup->settings, SET_DOCUMENT_ID_PREFIX);

	if (chunk->n > lookup->docs_cap) {
		lookup->docs = mem_grow(lookup->docs, chunk->n, sizeof(*lookup->docs));
		lookup->docs_cap = chunk->n;
	}
	for (size_t i = 0; i < chunk->n; i++) {
		struct log_row *row = &chunk->rows[i];
		bool refused = build_row(lookup->session.facade, &lookup->doc, prefix,
					 false, chunk, i) != NULL;

		row->verdict = refused ? REFUSED : BUILT;
		lookup->docs[i] = (struct mget_doc){ .id = row->id };
		if (refused)
			lookup->docs[i].id = slt_str(NULL);
	}
}

/* Of the documents that have an id in docs. */
static int search(struct lookup *lookup, struct err *err)
{
	long retry_after;

	if (elastic_search(lookup->elastic, lookup->docs, lookup->chunk.n, on_hit, lookup,
			   &retry_after, err) == ANSWER_ITEMS)
		return 0;
	if (stop_is_requested())
		err->status = EXIT_EARLY;
	return -1;
}

int lookup_again(struct lookup *lookup, bool *ret_stale, struct err *err)
{
	struct err why;

	*ret_stale = elastic_refresh(lookup->elastic, &why) != ANSWER_ITEMS;
	if (*ret_stale)
		return 0;
	for (size_t i = 0; i < lookup->chunk.n; i++)
		if (lookup->chunk.rows[i].verdict != BUILT)
			lookup->docs[i].id = slt_str(NULL);
	return search(lookup, err);
}

int lookup_open(struct lookup *lookup, const struct settings *settings,
		enum db_access access, struct err *err)
{
	long rows = settings_number(settings, SET_CHUNK_SIZE);

	*lookup = (struct lookup){ .settings = settings };
	chunk_init(&lookup->chunk);
	doc_init(&lookup->doc);
	if (connect_target(settings, false, &lookup->target, err) < 0 ||
	    session_open(&lookup->session, settings, access, err) < 0)
		return -1;
	source_init(&lookup->source, &lookup->session.plan,
		    (size_t)(rows < MAX_ROWS ? rows : MAX_ROWS),
		    (size_t)settings_number(settings, SET_MAX_BULK_BYTES), SIZE_MAX);
	lookup->elastic = elastic_new(&lookup->target);
	return 0;
}

void lookup_close(struct lookup *lookup)
{
	if (lookup->source.plan)
		source_fini(&lookup->source);
	elastic_free(lookup->elastic);
	session_close(&lookup->session);
	elastic_target_fini(&lookup->target);
	chunk_fini(&lookup->chunk);
	free(lookup->docs);
}

int lookup_each(struct lookup *lookup, lookup_fn *each, void *arg, struct err *err)
{
	struct chunk *chunk = &lookup->chunk;
	int got;

	while ((got = source_take(&lookup->source, lookup->session.db, chunk, err)) > 0) {
		build(lookup);
		if (search(lookup, err) < 0 || each(lookup, arg, err) < 0)
			return -1;
		source_settled(&lookup->source, chunk->n, 0);
	}
	return got;
}
