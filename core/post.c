// SPDX-License-Identifier: MIT
// Sends the documents of a chunk until each row has a verdict.

#include "post.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "exists.h"
#include "lane.h"
#include "log.h"
#include "retry.h"
#include "stop.h"

enum {
	MAX_ATTEMPTS = 8, /* of one row in a run, when the index answers "later" */
	SAME_BODY = 2	  /* failures in a row after which a request is cut in two */
};

/* What the next round has to know of the last. */
struct round {
	size_t max_bytes; /* of a request; less after "busy" and no answer */
	long retry_after; /* seconds that the server asked for, -1: none */
};

/* The rows of one request: lane->rows[0..n), their documents in
 * lane->parts[0..n_parts). */
struct request {
	size_t n, n_parts, bytes;
};

/* Collects BUILT rows from row *at on, as many as fit; *at moves behind the last.
 * Documents that lie side by side in the body are one part. */
static struct request collect(struct lane *lane, size_t max_bytes, size_t *at)
{
	struct chunk *chunk = &lane->chunk;
	struct request request = { 0 };

	for (; *at < chunk->n; ++*at) {
		struct log_row *row = &chunk->rows[*at];
		const char *lines = chunk->body.ptr + row->at;
		struct slt_text *last = lane->parts +
					(request.n_parts ? request.n_parts - 1 : 0);

		if (row->verdict != BUILT)
			continue;
		if (request.n == lane->run->max_rows ||
		    (request.n && request.bytes + row->len > max_bytes))
			break;
		lane->rows[request.n] = row;
		lane->ids[request.n++] = row->id;
		request.bytes += row->len;
		if (request.n_parts && last->ptr + last->len == lines)
			last->len += row->len;
		else
			lane->parts[request.n_parts++] = (struct slt_text){ lines,
									    row->len };
	}
	return request;
}

static void reject(struct lane *lane, struct log_row *row, const struct bulk_item *item)
{
	const char *type = *item->type ? item->type : "no error type";

	stats_rejected_type(lane->run->stats, type);
	lane_set_aside(lane, row, REJECTED, item->status, type, item->reason);
}

/* Gives one row its verdict. Returns whether it is final. */
static bool judge(struct lane *lane, struct log_row *row, const struct bulk_item *item)
{
	row->status = item->status;
	switch (bulk_meaning(item)) {
	case BULK_DELIVERED:
		row->verdict = item->failure_store ? ELSEWHERE : DELIVERED;
		return true;
	case BULK_EXISTS:
		row->verdict = lane->run->trust_existing ? ALREADY : EXISTS;
		row->vouched = lane->run->trust_existing;
		row->index.len = strlen(item->index);
		row->index.ptr = arena_copy(&lane->chunk.arena, item->index,
					    row->index.len);
		return true;
	case BULK_REJECTED: reject(lane, row, item); return true;
	case BULK_STOP: /* told once, for all of them */ row->verdict = LEFT; return true;
	case BULK_RETRY:
	case BULK_UNKNOWN: break;
	}
	if (++row->attempts < MAX_ATTEMPTS)
		return false;
	lane_set_aside(lane, row, LEFT, item->status,
		       *item->type ? item->type : "no answer that is final",
		       item->reason);
	return true;
}

/* One of the items says that nothing will go in. */
static int refused(const struct lane *lane, const struct bulk_item *item, struct err *err)
{
	bool quote = *item->reason && lane->run->show_reasons;

	return err_set(
		err, EXIT_CONFIG,
		"the index refuses all documents: %d %s%s%s: check "
		"ELASTICSEARCH_APP_AUDIT_LOG_INDEX (an alias, with "
		"ELASTICSEARCH_REQUIRE_ALIAS) and the privileges of the user or key "
		"(create_doc is enough)",
		item->status, item->type, quote ? ": " : "", quote ? item->reason : "");
}

/* Every item has an answer. -1: one of them says that nothing will go in. */
static int judge_items(struct lane *lane, size_t n, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		const struct bulk_item *item = &lane->items[i];

		if (judge(lane, lane->rows[i], item) && lane->rows[i]->verdict != LEFT) {
			retry_progress(&lane->retry);
			lane->has_progress = true;
		}
		if (bulk_meaning(item) == BULK_STOP)
			result = refused(lane, item, err);
	}
	return result;
}

enum sent {
	SENT_GO_ON,   /* answered */
	SENT_SMALLER, /* the same rows again, in smaller requests */
	SENT_AGAIN,   /* wait, then a new round */
	SENT_STOP,    /* nothing will go in */
};

/* Half of a request, and a little more, so that two halves are enough for rows of like
 * size. */
static size_t half(const struct request *request)
{
	return request->bytes / 2 + request->bytes / (2 * request->n);
}

/* The server's limit counts for the rest of the run. */
static enum sent too_large(struct lane *lane, const struct request *request)
{
	if (request->n > 1) {
		lane->max_bytes = half(request);
		return SENT_SMALLER;
	}
	stats_rejected_type(lane->run->stats, "too large");
	lane_set_aside(lane, lane->rows[0], REJECTED, 413, "too large", NULL);
	return SENT_GO_ON;
}

