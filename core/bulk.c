// SPDX-License-Identifier: MIT
// The _bulk protocol: writes action lines, and reads a reply item by item, by position.

#include "bulk.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "json.h"

/* root, items, item, create, error make five; what a proxy may add is not deep either. */
enum { REPLY_DEPTH = 16 };

/* status and _id stand in every item, so no item is dropped and positions hold. */
#define FILTER_PATH                                                            \
	"errors,items.*._index,items.*._id,items.*.status,items.*.error.type," \
	"items.*.failure_store"

const char bulk_filter_path[] = FILTER_PATH;
const char bulk_filter_path_reasons[] = FILTER_PATH ",items.*.error.reason";

void bulk_put_action(struct buf *body, struct slt_text id)
{
	buf_puts(body, "{\"create\":{\"_id\":\"");
	json_put_escaped(body, id);
	buf_puts(body, "\"}}\n");
}

/* NULL when it is not one JSON value. The caller puts it. */
static struct json_object *parse(struct slt_text reply)
{
	struct json_tokener *tokener;
	struct json_object *root;

	/* json-c alone would take line breaks in strings, NaN and the like. */
	if (reply.len > INT_MAX || json_check(reply))
		return NULL;
	tokener = json_tokener_new_ex(REPLY_DEPTH);
	if (!tokener)
		err_no_memory();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, reply.ptr, (int)reply.len);
	json_tokener_free(tokener);
	return root;
}

