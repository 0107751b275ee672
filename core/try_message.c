// SPDX-License-Identifier: MIT
// Tries a facade's message with good and hostile rows.

#include "try_message.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "doc.h"
#include "json.h"
#include "mem.h"

enum { MAX_DOCUMENT = 64 << 20, THREADS = 8, ROUNDS = 3, TELL_AT_MOST = 5 };

/* What became of a row. */
struct outcome {
	const char *reason; /* NULL: a document */
	size_t len;
	uint64_t hash;
};

/* What one thread needs to call message. */
struct trial {
	const struct facade *facade;
	const struct samples *samples;
	struct doc doc;
	struct buf out;
	bool is_fast; /* leaves the cells where they are: each has been before such a page */
	struct slt_text *cells;
	size_t *sizes; /* of the mappings that the cells lie in */
};

static void trial_init(struct trial *trial, const struct facade *facade,
		       const struct samples *samples)
{
	*trial = (struct trial){ .facade = facade, .samples = samples };
	trial->cells = mem_new(samples->n_cells + 1, sizeof(*trial->cells));
	trial->sizes = mem_new(samples->n_cells + 1, sizeof(*trial->sizes));
	doc_init(&trial->doc);
	buf_init(&trial->out, MAX_DOCUMENT);
}

static void trial_fini(struct trial *trial)
{
	buf_fini(&trial->out);
	free(trial->cells);
	free(trial->sizes);
}

/* ---------------------------------------------------------------- one call */

/* Behind the last byte is a page that nobody may read. */
static struct slt_text place(struct slt_text cell, size_t *ret_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (cell.len + page - 1) / page * page;
	char *start;

	*ret_size = 0;
	if (!cell.ptr)
		return cell;
	start = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		err_no_memory();
	memcpy(start + room - cell.len, cell.ptr, cell.len);
	if (room)
		mprotect(start, room, PROT_READ);
	mprotect(start + room, page, PROT_NONE);
	*ret_size = room + page;
	return (struct slt_text){ start + room - cell.len, cell.len };
}

static void take_away(struct slt_text placed, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (size)
		munmap((char *)(uintptr_t)placed.ptr + placed.len + page - size, size);
}

/* FNV-1a, of eight bytes at a time: some documents are large. */
static uint64_t hash_of(const char *bytes, size_t n)
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	uint64_t hash = UINT64_C(0xcbf29ce484222325), word;

	for (; n >= sizeof(word); bytes += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * prime;
		hash ^= hash >> 32;
	}
	for (; n; bytes++, n--)
		hash = (hash ^ (unsigned char)*bytes) * prime;
	return hash;
}

/* The document stays in trial->out until the next call. */
static struct outcome call(struct trial *trial, size_t i)
{
	const struct facade *facade = trial->facade;
	size_t n = trial->samples->n_cells;
	struct slt_row row = { .size = sizeof(row), .n_cells = n, .cells = trial->cells };
	struct outcome outcome = { .reason = NULL };
	int result;

	if (trial->is_fast)
		row.cells = trial->samples->list[i].cells;
	for (size_t j = 0; j < n && !trial->is_fast; j++)
		trial->cells[j] = place(trial->samples->list[i].cells[j],
					&trial->sizes[j]);
	buf_reset(&trial->out);
	doc_begin(&trial->doc, &trial->out);
	crash_enter(facade->module, "message");
	result = facade->hooks.message(facade->state, &row, &trial->doc.pub);
	crash_leave();
	outcome.reason = doc_end(&trial->doc, result);
	outcome.len = trial->out.len;
	outcome.hash = hash_of(trial->out.ptr, trial->out.len);
	for (size_t j = 0; j < n && !trial->is_fast; j++)
		take_away(trial->cells[j], trial->sizes[j]);
	return outcome;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
	if (a->reason || b->reason)
		return a->reason && b->reason && strcmp(a->reason, b->reason) == 0;
	return a->len == b->len && a->hash == b->hash;
}

/* ---------------------------------------------------------------- a document */

/* A name that an object of the document has twice; the NULL text when there is none. Objects
 * in arrays come from the row as they are. */
static struct slt_text find_twin(struct slt_text value)
{
	struct json_members members, others;
	struct slt_text name, other, inner, twin = { NULL, 0 };

