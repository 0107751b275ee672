// SPDX-License-Identifier: MIT
// Scans JSON as text: is it valid, where are its members; writes strings and texts.

#include "json.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

static const char not_json[] = "not valid JSON";
static const char not_utf8[] = "not valid UTF-8";
static const char too_deep[] = "nested more than 1000 levels deep";

_Static_assert(JSON_MAX_DEPTH == 1000, "too_deep names the number");

#define EACH_BYTE(b) ((b)*UINT64_C(0x0101010101010101))

/* The check_ functions look at text that may be anything. They give the place behind what
 * they check, or NULL when it is not valid. */

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *skip_space(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

/* ASCII that stands in a string as it is? */
static inline bool is_plain(char c)
{
	return (unsigned char)(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

/* How many of eight bytes, the first one lowest, stand before the first with its highest bit
 * set. Elsewhere none, and the rest is seen byte by byte. */
static inline size_t before_hit(uint64_t hits)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(hits) / 8;
#else
	(void)hits;
	return 0;
#endif
}

/* Past the plain bytes, eight at a time: what most of a message is. In each subtraction a
 * byte that is looked for borrows, which sets its highest bit. The byte above it may then
 * borrow falsely, the first hit is a true one. */
static inline const char *skip_plain(const char *at, const char *end)
{
	uint64_t word, hits;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, 8);
		hits = word | (word - EACH_BYTE(0x20));
		hits |= (word ^ EACH_BYTE('"')) - EACH_BYTE(1);
		hits |= (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
		hits &= EACH_BYTE(0x80);
		if (hits) {
			at += before_hit(hits);
			break;
		}
	}
	while (at < end && is_plain(*at))
		at++;
	return at;
}

/* at: behind the backslash. */
static const char *check_escape(const char *at, const char *end)
{
	if (at == end || !*at || !strchr("\"\\/bfnrtu", *at))
		return NULL;
	if (*at++ != 'u')
		return at;
	if (end - at < 4)
		return NULL;
	for (int i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)*at++))
			return NULL;
	return at;
}

/* at: behind the first quote. */
static const char *check_string(const char *at, const char *end)
{
	while (at) {
		at = skip_plain(at, end);
		if (at == end)
			return NULL;
		if (*at == '"')
			return at + 1;
		/* A control character is no first byte of a wide one either. */
		at = *at == '\\' ? check_escape(at + 1, end) : utf8_check_wide(at, end);
	}
	return NULL;
}

static const char *check_digits(const char *at, const char *end)
{
	const char *first = at;

	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at > first ? at : NULL;
}

static const char *check_number(const char *at, const char *end)
{
	if (at < end && *at == '-')
		at++;
	if (at < end && *at == '0')
		at++;
	else
		at = check_digits(at, end);
	if (at && at < end && *at == '.')
		at = check_digits(at + 1, end);
	if (at && at < end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		at = check_digits(at, end);
	}
	return at;
}

static const char *check_word(const char *at, const char *end, const char *word,
			      size_t len)
{
	return (size_t)(end - at) >= len && !memcmp(at, word, len) ? at + len : NULL;
}

static const char *check_scalar(const char *at, const char *end)
{
	switch (*at) {
	case '"': return check_string(at + 1, end);
	case 't': return check_word(at, end, "true", 4);
	case 'f': return check_word(at, end, "false", 5);
	case 'n': return check_word(at, end, "null", 4);
	default: return check_number(at, end);
	}
}

/* Past a name, its colon and the white space around. */
static const char *check_name(const char *at, const char *end)
{
	if (at == end || *at != '"')
		return NULL;
	at = check_string(at + 1, end);
	if (!at)
		return NULL;
	at = skip_space(at, end);
	if (at == end || *at != ':')
		return NULL;
	return skip_space(at + 1, end);
}

struct nesting {
	unsigned depth;
	char closers[JSON_MAX_DEPTH]; /* of the open objects and arrays: '}' or ']' */
};

/* at: behind a value. Past everything that closes there, to where the next value starts
 * or behind the outermost one. */
static const char *check_behind(struct nesting *open, const char *at, const char *end)
{
	while (open->depth) {
		char closer = open->closers[open->depth - 1];

		at = skip_space(at, end);
		if (at == end)
			return NULL;
		if (*at == ',') {
			at = skip_space(at + 1, end);
			return closer == '}' ? check_name(at, end) : at;
		}
		if (*at != closer)
			return NULL;
		open->depth--;
		at++;
	}
	return at;
}