/* No answer to a whole request. When that goes on, it may be one row that brings the server
 * down, or a body that something on the way does not pass on: smaller ones find out. */
static enum sent no_answer(struct lane *lane, const struct request *request,
			   struct round *round, const struct err *err)
{
	struct log_row *first = lane->rows[0];

	log_write(lane->retry.attempt ? LOG_INFO : LOG_NOTICE, "trying again: %s",
		  err->text);
	if (lane->retry.attempt >= SAME_BODY || lane->has_progress)
		round->max_bytes = half(request);
	if (request->n == 1 && ++first->attempts >= MAX_ATTEMPTS)
		lane_set_aside(lane, first, LEFT, 0, "no answer to it alone", NULL);
	return SENT_AGAIN;
}

static enum sent send_request(struct lane *lane, const struct request *request,
			      struct round *round, struct err *err)
{
	stats_add_request(lane->run->stats, request->bytes);
	switch (elastic_bulk(lane->elastic, lane->parts, request->n_parts, lane->ids,
			     request->n, lane->items, &round->retry_after, err)) {
	case ANSWER_ITEMS:
		return judge_items(lane, request->n, err) < 0 ? SENT_STOP : SENT_GO_ON;
	case ANSWER_TOO_LARGE: return too_large(lane, request);
	case ANSWER_BUSY:
		/* some servers refuse any body of this size for as long as they live */
		lane->busy_bytes = round->max_bytes = half(request);
		break;
	case ANSWER_UNAVAILABLE:
	case ANSWER_UNKNOWN: break;
	case ANSWER_REFUSED: return SENT_STOP;
	}
	return no_answer(lane, request, round, err);
}

/* Sends every BUILT row once, in as many requests as it takes. While others get through, a
 * single row without an answer is passed over: it may be the cause. Two in a row are not. */
static enum sent send_round(struct lane *lane, struct round *round, struct err *err)
{
	size_t at = 0;
	unsigned passed_over = 0;

	for (;;) {
		size_t max = lane->max_bytes < round->max_bytes ? lane->max_bytes
								: round->max_bytes;
		size_t from = at;
		struct request request = collect(lane, max, &at);
		enum sent sent;

		if (!request.n)
			return SENT_GO_ON;
		sent = send_request(lane, &request, round, err);
		if (sent == SENT_SMALLER)
			at = from;
		else if (sent == SENT_GO_ON)
			passed_over = 0;
		else if (sent == SENT_STOP || request.n > 1 || !lane->has_progress ||
			 ++passed_over > 1)
			return sent;
	}
}

/* The rest stays unsent. Told row by row only where the run goes on; else the failure
 * that ends it tells enough. */
static void leave_rest(struct lane *lane, bool tell)
{
	struct chunk *chunk = &lane->chunk;

	for (size_t i = 0; i < chunk->n; i++) {
		struct log_row *row = &chunk->rows[i];

		if (row->verdict == BUILT && tell)
			lane_set_aside(lane, row, LEFT, row->status, "no final answer",
				       NULL);
		else if (!tell && (row->verdict == BUILT || row->verdict == EXISTS))
			row->verdict = LEFT;
	}
}

static int give_up(struct lane *lane, struct err *err, enum exit_status status)
{
	err->status = status;
	leave_rest(lane, false);
	return -1;
}

int post_nothing(struct lane *lane)
{
	leave_rest(lane, false);
	return -1;
}

/* Until the index has answered for every BUILT row, or it is given up. */
static int post_built(struct lane *lane, struct round *round, struct err *err)
{
	while (chunk_count(&lane->chunk, BUILT) > 0) {
		enum sent sent;

		round->retry_after = -1;
		err_set(err, EXIT_UNAVAILABLE, "the index asks to try again later");
		sent = send_round(lane, round, err);
		if (sent == SENT_STOP)
			return give_up(lane, err, EXIT_CONFIG);
		if (!retry_is_over(&lane->retry)) {
			if (chunk_count(&lane->chunk, BUILT) == 0)
				continue;
			stats_add_retry(lane->run->stats);
			if (stop_wait(retry_next(&lane->retry, round->retry_after)))
				return give_up(lane, err, EXIT_EARLY);
		} else if (sent == SENT_AGAIN || !lane->has_progress) {
			return give_up(lane, err, EXIT_UNAVAILABLE);
		} else { /* the index takes others, and these not yet */
			leave_rest(lane, true);
		}
	}
	return 0;
}

int post(struct lane *lane, struct err *err)
{
	struct round round;

	if (chunk_count(&lane->chunk, BUILT) == 0)
		return 0;
	lane->busy_bytes = lane->busy_bytes < SIZE_MAX / 2 ? lane->busy_bytes * 2
							   : SIZE_MAX;
	round = (struct round){ .max_bytes = lane->busy_bytes };
	if (lane->has_progress) /* else the limit goes on from the chunk before */
		retry_init(&lane->retry, lane->run->retry_seconds,
			   (unsigned)(uintptr_t)lane);
	lane->has_progress = false;
	while (chunk_count(&lane->chunk, BUILT) > 0) {
		if (post_built(lane, &round, err) < 0)
			return -1;
		if (exists_compare(lane, err) < 0)
			return give_up(lane, err, err->status);
	}
	return 0;
}