/* Colons between tokens of valid JSON: one for each member that the text has. */
static size_t members_of_text(struct slt_text valid)
{
	bool in_string = false;
	size_t n = 0;

	for (size_t i = 0; i < valid.len; i++) {
		char c = valid.ptr[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (c == ':' && !in_string)
			n++;
	}
	return n;
}

/* Members that the tree has; recursion ends at REPLY_DEPTH. */
static size_t members_of_tree(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			(void)name;
			n += 1 + members_of_tree(member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += members_of_tree(json_object_array_get_idx(value, i));
	}
	return n;
}

static bool is_text(struct json_object *value, struct slt_text text)
{
	return json_object_is_type(value, json_type_string) &&
	       (size_t)json_object_get_string_len(value) == text.len &&
	       memcmp(json_object_get_string(value), text.ptr, text.len) == 0;
}

/* Copies a string for a line on a terminal: control characters (and, with `ascii`, all
 * but printable ASCII) replaced, cut between characters. False: it is neither string nor
 * null. */
static bool copy(char *to, size_t size, struct json_object *value, bool ascii)
{
	const char *from;
	size_t len;

	to[0] = '\0';
	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	from = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (len >= size) {
		len = size - 1;
		while (len && ((unsigned char)from[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];

		to[i] = c < 0x20 || c == 0x7f || (ascii && c > 0x7f) ? '?' : from[i];
	}
	to[len] = '\0';
	return true;
}

/* NULL when the item is understood, else why not. */
static const char *read_item(struct json_object *wrapped, struct slt_text id,
			     struct bulk_item *item)
{
	struct json_object *create, *value, *error;
	int64_t status;

	*item = (struct bulk_item){ 0 };
	if (!json_object_is_type(wrapped, json_type_object) ||
	    json_object_object_length(wrapped) != 1 ||
	    !json_object_object_get_ex(wrapped, "create", &create) ||
	    !json_object_is_type(create, json_type_object))
		return "is not exactly one \"create\"";
	if (json_object_object_get_ex(create, "_id", &value) && !is_text(value, id))
		return "is about another _id than was sent there";

	if (!json_object_object_get_ex(create, "status", &value) ||
	    !json_object_is_type(value, json_type_int))
		return "has no status";
	status = json_object_get_int64(value);
	if (status < 100 || status > 599)
		return "has a status that is none";
	item->status = (int)status;

	/* Both products: a failure always carries "error", a success never (Elasticsearch
	 * 8.8.2, OpenSearch 2.19.6). */
	if (json_object_object_get_ex(create, "error", &error) != (status >= 300))
		return "has a status and an error that contradict each other";
	if (status >= 300) {
		if (!json_object_is_type(error, json_type_object) ||
		    !copy(item->type, sizeof(item->type),
			  json_object_object_get(error, "type"), true) ||
		    !copy(item->reason, sizeof(item->reason),
			  json_object_object_get(error, "reason"), false))
			return "has an error of another shape";
	}
	if (status == 409 && !copy(item->index, sizeof(item->index),
				   json_object_object_get(create, "_index"), false))
		return "has an _index that is no string";
	if (json_object_object_get_ex(create, "failure_store", &value)) {
		if (!json_object_is_type(value, json_type_string))
			return "has a failure_store that is no string";
		item->failure_store = is_text(value, slt_str("used"));
	}
	return NULL;
}

static int read_root(struct json_object *root, const struct slt_text *ids, size_t n,
		     struct bulk_item *items, struct err *err)
{
	struct json_object *errors, *array;
	bool failed = false;

	if (!json_object_object_get_ex(root, "errors", &errors) ||
	    !json_object_is_type(errors, json_type_boolean) ||
	    !json_object_object_get_ex(root, "items", &array) ||
	    !json_object_is_type(array, json_type_array))
		return err_set(err, EXIT_UNAVAILABLE,
			       "it has no \"errors\" and \"items\"");
	if (json_object_array_length(array) != n)
		return err_set(err, EXIT_UNAVAILABLE, "it has %zu items, %zu were sent",
			       json_object_array_length(array), n);
	for (size_t i = 0; i < n; i++) {
		const char *why = read_item(json_object_array_get_idx(array, i), ids[i],
					    &items[i]);

		if (why)
			return err_set(err, EXIT_UNAVAILABLE, "its item %zu %s", i + 1,
				       why);
		failed |= items[i].status >= 300;
	}
	if (failed != (bool)json_object_get_boolean(errors))
		return err_set(err, EXIT_UNAVAILABLE,
			       "its \"errors\" disagrees with its items");
	return 0;
}

int bulk_read_reply(struct slt_text reply, const struct slt_text *ids, size_t n,
		    struct bulk_item *items, struct err *err)
{
	struct json_object *root = parse(reply);
	int rc;

	if (!json_object_is_type(root, json_type_object))
		rc = err_set(err, EXIT_UNAVAILABLE, "it is not a JSON object, or cut");
	/* json-c keeps the last of several members of one name without a word. No server
	 * sends a status twice; if one did, neither of the two could be trusted. */
	else if (members_of_text(reply) != members_of_tree(root))
		rc = err_set(err, EXIT_UNAVAILABLE, "it has a member twice");
	else
		rc = read_root(root, ids, n, items, err);
	json_object_put(root);
	if (rc)
		memset(items, 0, n * sizeof(*items));
	return rc;
}

void bulk_error_type(struct slt_text reply, char *ret_type, size_t size)
{
	struct json_object *root = parse(reply), *error = NULL, *type = NULL;

	/* "error" is a plain string when the server never got to the request. */
	if (json_object_is_type(root, json_type_object) &&
	    json_object_object_get_ex(root, "error", &error) &&
	    json_object_is_type(error, json_type_object))
		type = json_object_object_get(error, "type");
	if (!copy(ret_type, size, type, true))
		ret_type[0] = '\0';
	json_object_put(root);
}

enum bulk_meaning bulk_meaning(const struct bulk_item *item)
{
	int status = item->status;

	if (status == 200 || status == 201)
		return BULK_DELIVERED;
	if (status == 408 || status == 429 || (status >= 500 && status <= 599))
		return BULK_RETRY;
	/* A write block on the index, or a full disk before Elasticsearch 7.7:
	 * passing. */
	if (status == 403 && strcmp(item->type, "cluster_block_exception") == 0)
		return BULK_RETRY;
	if (status == 401 || status == 403)
		return BULK_STOP;
	if (status == 404 && strcmp(item->type, "index_not_found_exception") == 0)
		return BULK_STOP;
	if (status == 409)
		return BULK_EXISTS;
	if (status >= 400 && status <= 499)
		return BULK_REJECTED;
	return BULK_UNKNOWN;
}
