/* SPDX-License-Identifier: MIT */
/* The facade of an event log whose sent flag is a time: NULL until it is sent.
 *
 * Shows: {unsent ...} takes any condition that is never NULL, and {now} is the current time as
 * a time column of each database takes it. slt_put_members makes the members of a JSON column
 * those of the document, unchanged; one that we write ourselves is left out of them. */
#include <slt/facade.h>

/* CREATE TABLE event_log (id bigserial PRIMARY KEY, occurred_at timestamptz,
 *                         payload jsonb, sent_at timestamptz NULL) */

static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key id}, {time occurred_at}, payload FROM event_log"
	       " WHERE {unsent sent_at IS NULL}";
}

static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "UPDATE event_log SET sent_at = {now} WHERE {keys id} AND sent_at IS NULL";
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "UPDATE event_log SET sent_at = NULL"
	       " WHERE {keys id} AND sent_at IS NOT NULL";
}

static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM event_log"
	       " WHERE {keys id} AND sent_at IS NOT NULL AND {older_than occurred_at}";
}

/* {"@timestamp": occurred_at, and all that is in the payload} */
static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)facade;
	slt_put_time(doc, "@timestamp", slt_cell(log, 1));
	slt_put_members(doc, slt_cell(log, 2), "@timestamp");
	return 0;
}

SLT_FACADE(sent_at) = {
	SLT_FACADE_HEAD,
	.name = "sent_at",
	.version = "1.0",
	.summary = "an event_log whose rows carry the time they were sent at",
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.clear = clear,
	.mark_as_unsent = mark_as_unsent,
};
