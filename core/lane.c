// SPDX-License-Identifier: MIT
// The loop that carries rows: take, build, post, settle.

#include "lane.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aside.h"
#include "build.h"
#include "fault.h"
#include "log.h"
#include "mem.h"
#include "post.h"
#include "settle.h"

/* Scratch for the rows in hand: grows with the first chunks, then stays. */
static void make_room(struct lane *lane)
{
	size_t n = lane->chunk.n, max = lane->run->max_rows;

	if (n <= lane->cap)
		return;
	lane->rows = mem_grow(lane->rows, n, sizeof(struct log_row *));
	lane->keys = mem_grow(lane->keys, n, sizeof(*lane->keys));
	lane->ids = mem_grow(lane->ids, n, sizeof(*lane->ids));
	lane->parts = mem_grow(lane->parts, n, sizeof(*lane->parts));
	lane->items = mem_grow(lane->items, n < max ? n : max, sizeof(*lane->items));
	lane->docs = mem_grow(lane->docs, n, sizeof(*lane->docs));
	lane->cap = n;
}

static void build(struct lane *lane)
{
	const struct run *run = lane->run;
	struct chunk *chunk = &lane->chunk;

	make_room(lane);
	for (size_t i = 0; i < chunk->n; i++) {
		const char *reason = build_row(run->plan->facade, &lane->doc,
					       run->id_prefix, true, chunk, i);

		if (reason)
			lane_set_aside(lane, &chunk->rows[i], REFUSED, 0, reason, NULL);
		else
			chunk->rows[i].verdict = BUILT;
	}
	chunk_drop_cells(chunk);
}

/* What is set aside or left does not count toward the rows that a run may send. */
static void account(struct lane *lane)
{
	const struct chunk *chunk = &lane->chunk;
	size_t sent = chunk_count(chunk, GONE);
	size_t gone = sent;

	for (size_t i = 0; i < chunk->n; i++)
		sent += chunk_has_earned(&chunk->rows[i]);

	stats_add_chunk(lane->run->stats, chunk);
	source_settled(lane->run->source, chunk->n, chunk->n - sent);
	progress_add(lane->run->progress, chunk->n, sent - gone);
}

/* Once per lane: what would fail behind the first reply fails before the first request. */
static int prove(struct lane *lane, struct err *err)
{
	bool is_proven = lane->is_proven;

	if (settle_prove(lane, err) < 0)
		return -1;
	return is_proven ? 0 : aside_prove(lane, err);
}

/* Seconds since the time that *at holds, which becomes now. */
static double lap(double *at)
{
	double now = clock_seconds(), seconds = now - *at;

	*at = now;
	return seconds;
}

/* One chunk. 1 go on, 0 nothing more, -1 failed. What the index has acknowledged is
 * marked even when posting the rest has failed. */
static int carry(struct lane *lane, struct err *err)
{
	double seconds[N_PHASES] = { 0 }, at = clock_seconds();
	struct err second;
	int posted, settled, taken;

	taken = source_take(lane->run->source, lane->db, &lane->chunk, err);
	if (taken <= 0)
		return taken;
	seconds[PHASE_READ] = lap(&at);
	fault_point("taken");
	build(lane);
	seconds[PHASE_BUILD] = lap(&at);
	fault_point("built");
	posted = prove(lane, err) < 0 ? post_nothing(lane) : post(lane, err);
	seconds[PHASE_POST] = lap(&at);
	fault_point("posted");
	/* a database may need as much again to rewrite a large row */
	chunk_drop_body(&lane->chunk, lane->run->max_bulk_bytes);
	elastic_drop_reply(lane->elastic, lane->run->max_bulk_bytes);
	settled = settle(lane, posted < 0 ? &second : err);
	if (posted == 0 && settled == 0)
		settled = aside(lane, err);
	seconds[PHASE_MARK] = lap(&at);
	stats_add_phases(lane->run->stats, seconds);
	fault_point("settled");
	account(lane);
	if (posted < 0 && settled < 0)
		stats_fail(lane->run->stats, &second);
	return posted < 0 || settled < 0 ? -1 : 1;
}

bool lane_step(struct lane *lane)
{
	struct err err;
	int went = carry(lane, &err);

	if (went < 0) {
		stats_fail(lane->run->stats, &err);
		source_close(lane->run->source);
	}
	return went > 0;
}

void lane_init(struct lane *lane, const struct run *run, struct db *db)
{
	*lane = (struct lane){ .run = run,
			       .db = db,
			       .max_bytes = run->max_bulk_bytes,
			       .busy_bytes = SIZE_MAX,
			       .max_read = run->max_bulk_bytes,
			       .has_progress = true };
	chunk_init(&lane->chunk);
	doc_init(&lane->doc);
	sql_values_init(&lane->values);
	lane->elastic = elastic_new(run->target);
}

void lane_fini(struct lane *lane)
{
	db_close(lane->db);
	elastic_free(lane->elastic);
	chunk_fini(&lane->chunk);
	sql_values_fini(&lane->values);
	free(lane->rows);
	free(lane->keys);
	free(lane->ids);
	free(lane->parts);
	free(lane->items);
	free(lane->docs);
	memset(lane, 0, sizeof(*lane));
}

static const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case REFUSED: return "refused";
	case REJECTED: return "rejected";
	case CONFLICT: return "conflict";
	case UNVERIFIED: return "unverified";
	case LEFT: return "left unsent";
	default: return "set aside";
	}
}

void lane_set_aside(struct lane *lane, struct log_row *row, enum verdict verdict,
		    int status, const char *what, const char *reason)
{
	char code[16] = "", quote[288] = "";

	row->verdict = verdict;
	row->status = status;
	if (lane->run->quarantine)
		row->what = arena_copy(&lane->chunk.arena, what, strlen(what));
	if (!stats_may_tell(lane->run->stats, verdict))
		return;
	if (status)
		snprintf(code, sizeof(code), "%d ", status);
	if (reason && *reason && lane->run->show_reasons)
		snprintf(quote, sizeof(quote), ": %s", reason);
	log_warning("row %.*s: %s: %s%s%s", (int)row->key.text.len, row->key.text.ptr,
		    verdict_name(verdict), code, what, quote);
}