	if (json_kind(value) != JSON_OBJECT)
		return twin;
	json_members_init(&members, value);
	while (!twin.ptr && json_members_next(&members, &name, &inner)) {
		others = members;
		twin = find_twin(inner);
		while (!twin.ptr && json_members_next(&others, &other, &inner))
			if (json_same_text(name, other))
				twin = name;
	}
	return twin;
}

/* What the row became, but for a reason of its own. */
static void judge(const struct trial *trial, const char *what,
		  const struct outcome *outcome, struct report *report)
{
	struct slt_text text = { trial->out.ptr, trial->out.len }, twin;
	const char *fault;

	if (outcome->reason) {
		if (trial->doc.is_misused)
			report_fault(report, "%s: %s", what, outcome->reason);
		return;
	}
	fault = json_check(text);
	if (!fault &&
	    (memchr(text.ptr, '\n', text.len) || memchr(text.ptr, '\r', text.len)))
		fault = "a line break";
	if (fault) {
		report_fault(report, "%s: the document is broken: %s", what, fault);
		return;
	}
	twin = find_twin(text);
	if (twin.ptr)
		report_fault(
			report,
			"%s: the document has two members of the name \"%.*s\" in one "
			"object",
			what, twin.len < 60 ? (int)twin.len : 60, twin.ptr);
}

/* Is the text part of the module, or of the program, and constant? A reason that is made of
 * the row would get into the log. */
static bool is_literal(const char *text)
{
	unsigned long from, to, at = (unsigned long)(uintptr_t)text;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], mode[8] = "";
	bool found = !maps; /* not to be found out */

	while (!found && fgets(line, sizeof(line), maps))
		found = sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 &&
			at >= from && at < to;
	if (maps)
		fclose(maps);
	return found && mode[1] != 'w';
}

/* ---------------------------------------------------------------- the checks */

/* One that is no literal may be gone already. */
static const char *readable(const char *reason)
{
	return is_literal(reason) ? reason : "the reason is no literal";
}

static void try_good(struct trial *trial, struct outcome *outcomes, struct report *report)
{
	const struct samples *s = trial->samples;
	size_t told = 0;

	for (size_t i = 0; i < s->n_good; i++) {
		report_at(report, s->list[i].what);
		outcomes[i] = call(trial, i);
		if (!outcomes[i].reason && !report->has_fault)
			judge(trial, s->list[i].what, &outcomes[i], report);
		else if (outcomes[i].reason && told++ < TELL_AT_MOST)
			report_fault(report, "%s is refused: %s", s->list[i].what,
				     readable(outcomes[i].reason));
	}
}

/* A pointer that leads nowhere makes all documents of one _id the same event. */
static void try_identity(struct trial *trial, struct report *report)
{
	const struct samples *s = trial->samples;

	for (const char *const *p = trial->facade->hooks.identity; *p; p++) {
		bool found = false;

		for (size_t i = 0; i < s->n_good && !found; i++) {
			struct slt_text text;
			struct outcome outcome;

			report_at(report, s->list[i].what);
			outcome = call(trial, i);
			text = (struct slt_text){ trial->out.ptr, trial->out.len };
			found = !outcome.reason && !slt_is_null(json_follow(text, *p));
		}
		if (!found)
			report_fault(report, "no document has a member %s", *p);
	}
}

static void try_hostile(struct trial *trial, struct outcome *outcomes,
			struct report *report)
{
	const struct samples *s = trial->samples;

	for (size_t i = s->n_good; i < s->n && !report->has_fault; i++) {
		report_at(report, s->list[i].what);
		outcomes[i] = call(trial, i);
		judge(trial, s->list[i].what, &outcomes[i], report);
	}
}

static void try_reasons(const struct samples *s, const struct outcome *outcomes,
			struct report *report)
{
	for (size_t i = 0; i < s->n && !report->has_fault; i++) {
		const char *reason = outcomes[i].reason;

		if (!reason)
			continue;
		if (!is_literal(reason))
			report_fault(
				report,
				"%s: the reason is no literal: it may hold text of the "
				"row, and may change",
				s->list[i].what);
		else if (strcmp(reason, DOC_NO_REASON) == 0)
			report_fault(report,
				     "%s: message returned a failure without a reason: "
				     "return slt_refuse(doc, \"why\")",
				     s->list[i].what);
	}
}

