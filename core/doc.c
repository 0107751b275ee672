// SPDX-License-Identifier: MIT
// Writes the document of one row: what stands behind the slt_put_ functions.

#include "doc.h"

#include <string.h>

#include "instant.h"
#include "json.h"
#include "utf8.h"

/* The first reason stays: what follows from an error is no news. */
static bool refuse(struct doc *doc, const char *reason)
{
	if (!doc->reason)
		doc->reason = reason;
	return false;
}

/* The facade has called what it must not call there. */
static bool misuse(struct doc *doc, const char *reason)
{
	doc->is_misused |= !doc->reason;
	return refuse(doc, reason);
}

static int doc_refuse(struct slt_doc *pub, const char *reason)
{
	refuse((struct doc *)pub, reason ? reason : DOC_NO_REASON);
	return -1;
}

static void put_comma(struct doc *doc)
{
	bool *has_members = &doc->has_members[doc->depth - 1];

	if (*has_members)
		buf_putc(doc->out, ',');
	*has_members = true;
}

/* All that stands before a value. False when the value must not be written. */
static bool put_name(struct doc *doc, const char *name, bool is_null)
{
	bool in_array = doc->is_array[doc->depth - 1];

	if (doc->reason)
		return false;
	if (doc->out->full)
		return refuse(doc, "the document is too large");
	if (in_array && name)
		return misuse(doc, "the facade gave a name to an element of an array");
	if (!in_array && !name)
		return misuse(doc, "the facade gave no name to a member of an object");
	put_comma(doc);
	if (in_array)
		return true;
	if (!utf8_is_valid(slt_str(name)))
		return refuse(doc, "the facade gave a name that is not valid UTF-8");
	json_put_string(doc->out, slt_str(name));
	buf_putc(doc->out, ':');
	if (doc->depth == 1 && !strcmp(name, "@timestamp"))
		doc->has_timestamp = !is_null;
	return true;
}

/* A whole value of few bytes. */
static void put_value(struct doc *doc, const char *name, const char *bytes, size_t n)
{
	if (put_name(doc, name, false))
		buf_put(doc->out, bytes, n);
}

/* Was the value NULL, and is done? */
static bool put_null(struct doc *doc, const char *name, struct slt_text value)
{
	if (!slt_is_null(value))
		return false;
	if (put_name(doc, name, true))
		buf_put(doc->out, "null", 4);
	return true;
}

static void begin(struct doc *doc, const char *name, bool is_array)
{
	if (!doc->reason && doc->depth == DOC_MAX_DEPTH)
		refuse(doc, "the facade opened more than 64 objects and arrays at once");
	if (!put_name(doc, name, false))
		return;
	buf_putc(doc->out, is_array ? '[' : '{');
	doc->is_array[doc->depth] = is_array;
	doc->has_members[doc->depth] = false;
	doc->depth++;
}

_Static_assert(DOC_MAX_DEPTH == 64, "the reason names the number");

static void doc_object(struct slt_doc *pub, const char *name)
{
	begin((struct doc *)pub, name, false);
}

static void doc_array(struct slt_doc *pub, const char *name)
{
	begin((struct doc *)pub, name, true);
}

static void doc_close(struct slt_doc *pub)
{
	struct doc *doc = (struct doc *)pub;

	if (doc->reason)
		return;
	if (doc->depth == 1) {
		misuse(doc, "the facade ended more objects or arrays than it began");
		return;
	}
	doc->depth--;
	buf_putc(doc->out, doc->is_array[doc->depth] ? ']' : '}');
}

static bool is_text(struct doc *doc, struct slt_text text)
{
	if (!text.len)
		return true;
	if (memchr(text.ptr, '\0', text.len))
		return refuse(doc, "a NUL byte in a text");
	return utf8_is_valid(text) || refuse(doc, "not valid UTF-8");
}

static void doc_text(struct slt_doc *pub, const char *name, struct slt_text value)
{
	struct doc *doc = (struct doc *)pub;

	if (put_null(doc, name, value) || !put_name(doc, name, false))
		return;
	if (is_text(doc, value))
		json_put_string(doc->out, value);
}

static void doc_join(struct slt_doc *pub, const char *name, const char *separator,
		     const struct slt_text *parts, size_t n_parts)
{
	struct doc *doc = (struct doc *)pub;
	struct slt_text between = slt_str(separator);
	bool is_first = true;

	if (!put_name(doc, name, false) || !is_text(doc, between))
		return;
	buf_putc(doc->out, '"');
	for (size_t i = 0; i < n_parts; i++) {
		if (slt_is_empty(parts[i]))
			continue;
		if (!is_text(doc, parts[i]))
			return;
		if (!is_first)
			json_put_escaped(doc->out, between);
		json_put_escaped(doc->out, parts[i]);
		is_first = false;
	}
	buf_putc(doc->out, '"');
}

static void doc_number(struct slt_doc *pub, const char *name, struct slt_text value)
{
	struct doc *doc = (struct doc *)pub;

	if (put_null(doc, name, value))
		return;
	if (json_is_number(value))
		put_value(doc, name, value.ptr, value.len);
	else
		refuse(doc, "not a number");
}

static void doc_boolean(struct slt_doc *pub, const char *name, int value)
{
	put_value((struct doc *)pub, name, value ? "true" : "false", value ? 4 : 5);
}

