// SPDX-License-Identifier: MIT
// Asks for stored documents by their _id, and reads their text.

#include "mget.h"

#include "json.h"

void mget_put_body(struct buf *body, const struct mget_doc *docs, size_t n)
{
	buf_puts(body, "{\"docs\":[");
	for (size_t i = 0; i < n; i++) {
		buf_puts(body, i ? ",{\"_index\":" : "{\"_index\":");
		json_put_string(body, docs[i].index);
		buf_puts(body, ",\"_id\":");
		json_put_string(body, docs[i].id);
		buf_putc(body, '}');
	}
	buf_puts(body, "]}");
}

/* NULL when it is understood, else why not. */
static const char *read_doc(struct slt_text object, struct mget_doc *doc)
{
	struct slt_text found = json_get(object, "found");

	if (json_kind(object) != JSON_OBJECT ||
	    !json_is_string(json_get(object, "_id"), doc->id))
		return "is about another _id than was asked for there";
	doc->source = json_get(object, "_source");
	if (slt_is(found, "true"))
		doc->state = !slt_is_null(doc->source) &&
					     json_kind(doc->source) == JSON_OBJECT
				     ? MGET_FOUND
				     : MGET_UNREADABLE;
	else if (slt_is(found, "false"))
		doc->state = MGET_MISSING;
	else if (slt_is_null(json_get(object, "error")))
		return "neither says whether it was found, nor why not";
	return NULL;
}

int mget_read_reply(struct slt_text reply, struct mget_doc *docs, size_t n,
		    struct err *err)
{
	struct slt_text array = slt_str(NULL), object;
	const char *why = json_check(reply);
	struct json_members items;
	size_t i = 0;

	for (size_t j = 0; j < n; j++) {
		docs[j].state = MGET_UNREADABLE;
		docs[j].source = slt_str(NULL);
	}
	if (!why)
		array = json_get(reply, "docs");
	if (slt_is_null(array) || json_kind(array) != JSON_ARRAY)
		return err_set(err, EXIT_UNAVAILABLE, "%s",
			       why ? why : "it has no \"docs\"");
	json_items_init(&items, array);
	for (; json_items_next(&items, &object); i++) {
		if (i < n)
			why = read_doc(object, &docs[i]);
		if (why)
			break;
	}
	if (!why && i == n)
		return 0;
	for (size_t j = 0; j < n; j++)
		docs[j].state = MGET_UNREADABLE;
	if (why)
		return err_set(err, EXIT_UNAVAILABLE, "its document %zu %s", i + 1, why);
	return err_set(err, EXIT_UNAVAILABLE, "it has %zu documents, %zu were asked for",
		       i, n);
}

void mget_put_search(struct buf *body, const struct mget_doc *docs, size_t n)
{
	const char *separator = "";

	/* several indexes of an alias can have a document of one _id */
	buf_printf(body, "{\"size\":%zu,\"query\":{\"ids\":{\"values\":[", 4 * n);
	for (size_t i = 0; i < n; i++) {
		if (slt_is_null(docs[i].id))
			continue;
		buf_puts(body, separator);
		json_put_string(body, docs[i].id);
		separator = ",";
	}
	buf_puts(body, "]}}}");
}

static bool find_doc(struct slt_text raw_id, const struct mget_doc *docs, size_t n,
		     size_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (!slt_is_null(docs[i].id) && json_is_string(raw_id, docs[i].id)) {
			*ret = i;
			return true;
		}
	return false;
}

int mget_read_search(struct slt_text reply, const struct mget_doc *docs, size_t n,
		     mget_hit_fn *hit, void *arg, struct err *err)
{
	struct slt_text hits = slt_str(NULL), object, index, source;
	struct json_members items;
	size_t i;

	if (!json_check(reply))
		hits = json_get(json_get(reply, "hits"), "hits");
	if (slt_is_null(hits) || json_kind(hits) != JSON_ARRAY)
		return err_set(err, EXIT_UNAVAILABLE, "it has no \"hits\"");
	json_items_init(&items, hits);
	while (json_items_next(&items, &object)) {
		index = json_get(object, "_index");
		source = json_get(object, "_source");
		if (slt_is_null(index) || json_kind(index) != JSON_STRING ||
		    slt_is_null(source) || json_kind(source) != JSON_OBJECT ||
		    !find_doc(json_get(object, "_id"), docs, n, &i))
			return err_set(err, EXIT_UNAVAILABLE,
				       "it has a hit without _index and _source, or that "
				       "was not asked for");
		index = (struct slt_text){ index.ptr + 1, index.len - 2 };
		hit(arg, i, index, source);
	}
	return 0;
}
