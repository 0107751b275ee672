// SPDX-License-Identifier: MIT
// The _bulk protocol: writes action lines, and reads a reply item by item, by position.

#include "bulk.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "json.h"

enum { ERROR_DEPTH = 32 }; /* an error has causes, which have causes */

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

/* Strings of an error go to the terminal, so their escapes are resolved, by json-c. NULL: null, a
 * bare number, or too deep. The caller puts it. */
static struct json_object *parse(struct slt_text valid)
{
	struct json_tokener *tokener;
	struct json_object *root;

	if (valid.len > INT_MAX)
		return NULL;
	tokener = json_tokener_new_ex(ERROR_DEPTH);
	if (!tokener)
		err_no_memory();
	root = json_tokener_parse_ex(tokener, valid.ptr, (int)valid.len);
	json_tokener_free(tokener);
	return root;
}

static bool copy_error(struct bulk_item *item, struct slt_text error)
{
	struct json_object *root = parse(error);
	bool ok = json_object_is_type(root, json_type_object) &&
		  copy(item->type, sizeof(item->type),
		       json_object_object_get(root, "type"), true) &&
		  copy(item->reason, sizeof(item->reason),
		       json_object_object_get(root, "reason"), false);

	json_object_put(root);
	return ok;
}

static bool copy_index(struct bulk_item *item, struct slt_text index)
{
	struct json_object *root;
	bool ok;

	if (slt_is_null(index) || json_kind(index) == JSON_NULL)
		return true;
	root = parse(index);
	ok = root && copy(item->index, sizeof(item->index), root, false);
	json_object_put(root);
	return ok;
}

/* A member that is looked for, and its value, the NULL text when it is not there. */
struct member {
	const char *name;
	struct slt_text value;
};

/* Finds the members of a valid object; others are of no interest. NULL, or what is wrong. No
 * server sends a member twice; if one did, neither of the two could be trusted. */
static const char *find(struct slt_text valid, struct member *wanted, size_t n)
{
	struct json_members members;
	struct slt_text raw, value;
	size_t i;

	if (json_kind(valid) != JSON_OBJECT)
		return "is no object";
	json_members_init(&members, valid);
	while (json_members_next(&members, &raw, &value)) {
		for (i = 0; i < n && !json_name_is(raw, wanted[i].name); i++)
			;
		if (i == n)
			continue;
		if (!slt_is_null(wanted[i].value))
			return "has a member twice";
		wanted[i].value = value;
	}
	return NULL;
}

/* The value of the one member of the item, which is "create"; else the NULL text. */
static struct slt_text created(struct slt_text wrapped)
{
	struct slt_text none = { NULL, 0 }, raw, value, more;
	struct json_members members;

	if (json_kind(wrapped) != JSON_OBJECT)
		return none;
	json_members_init(&members, wrapped);
	if (!json_members_next(&members, &raw, &value) || !json_name_is(raw, "create") ||
	    json_members_next(&members, &raw, &more) || json_kind(value) != JSON_OBJECT)
		return none;
	return value;
}

/* An HTTP status; 0: it is none. */
static int read_status(struct slt_text value)
{
	int status = 0;

	if (value.len != 3)
		return 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return 0;
		status = status * 10 + (value.ptr[i] - '0');
	}
	return status >= 100 && status <= 599 ? status : 0;
}

/* NULL when the item is understood, else why not. */
static const char *read_item(struct slt_text wrapped, struct slt_text id,
			     struct bulk_item *item)
{
	enum { INDEX, ID, STATUS, ERROR, FAILURE_STORE, N_WANTED };
	struct member m[N_WANTED] = {
		[INDEX] = { .name = "_index" },
		[ID] = { .name = "_id" },
		[STATUS] = { .name = "status" },
		[ERROR] = { .name = "error" },
		[FAILURE_STORE] = { .name = "failure_store" },
	};
	struct slt_text create = created(wrapped);
	const char *why;

	*item = (struct bulk_item){ 0 };
	if (slt_is_null(create))
		return "is not exactly one \"create\"";
	why = find(create, m, N_WANTED);
	if (why)
		return why;
	if (!slt_is_null(m[ID].value) && !json_is_string(m[ID].value, id))
		return "is about another _id than was sent there";
	item->status = read_status(m[STATUS].value);
	if (!item->status)
		return "has no status, or one that is none";

	/* Both products: a failure always carries "error", a success never (Elasticsearch
	 * 8.8.2, OpenSearch 2.19.6). */
	if (!slt_is_null(m[ERROR].value) != (item->status >= 300))
		return "has a status and an error that contradict each other";
	if (item->status >= 300 && !copy_error(item, m[ERROR].value))
		return "has an error of another shape";
	if (item->status == 409 && !copy_index(item, m[INDEX].value))
		return "has an _index that is no string";
	if (!slt_is_null(m[FAILURE_STORE].value)) {
		if (json_kind(m[FAILURE_STORE].value) != JSON_STRING)
			return "has a failure_store that is no string";
		item->failure_store = json_is_string(m[FAILURE_STORE].value,
						     slt_str("used"));
	}
	return NULL;
}

static int unknown(struct err *err, const char *why)
{
	return err_set(err, EXIT_UNAVAILABLE, "it %s", why);
}

static int read_items(struct slt_text array, const struct slt_text *ids, size_t n,
		      struct bulk_item *items, bool *ret_failed, struct err *err)
{
	struct json_members each;
	struct slt_text item;
	const char *why;
	size_t i = 0;

	*ret_failed = false;
	json_items_init(&each, array);
	for (; json_items_next(&each, &item); i++) {
		if (i >= n)
			continue;
		why = read_item(item, ids[i], &items[i]);
		if (why)
			return err_set(err, EXIT_UNAVAILABLE, "its item %zu %s", i + 1,
				       why);
		*ret_failed |= items[i].status >= 300;
	}
	return i == n ? 0
		      : err_set(err, EXIT_UNAVAILABLE, "it has %zu items, %zu were sent",
				i, n);
}

static int read_root(struct slt_text reply, const struct slt_text *ids, size_t n,
		     struct bulk_item *items, struct err *err)
{
	enum { ERRORS, ITEMS, N_WANTED };
	struct member m[N_WANTED] = {
		[ERRORS] = { .name = "errors" }, [ITEMS] = { .name = "items" }
	};
	const char *why = json_check(reply) ? "is not a JSON object, or cut"
					    : find(reply, m, N_WANTED);
	bool is_true, failed;

	if (why)
		return unknown(err, why);
	is_true = slt_is(m[ERRORS].value, "true");
	if ((!is_true && !slt_is(m[ERRORS].value, "false")) ||
	    slt_is_null(m[ITEMS].value) || json_kind(m[ITEMS].value) != JSON_ARRAY)
		return unknown(err, "has no \"errors\" and \"items\"");
	if (read_items(m[ITEMS].value, ids, n, items, &failed, err) < 0)
		return -1;
	return failed == is_true
		       ? 0
		       : unknown(err, "has \"errors\" that disagrees with its items");
}

int bulk_read_reply(struct slt_text reply, const struct slt_text *ids, size_t n,
		    struct bulk_item *items, struct err *err)
{
	int rc = read_root(reply, ids, n, items, err);

	if (rc)
		memset(items, 0, n * sizeof(*items));
	return rc;
}

void bulk_error_type(struct slt_text reply, char *ret_type, size_t size)
{
	struct json_object *root = json_check(reply) ? NULL : parse(reply);
	struct json_object *error = NULL, *type = NULL;

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