/* One value, iterative: a row must not decide how deep our stack gets. */
static const char *check_value(const char *at, const char *end, const char **ret_reason)
{
	struct nesting open;

	open.depth = 0;
	do {
		if (at == end)
			return NULL;
		if (*at == '{' || *at == '[') {
			char closer = *at == '{' ? '}' : ']';

			if (open.depth == JSON_MAX_DEPTH) {
				*ret_reason = too_deep;
				return NULL;
			}
			open.closers[open.depth++] = closer;
			at = skip_space(at + 1, end);
			if (at < end && *at != closer) {
				if (closer == '}')
					at = check_name(at, end);
				continue;
			}
		} else {
			at = check_scalar(at, end);
		}
		if (at)
			at = check_behind(&open, at, end);
	} while (at && open.depth);
	return at;
}

const char *json_check(struct slt_text text)
{
	const char *reason = NULL, *at, *end;

	if (!text.ptr)
		return "NULL where JSON text is expected";
	if (text.len >= 3 && !memcmp(text.ptr, "\xef\xbb\xbf", 3))
		return "a byte order mark before the JSON text";
	end = text.ptr + text.len;
	at = skip_space(text.ptr, end);
	if (at == end)
		return "empty text where JSON is expected";
	at = check_value(at, end, &reason);
	if (at && skip_space(at, end) == end)
		return NULL;
	if (reason)
		return reason;
	return utf8_is_valid(text) ? not_json : not_utf8;
}

bool json_is_number(struct slt_text text)
{
	const char *end;

	if (!text.len)
		return false;
	end = text.ptr + text.len;
	return check_number(text.ptr, end) == end;
}

/* From here on the text is valid. Still, nothing reads beyond its end if it is not. */

enum json_kind json_kind(struct slt_text valid)
{
	const char *end = valid.ptr + valid.len;
	const char *at = skip_space(valid.ptr, end);

	switch (at < end ? *at : 'n') {
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case '"': return JSON_STRING;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default: return JSON_NUMBER;
	}
}

/* From behind the first quote of a string to its last. Eight bytes at a time, as in
 * skip_plain: strings are short, and memchr costs a call for each. */
static const char *skip_string(const char *at, const char *end)
{
	uint64_t word, quotes, slashes, hits;

	for (;;) {
		for (; end - at >= 8; at += 8) {
			memcpy(&word, at, 8);
			quotes = word ^ EACH_BYTE('"');
			slashes = word ^ EACH_BYTE('\\');
			hits = (((quotes - EACH_BYTE(1)) & ~quotes) |
				((slashes - EACH_BYTE(1)) & ~slashes)) &
			       EACH_BYTE(0x80);
			if (hits) {
				at += before_hit(hits);
				break;
			}
		}
		while (at < end && *at != '"' && *at != '\\')
			at++;
		if (at == end || *at == '"')
			return at;
		if (end - at < 2)
			return end;
		at += 2;
	}
}

static const char *skip_scalar(const char *at, const char *end)
{
	while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_space(*at))
		at++;
	return at;
}

static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	if (at < end && *at != '{' && *at != '[' && *at != '"')
		return skip_scalar(at, end);
	while (at < end) {
		char c = *at++;

		if (c == '"') {
			at = skip_string(at, end);
			at += at < end;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
		}
		if (!depth)
			break;
	}
	return at;
}

/* A text that begins with a bracket is valid with one end only. */
static const char *value_end(const struct json_members *members, const char *value)
{
	size_t left = (size_t)(members->end - value);

	for (size_t i = 0; i < members->n_known; i++) {
		struct slt_text known = members->known[i];

		if (known.ptr == value && known.len <= left && left &&
		    (*value == '{' || *value == '['))
			return value + known.len;
	}
	return skip_value(value, members->end);
}

void json_members_init(struct json_members *members, struct slt_text valid_object)
{
	members->known = NULL;
	members->n_known = 0;
	members->end = valid_object.ptr + valid_object.len;
	members->at = skip_space(valid_object.ptr, members->end);
	if (members->at < members->end)
		members->at++;
}