static void tell_difference(const struct sample *sample, const struct outcome *first,
			    const struct outcome *now, const char *when,
			    struct report *report)
{
	if (first->reason || now->reason)
		report_fault(report, "%s: first %s%s, %s %s%s", sample->what,
			     first->reason ? "refused: " : "a document",
			     first->reason ? readable(first->reason) : "", when,
			     now->reason ? "refused: " : "a document",
			     now->reason ? readable(now->reason) : "");
	else
		report_fault(report, "%s: another document %s (%zu bytes, first %zu)",
			     sample->what, when, now->len, first->len);
}

/* In the opposite order, at other places, in another second. */
static void try_again(struct trial *trial, const struct outcome *outcomes,
		      struct report *report)
{
	struct timespec pause = { .tv_sec = 1, .tv_nsec = 50000000 };

	nanosleep(&pause, NULL);
	for (size_t i = trial->samples->n; i-- && !report->has_fault;) {
		const struct sample *sample = &trial->samples->list[i];
		struct outcome now;

		report_at(report, sample->what);
		now = call(trial, i);
		if (!is_same(&outcomes[i], &now))
			tell_difference(sample, &outcomes[i], &now,
					"a second later and after other rows", report);
	}
}

struct worker {
	struct trial trial;
	const struct outcome *outcomes;
	size_t from;
	pthread_barrier_t *start;
	size_t wrong; /* one behind the row that came out differently, 0: none */
	struct outcome now;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	size_t n = worker->trial.samples->n;

	crash_begin_thread();
	pthread_barrier_wait(worker->start);
	for (size_t i = 0; i < ROUNDS * n && !worker->wrong; i++) {
		size_t at = (worker->from + i) % n;

		worker->now = call(&worker->trial, at);
		if (!is_same(&worker->outcomes[at], &worker->now))
			worker->wrong = at + 1;
	}
	crash_end_thread();
	return NULL;
}

static void try_threads(const struct facade *facade, const struct samples *s,
			const struct outcome *outcomes, struct report *report)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .outcomes = outcomes,
					      .from = i * s->n / THREADS,
					      .start = &start };
		trial_init(&workers[i].trial, facade, s);
		workers[i].trial.is_fast = true;
		if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
			err_no_memory();
	}
	for (size_t i = 0; i < THREADS; i++) {
		size_t wrong;

		pthread_join(threads[i], NULL);
		wrong = workers[i].wrong;
		if (wrong && !report->has_fault)
			tell_difference(&s->list[wrong - 1], &outcomes[wrong - 1],
					&workers[i].now, "beside other threads", report);
		trial_fini(&workers[i].trial);
	}
	pthread_barrier_destroy(&start);
}

/* Each of these checks makes sense only when the one before has passed. */
static void try_state(struct trial *trial, const char *where,
		      const struct outcome *outcomes, struct report *report)
{
	report_check(report, "%smessage gives a literal reason", where);
	try_reasons(trial->samples, outcomes, report);
	if (report->has_fault)
		return;
	report_check(report, "%smessage gives the same for the same row", where);
	try_again(trial, outcomes, report);
	if (report->has_fault)
		return;
	report_check(report, "%smessage gives the same in %d threads", where, THREADS);
	try_threads(trial->facade, trial->samples, outcomes, report);
}

void try_message(const struct facade *facade, const char *where,
		 const struct samples *samples, struct report *report)
{
	struct outcome *outcomes = mem_new(samples->n + 1, sizeof(*outcomes));
	struct trial trial;

	trial_init(&trial, facade, samples);
	if (samples->n_good) {
		report_check(report, "%smessage makes a document of each row", where);
		try_good(&trial, outcomes, report);
	}
	if (samples->n_good && facade->hooks.identity && !report->has_fault) {
		report_check(report, "%sidentity points to members of documents", where);
		try_identity(&trial, report);
	}
	report_check(report,
		     "%smessage makes a valid document of a hostile row, or refuses it",
		     where);
	try_hostile(&trial, outcomes, report);
	if (!report->has_fault)
		try_state(&trial, where, outcomes, report);
	trial_fini(&trial);
	free(outcomes);
}
