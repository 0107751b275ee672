// SPDX-License-Identifier: MIT
// Replies of a search server: whatever comes, nothing is delivered that the reply does not say.

#include "fuzz.h"

#include <string.h>

#include "bulk.h"
#include "json.h"
#include "mget.h"

enum { MAX_ITEMS = 4 };

static const struct slt_text ids[MAX_ITEMS] = {
	{ "1", 1 }, { "2", 1 }, { "a\"b", 3 }, { "\xc3\xa4", 2 }
};

static void fuzz_bulk(struct slt_text reply, size_t n)
{
	struct bulk_item items[MAX_ITEMS];
	struct err err;
	char type[32];

	memset(items, 0xff, sizeof(items));
	if (bulk_read_reply(reply, ids, n, items, &err) < 0) {
		for (size_t i = 0; i < n; i++)
			HOLDS(items[i].status == 0);
	} else {
		HOLDS(json_check(reply) == NULL);
		for (size_t i = 0; i < n; i++) {
			HOLDS(items[i].status >= 100 && items[i].status <= 599);
			HOLDS(memchr(items[i].type, '\0', sizeof(items[i].type)));
			HOLDS(memchr(items[i].reason, '\0', sizeof(items[i].reason)));
			HOLDS(memchr(items[i].index, '\0', sizeof(items[i].index)));
			if (bulk_meaning(&items[i]) == BULK_DELIVERED)
				HOLDS(memmem(reply.ptr, reply.len, "20", 2));
		}
	}
	bulk_error_type(reply, type, sizeof(type));
	HOLDS(memchr(type, '\0', sizeof(type)));
}

static bool is_within(struct slt_text part, struct slt_text whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void on_hit(void *arg, size_t i, struct slt_text index, struct slt_text source)
{
	const struct slt_text *reply = arg;

	HOLDS(i < MAX_ITEMS);
	HOLDS(is_within(index, *reply) && is_within(source, *reply));
	HOLDS(json_check(source) == NULL && json_kind(source) == JSON_OBJECT);
}

static void fuzz_stored(struct slt_text reply, size_t n)
{
	struct mget_doc docs[MAX_ITEMS];
	struct err err;

	for (size_t i = 0; i < n; i++)
		docs[i] = (struct mget_doc){ .index = { "i", 1 }, .id = ids[i] };
	if (mget_read_reply(reply, docs, n, &err) < 0)
		for (size_t i = 0; i < n; i++)
			HOLDS(docs[i].state == MGET_UNREADABLE);
	for (size_t i = 0; i < n; i++)
		if (docs[i].state == MGET_FOUND)
			HOLDS(is_within(docs[i].source, reply) &&
			      json_check(docs[i].source) == NULL &&
			      json_kind(docs[i].source) == JSON_OBJECT);
	if (mget_read_search(reply, docs, n, on_hit, &reply, &err) < 0)
		return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size ? 1 + data[0] % MAX_ITEMS : 1;
	/* a copy of the exact size: a byte read beyond is found */
	char *copy = malloc(size + 1);
	struct slt_text reply = { copy, size ? size - 1 : 0 };

	HOLDS(copy);
	if (reply.len)
		memcpy(copy, data + 1, reply.len);
	copy = realloc(copy, reply.len ? reply.len : 1);
	HOLDS(copy);
	reply.ptr = copy;
	fuzz_bulk(reply, n);
	fuzz_stored(reply, n);
	free(copy);
	return 0;
}
