/* SPDX-License-Identifier: MIT-0 */
/* The facade of the table my_table (id, created_at, kind, detail JSON, is_sent).
 *
 * What is yours to change is marked with ->. slt-facade(7) and <slt/facade.h> say what the
 * braces and the functions mean. */
#include <slt/facade.h>

enum { ID, CREATED_AT, KIND, DETAIL }; /* -> the columns, as fetch selects them */

static const struct slt_setting settings[] = {
	{ .name = "MY_TABLE_NAME",
	  .default_value = "my_table",
	  .help = "table that holds the events" },
	{ .name = NULL },
};

/* -> The columns that message needs, and what makes a row unsent. */
static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key id}, {time created_at}, kind, detail FROM {$MY_TABLE_NAME}"
	       " WHERE {unsent NOT {is_true is_sent}}";
}

/* -> {"@timestamp": created_at, "event": {"id": 1, "kind": "", "detail": {...}}} */
static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)facade;
	if (slt_is_empty(slt_cell(log, KIND)))
		return slt_refuse(doc, "the event has no kind");
	slt_put_time(doc, "@timestamp", slt_cell(log, CREATED_AT));
	slt_begin_object(doc, "event");
	slt_put_number(doc, "id", slt_cell(log, ID));
	slt_put_text(doc, "kind", slt_cell(log, KIND));
	slt_put_json(doc, "detail", slt_cell(log, DETAIL));
	slt_end(doc);
	return 0;
}

/* The second condition makes a second mark change nothing: keep one like it. */
static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "UPDATE {$MY_TABLE_NAME} SET {set_true is_sent}"
	       " WHERE {keys id} AND NOT {is_true is_sent}";
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "UPDATE {$MY_TABLE_NAME} SET {set_false is_sent}"
	       " WHERE {keys id} AND {is_true is_sent}";
}

/* -> Leave it out, and .clear below, where rows must never be deleted. */
static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM {$MY_TABLE_NAME}"
	       " WHERE {keys id} AND {is_true is_sent} AND {older_than created_at}";
}

SLT_FACADE(my_table) = {
	SLT_FACADE_HEAD,
	.name = "my_table",
	.version = PACKAGE_VERSION, /* that of configure.ac */
	.summary = "the table my_table: id, created_at, kind, detail, is_sent", /* -> */
	.settings = settings,
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.clear = clear,
	.mark_as_unsent = mark_as_unsent,
};