bool json_members_next(struct json_members *members, struct slt_text *ret_name,
		       struct slt_text *ret_value)
{
	const char *end = members->end, *at = skip_space(members->at, end);
	const char *name, *name_end, *value;

	if (at < end && *at == ',')
		at = skip_space(at + 1, end);
	if (at == end || *at != '"')
		return false;
	name = at + 1;
	name_end = skip_string(name, end);
	if (name_end == end)
		return false;
	at = skip_space(name_end + 1, end);
	if (at == end || *at != ':')
		return false;
	value = skip_space(at + 1, end);
	members->at = value_end(members, value);
	*ret_name = (struct slt_text){ name, (size_t)(name_end - name) };
	*ret_value = (struct slt_text){ value, (size_t)(members->at - value) };
	return true;
}

void json_items_init(struct json_members *items, struct slt_text valid_array)
{
	json_members_init(items, valid_array); /* both begin with one bracket */
}

bool json_items_next(struct json_members *items, struct slt_text *ret_value)
{
	const char *end = items->end, *at = skip_space(items->at, end);

	if (at < end && *at == ',')
		at = skip_space(at + 1, end);
	if (at == end || *at == ']')
		return false;
	items->at = skip_value(at, end);
	*ret_value = (struct slt_text){ at, (size_t)(items->at - at) };
	return items->at > at;
}

struct slt_text json_get(struct slt_text valid, const char *name)
{
	struct json_members members;
	struct slt_text raw, value;

	if (!slt_is_null(valid) && json_kind(valid) == JSON_OBJECT) {
		json_members_init(&members, valid);
		while (json_members_next(&members, &raw, &value))
			if (json_name_is(raw, name))
				return value;
	}
	return slt_str(NULL);
}

struct slt_text json_follow(struct slt_text value, const char *pointer)
{
	char name[256];

	while (*pointer == '/' && !slt_is_null(value)) {
		size_t n = 0;

		for (pointer++; *pointer && *pointer != '/'; pointer++) {
			char c = *pointer;

			if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
				c = *++pointer == '0' ? '~' : '/';
			if (n + 1 == sizeof(name))
				return slt_str(NULL);
			name[n++] = c;
		}
		name[n] = '\0';
		value = json_get(value, name);
	}
	return value;
}

static void put_control(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '\b': buf_put(out, "\\b", 2); break;
	case '\f': buf_put(out, "\\f", 2); break;
	case '\n': buf_put(out, "\\n", 2); break;
	case '\r': buf_put(out, "\\r", 2); break;
	case '\t': buf_put(out, "\\t", 2); break;
	default: buf_put(out, escape, sizeof(escape));
	}
}

void json_put_escaped(struct buf *out, struct slt_text utf8)
{
	const char *at = utf8.ptr, *end, *first;

	if (!utf8.len)
		return;
	end = at + utf8.len;
	while (at < end) {
		first = at;
		at = skip_plain(at, end);
		while (at < end && (unsigned char)*at >= 0x80)
			at = skip_plain(at + 1, end);
		buf_put(out, first, (size_t)(at - first));
		if (at == end)
			break;
		if (*at == '"' || *at == '\\') {
			buf_putc(out, '\\');
			buf_putc(out, *at);
		} else {
			put_control(out, (unsigned char)*at);
		}
		at++;
	}
}

void json_put_string(struct buf *out, struct slt_text utf8)
{
	buf_putc(out, '"');
	json_put_escaped(out, utf8);
	buf_putc(out, '"');
}

static const char *find_or_end(const char *at, const char *end, char c)
{
	const char *found = memchr(at, c, (size_t)(end - at));

	return found ? found : end;
}

void json_put_text(struct buf *out, struct slt_text valid)
{
	const char *at = valid.ptr, *end, *lf, *cr, *stop;

	if (!valid.len)
		return;
	end = at + valid.len;
	lf = find_or_end(at, end, '\n');
	cr = find_or_end(at, end, '\r');
	for (; at < end; at = stop + 1) {
		stop = lf < cr ? lf : cr;
		buf_put(out, at, (size_t)(stop - at));
		if (stop == end)
			break;
		/* Only the one found is looked for again: the walk stays linear. */
		if (stop == lf)
			lf = find_or_end(stop + 1, end, '\n');
		else
			cr = find_or_end(stop + 1, end, '\r');
	}
}
