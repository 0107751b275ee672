// SPDX-License-Identifier: MIT
// Raw JSON strings, their escapes unresolved: what they say, and whether two say the same.

#include "json.h"

#include <string.h>

#include "utf8.h"

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hexadecimal digits, or -1. */
static long hex4(const char *at, const char *end)
{
	long value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* One escape to its bytes; *at, behind the backslash, goes past it. 0 when a C string in
 * UTF-8 cannot hold it: U+0000, half a surrogate pair. */
static size_t resolve_escape(const char **at, const char *end, char utf8[4])
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	long c, second = -1;

	if (*at == end || !**at)
		return 0;
	letter = strchr(letters, *(*at)++);
	if (letter) {
		utf8[0] = meant[letter - letters];
		return 1;
	}
	c = hex4(*at, end);
	if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff))
		return 0;
	*at += 4;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u')
			second = hex4(*at + 2, end);
		if (second < 0xdc00 || second > 0xdfff)
			return 0;
		*at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (second - 0xdc00);
	}
	return utf8_encode((unsigned long)c, utf8);
}

bool json_is_string(struct slt_text value, struct slt_text utf8)
{
	struct slt_text raw;
	struct buf escaped;
	bool same;

	if (value.len < 2 || *value.ptr != '"')
		return false;
	raw = (struct slt_text){ value.ptr + 1, value.len - 2 };
	if (!memchr(raw.ptr, '\\', raw.len)) /* then it stands there as it is */
		return raw.len == utf8.len && memcmp(raw.ptr, utf8.ptr, raw.len) == 0;
	buf_init(&escaped, 6 * utf8.len + 1);
	json_put_escaped(&escaped, utf8);
	same = json_same_text(raw, (struct slt_text){ buf_str(&escaped), escaped.len });
	buf_fini(&escaped);
	return same;
}

bool json_name_is(struct slt_text raw_name, const char *name)
{
	const char *at = raw_name.ptr, *end = at + raw_name.len;

	if (!memchr(at, '\\', raw_name.len))
		return slt_is(raw_name, name);
	while (at < end) {
		char utf8[4] = { *at++ };
		size_t n = 1;

		if (utf8[0] == '\\')
			n = resolve_escape(&at, end, utf8);
		if (!n || !utf8[0] || strncmp(name, utf8, n) != 0)
			return false;
		name += n;
	}
	return *name == '\0';
}

/* One character of a raw string, as a number: a code point, also half a surrogate pair. */
static long next_character(const char **at, const char *end)
{
	char utf8[4] = { *(*at)++ };
	long c = 0;
	size_t n = 1;

	if (utf8[0] == '\\') {
		const char *digits = *at + 1;

		n = resolve_escape(at, end, utf8);
		if (!n) { /* \u0000, or half a pair: its number is all there is to it */
			c = hex4(digits, end);
			*at = digits + 4 <= end ? digits + 4 : end;
			return c;
		}
	} else {
		while (*at < end && n < 4 && ((unsigned char)**at & 0xc0) == 0x80)
			utf8[n++] = *(*at)++;
	}
	c = (unsigned char)utf8[0];
	if (n > 1)
		c &= 0x7f >> n;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)utf8[i] & 0x3f);
	return c;
}

bool json_same_text(struct slt_text raw, struct slt_text other)
{
	const char *a = raw.ptr, *a_end = a + raw.len;
	const char *b = other.ptr, *b_end = b + other.len;

	if (raw.len == other.len && memcmp(a, b, raw.len) == 0)
		return true;
	/* without escapes, characters are bytes: most names that are compared differ */
	if (!memchr(a, '\\', raw.len) && !memchr(b, '\\', other.len))
		return false;
	while (a < a_end && b < b_end)
		if (next_character(&a, a_end) != next_character(&b, b_end))
			return false;
	return a == a_end && b == b_end;
}
