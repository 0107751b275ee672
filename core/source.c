// SPDX-License-Identifier: MIT
// Hands out the unsent rows of the table in key order, chunk by chunk.

#include "source.h"

#include <stdint.h>

#include "stop.h"

/* Without an index each page is a scan and a sort of the whole table, so one page serves
 * many chunks; its bytes are bounded as those of any page are. */
enum { CHUNKS_PER_SCAN = 64, JOINED_BYTES = 9 << 19, FIRST_ROWS = 1000 };

/* Rows of a page, unless they are large. */
static size_t full_page(const struct source *source)
{
	return source->plan->key.indexed ? source->chunk_size
					 : source->chunk_size * CHUNKS_PER_SCAN;
}

void source_init(struct source *source, const struct plan *plan, size_t chunk_size,
		 size_t max_bytes, size_t limit)
{
	*source = (struct source){
		.plan = plan,
		.first_page = &plan->first_page,
		.next_page = &plan->next_page,
		.chunk_size = chunk_size,
		.max_bytes = max_bytes,
		.remaining = limit,
		.joined = 1,
	};
	source->page_rows = full_page(source);
	/* how large rows are is not known yet: few of them, and the sort is a small one */
	if (plan->page_ends.text && source->page_rows > FIRST_ROWS)
		source->page_rows = FIRST_ROWS;
	pthread_mutex_init(&source->mutex, NULL);
	pthread_cond_init(&source->settled, NULL);
	buf_init(&source->after_text, SIZE_MAX / 4);
	chunk_init(&source->reserve);
	chunk_init(&source->ends);
	sql_values_init(&source->values);
}

void source_fini(struct source *source)
{
	pthread_mutex_destroy(&source->mutex);
	pthread_cond_destroy(&source->settled);
	buf_fini(&source->after_text);
	chunk_fini(&source->reserve);
	chunk_fini(&source->ends);
	sql_values_fini(&source->values);
}

void source_join(struct source *source)
{
	if (source->plan->key.indexed)
		return;
	source->joined = CHUNKS_PER_SCAN;
	if (source->max_bytes > JOINED_BYTES)
		source->max_bytes = JOINED_BYTES;
}

void source_take_old(struct source *source, const char *older_than)
{
	source->first_page = &source->plan->old_first_page;
	source->next_page = &source->plan->old_next_page;
	source->older_than = older_than;
}

void source_take_sent(struct source *source, const char *since)
{
	source->first_page = &source->plan->sent_first_page;
	source->next_page = &source->plan->sent_next_page;
	source->older_than = since;
}

struct page {
	struct chunk *chunk;
	size_t max_bytes;
	bool cut; /* stopped before the end of the result */
};

/* Enough when one more row of this size would go beyond the maximum. */
static int add_row(void *arg, const struct db_row *row)
{
	struct page *page = arg;
	size_t bytes;

	chunk_add(page->chunk, row);
	bytes = chunk_bytes(page->chunk);
	page->cut = bytes + bytes / page->chunk->n > page->max_bytes;
	return page->cut;
}

static void move_behind(struct source *source, const struct db_value *key)
{
	buf_reset(&source->after_text);
	buf_put(&source->after_text, key->text.ptr, key->text.len);
	source->after.type = key->type;
	source->after.text.ptr = buf_str(&source->after_text);
	source->after.text.len = key->text.len;
}

/* The result of a page with large rows is not read to its end; the next page asks for
 * what this one took, so that the database does not read rows in vain, and for more again
 * when rows are smaller. */
static void adapt_page(struct source *source, const struct page *page)
{
	size_t full = full_page(source);
	size_t row = chunk_bytes(page->chunk) / page->chunk->n + 1;

	if (page->cut)
		source->page_rows = page->chunk->n;
	else if (source->page_rows < full)
		source->page_rows = source->max_bytes / row + 1;
	if (source->page_rows > full)
		source->page_rows = full;
}

static int add_end(void *arg, const struct db_row *row)
{
	chunk_add(arg, row);
	return 0;
}

/* Where the next page may end, NULL: at the end of the table. One sort of the keys alone
 * finds the ends of many pages, and each page then sorts no more than its own rows. */
static int find_end(struct source *source, struct db *db, const struct log_row **ret,
		    struct err *err)
{
	const struct plan *plan = source->plan;
	struct sql_args args = { .after = &source->after, .limit = source->page_rows };

	/* where bytes bound a page, a little less, for rows are not all of one size */
	if (args.limit < full_page(source))
		args.limit -= args.limit / 8;
	*ret = NULL;
	if (!plan->page_ends.text || source->next_page != &plan->next_page ||
	    !source->after.text.ptr)
		return 0;
	if (source->ends_at == source->ends.n) {
		chunk_reset(&source->ends);
		source->ends_at = 0;
		if (plan_query(&plan->page_ends, &args, &source->values, db, add_end,
			       &source->ends, err) < 0)
			return -1;
	}
	if (source->ends_at < source->ends.n)
		*ret = &source->ends.rows[source->ends_at];
	return 0;
}

/* Reads at most `rows` rows, and the position moves behind them: 1 when there may be more of
 * them up to this end (or NULL), 0, -1. */
