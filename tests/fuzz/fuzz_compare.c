// SPDX-License-Identifier: MIT
// Two documents: a document equals itself, and what equals has no differences to tell.

#include "fuzz.h"

#include <string.h>

#include "compare.h"
#include "json.h"

static const char *const identity[] = { "/a", "/b/c", "/x~1y", NULL };

static void count(void *arg, const char *pointer)
{
	HOLDS(strlen(pointer) < 256 && (!*pointer || *pointer == '/'));
	++*(size_t *)arg;
}

/* The documents stand in one input, apart by a line break, which JSON in one line has not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *cut = size ? memchr(text, '\n', size) : NULL;
	struct slt_text one, other;
	size_t n = 0;
	enum likeness likeness;

	if (!cut)
		return 0;
	one = (struct slt_text){ text, (size_t)(cut - text) };
	other = (struct slt_text){ cut + 1, size - one.len - 1 };
	if (json_check(one) || json_check(other) || json_kind(one) != JSON_OBJECT ||
	    json_kind(other) != JSON_OBJECT)
		return 0;
	HOLDS(compare_documents(one, one, NULL, false) == SAME_DOCUMENT);
	HOLDS(compare_documents(other, other, identity, true) == SAME_DOCUMENT);
	likeness = compare_documents(one, other, NULL, false);
	compare_each_difference(one, other, false, count, &n);
	HOLDS((likeness == SAME_DOCUMENT) == (n == 0));
	if (likeness == SAME_DOCUMENT)
		HOLDS(compare_documents(one, other, identity, true) == SAME_DOCUMENT);
	if (compare_documents(one, other, identity, false) == SAME_DOCUMENT)
		HOLDS(likeness == SAME_DOCUMENT);
	return 0;
}
