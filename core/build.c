// SPDX-License-Identifier: MIT
// From a row to its document.

#include "build.h"

#include <string.h>

#include "bulk.h"
#include "crash.h"
#include "utf8.h"

/* Why a key cannot be an _id; NULL when it can. */
static const char *key_fault(const struct chunk *chunk, size_t i)
{
	const struct db_value *key = &chunk->rows[i].key;

	if (key->type == DB_REAL || key->type == DB_BLOB)
		return "the key is neither an integer nor text";
	if (!key->text.len)
		return "the key is empty";
	if (memchr(key->text.ptr, '\0', key->text.len) || !utf8_is_valid(key->text))
		return "the key is not valid UTF-8 text";
	if (chunk_is_duplicate(chunk, i))
		return "the key is not unique";
	return NULL;
}

static void make_id(struct chunk *chunk, struct log_row *row, const char *prefix)
{
	size_t prefix_len = strlen(prefix);
	char *id;

	if (!prefix_len) {
		row->id = row->key.text;
		return;
	}
	row->id.len = prefix_len + row->key.text.len;
	id = arena_get(&chunk->arena, row->id.len);
	memcpy(id, prefix, prefix_len);
	memcpy(id + prefix_len, row->key.text.ptr, row->key.text.len);
	row->id.ptr = id;
}

const char *build_row(const struct facade *facade, struct doc *doc, const char *id_prefix,
		      bool with_action, struct chunk *chunk, size_t i)
{
	struct log_row *row = &chunk->rows[i];
	const char *reason = key_fault(chunk, i);
	int result;

	if (reason)
		return reason;
	make_id(chunk, row, id_prefix);
	if (row->id.len > BULK_MAX_ID)
		return "the key is longer than the 512 bytes of an _id";
	row->at = chunk->body.len;
	if (with_action)
		bulk_put_action(&chunk->body, row->id);
	doc_begin(doc, &chunk->body);
	crash_enter(facade->module, "message");
	result = facade->hooks.message(facade->state, &row->log, &doc->pub);
	crash_leave();
	reason = doc_end(doc, result);
	if (reason) {
		buf_truncate(&chunk->body, row->at);
		return reason;
	}
	buf_putc(&chunk->body, '\n');
	if (chunk->body.full) {
		buf_truncate(&chunk->body, row->at);
		return "the document is too large";
	}
	row->len = chunk->body.len - row->at;
	return NULL;
}

const char *build_mapping(const struct facade *facade, struct buf *out)
{
	struct doc doc;
	int result = 0;

	doc_init(&doc);
	doc_begin(&doc, out);
	if (facade->hooks.mapping) {
		crash_enter(facade->module, "mapping");
		result = facade->hooks.mapping(facade->state, &doc.pub);
		crash_leave();
	} else {
		slt_begin_object(&doc.pub, "properties");
		slt_begin_object(&doc.pub, "@timestamp");
		slt_put_text(&doc.pub, "type", slt_str("date"));
		slt_end(&doc.pub);
		slt_end(&doc.pub);
	}
	doc.has_timestamp = true; /* not asked of a mapping */
	return doc_end(&doc, result);
}
