// SPDX-License-Identifier: MIT
// Compares the document of a row with the one that the index holds under its _id.

#include "compare.h"

#include <stdio.h>
#include <string.h>

#include "json.h"

enum { MAX_POINTER = 256 };

struct walk {
	bool with_more;
	compare_fn *each; /* NULL: the first difference is enough */
	void *arg;
	bool differs;
	char pointer[MAX_POINTER];
	size_t len;
	size_t beyond; /* elements that had no room, or stand behind such a one */
};

static bool is_over(const struct walk *walk)
{
	return walk->differs && !walk->each;
}

static void differ(struct walk *walk)
{
	walk->differs = true;
	if (walk->each)
		walk->each(walk->arg, walk->pointer);
}

/* Appends "/name" with ~ and / escaped, as long as there is room, and nothing behind what had
 * none: that would be another place. Returns what to go back to. */
static size_t step_into(struct walk *walk, struct slt_text raw_name)
{
	size_t before = walk->len, len = before;

	if (!walk->each)
		return before;
	if (walk->beyond || len + 2 * raw_name.len + 2 > sizeof(walk->pointer)) {
		walk->beyond++;
		return before;
	}
	walk->pointer[len++] = '/';
	for (size_t i = 0; i < raw_name.len; i++) {
		char c = raw_name.ptr[i];

		if (c == '~' || c == '/')
			walk->pointer[len++] = '~';
		walk->pointer[len++] = c == '~' ? '0' : c == '/' ? '1' : c;
	}
	walk->pointer[len] = '\0';
	walk->len = len;
	return before;
}

static void step_back(struct walk *walk, size_t before)
{
	if (walk->beyond)
		walk->beyond--;
	walk->len = before;
	walk->pointer[before] = '\0';
}

/* The member of that raw name. Members mostly stand in the same order: the search begins
 * where the last one ended. */
static bool find(struct slt_text object, struct json_members *at, struct slt_text name,
		 struct slt_text *ret)
{
	struct slt_text other;

	if (json_members_next(at, &other, ret) && json_same_text(other, name))
		return true;
	json_members_init(at, object);
	while (json_members_next(at, &other, ret))
		if (json_same_text(other, name))
			return true;
	json_members_init(at, object);
	return false;
}

static void walk_values(struct walk *walk, struct slt_text ours, struct slt_text stored);

static void walk_objects(struct walk *walk, struct slt_text ours, struct slt_text stored)
{
	struct json_members members, at;
	struct slt_text name, value, other;
	size_t before;

	json_members_init(&members, ours);
	json_members_init(&at, stored);
	while (!is_over(walk) && json_members_next(&members, &name, &value)) {
		before = step_into(walk, name);
		if (find(stored, &at, name, &other))
			walk_values(walk, value, other);
		else
			differ(walk);
		step_back(walk, before);
	}
	if (walk->with_more)
		return;
	json_members_init(&members, stored);
	json_members_init(&at, ours);
	while (!is_over(walk) && json_members_next(&members, &name, &value)) {
		if (find(ours, &at, name, &other))
			continue;
		before = step_into(walk, name);
		differ(walk);
		step_back(walk, before);
	}
}

static void walk_arrays(struct walk *walk, struct slt_text ours, struct slt_text stored)
{
	struct json_members items, others;
	struct slt_text value, other;
	bool has, other_has;
	char number[24];
	size_t before;

	json_items_init(&items, ours);
	json_items_init(&others, stored);
	for (size_t i = 0; !is_over(walk); i++) {
		has = json_items_next(&items, &value);
		other_has = json_items_next(&others, &other);
		if (!has && !other_has)
			return;
		snprintf(number, sizeof(number), "%zu", i);
		before = step_into(walk, slt_str(number));
		if (has && other_has)
			walk_values(walk, value, other);
		else
			differ(walk);
		step_back(walk, before);
		if (!has || !other_has)
			return;
	}
}

/* Recursion is as deep as JSON_MAX_DEPTH lets a document be. */
static void walk_values(struct walk *walk, struct slt_text ours, struct slt_text stored)
{
	enum json_kind kind = json_kind(ours);

	if (ours.len == stored.len && memcmp(ours.ptr, stored.ptr, ours.len) == 0)
		return;
	if (kind != json_kind(stored))
		differ(walk);
	else if (kind == JSON_OBJECT)
		walk_objects(walk, ours, stored);
	else if (kind == JSON_ARRAY)
		walk_arrays(walk, ours, stored);
	else if (kind != JSON_STRING || !json_same_text(ours, stored))
		differ(walk);
}

static bool is_same(struct slt_text ours, struct slt_text stored, bool with_more)
{
	struct walk walk = { .with_more = with_more };

	walk_values(&walk, ours, stored);
	return !walk.differs;
}

enum likeness compare_documents(struct slt_text ours, struct slt_text stored,
				const char *const *identity, bool with_more)
{
	if (is_same(ours, stored, with_more))
		return SAME_DOCUMENT;
	/* All of ours is there, and something else beside it. */
	if (!identity)
		return is_same(ours, stored, true) ? SAME_EVENT : ANOTHER_DOCUMENT;
	for (; *identity; identity++) {
		struct slt_text one = json_follow(ours, *identity);
		struct slt_text other = json_follow(stored, *identity);

		/* A member that both lack is equal. */
		if (slt_is_null(one) != slt_is_null(other) ||
		    (!slt_is_null(one) && !is_same(one, other, with_more)))
			return ANOTHER_DOCUMENT;
	}
	return SAME_EVENT;
}

void compare_each_difference(struct slt_text ours, struct slt_text stored, bool with_more,
			     compare_fn *each, void *arg)
{
	struct walk walk = { .with_more = with_more, .each = each, .arg = arg };

	walk_values(&walk, ours, stored);
}