static void doc_time(struct slt_doc *pub, const char *name, struct slt_text value)
{
	struct doc *doc = (struct doc *)pub;
	char text[INSTANT_SIZE + 2] = "\"";
	struct instant instant;
	size_t n;

	if (put_null(doc, name, value))
		return;
	if (!instant_read(value, &instant)) {
		refuse(doc, "not a time");
		return;
	}
	n = 1 + instant_write(&instant, text + 1);
	text[n++] = '"';
	put_value(doc, name, text, n);
}

/* The place in checked, or DOC_CHECKED. A facade looks into the same message for its time
 * and then for its members, so what was found valid is kept, the one used last first.
 * Should a facade change the bytes behind such a text, the walk stays within the text and
 * no line break gets through: then this document is broken, not the request. */
static size_t place_of(const struct doc *doc, struct slt_text text)
{
	size_t i = 0;

	while (i < DOC_CHECKED &&
	       (doc->checked[i].ptr != text.ptr || doc->checked[i].len != text.len))
		i++;
	return i;
}

/* The text to the front; when it is new, the one used longest ago drops out. */
static void remember(struct doc *doc, struct slt_text text)
{
	size_t place = place_of(doc, text);

	if (place == DOC_CHECKED)
		place--;
	memmove(doc->checked + 1, doc->checked, place * sizeof(*doc->checked));
	doc->checked[0] = text;
}

static bool is_json(struct doc *doc, struct slt_text text)
{
	const char *reason = NULL;

	if (doc->reason)
		return false;
	if (!text.ptr || place_of(doc, text) == DOC_CHECKED)
		reason = json_check(text);
	if (reason)
		return refuse(doc, reason);
	remember(doc, text);
	return true;
}

/* The texts that were found valid are as good as walked through. */
static void walk(const struct doc *doc, struct slt_text object, struct json_members *ret)
{
	json_members_init(ret, object);
	ret->known = doc->checked;
	ret->n_known = DOC_CHECKED;
}

static void doc_json(struct slt_doc *pub, const char *name, struct slt_text value)
{
	struct doc *doc = (struct doc *)pub;

	if (put_null(doc, name, value) || !is_json(doc, value))
		return;
	if (put_name(doc, name, json_kind(value) == JSON_NULL))
		json_put_text(doc->out, value);
}

static void doc_members(struct slt_doc *pub, struct slt_text object, const char *except)
{
	struct doc *doc = (struct doc *)pub;
	struct json_members members;
	struct slt_text name, value, whole;

	if (doc->out->full)
		refuse(doc, "the document is too large");
	if (!is_json(doc, object))
		return;
	if (json_kind(object) != JSON_OBJECT) {
		refuse(doc, "not a JSON object");
		return;
	}
	if (doc->is_array[doc->depth - 1]) {
		misuse(doc, "the facade put members into an array");
		return;
	}
	walk(doc, object, &members);
	while (json_members_next(&members, &name, &value)) {
		if (except && json_name_is(name, except))
			continue;
		put_comma(doc);
		whole.ptr = name.ptr - 1; /* its quote */
		whole.len = (size_t)(value.ptr + value.len - whole.ptr);
		json_put_text(doc->out, whole);
		if (doc->depth == 1 && json_name_is(name, "@timestamp"))
			doc->has_timestamp = json_kind(value) != JSON_NULL;
	}
}

static struct slt_text doc_find(struct slt_doc *pub, struct slt_text object,
				const char *name)
{
	struct doc *doc = (struct doc *)pub;
	struct slt_text found = { NULL, 0 }, raw_name, value;
	struct json_members members;

	if (!name || slt_is_null(object) || !is_json(doc, object))
		return found;
	if (json_kind(object) != JSON_OBJECT)
		return found;
	walk(doc, object, &members);
	while (json_members_next(&members, &raw_name, &value))
		if (json_name_is(raw_name, name))
			found = value;
	if (found.ptr)
		remember(doc, found);
	return found;
}

void doc_init(struct doc *doc)
{
	static const struct slt_doc table = {
		.size = sizeof(struct slt_doc),
		.refuse = doc_refuse,
		.object = doc_object,
		.array = doc_array,
		.end = doc_close,
		.text = doc_text,
		.join = doc_join,
		.number = doc_number,
		.boolean = doc_boolean,
		.time = doc_time,
		.json = doc_json,
		.members = doc_members,
		.find = doc_find,
	};

	*doc = (struct doc){ .pub = table };
}

void doc_begin(struct doc *doc, struct buf *out)
{
	doc->out = out;
	doc->start = out->len;
	doc->reason = NULL;
	doc->is_misused = false;
	doc->depth = 1;
	doc->is_array[0] = false;
	doc->has_members[0] = false;
	doc->has_timestamp = false;
	/* The bytes of the row before may lie where this row's lie now. */
	memset(doc->checked, 0, sizeof(doc->checked));
	buf_putc(out, '{');
}

const char *doc_end(struct doc *doc, int result)
{
	if (result)
		refuse(doc, DOC_NO_REASON);
	if (doc->depth > 1)
		misuse(doc, doc->is_array[doc->depth - 1]
				    ? "the facade left an array open"
				    : "the facade left an object open");
	if (!doc->out->full && !doc->has_timestamp)
		refuse(doc, "the document has no @timestamp");
	buf_putc(doc->out, '}');
	if (doc->out->full)
		refuse(doc, "the document is too large");
	if (doc->reason)
		buf_truncate(doc->out, doc->start);
	return doc->reason;
}
