// SPDX-License-Identifier: MIT
// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.

#include "utf8.h"

#include <stdint.h>
#include <string.h>

#define EACH_BYTE(b) ((b)*UINT64_C(0x0101010101010101))

/* The second byte decides about overlong forms, surrogates and what is above U+10FFFF. */
const char *utf8_check_wide(const char *at, const char *end)
{
	const unsigned char *s = (const unsigned char *)at;
	unsigned char low = 0x80, high = 0xbf;
	ptrdiff_t n;

	if (*s >= 0xc2 && *s <= 0xdf) {
		n = 2;
	} else if (*s >= 0xe0 && *s <= 0xef) {
		n = 3;
		low = *s == 0xe0 ? 0xa0 : low;
		high = *s == 0xed ? 0x9f : high;
	} else if (*s >= 0xf0 && *s <= 0xf4) {
		n = 4;
		low = *s == 0xf0 ? 0x90 : low;
		high = *s == 0xf4 ? 0x8f : high;
	} else {
		return NULL;
	}
	if (end - at < n || s[1] < low || s[1] > high)
		return NULL;
	for (ptrdiff_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return NULL;
	return at + n;
}

bool utf8_is_valid(struct slt_text text)
{
	const char *at = text.ptr, *end;
	uint64_t word;

	if (!text.len)
		return true;
	end = at + text.len;
	while (at < end) {
		for (; end - at >= 8; at += 8) {
			memcpy(&word, at, 8);
			if (word & EACH_BYTE(0x80))
				break;
		}
		while (at < end && (unsigned char)*at < 0x80)
			at++;
		if (at < end)
			at = utf8_check_wide(at, end);
		if (!at)
			return false;
	}
	return true;
}

size_t utf8_encode(unsigned long c, char ret[4])
{
	if (c < 0x80) {
		ret[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		ret[0] = (char)(0xc0 | c >> 6);
		ret[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		ret[0] = (char)(0xe0 | c >> 12);
		ret[1] = (char)(0x80 | (c >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | c >> 18);
	ret[1] = (char)(0x80 | (c >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (c >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
