/* SPDX-License-Identifier: MIT */
/* The facade of a table whose rows keep their whole message in one JSON column. */
#include <stdlib.h>

#include <slt/facade.h>

/*
 * id | is_sent | message                                               | created_at
 *  1 |       0 | {"audit_event": {"date_time": "2022-10-13T12:34:56.000Z"}} | ...
 *                  parent          field
 *
 * becomes {"@timestamp": "2022-10-13T12:34:56.000Z", "audit_event": {...}}
 */
struct single_column {
	const char *parent; /* "": the time is a member of the message itself */
	const char *field;
};

enum { KEY, CREATED_AT, MESSAGE }; /* the cells, as fetch selects them */

static const struct slt_setting settings[] = {
	{ .name = "AUDIT_TABLE_NAME",
	  .default_value = "audit_logs",
	  .help = "table that holds the messages" },
	{ .name = "DATE_TIME_PARENT_FIELD",
	  .default_value = "audit_event",
	  .help = "member that holds DATE_TIME_FIELD, empty: the message itself" },
	{ .name = "DATE_TIME_FIELD",
	  .default_value = "date_time",
	  .help = "member that becomes @timestamp" },
	{ .name = NULL },
};

static void *single_column_open(const struct slt_host *host)
{
	struct single_column *table;

	if (*slt_setting(host, "DATE_TIME_FIELD") == '\0')
		return slt_fail(host, "DATE_TIME_FIELD is empty: name the member of the "
				      "message that holds the time");
	table = malloc(sizeof(*table));
	if (!table)
		return slt_fail(host, "out of memory");
	table->parent = slt_setting(host, "DATE_TIME_PARENT_FIELD");
	table->field = slt_setting(host, "DATE_TIME_FIELD");
	return table;
}

static void single_column_close(void *facade)
{
	free(facade);
}

static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key id}, {time created_at}, message FROM {$AUDIT_TABLE_NAME}"
	       " WHERE {unsent NOT {is_true is_sent}}";
}

static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "UPDATE {$AUDIT_TABLE_NAME} SET {set_true is_sent}"
	       " WHERE {keys id} AND NOT {is_true is_sent}";
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "UPDATE {$AUDIT_TABLE_NAME} SET {set_false is_sent}"
	       " WHERE {keys id} AND {is_true is_sent}";
}

static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM {$AUDIT_TABLE_NAME}"
	       " WHERE {keys id} AND {is_true is_sent} AND {older_than created_at}";
}

/* Why this JSON value cannot be a time; NULL when the index may judge it. */
static const char *time_fault(struct slt_text value)
{
	switch (*value.ptr) {
	case 'n': return "the time in the message is null";
	case 't':
	case 'f': return "the time in the message is a boolean";
	case '{': return "the time in the message is an object";
	case '[': return "the time in the message is an array";
	default: return NULL;
	}
}

static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	const struct single_column *table = facade;
	struct slt_text text = slt_cell(log, MESSAGE);
	struct slt_text parent, time;
	const char *fault;

	if (slt_is_null(text))
		return slt_refuse(doc, "the message is NULL");
	parent = *table->parent ? slt_find(doc, text, table->parent) : text;
	time = slt_find(doc, parent, table->field);
	if (slt_is_empty(time)) {
		/* A message that is no object has no members either. That reason is the
		 * better one, and the first reason stays. */
		slt_put_members(doc, text, NULL);
		return slt_refuse(doc, "no DATE_TIME_FIELD in DATE_TIME_PARENT_FIELD");
	}
	fault = time_fault(time);
	if (fault)
		return slt_refuse(doc, fault);
	slt_put_json(doc, "@timestamp", time);
	slt_put_members(doc, text, "@timestamp");
	return 0;
}

SLT_FACADE(single_column_json) = {
	SLT_FACADE_HEAD,
	.name = "single_column_json",
	.version = "1.0",
	.summary = "a table of JSON messages: id, is_sent, message, created_at",
	.settings = settings,
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.open = single_column_open,
	.close = single_column_close,
	.clear = clear,
	.mark_as_unsent = mark_as_unsent,
};
