// SPDX-License-Identifier: MIT
// Makes the index, or a template of it, and compares what is there.

#include "index.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "json.h"
#include "log.h"

enum { MAX_BODY = 1 << 20, MAX_FIELD = 256 };

/* ---------------------------------------------------------------- the request */

int index_put_body(const struct facade *facade, enum index_form form, const char *name,
		   struct buf *ret, struct err *err)
{
	const char *reason;

	buf_puts(ret, "{");
	if (form != AS_INDEX) {
		buf_puts(ret, "\"index_patterns\":[");
		json_put_string(ret, slt_str(name));
		if (form == AS_TEMPLATE) { /* of indexes that are rolled over */
			buf_puts(ret, ",\"");
			json_put_escaped(ret, slt_str(name));
			buf_puts(ret, "-*\"");
		}
		buf_puts(ret, "],\"priority\":200,");
		if (form == AS_STREAM_TEMPLATE)
			buf_puts(ret, "\"data_stream\":{},");
		buf_puts(ret, "\"template\":{");
	}
	buf_puts(ret, "\"mappings\":");
	reason = build_mapping(facade, ret);
	if (reason)
		return err_set(err, EXIT_CONFIG, "facade %s, mapping: %s", facade->module,
			       reason);
	buf_puts(ret, form == AS_INDEX ? "}" : "}}");
	return 0;
}

const char *index_path(enum index_form form)
{
	return form == AS_INDEX ? "/{index}" : "/_index_template/{index}";
}

/* ---------------------------------------------------------------- what is there */

static struct json_object *parse(struct slt_text text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o = text.len < MAX_BODY * 16
					? json_tokener_parse_ex(tokener, text.ptr,
								(int)text.len)
					: NULL;

	json_tokener_free(tokener);
	return o;
}

static struct json_object *get(struct json_object *o, const char *name)
{
	struct json_object *found = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, name, &found);
	return found;
}

/* The object at a path. 0 with *ret for json_object_put; 1: there is none (404). */
static int get_object(struct elastic *elastic, const char *path, struct json_object **ret,
		      struct err *err)
{
	struct slt_text none = { NULL, 0 }, body;
	long status;

	if (elastic_request(elastic, "GET", path, none, &status, &body, err) < 0)
		return -1;
	if (status == 404)
		return 1;
	*ret = status == 200 ? parse(body) : NULL;
	if (json_object_is_type(*ret, json_type_object))
		return 0;
	json_object_put(*ret);
	if (status == 200)
		err_set(err, EXIT_UNAVAILABLE, "the server's reply is not understood");
	else
		elastic_refused(elastic, err);
	return -1;
}

/* The reply has a member for each index behind the name. */
int index_find(struct elastic *elastic, enum index_kind *ret, struct err *err)
{
	struct json_object *reply;
	const char *data_stream = ".ds-";
	int got = get_object(elastic, "/{index}", &reply, err);

	*ret = INDEX_ABSENT;
	if (got != 0)
		return got < 0 ? -1 : 0;
	*ret = INDEX_PLAIN;
	json_object_object_foreach(reply, name, one)
	{
		if (strncmp(name, data_stream, strlen(data_stream)) == 0)
			*ret = INDEX_STREAM;
		else if (get(get(one, "aliases"), elastic_index(elastic)))
			*ret = INDEX_ALIAS;
	}
	json_object_put(reply);
	return 0;
}

/* ---------------------------------------------------------------- making it */

/* constant_keyword is an extension that not every server has. */
static bool without_constants(struct json_object *o)
{
	struct json_object *type = get(o, "type");
	bool changed = false;

	if (json_object_is_type(type, json_type_string) &&
	    strcmp(json_object_get_string(type), "constant_keyword") == 0) {
		json_object_object_add(o, "type", json_object_new_string("keyword"));
		json_object_object_del(o, "value");
		return true;
	}
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, name, value)
		{
			(void)name;
			changed |= without_constants(value);
		}
	}
	return changed;
}

static bool says(struct slt_text body, const char *word)
{
	return body.len && memmem(body.ptr, body.len, word, strlen(word));
}