static int read_up_to(struct source *source, struct db *db, const struct log_row *end,
		      size_t rows, struct chunk *ret, struct err *err)
{
	bool first = !source->after.text.ptr;
	const struct sql *sql = end	? &source->plan->page_up_to
				: first ? source->first_page
					: source->next_page;
	struct page page = { .chunk = ret, .max_bytes = source->max_bytes };
	const struct log_row *last;
	struct sql_args args = { .after = &source->after,
				 .up_to = end ? &end->key : NULL,
				 .older_than = source->older_than };

	args.limit = rows < source->page_rows ? rows : source->page_rows;
	if (plan_query(sql, &args, &source->values, db, add_row, &page, err) < 0)
		return -1;
	if (ret->n < args.limit && !page.cut)
		return 0;
	adapt_page(source, &page);
	last = &ret->rows[ret->n - 1];
	move_behind(source, &last->key);
	return !end || !chunk_same_key(last, end);
}

/* Reads a page of at most `rows` rows into a chunk. */
static int read_page(struct source *source, struct db *db, size_t rows, struct chunk *ret,
		     struct err *err)
{
	const struct log_row *end;
	int more;

	do {
		if (find_end(source, db, &end, err) < 0)
			return -1;
		more = read_up_to(source, db, end, rows, ret, err);
		if (more < 0)
			return -1;
		if (!more && end) {
			move_behind(source, &end->key);
			source->ends_at++;
		} else if (!more) {
			source->exhausted = true;
		}
	} while (!ret->n && !source->exhausted);
	return 0;
}

/* Without an index: hands out of the reserve, which is filled by one scan for many
 * chunks. */
static int take_reserved(struct source *source, struct db *db, size_t rows,
			 struct chunk *ret, struct err *err)
{
	size_t left;

	if (source->reserve_at == source->reserve.n) {
		chunk_reset(&source->reserve);
		source->reserve_at = 0;
		/* more than may be sent, for rows that are set aside give way to
		 * others */
		if (!source->exhausted &&
		    read_page(source, db, SIZE_MAX, &source->reserve, err) < 0) {
			chunk_reset(&source->reserve); /* half a page */
			return -1;
		}
	}
	left = source->reserve.n - source->reserve_at;
	if (rows >= left && source->reserve_at == 0) { /* all: nothing to copy */
		struct chunk all = source->reserve;
		struct buf unused = all.body;

		all.body = ret->body; /* the taker goes on with its own */
		source->reserve = *ret;
		source->reserve.body = unused;
		*ret = all;
		return 0;
	}
	if (rows > left)
		rows = left;
	chunk_add_from(ret, &source->reserve, source->reserve_at, rows);
	source->reserve_at += rows;
	return 0;
}

static int take(struct source *source, struct db *db, struct chunk *ret, struct err *err)
{
	size_t rows = source->chunk_size * source->joined;

	while (source->remaining == 0 && source->in_hand > 0 && !source->closed)
		pthread_cond_wait(&source->settled, &source->mutex);
	if (source->closed || source->remaining == 0 || stop_is_requested())
		return 0;
	/* Another run may have begun: what is in hand is settled, no more is taken. Law 1
	 * does not depend on the lock. */
	if (source->lock && !db_alive(source->lock))
		return err_set(err, EXIT_EARLY,
			       "the connection that holds the run lock is gone");
	if (rows > source->remaining)
		rows = source->remaining;
	if (!source->plan->key.indexed) {
		if (take_reserved(source, db, rows, ret, err) < 0)
			return -1;
	} else if (!source->exhausted && read_page(source, db, rows, ret, err) < 0) {
		return -1;
	}
	if (source->remaining != SIZE_MAX)
		source->remaining -= ret->n;
	source->in_hand += ret->n;
	return ret->n > 0;
}

int source_take(struct source *source, struct db *db, struct chunk *ret, struct err *err)
{
	int result;

	chunk_reset(ret);
	pthread_mutex_lock(&source->mutex);
	result = take(source, db, ret, err);
	pthread_mutex_unlock(&source->mutex);
	return result;
}

bool source_may_have_more(const struct source *source)
{
	return source->remaining > 0 && !source->closed &&
	       (!source->exhausted || source->reserve_at < source->reserve.n);
}

void source_settled(struct source *source, size_t n_rows, size_t n_set_aside)
{
	pthread_mutex_lock(&source->mutex);
	source->in_hand -= n_rows;
	if (source->remaining != SIZE_MAX)
		source->remaining += n_set_aside;
	pthread_cond_broadcast(&source->settled);
	pthread_mutex_unlock(&source->mutex);
}

void source_close(struct source *source)
{
	pthread_mutex_lock(&source->mutex);
	source->closed = true;
	pthread_cond_broadcast(&source->settled);
	pthread_mutex_unlock(&source->mutex);
}

int source_has_more(struct source *source, struct db *db, struct err *err)
{
	size_t n = source->reserve.n - source->reserve_at;

	if (n == 0 && !source->exhausted) {
		chunk_reset(&source->reserve);
		source->reserve_at = 0;
		if (read_page(source, db, 1, &source->reserve, err) < 0)
			return -1;
		n = source->reserve.n;
	}
	return n > 0;
}
