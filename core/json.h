/* SPDX-License-Identifier: MIT */
/*
 * JSON as text (RFC 8259): is it valid, where is a member, how is a string written. The
 * text of an application's message is what is sent, so nothing here builds a tree or
 * changes a token. json-c is not used for it: its strict mode (0.16) takes line breaks
 * inside strings, which would break NDJSON apart, and NaN, "1." and surrogates in UTF-8,
 * and it has no spans. No state, any thread, nothing allocated but where it is said.
 */
#ifndef SLT_JSON_H
#define SLT_JSON_H

#include <slt/facade.h>
#include <stdbool.h>

#include "buf.h"

enum { JSON_MAX_DEPTH = 1000 }; /* what search servers read; deeper text is refused */

enum json_kind {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL
};

/* Is it exactly one JSON value in valid UTF-8, white space around it allowed, no byte
 * order mark? NULL when it is, else a literal that says why not. A NULL text is not. */
const char *json_check(struct slt_text text);

/* What kind of value it is. The text must be valid. */
enum json_kind json_kind(struct slt_text valid);

/* The members of an object one by one. `name` is raw: without its quotes, escapes as they
 * stand. `value` is without white space around. Both are on loan as the text is. */
struct json_members {
	const char *at, *end;
	/* Objects and arrays whose ends are known, so that they need not be walked through
	 * to find them; the caller may set it after init. */
	const struct slt_text *known;
	size_t n_known;
};
void json_members_init(struct json_members *members, struct slt_text valid_object);
bool json_members_next(struct json_members *members, struct slt_text *ret_name,
		       struct slt_text *ret_value);

/* The elements of an array one by one, likewise. */
void json_items_init(struct json_members *items, struct slt_text valid_array);
bool json_items_next(struct json_members *items, struct slt_text *ret_value);

/* The value of the first member of that name in a valid object; the NULL text when there is
 * none, or the text is another value. */
struct slt_text json_get(struct slt_text valid, const char *name);

/* The value that a JSON Pointer (RFC 6901) through members of objects leads to; the NULL text
 * when there is none. Names of more than 255 bytes are not found. */
struct slt_text json_follow(struct slt_text valid, const char *pointer);

/* Do two raw strings or names, their escapes resolved, hold the same characters? */
bool json_same_text(struct slt_text raw, struct slt_text other);

/* Is the JSON value a string that says this text, which must be valid UTF-8? False for the NULL
 * text. Allocates only where one of them has to be escaped. */
bool json_is_string(struct slt_text value, struct slt_text utf8);

/* Does a raw name, its escapes resolved, equal the C string? */
bool json_name_is(struct slt_text raw_name, const char *name);

/* Exactly one JSON number, without white space? */
bool json_is_number(struct slt_text text);

/* Writes a quoted JSON string; the text must be valid UTF-8. Only what must be escaped
 * is. */
void json_put_string(struct buf *out, struct slt_text utf8);

/* Writes the inside of such a string, without the quotes. */
void json_put_escaped(struct buf *out, struct slt_text utf8);

/* Writes valid JSON text as it is, but for CR and LF, which can only stand between
 * tokens. */
void json_put_text(struct buf *out, struct slt_text valid);

#endif
