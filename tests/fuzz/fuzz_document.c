// SPDX-License-Identifier: MIT
// Messages of an application: what is not refused is one line of valid JSON, its text unchanged.

#include "fuzz.h"

#include <string.h>

#include "doc.h"
#include "instant.h"
#include "json.h"

/* As a facade of a JSON column does it. */
static int message(struct slt_doc *doc, struct slt_text text)
{
	struct slt_text at = slt_find(doc, text, "at");

	slt_put_json(doc, "@timestamp", slt_is_null(at) ? slt_str("1") : at);
	slt_put_members(doc, text, "@timestamp");
	return 0;
}

/* As one of plain columns does it, the text in every place of one. */
static int columns(struct slt_doc *doc, struct slt_text text)
{
	const struct slt_text parts[2] = { text, text };

	slt_put_text(doc, "@timestamp", slt_str("2026-03-01"));
	slt_begin_array(doc, "a");
	slt_put_text(doc, NULL, text);
	slt_put_join(doc, NULL, "-", parts, 2);
	slt_end(doc);
	return 0;
}

static int number(struct slt_doc *doc, struct slt_text text)
{
	slt_put_number(doc, "@timestamp", text);
	return 0;
}

static int instant(struct slt_doc *doc, struct slt_text text)
{
	slt_put_time(doc, "@timestamp", text);
	return 0;
}

static size_t count_timestamps(struct slt_text object)
{
	struct json_members members;
	struct slt_text name, value;
	size_t n = 0;

	json_members_init(&members, object);
	while (json_members_next(&members, &name, &value))
		n += json_name_is(name, "@timestamp");
	return n;
}

static void build(int (*write)(struct slt_doc *, struct slt_text), struct slt_text text)
{
	struct doc doc;
	struct buf out;
	const char *reason;

	buf_init(&out, 1 << 20);
	doc_init(&doc);
	doc_begin(&doc, &out);
	reason = doc_end(&doc, write(&doc.pub, text));
	if (reason) {
		HOLDS(out.len == 0);
	} else {
		struct slt_text line = { out.ptr, out.len };

		HOLDS(!memchr(out.ptr, '\n', out.len) && !memchr(out.ptr, '\r', out.len));
		HOLDS(json_check(line) == NULL && json_kind(line) == JSON_OBJECT);
		HOLDS(count_timestamps(line) == 1);
	}
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct slt_text text = { copy, size };

	HOLDS(copy);
	if (size)
		memcpy(copy, data, size);
	build(message, text);
	build(columns, text);
	build(number, text);
	build(instant, text);
	free(copy);
	return 0;
}
