// SPDX-License-Identifier: MIT
// Lists the unsent rows under whose _id the index has another document, and closes single ones.

#include "conflicts.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "compare.h"
#include "connect.h"
#include "http.h"
#include "log.h"
#include "mem.h"
#include "runlock.h"
#include "session.h"
#include "source.h"
#include "stop.h"

enum { MAX_ROWS = 500 }; /* of one search */

struct walk {
	const struct settings *settings;
	struct session session;
	struct elastic_target target;
	struct elastic *elastic;
	struct source source;
	struct chunk chunk;
	struct doc doc;
	struct mget_doc *docs; /* of the chunk: what the index has under each _id */
	size_t docs_cap;
	struct json_object *json; /* conflicts --json: the list */
	char *const *keys;	  /* resolve */
	bool *met;		  /* which of them an unsent row has */
	size_t n_keys;
	size_t found, refused;
};

/* ---------------------------------------------------------------- one chunk */

static struct slt_text document_of(const struct walk *walk, size_t i)
{
	const struct log_row *row = &walk->chunk.rows[i];

	return (struct slt_text){ walk->chunk.body.ptr + row->at, row->len - 1 };
}

static bool has_pipeline(const struct walk *walk)
{
	return *settings_text(walk->settings, SET_ELASTICSEARCH_PIPELINE) != '\0';
}

/* Of several documents in the indexes of an alias, one that is the row's own is enough. */
static void on_hit(void *arg, size_t i, struct slt_text index, struct slt_text source)
{
	struct walk *walk = arg;
	struct log_row *row = &walk->chunk.rows[i];

	if (row->verdict == ALREADY)
		return;
	if (compare_documents(document_of(walk, i), source,
			      walk->session.facade->hooks.identity,
			      has_pipeline(walk)) != ANOTHER_DOCUMENT) {
		row->verdict = ALREADY;
		return;
	}
	row->verdict = CONFLICT;
	walk->docs[i].source = source;
	walk->docs[i].index = index;
}

/* Rows that become no document are none of these commands' business; send tells them. */
static int look_up(struct walk *walk, struct err *err)
{
	struct chunk *chunk = &walk->chunk;
	const char *prefix = settings_text(walk->settings, SET_DOCUMENT_ID_PREFIX);
	long retry_after;

	if (chunk->n > walk->docs_cap) {
		walk->docs = mem_grow(walk->docs, chunk->n, sizeof(*walk->docs));
		walk->docs_cap = chunk->n;
	}
	for (size_t i = 0; i < chunk->n; i++) {
		struct log_row *row = &chunk->rows[i];
		bool refused = build_row(walk->session.facade, &walk->doc, prefix, false,
					 chunk, i) != NULL;

		row->verdict = refused ? REFUSED : BUILT;
		walk->docs[i] = (struct mget_doc){ .id = row->id };
		if (refused)
			walk->docs[i].id = slt_str(NULL);
	}
	if (elastic_search(walk->elastic, walk->docs, chunk->n, on_hit, walk,
			   &retry_after, err) == ANSWER_ITEMS)
		return 0;
	if (stop_is_requested())
		err->status = EXIT_EARLY;
	return -1;
}

/* ---------------------------------------------------------------- conflicts */

/* One row is one line of columns, whatever its key holds; --json has it as it is. */
static void print_column(struct slt_text text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		putchar((unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
	}
	putchar('\t');
}

static void print_pointer(void *arg, const char *pointer)
{
	const char **separator = arg;

	printf("%s%s", *separator, pointer);
	*separator = " ";
}

static void add_pointer(void *arg, const char *pointer)
{
	json_object_array_add(arg, json_object_new_string(pointer));
}

static struct json_object *json_text(struct slt_text text)
{
	return json_object_new_string_len(text.ptr, (int)text.len);
}

static void show(struct walk *walk, size_t i)
{
	struct slt_text key = walk->chunk.rows[i].key.text;
	const struct mget_doc *doc = &walk->docs[i];
	struct json_object *o, *paths;
	const char *separator = "";

	if (!walk->json) {
		print_column(key);
		print_column(doc->index);
		compare_each_difference(document_of(walk, i), doc->source,
					has_pipeline(walk), print_pointer, &separator);
		putchar('\n');
		return;
	}
	o = json_object_new_object();
	paths = json_object_new_array();
	json_object_object_add(o, "key", json_text(key));
	json_object_object_add(o, "index", json_text(doc->index));
	compare_each_difference(document_of(walk, i), doc->source, has_pipeline(walk),
				add_pointer, paths);
	json_object_object_add(o, "differs", paths);
	json_object_array_add(walk->json, o);
}

static int list_chunk(struct walk *walk, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < walk->chunk.n; i++) {
		if (walk->chunk.rows[i].verdict != CONFLICT)
			continue;
		show(walk, i);
		walk->found++;
	}
	return 0;
}

/* ---------------------------------------------------------------- resolve */

static bool is_wanted(struct walk *walk, struct slt_text key)
{
	bool wanted = false;

	for (size_t i = 0; i < walk->n_keys; i++) {
		if (!slt_is(key, walk->keys[i]))
			continue;
		walk->met[i] = true;
		wanted = true;
	}
	return wanted;
}

