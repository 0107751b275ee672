/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Whatever is to stand in a document (texts, names, keys, settings) goes through here
 * first, or through json.c, which checks it on the way. No state, any thread, nothing
 * allocated.
 */
#ifndef SLT_UTF8_H
#define SLT_UTF8_H

#include <slt/facade.h>
#include <stdbool.h>
#include <stddef.h>

/* Is the whole text valid? An empty or NULL text is. */
bool utf8_is_valid(struct slt_text text);

/* Past the one character of two to four bytes at `at`, which is before `end`; NULL when
 * there is none. */
const char *utf8_check_wide(const char *at, const char *end);

/* Writes a character, at most U+10FFFF and no surrogate. Returns its bytes, 1 to 4. */
size_t utf8_encode(unsigned long c, char ret[4]);

#endif
