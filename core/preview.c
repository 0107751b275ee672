// SPDX-License-Identifier: MIT
// The command preview: prints the documents that send would write.

#include "preview.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "log.h"
#include "quarantine.h"
#include "session.h"
#include "source.h"
#include "stop.h"

/* Prints the documents of one chunk; returns how many rows are refused. */
static size_t print_chunk(const struct facade *facade, struct doc *doc,
			  const char *prefix, struct chunk *chunk)
{
	size_t refused = 0;

	for (size_t i = 0; i < chunk->n; i++) {
		const struct slt_text *key = &chunk->rows[i].key.text;
		const char *reason = build_row(facade, doc, prefix, false, chunk, i);

		if (!reason)
			continue;
		log_warning("row %.*s: refused: %s", (int)key->len, key->ptr, reason);
		refused++;
	}
	fwrite(chunk->body.ptr, 1, chunk->body.len, stdout);
	return refused;
}

static int print_all(struct source *source, struct db *db, const struct facade *facade,
		     const char *prefix, enum exit_status *ret_status, struct err *err)
{
	struct chunk chunk;
	struct doc doc;
	size_t refused = 0;
	int got;

	chunk_init(&chunk);
	doc_init(&doc);
	while ((got = source_take(source, db, &chunk, err)) > 0 && !ferror(stdout)) {
		size_t n = print_chunk(facade, &doc, prefix, &chunk);

		refused += n;
		source_settled(source, chunk.n, n);
	}
	chunk_fini(&chunk);
	if (got >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return err_set(err, EXIT_EARLY, "cannot write to stdout: %s",
			       strerror(errno));
	*ret_status = stop_is_requested() ? EXIT_EARLY
		      : refused		  ? EXIT_SET_ASIDE
					  : EXIT_DONE;
	return got < 0 ? -1 : 0;
}

int preview(const struct settings *settings, long limit, enum exit_status *ret_status,
	    struct err *err)
{
	struct quarantine quarantine = { .table = NULL };
	struct session session;
	struct source source;
	int result = session_open(&session, settings, DB_READ, err);

	if (result == 0)
		result = quarantine_open(&quarantine, settings, &session.plan, session.db,
					 err);
	if (limit < 0)
		limit = settings_number(settings, SET_BATCH_SIZE);
	if (result == 0) {
		source_init(&source, &session.plan,
			    (size_t)settings_number(settings, SET_CHUNK_SIZE),
			    (size_t)settings_number(settings, SET_MAX_BULK_BYTES),
			    limit == 0 ? SIZE_MAX : (size_t)limit);
		result = print_all(&source, session.db, session.facade,
				   settings_text(settings, SET_DOCUMENT_ID_PREFIX),
				   ret_status, err);
		source_fini(&source);
	}
	quarantine_fini(&quarantine);
	session_close(&session);
	return result;
}