/* The same with keyword instead; 0 when the body has no constant, or that fails, too. */
static int make_simpler(struct elastic *elastic, enum index_form form,
			struct slt_text body, long *ret_status, struct err *err)
{
	struct json_object *o = parse(body);
	struct slt_text text, reply;
	int result = 0;

	if (without_constants(o)) {
		log_warning(
			"this server has no constant_keyword: the mapping has keyword "
			"in its place");
		text = slt_str(json_object_to_json_string_ext(
			o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		result = elastic_request(elastic, "PUT", index_path(form), text,
					 ret_status, &reply, err);
	}
	json_object_put(o);
	return result;
}

int index_make(struct elastic *elastic, enum index_form form, struct slt_text body,
	       struct err *err)
{
	struct slt_text none = { NULL, 0 }, reply;
	long status;

	if (form != AS_INDEX) {
		if (elastic_request(elastic, "GET", index_path(form), none, &status,
				    &reply, err) < 0)
			return -1;
		if (status == 200)
			return 0;
		if (status != 404)
			return elastic_refused(elastic, err);
	}
	if (elastic_request(elastic, "PUT", index_path(form), body, &status, &reply,
			    err) < 0)
		return -1;
	if (status == 400 && says(reply, "constant_keyword") &&
	    make_simpler(elastic, form, body, &status, err) < 0)
		return -1;
	return status == 200 ? 1 : elastic_refused(elastic, err);
}

/* ---------------------------------------------------------------- comparing it */

struct comparison {
	index_difference_fn *each;
	void *arg;
	char field[MAX_FIELD];
};

static const char *type_of(struct json_object *field)
{
	struct json_object *type = get(field, "type");

	if (type)
		return json_object_get_string(type);
	return get(field, "properties") ? "object" : "";
}

static bool is_same_type(const char *expected, const char *found)
{
	/* said when it was made */
	return strcmp(expected, found) == 0 ||
	       (strcmp(expected, "constant_keyword") == 0 &&
		strcmp(found, "keyword") == 0);
}

static void compare(struct comparison *c, struct json_object *expected,
		    struct json_object *found)
{
	struct json_object *fields = get(expected, "properties");
	struct json_object *others = get(found, "properties");
	size_t len = strlen(c->field);

	if (!fields)
		return;
	json_object_object_foreach(fields, name, field)
	{
		struct json_object *other = get(others, name);
		const char *value = json_object_get_string(get(field, "value"));
		const char *other_value = json_object_get_string(get(other, "value"));

		snprintf(c->field + len, sizeof(c->field) - len, "%s%s", len ? "." : "",
			 name);
		if (!is_same_type(type_of(field), type_of(other)))
			c->each(c->arg, c->field, type_of(field), type_of(other));
		else if (value && other_value && strcmp(value, other_value) != 0)
			c->each(c->arg, c->field, value, other_value);
		else
			compare(c, field, other);
		c->field[len] = '\0';
	}
}

static struct json_object *mappings_of(struct json_object *body)
{
	struct json_object *template = get(body, "template");

	return get(template ? template : body, "mappings");
}

/* Of a template: {"index_templates": [{"index_template": {"template": {"mappings"}}}]}; of
 * indexes: {NAME: {"mappings"}}. */
static void compare_reply(struct comparison *c, enum index_form form,
			  struct json_object *expected, struct json_object *reply)
{
	if (form != AS_INDEX) {
		struct json_object *list = get(reply, "index_templates");
		struct json_object *one = json_object_is_type(list, json_type_array)
						  ? json_object_array_get_idx(list, 0)
						  : NULL;

		compare(c, expected, mappings_of(get(one, "index_template")));
		return;
	}
	json_object_object_foreach(reply, name, index)
	{
		(void)name;
		compare(c, expected, get(index, "mappings"));
	}
}

int index_compare(struct elastic *elastic, enum index_form form, struct slt_text body,
		  index_difference_fn *each, void *arg, struct err *err)
{
	const char *path = form == AS_INDEX ? "/{index}/_mapping" : index_path(form);
	struct comparison c = { .each = each, .arg = arg };
	struct json_object *expected, *reply;
	int got = get_object(elastic, path, &reply, err);

	if (got != 0)
		return got < 0 ? -1 : elastic_refused(elastic, err);
	expected = parse(body);
	compare_reply(&c, form, mappings_of(expected), reply);
	json_object_put(expected);
	json_object_put(reply);
	return 0;
}

/* ---------------------------------------------------------------- a document */

static bool is_one_of(const char *type, const char *list)
{
	const char *found = strstr(list, type);

	return found && (found == list || found[-1] == ' ') &&
	       strchr(" ", found[strlen(type)]);
}

/* What the document has there, when a field of that type cannot take it; else NULL. */
static const char *misfit(const char *type, struct json_object *value)
{
	static const char numbers[] = "long integer short byte double float half_float "
				      "scaled_float unsigned_long ";
	bool is_text = json_object_is_type(value, json_type_string);
	const char *text = is_text ? json_object_get_string(value) : "";

	if (json_object_is_type(value, json_type_object))
		return *type && is_one_of(type, "object nested flattened flat_object ")
			       ? NULL
			       : "an object";
	if (strcmp(type, "object") == 0 || strcmp(type, "nested") == 0)
		return "a plain value";
	if (is_one_of(type, numbers) && is_text && text[strspn(text, "+-.0123456789eE")])
		return "a text";
	if (strcmp(type, "date") == 0 && is_text && !isdigit((unsigned char)*text))
		return "no date";
	if (strcmp(type, "boolean") == 0 && is_text && strcmp(text, "true") != 0 &&
	    strcmp(text, "false") != 0)
		return "a text";
	return NULL;
}

static void fit(struct comparison *c, struct json_object *mapping,
		struct json_object *document, bool strict)
{
	struct json_object *fields = get(mapping, "properties");
	struct json_object *dynamic = get(mapping, "dynamic");
	size_t len = strlen(c->field);

	if (dynamic)
		strict = strcmp(json_object_get_string(dynamic), "strict") == 0;
	json_object_object_foreach(document, name, value)
	{
		struct json_object *field = get(fields, name);
		const char *found = NULL;

		snprintf(c->field + len, sizeof(c->field) - len, "%s%s", len ? "." : "",
			 name);
		if (!field && strict)
			c->each(c->arg, c->field, "no such field, and takes no new one",
				"there");
		if (field && value)
			found = misfit(type_of(field), value);
		if (found)
			c->each(c->arg, c->field, type_of(field), found);
		else if (field && json_object_is_type(value, json_type_object))
			fit(c, field, value, strict);
		c->field[len] = '\0';
	}
}

int index_fits(struct elastic *elastic, struct slt_text document,
	       index_difference_fn *each, void *arg, struct err *err)
{
	struct comparison c = { .each = each, .arg = arg };
	struct json_object *reply, *o;
	int got = get_object(elastic, "/{index}/_mapping", &reply, err);

	if (got != 0)
		return got < 0 ? -1 : elastic_refused(elastic, err);
	o = document.ptr ? parse(document) : NULL;
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(reply, name, index)
		{
			(void)name;
			fit(&c, get(index, "mappings"), o, false);
		}
	}
	json_object_put(o);
	json_object_put(reply);
	return 0;
}

/* ---------------------------------------------------------------- the server */

int index_product(struct elastic *elastic, char *ret, size_t size, struct err *err)
{
	struct slt_text none = { NULL, 0 }, text;
	struct json_object *reply, *version;
	const char *number, *product;
	long status;

	if (elastic_request(elastic, "GET", "/", none, &status, &text, err) < 0)
		return -1;
	if (status == 403) { /* a key that may only write */
		snprintf(ret, size, "version not told");
		return 0;
	}
	if (status != 200)
		return elastic_refused(elastic, err);
	reply = parse(text);
	version = get(reply, "version");
	number = json_object_get_string(get(version, "number"));
	product = json_object_get_string(get(version, "distribution"));
	if (number)
		snprintf(ret, size, "%s %s",
			 product && strcmp(product, "opensearch") == 0 ? "OpenSearch"
								       : "Elasticsearch",
			 number);
	json_object_put(reply);
	return number ? 0
		      : err_set(err, EXIT_CONFIG,
				"it is neither Elasticsearch nor OpenSearch: check "
				"ELASTICSEARCH_HOST and ELASTICSEARCH_PORT");
}
