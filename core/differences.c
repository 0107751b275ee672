// SPDX-License-Identifier: MIT
// Prints rows whose document in the index is not theirs.

#include "differences.h"

#include <stdio.h>

#include "log.h"
#include "output.h"

void differences_init(struct differences *out, bool json)
{
	out->json = json ? json_object_new_array() : NULL;
}

void differences_fini(struct differences *out, bool complete)
{
	if (out->json && complete)
		output_json(out->json);
	else
		json_object_put(out->json);
}

/* One row is one line of columns, whatever its key holds; --json has it as it is. */
static void print_column(struct slt_text text)
{
	output_plain(text);
	putchar('\t');
}

static void print_pointer(void *arg, const char *pointer)
{
	const char **separator = arg;

	printf("%s%s", *separator, pointer);
	*separator = " ";
}

static void add_pointer(void *arg, const char *pointer)
{
	json_object_array_add(arg, json_object_new_string(pointer));
}

static struct json_object *json_text(struct slt_text text)
{
	return json_object_new_string_len(text.ptr, (int)text.len);
}

static void put_line(const struct lookup *lookup, size_t i, const char *state)
{
	const char *separator = "";

	print_column(lookup->chunk.rows[i].key.text);
	if (state)
		print_column(slt_str(state));
	print_column(lookup->docs[i].index);
	if (lookup->chunk.rows[i].verdict == CONFLICT)
		lookup_differences(lookup, i, print_pointer, &separator);
	putchar('\n');
}

void differences_put(struct differences *out, const struct lookup *lookup, size_t i,
		     const char *state)
{
	struct slt_text index = lookup->docs[i].index;
	struct json_object *o, *paths;

	if (!out->json) {
		log_hold();
		put_line(lookup, i, state);
		log_release();
		return;
	}
	o = json_object_new_object();
	paths = json_object_new_array();
	json_object_object_add(o, "key", json_text(lookup->chunk.rows[i].key.text));
	if (state)
		json_object_object_add(o, "state", json_object_new_string(state));
	json_object_object_add(o, "index", index.ptr ? json_text(index) : NULL);
	if (lookup->chunk.rows[i].verdict == CONFLICT)
		lookup_differences(lookup, i, add_pointer, paths);
	json_object_object_add(o, "differs", paths);
	json_object_array_add(out->json, o);
}