/* Law 1 is the person's now, law 2 is not: one row for one key, or none. */
static int mark(struct walk *walk, const struct log_row *row, struct err *err)
{
	struct sql_args args = { .keys = &row->key, .n_keys = 1 };
	struct db *db = walk->session.db;
	long long touched;

	if (db_begin(db, err) < 0 ||
	    plan_exec(&walk->session.plan.mark_as_sent, &args, &walk->source.values, db,
		      &touched, err) < 0) {
		db_rollback(db);
		return -1;
	}
	if (touched == 1)
		return db_commit(db, err);
	db_rollback(db);
	return err_set(err, EXIT_SET_ASIDE,
		       "marking it would touch %lld rows, so it is not marked", touched);
}

static int resolve_row(struct walk *walk, const struct log_row *row, struct err *err)
{
	int len = (int)row->key.text.len;
	const char *key = row->key.text.ptr;

	if (row->verdict != CONFLICT) {
		log_warning("row %.*s: %s: not marked", len, key,
			    row->verdict == ALREADY
				    ? "the index holds its own document, send marks it"
				    : "the index has no other document under its _id");
		walk->refused++;
		return 0;
	}
	if (mark(walk, row, err) < 0) {
		if (err->status != EXIT_SET_ASIDE)
			return -1;
		log_warning("row %.*s: %s", len, key, err->text);
		walk->refused++;
		return 0;
	}
	log_notice("row %.*s: marked as sent; the index holds another document", len,
		   key);
	walk->found++;
	return 0;
}

static int resolve_chunk(struct walk *walk, struct err *err)
{
	for (size_t i = 0; i < walk->chunk.n; i++) {
		const struct log_row *row = &walk->chunk.rows[i];

		if (is_wanted(walk, row->key.text) && resolve_row(walk, row, err) < 0)
			return -1;
	}
	return 0;
}

/* ---------------------------------------------------------------- all of them */

typedef int chunk_fn(struct walk *walk, struct err *err);

static int open_walk(struct walk *walk, enum db_access access, struct err *err)
{
	const struct settings *s = walk->settings;
	long rows = settings_number(s, SET_CHUNK_SIZE);

	chunk_init(&walk->chunk);
	doc_init(&walk->doc);
	if (connect_target(s, false, &walk->target, err) < 0 ||
	    session_open(&walk->session, s, access, err) < 0)
		return -1;
	source_init(&walk->source, &walk->session.plan,
		    (size_t)(rows < MAX_ROWS ? rows : MAX_ROWS),
		    (size_t)settings_number(s, SET_MAX_BULK_BYTES), SIZE_MAX);
	walk->elastic = elastic_new(&walk->target, err);
	return walk->elastic ? 0 : -1;
}

static void close_walk(struct walk *walk)
{
	if (walk->session.db)
		source_fini(&walk->source);
	elastic_free(walk->elastic);
	session_close(&walk->session);
	elastic_target_fini(&walk->target);
	chunk_fini(&walk->chunk);
	free(walk->docs);
	http_global_fini();
}

static int each_chunk(struct walk *walk, chunk_fn *each, struct err *err)
{
	int got;

	while ((got = source_take(&walk->source, walk->session.db, &walk->chunk, err)) >
	       0) {
		if (look_up(walk, err) < 0 || each(walk, err) < 0)
			return -1;
		source_settled(&walk->source, walk->chunk.n, 0);
	}
	return got;
}

int conflicts_list(const struct settings *settings, bool json,
		   enum exit_status *ret_status, struct err *err)
{
	struct walk walk = { .settings = settings };
	int result;

	if (http_global_init(err) < 0)
		return -1;
	if (json)
		walk.json = json_object_new_array();
	result = open_walk(&walk, DB_READ, err);
	if (result == 0)
		result = each_chunk(&walk, list_chunk, err);
	if (json && result == 0)
		printf("%s\n",
		       json_object_to_json_string_ext(
			       walk.json,
			       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(walk.json);
	close_walk(&walk);
	*ret_status = stop_is_requested() ? EXIT_EARLY
		      : walk.found	  ? EXIT_SET_ASIDE
					  : EXIT_DONE;
	return result;
}

int conflicts_resolve(const struct settings *settings, char *const *keys, size_t n_keys,
		      enum exit_status *ret_status, struct err *err)
{
	struct walk walk = { .settings = settings, .keys = keys, .n_keys = n_keys };
	struct db *lock = NULL;
	int result;

	if (http_global_init(err) < 0)
		return -1;
	walk.met = mem_new(n_keys, sizeof(*walk.met));
	result = open_walk(&walk, DB_WRITE, err);
	if (result == 0)
		result = runlock_take(&walk.session.url, &walk.session.plan.key.table, 0,
				      &lock, ret_status, err);
	if (result == 1) {
		result = each_chunk(&walk, resolve_chunk, err);
		for (size_t i = 0; i < n_keys && result == 0; i++) {
			if (walk.met[i])
				continue;
			log_warning("no unsent row has the key %s", keys[i]);
			walk.refused++;
		}
		*ret_status = stop_is_requested() ? EXIT_EARLY
			      : walk.refused	  ? EXIT_SET_ASIDE
						  : EXIT_DONE;
	} else if (result == 0) {
		*ret_status =
			EXIT_EARLY; /* another run is active: nothing was resolved */
	}
	db_close(lock);
	free(walk.met);
	close_walk(&walk);
	return result;
}
