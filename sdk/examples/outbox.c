/* SPDX-License-Identifier: MIT */
/* The facade of an outbox with plain columns instead of JSON and a uuid for a key.
 *
 * Shows: each column becomes a member of its own type. A key may be of any type; its text
 * becomes the document's _id. slt_put_number sends a number's text as it is stored, 1.50 and
 * not 1.5, and NULL as null. {is_true c} fits a boolean, a number and a bit. */
#include <slt/facade.h>

/* CREATE TABLE outbox (event_id uuid PRIMARY KEY, created timestamptz, kind text,
 *                      subject text, amount numeric, delivered boolean) */

enum { EVENT_ID, CREATED, KIND, SUBJECT, AMOUNT }; /* the cells, as fetch selects them */

static const char *fetch(const void *facade)
{
	(void)facade;
	return "SELECT {key event_id}, {time created}, kind, subject, amount FROM outbox"
	       " WHERE {unsent NOT {is_true delivered}}";
}

static const char *mark_as_sent(const void *facade)
{
	(void)facade;
	return "UPDATE outbox SET {set_true delivered}"
	       " WHERE {keys event_id} AND NOT {is_true delivered}";
}

static const char *mark_as_unsent(const void *facade)
{
	(void)facade;
	return "UPDATE outbox SET {set_false delivered}"
	       " WHERE {keys event_id} AND {is_true delivered}";
}

static const char *clear(const void *facade)
{
	(void)facade;
	return "DELETE FROM outbox"
	       " WHERE {keys event_id} AND {is_true delivered} AND {older_than created}";
}

/* {"@timestamp": created, "event": {"kind": "", "subject": "", "amount": 1.50, "id": ""}}
 */
static int message(const void *facade, const struct slt_row *log, struct slt_doc *doc)
{
	(void)facade;
	slt_put_time(doc, "@timestamp", slt_cell(log, CREATED));
	slt_begin_object(doc, "event");
	slt_put_text(doc, "kind", slt_cell(log, KIND));
	slt_put_text(doc, "subject", slt_cell(log, SUBJECT));
	slt_put_number(doc, "amount", slt_cell(log, AMOUNT));
	slt_put_text(doc, "id", slt_cell(log, EVENT_ID));
	slt_end(doc);
	return 0;
}

SLT_FACADE(outbox) = {
	SLT_FACADE_HEAD,
	.name = "outbox",
	.version = "1.0",
	.summary = "an outbox of events in plain columns, keyed by uuid",
	.fetch = fetch,
	.message = message,
	.mark_as_sent = mark_as_sent,
	.clear = clear,
	.mark_as_unsent = mark_as_unsent,
};
